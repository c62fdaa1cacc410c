import { describe, expect, it } from "vitest";
import { deployFacts, streamNames } from "../../lambdas/deploy-facts.ts";
import { acquiredAction, continuedAction } from "../../lambdas/domain/execution-name.ts";
import type { BatchStateName } from "../../lambdas/domain/records.ts";
import type { Execution, Instant } from "../../lambdas/ports.ts";
import { AT, batchItem, BILLING_DATE, CUT_OFF, MORNING } from "../builders.ts";
import { failing, lost, sdkError } from "../port-faults.ts";
import { DEPLOYMENT, type DeployWorld, deployWorld, holdOn, lockedBy, STREAMS } from "./deploy-world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const at = (instant: number) => instant as Instant;
const DENIED = lost(sdkError("AccessDeniedException"));

const NAME = "au-cba";
const FIRST = `${NAME}-${BILLING_DATE}-01`;
const only = () => deployWorld({}, [NAME]);
const openOf = async (world: DeployWorld) => {
  const { streams } = await deployFacts(world.ports());
  return (streams as Exclude<typeof streams, { unreadable: string }>)[0]?.batch;
};

describe("the streams", () => {
  it("are told in order of their names, as the ledger has them now", async () => {
    const world = deployWorld();
    lockedBy(world, "au-nab");
    holdOn(world, "au-anz", DEPLOYMENT);
    expect(await deployFacts(world.ports())).toMatchObject({
      streams: [
        { stream: "au-anz", deploying: { id: DEPLOYMENT } },
        { stream: "au-cba", fence: 0 },
        { stream: "au-nab", fence: 1, batch: { id: `au-nab-${BILLING_DATE}-01`, execution: "unknown" } },
      ],
    });
    expect(streamNames(world.ports().configuration)).toEqual(STREAMS);
  });

  it("have an open batch while its record does not say that it is over", async () => {
    for (const [state, isOpen] of [
      ["OPEN", true],
      ["without a record", true],
      ["CLOSED", false],
      ["ABANDONED", false],
    ] as const) {
      const world = only();
      lockedBy(world, NAME, state);
      expect((await openOf(world))?.id, state).toBe(isOpen ? FIRST : undefined);
    }
  });

  it("tell of an execution that it has ended where the newest one has, and never where nobody can say", async () => {
    const says: Record<Execution["status"], string> = {
      RUNNING: "running",
      PENDING_REDRIVE: "running",
      FAILED: "ended",
      TIMED_OUT: "ended",
      ABORTED: "ended",
      SUCCEEDED: "ended",
    };
    for (const [status, expected] of Object.entries(says)) {
      const world = only();
      world.executions.set(lockedBy(world, NAME), status as Execution["status"]);
      expect((await openOf(world))?.execution, status).toBe(expected);
    }
    const unasked = only();
    lockedBy(unasked, NAME);
    expect((await openOf(unasked))?.execution).toBe("unknown");
    const describe = async () => Promise.reject(sdkError("AccessDeniedException"));
    const { streams } = await deployFacts(unasked.ports({ executions: { describe } }));
    expect(streams).toMatchObject([{ batch: { execution: "unknown" } }]);
  });

  it("tell of the newest execution, which is not the one that is shown while it is too young", async () => {
    const world = only();
    const id = lockedBy(world, NAME);
    world.executions.set(id, "FAILED");
    const event = { batchId: id, at: AT, by: `${id}-c1`, nonce: "n" };
    await world.ledger.createEvent({ ...event, action: continuedAction(`${id}-c1`), by: "ann" });
    // Announced, and not started: nothing has acquired the lock.
    expect((await openOf(world))?.execution).toBe("ended");
    await world.ledger.createEvent({ ...event, action: acquiredAction(2), nonce: "m" });
    expect((await openOf(world))?.execution).toBe("unknown");
    world.executions.set(`${id}-c1`, "RUNNING");
    expect((await openOf(world))?.execution).toBe("running");
    world.executions.set(`${id}-c1`, "ABORTED");
    expect((await openOf(world))?.execution).toBe("ended");
    // Somebody has driven the first one again, past the ledger.
    for (const status of ["RUNNING", "PENDING_REDRIVE"] as const) {
      world.executions.set(id, status);
      expect((await openOf(world))?.execution).toBe("running");
    }
  });

  it("include one that is configured no more, while a deployment has taken it", async () => {
    const world = deployWorld({}, ["au-anz"]);
    holdOn(world, "au-anz", DEPLOYMENT, ["au-anz", "au-old"]);
    const { streams } = await deployFacts(world.ports());
    expect(streams).toMatchObject([{ stream: "au-anz" }, { stream: "au-old", fence: 0 }]);
  });
});

