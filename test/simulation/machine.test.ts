import { beforeAll, describe, expect, test } from "vitest";
import type { Definition } from "../../infra/local/definition.ts";
import { machine, map, task } from "../infra/local/machines.ts";
import { loadDefinition } from "./definition.ts";
import { MachineWorld, NOTHING, type Script, START } from "./machine-world.ts";
import { named } from "./paths.ts";

let definition: Definition;

beforeAll(async () => {
  definition = await loadDefinition();
});

const NAME = "b-01";
const INPUT = { batchId: "becs-2026-03-02-01" };
const DAY = 86_400_000;
const WELL: Readonly<Record<string, unknown>> = {
  AcquireLock: { outcome: "ACQUIRED", fence: 7 },
  PlanSegments: { segments: [0, 1, 2, 3, 4], concurrency: 2 },
};
const well: Script = (task) => WELL[task] ?? {};

/** A small definition; JSON, as one that was synthesized. */
const states = (...of: Parameters<typeof machine>) =>
  JSON.parse(JSON.stringify(machine(...of))) as Definition;

/** All goes well but for one task, which does what the test says. */
function except(task: string, does: (nth: number, input: unknown) => unknown): Script {
  return (name, input, nth) => (name === task ? does(nth, input) : well(name, input, nth));
}

/** An execution of the real definition that has started, at the time at which nothing more happens by itself. */
async function started(script: Script, of: Definition = definition): Promise<MachineWorld> {
  const world = new MachineWorld(of, script);
  world.machine.start(NAME, JSON.stringify(INPUT), "r1");
  await world.settle();
  return world;
}

/** The same of a definition of the test's own. */
async function ended(of: Definition, script: Script, input: unknown = {}): Promise<MachineWorld> {
  const world = new MachineWorld(of, script);
  await world.run(NAME, input);
  return world;
}

const statusOf = (world: MachineWorld) => world.machine.describe(NAME)?.status;
const errorOf = (world: MachineWorld) => world.machine.describe(NAME)?.error;
const segmentsOf = (world: MachineWorld) =>
  world.calls
    .filter(({ task }) => task === "StageSegment")
    .map(({ input }) => (input as { segment: number }).segment);
const refused = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    return (error as Error).name;
  }
  return undefined;
};

describe("a task that is not answered in time", () => {
  test("fails with States.Timeout at its time-out and not before, and makes its execution FAILED", async () => {
    const world = await started(except("AcquireLock", () => NOTHING));
    await world.pass(89_999);
    expect(statusOf(world)).toBe("RUNNING");
    await world.pass(1);
    expect(world.machine.describe(NAME)).toEqual({
      name: NAME,
      status: "FAILED",
      input: JSON.stringify(INPUT),
      error: "States.Timeout",
    });
    expect(world.told).toEqual(["b-01 RUNNING 0 0", "b-01 FAILED 0 States.Timeout 90000"]);
    expect([world.calls.length, world.waiting()]).toEqual([1, []]);
  });

  test("goes on as a zombie, whose late answer nobody hears, before a redrive and after it", async () => {
    const world = await started(except("AcquireLock", () => NOTHING));
    await world.pass(90_000);
    world.calls[0]?.answer({ outcome: "ALREADY_CLOSED" });
    await world.settle();
    expect(statusOf(world)).toBe("FAILED");

    const two = await started(except("AcquireLock", () => NOTHING));
    await two.pass(90_000);
    two.machine.redrive(NAME);
    two.calls[0]?.answer({ outcome: "ALREADY_CLOSED" });
    await two.settle();
    expect([statusOf(two), two.calls.length]).toEqual(["RUNNING", 2]);
    two.calls[1]?.answer({ outcome: "ACQUIRED", fence: 8 });
    await two.settle();
    expect(two.calls[2]).toMatchObject({ task: "PlanSegments", input: { fence: 8 } });
  });

  test("has its whole time again at each retry and redrive", async () => {
    const world = await started(
      except("AcquireLock", (nth) => (nth === 1 ? named("SlowDown", "busy") : NOTHING)),
    );
    await world.pass(2000 + 89_999);
    expect(statusOf(world)).toBe("RUNNING");
    await world.pass(1);
    expect(statusOf(world)).toBe("FAILED");
    world.machine.redrive(NAME);
    await world.pass(89_999);
    expect(statusOf(world)).toBe("RUNNING");
  });

  test("is answered in the same instant as its time-out: whichever comes first counts", async () => {
    const world = await started(except("SubmitBankFile", () => NOTHING));
    world.after(330_000, "answer", () => world.calls.at(-1)?.answer({}));
    await world.pass(330_000);
    expect(errorOf(world)).toBe("States.Timeout");
  });
});

