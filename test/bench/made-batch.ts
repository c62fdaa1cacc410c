import { createHash } from "node:crypto";
import { clockFrom } from "../../lambdas/adapters/clock.ts";
import { type BatchId, batchId, dueListPrefix } from "../../lambdas/domain/batch.ts";
import { calendarDate } from "../../lambdas/domain/calendar-date.ts";
import { COLUMNS } from "../../lambdas/domain/exclusion.ts";
import type { BankProfile, Configuration, Stream } from "../../lambdas/domain/stream.ts";
import type { Clock, Instant } from "../../lambdas/ports.ts";

/**
 * A batch of any size that is told by its line numbers alone: the same line always gives the same row, so that a
 * million rows need not be kept to know what the ledger must answer.
 */

export const BILLING_DATE = calendarDate("2026-03-02");
const ZONE = "Australia/Sydney";
/** Dates on which rows are due; none is out of the window. */
const DUE_DATES = ["2026-03-02", "2026-03-01", "2026-02-28", "2026-02-26"] as const;
const MERCHANTS = ["Bondi Gym", "Pool & Spa", "Harbour Dental", "Coastline Music", "Little Steps"] as const;
const NAMES = [
  "NGUYEN Thi Hoa",
  "Smith, John & Mary",
  "Zoë Müller",
  "O'BRIEN Sean Patrick",
  "PATEL R",
] as const;
/** One row in so many is bad, with the reasons of a usual day in turn. */
const BAD_EVERY = 250;

export const PROFILE: BankProfile = {
  name: "bench",
  mnemonic: "CBA",
  userId: "301500",
  userName: "ACME BILLING",
  selfBalancing: true,
  headerAccount: false,
  lastLineEnd: true,
  traceBsb: "062-692",
  traceAccount: "00-432781",
  maxAheadDays: 5,
};

export const STREAM: Stream = {
  name: "au-bench",
  code: "BN",
  bankProfile: PROFILE,
  timeZone: ZONE,
  schedule: { time: "07:00", weekdays: [1, 2, 3, 4, 5] },
  cutOff: "16:00",
  expectedBy: "15:00",
  maxStartDelayMinutes: 120,
  dueWindowDays: { past: 31, ahead: 0 },
  maxDebitCents: 2_000_000,
  maxFileDebits: 999_998,
  maxFileCents: 9_999_999_999,
  maxBatchCents: 100_000_000_000,
  toleratedExcludedShare: 0.05,
  minDaysBetweenInstalments: 5,
  growthFactor: 3,
  segmentRows: 1000,
  concurrency: 10,
  remitterNames: {},
};

export const CONFIGURATION: Configuration = {
  streams: { [STREAM.name]: STREAM },
  calendar: { holidays: [], knownUntil: "2026-12-31" },
  epoch: 1,
};

export const BATCH: BatchId = batchId(STREAM.name, BILLING_DATE, 1);
export const PREFIX = dueListPrefix(STREAM.name, BILLING_DATE, 1);

/** A clock that shows the schedule's time for ever. */
export function stoppedClock(): Clock {
  const { instantOf } = clockFrom(() => 0 as Instant);
  const now = instantOf(BILLING_DATE, STREAM.schedule.time, ZONE);
  return clockFrom(() => now);
}

/** A mandate's id by the line of its row, and back. */
export function mandateOf(line: number): string {
  return `DDR-AU-BENCH-${String(line).padStart(9, "0")}`;
}

export function lineOf(mandateId: string): number {
  return Number(mandateId.slice(-9));
}

export function dueDateOf(line: number): string {
  return DUE_DATES[line % 7 < 4 ? 0 : (line % 7) - 3] as string;
}

export function centsOf(line: number): number {
  // Small enough that as many debits as a file can count stay below its ten digits of total.
  return 100 + ((line * 7919) % 9_800);
}

export function isBad(line: number): boolean {
  return line % BAD_EVERY === 0;
}

/** The ten fields of a row, in the order of the columns. */
export function fieldsOf(line: number): string[] {
  const merchant = line % MERCHANTS.length;
  const fields = [
    mandateOf(line),
    dueDateOf(line),
    "1",
    `m-${merchant + 1}`,
    MERCHANTS[merchant] as string,
    `customer-${String(line).padStart(9, "0")}`,
    line % 3 === 0 ? "083170" : "083-170",
    String(10_000_000 + (line % 90_000_000)),
    NAMES[(line * 13) % NAMES.length] as string,
    String(centsOf(line)),
  ];
  if (isBad(line)) fields[6 + ((line / BAD_EVERY) % 3)] = "";
  return fields;
}

/** The due list's bytes and its manifest's. */
export function dueListOf(rows: number): { readonly csv: Buffer; readonly manifest: Buffer } {
  const parts = [Buffer.from(`${COLUMNS.join(",")}\n`)];
  const hash = createHash("sha256");
  let totalCents = 0;
  for (let first = 1; first <= rows; first += 10_000) {
    const records: string[] = [];
    for (let line = first; line < first + 10_000 && line <= rows; line += 1) {
      const fields = fieldsOf(line);
      totalCents += Number(fields[9]);
      records.push(`${fields.map((text) => (text.includes(",") ? `"${text}"` : text)).join(",")}\n`);
    }
    parts.push(Buffer.from(records.join("")));
  }
  const csv = Buffer.concat(parts);
  const manifest = {
    count: rows,
    totalCents,
    sha256: hash.update(csv).digest("hex"),
    producedAt: "2026-03-01T18:00:00Z",
  };
  return { csv, manifest: Buffer.from(JSON.stringify(manifest)) };
}

/** What the bank file says of a sound row, but for its lodgement reference. */
export function debitOf(line: number) {
  const [, , , , name = "", , bsb = "", accountNumber = "", title = ""] = fieldsOf(
    line % BAD_EVERY === 0 ? line + 1 : line,
  );
  return {
    bsb: bsb.length === 7 ? bsb : `${bsb.slice(0, 3)}-${bsb.slice(3)}`,
    accountNumber,
    cents: centsOf(line),
    title: title.normalize("NFD").replaceAll(/[^ -~]/g, ""),
    remitter: name,
  };
}
