import { describe, expect, it } from "vitest";
import { changeBatch } from "../../lambdas/batch-change.ts";
import { BatchUnknown, LedgerBusy, StaleFence } from "../../lambdas/domain/faults.ts";
import type { StreamItem } from "../../lambdas/domain/records.ts";
import { ConditionRefused, type Ledger } from "../../lambdas/ports.ts";
import { changeStream, held } from "../../lambdas/stream-change.ts";
import { AT, batchItem, heldBy, streamItem } from "../builders.ts";
import { ledgerInMemory } from "../ledger-in-memory.ts";
import { answerLost, EVERY_ERROR, failing, LateCalls, lost, sdkError } from "../port-faults.ts";

const STREAM = "au-cba";
const raiseFence = (seen: StreamItem) => ({ ...seen, fence: seen.fence + 1 });

/** Writes the stream's item as somebody else would, in between. */
async function otherWrite(ledger: Ledger, over: Partial<StreamItem> = {}): Promise<void> {
  const seen = await ledger.readStream(STREAM);
  const version = seen?.version ?? 0;
  await ledger.writeStream(
    { ...streamItem(), ...seen, ...over, version: version + 1, nonce: "other" },
    seen?.version,
  );
}

describe("a change of the stream's item", () => {
  it("writes on the version that it read, raises it and leaves its nonce", async () => {
    const ledger = ledgerInMemory();
    expect(await changeStream({ ledger }, STREAM, "n-1", raiseFence)).toMatchObject({
      version: 1,
      fence: 1,
      nonce: "n-1",
    });
    expect(await changeStream({ ledger }, STREAM, "n-2", raiseFence)).toMatchObject({
      version: 2,
      fence: 2,
      nonce: "n-2",
    });
    expect(await ledger.readStream(STREAM)).toEqual({
      stream: STREAM,
      version: 2,
      fence: 2,
      epoch: 1,
      nonce: "n-2",
    });
  });

  it("writes nothing when there is nothing to do", async () => {
    const ledger = ledgerInMemory();
    await otherWrite(ledger);
    const seen = await ledger.readStream(STREAM);
    expect(await changeStream({ ledger }, STREAM, "n", () => "done")).toEqual(seen);
    expect(await ledger.readStream(STREAM)).toEqual(seen);
  });

  it("begins from a stream without lock, fence and nonce where the ledger has none", async () => {
    const untouched = { stream: STREAM, version: 0, fence: 0, epoch: 1, nonce: "" };
    expect(await changeStream({ ledger: ledgerInMemory() }, STREAM, "n", () => "done")).toEqual(untouched);
  });

  it("takes its own landed write for its own, whatever the call has thrown", async () => {
    for (const [what, error] of EVERY_ERROR) {
      const memory = ledgerInMemory();
      const ledger = failing(memory, "writeStream", answerLost(error));
      const item = await changeStream({ ledger }, STREAM, "n", raiseFence);
      expect(item, what).toEqual(await memory.readStream(STREAM));
      expect(item, what).toMatchObject({ version: 1, fence: 1 });
    }
  });

  it("does not take another's write for its own, though it has the same version", async () => {
    const memory = ledgerInMemory();
    const ledger = failing(memory, "writeStream", async () => {
      await otherWrite(memory);
      throw sdkError("TimeoutError");
    });
    expect(await changeStream({ ledger }, STREAM, "n", raiseFence)).toMatchObject({
      version: 2,
      fence: 2,
      nonce: "n",
    });
  });

  it("does not take an earlier write of the same call for the one that it just sent", async () => {
    const memory = ledgerInMemory();
    await changeStream({ ledger: memory }, STREAM, "n", raiseFence);
    const ledger = failing(memory, "writeStream", lost(sdkError("TimeoutError")));
    expect(await changeStream({ ledger }, STREAM, "n", raiseFence)).toMatchObject({ version: 2, fence: 2 });
  });

  it("judges again what stands there after a lost race", async () => {
    const memory = ledgerInMemory();
    const ledger = failing(memory, "writeStream", async ({ reach }) => {
      await otherWrite(memory, { paused: { by: "ann", reason: "why", at: AT } });
      return reach();
    });
    const seen: boolean[] = [];
    await changeStream({ ledger }, STREAM, "n", (item) => {
      seen.push(item.paused !== undefined);
      return item.paused ? "done" : raiseFence(item);
    });
    expect(seen).toEqual([false, true]);
    expect((await memory.readStream(STREAM))?.nonce).toBe("other");
  });

  it("refuses its own late write after a later one", async () => {
    const memory = ledgerInMemory();
    const late = new LateCalls();
    const ledger = failing(memory, "writeStream", late.late(sdkError("TimeoutError")));
    const item = await changeStream({ ledger }, STREAM, "n", raiseFence);
    await late.land();
    expect(await memory.readStream(STREAM)).toEqual(item);
    expect(item).toMatchObject({ version: 1, fence: 1 });
  });

  it("gives up after a bounded number of lost races, and says that the ledger is busy", async () => {
    const ledger = failing(ledgerInMemory(), "writeStream", lost(new ConditionRefused("lost")), "always");
    let judged = 0;
    const change = changeStream({ ledger }, STREAM, "n", (seen) => {
      judged += 1;
      return raiseFence(seen);
    });
    await expect(change).rejects.toThrow(LedgerBusy);
    await expect(change).rejects.toMatchObject({
      message: `the item of stream ${STREAM} could not be written in 6 tries`,
      cause: new ConditionRefused("lost"),
    });
    expect(judged).toBe(6);
  });

  it("lets a fault of the store out as it is", async () => {
    for (const [, error] of EVERY_ERROR.filter(([what]) => what !== "ConditionRefused")) {
      const ledger = failing(ledgerInMemory(), "writeStream", lost(error), "always");
      await expect(changeStream({ ledger }, STREAM, "n", raiseFence)).rejects.toBe(error);
    }
  });

  it("has no answer where the read-back fails, though the write may have landed", async () => {
    const error = sdkError("ThrottlingException");
    const memory = ledgerInMemory();
    const unanswered = failing(memory, "writeStream", answerLost(sdkError("TimeoutError")));
    const ledger = failing(unanswered, "readStream", lost(error), 2);
    await expect(changeStream({ ledger }, STREAM, "n", raiseFence)).rejects.toBe(error);
    expect((await memory.readStream(STREAM))?.fence).toBe(1);
  });
});