describe("the machine's own time-out", () => {
  const hasty = () => ({ ...definition, TimeoutSeconds: 60 });

  test("makes the execution TIMED_OUT, and its call a zombie", async () => {
    const world = await started(
      except("PlanSegments", () => NOTHING),
      hasty(),
    );
    await world.pass(60_000);
    expect([statusOf(world), errorOf(world), world.waiting()]).toEqual(["TIMED_OUT", "States.Timeout", []]);
    world.calls[1]?.answer(WELL["PlanSegments"]);
    await world.settle();
    expect([statusOf(world), world.calls.length]).toEqual(["TIMED_OUT", 2]);
  });

  test("begins anew with a redrive, which goes on at the state that was cut off", async () => {
    const world = await started(
      except("PlanSegments", () => NOTHING),
      hasty(),
    );
    await world.pass(60_000);
    world.machine.redrive(NAME);
    await world.pass(59_999);
    expect(statusOf(world)).toBe("RUNNING");
    expect(world.calls.map(({ task }) => task)).toEqual(["AcquireLock", "PlanSegments", "PlanSegments"]);
    await world.pass(1);
    expect(statusOf(world)).toBe("TIMED_OUT");
  });

  test("is six hours, and over when the execution has ended", async () => {
    const world = await started(well);
    expect([statusOf(world), world.waiting()]).toEqual(["SUCCEEDED", []]);
    expect(definition.TimeoutSeconds).toBe(21_600);
  });

  test("comes while a retry waits: nothing is called any more", async () => {
    const world = await started(
      except("AcquireLock", () => named("LedgerBusy", "busy")),
      { ...definition, TimeoutSeconds: 7 },
    );
    await world.pass(100_000);
    expect([statusOf(world), world.calls.length]).toEqual(["TIMED_OUT", 3]);
  });
});

describe("retries", () => {
  test("wait 2, 4, 8 and 16 seconds, each with its number, and all with one time of entrance", async () => {
    const world = await started(except("AcquireLock", () => named("ThrottlingException", "busy")));
    await world.pass(29_999);
    expect(statusOf(world)).toBe("RUNNING");
    await world.pass(1);
    expect(world.calls.map(({ at }) => at - START)).toEqual([0, 2000, 6000, 14_000, 30_000]);
    const inputs = world.calls.map(({ input }) => input as { retry: number; entered: string });
    expect(inputs.map(({ retry }) => retry)).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(inputs.map(({ entered }) => entered))).toEqual(new Set([new Date(START).toISOString()]));
    expect(world.told.at(-1)).toBe("b-01 FAILED 0 ThrottlingException 30000");
  });

  test("are all there again after a redrive, counted from 0, with a later time of entrance", async () => {
    const world = await started(except("AcquireLock", () => named("ThrottlingException", "busy")));
    await world.pass(30_000);
    world.machine.redrive(NAME);
    await world.pass(30_000);
    const again = world.calls.slice(5);
    expect(again.map(({ at }) => at - START - 30_000)).toEqual([0, 2000, 6000, 14_000, 30_000]);
    expect(again[0]?.input).toMatchObject({ retry: 0, entered: new Date(START + 30_000).toISOString() });
  });

  test("are counted by the first retrier that matches, over all errors that it matched", async () => {
    // The example of the page that compiled.ts names.
    const Retry = [
      { ErrorEquals: ["ErrorA", "ErrorB"], IntervalSeconds: 1, BackoffRate: 2, MaxAttempts: 2 },
      { ErrorEquals: ["ErrorC"], IntervalSeconds: 5 },
      { ErrorEquals: ["States.ALL"] },
    ];
    const errors = ["ErrorA", "ErrorB", "ErrorC", "ErrorB"];
    const world = await ended(states({ X: task("X", { Retry }) }), (_task, _input, nth) =>
      named(errors[nth - 1] ?? "", "x"),
    );
    expect(world.calls.map(({ at }) => at - START)).toEqual([0, 1000, 3000, 8000]);
    expect([statusOf(world), errorOf(world)]).toEqual(["FAILED", "ErrorB"]);
  });

  test("wait no longer than MaxDelaySeconds, and one second and three times unless told", async () => {
    const times = async (retrier: object) => {
      const Retry = [{ ErrorEquals: ["States.ALL"], ...retrier }];
      const world = await ended(states({ X: task("X", { Retry }) }), () => named("E", "x"));
      return world.calls.map(({ at }) => at - START);
    };
    expect(await times({})).toEqual([0, 1000, 3000, 7000]);
    expect(await times({ MaxDelaySeconds: 2 })).toEqual([0, 1000, 3000, 5000]);
    expect(await times({ IntervalSeconds: 3, BackoffRate: 1.5, MaxAttempts: 2 })).toEqual([0, 3000, 7500]);
    expect(await times({ MaxAttempts: 0 })).toEqual([0]);
  });

  test.each([
    ["States.TaskFailed", "E", 2],
    ["States.TaskFailed", "States.Timeout", 1],
    ["States.Timeout", "States.Timeout", 2],
    ["States.ALL", "States.Timeout", 2],
    ["States.ALL", "States.DataLimitExceeded", 1],
    ["States.DataLimitExceeded", "States.DataLimitExceeded", 1],
    ["States.ALL", "States.Runtime", 1],
    ["E", "EE", 1],
  ])("for %s: an error %s is tried %i times", async (name, error, tries) => {
    const Retry = [{ ErrorEquals: [name], MaxAttempts: 1 }];
    const world = await ended(states({ X: task("X", { Retry }) }), () => named(error, "x"));
    expect([world.calls.length, errorOf(world)]).toEqual([tries, error]);
  });
});

