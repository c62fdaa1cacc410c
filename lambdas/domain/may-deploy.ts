import type { Deploying } from "./records.ts";

/** The one decision whether the app may be changed now: asked by CI, by CloudFormation's hook and by `begin`. */

/** In minutes: what a deployment may take. It begins only where nothing stands against it for that long. */
export const LONGEST_DEPLOYMENT_MINUTES = 60;

/** In seconds: how long Lambda lets a call of DeployGate run. */
export const DEPLOY_GATE_SECONDS = 60;

/** A deployment's id, which is the name of its change sets too. */
export const DEPLOYMENT_ID = /^deploy-\d{8}-\d{6}-[0-9a-f]{8}$/;

export type DeployRefusal =
  | "CalendarClosed"
  | "CalendarUnreadable"
  | "LedgerUnreadable"
  | "BatchOpen"
  | "BatchDue"
  | "DeployInProgress"
  | "OverrideInvalid";

/** Why not, by code and in words. */
export interface DeployReason {
  readonly code: DeployRefusal;
  readonly text: string;
  /** ISO 8601: when it will be otherwise, where that is known. */
  readonly until?: string;
}

export interface DeployDecision {
  readonly allowed: boolean;
  /** Nothing is there that could start a batch, so that neither calendar nor schedules are asked. */
  readonly firstDeployment: boolean;
  readonly reasons: readonly DeployReason[];
  /**
   * ISO 8601: from when calendar and schedules leave a deployment its whole time; null where they do so now, or where
   * that cannot be told. Batches that are open and other deployments end when they end.
   */
  readonly nextOpening: string | null;
  /** The valid override that was named. */
  readonly overrideId?: string;
}

/** What could not be read, by the name of the error. */
export interface Unreadable {
  readonly unreadable: string;
}

/** Instants in epoch milliseconds. */
export interface CalendarSpan {
  readonly state: "OPEN" | "CLOSED";
  readonly from: number;
  /** Absent: for ever. */
  readonly until?: number;
}

/** What stands in one stream's item. */
export interface StreamFacts {
  readonly stream: string;
  readonly fence: number;
  /** The batch that holds the lock and is neither closed nor abandoned. */
  readonly batch?: {
    readonly id: string;
    /** Of its newest execution; "unknown" also where nobody could be asked. */
    readonly execution: "running" | "ended" | "unknown";
  };
  readonly deploying?: Deploying;
}

/** A start of a stream by its schedule whose batch is not over. Instants in epoch milliseconds. */
export interface DueStart {
  readonly stream: string;
  readonly batchId: string;
  readonly at: number;
  /** From when the starter would refuse it. */
  readonly until: number;
}

export interface DeployFacts {
  /** Epoch milliseconds. */
  readonly now: number;
  /** What the calendar says from now on, one span after the other; what lies after the last one is not known. */
  readonly calendar: readonly CalendarSpan[] | Unreadable;
  readonly streams: readonly StreamFacts[] | Unreadable;
  readonly starts: readonly DueStart[];
  /** The override that was named. */
  readonly override?: { readonly id: string; readonly invalid?: string };
  /** Whether the billing stack can be told to be absent, as {@link isAbsent} says. */
  readonly billing: "absent" | "present" | "unknown";
  /** The deployment that asks, where it has an id: what it holds itself does not stand against it. */
  readonly deployment?: string;
}

const LONGEST_MS = LONGEST_DEPLOYMENT_MINUTES * 60_000;

/**
 * Whether a stack of that status has nothing that could start a batch: it never was, is only a change set, has been
 * rolled back whole, or is deleted. One that is still being rolled back, or could not be, may have its schedules.
 * @param status in CloudFormation's words; undefined where there is no such stack
 */
export function isAbsent(status: string | undefined): boolean {
  return (
    status === undefined ||
    status === "REVIEW_IN_PROGRESS" ||
    status === "ROLLBACK_COMPLETE" ||
    status === "DELETE_COMPLETE"
  );
}

/**
 * Whether this deployment holds every stream that it takes, and has nothing beside it on streams that it does not take,
 * because it is the one that brings them.
 */
export function isHeldWhole(streams: readonly StreamFacts[], deployment: string): boolean {
  const mine = new Map(
    streams
      .filter(({ deploying }) => deploying?.id === deployment)
      .map(({ stream, deploying }) => [stream, deploying?.streams]),
  );
  const [taken] = mine.values();
  const others = streams.filter(({ stream }) => !mine.has(stream));
  return (
    taken !== undefined &&
    taken.every((stream) => mine.has(stream)) &&
    others.every(({ batch, deploying }) => batch === undefined && deploying === undefined)
  );
}

