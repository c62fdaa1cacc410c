import { describe, expect, it } from "vitest";
import { appendEvent, appendStreamEvent } from "../../lambdas/audit-trail.ts";
import { AT, batchItem } from "../builders.ts";
import { ledgerInMemory } from "../ledger-in-memory.ts";
import { failing, lost, sdkError } from "../port-faults.ts";

const WHO = { by: "ann", reason: "a drill", at: AT, nonce: "n-1" };
const OF_BATCH = { batchId: batchItem().id, action: "redrive", ...WHO };
const OF_STREAM = { stream: "au-cba", action: "pause", ...WHO } as const;

describe("a line of the audit trail", () => {
  it("is kept once, however often the same call appends it", async () => {
    const ledger = ledgerInMemory();
    for (const _again of [1, 2]) {
      await appendEvent({ ledger }, OF_BATCH);
      await appendStreamEvent({ ledger }, OF_STREAM);
    }
    expect(await ledger.readEvents(OF_BATCH.batchId)).toEqual([OF_BATCH]);
    expect(await ledger.readStreamEvents("au-cba")).toEqual([OF_STREAM]);
  });

  it("that may not have been kept is a fault, so that nothing is done without it", async () => {
    const error = sdkError("ThrottlingException");
    const batches = failing(ledgerInMemory(), "createEvent", lost(error));
    await expect(appendEvent({ ledger: batches }, OF_BATCH)).rejects.toBe(error);
    const streams = failing(ledgerInMemory(), "createStreamEvent", lost(error));
    await expect(appendStreamEvent({ ledger: streams }, OF_STREAM)).rejects.toBe(error);
  });
});
