import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { claimFacts } from "../../lambdas/billing-batch/stage-segment/claim-facts.ts";
import { type ClaimOutcome, claimRow } from "../../lambdas/billing-batch/stage-segment/claim-row.ts";
import { addDays } from "../../lambdas/domain/calendar-date.ts";
import { LedgerBroken, LedgerBusy } from "../../lambdas/domain/faults.ts";
import type { BatchStateName, Claim, FileStateName } from "../../lambdas/domain/records.ts";
import { ConditionRefused, type Ledger } from "../../lambdas/ports.ts";
import { batchItem, BILLING_DATE, claim, fileItem, segmentItem } from "../builders.ts";
import { type EmbeddedStores, embeddedStores } from "../embedded-stores.ts";
import { ledgerInMemory } from "../ledger-in-memory.ts";
import {
  answerLost,
  callsOf,
  EVERY_ERROR,
  failing,
  intercepted,
  LateCalls,
  lost,
  type Mishap,
  numbered,
  sdkError,
} from "../port-faults.ts";
import { objectsInMemory } from "../objects-in-memory.ts";

let stores: EmbeddedStores;
beforeAll(async () => {
  stores = await embeddedStores();
});
afterAll(() => stores.close());

const MIN_DAYS = 5;
const batchIdOf = (number: number) => batchItem({ stream: "claims", number }).id;
const mine = (mandateId: string, over: Partial<Claim> = {}) =>
  claim({ mandateId, batchId: batchIdOf(99), line: 7, ...over });

/** One row's claim by a handler call of its own. */
const claimed = (ledger: Ledger, wanted: Claim): Promise<ClaimOutcome> =>
  claimRow(ledger, claimFacts(ledger), wanted, MIN_DAYS);

/** A batch in the ledger that has claimed line 1, and what has become of it. */
async function earlier(
  ledger: Ledger,
  number: number,
  state: BatchStateName,
  file: FileStateName | "none" = "none",
  staged: readonly number[] = [1],
): Promise<void> {
  const id = batchIdOf(number);
  await ledger.writeBatch(batchItem({ stream: "claims", number, state }), undefined);
  await ledger.createSegment(segmentItem(id, staged));
  if (file !== "none") await ledger.createFile(id, fileItem({ state: file }));
}

const by = (number: number, over: Partial<Claim>) => claim({ batchId: batchIdOf(number), line: 1, ...over });

