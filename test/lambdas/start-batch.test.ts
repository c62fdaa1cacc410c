import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { stepFunctionsExecutions } from "../../lambdas/adapters/executions.ts";
import { powertoolsOnce } from "../../lambdas/adapters/idempotency.ts";
import { calendarDate } from "../../lambdas/domain/calendar-date.ts";
import { DueListMismatch, DueListMissing, StreamUnknown } from "../../lambdas/domain/faults.ts";
import type { Executions, Instant, Once } from "../../lambdas/ports.ts";
import { refusedStart } from "../../lambdas/start-batch/may-start.ts";
import { startBatch } from "../../lambdas/start-batch/start-batch.ts";
import { dueList, MORNING, row, sha256, stream } from "../builders.ts";
import { type EmbeddedStores, embeddedStores } from "../embedded-stores.ts";
import { answerLost, failing, lost, sdkError } from "../port-faults.ts";
import { ALIAS_ARN, MACHINE_ARN, stateMachine, type StateMachine } from "../state-machine.ts";
import { layList, type World, worldOn } from "../world.ts";

let machine: StateMachine;
let stores: EmbeddedStores;
let executions: Executions;
let once: Once;
beforeAll(async () => {
  machine = await stateMachine();
  stores = await embeddedStores(machine);
  executions = stepFunctionsExecutions(MACHINE_ARN, () => ALIAS_ARN, stores.settings.sfn);
  once = powertoolsOnce(runtime({ IDEMPOTENCY_TABLE: "idempotency" }));
});
afterAll(async () => {
  await stores.close();
  await machine.close();
});

/** Where the starter's own adapter runs; only the variables and DynamoDB matter to it. */
function runtime(env: Readonly<Record<string, string>>): Parameters<typeof powertoolsOnce>[0] {
  const { dynamodb, s3, sfn } = stores.settings;
  const clock = { now: () => MORNING, instantOf: () => MORNING, dateAt: () => calendarDate("2026-10-06") };
  return {
    env,
    dynamodb,
    s3,
    sfn,
    clock,
    nonce: () => "n",
    write: () => {},
    configuration: { streams: {}, calendar: { holidays: [], knownUntil: "" }, epoch: 1 },
  };
}

let world: World;
beforeEach(() => {
  world = worldOn(stores);
});

const SCHEDULED = new Date(MORNING).toISOString();
const MINUTE = 60_000;

type Event = { scheduledTime?: string; number?: number; stream?: string };
const start = (event: Event = {}, over: Partial<Parameters<typeof startBatch>[1]> = {}) =>
  startBatch(
    { stream: world.stream.name, scheduledTime: SCHEDULED, remainingMs: 60_000, ...event },
    { ...world.ports(), executions, once, ...over },
  );

const later = (minutes: number) => {
  world.now = (MORNING + minutes * MINUTE) as Instant;
};

