import { CODE_DEBIT, RECORD_LENGTH } from "./bank-file.ts";
import {
  BLANK,
  type BrokenRule,
  putAccountNumber,
  putBsb,
  putFixed,
  putNumber,
  putText,
} from "./bank-file-writer-columns.ts";
import { LINE_BYTES } from "./bank-file-writer-lines.ts";
import { type CalendarDate, parseCalendarDate } from "./calendar-date.ts";
import type { BankProfile } from "./stream.ts";

/** Gets every rule that a field broke (undefined: none); throws where there is one. */
export type Check = (field: string, broken: BrokenRule) => void;

const MNEMONIC = /^[A-Z0-9&]{3}$/;
const USER_ID = /^[0-9]{6}$/;

/** Type 0, over one line's bytes. */
export function putHeader(
  line: Uint8Array,
  profile: BankProfile,
  file: { readonly description: string; readonly processingDate: CalendarDate },
  check: Check,
): void {
  const { processingDate: date } = file;
  line.fill(BLANK);
  putFixed(line, 0, "0");
  if (profile.headerAccount) {
    check("trace BSB", putBsb(line, 1, profile.traceBsb));
    check("trace account", putAccountNumber(line, 8, profile.traceAccount));
  }
  putFixed(line, 18, "01");
  check("mnemonic", MNEMONIC.test(profile.mnemonic) ? undefined : "must be three capitals, digits or &");
  putFixed(line, 20, profile.mnemonic);
  check("user name", putText(line, 30, 26, profile.userName));
  check("user id", USER_ID.test(profile.userId) ? undefined : "must be six digits");
  putFixed(line, 56, profile.userId);
  check("description of entries", putText(line, 62, 12, file.description));
  const real = parseCalendarDate(date) !== undefined && date.startsWith("20");
  check("processing date", real ? undefined : "must be a day of the years 2000 to 2099");
  putFixed(line, 74, date.slice(8, 10) + date.slice(5, 7) + date.slice(2, 4));
  putFixed(line, RECORD_LENGTH, "\r\n");
}

/** A type 1 line with all that the debits of a file have in common. */
export function templateLine(profile: BankProfile, check: Check): Buffer {
  const line = Buffer.alloc(LINE_BYTES, BLANK);
  putFixed(line, 0, "1");
  putFixed(line, 18, CODE_DEBIT);
  check("trace BSB", putBsb(line, 80, profile.traceBsb));
  check("trace account", putAccountNumber(line, 87, profile.traceAccount));
  putFixed(line, 112, "00000000");
  putFixed(line, RECORD_LENGTH, "\r\n");
  return line;
}

/** Type 7, over one line's bytes. Amounts in cents, `count` of all type 1 records. */
export function putTotals(line: Uint8Array, debits: number, credits: number, count: number): void {
  line.fill(BLANK);
  putFixed(line, 0, "7999-999");
  putNumber(line, 20, 10, Math.abs(credits - debits));
  putNumber(line, 30, 10, credits);
  putNumber(line, 40, 10, debits);
  putNumber(line, 74, 6, count);
  putFixed(line, RECORD_LENGTH, "\r\n");
}
