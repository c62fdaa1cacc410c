import type {
  ApprovalItem,
  BatchItem,
  BatchProposal,
  Claim,
  ClosingItem,
  EventItem,
  FileItem,
  OverrideEventItem,
  OverrideProposal,
  ProposalItem,
  ReturnItem,
  SegmentItem,
  StreamEventItem,
  StreamItem,
  SubmissionItem,
} from "./domain/records.ts";
import type { CalendarDate } from "./domain/calendar-date.ts";
import type { MetricName } from "./domain/metrics.ts";

/**
 * All that a step may touch, and the only things it may await. The same steps run on AWS, in the local run
 * and under simulated faults, so a step has no clock, no environment and no chance of its own.
 */

/** A conditional write found its condition false. The ledger is as it was, unless an earlier try of it landed. */
export class ConditionRefused extends Error {
  override readonly name = "ConditionRefused";
}

/**
 * The ledger. Every read is consistent; every write is one conditional write on one item, and throws
 * {@link ConditionRefused} when the condition is false. Any other error leaves open whether the write landed.
 */
export interface Ledger {
  readStream(stream: string): Promise<StreamItem | undefined>;
  /** Writes `next` if the stored version is still `seen` (undefined: if there is no item). */
  writeStream(next: StreamItem, seen: number | undefined): Promise<void>;

  readBatch(id: string): Promise<BatchItem | undefined>;
  /** As {@link writeStream}, for a batch record. */
  writeBatch(next: BatchItem, seen: number | undefined): Promise<void>;

  readSegment(batchId: string, segment: number): Promise<SegmentItem | undefined>;
  /** All segment records of a batch, in order of their number. */
  readSegments(batchId: string): Promise<SegmentItem[]>;
  /** Put once. */
  createSegment(item: SegmentItem): Promise<void>;

  readFiles(batchId: string): Promise<FileItem[]>;
  /** Put once, when the batch is over. */
  createFile(batchId: string, item: FileItem): Promise<void>;

  readSubmission(batchId: string, file: number): Promise<SubmissionItem | undefined>;
  /** Put once, and never deleted: INTENT or VOID, whichever comes first. */
  createSubmission(item: SubmissionItem): Promise<void>;

  /** A mandate's claims with due dates from `from` to `to`, both included. */
  readClaims(mandateId: string, from: CalendarDate, to: CalendarDate): Promise<Claim[]>;
  /** The claims under exactly these names, any number of them; absent ones are left out. */
  readClaimsNamed(names: readonly Pick<Claim, "mandateId" | "dueDate" | "attempt">[]): Promise<Claim[]>;
  /** Puts the claim if there is none, or if the stored one still is `seen` (same batch and line). */
  writeClaim(claim: Claim, seen: Claim | undefined): Promise<void>;

  readReturns(mandateId: string, dueDate: string, attempt: number): Promise<ReturnItem[]>;

  /** A stream's closed batches with billing dates from `from` to `to`, both included, in order of date and number. */
  readClosings(stream: string, from: CalendarDate, to: CalendarDate): Promise<ClosingItem[]>;
  /** Put once, before the batch's record says CLOSED. */
  createClosing(item: ClosingItem): Promise<void>;

  /** What was proposed for a batch, in order of the proposals' ids. */
  readProposals(batchId: string): Promise<BatchProposal[]>;
  readApprovals(batchId: string): Promise<ApprovalItem[]>;
  /** What was proposed and approved about the stage's deploy blackout, each in order of the proposals' ids. */
  readOverrides(): Promise<{
    readonly proposals: readonly OverrideProposal[];
    readonly approvals: readonly ApprovalItem[];
  }>;
  /** Put once, with the batch that it is about, or with the overrides. */
  createProposal(item: ProposalItem): Promise<void>;
  /** Put once, beside its proposal: the first approval of a proposal stands. */
  createApproval(item: ApprovalItem): Promise<void>;

  readEvents(batchId: string): Promise<EventItem[]>;
  /** Appends to the audit trail. */
  createEvent(item: EventItem): Promise<void>;
  /** A stream's audit trail, oldest line first. */
  readStreamEvents(stream: string): Promise<StreamEventItem[]>;
  /** Appends to a stream's audit trail. */
  createStreamEvent(item: StreamEventItem): Promise<void>;
  /** The audit trail of the stage's overrides, oldest line first. */
  readOverrideEvents(): Promise<OverrideEventItem[]>;
  /** Appends to the audit trail of the stage's overrides. */
  createOverrideEvent(item: OverrideEventItem): Promise<void>;
}

