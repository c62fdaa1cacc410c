import { describe, expect, test } from "vitest";
import type { Definition } from "../../../infra/local/definition.ts";
import { interpret, type Outcome, type Surroundings } from "../../../infra/local/interpreter.ts";
import { machine, map, named, task } from "./machines.ts";

type Functions = Record<string, (input: never) => unknown>;

/** Runs a definition with functions of the test's, and notes every call and state. */
async function run(
  definition: Definition,
  functions: Functions,
  {
    from = definition.StartAt,
    input = {},
    ...more
  }: { from?: string; input?: unknown } & Partial<Surroundings> = {},
) {
  const calls: string[] = [];
  const states: string[] = [];
  const progress: [number, number | undefined][] = [];
  const context = {
    Execution: {
      Id: "arn:x",
      Name: "b-01",
      Input: input,
      StartTime: "2026-11-02T20:00:00.000Z",
      RedriveCount: 2,
    },
    StateMachine: { Id: "arn:m", Name: "m" },
  };
  const outcome = await interpret(definition, { state: from, input }, context, {
    call: async (name, value) => {
      calls.push(name);
      return functions[name]?.(value as never);
    },
    entered: async ({ state }) => void states.push(state),
    exited: async (state) => void states.push(`/${state}`),
    progress: (_state, done, total) => void progress.push([done, total]),
    now: () => "2026-11-02T20:00:01.000Z",
    signal: new AbortController().signal,
    retryDelayMs: 1,
    ...more,
  });
  return { outcome, calls, states, progress };
}

const failed = (outcome: Outcome) => (outcome.status === "SUCCEEDED" ? undefined : outcome);

describe("a run of states", () => {
  test("goes through tasks and choices, each state getting what its paths say", async () => {
    const definition = machine({
      Lock: task("Lock", { Parameters: { "id.$": "$.batchId" }, ResultPath: "$.lock" }),
      IsOpen: {
        Type: "Choice",
        Choices: [{ Variable: "$.lock.outcome", StringEquals: "CLOSED", Next: "Over" }],
        Default: "Plan",
      },
      Over: { Type: "Succeed" },
      Plan: task("Plan", { Parameters: { "fence.$": "$.lock.fence" }, ResultPath: "$.plan" }),
    });
    const lock = (outcome: string) => ({
      Lock: ({ id }: { id: string }) => ({ id, outcome, fence: 7 }),
      Plan: ({ fence }: { fence: number }) => ({ fence }),
    });
    const open = await run(definition, lock("HELD"), { input: { batchId: "b-01" } });
    const lockOf = { id: "b-01", outcome: "HELD", fence: 7 };
    expect(open.outcome).toEqual({
      status: "SUCCEEDED",
      output: { batchId: "b-01", lock: lockOf, plan: { fence: 7 } },
    });
    expect(open.states).toEqual(["Lock", "/Lock", "IsOpen", "/IsOpen", "Plan", "/Plan"]);
    const closed = await run(definition, lock("CLOSED"), { input: { batchId: "b-01" } });
    expect(closed.states).toEqual(["Lock", "/Lock", "IsOpen", "/IsOpen", "Over", "/Over"]);
    expect(closed.outcome.status).toBe("SUCCEEDED");
  });

  test("a record of the state that is entered is kept before the state does anything", async () => {
    const order: string[] = [];
    const entered = async ({ state }: { state: string }) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      order.push(`kept ${state}`);
    };
    await run(
      machine({ A: task("A"), B: task("B") }),
      { A: () => order.push("A"), B: () => order.push("B") },
      { entered },
    );
    expect(order).toEqual(["kept A", "A", "kept B", "B"]);
  });

  test("what one state gives and the next takes is JSON", async () => {
    const seen: unknown[] = [];
    const shared = { at: new Date(0), none: undefined, list: [1] };
    await run(machine({ A: task("A"), B: task("B") }), {
      A: () => shared,
      B: (input: { list: number[] }) => {
        input.list.push(2);
        seen.push(input);
      },
    });
    expect(seen).toEqual([{ at: "1970-01-01T00:00:00.000Z", list: [1, 2] }]);
    expect(shared.list).toEqual([1]);
    const { outcome } = await run(machine({ A: task("A") }), { A: () => 1n });
    expect(failed(outcome)?.error).toBe("Runtime.MarshalError");
    await expect(run(machine({ A: task("A") }), { A: () => {} })).resolves.toMatchObject({
      outcome: { output: null },
    });
  });

  test("the context object says where the execution is, by the local clock", async () => {
    const Parameters = Object.fromEntries(
      [
        "Execution.Name",
        "Execution.RedriveCount",
        "Execution.StartTime",
        "State.Name",
        "State.EnteredTime",
      ].map((path) => [`${path.replace(".", "")}.$`, `$$.${path}`]),
    );
    const withInput = { ...Parameters, "input.$": "$$.Execution.Input", "tries.$": "$$.State.RetryCount" };
    const seen: unknown[] = [];
    const definition = machine({
      First: task("First", { ResultPath: "$.other" }),
      Second: task("Second", {
        Parameters: withInput,
        Retry: [{ ErrorEquals: ["Busy"], MaxAttempts: 3 }],
      }),
    });
    await run(
      definition,
      {
        First: () => 1,
        Second: (input) => {
          if (seen.push(input) < 3) throw named("Busy");
        },
      },
      { input: { batchId: "b-01" } },
    );
    const expected = {
      ExecutionName: "b-01",
      ExecutionRedriveCount: 2,
      ExecutionStartTime: "2026-11-02T20:00:00.000Z",
      StateName: "Second",
      StateEnteredTime: "2026-11-02T20:00:01.000Z",
      input: { batchId: "b-01" },
    };
    expect(seen).toEqual([0, 1, 2].map((tries) => ({ ...expected, tries })));
  });
});

