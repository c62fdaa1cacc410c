import { createHash } from "node:crypto";
import { batchId, dueListPrefix } from "../lambdas/domain/batch.ts";
import { calendarDate } from "../lambdas/domain/calendar-date.ts";
import { COLUMNS, type Column } from "../lambdas/domain/exclusion.ts";
import { encodeLines } from "../lambdas/domain/line-set.ts";
import { FILE_MOVES } from "../lambdas/domain/moves.ts";
import type {
  BatchItem,
  Claim,
  FileItem,
  FileStateName,
  SegmentItem,
  StreamItem,
} from "../lambdas/domain/records.ts";
import type { BatchReport } from "../lambdas/domain/report.ts";
import type { BankProfile, Configuration, Stream } from "../lambdas/domain/stream.ts";
import type { Instant } from "../lambdas/ports.ts";

/** Records for tests: each is complete and unremarkable, and a test names only what it is about. */

/** A Tuesday; the Monday before it is a holiday in Sydney. */
export const BILLING_DATE = calendarDate("2026-10-06");
/** Seven in the morning of that day in Sydney, when the schedule starts. */
export const MORNING = Date.parse("2026-10-05T20:00:00Z") as Instant;
/** Four in the afternoon, the cut-off. */
export const CUT_OFF = Date.parse("2026-10-06T05:00:00Z") as Instant;
export const AT = new Date(MORNING).toISOString();

export const PROFILE: BankProfile = {
  name: "cba-test",
  mnemonic: "CBA",
  userId: "999901",
  userName: "DEBIT ONCE TEST",
  selfBalancing: true,
  headerAccount: false,
  lastLineEnd: true,
  traceBsb: "069-999",
  traceAccount: "12345678",
  maxAheadDays: 30,
};

export function stream(over: Partial<Stream> = {}): Stream {
  return {
    name: "au-cba",
    code: "CB",
    bankProfile: PROFILE,
    timeZone: "Australia/Sydney",
    schedule: { time: "07:00", weekdays: [1, 2, 3, 4, 5] },
    cutOff: "16:00",
    expectedBy: "15:00",
    maxStartDelayMinutes: 120,
    dueWindowDays: { past: 31, ahead: 0 },
    maxDebitCents: 2_000_000,
    maxFileDebits: 999_998,
    maxFileCents: 9_999_999_999,
    maxBatchCents: 10_000_000_000,
    toleratedExcludedShare: 0.05,
    minDaysBetweenInstalments: 5,
    growthFactor: 3,
    segmentRows: 1000,
    concurrency: 10,
    remitterNames: {},
    ...over,
  };
}

export function configuration(...streams: Stream[]): Configuration {
  return {
    streams: Object.fromEntries(streams.map((one) => [one.name, one])),
    calendar: { holidays: ["2026-10-05"], knownUntil: "2028-12-31" },
    epoch: 1,
  };
}

/** One row of a due list by column. */
export type Row = Readonly<Record<Column, string>>;

export function row(over: Partial<Row> = {}): Row {
  return {
    mandate_id: "m-1",
    due_date: BILLING_DATE,
    attempt: "1",
    merchant_id: "gym",
    merchant_name: "Bondi Gym",
    customer_id: "c-1",
    bsb: "083-170",
    account_number: "12345678",
    account_title: "NGUYEN Thi Hoa",
    amount_cents: "4995",
    ...over,
  };
}

/** A due list as the billing system leaves it. */
export interface DueList {
  readonly csv: Buffer;
  readonly manifest: Buffer;
}