describe("what cannot be read", () => {
  it.each([
    ["readStream", {}],
    ["readBatch", {}],
    ["readEvents", {}],
    ["readOverrides", { override: "override.x" }],
  ] as const)("of the ledger is told by the error's name, for all of it: %s", async (method, asked) => {
    const world = only();
    lockedBy(world, NAME);
    const ledger = failing(world.ledger, method, DENIED);
    const facts = await deployFacts(world.ports({ ledger, schedules: true }), asked);
    expect(facts).toMatchObject({ streams: { unreadable: "AccessDeniedException" }, starts: [] });
    expect(facts).not.toHaveProperty("override");
  });

  it("of the calendar is told by the error's name, or as an unknown thing", async () => {
    const world = only();
    world.calendar = async () => Promise.reject(sdkError("ThrottlingException"));
    expect(await deployFacts(world.ports())).toMatchObject({
      calendar: { unreadable: "ThrottlingException" },
    });
    const thrown: unknown = "a text";
    world.calendar = async () => {
      throw thrown;
    };
    expect(await deployFacts(world.ports())).toMatchObject({
      calendar: { unreadable: "an unknown thing was thrown" },
    });
  });

  it("of the billing stack is not taken for absent", async () => {
    const world = only();
    const told = async (billing?: "created" | "deleted") =>
      (await deployFacts(world.ports(), { billing })).billing;
    expect(await told()).toBe("present");
    world.status = undefined;
    expect(await told()).toBe("absent");
    world.status = "CREATE_IN_PROGRESS";
    expect([await told(), await told("deleted"), await told("created")]).toEqual([
      "present",
      "present",
      "absent",
    ]);
    world.status = "UPDATE_IN_PROGRESS";
    expect(await told("created")).toBe("present");
    world.status = "DELETE_IN_PROGRESS";
    expect([await told(), await told("created"), await told("deleted")]).toEqual([
      "present",
      "present",
      "absent",
    ]);
    const readStream = async () => Promise.reject(sdkError("AccessDenied"));
    const ledger = { ...world.ledger, readStream };
    expect((await deployFacts(world.ports({ ledger }), { billing: "deleted" })).billing).toBe("present");
    const status = async () => Promise.reject(sdkError("AccessDenied"));
    expect((await deployFacts(world.ports({ stacks: { status } }), { billing: "created" })).billing).toBe(
      "unknown",
    );
  });
});

