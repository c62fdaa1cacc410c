import { beforeEach, describe, expect, it } from "vitest";
import { announced } from "../../lambdas/announced.ts";
import { acquireLock } from "../../lambdas/billing-batch/acquire-lock/acquire-lock.ts";
import { closeBatch } from "../../lambdas/billing-batch/close-batch/close-batch.ts";
import { composeBankFile } from "../../lambdas/billing-batch/compose-bank-file/compose-bank-file.ts";
import { planBatch } from "../../lambdas/billing-batch/plan-segments/plan-segments.ts";
import { reconcile } from "../../lambdas/billing-batch/reconcile/reconcile.ts";
import { stageSegment } from "../../lambdas/billing-batch/stage-segment/stage-segment.ts";
import { submitBankFile } from "../../lambdas/billing-batch/submit-bank-file/submit-bank-file.ts";
import { GateFailed } from "../../lambdas/domain/faults.ts";
import type { FileStateName } from "../../lambdas/domain/records.ts";
import { abandonBatch } from "../../lambdas/operations/abandon-batch/abandon-batch.ts";
import { pauseStream } from "../../lambdas/operations/pause-stream/pause-stream.ts";
import { redriveBatch } from "../../lambdas/operations/redrive-batch/redrive-batch.ts";
import { resumeStream } from "../../lambdas/operations/resume-stream/resume-stream.ts";
import type { Execution, Instant } from "../../lambdas/ports.ts";
import { startBatch } from "../../lambdas/start-batch/start-batch.ts";
import { AT, BILLING_DATE, dueList, MORNING, row } from "../builders.ts";
import { answerLost, failing, lost, sdkError } from "../port-faults.ts";
import { composed, layList, memory, reconciled, type World, worldOn } from "../world.ts";
import { BATCH, soundCase } from "./gate-case.ts";

/** What each function counts and tells, where the counts have to be right and not only there. */

let world: World;
beforeEach(() => {
  world = worldOn(memory());
});

const WHO = { by: "ann", reason: "a drill" };
const LIMIT = 300_000;
const event = (fence = 1) => ({ batchId: world.id(), fence });
const acquire = () => {
  const turn = { entered: "2026-10-05T20:00:00.000Z", retry: 0 };
  return acquireLock({ batchId: world.id(), execution: "x", ...turn }, world.ports());
};

/** Names and figures of what was counted since the last look; the stream is always this one. */
function counted(): [name: string, value?: number][] {
  const counts = world.counts.splice(0);
  for (const [, stream] of counts) expect(stream).toBe(world.stream.name);
  return counts.map(([name, , value]) => (value === undefined ? [name] : [name, value]));
}

/** The one line that was told since the last look. */
function told(): (typeof world.lines)[number] {
  const [line, ...more] = world.lines.splice(0);
  expect(more).toEqual([]);
  return line as NonNullable<typeof line>;
}

const forget = () => {
  counted();
  world.lines.splice(0);
};

describe("AcquireLock", () => {
  it("counts each lock that it acquires, and tells fence and nonce", async () => {
    await layList(world, dueList([row()]));
    await acquire();
    await acquire();
    expect(counted()).toEqual([["LockAcquired"], ["LockAcquired"]]);
    const { name: stream } = world.stream;
    const line = { state: "AcquireLock", batchId: world.id(), stream, outcome: "ACQUIRED" };
    expect(world.lines.splice(0)).toEqual([
      { ...line, fence: 1, nonce: "nonce-1" },
      { ...line, fence: 2, nonce: "nonce-2" },
    ]);
  });

  it("counts nothing for a batch that is closed, and tells fence and nonce all the same", async () => {
    await layList(world, dueList([row()]));
    await acquire();
    const record = await world.ledger.readBatch(world.id());
    if (record) await world.ledger.writeBatch({ ...record, version: 2, state: "CLOSED" }, 1);
    forget();
    expect(await acquire()).toMatchObject({ outcome: "ALREADY_CLOSED" });
    expect(counted()).toEqual([]);
    expect(told()).toMatchObject({
      outcome: "ALREADY_CLOSED",
      fence: 1,
      nonce: "nonce-2",
      batchId: world.id(),
    });
  });
});

