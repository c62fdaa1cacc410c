import { beforeEach, describe, expect, it } from "vitest";
import { addDays, type CalendarDate, calendarDate } from "../../lambdas/domain/calendar-date.ts";
import type { ClosingItem, StreamItem } from "../../lambdas/domain/records.ts";
import type { Instant, Ledger } from "../../lambdas/ports.ts";
import { watch } from "../../lambdas/watch/watch.ts";
import { batchItem, BILLING_DATE, configuration, dueList, row, stream } from "../builders.ts";
import { intercepted } from "../port-faults.ts";
import { layList, memory, type World, worldOn } from "../world.ts";

let world: World;
beforeEach(() => {
  world = worldOn(memory());
});

/** Sets the clock to a local time of the billing date, or of another day. */
function at(time: string, date: CalendarDate = BILLING_DATE): void {
  world.now = world.clock.instantOf(date, time, world.stream.timeZone);
}

const look = async (over: Parameters<World["ports"]>[0] = {}) =>
  (await watch(world.ports(over))).looks[0]?.missing;

async function close(state: "OPEN" | "CLOSED" | "ABANDONED" = "CLOSED", number = 1): Promise<void> {
  const closing: ClosingItem = {
    stream: world.stream.name,
    billingDate: BILLING_DATE,
    number,
    batchId: world.id(number),
    closedAt: new Date(world.now).toISOString(),
    submitted: { count: 1, cents: 100 },
  };
  await world.ledger.writeBatch(batchItem({ stream: world.stream.name, number, state }), undefined);
  await world.ledger.createClosing(closing);
}

const CLOSING: ClosingItem = {
  stream: "au-cba",
  billingDate: BILLING_DATE,
  number: 1,
  batchId: batchItem().id,
  closedAt: "",
  submitted: { count: 1, cents: 100 },
};

const counts = (name: string) => world.counts.filter(([counted]) => counted === name);

describe("the watch, for the due list of a business day", () => {
  it("says nothing before the schedule's time, and from then on that it is missing", async () => {
    at("06:59");
    expect(await look()).toEqual([]);
    at("07:00");
    expect(await look()).toEqual(["DueListMissing"]);
    expect(counts("DueListMissing")).toEqual([["DueListMissing", world.stream.name]]);
  });

  it("is content with a manifest under any number", async () => {
    await layList(world, dueList([row()]), 7);
    at("07:00");
    expect(await look()).toEqual([]);
  });

  it("is not content with rows that have no manifest, nor with another day's list", async () => {
    await world.overwrite("due", `${world.stream.name}/${BILLING_DATE}/01/due.csv`, Buffer.from("rows"));
    const yesterday = addDays(BILLING_DATE, -1);
    await world.overwrite("due", `${world.stream.name}/${yesterday}/01/manifest.json`, Buffer.from("{}"));
    at("07:00");
    expect(await look()).toEqual(["DueListMissing"]);
  });

  it("does not miss the list of a batch that the ledger knows: somebody has dealt with that day", async () => {
    await world.ledger.writeBatch(batchItem({ stream: world.stream.name }), undefined);
    at("07:00");
    expect(await look()).toEqual([]);
  });
});