describe("a redrive", () => {
  test.each(["AcquireLock", "PlanSegments", "ComposeBankFile", "Reconcile", "SubmitBankFile", "CloseBatch"])(
    "of an execution that failed at %s runs that state with its input, and those after it",
    async (name) => {
      const world = await started(
        except(name, (nth) => (nth === 1 ? named("Refused", "no") : well(name, 0, 0))),
      );
      expect(statusOf(world)).toBe("FAILED");
      const before = world.calls.length;
      await world.pass(5000);
      world.machine.redrive(NAME);
      await world.settle();
      expect(statusOf(world)).toBe("SUCCEEDED");
      const [first, ...others] = world.calls.slice(before);
      const failed = world.calls[before - 1];
      const withoutTime = (call: typeof failed) => ({ ...(call?.input as object), entered: undefined });
      expect([first?.task, failed?.task]).toEqual([name, name]);
      expect(withoutTime(first)).toEqual(withoutTime(failed));
      expect(others.every(({ task }) => task !== name)).toBe(true);
      expect(world.told).toEqual([
        "b-01 RUNNING 0 0",
        "b-01 FAILED 0 Refused 0",
        "b-01 RUNNING 1 5000",
        "b-01 SUCCEEDED 1 5000",
      ]);
      expect(world.machine.describe(NAME)).not.toHaveProperty("error");
    },
  );

  test("is refused for one that runs, that has succeeded, or that nobody knows", async () => {
    const world = await started(except("Reconcile", () => NOTHING));
    expect(refused(() => world.machine.redrive(NAME))).toBe("ExecutionNotRedrivable");
    world.calls.at(-1)?.answer({});
    await world.settle();
    expect(statusOf(world)).toBe("SUCCEEDED");
    expect(refused(() => world.machine.redrive(NAME))).toBe("ExecutionNotRedrivable");
    expect(refused(() => world.machine.redrive("other"))).toBe("ExecutionDoesNotExist");
    expect(world.told).toHaveLength(2);
  });

  test("is possible for 14 days from the end, also from the end of an earlier redrive", async () => {
    const world = await started(except("Reconcile", () => named("Refused", "no")));
    await world.pass(14 * DAY);
    world.machine.redrive(NAME);
    await world.pass(14 * DAY);
    world.machine.redrive(NAME);
    await world.pass(14 * DAY + 1);
    expect(refused(() => world.machine.redrive(NAME))).toBe("ExecutionNotRedrivable");
    expect([statusOf(world), world.called("Reconcile")]).toEqual(["FAILED", 3]);
  });

  test("is possible a thousand times", async () => {
    const world = await started(except("AcquireLock", () => named("Refused", "no")));
    for (let i = 0; i < 1000; i += 1) {
      world.machine.redrive(NAME);
      await world.settle();
    }
    expect(refused(() => world.machine.redrive(NAME))).toBe("ExecutionNotRedrivable");
    expect(world.calls).toHaveLength(1001);
  });

  test("is possible less long and less often where the test says so", async () => {
    const script = except("AcquireLock", () => named("Refused", "no"));
    const world = new MachineWorld(definition, script, { redrives: 1, periodMs: 10 });
    await world.run(NAME, INPUT);
    expect(refused(() => world.machine.redrive(NAME))).toBe("ExecutionNotRedrivable");
    world.machine.start("b-02", JSON.stringify(INPUT), "r1");
    await world.pass(10);
    world.machine.redrive("b-02");
    await world.settle();
    expect(refused(() => world.machine.redrive("b-02"))).toBe("ExecutionNotRedrivable");
    expect(world.calls).toHaveLength(3);
  });

  test("keeps the definition and the release of the start", async () => {
    const asked: string[] = [];
    const world = new MachineWorld(
      (release) => {
        asked.push(release);
        return definition;
      },
      except("PlanSegments", () => named("Refused", "no")),
    );
    world.machine.start(NAME, JSON.stringify(INPUT), "r1");
    await world.settle();
    world.machine.start("b-02", JSON.stringify(INPUT), "r2");
    world.machine.redrive(NAME);
    await world.settle();
    expect(asked).toEqual(["r1", "r2"]);
    expect(world.calls.map(({ task, release }) => [task, release])).toEqual([
      ["AcquireLock", "r1"],
      ["PlanSegments", "r1"],
      ["AcquireLock", "r2"],
      ["PlanSegments", "r1"],
      ["PlanSegments", "r2"],
    ]);
  });

  test("enters its state later than before, also in the same millisecond", async () => {
    const world = await started(except("AcquireLock", () => named("Refused", "no")));
    world.machine.redrive(NAME);
    const entered = world.calls.map(({ input }) => (input as { entered: string }).entered);
    expect(entered).toEqual([START, START + 1].map((at) => new Date(at).toISOString()));
  });
});