describe("StartBatch", () => {
  it("starts the batch of the billing date under its own name, with what the first state needs", async () => {
    await layList(world, dueList([row()]));
    expect(await start()).toEqual({ outcome: "STARTED", batchId: world.id() });
    await machine.ended(world.id());
    expect(machine.inputs.at(-1)).toEqual({
      batchId: world.id(),
      stream: world.stream.name,
      billingDate: "2026-10-06",
      number: 1,
      list: {
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        count: expect.any(Number),
        mark: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
    expect(world.lines).toEqual([
      {
        state: "StartBatch",
        batchId: world.id(),
        stream: world.stream.name,
        nonce: "nonce-1",
        outcome: "STARTED",
      },
    ]);
  });

  it("takes the billing date from the scheduled time in the stream's zone, not from the clock", async () => {
    await layList(world, dueList([row()]));
    // Eleven in the evening of the day before in UTC, and still Monday in New York.
    expect(await start({ scheduledTime: "2026-10-05T20:00:00Z" })).toMatchObject({ batchId: world.id() });
    const elsewhere = worldOn(stores, { timeZone: "America/New_York" });
    world = elsewhere;
    expect(await start()).toMatchObject({
      outcome: "REFUSED",
      reason: "not-a-business-day",
      message: expect.stringContaining("2026-10-05"),
    });
  });

  it("asks for a start under the batch's id, with all of the list by which one start is told from another", async () => {
    await layList(world, dueList([row()]));
    const asked: unknown[] = [];
    const forgetful: Once = async (key, fingerprint, remainingMs) => {
      asked.push([key, fingerprint, remainingMs]);
      return "ran";
    };
    // Neither started nor found started: what has not run does not exist already.
    expect(await start({}, { once: forgetful })).toMatchObject({ outcome: "STARTED" });
    expect(asked).toEqual([[world.id(), `${sha256(dueList([row()]).csv)} 1 4995`, 60_000]]);
  });

  it("starts nothing twice for the same event, one after the other or at once", async () => {
    await layList(world, dueList([row()]));
    const runs = machine.inputs.length;
    const outcomes = (await Promise.all([start(), start(), start()])).map(({ outcome }) => outcome).sort();
    expect(outcomes).toEqual(["ALREADY_STARTED", "ALREADY_STARTED", "STARTED"]);
    expect(await start()).toEqual({ outcome: "ALREADY_STARTED", batchId: world.id() });
    await machine.ended(world.id());
    expect(machine.inputs.length).toBe(runs + 1);
  });

  it("refuses another list under the number that was started", async () => {
    await layList(world, dueList([row()]));
    await start();
    await layList(world, dueList([row({ amount_cents: "1" })]));
    await expect(start()).rejects.toThrow(DueListMismatch);
  });

  it("refuses another list, with both figures, though its own record is gone", async () => {
    await layList(world, dueList([row({ amount_cents: "700" })]));
    await start();
    await machine.ended(world.id());
    await layList(world, dueList([row({ amount_cents: "1" })]));
    const forgetful: typeof once = async (_key, _fingerprint, _remaining, run) => run().then(() => "ran");
    const told = start({}, { once: forgetful });
    await expect(told).rejects.toThrow(DueListMismatch);
    await expect(told).rejects.toThrow(
      /1 rows, SHA-256 [0-9a-f]{12}…, mark [0-9a-f]{12}…; now there is 1 rows, SHA-256 [0-9a-f]{12}…, mark [0-9a-f]{12}…$/,
    );
  });

  it("refuses the same rows under another total, or a manifest that was mended would be billed by nobody", async () => {
    await layList(world, dueList([row()], { totalCents: 1 }));
    await start();
    await machine.ended(world.id());
    await layList(world, dueList([row()]));
    const forgetful: typeof once = async (_key, _fingerprint, _remaining, run) => run().then(() => "ran");
    await expect(start({}, { once: forgetful })).rejects.toThrow(
      /mark (?<then>[0-9a-f]{12})…; now .* mark (?!\k<then>)[0-9a-f]{12}…$/,
    );
  });

  it("starts nothing twice though its record is gone: the execution's name is taken", async () => {
    await layList(world, dueList([row()]));
    await start();
    await machine.ended(world.id());
    const runs = machine.inputs.length;
    const forgetful: Once = async (_key, _fingerprint, _remaining, run) => {
      await run();
      return "ran";
    };
    expect(await start({}, { once: forgetful })).toEqual({ outcome: "ALREADY_STARTED", batchId: world.id() });
    expect(machine.inputs.length).toBe(runs);
  });

  it("may be repeated after a start that failed, and after one of which the answer was lost", async () => {
    await layList(world, dueList([row()]));
    const runs = machine.inputs.length;
    const error = sdkError("TimeoutError");
    for (const mishap of [lost(error), answerLost(error)]) {
      await expect(start({}, { executions: failing(executions, "start", mishap) })).rejects.toThrow(
        "TimeoutError",
      );
    }
    expect(await start()).toMatchObject({ batchId: world.id() });
    await machine.ended(world.id());
    expect(machine.inputs.length).toBe(runs + 1);
  });

  it("takes the lowest number that has a list, or the one that the event names", async () => {
    // Whatever else lies there has no number.
    for (const key of ["00/manifest.json", "x1/manifest.json", "02/due.csv", "02-manifest.json"]) {
      await world.overwrite("due", `${world.stream.name}/2026-10-06/${key}`, Buffer.from("{}"));
    }
    for (const number of [3, 11]) await layList(world, dueList([row()]), number);
    expect(await start()).toMatchObject({ batchId: world.id(3) });
    expect(await start({ number: 11 })).toMatchObject({ outcome: "STARTED", batchId: world.id(11) });
    await expect(start({ number: 4 })).rejects.toThrow(DueListMissing);
  });

  it("says that there is no list, or one without a manifest, and that a manifest is unreadable", async () => {
    await expect(start()).rejects.toEqual(
      new DueListMissing(`there is no due list under ${world.stream.name}/2026-10-06/ in the due bucket`),
    );
    const folder = `${world.stream.name}/2026-10-06/01/`;
    await world.overwrite("due", `${folder}due.csv`, dueList([row()]).csv);
    await expect(start()).rejects.toThrow(DueListMissing);
    await world.overwrite("due", `${folder}manifest.json`, Buffer.from("no JSON"));
    await expect(start()).rejects.toThrow(DueListMismatch);
  });

  it("refuses a day that is not a business day, or lies past the end of the holiday list", async () => {
    const refusals = [
      ["2026-10-03T20:00:00Z", "2026-10-04 is not a business day"],
      ["2026-10-04T20:00:00Z", "2026-10-05 is not a business day"],
      ["2029-01-01T20:00:00Z", "2029-01-02 lies after the end of the holiday list"],
    ] as const;
    for (const [scheduledTime, message] of refusals) {
      world.now = Date.parse(scheduledTime) as Instant;
      expect(await start({ scheduledTime })).toEqual({
        outcome: "REFUSED",
        reason: "not-a-business-day",
        message,
      });
    }
    expect(world.lines.map(({ outcome }) => outcome)).toEqual(["REFUSED", "REFUSED", "REFUSED"]);
  });

  it("refuses a start that comes too late, to the minute, and one at or past the cut-off", async () => {
    await layList(world, dueList([row()]));
    later(121);
    expect(await start()).toEqual({
      outcome: "REFUSED",
      reason: "too-late",
      message: "the start was due 121 minutes ago, and at most 120 are allowed",
    });
    later(9 * 60);
    expect(await start()).toEqual({
      outcome: "REFUSED",
      reason: "past-cut-off",
      message: `the cut-off of stream ${world.stream.name} on 2026-10-06 was 16:00 Australia/Sydney`,
    });
    later(24 * 60);
    expect(await start()).toMatchObject({ outcome: "REFUSED", reason: "past-cut-off" });
    expect(await executions.describe(world.id())).toBeUndefined();
    later(120);
    expect(await start()).toMatchObject({ outcome: "STARTED" });
  });

  it("refuses a stream that is not configured", async () => {
    await expect(start({ stream: "nobody" })).rejects.toThrow(StreamUnknown);
    await expect(start({ stream: "toString" })).rejects.toThrow(StreamUnknown);
  });
});

describe("whether a batch may start", () => {
  const calendar = { holidays: ["2026-10-05"], knownUntil: "2026-12-31" };
  const limits = stream({ maxStartDelayMinutes: 10 });
  const may = (date: string, now: number) =>
    refusedStart(limits, calendar, calendarDate(date), { now, scheduled: 0, cutOff: 600 * MINUTE })?.reason;

  it("ends with the last minute that is allowed and begins with the schedule, however early", () => {
    expect([-1, 0, 10, 10.99, 11].map((minutes) => may("2026-10-06", minutes * MINUTE))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      "too-late",
    ]);
  });

  it("ends at the cut-off even where the delay would be allowed", () => {
    const wide = { ...limits, maxStartDelayMinutes: 10_000 };
    const times = { scheduled: 0, cutOff: 600 * MINUTE };
    const at = (now: number) =>
      refusedStart(wide, calendar, calendarDate("2026-10-06"), { ...times, now })?.reason;
    expect([at(600 * MINUTE - 1), at(600 * MINUTE)]).toEqual([undefined, "past-cut-off"]);
  });

  it("is no on weekends, holidays and days that the list does not reach", () => {
    expect(["2026-10-03", "2026-10-04", "2026-10-05", "2027-01-04"].map((date) => may(date, 0))).toEqual(
      Array(4).fill("not-a-business-day"),
    );
    expect(may("2026-12-31", 0)).toBeUndefined();
  });

  it("is no on the list's last day for the reason that this day has, and not for the list's end", () => {
    const last = { holidays: ["2026-12-31"], knownUntil: "2026-12-31" };
    const times = { now: 0, scheduled: 0, cutOff: 1 };
    expect(refusedStart(limits, last, calendarDate("2026-12-31"), times)?.message).toBe(
      "2026-12-31 is not a business day",
    );
  });
});

describe("the starter's record", () => {
  it("refuses to work where Powertools is switched off, or has no table", () => {
    const off = { IDEMPOTENCY_TABLE: "idempotency", POWERTOOLS_IDEMPOTENCY_DISABLED: "false" };
    expect(() => powertoolsOnce(runtime(off))).toThrow(/POWERTOOLS_IDEMPOTENCY_DISABLED is set/);
    expect(() => powertoolsOnce(runtime({}))).toThrow(/IDEMPOTENCY_TABLE is not set/);
  });

  it("runs once for a key that succeeded, again for one that failed, and tells keys apart", async () => {
    const ran: string[] = [];
    const run = (key: string, error?: Error) =>
      once(key, "f", 60_000, async () => {
        ran.push(key);
        if (error) throw error;
      });
    await expect(run("key-1", sdkError("TimeoutError"))).rejects.toThrow("TimeoutError");
    expect([await run("key-1"), await run("key-1"), await run("key-2")]).toEqual(["ran", "repeated", "ran"]);
    expect(ran).toEqual(["key-1", "key-1", "key-2"]);
    await expect(once("key-1", "g", 60_000, async () => {})).rejects.toThrow(DueListMismatch);
  });

  it("says that a run is repeated while the first is still under way", async () => {
    let end = () => {};
    let first: ReturnType<Once> | undefined;
    await new Promise<void>((isUnderWay) => {
      first = once("key-3", "f", 60_000, async () => {
        isUnderWay();
        await new Promise<void>((resolve) => {
          end = resolve;
        });
      });
    });
    const second = await once("key-3", "f", 60_000, async () => {});
    end();
    expect([second, await first]).toEqual(["repeated", "ran"]);
  });
});
