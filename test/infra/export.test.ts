import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { exportBatch } from "../../infra/local/export.ts";
import { LocalFault } from "../../infra/local/local-fault.ts";
import { sha256 } from "../../lambdas/stored-bytes.ts";
import { fileItem } from "../builders.ts";
import { objectsInMemory } from "../objects-in-memory.ts";

const BYTES = Buffer.from("the file that was submitted");
const KEY = "999901/au-cba-2026-03-02-01-01.aba";

async function exported(stored: Buffer | undefined) {
  const folder = await mkdtemp(join(tmpdir(), "debit-once-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const objects = objectsInMemory({ versions: false });
  if (stored) objects.put("outbound", KEY, stored);
  const file = fileItem({
    state: "SUBMITTED",
    sha256: sha256(BYTES),
    delivered: { key: KEY, at: "2026-03-01T20:00:00.000Z" },
  });
  const none = { count: 0, cents: 0 };
  const view = {
    batchId: "au-cba-2026-03-02-01",
    files: [file],
    inDoubt: [],
    staged: none,
    excluded: none,
    events: [],
    streamEvents: [],
    proposals: [],
  };
  return exportBatch(objects, view, folder);
}

describe("the copy of a submitted bank file", () => {
  it("is the bytes that the ledger names", async () => {
    const { files } = await exported(BYTES);
    expect(files).toMatchObject([{ sha256: sha256(BYTES) }]);
    expect(await readFile(files[0]?.path ?? "")).toEqual(BYTES);
  });

  it("is refused where the stored bytes are others, or are gone", async () => {
    await expect(exported(Buffer.from("another amount"))).rejects.toThrow(LocalFault);
    await expect(exported(undefined)).rejects.toThrow(/is missing/);
  });
});