describe("claiming a debit", () => {
  it("puts the claim where there is none", async () => {
    const wanted = mine("free");
    expect(await claimed(stores.ledger, wanted)).toEqual({ claimed: true });
    expect(await stores.ledger.readClaimsNamed([wanted])).toEqual([wanted]);
  });

  it("finds its own claim, of the same batch and line, as often as it is asked", async () => {
    const wanted = mine("own");
    for (let times = 0; times < 3; times += 1) {
      expect(await claimed(stores.ledger, wanted)).toEqual({ claimed: true });
    }
  });

  it("does not take a claim of its batch for another line as its own", async () => {
    await stores.ledger.writeClaim(mine("other-line", { line: 8 }), undefined);
    const fault = claimed(stores.ledger, mine("other-line"));
    await expect(fault).rejects.toThrow(LedgerBroken);
    await expect(fault).rejects.toThrow(`batch ${batchIdOf(99)} claimed the debit of line 7 for line 8`);
  });

  it("leaves a claim alone that holds, and says whose it is", async () => {
    await earlier(stores.ledger, 1, "OPEN");
    await earlier(stores.ledger, 2, "CLOSED", "SUBMITTED");
    for (const number of [1, 2, 3]) {
      const held = by(number, { mandateId: `held-${number}` });
      await stores.ledger.writeClaim(held, undefined);
      const outcome = await claimed(stores.ledger, mine(held.mandateId));
      expect(outcome).toEqual({ claimed: false, reason: "already-claimed", by: held });
      expect(await stores.ledger.readClaimsNamed([held])).toEqual([held]);
    }
  });

  it("takes a released claim over as the same attempt", async () => {
    await earlier(stores.ledger, 4, "ABANDONED");
    await earlier(stores.ledger, 5, "CLOSED", "WITHDRAWN");
    await earlier(stores.ledger, 6, "CLOSED", "REJECTED");
    await earlier(stores.ledger, 7, "CLOSED", "SUBMITTED", []);
    for (const number of [4, 5, 6, 7]) {
      const old = by(number, { mandateId: `released-${number}` });
      await stores.ledger.writeClaim(old, undefined);
      const wanted = mine(old.mandateId);
      expect(await claimed(stores.ledger, wanted)).toEqual({ claimed: true });
      const takenFrom = [{ batchId: old.batchId, line: old.line, segment: old.segment }];
      expect(await stores.ledger.readClaimsNamed([old])).toEqual([{ ...wanted, takenFrom }]);
    }
  });

  it("refuses another instalment that is fewer days away than the stream allows, before or after, if it holds", async () => {
    for (const [days, near] of [
      [-5, false],
      [-4, true],
      [-1, true],
      [1, true],
      [4, true],
      [5, false],
    ] as const) {
      const other = by(1, { mandateId: `near${days}`, dueDate: addDays(BILLING_DATE, days) });
      await stores.ledger.writeClaim(other, undefined);
      const outcome = await claimed(stores.ledger, mine(other.mandateId));
      const refusal = { claimed: false, reason: "too-near", by: other };
      expect(outcome, `${days} days`).toEqual(near ? refusal : { claimed: true });
    }
  });

  it("is not crowded by a released claim, by its own batch's, or by another attempt of the same instalment", async () => {
    const dueDate = addDays(BILLING_DATE, 1);
    await earlier(stores.ledger, 9, "ABANDONED");
    await stores.ledger.writeClaim(by(9, { mandateId: "crowd", dueDate }), undefined);
    await stores.ledger.writeClaim(mine("crowd", { dueDate: addDays(BILLING_DATE, -1), line: 8 }), undefined);
    await stores.ledger.writeClaim(by(1, { mandateId: "crowd", attempt: 2 }), undefined);
    expect(await claimed(stores.ledger, mine("crowd"))).toEqual({ claimed: true });
  });

  it("says first that a debit is claimed, then that it is too near, then that a dishonour is missing", async () => {
    const near = by(1, { mandateId: "order", dueDate: addDays(BILLING_DATE, 1) });
    const same = by(1, { mandateId: "order", attempt: 2 });
    const wanted = mine("order", { attempt: 2 });
    expect(await claimed(stores.ledger, wanted)).toEqual({ claimed: false, reason: "no-proven-dishonour" });
    await stores.ledger.writeClaim(near, undefined);
    expect(await claimed(stores.ledger, wanted)).toEqual({ claimed: false, reason: "too-near", by: near });
    await stores.ledger.writeClaim(same, undefined);
    expect(await claimed(stores.ledger, wanted)).toEqual({
      claimed: false,
      reason: "already-claimed",
      by: same,
    });
  });

  it("lets a second attempt through only with the recorded return of the first", async () => {
    const ledger = ledgerInMemory();
    await ledger.writeClaim(by(2, { mandateId: "again" }), undefined);
    const third = mine("again", { attempt: 3 });
    const second = mine("again", { attempt: 2 });
    expect(await claimed(ledger, second)).toEqual({ claimed: false, reason: "no-proven-dishonour" });
    ledger.putReturn({ mandateId: "again", dueDate: BILLING_DATE, attempt: 1 });
    expect(await claimed(ledger, third)).toEqual({ claimed: false, reason: "no-proven-dishonour" });
    expect(await claimed(ledger, second)).toEqual({ claimed: true });
  });

  it("knows no nearness where the stream asks for none", async () => {
    const ledger = ledgerInMemory();
    await ledger.writeClaim(by(1, { mandateId: "m-1", dueDate: addDays(BILLING_DATE, 1) }), undefined);
    for (const minDays of [0, 1]) {
      const outcome = await claimRow(ledger, claimFacts(ledger), mine("m-1"), minDays);
      expect(outcome).toEqual({ claimed: true });
    }
  });
});