describe("the watch, for the batch of a business day", () => {
  beforeEach(async () => {
    await layList(world, dueList([row()]));
  });

  it("says that it is missing from the time by which it is expected", async () => {
    at("14:59");
    expect(await look()).toEqual([]);
    at("15:00");
    expect(await look()).toEqual(["BatchMissing"]);
    expect(counts("BatchMissing")).toEqual([["BatchMissing", world.stream.name]]);
  });

  it("is content with one closed batch, whichever its number", async () => {
    await close("ABANDONED", 1);
    await close("CLOSED", 2);
    at("15:00");
    expect(await look()).toEqual([]);
  });

  it("does not take a closing for a closed batch: its record decides, and there may be none", async () => {
    const ledger = { ...world.ledger, readClosings: async () => [CLOSING] };
    at("15:00");
    expect(await look({ ledger })).toEqual(["BatchMissing"]);
    await close("OPEN");
    at("15:00");
    expect(await look()).toEqual(["BatchMissing"]);
  });

  it("is not content with the batch of another day, nor of another stream", async () => {
    const closing = { closedAt: "", submitted: { count: 1, cents: 100 }, number: 1, batchId: world.id() };
    const yesterday = addDays(BILLING_DATE, -1);
    await world.ledger.writeBatch(batchItem({ stream: world.stream.name, state: "CLOSED" }), undefined);
    await world.ledger.createClosing({ ...closing, stream: world.stream.name, billingDate: yesterday });
    await world.ledger.createClosing({ ...closing, stream: "another", billingDate: BILLING_DATE });
    at("15:00");
    expect(await look()).toEqual(["BatchMissing"]);
  });

  it("goes on saying it to the end of the day, its last minutes included, and then looks at the next day", async () => {
    at("23:59");
    expect(await look()).toEqual(["BatchMissing"]);
    const tomorrow = addDays(BILLING_DATE, 1);
    at("00:19", tomorrow);
    expect(await look()).toEqual(["BatchMissing"]);
    at("00:20", tomorrow);
    expect(await look()).toEqual([]);
  });
});

describe("the watch, for a day without a batch,", () => {
  it("misses nothing: a holiday, a weekend, a day that is not the schedule's", async () => {
    for (const date of ["2026-10-05", "2026-10-10", "2026-10-11"]) {
      at("23:00", calendarDate(date));
      expect(await look(), date).toEqual([]);
    }
    const mondays = { ...world.stream, schedule: { time: "07:00", weekdays: [1] } };
    at("23:00");
    expect(await look({ configuration: configuration(mondays) })).toEqual([]);
    expect(counts("Watched")).toHaveLength(4);
  });

  it("misses everything on weekdays after the end of the holiday list, since nothing starts there any more", async () => {
    const ended = { ...world.configuration, calendar: { holidays: [], knownUntil: "2026-10-05" } };
    at("23:00");
    expect(await look({ configuration: ended })).toEqual(["DueListMissing", "BatchMissing"]);
    // A Friday, which is a weekday too, and the list's own last day, of which it still tells.
    at("23:00", calendarDate("2026-10-09"));
    expect(await look({ configuration: ended })).toEqual(["DueListMissing", "BatchMissing"]);
    const last = { ...world.configuration, calendar: { holidays: ["2026-10-09"], knownUntil: "2026-10-09" } };
    expect(await look({ configuration: last })).toEqual([]);
    at("23:00");
    const everyDay = { ...world.stream, schedule: { time: "07:00", weekdays: [1, 2, 3, 4, 5, 6, 7] } };
    at("23:00", calendarDate("2026-10-10"));
    const weekend = { ...ended, streams: { [everyDay.name]: everyDay } };
    expect(await look({ configuration: weekend })).toEqual([]);
  });
});

describe("the watch, for a deployment that holds the stream", () => {
  const ID = "deploy-20261006-010000-0badcafe";
  const held = (began: string) => {
    const deploying = { id: ID, at: began, by: "ci", streams: [world.stream.name] };
    const item = { stream: world.stream.name, version: 1, fence: 0, epoch: 1, nonce: "n", deploying };
    return world.ledger.writeStream(item, undefined);
  };
  const deploying = async () => (await watch(world.ports())).looks[0]?.deploying;

  it("says nothing for as long as the longest one takes, and from then on that it is still there", async () => {
    await held("2026-10-06T01:00:00.000Z");
    world.now = Date.parse("2026-10-06T02:00:00.000Z") as Instant;
    expect(await deploying()).toBeUndefined();
    expect(counts("DeploymentLong")).toEqual([]);
    world.now = (world.now + 1) as Instant;
    expect(await deploying()).toBe(ID);
    expect(counts("DeploymentLong")).toEqual([["DeploymentLong", world.stream.name]]);
    expect(world.lines.at(-1)).toMatchObject({
      state: "Watch",
      outcome: "DueListMissing, DeploymentLong",
      deployment: ID,
    });
  });

  it("says it also where nobody can tell since when", async () => {
    await held("this morning");
    at("06:00");
    expect(await deploying()).toBe(ID);
  });

  it("says it every time, and not any more when the deployment has ended", async () => {
    await held("2026-10-05T01:00:00.000Z");
    at("06:00");
    await deploying();
    await deploying();
    expect(counts("DeploymentLong")).toHaveLength(2);
    const { deploying: _, ...free } = (await world.ledger.readStream(world.stream.name)) as StreamItem;
    await world.ledger.writeStream({ ...free, version: 2 }, 1);
    expect(await deploying()).toBeUndefined();
    expect(counts("DeploymentLong")).toHaveLength(2);
  });
});

