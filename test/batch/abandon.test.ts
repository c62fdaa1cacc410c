import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { expectDebited } from "./bank-inbox.ts";
import { type DueRow, dueList } from "./due-list.ts";
import { type BilledStream, type BatchRun, expectClosed, LocalBilling } from "./local-batch.ts";

let billing: LocalBilling;
beforeAll(async () => {
  billing = await LocalBilling.open();
});
afterEach(() => {
  billing.wire.hook = undefined;
});
afterAll(() => billing.close());

const second = { number: 2 };
const sum = (rows: readonly DueRow[]) => ({
  count: rows.length,
  cents: Number(rows.reduce((total, row) => total + BigInt(row.amount_cents), 0n)),
});

/** Fails every call of one function before its work. */
function stopped(stream: BilledStream, at: string): void {
  stream.around = async (name, _, call) => {
    if (name === at) throw new Error("stopped");
    return call();
  };
}

/** Does something when the bank has just been given the first file of a batch. */
function afterFirstDelivery(act: () => Promise<void>): void {
  billing.wire.hook = async (request, send) => {
    const answer = await send();
    if (request.operation === "PUT" && request.target.startsWith("outbound")) {
      billing.wire.hook = undefined;
      await act();
    }
    return answer;
  };
}

/** Three files of one row each, of which the first was sent: the rest is withdrawn, and billed under the next number. */
async function expectRestBilledAnew(stream: BilledStream, run: BatchRun): Promise<void> {
  const rows = stream.rows(3);
  expectDebited(await stream.inbox(), rows.slice(0, 1));
  await expect(stream.abandon()).resolves.toEqual({
    outcome: "OPEN",
    withdrawn: [2, 3],
    kept: [1],
    inDoubt: [],
  });
  const ended = await stream.redriven();
  expect(ended).toMatchObject({
    id: run.id,
    status: "SUCCEEDED",
    view: {
      files: [{ state: "SUBMITTED" }, { state: "WITHDRAWN" }, { state: "WITHDRAWN" }],
      record: {
        state: "CLOSED",
        ending: {
          due: sum(rows),
          staged: sum(rows),
          submitted: sum(rows.slice(0, 1)),
          withdrawn: sum(rows.slice(1)),
          note: expect.stringContaining("not submitted"),
        },
      },
    },
  });
  expect(ended.view.stream?.lock).toBeUndefined();
  await stream.resume();
  const next = await stream.run(dueList(rows), second);
  expectClosed(next, 2);
  expect(next.view.record?.ending?.excluded.byReason).toEqual({ "already-claimed": 1 });
  expectDebited(await stream.inbox(), rows);
}

describe("a batch of which a part was sent", () => {
  test("stops when the stream is paused after its first file", async () => {
    const stream = billing.stream({ maxFileDebits: 1 });
    afterFirstDelivery(() => stream.pause());
    const run = await stream.run(dueList(stream.rows(3)));
    expect(run.failure).toMatchObject({ state: "SubmitBankFile", error: "StreamPaused" });
    expect(run.view.files.map(({ state }) => state)).toEqual(["SUBMITTED", "RECONCILED", "RECONCILED"]);
    await expectRestBilledAnew(stream, run);
  });

  test("stops when the redrive of a process that died after its first file comes too late", async () => {
    const stream = billing.stream({ maxFileDebits: 1 });
    afterFirstDelivery(async () => {
      billing.wire.hook = () => Promise.reject(new Error("the process is gone"));
    });
    await stream.upload(dueList(stream.rows(3)));
    await stream.start();
    const died = await billing.app.waitFor(stream.id());
    expect(died.failure?.state).toBe("SubmitBankFile");
    billing.wire.hook = undefined;
    // Five minutes are the longest that a submission may take, and four are left.
    stream.change({ cutOff: "07:04" });
    const run = await stream.redriven();
    expect(run.failure).toMatchObject({ state: "SubmitBankFile", error: "CutOffPassed" });
    stream.change({});
    await expectRestBilledAnew(stream, run);
  });

  test("goes on behind its first file when the pause is over, and sends nothing twice", async () => {
    const stream = billing.stream({ maxFileDebits: 1 });
    afterFirstDelivery(() => stream.pause());
    await stream.run(dueList(stream.rows(3)));
    expect((await stream.redrive()).failure?.error).toBe("StreamPaused");
    await stream.resume();
    expectClosed(await stream.redriven(), 3);
    expectDebited(await stream.inbox(), stream.rows(3));
  });
});

