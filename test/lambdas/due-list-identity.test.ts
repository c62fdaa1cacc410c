import { describe, expect, it } from "vitest";
import { CSV, dueListIdentity, listMark, MANIFEST } from "../../lambdas/due-list-identity.ts";
import { dueList, row } from "../builders.ts";
import { objectsInMemory } from "../objects-in-memory.ts";

const PREFIX = "au-cba/2026-10-06/01/";

function laid(manifest: Buffer, versions = true) {
  const objects = objectsInMemory({ versions });
  objects.put("due", PREFIX + CSV, dueList([row()]).csv);
  objects.put("due", PREFIX + MANIFEST, manifest);
  return dueListIdentity(objects, PREFIX);
}

describe("a due list's identity", () => {
  it("has the version of its rows where the store has versions, and none where it has none", async () => {
    const { manifest } = dueList([row()]);
    expect(Object.keys(await laid(manifest)).sort()).toEqual([
      "count",
      "csvVersion",
      "prefix",
      "sha256",
      "totalCents",
    ]);
    expect(Object.keys(await laid(manifest, false)).sort()).toEqual([
      "count",
      "prefix",
      "sha256",
      "totalCents",
    ]);
  });

  it("says of a manifest where it is wrong, or that it is not JSON, and repeats nothing of it", async () => {
    await expect(laid(Buffer.from("{ 083-170"))).rejects.toThrow(
      `${PREFIX}manifest.json is unreadable: it is not JSON`,
    );
    await expect(laid(dueList([row()], { count: "1", sha256: "ABC" }).manifest)).rejects.toThrow(
      /^au-cba\/2026-10-06\/01\/manifest\.json is unreadable \(\w+: \w+; \w+: \w+\)$/,
    );
    await expect(laid(Buffer.from("[]"))).rejects.toThrow("is unreadable (manifest: invalid_type)");
  });

  it("has a mark that is another with any of its figures", () => {
    const list = { prefix: PREFIX, sha256: "a".repeat(64), count: 3, totalCents: 600 };
    const marks = [
      list,
      { ...list, sha256: "b".repeat(64) },
      { ...list, count: 4 },
      { ...list, totalCents: 601 },
    ].map(listMark);
    expect(new Set(marks).size).toBe(4);
  });
});
