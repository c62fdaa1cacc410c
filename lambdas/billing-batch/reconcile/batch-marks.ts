import { twoDigits } from "../../domain/batch.ts";
import type { Case } from "./case.ts";

/** What marks the files and debits of this batch, told from the design's words and from no line of the writer. */

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** By character code: the digit in Crockford's base 32, or -1. */
const DIGITS = Array.from({ length: 128 }, (_, code) => CROCKFORD.indexOf(String.fromCharCode(code)));

const LINE_DIGITS = 6;

/** Year, month, day and batch number, as both marks carry them: two decimals, one digit each, two decimals. */
function dayAndNumber({ billingDate, batch }: Case): string {
  const [year, month, day] = billingDate.split("-") as [string, string, string];
  return (
    year.slice(2) + CROCKFORD.charAt(Number(month)) + CROCKFORD.charAt(Number(day)) + twoDigits(batch.number)
  );
}

/** The description of entries that file number `file` of this batch must carry. */
export function expectedDescription(judged: Case, file: number): string {
  return judged.stream.code.padEnd(4, "0") + dayAndNumber(judged) + twoDigits(file);
}

/**
 * Reads due-list lines out of this batch's lodgement references: stream code, day and number, the line as six
 * digits of base 32, and Luhn's check character modulo 32 over all of it.
 * @returns a function that gives the line, or 0 for any other text
 */
export function dueLineReader(judged: Case): (reference: string) => number {
  const prefix = judged.stream.code + dayAndNumber(judged);
  const length = prefix.length + LINE_DIGITS + 1;
  return (reference) => {
    if (reference.length !== length || !reference.startsWith(prefix) || !isChecked(reference)) return 0;
    let line = 0;
    for (let at = prefix.length; at < length - 1; at += 1) line = line * 32 + digitAt(reference, at);
    return line;
  };
}

/** Whether the last character checks the others: from the right every second digit counts twice, and all add up. */
function isChecked(reference: string): boolean {
  let sum = 0;
  for (let at = reference.length - 1, twice = false; at >= 0; at -= 1, twice = !twice) {
    const digit = digitAt(reference, at);
    if (digit < 0) return false;
    const counted = twice ? digit * 2 : digit;
    sum += (counted % 32) + Math.floor(counted / 32);
  }
  return sum % 32 === 0;
}

function digitAt(text: string, at: number): number {
  return DIGITS[text.charCodeAt(at)] ?? -1;
}
