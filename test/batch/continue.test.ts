import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { viewText } from "../../infra/ops/view-text.ts";
import { expectDebited } from "./bank-inbox.ts";
import { dueList } from "./due-list.ts";
import { type BilledStream, expectClosed, LocalBilling } from "./local-batch.ts";

let billing: LocalBilling;
beforeAll(async () => {
  billing = await LocalBilling.open();
});
afterEach(() => {
  billing.wire.hook = undefined;
});
afterAll(() => billing.close());

const SHAPE = { segmentRows: 2, maxFileDebits: 2 };

/** Fails every call of one function, before its work or behind it. */
function stopped(stream: BilledStream, at: string, when: "before" | "after" = "before"): void {
  stream.around = async (name, _, call) => {
    if (name !== at) return call();
    if (when === "after") await call();
    throw new Error("stopped");
  };
}

/** What the service would do for whoever redrives an execution by its name, past all that the ledger knows. */
async function redrivenByName(name: string) {
  await billing.app.redrive(name);
  return billing.app.waitFor(name);
}

describe("a batch that is continued", () => {
  test.each([
    ["AcquireLock", "before"],
    ["AcquireLock", "after"],
    ["StageSegment", "before"],
    ["Reconcile", "before"],
    ["SubmitBankFile", "after"],
    ["CloseBatch", "before"],
  ] as const)("after it has failed at %s, %s its work, closes with each debit once", async (state, when) => {
    const stream = billing.stream(SHAPE);
    const rows = stream.rows(6);
    stopped(stream, state, when);
    const first = await stream.run(dueList(rows));
    expect(first.status).toBe("FAILED");
    stream.around = undefined;
    const run = await stream.continued();
    expectClosed(run, 6);
    expect(run).toMatchObject({
      id: `${first.id}-c1`,
      view: { batchId: first.id, execution: { name: `${first.id}-c1`, status: "SUCCEEDED" } },
    });
    expectDebited(await stream.inbox(), rows);
    const inbox = await stream.inbox();
    // The first execution, woken after all: it carries an older fence, or finds the batch closed.
    const woken = await redrivenByName(first.id);
    const findsItsEnd = ["AcquireLock", "CloseBatch"].includes(state);
    expect(woken.status).toBe(findsItsEnd ? "SUCCEEDED" : "FAILED");
    if (!findsItsEnd) expect(woken.failure?.cause).toContain("no longer holds the lock: it is free");
    expect(await stream.inbox()).toEqual(inbox);
    expect((await stream.show()).record).toEqual(run.view.record);
    await expect(stream.redrive()).rejects.toMatchObject({ name: "BatchClosed" });
    await expect(stream.continued()).rejects.toMatchObject({ name: "BatchClosed" });
  });

  test("and whose first execution is redriven beside it, is closed by one of them", async () => {
    const stream = billing.stream(SHAPE);
    const rows = stream.rows(6);
    stopped(stream, "Reconcile");
    const first = await stream.run(dueList(rows));
    let woken: ReturnType<typeof redrivenByName> | undefined;
    stream.around = async (name, _, call) => {
      // Both are at the gate: the old one with its fence, the new one about to judge.
      if (name === "Reconcile") woken ??= redrivenByName(first.id);
      return call();
    };
    const run = await stream.continued();
    expectClosed(run, 6);
    expect((await woken)?.failure?.error).toBe("StaleFence");
    expectDebited(await stream.inbox(), rows);
  });

  test("twice, fails again and closes; its trail has each decision before what it led to", async () => {
    const stream = billing.stream(SHAPE);
    const rows = stream.rows(4);
    stopped(stream, "SubmitBankFile");
    const { id } = await stream.run(dueList(rows));
    expect(await stream.continued()).toMatchObject({ id: `${id}-c1`, status: "FAILED" });
    expect(await stream.redrive()).toMatchObject({ id, status: "FAILED" });
    await billing.app.waitFor(`${id}-c1`);
    stream.around = undefined;
    const run = await stream.continued();
    expect(run.id).toBe(`${id}-c2`);
    expectClosed(run, 4);
    expect(run.view.events.map(({ action, by }) => `${action} (${by})`)).toEqual([
      `acquired with fence 1 (${id})`,
      `continue as ${id}-c1 (anna)`,
      `acquired with fence 2 (${id}-c1)`,
      "redrive (anna)",
      `continue as ${id}-c2 (anna)`,
      `acquired with fence 3 (${id}-c2)`,
    ]);
    expectDebited(await stream.inbox(), rows);
  });

  test("after its acquire failed, before anything is on record", async () => {
    const stream = billing.stream(SHAPE);
    await stream.pause();
    const refused = await stream.run(dueList(stream.rows(2)));
    expect(refused).toMatchObject({ failure: { error: "StreamPaused" } });
    expect(refused.view.record).toBeUndefined();
    expect(await stream.continued()).toMatchObject({ status: "FAILED", failure: { error: "StreamPaused" } });
    await stream.resume();
    expectClosed(await stream.continued(), 2);
    expectDebited(await stream.inbox(), stream.rows(2));
  });

  test("is refused while its execution runs, and once it is abandoned", async () => {
    const stream = billing.stream(SHAPE);
    const running: unknown[] = [];
    stream.around = async (name, _, call) => {
      if (name !== "Reconcile") return call();
      running.push(await stream.continued().catch((error: Error) => error.name));
      throw new Error("stopped");
    };
    await stream.run(dueList(stream.rows(2)));
    expect(running).toEqual(["ExecutionNotEnded"]);
    stream.around = undefined;
    await stream.abandon();
    await expect(stream.continued()).rejects.toMatchObject({ name: "BatchAbandoned" });
    expect(await stream.inbox()).toEqual([]);
  });
});

describe("a batch in doubt", () => {
  test("stays in doubt when it is continued: nothing is sent again", async () => {
    const stream = billing.stream();
    billing.wire.hook = async (request, send) => {
      if (request.operation === "PUT" && request.target.startsWith("outbound")) throw new Error("no answer");
      return send();
    };
    const first = await stream.run(dueList(stream.rows(2)));
    expect(first.failure?.error).toBe("SubmissionUnknown");
    billing.wire.hook = undefined;
    const run = await stream.continued();
    expect(run.failure?.error).toBe("SubmissionUnknown");
    expect(run.view.files).toMatchObject([{ state: "UNKNOWN" }]);
    expect(await stream.inbox()).toEqual([]);
  });
});

test("who looks at an open batch without an execution is told to continue it", async () => {
  const stream = billing.stream();
  stopped(stream, "Reconcile");
  const { view } = await stream.run(dueList(stream.rows(1)));
  const { execution: _forgotten, ...rest } = view;
  expect(viewText(rest, stream.stream.name)).toContain(`npm run ops -- continue ${view.batchId}`);
  expect(viewText(view, stream.stream.name)).toContain(`npm run ops -- continue ${view.batchId}`);
});
