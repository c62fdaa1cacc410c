import { calendarDate } from "../../lambdas/domain/calendar-date.ts";
import type { FileDebit } from "../../lambdas/domain/bank-file-writer.ts";
import type { BankProfile } from "../../lambdas/domain/stream.ts";

/** Bank files for tests. Records are laid out here by column, without a line of the code under test. */

export const BALANCING: BankProfile = {
  name: "cba",
  mnemonic: "CBA",
  userId: "301500",
  userName: "Acme Billing Pty Ltd",
  selfBalancing: true,
  headerAccount: true,
  lastLineEnd: true,
  traceBsb: "062-692",
  traceAccount: "00-432781",
  maxAheadDays: 5,
};

export const PLAIN: BankProfile = {
  name: "wbc",
  mnemonic: "WBC",
  userId: "037819",
  userName: "ACME GYMS & POOLS",
  selfBalancing: false,
  headerAccount: false,
  lastLineEnd: false,
  traceBsb: "032-001",
  traceAccount: "998877",
  maxAheadDays: 5,
};

export const FILE = { description: "AC0026A30101", processingDate: calendarDate("2026-10-03") };

export function debit(over: Partial<FileDebit> = {}): FileDebit {
  return {
    bsb: "083-170",
    accountNumber: "12345678",
    cents: 4995,
    title: "NGUYEN. Thi Hoa",
    reference: "AC26A301000001K",
    remitter: "Bondi Gym",
    ...over,
  };
}

/** A record of 120 blanks with texts written over it, each from its column (counted from 1) on. */
export function record(...parts: readonly (readonly [column: number, text: string])[]): string {
  let text = " ".repeat(120);
  for (const [column, part] of parts)
    text = text.slice(0, column - 1) + part + text.slice(column - 1 + part.length);
  if (text.length !== 120) throw new Error("a part runs past column 120");
  return text;
}

type Part = readonly [column: number, text: string];

export function header(...over: readonly Part[]): string {
  return record(
    [1, "0"],
    [19, "01"],
    [21, "WBC"],
    [31, "ACME GYMS & POOLS"],
    [57, "037819"],
    [63, "AC0026A30101"],
    [75, "031026"],
    ...over,
  );
}

/** A debit of $10.00 unless overwritten. */
export function detail(...over: readonly Part[]): string {
  return record(
    [1, "1083-170 12345678 130000001000"],
    [31, "NGUYEN. Thi Hoa"],
    [63, "AC26A301000001K"],
    [81, "032-001   998877"],
    [97, "Bondi Gym"],
    [113, "00000000"],
    ...over,
  );
}

/** That same debit of $10.00 as it comes back. */
export function returned(...over: readonly Part[]): string {
  return record(
    [1, "2032-001   9988776130000001000"],
    [31, "NGUYEN. Thi Hoa"],
    [63, "AC26A301000001K"],
    [81, "083-170 12345678"],
    [97, "Bondi Gym"],
    [113, "03"],
    [115, "037819"],
    ...over,
  );
}

/** The total record over `count` debits of $10.00 unless overwritten. */
export function totals(count: number, ...over: readonly Part[]): string {
  const sum = String(count * 1000).padStart(10, "0");
  return record(
    [1, "7999-999"],
    [21, sum],
    [31, "0000000000"],
    [41, sum],
    [75, String(count).padStart(6, "0")],
    ...over,
  );
}

/** Records as a file, each ended by CRLF. */
export function file(...records: readonly string[]): Buffer {
  return Buffer.from(records.map((text) => `${text}\r\n`).join(""), "latin1");
}
