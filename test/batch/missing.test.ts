import { SFNClient } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Area } from "../../lambdas/ports.ts";
import { expectDebited } from "./bank-inbox.ts";
import { dueList } from "./due-list.ts";
import { KeptStores } from "./kept-stores.ts";
import { type BilledStream, expectClosed, LocalBilling } from "./local-batch.ts";

let billing: LocalBilling;
/** Refuses the next request to Step Functions. */
let refuseStart = false;

beforeAll(async () => {
  billing = await LocalBilling.open();
  const { sfn } = billing.app.clients;
  const inner = new SFNClient(sfn).config.requestHandler;
  const handle: typeof inner.handle = (request, options) => {
    const refused = refuseStart;
    refuseStart = false;
    return refused ? Promise.reject(new Error("Step Functions is away")) : inner.handle(request, options);
  };
  Object.assign(sfn, { requestHandler: { handle, metadata: {} } });
});
afterAll(() => billing.close());

/** Takes the objects of an area away before the first call of a function; what was there is in the result. */
function takeAway(stream: BilledStream, before: string, area: Area, ending: RegExp): KeptStores {
  const kept = new KeptStores(stream.stores);
  let taken = false;
  stream.around = async (name, _event, call) => {
    if (name === before && !taken) {
      taken = true;
      const prefix = area === "due" ? `${stream.stream.name}/` : `${stream.id()}/`;
      const keys = (await stream.stores.keys(area, prefix)).filter((key) => ending.test(key));
      expect(keys.length).toBeGreaterThan(0);
      for (const key of keys) await kept.putObject(area, key, undefined);
    }
    return call();
  };
  return kept;
}

/** Each state that reads an object which another wrote, and how it says that the object is not there. */
const READS: readonly (readonly [state: string, area: Area, ending: RegExp, says: RegExp])[] = [
  ["AcquireLock", "due", /manifest\.json$/, /DueListMissing: .*manifest\.json is not in the due bucket/],
  ["PlanSegments", "due", /due\.csv$/, /DueListMissing: .*due\.csv is not in the due bucket/],
  ["StageSegment", "due", /due\.csv$/, /DueListMissing: .*due\.csv is not in the due bucket/],
  ["StageSegment", "work", /plan-\w+\.jsonl$/, /BankFileDamaged: work: .*plan-\w+\.jsonl is missing/],
  ["ComposeBankFile", "work", /staged\//, /BankFileDamaged: work: .*staged\S+ is missing/],
  ["Reconcile", "work", /exclusions\//, /GateFailed/],
  ["Reconcile", "bankFiles", /\.index\.jsonl$/, /GateFailed/],
  ["SubmitBankFile", "bankFiles", /\.aba$/, /BankFileDamaged: bankFiles: .*\.aba is missing/],
  ["CloseBatch", "work", /exclusions\//, /BankFileDamaged: work: .*exclusions\S+ is missing/],
];

describe("an object that is missing is told by its name, and its return ends the batch with each debit once", () => {
  test.each(READS)("%s, %s %s", async (state, area, ending, says) => {
    const stream = billing.stream({ segmentRows: 2, toleratedExcludedShare: 1 });
    const rows = stream.rows(4);
    const kept = takeAway(stream, state, area, ending);
    const refused = { ...stream.row(5), bsb: "999" };
    const { failure } = await stream.run(dueList([...rows, refused]));
    expect(failure?.state).toBe(state === "StageSegment" ? "StageSegments" : state);
    expect(`${failure?.error}: ${failure?.message}`).toMatch(says);
    await kept.restore();
    expectClosed(await stream.redriven(), 4);
    expectDebited(await stream.inbox(), rows);
  });

  test("ComposeBankFile, when it is called again after it has frozen its files", async () => {
    const stream = billing.stream();
    const rows = stream.rows(2);
    stream.around = async (name, _event, call) => {
      const result = await call();
      if (name === "ComposeBankFile") throw new Error("cut off after its work");
      return result;
    };
    await stream.run(dueList(rows));
    const kept = takeAway(stream, "ComposeBankFile", "bankFiles", /\.aba$/);
    const { failure } = await stream.redrive();
    expect(`${failure?.error}: ${failure?.message}`).toMatch(
      /BankFileDamaged: bankFiles: .*\.aba is missing/,
    );
    await kept.restore();
    expectClosed(await stream.redriven(), 2);
    expectDebited(await stream.inbox(), rows);
  });
});

describe("a start as the scheduler makes it, without a number", () => {
  const scheduled = (stream: BilledStream) => ({
    stream: stream.stream.name,
    scheduledTime: "2026-03-02T07:00:00+11:00",
  });

  test("takes the lowest number that has a list", async () => {
    const stream = billing.stream();
    await stream.upload(dueList(stream.rows(2)), { number: 4 });
    await stream.upload(dueList(stream.rows(3)), { number: 3 });
    await billing.app.invoke("StartBatch", scheduled(stream));
    expectClosed(await stream.viewed({ number: 3 }), 3);
  });

  test("is not remembered as made where Step Functions refused it, so that the next one starts the batch", async () => {
    const stream = billing.stream();
    await stream.upload(dueList(stream.rows(2)));
    refuseStart = true;
    await expect(billing.app.invoke("StartBatch", scheduled(stream))).rejects.toThrow(
      "Step Functions is away",
    );
    await expect(billing.app.invoke("StartBatch", scheduled(stream))).resolves.toMatchObject({
      outcome: "STARTED",
    });
    expectClosed(await stream.viewed(), 2);
  });
});