/** Whether a deployment may begin. */
export function mayDeploy(facts: DeployFacts): DeployDecision {
  const { now, streams, override, billing } = facts;
  const valid = override !== undefined && override.invalid === undefined;
  const open = isUnreadable(streams) ? undefined : streams.filter(({ batch }) => batch !== undefined);
  const firstDeployment = billing === "absent" && open?.length === 0;
  const timed = firstDeployment || valid ? [] : [...closed(facts), ...due(facts)];
  const reasons = [
    ...invalid(facts),
    ...unreadable(facts),
    ...held(facts),
    ...openBatches(facts, valid),
    ...timed,
  ];
  const opening = nextOpening(facts);
  return {
    allowed: reasons.length === 0,
    firstDeployment,
    reasons,
    nextOpening: timed.length === 0 || opening === undefined || opening === now ? null : iso(opening),
    ...(valid && { overrideId: override.id }),
  };
}

export function isUnreadable(found: object): found is Unreadable {
  return "unreadable" in found;
}

function invalid({ override }: DeployFacts): DeployReason[] {
  if (override?.invalid === undefined) return [];
  return [{ code: "OverrideInvalid", text: `the override does not count: ${override.invalid}` }];
}

function unreadable({ streams }: DeployFacts): DeployReason[] {
  if (!isUnreadable(streams)) return [];
  const text = `the ledger cannot be read (${streams.unreadable}), so that nobody knows whether a batch is open`;
  return [{ code: "LedgerUnreadable", text }];
}

/** No override lifts it: two deployments at once would each be the other's rolling update. */
function held({ streams, deployment }: DeployFacts): DeployReason[] {
  if (isUnreadable(streams)) return [];
  const others = new Map<string, string>();
  for (const { stream, deploying } of streams) {
    if (deploying === undefined || deploying.id === deployment || others.has(deploying.id)) continue;
    others.set(deploying.id, `deployment ${deploying.id} has held stream ${stream} since ${deploying.at}`);
  }
  return [...others.values()].map((text) => ({ code: "DeployInProgress", text }));
}

/** An override lets mended code reach a batch that has failed, never one whose execution may be at work. */
function openBatches({ streams }: DeployFacts, overridden: boolean): DeployReason[] {
  if (isUnreadable(streams)) return [];
  return streams.flatMap(({ stream, batch }) => {
    if (batch === undefined || (overridden && batch.execution === "ended")) return [];
    return [
      { code: "BatchOpen", text: `batch ${batch.id} holds stream ${stream}, ${EXECUTION[batch.execution]}` },
    ];
  });
}

const EXECUTION = {
  running: "and its execution is running",
  ended: "and its execution has ended: redrive, continue or abandon it, or deploy under an override",
  unknown: "and it cannot be told whether its execution is running",
} as const;

function closed({ now, calendar }: DeployFacts): DeployReason[] {
  if (isUnreadable(calendar)) {
    return [
      { code: "CalendarUnreadable", text: `the change calendar cannot be read (${calendar.unreadable})` },
    ];
  }
  if (isOpen(calendar, now)) return [];
  const [first] = calendar;
  const text =
    first?.state === "OPEN" && first.until !== undefined
      ? `the change calendar closes at ${iso(first.until)}, and a deployment may take ${LONGEST_DEPLOYMENT_MINUTES} minutes`
      : "the change calendar is closed";
  const again = calendar.find(({ state, from }) => state === "OPEN" && from > now);
  return [{ code: "CalendarClosed", text, ...(again && { until: iso(again.from) }) }];
}

function due(facts: DeployFacts): DeployReason[] {
  return waiting(facts)
    .filter((start) => isDue(start, facts.now))
    .map(({ stream, batchId, at, until }) => ({
      code: "BatchDue",
      text: `batch ${batchId} of stream ${stream} is due at ${iso(at)}`,
      until: iso(until),
    }));
}

/** The starts without those whose batch is open: it is told as that. */
function waiting({ starts, streams }: DeployFacts): readonly DueStart[] {
  if (isUnreadable(streams)) return [];
  return starts.filter(({ batchId }) => !streams.some(({ batch }) => batch?.id === batchId));
}

/** Whether a deployment that began then would meet the start, be it on time or as late as it may come. */
function isDue({ at, until }: DueStart, begin: number): boolean {
  return at <= begin + LONGEST_MS && begin < until;
}

/** Whether the calendar is known to be open from then on for the whole time of a deployment. */
function isOpen(calendar: readonly CalendarSpan[], begin: number): boolean {
  let known = begin;
  for (const { state, from, until = Number.POSITIVE_INFINITY } of calendar) {
    if (until <= known || from > known) continue;
    if (state === "CLOSED") return false;
    known = until;
    if (known >= begin + LONGEST_MS) return true;
  }
  return false;
}

function nextOpening(facts: DeployFacts): number | undefined {
  const { now, calendar } = facts;
  if (isUnreadable(calendar)) return undefined;
  const starts = waiting(facts);
  const candidates = [now, ...calendar.map(({ from }) => from), ...starts.map(({ until }) => until)];
  return candidates
    .filter(
      (begin) => begin >= now && isOpen(calendar, begin) && !starts.some((start) => isDue(start, begin)),
    )
    .sort((a, b) => a - b)[0];
}

function iso(instant: number): string {
  return new Date(instant).toISOString();
}
