import { isBecsByte } from "./becs-text.ts";

/**
 * How the writer fills columns: each function checks and writes in one pass, byte by byte, and answers with the
 * rule that the content breaks, or undefined when it stands in the file. A rule never repeats the content, and
 * nothing is ever cut to fit. `at` counts bytes of the file from 0.
 */
export type BrokenRule = string | undefined;

export const BLANK = 0x20;
const ZERO = 0x30;
const NINE = 0x39;
const HYPHEN = 0x2d;
const BSB_COLUMNS = 7;
const ACCOUNT_COLUMNS = 9;

/** Text from the first of its columns on; the columns after it must be blank already. */
export function putText(bytes: Uint8Array, at: number, width: number, text: string): BrokenRule {
  const { length } = text;
  if (length === 0) return "must not be blank";
  if (length > width) return "is longer than its columns";
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (!isBecsByte(code)) return "has a character outside the BECS set";
    bytes[at + i] = code;
  }
  if (bytes[at] === BLANK) return "must not begin with a blank";
  // The file fills up with blanks, so a reader could not give this one back.
  if (bytes[at + length - 1] === BLANK) return "must not end with a blank";
  return undefined;
}

/** A BSB, `nnn-nnn`. */
export function putBsb(bytes: Uint8Array, at: number, bsb: string): BrokenRule {
  if (bsb.length !== BSB_COLUMNS) return "must have the form nnn-nnn";
  for (let i = 0; i < BSB_COLUMNS; i++) {
    const code = bsb.charCodeAt(i);
    const fits = i === 3 ? code === HYPHEN : code >= ZERO && code <= NINE;
    if (!fits) return "must have the form nnn-nnn";
    bytes[at + i] = code;
  }
  return undefined;
}

/** A bank account number at the right of its nine columns, as it is written, leading zeros and all. */
export function putAccountNumber(bytes: Uint8Array, at: number, accountNumber: string): BrokenRule {
  const { length } = accountNumber;
  if (length > ACCOUNT_COLUMNS) return "is longer than nine characters";
  const first = at + ACCOUNT_COLUMNS - length;
  let allZero = true;
  for (let i = 0; i < length; i++) {
    const code = accountNumber.charCodeAt(i);
    if (code > ZERO && code <= NINE) allZero = false;
    else if (code !== ZERO && code !== HYPHEN) return "may hold digits and hyphens only";
    bytes[first + i] = code;
  }
  return allZero ? "must have a digit other than zero" : undefined;
}

const SPLIT = 100_000;

/** A whole number at the right of its columns, filled with zeros. The caller has seen that it fits. */
export function putNumber(bytes: Uint8Array, at: number, width: number, value: number): void {
  // Ten digits exceed 32 bits; two halves of five keep the divisions in fast integers.
  let high = Math.floor(value / SPLIT) | 0;
  let low = (value - high * SPLIT) | 0;
  for (let i = at + width - 1, lowest = i - 5; i >= at; i--) {
    if (i > lowest) {
      bytes[i] = ZERO + (low % 10);
      low = (low / 10) | 0;
    } else {
      bytes[i] = ZERO + (high % 10);
      high = (high / 10) | 0;
    }
  }
}

/** Text whose form the layout or an earlier check has fixed. */
export function putFixed(bytes: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
}