describe("claims of one debit by many", () => {
  const tens = Array.from({ length: 10 }, (_, index) => 11 + index);

  it("have one winner among ten batches, and the others name it", async () => {
    const outcomes = await Promise.all(
      tens.map((number) => claimed(stores.ledger, by(number, { mandateId: "race" }))),
    );
    const winners = tens.filter((_, index) => outcomes[index]?.claimed);
    expect(winners).toHaveLength(1);
    const [stored] = await stores.ledger.readClaimsNamed([claim({ mandateId: "race" })]);
    expect(stored?.batchId).toBe(batchIdOf(winners[0] ?? 0));
    const losers = outcomes.filter((outcome) => !outcome.claimed);
    for (const loser of losers) expect(loser).toMatchObject({ reason: "already-claimed", by: stored });
  });

  it("take a released one over once, though all ten have seen it released", async () => {
    await earlier(stores.ledger, 8, "ABANDONED");
    await stores.ledger.writeClaim(by(8, { mandateId: "takeover" }), undefined);
    const outcomes = await Promise.all(
      tens.map((number) => claimed(stores.ledger, by(number, { mandateId: "takeover" }))),
    );
    const winners = tens.filter((_, index) => outcomes[index]?.claimed);
    expect(winners).toHaveLength(1);
    const [stored] = await stores.ledger.readClaimsNamed([claim({ mandateId: "takeover" })]);
    expect(stored?.batchId).toBe(batchIdOf(winners[0] ?? 0));
  });

  it("by a batch that was abandoned meanwhile are taken from it again", async () => {
    const ledger = ledgerInMemory();
    await earlier(ledger, 8, "ABANDONED");
    await earlier(ledger, 9, "ABANDONED");
    await ledger.writeClaim(by(8, { mandateId: "m-1" }), undefined);
    // The zombie of another abandoned batch takes the released claim between our read and our write.
    const raced = failing(ledger, "writeClaim", async ({ reach }) => {
      await claimed(ledger, by(9, { mandateId: "m-1" }));
      return reach();
    });
    expect(await claimed(raced, mine("m-1"))).toEqual({ claimed: true });
    const owners = [8, 9].map((number) => by(number, {}));
    const takenFrom = owners.map(({ batchId, line, segment }) => ({ batchId, line, segment }));
    expect(await ledger.readClaimsNamed([mine("m-1")])).toEqual([{ ...mine("m-1"), takenFrom }]);
  });

  it("give up after a bounded number of lost races, and exclude nobody for it", async () => {
    const ledger = failing(ledgerInMemory(), "writeClaim", lost(new ConditionRefused("lost")), "always");
    let tries = 0;
    const counted = intercepted<Ledger>(ledger, (call) => {
      if (call.method === "writeClaim") tries += 1;
      return call.reach();
    });
    const fault = claimed(counted, mine("m-1"));
    await expect(fault).rejects.toThrow(LedgerBusy);
    await expect(fault).rejects.toThrow("the claim of line 7 was lost 5 times in a row");
    expect(tries).toBe(5);
  });
});