describe("the children of the map", () => {
  test("run up to the concurrency, and the next starts when one ends", async () => {
    const world = await started(except("StageSegment", () => NOTHING));
    expect(segmentsOf(world)).toEqual([0, 1]);
    world.calls.at(-1)?.answer({});
    await world.settle();
    expect(segmentsOf(world)).toEqual([0, 1, 2]);
    expect(statusOf(world)).toBe("RUNNING");
  });

  test("stop when one fails; those that wait are not started, and a zombie's answer changes nothing", async () => {
    const world = await started(
      except("StageSegment", (nth) => (nth === 1 ? {} : nth === 2 ? named("RowsDiffer", "no") : NOTHING)),
    );
    expect(segmentsOf(world)).toEqual([0, 1, 2]);
    expect(errorOf(world)).toBe("States.ExceedToleratedFailureThreshold");
    expect(world.machine.describe(NAME)?.cause).toContain("StageSegment failed with RowsDiffer: no");
    expect(world.waiting()).toEqual([]);
    world.calls.at(-1)?.answer({});
    await world.pass(DAY);
    expect([segmentsOf(world), statusOf(world), world.told.length]).toEqual([[0, 1, 2], "FAILED", 2]);
  });

  test("that failed, were stopped or never started run after a redrive, and no others", async () => {
    let again = false;
    const world = await started(
      except("StageSegment", (nth) => {
        if (again) return {};
        return nth === 1 ? {} : nth === 2 ? named("RowsDiffer", "no") : NOTHING;
      }),
    );
    const zombie = world.calls.at(-1);
    again = true;
    world.machine.redrive(NAME);
    zombie?.fail(named("Late", "late"));
    await world.settle();
    expect(segmentsOf(world)).toEqual([0, 1, 2, 1, 2, 3, 4]);
    expect([statusOf(world), world.called("PlanSegments")]).toEqual(["SUCCEEDED", 1]);
  });

  test("run up to the same concurrency after a redrive", async () => {
    const world = await started(except("StageSegment", () => NOTHING));
    world.machine.stop(NAME);
    world.machine.redrive(NAME);
    await world.settle();
    expect(segmentsOf(world)).toEqual([0, 1, 0, 1]);
  });

  test.each(["stopped", "timed out"])("stop with the execution when it is %s", async (how) => {
    const world = await started(
      except("StageSegment", (nth) => (nth === 1 ? named("SlowDown", "busy") : NOTHING)),
      { ...definition, TimeoutSeconds: 1 },
    );
    if (how === "stopped") world.machine.stop(NAME);
    else await world.pass(1000);
    const zombie = world.calls.at(-1);
    expect([statusOf(world), world.waiting()]).toEqual([how === "stopped" ? "ABORTED" : "TIMED_OUT", []]);
    zombie?.answer({});
    await world.pass(DAY);
    expect([segmentsOf(world), world.told.length]).toEqual([[0, 1], 2]);
    world.machine.redrive(NAME);
    expect(segmentsOf(world)).toEqual([0, 1, 0, 1]);
  });

  test("are not started after one that has failed without a call", async () => {
    const selected = { ItemSelector: { "a.$": "$$.Map.Item.Value" }, MaxConcurrency: 3 };
    const M = map("Child", selected, { Parameters: { "b.$": "$.a.b" } });
    const world = await ended(states({ M }), () => NOTHING, { items: [{ b: 1 }, { c: 1 }, { b: 2 }] });
    expect([world.calls.map(({ input }) => input), world.waiting()]).toEqual([[{ b: 1 }], []]);
    expect(world.told).toHaveLength(2);
  });

  test("may all end without a call", async () => {
    const child = { StartAt: "S", States: { S: { Type: "Succeed" } } };
    const ItemProcessor = {
      ...child,
      ProcessorConfig: map("S").ItemProcessor?.ProcessorConfig,
    } as Definition;
    for (const MaxConcurrency of [1, 2, 3]) {
      const M = { ...map("S"), ItemProcessor, MaxConcurrency, ResultPath: "$.all" };
      const world = await ended(states({ M, X: task("X") }), () => "r", { items: [1, 2, 3], batch: 4 });
      expect(world.calls.map(({ input }) => (input as { all: unknown }).all)).toEqual([
        [1, 2, 3].map((item) => ({ item, batch: 4 })),
      ]);
      expect([statusOf(world), world.told.length]).toEqual(["SUCCEEDED", 2]);
    }
  });

  test("that wait for a retry when another fails are not called again", async () => {
    const world = await started(
      except("StageSegment", (nth) => (nth === 1 ? named("SlowDown", "busy") : NOTHING)),
    );
    await world.pass(1000);
    world.calls.at(-1)?.fail(named("RowsDiffer", "no"));
    await world.pass(DAY);
    expect([segmentsOf(world), statusOf(world)]).toEqual([[0, 1], "FAILED"]);
  });

  test("go on after a redrive at the state of theirs that failed", async () => {
    const child = states(
      { One: task("One", { ResultPath: "$.one" }), Two: task("Two") },
      { TimeoutSeconds: undefined },
    );
    const { TimeoutSeconds: _, ...processor } = child;
    const ItemProcessor = {
      ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
      ...processor,
    };
    const of = states({ M: { ...map("One"), ItemProcessor, ResultPath: "$.all", MaxConcurrency: 1 } });
    const world = await ended(
      of,
      (name, _input, nth) => (name === "Two" && nth === 2 ? named("E", "x") : { [name]: nth }),
      { items: ["a", "b", "c"], batch: 1 },
    );
    world.machine.redrive(NAME);
    await world.settle();
    expect(world.calls.map(({ task }) => task).join(" ")).toBe("One Two One Two Two One Two");
    expect(world.calls[4]?.input).toEqual({ item: "b", batch: 1, one: { One: 2 } });
    expect(world.machine.output(NAME)).toEqual({
      items: ["a", "b", "c"],
      batch: 1,
      all: [{ Two: 1 }, { Two: 3 }, { Two: 4 }],
    });
  });

  test("all run again after a redrive if their results were too much together", async () => {
    const long = "x".repeat(100_000);
    const world = await ended(
      states({ M: map("Child") }),
      (_task, _input, nth) => (nth <= 3 ? long : "short"),
      { items: [1, 2, 3], batch: 1 },
    );
    expect([errorOf(world), world.calls.length]).toEqual(["States.DataLimitExceeded", 3]);
    world.machine.redrive(NAME);
    await world.settle();
    expect([statusOf(world), world.calls.length]).toEqual(["SUCCEEDED", 6]);
  });

  test("fail the map with its own error whatever theirs is", async () => {
    const world = await ended(states({ M: map("Child") }), () => "x".repeat(262_145), {
      items: [1],
      batch: 1,
    });
    expect(errorOf(world)).toBe("States.ExceedToleratedFailureThreshold");
  });

  test("are as many at once as there are where the concurrency is 0 or not given", async () => {
    for (const MaxConcurrency of [0, undefined]) {
      const { MaxConcurrency: _, ...of } = map("Child");
      const M = { ...of, ...(MaxConcurrency !== undefined && { MaxConcurrency }) };
      const world = await ended(states({ M }), () => NOTHING, { items: [1, 2, 3, 4], batch: 1 });
      expect(world.calls).toHaveLength(4);
    }
  });

  test.each([
    [{ items: "none", batch: 1 }, {}],
    [{ batch: 1 }, {}],
    [{ items: [1], batch: 1, most: -1 }, { MaxConcurrencyPath: "$.most" }],
    [{ items: [1], batch: 1, most: "2" }, { MaxConcurrencyPath: "$.most" }],
    [{ items: [1], batch: 1 }, { MaxConcurrencyPath: "$.most" }],
  ])("do not start where the map cannot use its input: %j", async (input, more) => {
    const world = await ended(states({ M: map("Child", more) }), () => ({}), input);
    expect([errorOf(world), world.calls.length]).toEqual(["States.Runtime", 0]);
  });

  test("get each its item as it stands where there is no ItemSelector", async () => {
    const { ItemSelector: _, ...of } = map("Child");
    const world = await ended(states({ M: of }), () => ({}), { items: [{ a: 1 }, 2] });
    expect(world.calls.map(({ input }) => input)).toEqual([{ a: 1 }, 2]);
  });
});

