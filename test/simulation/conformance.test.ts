import { setTimeout as wait } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import type { Definition } from "../../infra/local/definition.ts";
import { interpret } from "../../infra/local/interpreter.ts";
import { loadDefinition } from "./definition.ts";
import { MachineWorld, type Script, START } from "./machine-world.ts";
import { named } from "./paths.ts";

/** The same scripted answers to the local run's interpreter and to the machine: nothing may tell them apart. */
let definition: Definition;

beforeAll(async () => {
  definition = await loadDefinition();
});

const INPUT = { batchId: "becs-2026-03-02-01" };
const TASKS = [
  "AcquireLock",
  "PlanSegments",
  "StageSegment",
  "ComposeBankFile",
  "Reconcile",
  "SubmitBankFile",
  "CloseBatch",
];
const REPEATED = TASKS.filter((task) => task !== "SubmitBankFile");

/** What the functions answer when all goes well; each with something that no later state takes. */
const WELL: Readonly<Record<string, unknown>> = {
  AcquireLock: { outcome: "ACQUIRED", fence: 7, more: [1, { two: "zwei" }] },
  // One at a time: the order of several is a race on the local clock.
  PlanSegments: { segments: [0, 1, 2, 3, 4], concurrency: 1, rows: 40 },
  StageSegment: { rows: 8 },
  ComposeBankFile: { files: 3 },
  Reconcile: { verdict: "AGREED" },
  SubmitBankFile: undefined,
  CloseBatch: { outcome: "CLOSED" },
};

const well: Script = (task) => WELL[task];

interface Seen {
  readonly calls: readonly { task: string; input: unknown }[];
  readonly status: string;
  readonly output?: unknown;
  readonly error?: string;
  readonly cause?: string;
}

async function local(script: Script): Promise<Seen> {
  const calls: { task: string; input: unknown }[] = [];
  const count = (task: string) => calls.filter((call) => call.task === task).length;
  const StartTime = new Date(START).toISOString();
  const Execution = { Id: "arn", Name: "b-01", Input: INPUT, StartTime, RedriveCount: 0 };
  const outcome = await interpret(
    definition,
    { state: definition.StartAt, input: INPUT },
    { Execution, StateMachine: { Id: "arn", Name: "m" } },
    {
      call: async (task, input) => {
        calls.push({ task, input });
        const value = script(task, input, count(task));
        // All children that may run are started before one ends, as where a call takes its time.
        await wait(2);
        if (value instanceof Error) throw value;
        return value;
      },
      entered: async () => {},
      exited: async () => {},
      progress: () => {},
      now: () => StartTime,
      signal: new AbortController().signal,
      retryDelayMs: 1,
    },
  );
  if (outcome.status === "SUCCEEDED") return { calls, status: "SUCCEEDED", output: outcome.output };
  const { status, error, cause } = outcome;
  return { calls, status, error, cause };
}

async function simulated(script: Script): Promise<Seen> {
  const world = new MachineWorld(definition, script);
  const ended = await world.run("b-01", INPUT);
  const { status = "", error, cause } = ended ?? {};
  return {
    calls: world.calls.map(({ task, input }) => ({ task, input })),
    status,
    ...(status === "SUCCEEDED" && { output: world.machine.output("b-01") }),
    ...(error !== undefined && { error }),
    ...(cause !== undefined && { cause }),
  };
}

async function both(script: Script): Promise<Seen> {
  const ours = await simulated(script);
  expect(ours).toEqual(await local(script));
  return ours;
}

/** All goes well but for the calls of one task that the test names, counted from 1. */
function failing(task: string, error: string, calls: (nth: number) => boolean): Script {
  return (name, input, nth) =>
    name === task && calls(nth) ? named(error, `${task} went wrong`) : well(name, input, nth);
}