describe("an error", () => {
  test("is repeated only where its own name is listed, and as often as is said", async () => {
    const Retry = [{ ErrorEquals: ["LedgerBusy", "ThrottlingException"], MaxAttempts: 2, BackoffRate: 1 }];
    const throwing = (error: Error) => ({
      A: () => {
        throw error;
      },
    });
    const busy = await run(machine({ A: task("A", { Retry }) }), throwing(named("LedgerBusy")));
    expect(busy.calls).toHaveLength(3);
    const other = await run(machine({ A: task("A", { Retry }) }), throwing(named("GateFailed")));
    expect(other.calls).toHaveLength(1);
    const none = await run(machine({ A: task("A") }), throwing(named("LedgerBusy")));
    expect(none.calls).toHaveLength(1);
  });

  test("ends the execution at its state, with its name, and with its message as AWS puts it", async () => {
    const definition = machine({ A: task("A", { ResultPath: "$.a" }), B: task("B"), C: task("C") });
    const functions = {
      A: () => 1,
      B: () => {
        throw named("GateFailed", "a surplus of 3 entries");
      },
    };
    const { outcome, states } = await run(definition, functions, { input: { id: "b" } });
    expect(outcome).toEqual({
      status: "FAILED",
      at: { state: "B", input: { id: "b", a: 1 } },
      error: "GateFailed",
      message: "a surplus of 3 entries",
      cause: '{"errorType":"GateFailed","errorMessage":"a surplus of 3 entries"}',
    });
    expect(states).toEqual(["A", "/A", "B"]);
  });

  test("of a path that points nowhere ends the execution and is never repeated", async () => {
    const Retry = [{ ErrorEquals: ["States.ALL"], MaxAttempts: 3 }];
    const { outcome, calls } = await run(
      machine({ A: task("A", { Retry, Parameters: { "x.$": "$.nothing" } }) }),
      { A: () => 1 },
    );
    expect(failed(outcome)?.error).toBe("States.Runtime");
    expect(calls).toEqual([]);
  });

  test("leaves the input as it was for the next try", async () => {
    const seen: number[] = [];
    const definition = machine({ A: task("A", { Retry: [{ ErrorEquals: ["Busy"], MaxAttempts: 1 }] }) });
    const A = (input: { n: number }) => {
      input.n += seen.push(input.n);
      throw named("Busy");
    };
    await run(definition, { A }, { input: { n: 7 } });
    expect(seen).toEqual([7, 7]);
  });

  test("is left alone by a run that starts at the failed state, which does the rest only", async () => {
    const definition = machine({ A: task("A"), B: task("B"), C: task("C") });
    const { outcome, calls } = await run(
      definition,
      { B: (x) => x, C: (x) => x },
      { from: "B", input: { a: 1 } },
    );
    expect(calls).toEqual(["B", "C"]);
    expect(outcome).toEqual({ status: "SUCCEEDED", output: { a: 1 } });
  });
});