describe("stopping", () => {
  test("makes an execution ABORTED at once, its calls zombies, and leaves it to be redriven", async () => {
    const world = await started(except("Reconcile", (nth) => (nth === 1 ? NOTHING : {})));
    await world.pass(100);
    world.machine.stop(NAME);
    expect([statusOf(world), errorOf(world), world.waiting()]).toEqual(["ABORTED", undefined, []]);
    world.calls.at(-1)?.answer({});
    await world.settle();
    expect(world.called("SubmitBankFile")).toBe(0);
    world.machine.redrive(NAME);
    await world.settle();
    expect([statusOf(world), world.called("Reconcile"), world.called("PlanSegments")]).toEqual([
      "SUCCEEDED",
      2,
      1,
    ]);
    expect(world.told).toEqual([
      "b-01 RUNNING 0 0",
      "b-01 ABORTED 0 100",
      "b-01 RUNNING 1 100",
      "b-01 SUCCEEDED 1 100",
    ]);
  });

  test("does nothing to an execution that has ended, and is refused for one that nobody knows", async () => {
    const world = await started(well);
    world.machine.stop(NAME);
    expect([statusOf(world), world.told.length]).toEqual(["SUCCEEDED", 2]);
    expect(refused(() => world.machine.stop("other"))).toBe("ExecutionDoesNotExist");
  });

  test("before the first state: nothing is called", async () => {
    const world = new MachineWorld(definition, well);
    const { changed } = world;
    world.changed = (execution) => {
      changed.call(world, execution);
      if (execution.status === "RUNNING") world.machine.stop(NAME);
    };
    world.machine.start(NAME, JSON.stringify(INPUT), "r1");
    expect([statusOf(world), world.calls.length, world.waiting()]).toEqual(["ABORTED", 0, []]);
  });
});

