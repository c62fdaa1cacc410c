import { type CalendarDate, calendarDate } from "../../lambdas/domain/calendar-date.ts";
import { type Column, COLUMNS } from "../../lambdas/domain/exclusion.ts";
import type { Stream } from "../../lambdas/domain/stream.ts";

export const BILLING_DATE: CalendarDate = calendarDate("2026-03-02");

export function aStream(changes: Partial<Stream> = {}): Stream {
  return {
    name: "au-cba",
    code: "CB",
    bankProfile: {
      name: "cba",
      mnemonic: "CBA",
      userId: "301500",
      userName: "EXAMPLE BILLER",
      selfBalancing: true,
      headerAccount: false,
      lastLineEnd: true,
      traceBsb: "062-000",
      traceAccount: "12345678",
      maxAheadDays: 14,
    },
    timeZone: "Australia/Sydney",
    schedule: { time: "07:00", weekdays: [1, 2, 3, 4, 5] },
    cutOff: "16:00",
    expectedBy: "15:00",
    maxStartDelayMinutes: 120,
    dueWindowDays: { past: 31, ahead: 0 },
    maxDebitCents: 2_000_000,
    maxFileDebits: 500,
    maxFileCents: 9_999_999_999,
    maxBatchCents: 10_000_000_000,
    toleratedExcludedShare: 0.05,
    minDaysBetweenInstalments: 5,
    growthFactor: 3,
    segmentRows: 1000,
    concurrency: 4,
    remitterNames: { "m-harbour-energy": "HARBOUR ENERGY" },
    ...changes,
  };
}

/** The ten fields of a row that is staged, but for the changes. */
export function fieldsOf(changes: Partial<Record<Column, string>> = {}): string[] {
  const row: Record<Column, string> = {
    mandate_id: "M-1",
    due_date: "2026-03-02",
    attempt: "1",
    merchant_id: "m-gym",
    merchant_name: "Coastline Gym",
    customer_id: "C-1",
    bsb: "062-000",
    account_number: "12345678",
    account_title: "NGUYEN, Zoë",
    amount_cents: "4990",
    ...changes,
  };
  return COLUMNS.map((column) => row[column]);
}

/** A due list's bytes, header first, every field quoted. */
export function listOf(rows: readonly (readonly string[])[]): Uint8Array {
  const records = [COLUMNS, ...rows].map((fields) => fields.map((text) => `"${text.replaceAll('"', '""')}"`));
  return bytesOf(records.map((fields) => `${fields.join(",")}\n`).join(""));
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
