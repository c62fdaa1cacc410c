import { expect, test } from "vitest";
import { reconcile } from "../../lambdas/billing-batch/reconcile/reconcile.ts";
import { GateFailed } from "../../lambdas/domain/faults.ts";
import { evidenceOf } from "../../lambdas/submission.ts";
import { readProven, sha256, storeOnce } from "../../lambdas/stored-bytes.ts";
import { dueList, row } from "../builders.ts";
import { objectsInMemory } from "../objects-in-memory.ts";
import { intercepted } from "../port-faults.ts";
import { composed, layList, memory, worldOn } from "../world.ts";

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

test("every object of a batch is stored as what it is", async () => {
  const world = worldOn(memory());
  const stored = new Set<string>();
  const objects = intercepted(world.objects, (call) => {
    const [area, key = "", , type] = call.args.map(String);
    if (call.method === "create") stored.add(`${area} ${key.slice(key.indexOf(".") + 1)}: ${type}`);
    if (call.method === "create" && key.includes("/plan-")) stored.add(`plan: ${type}`);
    return call.reach();
  });
  await layList(world, dueList([row({ mandate_id: `${world.stream.name}.m` }), row({ bsb: "x" })]));
  const ports = world.ports({ objects });
  const fence = await composed(world, 1, ports);
  // One row of two is too many to exclude: the gate stops the batch, and reports.
  await expect(reconcile({ batchId: world.id(), fence }, ports)).rejects.toThrow(GateFailed);
  expect([...stored].sort()).toEqual([
    "bankFiles aba: text/plain; charset=us-ascii",
    "bankFiles index.jsonl: application/jsonl",
    "plan: application/jsonl",
    "reports csv: text/csv; charset=utf-8",
    "reports html: text/html; charset=utf-8",
    "reports json: application/json",
    "work jsonl: application/jsonl",
  ]);
});
