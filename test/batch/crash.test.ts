import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { expectDebited } from "./bank-inbox.ts";
import { dueList } from "./due-list.ts";
import { type BilledStream, expectClosed, LocalBilling } from "./local-batch.ts";
import { lostAnswer } from "./store-wire.ts";

let billing: LocalBilling;
beforeAll(async () => {
  billing = await LocalBilling.open();
});
afterEach(() => {
  billing.wire.hook = undefined;
});
afterAll(() => billing.close());

const second = { number: 2 };

/** What the hook below has seen of one function. */
interface Watch {
  /** The request at which something was to happen has come. */
  reached: boolean;
  /** How often the bank's bucket was asked to take a file. */
  deliveries: number;
}

/**
 * Kills the process of a function when a store has carried out its `at`th request, before the answer comes: nothing
 * that the function asks for afterwards is done.
 */
function killed(stream: BilledStream, name: string, at: number): Watch {
  const watch: Watch = { reached: false, deliveries: 0 };
  stream.around = async (called, _, call) => {
    if (called !== name) return call();
    let requests = 0;
    billing.wire.hook = async (request, send) => {
      if (watch.reached) throw new Error("the process is gone");
      if (request.operation === "PUT" && request.target.startsWith("outbound")) watch.deliveries += 1;
      requests += 1;
      watch.reached = requests === at;
      const answer = await send();
      if (requests >= at) throw new Error("the process is gone");
      return answer;
    };
    try {
      return await call();
    } finally {
      billing.wire.hook = undefined;
    }
  };
  return watch;
}

/** More requests than any function makes here. */
const MOST = 60;

describe("a process that dies after any of its requests", () => {
  test.each(["AcquireLock", "PlanSegments", "StageSegment", "ComposeBankFile", "Reconcile", "CloseBatch"])(
    "%s: redrives get past it, one request after the other",
    async (name) => {
      const stream = billing.stream({ maxFileDebits: 1 });
      const rows = stream.rows(2);
      await stream.upload(dueList(rows));
      let watch = killed(stream, name, 1);
      await stream.start();
      let { status } = await stream.ended();
      let at = 1;
      for (; watch.reached && at < MOST; at += 1) {
        expect(status).toBe("FAILED");
        watch = killed(stream, name, at + 1);
        ({ status } = await stream.redrive());
      }
      expect(at).toBeGreaterThan(5);
      expectClosed(await stream.viewed(), 2);
      expectDebited(await stream.inbox(), rows);
    },
  );

  test("SubmitBankFile: the file is delivered at most once, and what is in doubt stays so", async () => {
    const ends: string[] = [];
    for (let at = 1; at < MOST; at += 1) {
      const stream = billing.stream();
      const rows = stream.rows(1);
      const watch = killed(stream, "SubmitBankFile", at);
      const first = await stream.run(dueList(rows));
      if (!watch.reached) {
        expectClosed(first, 1);
        break;
      }
      expect(first.failure?.state).toBe("SubmitBankFile");
      const atEnd = killed(stream, "SubmitBankFile", MOST);
      const run = await stream.redrive();
      expect(watch.deliveries + atEnd.deliveries).toBeLessThan(2);
      ends.push(await endOf(stream, run.failure?.error));
    }
    // A death before the first write is made up for; after it and before the intent the file is withdrawn; after
    // the intent nobody can know without evidence; after the delivery the evidence is there.
    expect(ends.filter((end, index) => end !== ends[index - 1])).toEqual([
      "debited",
      "withdrawn",
      "unknown",
      "debited",
    ]);
  });

  /** How a batch of one row ends after its redrive, with everything that this end promises. */
  async function endOf(stream: BilledStream, error: string | undefined): Promise<string> {
    const rows = stream.rows(1);
    const { record, files } = await stream.show();
    const inbox = await stream.inbox();
    if (error !== undefined) {
      expect({ error, inbox }).toEqual({ error: "SubmissionUnknown", inbox: [] });
      expect(files).toMatchObject([{ state: "UNKNOWN" }]);
      // Neither another redrive nor a decision to abandon sends it, or says that it was not sent.
      expect((await stream.redrive()).failure?.error).toBe("SubmissionUnknown");
      await expect(stream.abandon()).resolves.toMatchObject({ outcome: "OPEN", inDoubt: [1] });
      expect(await stream.inbox()).toEqual([]);
      return "unknown";
    }
    expect(record?.state).toBe("CLOSED");
    if (files[0]?.state === "WITHDRAWN") {
      expect(inbox).toEqual([]);
      expect(record?.ending).toMatchObject({ submitted: { count: 0 }, withdrawn: { count: 1 } });
      expect(record?.ending?.note).toContain("Nothing was submitted");
      expectClosed(await stream.run(dueList(rows), second), 1);
    }
    expectDebited(await stream.inbox(), rows);
    return files[0]?.state === "WITHDRAWN" ? "withdrawn" : "debited";
  }
});