describe("the steps up to the frozen set", () => {
  it("count rows and files once, however often they are called", async () => {
    const rows = ["m-1", "m-2", "m-2", "m-3"].map((mandate_id) => row({ mandate_id }));
    await layList(world, dueList([...rows, row({ mandate_id: "bad", bsb: "?" })]));
    await acquire();
    forget();
    const steps = {
      plan: () => planBatch(event(), world.ports()),
      stage: () => stageSegment({ ...event(), segment: 1 }, world.ports()),
      compose: () => composeBankFile(event(), world.ports()),
    };
    const expected = {
      plan: [["RowsDue", 5]],
      stage: [
        ["RowsStaged", 3],
        ["RowsExcluded", 2],
        ["DuplicateExcluded", 1],
      ],
      compose: [["FilesComposed", 1]],
    };
    const outcomes = {
      plan: ["PlanSegments", "planned", "found planned"],
      stage: ["StageSegment", "staged", "found staged"],
      compose: ["ComposeBankFile", "frozen", "verified"],
    };
    for (const name of ["plan", "stage", "compose"] as const) {
      await steps[name]();
      expect(counted(), name).toEqual(expected[name]);
      const about = { batchId: world.id(), fence: 1, nonce: expect.any(String) };
      const [state, first, again] = outcomes[name];
      expect(told()).toMatchObject({ ...about, state, outcome: first });
      await steps[name]();
      expect(counted(), name).toEqual([]);
      expect(told()).toMatchObject({ ...about, state, outcome: again });
    }
  });

  it("count no duplicate where there is none", async () => {
    await layList(world, dueList([row(), row({ mandate_id: "bad", bsb: "?" })]));
    await composed(world);
    expect(counted().map(([name]) => name)).not.toContain("DuplicateExcluded");
  });
});

describe("Reconcile", () => {
  it("counts a set that passes, and tells it", async () => {
    const gate = await soundCase(2);
    gate.counts = [];
    gate.decisions = [];
    await reconcile(gate.event, gate.ports);
    expect(gate.counts).toEqual([["GatePassed", "au-test"]]);
    expect(gate.decisions).toMatchObject([
      { state: "Reconcile", batchId: BATCH, fence: 1, nonce: expect.any(String), outcome: "PASSED" },
    ]);
  });

  it("counts a set that it stops, by the fault that it throws", async () => {
    const gate = await soundCase(2);
    await gate.recompose(1, (debits) => debits.slice(1));
    gate.counts = [];
    gate.decisions = [];
    const call = announced("Reconcile", gate.event, gate.ports, (ports) => reconcile(gate.event, ports));
    await expect(call).rejects.toThrow(GateFailed);
    expect(gate.counts).toEqual([
      ["StepFailed", "au-test"],
      ["GateFailed", "au-test"],
    ]);
    const line = { state: "Reconcile", batchId: BATCH, fence: 1 };
    const [judged, thrown] = gate.decisions as { nonce: string }[];
    expect([judged, thrown]).toMatchObject([
      { ...line, outcome: "FAILED" },
      { ...line, outcome: "GateFailed" },
    ]);
    expect(thrown?.nonce).toBe(judged?.nonce);
  });
});

describe("SubmitBankFile", () => {
  const submit = () => submitBankFile({ ...event(), timeLimitMs: LIMIT }, world.ports());

  it("counts each file that it sends, and none that was sent before", async () => {
    await reconciled(world, ["SUBMITTED", "RECONCILED", "RECONCILED"]);
    await submit();
    expect(counted()).toEqual([["FilesSubmitted"], ["FilesSubmitted"]]);
    await submit();
    expect(counted()).toEqual([]);
  });

  it("counts a file that it finds can never be sent", async () => {
    await reconciled(world);
    const item = { batchId: world.id(), number: 1, nonce: "another's", sha256: "0".repeat(64), at: AT };
    await world.ledger.createSubmission({ ...item, kind: "VOID" });
    await submit();
    expect(counted()).toEqual([["FilesWithdrawn"]]);
    await submit();
    expect(counted()).toEqual([]);
  });
});