/** Rows as records of ten fields, or as text where a test needs another form. */
export function dueList(
  rows: readonly (Row | string)[],
  over: Partial<Record<"count" | "totalCents" | "sha256" | "producedAt", unknown>> = {},
): DueList {
  const lines = rows.map((one) =>
    typeof one === "string" ? one : COLUMNS.map((column) => one[column]).join(","),
  );
  const csv = Buffer.from([COLUMNS.join(","), ...lines].map((line) => `${line}\n`).join(""), "utf8");
  const totalCents = rows.reduce(
    (sum, one) =>
      sum +
      (typeof one !== "string" && /^[0-9]{1,15}$/.test(one.amount_cents) ? Number(one.amount_cents) : 0),
    0,
  );
  const manifest = {
    count: rows.length,
    totalCents,
    sha256: sha256(csv),
    producedAt: "2026-10-06T05:30:00+11:00",
    ...over,
  };
  return { csv, manifest: Buffer.from(JSON.stringify(manifest), "utf8") };
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function streamItem(over: Partial<StreamItem> = {}): StreamItem {
  return { stream: "au-cba", version: 1, fence: 1, epoch: 1, nonce: "before", ...over };
}

/** The stream's item with the lock in that batch's name. */
export function heldBy(
  id: string,
  over: Partial<NonNullable<StreamItem["batch"]>> = {},
  item: Partial<StreamItem> = {},
): StreamItem {
  return streamItem({
    stream: id.slice(0, -14),
    ...item,
    batch: { id, nonce: "before", since: AT, ...over },
  });
}

export function batchItem(over: Partial<BatchItem> = {}): BatchItem {
  const { stream: name = "au-cba", number = 1 } = over;
  const id = over.id ?? batchId(name, BILLING_DATE, number);
  return {
    id,
    version: 1,
    stream: name,
    billingDate: BILLING_DATE,
    number,
    state: "OPEN",
    openedAt: AT,
    dueList: {
      prefix: dueListPrefix(name, BILLING_DATE, number),
      sha256: "0".repeat(64),
      count: 2,
      totalCents: 300,
    },
    plan: { key: `${id}/plan.jsonl`, sha256: "1".repeat(64), segments: 1, rows: 2 },
    ...over,
  };
}

/** How a file was begun: by the call before, to the bank's key of the profile and the first batch. */
export function begun(number = 1, key = `${PROFILE.userId}/au-cba-2026-10-06-01-0${number}.aba`) {
  return { nonce: "before", at: AT, key };
}

/** A file of the frozen set with one line of one dollar; its number is its line. */
export function fileItem(over: Partial<FileItem> = {}): FileItem {
  const { number = 1, state = "COMPOSED" } = over;
  const wasBegun = state !== "COMPOSED" && state !== "RECONCILED" && state !== "WITHDRAWN";
  return {
    number,
    key: `files/${number}.aba`,
    sha256: String(number).repeat(64).slice(0, 64),
    indexKey: `files/${number}.index.jsonl`,
    indexSha256: "2".repeat(64),
    debits: 1,
    cents: 100,
    firstLine: number,
    lastLine: number,
    description: `CB0026A6010${number}`,
    processingDate: BILLING_DATE,
    state,
    ...(wasBegun && { submitting: begun(number) }),
    ...over,
  };
}

/** The record of a segment of which the named lines are staged, at one dollar a row. */
export function segmentItem(
  batch: string,
  staged: readonly number[],
  over: Partial<SegmentItem> = {},
): SegmentItem {
  const { firstLine = 1, rows = 2 } = over;
  const excluded = rows - staged.length;
  return {
    batchId: batch,
    segment: 1,
    firstLine,
    rows,
    staged: { count: staged.length, cents: staged.length * 100 },
    excluded: { count: excluded, cents: excluded * 100 },
    byReason: excluded === 0 ? {} : { "already-claimed": excluded },
    stagedLines: encodeLines(firstLine, rows, staged),
    key: `${batch}/staged/1.jsonl`,
    sha256: "3".repeat(64),
    exclusionsKey: `${batch}/exclusions/1.jsonl`,
    exclusionsSha256: sha256(Buffer.alloc(0)),
    ...over,
  };
}

export function claim(over: Partial<Claim> = {}): Claim {
  return {
    mandateId: "m-1",
    dueDate: BILLING_DATE,
    attempt: 1,
    batchId: batchId("au-cba", BILLING_DATE, 1),
    line: 1,
    segment: 1,
    cents: 100,
    stream: "au-cba",
    ...over,
  };
}

/** What the gate writes when it passes; only what closing a batch reads of it says anything. */
export function gateReport(batch: string, over: Partial<BatchReport> = {}): BatchReport {
  const none = { count: 0, cents: 0 };
  return {
    schema: 1,
    batchId: batch,
    stream: batch.slice(0, -14),
    billingDate: BILLING_DATE,
    timeZone: "Australia/Sydney",
    number: 1,
    writtenBy: "Reconcile",
    at: AT,
    status: "GATE_PASSED",
    dueList: none,
    ledger: none,
    bankFiles: none,
    excluded: { ...none, content: 0, byReason: {} },
    merchants: [],
    checks: [],
    files: [],
    timeline: [],
    ...over,
  };
}

export const FILE_STATES = Object.keys(FILE_MOVES) as FileStateName[];