describe("names", () => {
  const start = (world: MachineWorld, input: object = INPUT) =>
    world.machine.start(NAME, JSON.stringify(input), "r1");

  test("a second start of a running execution is the first one if its input is the same, and refused if not", async () => {
    const world = await started(except("Reconcile", () => NOTHING));
    const calls = world.calls.length;
    expect(start(world)).toBe("started");
    expect(start(world, { ...INPUT, more: 1 })).toBe("exists");
    expect([world.calls.length, world.told.length, world.waiting().length]).toEqual([calls, 1, 2]);
  });

  test("are taken for good by an execution that has ended, with the same input too", async () => {
    const world = await started(well);
    expect(start(world)).toBe("exists");
    expect([world.told.length, statusOf(world)]).toEqual([2, "SUCCEEDED"]);
  });

  test("are free again once they are forgotten, and a late answer does not reach the new execution", async () => {
    const world = await started(except("AcquireLock", () => NOTHING));
    expect(() => world.machine.forget(NAME)).toThrow("is running");
    world.machine.stop(NAME);
    world.machine.forget(NAME);
    expect([world.machine.describe(NAME), world.machine.names()]).toEqual([undefined, []]);
    expect(start(world)).toBe("started");
    world.calls[0]?.answer({ outcome: "ALREADY_CLOSED" });
    await world.settle();
    expect([statusOf(world), world.machine.names()]).toEqual(["RUNNING", [NAME]]);
  });

  test("and inputs that Step Functions does not take are refused", () => {
    const world = new MachineWorld(definition, well);
    const error = (name: string, input: string) => refused(() => world.machine.start(name, input, "r1"));
    expect(error("a b", "{}")).toBe("InvalidName");
    expect(error("x".repeat(81), "{}")).toBe("InvalidName");
    expect(error("a", "{")).toBe("InvalidExecutionInput");
    expect(error("a", JSON.stringify("x".repeat(262_143)))).toBe("InvalidExecutionInput");
    expect(error("a", JSON.stringify("x".repeat(200_000)))).toBe(undefined);
  });
});

