import { batchId } from "./domain/batch.ts";
import { addDays, type CalendarDate, isBusinessDay, weekday } from "./domain/calendar-date.ts";
import { executionName, TrailOfExecutions, numberOf } from "./domain/execution-name.ts";
import {
  type CalendarSpan,
  type DeployFacts,
  type DueStart,
  isAbsent,
  isUnreadable,
  LONGEST_DEPLOYMENT_MINUTES,
  type StreamFacts,
  type Unreadable,
} from "./domain/may-deploy.ts";
import { overrideOf } from "./domain/override.ts";
import type { BatchItem } from "./domain/records.ts";
import type { Configuration, Stream } from "./domain/stream.ts";
import { newestExecution } from "./newest-execution.ts";
import type { ChangeCalendar, Execution, Executions, Instant, Ledger, Ports, Stacks } from "./ports.ts";
import { sha256OfText } from "./proposal-hash.ts";

/** What the two functions that judge deployments get. */
export interface DeployPorts extends Pick<Ports, "ledger" | "clock" | "nonce" | "log" | "metrics"> {
  readonly configuration: Configuration;
  readonly executions: Pick<Executions, "describe">;
  readonly changeCalendar: ChangeCalendar;
  readonly stacks: Stacks;
  /** The billing stack's name. */
  readonly billingStack: string;
  /** Whether the stage's schedules start batches. */
  readonly schedules: boolean;
}

/** Who asks, and what for. */
export interface DeployQuestion {
  /** The deployment's id, once it has one. */
  readonly deployment?: string | undefined;
  /** The override that was named. */
  readonly override?: string | undefined;
  /** What is just being done to the billing stack, where that is what is asked about. */
  readonly billing?: "created" | "deleted" | undefined;
}

const LONGEST_MS = LONGEST_DEPLOYMENT_MINUTES * 60_000;

/** How far ahead the calendar's transitions are followed for the next opening. SSM answers ten questions a second. */
const MOST_SPANS = 6;

/** How many days of schedules are looked at for the next opening. */
const DAYS_AHEAD = 7;

/** All that {@link mayDeploy} judges. What cannot be read is told as such, and never thrown. */
export async function deployFacts(ports: DeployPorts, asked: DeployQuestion = {}): Promise<DeployFacts> {
  const now = ports.clock.now();
  const { deployment, override } = asked;
  const found = await unlessUnreadable(async () => ({
    streams: await streamsNow(ports),
    starts: ports.schedules ? await dueStarts(ports, now) : [],
    ...(override !== undefined && { override: await overrideNow(ports.ledger, override, now) }),
  }));
  return {
    now,
    calendar: await unlessUnreadable(() => calendarFrom(ports.changeCalendar, now)),
    ...("unreadable" in found ? { streams: found, starts: [] } : found),
    billing: await billingStack(ports, asked, "unreadable" in found ? found : found.streams),
    ...(deployment !== undefined && { deployment }),
  };
}

/** The streams as they stand now, and those that a deployment has taken and that are configured no more. */
export function streamFacts(ports: DeployPorts): Promise<readonly StreamFacts[] | Unreadable> {
  return unlessUnreadable(() => streamsNow(ports));
}

/** The names of the configured streams, in order. */
export function streamNames({ streams }: Configuration): string[] {
  return Object.keys(streams).sort();
}

async function streamsNow(ports: DeployPorts): Promise<StreamFacts[]> {
  const configured = streamNames(ports.configuration);
  const facts: StreamFacts[] = [];
  for (const name of configured) facts.push(await streamNow(ports, name));
  const taken = new Set(facts.flatMap(({ deploying }) => deploying?.streams ?? []));
  for (const name of [...taken].filter((one) => !configured.includes(one)).sort()) {
    facts.push(await streamNow(ports, name));
  }
  return facts;
}

async function streamNow(ports: DeployPorts, stream: string): Promise<StreamFacts> {
  const item = await ports.ledger.readStream(stream);
  if (item === undefined) return { stream, fence: 0 };
  const { fence, batch, deploying } = item;
  const isOpen = batch !== undefined && !isOver(await ports.ledger.readBatch(batch.id));
  return {
    stream,
    fence,
    ...(isOpen && { batch: { id: batch.id, execution: await executionOf(ports, batch.id) } }),
    ...(deploying && { deploying }),
  };
}

/** Whether a lock in the name of a batch with this record is free. */
export function isOver(record: BatchItem | undefined): boolean {
  return record?.state === "CLOSED" || record?.state === "ABANDONED";
}

/**
 * Only an answer about the newest execution that the batch has had can say that it has ended, and only where none of the
 * earlier ones runs, which somebody may have driven again past the ledger.
 */