describe("CloseBatch", () => {
  const closed = async (states: readonly FileStateName[]) => {
    await reconciled(world, states);
    await closeBatch(event(), world.ports());
    return counted();
  };

  it("counts what was submitted and what was not", async () => {
    expect(await closed(["SUBMITTED", "WITHDRAWN", "REJECTED"])).toEqual([
      ["BatchClosed"],
      ["DebitsSubmitted", 1],
      ["DebitsNotSubmitted", 2],
    ]);
    expect(told()).toMatchObject({
      state: "CloseBatch",
      outcome: "CLOSED",
      batchId: world.id(),
      fence: 1,
      nonce: "nonce-1",
    });
  });

  it("counts a batch that sent nothing of what it had staged", async () => {
    expect(await closed(["WITHDRAWN", "REJECTED"])).toContainEqual(["NothingSubmitted"]);
  });

  it("does not call it nothing submitted where nothing was staged", async () => {
    const names = (await closed([])).map(([name]) => name);
    expect(names).toEqual(["BatchClosed", "DebitsSubmitted", "DebitsNotSubmitted"]);
  });

  it("counts a batch at least once, wherever its call dies, and not again where its report is found written", async () => {
    await reconciled(world, ["WITHDRAWN"]);
    const names = ["BatchClosed", "DebitsSubmitted", "DebitsNotSubmitted", "NothingSubmitted"];
    const { length } = await world.objects.list("reports", `${world.id()}/`);
    const lostReport = failing(world.objects, "create", lost(sdkError("TimeoutError")));
    await expect(closeBatch(event(), world.ports({ objects: lostReport }))).rejects.toThrow("TimeoutError");
    expect(await world.objects.list("reports", `${world.id()}/`)).toHaveLength(length);
    expect(counted().map(([name]) => name)).toEqual(names);
    // The third create is the report that says CLOSED: it is written, and the call dies before it knows.
    const died = failing(world.objects, "create", answerLost(sdkError("TimeoutError")), 3);
    await expect(closeBatch(event(), world.ports({ objects: died }))).rejects.toThrow("TimeoutError");
    expect(counted().map(([name]) => name)).toEqual(names);
    await closeBatch(event(), world.ports());
    await closeBatch(event(), world.ports());
    expect(counted()).toEqual([]);
  });
});

describe("AbandonBatch", () => {
  const abandon = () => abandonBatch({ batchId: world.id(), ...WHO }, world.ports());

  it("counts the decision and the files that it withdraws", async () => {
    await reconciled(world, ["RECONCILED", "COMPOSED", "WITHDRAWN"]);
    await abandon();
    expect(counted()).toEqual([["BatchAbandoned"], ["FilesWithdrawn", 2]]);
    const line = { state: "AbandonBatch", batchId: world.id(), fence: 1 };
    expect(told()).toMatchObject({ ...line, outcome: "ABANDONED", nonce: "nonce-1" });
    await abandon();
    expect(counted()).toEqual([]);
    expect(told()).toMatchObject({ ...line, outcome: "ALREADY_ABANDONED", nonce: "nonce-2" });
  });

  it("counts a file whose delivery it proves, and one that stays in doubt", async () => {
    await reconciled(world, ["SUBMITTED", "SUBMITTING", "RECONCILED"]);
    const item = { batchId: world.id(), number: 2, nonce: "before", sha256: "x", at: AT };
    await world.ledger.createSubmission({ ...item, kind: "INTENT" });
    expect(await abandon()).toMatchObject({ outcome: "OPEN", inDoubt: [2] });
    expect(counted()).toEqual([["BatchAbandoned"], ["FilesWithdrawn", 1], ["SubmissionUnknown", 1]]);
    const file = await world.objects.read("bankFiles", `${world.id()}/2.aba`);
    const key = `${world.stream.bankProfile.userId}/${world.id()}-02.aba`;
    await world.objects.create("outbound", key, file?.bytes ?? Buffer.of(), "text/plain");
    expect(await abandon()).toMatchObject({ inDoubt: [] });
    expect(counted()).toEqual([["BatchAbandoned"], ["FilesSubmitted", 1]]);
  });
});