describe("data", () => {
  test("cross to functions and back as copies", async () => {
    const answer = { outcome: "ACQUIRED", fence: 7 };
    const world = await started((name, input, nth) => {
      Object.assign(input as object, { batchId: "spoilt" });
      if (name === "PlanSegments") answer.fence = 99;
      return name === "AcquireLock" ? answer : well(name, input, nth);
    });
    const { length } = world.calls;
    expect(length).toBe(11);
    expect(world.machine.output(NAME)).toMatchObject({ ...INPUT, lock: { fence: 7 } });
  });

  test("of the context object are those of the execution and of the state", async () => {
    const Parameters = {
      "id.$": "$$.Execution.Id",
      "name.$": "$$.Execution.Name",
      "input.$": "$$.Execution.Input",
      "start.$": "$$.Execution.StartTime",
      "redrives.$": "$$.Execution.RedriveCount",
      "entered.$": "$$.State.EnteredTime",
      "retry.$": "$$.State.RetryCount",
      "state.$": "$$.State.Name",
      fixed: [1, { "deep.$": "$.a.b" }],
    };
    const world = await ended(states({ X: task("X", { Parameters }) }), () => named("E", "x"), {
      a: { b: [2] },
    });
    await world.pass(5);
    world.machine.redrive(NAME);
    expect(world.calls[1]?.input).toEqual({
      id: "arn:aws:states:ap-southeast-2:000000000000:execution:billing-batch:b-01",
      name: NAME,
      input: { a: { b: [2] } },
      start: new Date(START).toISOString(),
      redrives: 1,
      entered: new Date(START + 60_005).toISOString(),
      retry: 0,
      state: "X",
      fixed: [1, { deep: [2] }],
    });
    expect(world.calls[0]?.input).toMatchObject({ redrives: 0 });
  });

  test.each([
    [{}, "r"],
    [{ ResultPath: "$" }, "r"],
    [{ ResultPath: null }, { a: { b: 1 } }],
    [{ ResultPath: "$.a" }, { a: "r" }],
    [{ ResultPath: "$.a.c" }, { a: { b: 1, c: "r" } }],
    [{ ResultPath: "$.x.y" }, { a: { b: 1 }, x: { y: "r" } }],
    [{ ResultPath: "$.x", OutputPath: "$.a" }, { b: 1 }],
    [{ OutputPath: null }, {}],
  ])("come out of a task as its %j say", async (paths, output) => {
    const world = await ended(states({ X: task("X", paths) }), () => "r", { a: { b: 1 } });
    expect(world.machine.output(NAME)).toEqual(output);
  });

  test.each([
    [{ Parameters: { "a.$": "$.none" } }, "States.Runtime"],
    [{ Parameters: { "a.$": "$.a.constructor" } }, "States.Runtime"],
    [{ OutputPath: "$.none" }, "States.Runtime"],
    [{ ResultPath: "$.a.b.c" }, "States.ResultPathMatchFailure"],
  ])("fail a task where its %j find nothing", async (paths, error) => {
    const world = await ended(states({ X: task("X", paths) }), () => "r", { a: { b: 1 } });
    expect([statusOf(world), errorOf(world)]).toEqual(["FAILED", error]);
  });

  test("that a state is given may be 262,144 bytes of UTF-8 and no more", async () => {
    const Parameters = { "a.$": "$.a", "b.$": "$.a" };
    const of = states({ X: task("X", { Parameters, ResultPath: null }) });
    const bytes = (262_144 - JSON.stringify({ a: "", b: "" }).length) / 2;
    const fits = await ended(of, () => 1, { a: "x".repeat(bytes) });
    expect(statusOf(fits)).toBe("SUCCEEDED");
    const not = await ended(of, () => 1, { a: `${"x".repeat(bytes - 1)}é` });
    expect([errorOf(not), not.calls.length]).toEqual(["States.DataLimitExceeded", 0]);
  });

  test.each([10n, () => 1])("that are no JSON fail the task that answers them: %s", async (value) => {
    const world = await ended(states({ X: task("X") }), () => ({ toJSON: () => value }));
    expect([statusOf(world), errorOf(world)]).toEqual(["FAILED", "Runtime.MarshalError"]);
  });

  test("that a state gives may be no more either", async () => {
    const of = states({ X: task("X", { ResultPath: "$.x" }) });
    const world = await ended(of, () => "y".repeat(200_000), { a: "x".repeat(100_000) });
    expect(errorOf(world)).toBe("States.DataLimitExceeded");
  });

  test("decide a choice by equal strings only, and by its default", async () => {
    const rule = { Variable: "$.a", StringEquals: "1", Next: "Yes" };
    const of = (Default?: string) =>
      states({
        C: { Type: "Choice", Choices: [rule], ...(Default !== undefined && { Default }) },
        No: task("No", { End: true }),
        Yes: task("Yes"),
      });
    const way = async (input: object, Default?: string) => {
      const world = await ended(of(Default), () => ({}), input);
      return world.calls[0]?.task ?? errorOf(world);
    };
    expect(await way({ a: "1" }, "No")).toBe("Yes");
    expect(await way({ a: 1 }, "No")).toBe("No");
    expect(await way({ a: "2" })).toBe("States.NoChoiceMatched");
    expect(await way({ b: "1" }, "No")).toBe("States.Runtime");
  });
});