/** The buckets, by what lies in them. */
export type Area = "due" | "work" | "bankFiles" | "outbound" | "reports";

export interface StoredObject {
  readonly bytes: Buffer;
  /** Where the store keeps versions. */
  readonly version?: string;
}

/** An object under that key exists already (S3: 412). */
export class ObjectExists extends Error {
  override readonly name = "ObjectExists";
}

export interface Objects {
  /** The whole object, or the bytes from `from` (included) to `to` (excluded); undefined if there is none. */
  read(
    area: Area,
    key: string,
    options?: { readonly version?: string; readonly from?: number; readonly to?: number },
  ): Promise<StoredObject | undefined>;
  /** Puts an object where there is none, sent once without retries; throws {@link ObjectExists} otherwise. */
  create(area: Area, key: string, bytes: Buffer, contentType: string): Promise<{ readonly version?: string }>;
  /** Every version that lies under exactly this key, delete markers left out, newest first. */
  versions(area: Area, key: string): Promise<{ readonly version?: string }[]>;
  /** The keys under a prefix, sorted. */
  list(area: Area, prefix: string): Promise<string[]>;
}

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number & { readonly __unit: "epoch milliseconds" };

export interface Clock {
  now(): Instant;
  /** The instant at which clocks of that zone show this date and time (`hh:mm`); the later one where there are two. */
  instantOf(date: CalendarDate, time: string, timeZone: string): Instant;
  /** The date that calendars of that zone show at that instant. */
  dateAt(instant: Instant, timeZone: string): CalendarDate;
}

/** A value that nobody else has: one per handler call, made before its first write. */
export type Nonce = () => string;

/**
 * One structured line per decision. Ids, counts and outcomes only: never a row, a name or a bank account. A line is lost
 * before it fails anything.
 */
export interface Log {
  decision(line: {
    readonly state: string;
    readonly batchId?: string;
    readonly stream?: string;
    readonly fence?: number;
    readonly nonce?: string;
    readonly outcome: string;
    readonly [detail: string]: string | number | boolean | undefined;
  }): void;
}

/** Counts of what happened, for people and alarms. A count is lost before it fails anything. */
export interface Metrics {
  /** @param value how many; 1 if not given */
  count(name: MetricName, stream: string, value?: number): void;
}

/** The state machine's executions, by name. */
export interface Executions {
  /** Starts an execution; "exists" when that name is taken. */
  start(name: string, input: object): Promise<"started" | "exists">;
  describe(name: string): Promise<Execution | undefined>;
  /** Starts a failed execution again at the state that failed. */
  redrive(name: string): Promise<void>;
}

export interface Execution {
  readonly name: string;
  readonly status: "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED" | "PENDING_REDRIVE";
  /** The JSON that it was started with. */
  readonly input?: string;
  readonly error?: string;
  readonly cause?: string;
}

/** The calendar that says when deployments may change the app. */
export interface ChangeCalendar {
  /** Its state at that instant, and when that changes; absent where it does not change any more. */
  at(instant: Instant): Promise<{ readonly state: "OPEN" | "CLOSED"; readonly until?: Instant }>;
}

/** The app's stacks. */
export interface Stacks {
  /** A stack's status in CloudFormation's words; undefined where there positively is none of that name. */
  status(name: string): Promise<string | undefined>;
}

/**
 * Runs something once per key as long as it succeeds: economy, not a guard, so `run` must be harmless to repeat.
 * "repeated" if it ran before, or if another call seems to be at it, when it is run all the same. The same key with
 * another fingerprint is a DueListMismatch.
 */
export type Once = (
  key: string,
  fingerprint: string,
  remainingMs: number,
  run: () => Promise<void>,
) => Promise<"ran" | "repeated">;

/** What every step of a batch gets. */
export interface Ports {
  readonly ledger: Ledger;
  readonly objects: Objects;
  readonly clock: Clock;
  readonly nonce: Nonce;
  readonly log: Log;
  readonly metrics: Metrics;
}