describe("a batch of which nothing was sent", () => {
  test.each(["PlanSegments", "StageSegment", "ComposeBankFile", "Reconcile", "SubmitBankFile"])(
    "is abandoned before %s, cannot go on, and its rows are debited once under the next number",
    async (state) => {
      const stream = billing.stream({ maxFileDebits: 1 });
      const rows = stream.rows(2);
      stopped(stream, state);
      await stream.run(dueList(rows));
      stream.around = undefined;
      const ends = [await stream.abandon(), await stream.abandon()].map(({ outcome }) => outcome);
      expect(ends).toEqual(["ABANDONED", "ABANDONED"]);
      expect(await stream.show()).toMatchObject({
        record: { state: "ABANDONED", abandoned: { by: "anna" } },
      });
      const { failure } = await stream.redrive();
      expect(failure?.message).toMatch(
        state === "SubmitBankFile" ? /was abandoned$/ : /no longer holds the lock: it is free/,
      );
      expect(await stream.inbox()).toEqual([]);
      expectClosed(await stream.run(dueList(rows), second), 2);
      expectDebited(await stream.inbox(), rows);
    },
  );

  test("is abandoned for ever: each file's submission is void, even if the stream's item forgets it", async () => {
    const stream = billing.stream({ maxFileDebits: 1 });
    stopped(stream, "SubmitBankFile");
    const run = await stream.run(dueList(stream.rows(2)));
    stream.around = undefined;
    const item = await stream.stores.item(`STREAM#${stream.stream.name}`, "STATE");
    await stream.abandon();
    const kinds = ["01", "02"].map(async (nn) => stream.stores.item(`SUBMISSION#${run.id}#${nn}`, "INTENT"));
    expect(await Promise.all(kinds)).toMatchObject([{ kind: "VOID" }, { kind: "VOID" }]);
    await stream.stores.putItem(item ?? { pk: "", sk: "" });
    expect((await stream.redrive()).status).toBe("FAILED");
    expect(await stream.inbox()).toEqual([]);
  });

  test("is abandoned before it was ever started, and never runs", async () => {
    const stream = billing.stream();
    const rows = stream.rows(2);
    await stream.upload(dueList(rows));
    await expect(stream.abandon()).resolves.toEqual({
      outcome: "ABANDONED",
      withdrawn: [],
      kept: [],
      inDoubt: [],
    });
    const run = await stream.run(dueList(rows));
    expect(run.failure).toMatchObject({ state: "AcquireLock", error: "BatchAbandoned" });
    expectClosed(await stream.run(dueList(rows), second), 2);
    expect((await stream.redrive()).failure?.error).toBe("BatchAbandoned");
    expectDebited(await stream.inbox(), rows);
  });

  test("is not abandoned if nobody has ever heard of it, and can be billed later", async () => {
    const stream = billing.stream();
    await expect(stream.abandon()).rejects.toMatchObject({
      name: "BatchUnknown",
      message: expect.stringContaining(`no due list lies under ${stream.stream.name}/2026-03-02/01/`),
    });
    expect((await stream.show()).stream).toBeUndefined();
    expectClosed(await stream.run(dueList(stream.rows(1))), 1);
  });

  test("is not abandoned while another batch holds the stream, nor once it is closed", async () => {
    const stream = billing.stream();
    stopped(stream, "Reconcile");
    await stream.run(dueList(stream.rows(1)));
    await expect(stream.abandon(second)).rejects.toMatchObject({ name: "LockHeld" });
    stream.around = undefined;
    expectClosed(await stream.redriven(), 1);
    await expect(stream.abandon()).rejects.toMatchObject({ name: "BatchClosed" });
    expectDebited(await stream.inbox(), stream.rows(1));
  });
});

describe("an abandonment", () => {
  test("that is cut off half way stops the batch, and is finished by repeating it", async () => {
    const stream = billing.stream({ maxFileDebits: 1 });
    const rows = stream.rows(2);
    stopped(stream, "SubmitBankFile");
    await stream.run(dueList(rows));
    let cuts = 0;
    for (let isDone = false; !isDone && cuts < 60; cuts += 1) {
      let requests = 0;
      stream.around = undefined;
      billing.wire.hook = async (_, send) => {
        requests += 1;
        if (requests > cuts + 1) throw new Error("the process is gone");
        return send();
      };
      isDone = await stream.abandon().then(
        ({ outcome }) => outcome === "ABANDONED",
        () => false,
      );
      billing.wire.hook = undefined;
      const { stream: item } = await stream.show();
      if (!item?.lock?.abandoning) continue;
      expect((await stream.redrive()).failure?.error).toMatch(/^(BatchAbandoning|SubmissionStopped)$/);
    }
    expect(cuts).toBeGreaterThan(5);
    expect(await stream.inbox()).toEqual([]);
    expectClosed(await stream.run(dueList(rows), second), 2);
    expectDebited(await stream.inbox(), rows);
  });

  test("at any moment of the submission leaves each row debited once, by this batch or by the next", async () => {
    const ends = new Set<string>();
    for (let at = 1, reached = true; reached && at < 60; at += 1) {
      reached = false;
      const stream = billing.stream();
      const rows = stream.rows(1);
      stream.around = async (name, _, call) => {
        if (name !== "SubmitBankFile" || reached) return call();
        let requests = 0;
        billing.wire.hook = async (request, send) => {
          // What a step has read before its write may be out of date then.
          if (request.writes || request.target.startsWith("outbound")) requests += 1;
          if (requests === at) {
            reached = true;
            billing.wire.hook = undefined;
            await stream.abandon().catch(() => "the file's fate is not known yet");
          }
          return send();
        };
        try {
          return await call();
        } finally {
          billing.wire.hook = undefined;
        }
      };
      const run = await stream.run(dueList(rows));
      if (run.view.record?.state === "OPEN") {
        await stream.abandon();
        await stream.redrive();
      }
      const { record, files } = await stream.show();
      ends.add(`${record?.state} ${files[0]?.state}`);
      const next = await stream.run(dueList(rows), second);
      expect(next.view.record?.state).toBe("CLOSED");
      expectDebited(await stream.inbox(), rows);
    }
    expect(ends).toEqual(new Set(["ABANDONED WITHDRAWN", "CLOSED WITHDRAWN", "CLOSED SUBMITTED"]));
  });
});