describe("a claim of which a call has failed", () => {
  it("is claimed where its write landed, and fails where it did not, whatever was thrown: never excluded", async () => {
    const { length } = await callsOf({ ledger: ledgerInMemory(), objects: objectsInMemory() }, ({ ledger }) =>
      claimed(ledger, mine("m-1", { attempt: 2 })),
    );
    expect(length).toBeGreaterThan(1);
    let faults = 0;
    for (const [what, error] of EVERY_ERROR) {
      for (let at = 1; at <= length + 2; at += 1) {
        for (const mishap of [lost(error), answerLost(error), new LateCalls().late(error)]) {
          const ledger = ledgerInMemory();
          ledger.putReturn({ mandateId: "m-1", dueDate: BILLING_DATE, attempt: 1 });
          const wanted = mine("m-1", { attempt: 2 });
          const outcome = await claimed(befallen(ledger, at, mishap), wanted).catch(() => "fault");
          const stored = await ledger.readClaimsNamed([wanted]);
          const named = `${what} at call ${at}`;
          if (outcome === "fault") faults += 1;
          else expect({ outcome, stored }, named).toEqual({ outcome: { claimed: true }, stored: [wanted] });
          expect(await claimed(ledger, wanted), named).toEqual({ claimed: true });
        }
      }
    }
    expect(faults).toBeGreaterThan(20);
  });

  it("is claimed without a second call where only the answer was lost", async () => {
    for (const [what, error] of EVERY_ERROR) {
      const ledger = failing(ledgerInMemory(), "writeClaim", answerLost(error));
      expect(await claimed(ledger, mine("m-1")), what).toEqual({ claimed: true });
    }
  });

  it("holds for every fact that the ledger does not give: what cannot be read is not released", async () => {
    const facts = ["readBatch", "readFiles", "readSegment"] as const;
    for (const method of facts) {
      const ledger = ledgerInMemory();
      await earlier(ledger, 5, "CLOSED", "WITHDRAWN");
      await ledger.writeClaim(by(5, { mandateId: "m-1" }), undefined);
      const error = sdkError("TimeoutError");
      await expect(claimed(failing(ledger, method, lost(error)), mine("m-1"))).rejects.toBe(error);
      expect((await ledger.readClaimsNamed([mine("m-1")]))[0]?.batchId).toBe(batchIdOf(5));
    }
  });

  it("leaves no rejection behind that nobody hears when several facts fail at once", async () => {
    const ledger = ledgerInMemory();
    await earlier(ledger, 5, "CLOSED", "WITHDRAWN");
    await ledger.writeClaim(by(5, { mandateId: "m-1" }), undefined);
    const down = intercepted<Ledger>(ledger, (call) =>
      call.method === "readClaims" ? call.reach() : Promise.reject(sdkError(`${call.method} failed`)),
    );
    const unheard: unknown[] = [];
    const hear = (reason: unknown) => void unheard.push(reason);
    process.on("unhandledRejection", hear);
    await expect(claimed(down, mine("m-1"))).rejects.toThrow("failed");
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", hear);
    expect(unheard).toEqual([]);
  });

  it("asks for a batch's facts once, however many of its claims stand in the way", async () => {
    const memory = ledgerInMemory();
    await earlier(memory, 1, "OPEN");
    const asked: string[] = [];
    const ledger = intercepted<Ledger>(memory, (call) => {
      asked.push(call.method);
      return call.reach();
    });
    const facts = claimFacts(ledger);
    for (const mandateId of ["a", "b", "c"]) {
      await memory.writeClaim(by(1, { mandateId }), undefined);
      expect(await claimRow(ledger, facts, mine(mandateId), MIN_DAYS)).toMatchObject({
        reason: "already-claimed",
      });
    }
    expect(asked.filter((method) => method === "readBatch")).toHaveLength(1);
    expect(asked.filter((method) => method === "readSegment")).toHaveLength(1);
  });

  it("takes one segment's record for no other segment of the same batch", async () => {
    const ledger = ledgerInMemory();
    await earlier(ledger, 5, "CLOSED", "SUBMITTED", []);
    await ledger.createSegment({ ...segmentItem(batchIdOf(5), [1]), segment: 2 });
    const facts = claimFacts(ledger);
    const judge = async (segment: number) => {
      const mandateId = `m-${segment}`;
      await ledger.writeClaim(by(5, { mandateId, segment }), undefined);
      return (await claimRow(ledger, facts, mine(mandateId), MIN_DAYS)).claimed;
    };
    // No file carries the line that segment 1 left out; the one of segment 2 is with the bank.
    expect([await judge(1), await judge(2)]).toEqual([true, false]);
  });
});

/** The ledger with a mishap on its n-th call. */
function befallen(ledger: Ledger, at: number, mishap: Mishap): Ledger {
  const touched = { ledger, objects: objectsInMemory() };
  return numbered(touched, (call, number) => (number === at ? mishap(call) : call.reach())).ledger;
}