describe("the limit of 262,144 bytes", () => {
  const text = (bytes: number) => "é".repeat((bytes - 2) / 2);

  test.each(["input", "result"])(
    "holds for the %s of a task, counted in UTF-8, and no Retry matches it",
    async (side) => {
      const Retry = [{ ErrorEquals: ["States.ALL"], MaxAttempts: 3 }];
      const definition = machine({ A: task("A", { Retry, InputPath: "$.big" }) });
      const with_ = (bytes: number) =>
        run(
          side === "input" ? machine({ A: task("A", { Retry }) }) : definition,
          { A: () => (side === "input" ? "" : text(bytes)) },
          { input: side === "input" ? text(bytes) : { big: 1 } },
        );
      expect((await with_(262_144)).outcome.status).toBe("SUCCEEDED");
      const over = await with_(262_146);
      expect(failed(over.outcome)).toMatchObject({ error: "States.DataLimitExceeded", at: { state: "A" } });
      expect(over.calls.length).toBeLessThan(2);
    },
  );

  test("holds for a state's output, which may be more than its result", async () => {
    const definition = machine({ A: task("A", { ResultPath: "$.a" }), B: task("B") });
    const { outcome } = await run(definition, { A: () => text(150_000) }, { input: { big: text(150_000) } });
    expect(failed(outcome)).toMatchObject({ error: "States.DataLimitExceeded", at: { state: "A" } });
  });

  test("holds for what a task is given and gives, also where its state's input and output are small", async () => {
    const doubled = task("A", { Parameters: { "a.$": "$.big", "b.$": "$.big" } });
    const given = await run(machine({ A: doubled }), { A: () => 1 }, { input: { big: text(150_000) } });
    expect(failed(given.outcome)?.error).toBe("States.DataLimitExceeded");
    expect(given.calls).toEqual([]);
    const dropped = machine({ A: task("A", { ResultPath: null }) });
    const { outcome } = await run(dropped, { A: () => text(300_000) });
    expect(failed(outcome)?.error).toBe("States.DataLimitExceeded");
  });

  test("holds for all results of a map together, also when they are dropped", async () => {
    const { outcome } = await run(
      machine({ M: map("Child") }),
      { Child: () => text(100_000) },
      {
        input: { batch: "b", items: [1, 2, 3] },
      },
    );
    expect(failed(outcome)?.error).toBe("States.DataLimitExceeded");
  });
});

