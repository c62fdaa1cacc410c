import { CODE_DEBIT, RECORD_LENGTH } from "./bank-file.ts";
import type { CalendarDate } from "./calendar-date.ts";
import { parseCalendarDate } from "./calendar-date.ts";
import { type Cents, cents } from "./cents.ts";
import { type FaultList, TOLERATED } from "./bank-file-reader-faults.ts";

const BLANK = 0x20;
const HYPHEN = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const DEBIT_DIGITS = Buffer.from(CODE_DEBIT, "latin1");

/**
 * The BECS set, told from its other side: of the printable ASCII bytes all but these nine. The reader keeps a table
 * of its own so that an error in the writer's cannot hide itself.
 */
const OUTSIDE = '"<>\\`{|}~';
const FIRST_PRINTABLE = 0x20;
const LAST_PRINTABLE = 0x7e;
const INSIDE = Uint8Array.from({ length: 256 }, (_, byte) => {
  const isPrintable = byte >= FIRST_PRINTABLE && byte <= LAST_PRINTABLE;
  return isPrintable && !OUTSIDE.includes(String.fromCharCode(byte)) ? 1 : 0;
});

/**
 * Reads the columns of one record at a time. Columns are counted from 1, as the layout does. Each method answers
 * undefined and adds a fault where the columns break a rule; `sound` then stays false until the next record.
 */
export class Columns {
  readonly faults: FaultList;
  readonly warnings: FaultList;
  sound = true;
  line = 0;
  #bytes: Buffer = Buffer.alloc(0);
  /** Offset of column 1, less one. */
  #base = 0;
  /** The record as text, decoded once; its parts share it. */
  #text: string | undefined;

  constructor(faults: FaultList, warnings: FaultList) {
    this.faults = faults;
    this.warnings = warnings;
  }

  /** Turns to the record of 120 bytes that starts at `start`. */
  turnTo(bytes: Buffer, start: number, line: number): void {
    this.#bytes = bytes;
    this.#base = start - 1;
    this.#text = undefined;
    this.line = line;
    this.sound = true;
  }

  fault(column: number, field: string, rule: string): undefined {
    this.sound = false;
    this.faults.add(this.line, column, field, rule);
    return undefined;
  }

  warn(column: number, field: string, rule: string): void {
    this.warnings.add(this.line, column, field, rule);
  }

  /** The characters of these columns as they stand, one per byte. */
  raw(column: number, width: number): string {
    const from = this.#base + 1;
    this.#text ??= this.#bytes.toString("latin1", from, from + RECORD_LENGTH);
    return this.#text.slice(column - 1, column - 1 + width);
  }

  /** The transaction code in columns 19 and 20. Nearly all are that of a debit, which needs no string of its own. */
  transactionCode(): string {
    const isDebit = this.#byte(19) === DEBIT_DIGITS[0] && this.#byte(20) === DEBIT_DIGITS[1];
    return isDebit ? CODE_DEBIT : this.raw(19, 2);
  }

  areBlank(column: number, width: number): boolean {
    for (let i = column; i < column + width; i++) if (this.#byte(i) !== BLANK) return false;
    return true;
  }

  blanks(column: number, width: number): void {
    if (!this.areBlank(column, width)) this.fault(column, "blank", "must be blank");
  }

  /** Columns that can hold only one text. */
  fixed(column: number, field: string, text: string): void {
    if (this.raw(column, text.length) !== text) this.fault(column, field, `must be ${text}`);
  }

  /** Left-justified text of BECS characters without the blanks after it; `returned` text may begin with one. */
  text(column: number, width: number, field: string, returned = false): string | undefined {
    const [bytes, first] = [this.#bytes, this.#base + column];
    let used = 0;
    for (let i = 0; i < width; i++) {
      const byte = bytes[first + i] ?? 0;
      if (INSIDE[byte] !== 1) return this.fault(column, field, "has a byte outside the BECS set");
      if (byte !== BLANK) used = i + 1;
    }
    if (used === 0) return this.fault(column, field, "must not be blank");
    if (this.#byte(column) === BLANK) {
      if (!returned) return this.fault(column, field, "must not begin with a blank");
      this.warn(column, field, TOLERATED.leadingBlank);
    }
    return this.raw(column, used);
  }

  /** The number that stands in these columns, or undefined, without a fault. Ten digits are always safe. */
  peekDigits(column: number, width: number): number | undefined {
    let value = 0;
    for (let i = column; i < column + width; i++) {
      const byte = this.#byte(i);
      if (byte < ZERO || byte > NINE) return undefined;
      value = value * 10 + (byte - ZERO);
    }
    return value;
  }

  /** As {@link peekDigits}, with a fault. */
  digits(column: number, width: number, field: string): number | undefined {
    const value = this.peekDigits(column, width);
    return value ?? this.fault(column, field, "must be digits, filled with zeros from the left");
  }

  amount(column: number, width: number, field: string): Cents | undefined {
    const value = this.digits(column, width, field);
    return value === undefined ? undefined : cents(value);
  }

  /** An amount of a detail record, which must be more than zero. */
  positiveAmount(column: number, width: number, field: string): Cents | undefined {
    const value = this.amount(column, width, field);
    return value === 0 ? this.fault(column, field, "must be greater than zero") : value;
  }

  bsb(column: number, field: string): string | undefined {
    for (let i = 0; i < 7; i++) {
      const byte = this.#byte(column + i);
      const fits = i === 3 ? byte === HYPHEN : byte >= ZERO && byte <= NINE;
      if (!fits) return this.fault(column, field, "must have the form nnn-nnn");
    }
    return this.raw(column, 7);
  }

  /** Nine columns, right-justified and blank filled: digits and hyphens, not all of them zero. */
  accountNumber(column: number, field: string): string | undefined {
    let first = 0;
    while (first < 9 && this.#byte(column + first) === BLANK) first++;
    let allZero = true;
    for (let i = first; i < 9; i++) {
      const byte = this.#byte(column + i);
      if (byte > ZERO && byte <= NINE) allZero = false;
      else if (byte !== ZERO && byte !== HYPHEN)
        return this.fault(column, field, "must be digits and hyphens, filled with blanks from the left");
    }
    if (allZero) return this.fault(column, field, "must not be blank or all zero");
    return this.raw(column + first, 9 - first);
  }

  /** DDMMYY of the years 2000 to 2099. */
  date(column: number, field: string): CalendarDate | undefined {
    const [day, month, year] = [this.raw(column, 2), this.raw(column + 2, 2), this.raw(column + 4, 2)];
    const date = parseCalendarDate(`20${year}-${month}-${day}`);
    return date ?? this.fault(column, field, "must be a day of the calendar as DDMMYY");
  }

  #byte(column: number): number {
    return this.#bytes[this.#base + column] ?? 0;
  }
}