describe("the lock that a caller holds", () => {
  const item = heldBy("au-cba-2026-10-06-01", {}, { fence: 4 });

  it("is its batch's, with the very fence that it carries", () => {
    expect(held(item, "au-cba-2026-10-06-01", 4)).toBe(item);
    expect(held(item, "au-cba-2026-10-06-01", "any")).toBe(item);
  });

  it("is not another batch's, nor free, nor under another fence, a higher one included", () => {
    for (const [stored, id, fence] of [
      [item, "au-cba-2026-10-06-02", 4],
      [item, "au-cba-2026-10-06-02", "any"],
      [streamItem({ fence: 4 }), "au-cba-2026-10-06-01", "any"],
      [undefined, "au-cba-2026-10-06-01", 4],
      [item, "au-cba-2026-10-06-01", 3],
      [item, "au-cba-2026-10-06-01", 5],
    ] as const) {
      expect(() => held(stored, id, fence)).toThrow(StaleFence);
    }
  });

  it("is refused with the batch that holds it, or the fences that differ", () => {
    const said = (stored: StreamItem, number: string) => () => held(stored, `au-cba-2026-10-06-${number}`, 3);
    expect(said(item, "02")).toThrow(
      "batch au-cba-2026-10-06-02 no longer holds the lock: it is au-cba-2026-10-06-01",
    );
    expect(said(streamItem(), "02")).toThrow(
      "batch au-cba-2026-10-06-02 no longer holds the lock: it is free",
    );
    expect(said(item, "01")).toThrow(
      "batch au-cba-2026-10-06-01 was acquired again: fence 4, this execution has 3",
    );
  });
});

describe("a change of a batch record", () => {
  const close = (seen: ReturnType<typeof batchItem>) =>
    seen.state === "CLOSED" ? ("done" as const) : { ...seen, state: "CLOSED" as const };

  it("is written once, whatever its answers were", async () => {
    for (const [what, error] of EVERY_ERROR) {
      for (const mishap of [lost(error), answerLost(error)]) {
        const memory = ledgerInMemory();
        await memory.writeBatch(batchItem(), undefined);
        const ledger = failing(memory, "writeBatch", mishap);
        expect(await changeBatch({ ledger }, batchItem().id, close), what).toMatchObject({
          version: 2,
          state: "CLOSED",
        });
      }
    }
  });

  it("gives up after a bounded number of tries, and needs a record", async () => {
    const memory = ledgerInMemory();
    const { id } = batchItem();
    await expect(changeBatch({ ledger: memory }, id, close)).rejects.toEqual(
      new BatchUnknown(`the ledger has no record of batch ${id}`),
    );
    await memory.writeBatch(batchItem(), undefined);
    const refused = new ConditionRefused("lost");
    let tries = 0;
    const busy = failing(
      memory,
      "writeBatch",
      async () => {
        tries += 1;
        throw refused;
      },
      "always",
    );
    const told = await changeBatch({ ledger: busy }, id, close).catch((error: unknown) => error);
    expect(told).toEqual(new LedgerBusy(`the record of batch ${id} could not be written in 6 tries`));
    expect((told as Error).cause).toBe(refused);
    expect(tries).toBe(6);
    const down = failing(memory, "writeBatch", lost("a text"), "always");
    await expect(changeBatch({ ledger: down }, batchItem().id, close)).rejects.toBe("a text");
  });

  it("is refused once somebody else has written, and judged again", async () => {
    const memory = ledgerInMemory();
    await memory.writeBatch(batchItem(), undefined);
    const late = new LateCalls();
    const ledger = failing(memory, "writeBatch", late.late(sdkError("TimeoutError")));
    await changeBatch({ ledger }, batchItem().id, close);
    await late.land();
    expect((await memory.readBatch(batchItem().id))?.version).toBe(2);
  });
});