describe("a distributed map", () => {
  const input = { batch: "b-01", items: [1, 2, 3, 4, 5] };

  test("gives each item to a child and counts the children that are done", async () => {
    const items: unknown[] = [];
    const { outcome, progress } = await run(
      machine({ M: map("Child"), After: task("After") }),
      {
        Child: (item) => void items.push(item),
        After: () => "done",
      },
      { input },
    );
    expect(items).toEqual(input.items.map((item) => ({ item, batch: "b-01" })));
    expect(outcome).toMatchObject({ output: "done" });
    expect(progress.at(-1)).toEqual([5, 5]);
    expect(progress.map(([done]) => done).slice(0, 5)).toEqual([1, 2, 3, 4, 5]);
  });

  test("of no items succeeds", async () => {
    const { outcome, calls } = await run(
      machine({ M: map("Child") }),
      {},
      { input: { batch: "b", items: [] } },
    );
    expect(outcome.status).toBe("SUCCEEDED");
    expect(calls).toEqual([]);
  });

  test("fails by AWS's name for it when a child fails, with the child's own error in the cause", async () => {
    const { outcome } = await run(
      machine({ M: map("Child") }),
      {
        Child: () => {
          throw named("DueListMismatch", "line 7");
        },
      },
      { input },
    );
    expect(outcome).toMatchObject({
      status: "FAILED",
      at: { state: "M", input },
      error: "States.ExceedToleratedFailureThreshold",
      cause:
        "The specified tolerated failure threshold was exceeded: Child failed with DueListMismatch: line 7",
    });
  });

  test("starts no further child after one has failed, and waits for those at work", async () => {
    let ended = 0;
    const { outcome, calls } = await run(
      machine({ M: map("Child") }),
      {
        Child: async ({ item }: { item: number }) => {
          if (item === 2) throw named("StaleFence");
          await new Promise((resolve) => setTimeout(resolve, 30));
          ended += 1;
        },
      },
      { input },
    );
    expect(outcome.status).toBe("FAILED");
    // Items 1 and 2 were at work together.
    expect(calls).toHaveLength(2);
    expect(ended).toBe(1);
  });

  test("goes on with the other children while one is repeated", async () => {
    const Retry = [{ ErrorEquals: ["LedgerBusy"], MaxAttempts: 2 }];
    let busy = 2;
    const { outcome, calls } = await run(
      machine({ M: map("Child", {}, { Retry }) }),
      {
        Child: ({ item }: { item: number }) => {
          if (item === 3 && busy-- > 0) throw named("LedgerBusy");
        },
      },
      { input },
    );
    expect(outcome.status).toBe("SUCCEEDED");
    expect(calls).toHaveLength(7);
  });
});

describe("the end of an execution before its time", () => {
  test("a task that takes too long fails as States.Timeout, and its zombie is waited for", async () => {
    let zombieEnded = false;
    const { outcome } = await run(machine({ A: task("A", { TimeoutSeconds: 0.02 }) }), {
      A: async () => {
        await new Promise((resolve) => setTimeout(resolve, 60));
        zombieEnded = true;
      },
    });
    expect(failed(outcome)?.error).toBe("States.Timeout");
    expect(zombieEnded).toBe(true);
  });

  test("an execution that takes too long is TIMED_OUT at the state it is in", async () => {
    const definition = machine({ A: task("A"), B: task("B") }, { TimeoutSeconds: 0.1 });
    const slow = () => new Promise((resolve) => setTimeout(resolve, 150));
    const { outcome, calls } = await run(definition, { A: () => 1, B: slow });
    expect(outcome).toMatchObject({ status: "TIMED_OUT", at: { state: "B" }, error: "States.Timeout" });
    expect(calls).toEqual(["A", "B"]);
  });

  test("a stopped one is ABORTED at the state it is in, after the call in flight, with no child more", async () => {
    const stop = new AbortController();
    const ended: number[] = [];
    const { outcome, calls } = await run(
      machine({ M: map("Child"), After: task("After") }),
      {
        Child: async ({ item }: { item: number }) => {
          if (item === 2) stop.abort();
          await new Promise((resolve) => setTimeout(resolve, 20));
          ended.push(item);
        },
      },
      { input: { batch: "b", items: [1, 2, 3, 4] }, signal: stop.signal },
    );
    expect(outcome).toMatchObject({ status: "ABORTED", at: { state: "M" } });
    expect(calls).toEqual(["Child", "Child"]);
    expect(ended).toEqual([1, 2]);
  });
});
