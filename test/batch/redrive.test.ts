import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectDebited } from "./bank-inbox.ts";
import { dueList } from "./due-list.ts";
import { type BilledStream, expectClosed, LocalBilling } from "./local-batch.ts";

let billing: LocalBilling;
beforeAll(async () => {
  billing = await LocalBilling.open();
});
afterAll(() => billing.close());

type When = "before" | "after";
/** Every function that the definition calls; the map fails by its child. */
const FUNCTIONS = [
  "AcquireLock",
  "PlanSegments",
  "StageSegment",
  "ComposeBankFile",
  "Reconcile",
  "SubmitBankFile",
  "CloseBatch",
] as const;
/** Six rows in three segments and three files. */
const SHAPE = { segmentRows: 2, concurrency: 2, maxFileDebits: 2 };

class CutOff extends Error {
  override readonly name = "CutOff";
}

/** Cuts off as many calls as are listed, one after the other, before or after their work; of the map the second child. */
function cutOff(stream: BilledStream, cuts: { readonly name: string; readonly when: When }[]): void {
  stream.around = async (name, event, call) => {
    const { segment = 2 } = event as { readonly segment?: number };
    if (name !== cuts[0]?.name || segment !== 2) return call();
    const { when } = cuts.shift() as { when: When };
    if (when === "after") await call();
    throw new CutOff(`${name} was cut off ${when} its work`);
  };
}

describe("a batch that is cut off twice before and twice after the work of one state", () => {
  test.each(FUNCTIONS)("%s: redrives end it with each debit once", async (name) => {
    const stream = billing.stream(SHAPE);
    const rows = stream.rows(6);
    const cuts = (["before", "before", "after", "after"] as const).map((when) => ({ name, when }));
    cutOff(stream, [...cuts]);
    const first = await stream.run(dueList(rows));
    expect(first.failure?.state).toBe(name === "StageSegment" ? "StageSegments" : name);
    expect(first.failure?.message).toContain(`${name} was cut off before its work`);
    const { run, times } = await stream.redrivenToItsEnd(first, 9);
    expect(times).toBe(cuts.length);
    expectClosed(run, 6);
    const inbox = await stream.inbox();
    expect(inbox).toHaveLength(3);
    expectDebited(inbox, rows);
    expect(run.view.events.filter(({ action }) => action === "redrive")).toHaveLength(times);
  });
});

test("a batch that is cut off at every state, before and after its work, ends with each debit once", async () => {
  const stream = billing.stream(SHAPE);
  const rows = stream.rows(6);
  const cuts = FUNCTIONS.flatMap((name) => (["before", "after"] as const).map((when) => ({ name, when })));
  cutOff(stream, [...cuts]);
  const { run, times } = await stream.redrivenToItsEnd(await stream.run(dueList(rows)), 20);
  expect(times).toBe(cuts.length);
  expectClosed(run, 6);
  expectDebited(await stream.inbox(), rows);
});

test("what was busy is called again without a person, except the submission", async () => {
  const stream = billing.stream(SHAPE);
  const rows = stream.rows(6);
  const busy = new Set<string>(FUNCTIONS);
  stream.around = async (name, _, call) => {
    const result = await call();
    if (busy.delete(name)) throw Object.assign(new Error("slow down"), { name: "ThrottlingException" });
    return result;
  };
  const run = await stream.run(dueList(rows));
  expect(run.failure).toMatchObject({ state: "SubmitBankFile", error: "ThrottlingException" });
  expect([...busy]).toEqual(["CloseBatch"]);
  expectClosed(await stream.redriven(), 6);
  expectDebited(await stream.inbox(), rows);
});

test("a batch that is redriven after its end finds its end, any number of times", async () => {
  const stream = billing.stream(SHAPE);
  const rows = stream.rows(6);
  const late: string[] = [];
  stream.around = async (name, _, call) => {
    const result = await call();
    if (name === "CloseBatch" && late.push("closed") < 4) throw new CutOff("after the end");
    return result;
  };
  const { run, times } = await stream.redrivenToItsEnd(await stream.run(dueList(rows)), 9);
  expect(times).toBe(3);
  expectClosed(run, 6);
  // The end is reported once: each redrive found it written.
  const reports = await stream.stores.keys("reports", `${run.id}/report-`);
  expect(reports.filter((key) => key.endsWith(".json"))).toHaveLength(2);
  expectDebited(await stream.inbox(), rows);
});