async function executionOf(
  { ledger, executions, clock }: DeployPorts,
  id: string,
): Promise<"running" | "ended" | "unknown"> {
  const trail = new TrailOfExecutions(id, await ledger.readEvents(id));
  try {
    const newest = await newestExecution(executions, id, trail);
    if (newest === undefined) return "unknown";
    const number = numberOf(id, newest.name) as number;
    for (let earlier = 0; earlier < number; earlier += 1) {
      if (isRunning(await executions.describe(executionName(id, earlier)))) return "running";
    }
    if (isRunning(newest)) return "running";
    // One that has acquired the lock and is not shown yet is newer than what is shown.
    return number < trail.used(clock.now()) ? "unknown" : "ended";
  } catch {
    // A second opinion: without it the batch counts as one that may be running.
    return "unknown";
  }
}

function isRunning(execution: Execution | undefined): boolean {
  return execution?.status === "RUNNING" || execution?.status === "PENDING_REDRIVE";
}

/** The starts of the streams from today's on; of those that a deployment would meet now, the ones that are not over. */
async function dueStarts(ports: DeployPorts, now: Instant): Promise<DueStart[]> {
  const starts = Object.values(ports.configuration.streams).flatMap((stream) => startsOf(stream, ports, now));
  const due: DueStart[] = [];
  for (const start of starts) {
    const isNear = start.at <= now + LONGEST_MS;
    if (!isNear || !isOver(await ports.ledger.readBatch(start.batchId))) due.push(start);
  }
  return due;
}

/** What the starter would start, by its own rules: on business days, at most so late, before the cut-off. */
function startsOf(stream: Stream, { configuration, clock }: DeployPorts, now: Instant): DueStart[] {
  const { name, schedule, timeZone, cutOff, maxStartDelayMinutes } = stream;
  const today = clock.dateAt(now, timeZone);
  const starts: DueStart[] = [];
  for (let days = 0; days <= DAYS_AHEAD; days += 1) {
    const date: CalendarDate = addDays(today, days);
    if (!schedule.weekdays.includes(weekday(date)) || !isBusinessDay(date, configuration.calendar)) continue;
    const at = clock.instantOf(date, schedule.time, timeZone);
    // The starter counts whole minutes, so that the last one still passes.
    const latest = at + (maxStartDelayMinutes + 1) * 60_000;
    const until = Math.min(latest, clock.instantOf(date, cutOff, timeZone));
    if (now < until) starts.push({ stream: name, batchId: batchId(name, date, 1), at, until });
  }
  return starts;
}

/** What the calendar says from now on, up to the first span in which a deployment has room. */
async function calendarFrom(calendar: ChangeCalendar, now: Instant): Promise<CalendarSpan[]> {
  const spans: CalendarSpan[] = [];
  let from = now;
  while (spans.length < MOST_SPANS) {
    const { state, until } = await calendar.at(from);
    spans.push({ state, from, ...(until !== undefined && { until }) });
    const hasRoom = until === undefined || (state === "OPEN" && until >= from + LONGEST_MS);
    if (hasRoom || until <= from) break;
    from = until;
  }
  return spans;
}

async function overrideNow(
  ledger: Ledger,
  id: string,
  now: Instant,
): Promise<{ id: string; invalid?: string }> {
  const { proposals, approvals } = await ledger.readOverrides();
  const found = overrideOf(id, proposals, approvals, new Date(now).toISOString(), sha256OfText);
  return "invalid" in found ? { id, invalid: found.invalid } : { id };
}

/**
 * Also absent: the stack that is just being created, and one that is deleted before any batch has ever acquired a lock.
 * So the CDK takes a first creation away that has failed, before it creates the stack again.
 */
async function billingStack(
  { stacks, billingStack }: DeployPorts,
  { billing }: DeployQuestion,
  streams: DeployFacts["streams"],
): Promise<DeployFacts["billing"]> {
  try {
    const status = await stacks.status(billingStack);
    if (isAbsent(status)) return "absent";
    if (billing === "created" && status === "CREATE_IN_PROGRESS") return "absent";
    const isUnused = !isUnreadable(streams) && streams.every(({ fence }) => fence === 0);
    return billing === "deleted" && status === "DELETE_IN_PROGRESS" && isUnused ? "absent" : "present";
  } catch {
    // Only what is known to be absent makes an exception.
    return "unknown";
  }
}

async function unlessUnreadable<T extends object>(read: () => Promise<T>): Promise<T | Unreadable> {
  try {
    return await read();
  } catch (error) {
    return { unreadable: error instanceof Error ? error.name : "an unknown thing was thrown" };
  }
}
