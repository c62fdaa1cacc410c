import { parseCalendarDate } from "../../domain/calendar-date.ts";
import { COLUMNS } from "../../domain/exclusion.ts";
import type { OwnRefusal } from "./own-judgement.ts";

/** What can be told of a row by the form of its fields, whatever else is wrong with it. */

type Fields = readonly string[];
const at = (row: Fields, column: number): string => row[column] as string;

const ID = /^[\w.-]{1,64}$/;
const ATTEMPT = /^[1-9]\d?$/;
const BSB = /^\d{3}-?\d{3}$/;
const AMOUNT = /^\d{1,15}$/;
const LETTER = /[a-z]/i;
const DIGITS_AND_HYPHENS = /^[\d-]+$/;

/** The first judgement: ten fields, and three ids that are ids, and no bank account. */
export function judgeForm(row: Fields): OwnRefusal | undefined {
  if (row.length !== COLUMNS.length) return { reason: "malformed-row" };
  if (!ID.test(at(row, 0)) || isPayer(at(row, 0), row))
    return { reason: "malformed-row", field: "mandate_id" };
  if (!ID.test(at(row, 3)) || isDebited(at(row, 3), row))
    return { reason: "malformed-row", field: "merchant_id" };
  if (!ID.test(at(row, 5))) return { reason: "malformed-row", field: "customer_id" };
  return undefined;
}

/** Whether a mandate id is the bank account, or the name, of the one who is debited. */
function isPayer(id: string, row: Fields): boolean {
  return id === at(row, 8) || isDebited(id, row);
}

/** Whether an id is the very bank account that the row debits, with its BSB or without. */
function isDebited(id: string, row: Fields): boolean {
  if (!DIGITS_AND_HYPHENS.test(id)) return false;
  const bare = (text: string) => text.replace(/^[0-]+|-/g, "");
  const account = bare(at(row, 7));
  return account.length >= 5 && (bare(id) === account || bare(id) === bare(`${at(row, 6)}${at(row, 7)}`));
}

/** Whether the text is an attempt, 1 to 99. */
export function isAttempt(text: string): boolean {
  return ATTEMPT.test(text);
}

/** Whether the text is six digits, with or without the hyphen. */
export function isBsb(text: string): boolean {
  return BSB.test(text);
}

/** The cents that the manifest counts for a row, whatever else is wrong with it. */
export function countedCents(row: Fields): number {
  return row.length === COLUMNS.length && AMOUNT.test(at(row, 9)) ? Number(row[9]) : 0;
}

/** Whether the text has the form of a mandate's, merchant's or customer's id. */
export function isId(text: string): boolean {
  return ID.test(text);
}

/** Whether the ledger could hold a claim for this row: mandate id, real due date, attempt 1 to 99. */
export function hasKey(row: Fields): boolean {
  return (
    row.length === COLUMNS.length &&
    ID.test(at(row, 0)) &&
    parseCalendarDate(at(row, 1)) !== undefined &&
    ATTEMPT.test(at(row, 2))
  );
}

/**
 * Whether a report may name the row's ids: only where date, BSB and bank account stand in their columns, so that
 * nothing is shifted or exchanged. A bank account number has no letter, so two ids that have one may be named beside
 * a number that is none.
 */
export function isNameable(row: Fields): boolean {
  return (
    row.length === COLUMNS.length &&
    ID.test(at(row, 0)) &&
    parseCalendarDate(at(row, 1)) !== undefined &&
    BSB.test(at(row, 6)) &&
    !isDebited(at(row, 3), row) &&
    !isPayer(at(row, 0), row) &&
    (isAccountNumber(at(row, 7)) || (LETTER.test(at(row, 0)) && LETTER.test(at(row, 3))))
  );
}

function isAccountNumber(text: string): boolean {
  if (!DIGITS_AND_HYPHENS.test(text) || !/[1-9]/.test(text)) return false;
  return text.replaceAll("-", "").length <= 9;
}

/** The cents of a row that may be told, and summed: of a nameable row within the limit for one debit. */
export function tellableCents(row: Fields, limit: number): number {
  const cents = countedCents(row);
  return cents <= limit && isNameable(row) ? cents : 0;
}