describe("a zombie", () => {
  test.each(["PlanSegments", "StageSegment", "ComposeBankFile", "Reconcile", "CloseBatch"])(
    "%s that runs beside its successor changes nothing",
    async (twin) => {
      const stream = billing.stream({ segmentRows: 2, maxFileDebits: 2 });
      const rows = stream.rows(5);
      stream.around = async (name, _, call) => {
        if (name !== twin) return call();
        const [, own] = await Promise.allSettled([call(), call()]);
        if (own.status === "rejected") throw own.reason;
        return own.value;
      };
      const { run } = await stream.redrivenToItsEnd(await stream.run(dueList(rows)), 3);
      expectClosed(run, 5);
      expectDebited(await stream.inbox(), rows);
    },
  );

  test("AcquireLock that lands after its successor stops the execution before any work, and the rows are billed anew", async () => {
    const stream = billing.stream();
    const rows = stream.rows(2);
    stream.around = async (name, _, call) => {
      const own = await call();
      if (name === "AcquireLock") await call();
      return own;
    };
    const run = await stream.run(dueList(rows));
    expect(run.failure).toMatchObject({ state: "PlanSegments", error: "StaleFence" });
    expect(await stream.claims()).toEqual([]);
    await expect(stream.abandon()).resolves.toMatchObject({ outcome: "ABANDONED" });
    stream.around = undefined;
    expectClosed(await stream.run(dueList(rows), second), 2);
    expectDebited(await stream.inbox(), rows);
  });

  test("ComposeBankFile that would freeze its set after the files were sent leaves them sent", async () => {
    const stream = billing.stream({ maxFileDebits: 1 });
    const rows = stream.rows(2);
    const states: string[][] = [];
    const stateOf = async () => (await stream.show()).files.map(({ state }) => state);
    stream.around = async (name, event, call) => {
      if (name !== "ComposeBankFile") return call();
      stream.around = undefined;
      billing.wire.hook = async (request, send) => {
        if (!request.writes || !request.target.startsWith("STREAM#")) return send();
        billing.wire.hook = undefined;
        // The zombie has read, composed, and sleeps before its write; its successor and the states after it do not.
        await call();
        await billing.app.invoke("Reconcile", event);
        await billing.app.invoke("SubmitBankFile", event);
        states.push(await stateOf());
        return send();
      };
      const composed = await call();
      states.push(await stateOf());
      return composed;
    };
    expectClosed(await stream.run(dueList(rows)), 2);
    expect(states).toEqual([
      ["SUBMITTED", "SUBMITTED"],
      ["SUBMITTED", "SUBMITTED"],
    ]);
    expectDebited(await stream.inbox(), rows);
  });

  test("SubmitBankFile that runs to its end at any request of its successor never delivers a second time", async () => {
    const ends = new Set<string>();
    for (let at = 1, reached = true; reached && at < MOST; at += 1) {
      reached = false;
      const stream = billing.stream();
      const rows = stream.rows(1);
      let deliveries = 0;
      stream.around = async (name, _, call) => {
        if (name !== "SubmitBankFile") return call();
        let requests = 0;
        let isZombie = false;
        billing.wire.hook = async (request, send) => {
          if (request.operation === "PUT" && request.target.startsWith("outbound")) deliveries += 1;
          if (!isZombie) requests += 1;
          if (requests === at && !reached) {
            [reached, isZombie] = [true, true];
            await call().catch(() => "nobody hears it");
            isZombie = false;
          }
          return send();
        };
        try {
          return await call();
        } finally {
          billing.wire.hook = undefined;
        }
      };
      const { run } = await stream.redrivenToItsEnd(await stream.run(dueList(rows)), 2);
      expect(deliveries).toBeLessThan(2);
      const [file] = run.view.files;
      expect(run.view.record?.state).toBe("CLOSED");
      expectDebited(await stream.inbox(), file?.state === "SUBMITTED" ? rows : []);
      ends.add(file?.state ?? "");
    }
    expect(ends).toEqual(new Set(["SUBMITTED", "WITHDRAWN"]));
  });
});

describe("an answer that is lost on the way", () => {
  test("of every write to the ledger: the SDK repeats it, and each step knows its own write again", async () => {
    const stream = billing.stream({ segmentRows: 2, maxFileDebits: 2 });
    const rows = stream.rows(6);
    const lost = new Set<string>();
    billing.wire.hook = async (request, send) => {
      const answer = await send();
      const isLedgers = request.operation === "PutItem" && request.target.trim() !== "";
      if (!isLedgers || lost.has(request.target)) return answer;
      lost.add(request.target);
      throw lostAnswer();
    };
    const run = await stream.run(dueList(rows));
    expect(lost.size).toBeGreaterThan(15);
    expectClosed(run, 6);
    expectDebited(await stream.inbox(), rows);
  });

  test("of every object that is put: what was delivered is found, and redrives end the batch with each debit once", async () => {
    const stream = billing.stream({ segmentRows: 2, maxFileDebits: 2 });
    const rows = stream.rows(6);
    const lost: string[] = [];
    billing.wire.hook = async (request, send) => {
      const answer = await send();
      // Each report has a number that no other one has, so one of each kind is enough.
      const target = request.target.replace(/-\d{3}\./, ".");
      if (request.operation !== "PUT" || lost.includes(target)) return answer;
      lost.push(target);
      throw lostAnswer();
    };
    const { run } = await stream.redrivenToItsEnd(await stream.run(dueList(rows)), 30);
    expect(lost.filter((target) => target.startsWith("outbound"))).toHaveLength(3);
    expectClosed(run, 6);
    expectDebited(await stream.inbox(), rows);
  });
});
