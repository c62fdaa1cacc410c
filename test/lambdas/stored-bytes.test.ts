import { expect, test } from "vitest";
import { evidenceOf } from "../../lambdas/submission.ts";
import { readProven, sha256, storeOnce } from "../../lambdas/stored-bytes.ts";
import { objectsInMemory } from "../objects-in-memory.ts";

const BYTES = Buffer.from("bytes");

test("bytes that are missing, or others than the ledger says, are refused by area and key, with both hashes", async () => {
  const objects = objectsInMemory();
  const read = () => readProven(objects, "work", "a/b", sha256(BYTES));
  await expect(read()).rejects.toThrow("work: a/b is missing");
  objects.put("work", "a/b", Buffer.from("other"));
  const other = sha256(Buffer.from("other"));
  await expect(read()).rejects.toThrow(`work: a/b has SHA-256 ${other}, the ledger says ${sha256(BYTES)}`);
});

test("bytes that somebody else has stored first have a version where the store has versions", async () => {
  for (const versions of [true, false]) {
    const objects = objectsInMemory({ versions });
    const store = () => storeOnce(objects, "work", "a/b", BYTES, "text/plain");
    const first = await store();
    const second = await store();
    expect(second).toStrictEqual(first);
    expect(Object.keys(second)).toEqual(versions ? ["version"] : []);
  }
});

test("evidence names a version where the store has versions, and what lies there instead where it is none", async () => {
  for (const versions of [true, false]) {
    const objects = objectsInMemory({ versions });
    const look = () => evidenceOf(objects, "a/b", sha256(BYTES));
    expect(await look()).toBe("nothing");
    objects.put("outbound", "a/b", Buffer.from("other"));
    expect(await look()).toBe("something else");
    objects.put("outbound", "a/b", BYTES);
    const found = await look();
    expect(Object.keys(found).sort()).toEqual(versions ? ["key", "version"] : ["key"]);
  }
});