describe("a definition is refused", () => {
  const rule = { Variable: "$.a", StringEquals: "1", Next: "X" };
  const retry = (retrier: object) => states({ X: task("X", { Retry: [retrier] }) });
  const processed = (more: object) => {
    const { ItemProcessor, ...of } = map("C");
    return states({ M: { ...of, ItemProcessor: { ...ItemProcessor, ...more } as Definition } });
  };
  const small: Record<string, [RegExp, Definition]> = {
    "with Catch": [
      /know Catch of/,
      states({ X: task("X", { Catch: [{ ErrorEquals: ["States.ALL"], Next: "X" }] }) }),
    ],
    "with ResultSelector": [/know ResultSelector of/, states({ X: task("X", { ResultSelector: {} }) })],
    "with InputPath": [/know InputPath of/, states({ X: task("X", { InputPath: "$.a" }) })],
    "with HeartbeatSeconds": [
      /ignores HeartbeatSeconds of/,
      states({ X: task("X", { HeartbeatSeconds: 5 }) }),
    ],
    "with JitterStrategy": [/JitterStrategy/, retry({ ErrorEquals: ["E"], JitterStrategy: "FULL" })],
    "with States.ALL among others": [/stands alone/, retry({ ErrorEquals: ["E", "States.ALL"] })],
    "with States.ALL before others": [
      /stands alone/,
      states({ X: task("X", { Retry: [{ ErrorEquals: ["States.ALL"] }, { ErrorEquals: ["E"] }] }) }),
    ],
    "with a Pass state": [/type of the state P/, states({ P: { Type: "Pass" } })],
    "with a Parallel state": [/type of the state P/, states({ P: { Type: "Parallel" } })],
    "with an index in a path": [
      /path "\$\.a\[0\]"/,
      states({ X: task("X", { Parameters: { "a.$": "$.a[0]" } }) }),
    ],
    "with an intrinsic function": [
      /path "States/,
      states({ X: task("X", { Parameters: { "a.$": "States.UUID()" } }) }),
    ],
    "with a context path that AWS has not": [
      /asks for \$\$\.Execution\.Age/,
      states({ X: task("X", { Parameters: { "a.$": "$$.Execution.Age" } }) }),
    ],
    "with a ResultPath into a list": [/the ResultPath/, states({ X: task("X", { ResultPath: "$.a[0]" }) })],
    "with another rule of a choice": [
      /know NumericEquals of/,
      states({
        C: { Type: "Choice", Choices: [{ Variable: "$.a", NumericEquals: 1, Next: "X" }] },
        X: task("X"),
      }),
    ],
    "with a rule of a choice that asks nothing": [
      /no rule of a choice but StringEquals/,
      states({ C: { Type: "Choice", Choices: [{ Variable: "$.a", Next: "X" }] }, X: task("X") }),
    ],
    "with two rules in one": [
      /know IsPresent of/,
      states({ C: { Type: "Choice", Choices: [{ ...rule, IsPresent: true }] }, X: task("X") }),
    ],
    "with a choice that goes nowhere": [/goes on to X/, states({ C: { Type: "Choice", Choices: [rule] } })],
    "with a default that is not there": [
      /goes on to Y/,
      states({ C: { Type: "Choice", Choices: [], Default: "Y" } }),
    ],
    "with a next state that is not there": [/goes on to Y/, states({ X: task("X", { Next: "Y" }) })],
    "with a first state that is not there": [/goes on to Y/, states({ X: task("X") }, { StartAt: "Y" })],
    "with a task without a time-out": [
      /task X has no TimeoutSeconds/,
      states({ X: task("X", { TimeoutSeconds: 0 }) }),
    ],
    "without a time-out": [/machine has no TimeoutSeconds/, states({ X: task("X") }, { TimeoutSeconds: 0 })],
    "with an inline map": [/Standard executions/, processed({ ProcessorConfig: { Mode: "INLINE" } })],
    "with an express map": [
      /Standard executions/,
      processed({ ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "EXPRESS" } }),
    ],
    "with a time-out of children": [
      /know TimeoutSeconds of the item processor/,
      processed({ TimeoutSeconds: 9 }),
    ],
    "with a tolerance for failures": [
      /ignores ToleratedFailurePercentage/,
      states({ M: map("C", { ToleratedFailurePercentage: 10 }) }),
    ],
    "with retries of a map": [/Retry or Catch/, states({ M: map("C", { Retry: [{ ErrorEquals: ["E"] }] }) })],
    "with the context object in a child": [
      /asks for \$\$\.Execution/,
      states({ M: map("C", {}, { Parameters: { "a.$": "$$.Execution.Name" } }) }),
    ],
  };

  test.each(Object.entries(small))("%s", (_name, [reason, of]) => {
    const world = new MachineWorld(of, well);
    expect(() => world.machine.start(NAME, "{}", "r1")).toThrow(reason);
    expect([world.machine.names(), world.told]).toEqual([[], []]);
  });
});