describe("the starts that are due", () => {
  const startsAt = async (world: DeployWorld, now: number) => {
    world.now = at(now);
    return (await deployFacts(world.ports({ schedules: true }))).starts;
  };

  it("are those of the schedules, on business days, in the stream's own zone", async () => {
    const world = only();
    const starts = await startsAt(world, MORNING - HOUR);
    // Tuesday to Friday, and Monday and Tuesday of the next week; the Monday before is a holiday.
    expect(starts.map(({ batchId }) => batchId.slice(NAME.length + 1))).toEqual([
      "2026-10-06-01",
      "2026-10-07-01",
      "2026-10-08-01",
      "2026-10-09-01",
      "2026-10-12-01",
      "2026-10-13-01",
    ]);
    expect(starts[0]).toEqual({ stream: NAME, batchId: FIRST, at: MORNING, until: MORNING + 121 * MINUTE });
    world.now = MORNING;
    expect((await deployFacts(world.ports())).starts).toEqual([]);
    const mondays = deployWorld({ schedule: { time: "07:00", weekdays: [1] } }, [NAME]);
    expect((await startsAt(mondays, MORNING)).map(({ at: start }) => start)).toEqual([MORNING + 6 * DAY]);
  });

  it("are due until the starter would refuse them: too late, or past the cut-off", async () => {
    const world = only();
    const late = 121 * MINUTE;
    expect((await startsAt(world, MORNING + late - 1))[0]?.batchId).toBe(FIRST);
    expect((await startsAt(world, MORNING + late))[0]?.batchId).not.toBe(FIRST);
    const patient = deployWorld({ maxStartDelayMinutes: 24 * 60 }, [NAME]);
    expect((await startsAt(patient, CUT_OFF - 1))[0]).toMatchObject({ batchId: FIRST, until: CUT_OFF });
    expect((await startsAt(patient, CUT_OFF))[0]?.batchId).not.toBe(FIRST);
  });

  it("leave out a batch that is over, as far as a deployment would meet it now", async () => {
    for (const [state, isDue] of [
      [undefined, true],
      ["OPEN", true],
      ["CLOSED", false],
      ["ABANDONED", false],
    ] as const satisfies [BatchStateName | undefined, boolean][]) {
      const world = only();
      if (state) world.ledger.putBatch(batchItem({ stream: NAME, state }));
      for (const now of [MORNING - HOUR, MORNING + HOUR]) {
        const [first] = await startsAt(world, now);
        expect(first?.batchId === FIRST, `${state} at ${now}`).toBe(isDue);
      }
    }
    // Nobody is asked about a day that is still to come.
    const world = only();
    const ledger = failing(world.ledger, "readBatch", DENIED);
    world.now = at(MORNING - HOUR - 1);
    expect((await deployFacts(world.ports({ ledger, schedules: true }))).starts).toHaveLength(6);
  });
});

describe("the calendar", () => {
  const HALF = HOUR / 2;
  /** A calendar that changes its state after each of these times, beginning as named. */
  const changing = (first: "OPEN" | "CLOSED", ...after: number[]) => {
    const asked: number[] = [];
    const states = first === "OPEN" ? (["OPEN", "CLOSED"] as const) : (["CLOSED", "OPEN"] as const);
    const answer = async (instant: Instant) => {
      asked.push(instant - MORNING);
      const past = after.filter((time) => MORNING + time <= instant).length;
      const next = after[past];
      const state = states[past % 2] as "OPEN" | "CLOSED";
      return { state, ...(next !== undefined && { until: at(MORNING + next) }) };
    };
    return { answer, asked };
  };
  const spansOf = async (answer: DeployWorld["calendar"]) => {
    const world = only();
    world.calendar = answer;
    return (await deployFacts(world.ports())).calendar;
  };

  it("is asked once where it is open for long enough, or for ever", async () => {
    const long = changing("OPEN", HOUR, 2 * HOUR);
    expect(await spansOf(long.answer)).toEqual([{ state: "OPEN", from: MORNING, until: MORNING + HOUR }]);
    expect(long.asked).toEqual([0]);
    const ever = changing("OPEN");
    expect(await spansOf(ever.answer)).toEqual([{ state: "OPEN", from: MORNING }]);
    const never = changing("CLOSED");
    expect(await spansOf(never.answer)).toEqual([{ state: "CLOSED", from: MORNING }]);
  });

  it("is followed to the first span in which a deployment has room", async () => {
    const { answer, asked } = changing("CLOSED", HOUR, HOUR + HALF, 3 * HOUR);
    expect(await spansOf(answer)).toEqual([
      { state: "CLOSED", from: MORNING, until: MORNING + HOUR },
      { state: "OPEN", from: MORNING + HOUR, until: MORNING + HOUR + HALF },
      { state: "CLOSED", from: MORNING + HOUR + HALF, until: MORNING + 3 * HOUR },
      { state: "OPEN", from: MORNING + 3 * HOUR },
    ]);
    expect(asked).toEqual([0, HOUR, HOUR + HALF, 3 * HOUR]);
  });

  it("is asked six times at most, and not again where it names no later instant", async () => {
    const many = changing("OPEN", ...Array.from({ length: 20 }, (_, n) => (n + 1) * HALF));
    expect(await spansOf(many.answer)).toHaveLength(6);
    expect(many.asked).toHaveLength(6);
    const stuck = async () => ({ state: "CLOSED" as const, until: MORNING });
    expect(await spansOf(stuck)).toEqual([{ state: "CLOSED", from: MORNING, until: MORNING }]);
  });
});