describe("what people do to streams and executions", () => {
  it("is counted where it changes something, and told always", async () => {
    const about = { stream: world.stream.name, ...WHO };
    const pause = () => pauseStream(about, world.ports());
    const resume = () => resumeStream(about, world.ports());
    const line = { stream: world.stream.name, fence: 0, ...WHO };
    for (const [act, state, name, outcome, again] of [
      [pause, "PauseStream", "StreamPaused", "paused", "was paused"],
      [resume, "ResumeStream", "StreamResumed", "resumed", "was not paused"],
    ] as const) {
      await act();
      expect(counted()).toEqual([[name]]);
      expect(told()).toMatchObject({ ...line, state, outcome, nonce: expect.any(String) });
      await act();
      expect(counted()).toEqual([]);
      expect(told()).toMatchObject({ ...line, state, outcome: again, nonce: expect.any(String) });
    }
  });

  it("is counted once where the same person has asked twice at once", async () => {
    const about = { stream: world.stream.name, ...WHO };
    const ledger = failing(world.ledger, "writeStream", async ({ reach }) => {
      world.now = (world.now + 1000) as Instant;
      await pauseStream(about, world.ports());
      return reach();
    });
    expect(await pauseStream(about, world.ports({ ledger }))).toMatchObject({ paused: WHO });
    expect(counted()).toEqual([["StreamPaused"]]);
    expect(world.lines.map(({ outcome }) => outcome)).toEqual(["paused", "was paused"]);
  });

  it("is counted for a redrive", async () => {
    const failed = { name: world.id(), status: "FAILED" } as Execution;
    const executions = {
      describe: async (name: string) => (name === failed.name ? failed : undefined),
      redrive: async () => {},
      start: async () => "started" as const,
    };
    await redriveBatch({ batchId: world.id(), ...WHO }, { ...world.ports(), executions });
    expect(counted()).toEqual([["BatchRedriven"]]);
    expect(told()).toMatchObject({ state: "RedriveBatch", batchId: world.id(), nonce: "nonce-1" });
  });
});

describe("StartBatch", () => {
  const start = (
    over: { exists?: boolean; number?: number; knownUntil?: string; holidays?: string[] } = {},
  ) =>
    startBatch(
      {
        stream: world.stream.name,
        scheduledTime: AT,
        remainingMs: 60_000,
        ...(over.number !== undefined && { number: over.number }),
      },
      {
        ...world.ports(),
        configuration: {
          ...world.configuration,
          calendar: { holidays: over.holidays ?? [], knownUntil: over.knownUntil ?? "2028-12-31" },
        },
        executions: {
          start: async () => (over.exists ? "exists" : "started"),
          describe: async () => undefined,
        },
        once: async (_key, _fingerprint, _remaining, run) => {
          await run();
          return "ran";
        },
      },
    );

  it("counts the executions that it has started", async () => {
    await layList(world, dueList([row()]));
    await start();
    expect(counted()).toEqual([["BatchStarted"]]);
    expect(told()).toMatchObject({ outcome: "STARTED", batchId: world.id(), nonce: "nonce-1" });
    await start({ exists: true });
    expect(counted()).toEqual([]);
    expect(told()).toMatchObject({ outcome: "ALREADY_STARTED", batchId: world.id(), nonce: "nonce-2" });
  });

  it("counts a start that is refused, and tells of which day and batch", async () => {
    world.now = (MORNING + 121 * 60_000) as Instant;
    const line = { state: "StartBatch", outcome: "REFUSED", reason: "too-late", billingDate: BILLING_DATE };
    await start();
    expect(counted()).toEqual([["StartRefused"]]);
    expect(told()).toMatchObject({ ...line, nonce: "nonce-1" });
    await start({ number: 2 });
    expect(told()).toMatchObject({ ...line, batchId: world.id(2) });
  });

  it("counts no holiday, and counts the end of the holiday list", async () => {
    await start({ knownUntil: "2026-10-05" });
    expect(counted()).toEqual([["StartRefused"]]);
    await start({ knownUntil: BILLING_DATE, holidays: [BILLING_DATE] });
    expect(counted()).toEqual([]);
    const holiday = startBatch(
      { stream: world.stream.name, scheduledTime: "2026-10-04T20:00:00Z", remainingMs: 60_000 },
      {
        ...world.ports(),
        executions: { start: async () => "started", describe: async () => undefined },
        once: async () => "ran",
      },
    );
    expect(await holiday).toMatchObject({ outcome: "REFUSED", reason: "not-a-business-day" });
    expect(counted()).toEqual([]);
  });
});
