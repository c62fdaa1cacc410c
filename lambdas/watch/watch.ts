import { announce } from "../announced.ts";
import { batchId } from "../domain/batch.ts";
import { type BusinessCalendar, type CalendarDate, isBusinessDay, weekday } from "../domain/calendar-date.ts";
import { LONGEST_DEPLOYMENT_MINUTES } from "../domain/may-deploy.ts";
import type { Configuration, Stream } from "../domain/stream.ts";
import { MANIFEST } from "../due-list-identity.ts";
import type { Instant, Ports } from "../ports.ts";

/**
 * In milliseconds: a day that is looked at ends this much after midnight. The looks of the schedule are closer to each
 * other than that, and so the last minutes of a day are looked at too.
 */
export const AFTER_MIDNIGHT_MS = 20 * 60_000;

export type Missing = "DueListMissing" | "BatchMissing";

/** What one look at a stream has found: nothing to say, or what is missing of the billing date, or what stays too long. */
export interface Look {
  readonly stream: string;
  readonly billingDate: CalendarDate;
  readonly missing: readonly Missing[];
  /** The deployment that has held the stream for longer than the longest one takes. */
  readonly deploying?: string;
}

type WatchPorts = Pick<Ports, "ledger" | "objects" | "clock" | "nonce" | "log" | "metrics"> & {
  readonly configuration: Configuration;
};

/**
 * Looks at every stream for what should be there by now and is not, and for a deployment that should be over. What
 * never began announces nothing by itself, and what never ended neither: a start that was not made, a list that
 * nobody delivered or a deployment that was killed fails nowhere. It only reads.
 *
 * A stream that cannot be looked at does not keep the others from it; its error is announced, and thrown at the end.
 */
export async function watch(ports: WatchPorts): Promise<{ readonly looks: readonly Look[] }> {
  const nonce = ports.nonce();
  const looks: Look[] = [];
  const faults: unknown[] = [];
  for (const stream of Object.values(ports.configuration.streams)) {
    try {
      const look = await lookAt(stream, ports);
      const found = [...look.missing, ...(look.deploying === undefined ? [] : ["DeploymentLong" as const])];
      for (const name of found) ports.metrics.count(name, stream.name);
      ports.log.decision({
        state: "Watch",
        stream: stream.name,
        nonce,
        outcome: found.length === 0 ? "nothing is missing" : found.join(", "),
        billingDate: look.billingDate,
        deployment: look.deploying,
      });
      // Last, and only of a look that was made: where the watch is blind, this count is what goes missing.
      ports.metrics.count("Watched", stream.name);
      looks.push(look);
    } catch (error) {
      announce(ports, { state: "Watch", stream: stream.name, nonce }, error);
      faults.push(error);
    }
  }
  if (faults.length > 0) throw faults[0];
  return { looks };
}

async function lookAt(stream: Stream, ports: WatchPorts): Promise<Look> {
  const now = ports.clock.now();
  const billingDate = ports.clock.dateAt((now - AFTER_MIDNIGHT_MS) as Instant, stream.timeZone);
  const missing: Missing[] = [];
  const isPast = (time: string) => now >= ports.clock.instantOf(billingDate, time, stream.timeZone);
  if (isExpected(stream, ports.configuration.calendar, billingDate)) {
    if (isPast(stream.schedule.time) && !(await hasList(stream, billingDate, ports))) {
      missing.push("DueListMissing");
    }
    if (isPast(stream.expectedBy) && !(await hasClosed(stream, billingDate, ports))) {
      missing.push("BatchMissing");
    }
  }
  const deploying = await heldTooLong(stream, now, ports);
  return { stream: stream.name, billingDate, missing, ...(deploying !== undefined && { deploying }) };
}

/**
 * The deployment that has held the stream for longer than the longest one takes. Its end was lost with whoever was to
 * say it, and time alone never frees a stream; until a person does, no batch acquires its lock.
 */
async function heldTooLong({ name }: Stream, now: Instant, ports: WatchPorts): Promise<string | undefined> {
  const { deploying } = (await ports.ledger.readStream(name)) ?? {};
  if (deploying === undefined) return undefined;
  // An instant that cannot be read is not within anything.
  const isWithin = now - Date.parse(deploying.at) <= LONGEST_DEPLOYMENT_MINUTES * 60_000;
  return isWithin ? undefined : deploying.id;
}

/**
 * Whether that day has a batch. Past the end of the holiday list every weekday has: the starter starts nothing any
 * more, and the one who forgot to renew the list must hear of it.
 */
function isExpected({ schedule }: Stream, calendar: BusinessCalendar, date: CalendarDate): boolean {
  if (!schedule.weekdays.includes(weekday(date))) return false;
  return date > calendar.knownUntil ? weekday(date) <= 5 : isBusinessDay(date, calendar);
}

/** Whether a list lies ready, under any number, or the ledger knows the day's first batch and so has had one. */
async function hasList({ name }: Stream, date: CalendarDate, ports: WatchPorts): Promise<boolean> {
  const keys = await ports.objects.list("due", `${name}/${date}/`);
  if (keys.some((key) => key.endsWith(`/${MANIFEST}`))) return true;
  return (await ports.ledger.readBatch(batchId(name, date, 1))) !== undefined;
}

/** Whether a batch of that day is closed. Its closing is put before its record says so, and the record decides. */
async function hasClosed({ name }: Stream, date: CalendarDate, ports: WatchPorts): Promise<boolean> {
  for (const closing of await ports.ledger.readClosings(name, date, date)) {
    if ((await ports.ledger.readBatch(closing.batchId))?.state === "CLOSED") return true;
  }
  return false;
}
