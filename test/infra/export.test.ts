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

async function exported(stored: Buffer | undefined, resolved = false) {
  const folder = await mkdtemp(join(tmpdir(), "debit-once-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const objects = objectsInMemory({ versions: false });
  if (stored && !resolved) objects.put("outbound", KEY, stored);
  if (stored && resolved) objects.put("bankFiles", "files/1.aba", stored);
  const file = fileItem({
    state: "SUBMITTED",
    sha256: sha256(BYTES),
    ...(!resolved && { delivered: { key: KEY, at: "2026-03-01T20:00:00.000Z" } }),
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
    expect(files).toMatchObject([{ sha256: sha256(BYTES), state: "SUBMITTED", from: "outbound" }]);
    expect(await readFile(files[0]?.path ?? "")).toEqual(BYTES);
  });

  it("is the frozen bytes where people alone have said that the bank has it", async () => {
    const { files } = await exported(BYTES, true);
    expect(files).toMatchObject([{ debits: 1, cents: 100, state: "SUBMITTED", from: "bank-files" }]);
    expect(files[0]?.path).toMatch(/\/au-cba-2026-03-02-01-01\.aba$/);
    expect(await readFile(files[0]?.path ?? "")).toEqual(BYTES);
    await expect(exported(undefined, true)).rejects.toThrow(/in the local bank-files bucket is missing/);
  });

  it("is refused where the stored bytes are others, or are gone", async () => {
    await expect(exported(Buffer.from("another amount"))).rejects.toThrow(LocalFault);
    await expect(exported(undefined)).rejects.toThrow(/is missing/);
  });
});