describe("the watch", () => {
  it("keeps the stream's own day and hours", async () => {
    const perth = { ...world.stream, timeZone: "Australia/Perth" };
    at("08:00"); // in Sydney; it is five in Perth
    expect(await look({ configuration: configuration(perth) })).toEqual([]);
    expect(await look()).toEqual(["DueListMissing"]);
  });

  it("tells each look in one line with a nonce, and counts it", async () => {
    at("15:00");
    await look();
    await layList(world, dueList([row()]));
    await close();
    await look();
    const line = { state: "Watch", stream: world.stream.name, billingDate: BILLING_DATE };
    expect(world.lines).toEqual([
      { ...line, nonce: "nonce-1", outcome: "DueListMissing, BatchMissing" },
      { ...line, nonce: "nonce-2", outcome: "nothing is missing" },
    ]);
    expect(counts("Watched")).toHaveLength(2);
  });

  it("looks at the other streams where it cannot look at one, announces that, and throws it at the end", async () => {
    const three = configuration(...["au-one", "au-bad", "au-two"].map((name) => stream({ name })));
    const fault = Object.assign(new Error("slow down"), { name: "ThrottlingException" });
    const objects = intercepted(world.objects, (call) =>
      String(call.args[1]).startsWith("au-bad/") ? Promise.reject(fault) : call.reach(),
    );
    at("08:00");
    const ports = world.ports({ objects, configuration: three });
    await expect(watch(ports)).rejects.toBe(fault);
    expect(world.counts).toEqual([
      ["DueListMissing", "au-one"],
      ["Watched", "au-one"],
      ["StepFailed", "au-bad"],
      ["DueListMissing", "au-two"],
      ["Watched", "au-two"],
    ]);
    expect(world.lines[1]).toEqual({
      state: "Watch",
      stream: "au-bad",
      nonce: "nonce-1",
      outcome: "ThrottlingException",
    });
  });

  it("writes nothing", async () => {
    const calls: string[] = [];
    const heard = <T extends object>(port: T) =>
      intercepted(port, (call) => {
        calls.push(call.method);
        return call.reach();
      });
    await layList(world, dueList([row()]));
    await close();
    at("23:00");
    await look({ ledger: heard<Ledger>(world.ledger), objects: heard(world.objects) });
    expect([...new Set(calls)].sort()).toEqual(["list", "readBatch", "readClosings", "readStream"]);
  });

  it("looks at every stream of the configuration", async () => {
    at("06:00");
    const two = configuration(stream({ name: "au-one" }), stream({ name: "au-two" }));
    const { looks } = await watch(world.ports({ configuration: two }));
    expect(looks).toEqual([
      { stream: "au-one", billingDate: BILLING_DATE, missing: [] },
      { stream: "au-two", billingDate: BILLING_DATE, missing: [] },
    ]);
  });
});

it("a day that begins at another instant than the clock's own midnight is the stream's day", async () => {
  // Ten in the evening of the fifth in UTC is nine in the morning of the sixth in Sydney.
  world.now = Date.parse("2026-10-05T22:00:00Z") as Instant;
  expect(await look()).toEqual(["DueListMissing"]);
});
