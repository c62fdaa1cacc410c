import { CODE_CREDIT } from "./bank-file.ts";
import {
  type BrokenRule,
  putAccountNumber,
  putBsb,
  putFixed,
  putNumber,
  putText,
} from "./bank-file-writer-columns.ts";
import { GrowingLines, LINE_BYTES } from "./bank-file-writer-lines.ts";
import { putHeader, putTotals, templateLine } from "./bank-file-writer-records.ts";
import type { CalendarDate } from "./calendar-date.ts";
import { type Cents, cents, MOST_FILE_CENTS } from "./cents.ts";
import type { BankProfile } from "./stream.ts";

/** One debit as the caller gives it; code, indicator, trace account and withholding tax follow from the profile. */
export interface FileDebit {
  /** `nnn-nnn` */
  readonly bsb: string;
  readonly accountNumber: string;
  readonly cents: number;
  readonly title: string;
  /** The lodgement reference. */
  readonly reference: string;
  readonly remitter: string;
}

/** The writer refuses what does not fit. Field and rule, never the value; `line` counts the file's lines from 1. */
export class BankFileRefused extends Error {
  override readonly name = "BankFileRefused";
  readonly line: number;
  readonly field: string;
  readonly rule: string;

  constructor(line: number, field: string, rule: string) {
    super(`bank file, line ${line}: ${field} ${rule}`);
    this.line = line;
    this.field = field;
    this.rule = rule;
  }
}

/** Six digits count the type 1 records, the balancing record included. */
const MOST_RECORDS = 999_999;
const MOST_LINES = MOST_RECORDS + 2;
/** Header, balancing record and total record. */
const OTHER_LINES = 3;

/** Writes one BECS Direct Entry file of debits for one bank profile. What is refused leaves no trace in the file. */
export class BankFileWriter {
  readonly #profile: BankProfile;
  readonly #description: string;
  readonly #lines: GrowingLines;
  #debits = 0;
  #cents = 0;
  #finished = false;

  /**
   * @param file the description of entries (at most 12 BECS characters, unique per file), the day of processing,
   *   and how many debits to expect, if known: it spares the buffer its growing and limits nothing
   * @throws BankFileRefused if profile, description or date do not fit the header or the trace columns
   */
  constructor(
    profile: BankProfile,
    file: {
      readonly description: string;
      readonly processingDate: CalendarDate;
      readonly expectedDebits?: number;
    },
  ) {
    this.#profile = profile;
    this.#description = file.description;
    const check = (field: string, broken: BrokenRule): void => {
      if (broken !== undefined) throw new BankFileRefused(1, field, broken);
    };
    const header = Buffer.alloc(LINE_BYTES);
    putHeader(header, profile, file, check);
    this.#lines = new GrowingLines(
      templateLine(profile, check),
      MOST_LINES,
      (file.expectedDebits ?? 0) + OTHER_LINES,
    );
    this.#lines.bytes.set(header, this.#lines.begin());
    this.#lines.keep();
  }

  /** How many debits the file holds; the balancing record is none. */
  get debits(): number {
    return this.#debits;
  }

  /** The sum of the debits. */
  get cents(): Cents {
    return cents(this.#cents);
  }

  /**
   * Whether the format has room for one more debit of that many cents: six digits of records with the balancing
   * record, ten digits of totals. False also for an amount that no debit can have.
   */
  fits(amount: number): boolean {
    const records = this.#debits + 1 + (this.#profile.selfBalancing ? 1 : 0);
    return isAmount(amount) && this.#cents + amount <= MOST_FILE_CENTS && records <= MOST_RECORDS;
  }

  /** Appends a debit. @throws BankFileRefused for the first field that breaks a rule, or when the file is full */
  add(debit: FileDebit): void {
    if (this.#finished) this.#refuse("file", "is finished");
    if (!isAmount(debit.cents)) this.#refuse("amount", "must be whole cents from 1 to 9,999,999,999");
    if (!this.fits(debit.cents))
      this.#refuse("file", "has no room: its totals have ten digits, its count six");
    this.#put(debit);
    this.#debits++;
    this.#cents += debit.cents;
  }

  /**
   * Closes the file with balancing record (by profile) and total record, and returns its bytes.
   * @throws BankFileRefused if it has no debit or is finished already
   */
  finish(): Buffer {
    if (this.#finished) this.#refuse("file", "is finished");
    if (this.#debits === 0) this.#refuse("file", "must have a debit");
    const { selfBalancing, lastLineEnd } = this.#profile;
    if (selfBalancing) this.#putBalancingRecord();
    const at = this.#lines.begin();
    const credits = selfBalancing ? this.#cents : 0;
    const records = this.#debits + (selfBalancing ? 1 : 0);
    putTotals(this.#lines.bytes.subarray(at, at + LINE_BYTES), this.#cents, credits, records);
    this.#lines.keep();
    this.#finished = true;
    return this.#lines.kept(lastLineEnd);
  }

  #putBalancingRecord(): void {
    const { traceBsb, traceAccount, userName } = this.#profile;
    const text = this.#description;
    const at = this.#put({
      bsb: traceBsb,
      accountNumber: traceAccount,
      cents: this.#cents,
      title: userName,
      reference: text,
      remitter: text,
    });
    putFixed(this.#lines.bytes, at + 18, CODE_CREDIT);
  }

  /** Writes one type 1 record of code 13, keeps it and returns the offset of its first byte. */
  #put(debit: FileDebit): number {
    const at = this.#lines.begin();
    const { bytes } = this.#lines;
    this.#check("BSB", putBsb(bytes, at + 1, debit.bsb));
    this.#check("bank account number", putAccountNumber(bytes, at + 8, debit.accountNumber));
    putNumber(bytes, at + 20, 10, debit.cents);
    this.#check("title", putText(bytes, at + 30, 32, debit.title));
    this.#check("lodgement reference", putText(bytes, at + 62, 18, debit.reference));
    this.#check("remitter", putText(bytes, at + 96, 16, debit.remitter));
    this.#lines.keep();
    return at;
  }

  #check(field: string, broken: BrokenRule): void {
    if (broken !== undefined) this.#refuse(field, broken);
  }

  #refuse(field: string, rule: string): never {
    throw new BankFileRefused(this.#lines.count + 1, field, rule);
  }
}

function isAmount(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MOST_FILE_CENTS;
}
