import { describe, expect, it } from "vitest";
import { BatchAbandoned, BatchAbandoning, BatchClosed, StaleFence } from "../../lambdas/domain/faults.ts";
import type { BatchStateName } from "../../lambdas/domain/records.ts";
import { frozenSet, openBatch } from "../../lambdas/frozen-set.ts";
import { AT, batchItem, fileItem, heldBy } from "../builders.ts";
import { ledgerInMemory } from "../ledger-in-memory.ts";

const BATCH = { id: batchItem().id, stream: "au-cba" };

function ports(
  over: Parameters<typeof heldBy>[1] = {},
  state: BatchStateName = "OPEN",
  holder: string = BATCH.id,
) {
  const ledger = ledgerInMemory();
  ledger.putBatch(batchItem({ state }));
  ledger.putStream(heldBy(holder, over));
  return { ledger };
}

describe("the frozen set of an open batch", () => {
  it("is the SHA-256s of its files in order, and empty before they are composed", async () => {
    const files = [fileItem({ sha256: "b" }), fileItem({ number: 2, sha256: "a" })];
    expect(await frozenSet(ports({ files }), BATCH)).toEqual(["b", "a"]);
    expect(await frozenSet(ports(), BATCH)).toEqual([]);
  });

  it("is nothing that anybody can decide about once the batch is being abandoned, is over or has lost the lock", async () => {
    const abandoning = { by: "ann", reason: "why", at: AT };
    await expect(frozenSet(ports({ abandoning }), BATCH)).rejects.toEqual(
      new BatchAbandoning(`batch ${BATCH.id} is being abandoned`),
    );
    await expect(openBatch(ports({}, "CLOSED"), BATCH)).rejects.toEqual(
      new BatchClosed(`batch ${BATCH.id} is closed`),
    );
    await expect(openBatch(ports({}, "ABANDONED"), BATCH)).rejects.toEqual(
      new BatchAbandoned(`batch ${BATCH.id} was abandoned`),
    );
    await expect(openBatch(ports({}, "OPEN", "au-cba-2026-10-06-02"), BATCH)).rejects.toThrow(StaleFence);
  });
});