describe("the machine does what the local run's interpreter does with the real definition", () => {
  test("when all goes well", async () => {
    const { status, calls } = await both(well);
    expect(status).toBe("SUCCEEDED");
    expect(calls).toHaveLength(11);
  });

  test("when there are no segments, or all run at once", async () => {
    for (const plan of [
      { segments: [], concurrency: 1 },
      { segments: [0], concurrency: 9 },
      { segments: [0, 1, 2], concurrency: 3 },
    ]) {
      const { status } = await both((task, input, nth) =>
        task === "PlanSegments" ? plan : well(task, input, nth),
      );
      expect(status).toBe("SUCCEEDED");
    }
  });

  test("when the batch was closed before", async () => {
    const { status, calls } = await both(() => ({ outcome: "ALREADY_CLOSED", fence: 3 }));
    expect([status, calls.map(({ task }) => task)]).toEqual(["SUCCEEDED", ["AcquireLock", "CloseBatch"]]);
  });

  test.each(TASKS)("when %s fails with an error that is not repeated", async (task) => {
    const { status, error, calls } = await both(failing(task, "SomeRefusal", () => true));
    expect(status).toBe("FAILED");
    expect(error).toBe(task === "StageSegment" ? "States.ExceedToleratedFailureThreshold" : "SomeRefusal");
    expect(calls.at(-1)?.task).toBe(task);
  });

  test.each(REPEATED)("when %s is throttled and then not", async (task) => {
    const { status, calls } = await both(failing(task, "ThrottlingException", (nth) => nth <= 3));
    expect(status).toBe("SUCCEEDED");
    expect(calls).toHaveLength(14);
  });

  test.each(REPEATED)("when %s is throttled until no retry is left", async (task) => {
    const plan = { segments: [0], concurrency: 1 };
    const script = failing(task, "LedgerBusy", () => true);
    const { status, calls } = await both((name, input, nth) =>
      name === "PlanSegments" && task !== name ? plan : script(name, input, nth),
    );
    expect(status).toBe("FAILED");
    expect(calls.filter((call) => call.task === task)).toHaveLength(5);
  });

  test("when SubmitBankFile is throttled: it is called once", async () => {
    const { status, error, calls } = await both(failing("SubmitBankFile", "ThrottlingException", () => true));
    expect([status, error]).toEqual(["FAILED", "ThrottlingException"]);
    expect(calls.filter(({ task }) => task === "SubmitBankFile")).toHaveLength(1);
  });

  test("when a child in the middle of the map fails, and others wait", async () => {
    const script: Script = (task, input, nth) =>
      task === "StageSegment" && nth === 3 ? named("RowsDiffer", "segment 2") : well(task, input, nth);
    const plan = { segments: [0, 1, 2, 3], concurrency: 1 };
    const { cause, calls } = await both((task, input, nth) =>
      task === "PlanSegments" ? plan : script(task, input, nth),
    );
    expect(cause).toContain("RowsDiffer: segment 2");
    expect(calls.filter(({ task }) => task === "StageSegment")).toHaveLength(3);
  });

  test.each([
    ["AcquireLock", {}],
    ["AcquireLock", { outcome: 1 }],
    ["AcquireLock", { outcome: "ACQUIRED" }],
    ["PlanSegments", {}],
    ["PlanSegments", { segments: [0] }],
    ["PlanSegments", { concurrency: 1 }],
  ])("when the answer of %s is %j, without what a later state takes", async (name, answer: object) => {
    const { status, error } = await both((task, input, nth) =>
      task === name ? answer : well(task, input, nth),
    );
    expect([status, error]).toEqual(["FAILED", "States.Runtime"]);
  });

  test("when a function answers more than a state may give", async () => {
    const { error } = await both((task, input, nth) =>
      task === "Reconcile" ? { long: "x".repeat(262_144) } : well(task, input, nth),
    );
    expect(error).toBe("States.DataLimitExceeded");
  });

  test("when a result and its input are too much together", async () => {
    const { error } = await both((task, input, nth) =>
      ["AcquireLock", "ComposeBankFile"].includes(task)
        ? { fence: 1, outcome: "ACQUIRED", long: "é".repeat(70_000) }
        : well(task, input, nth),
    );
    expect(error).toBe("States.DataLimitExceeded");
  });
});
