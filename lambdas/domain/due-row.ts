import { parseAccountNumber, parseBsb } from "./bank-account.ts";
import { isBecsText, transliterate } from "./becs-text.ts";
import { addDays, type CalendarDate, parseCalendarDate } from "./calendar-date.ts";
import {
  type Column,
  COLUMNS,
  type ContentReason,
  type Exclusion,
  type ExclusionReason,
} from "./exclusion.ts";
import type { StagedRow } from "./records.ts";
import type { Stream } from "./stream.ts";

/** What a due row's own content makes of it: what will be staged, or why it is excluded. */
export type Judged =
  | { readonly row: Omit<StagedRow, "line"> }
  | { readonly reason: ContentReason; readonly field: Column };

const ID = /^[A-Za-z0-9._-]{1,64}$/;
const ATTEMPT = /^[1-9][0-9]?$/;
const AMOUNT = /^[0-9]{1,15}$/;
const ACCOUNT_LIKE = /^[0-9-]+$/;
const HAS_LETTER = /[A-Za-z]/;
const MOST_REMITTER = 16;
const MOST_TITLE = 32;

const at = (fields: readonly string[], column: Column): string => fields[COLUMNS.indexOf(column)] as string;

/**
 * The first judgement: whether the row can be told apart from others at all. Anything but undefined is
 * `malformed-row`, with the column where one column is at fault.
 */
export function judgeShape(fields: readonly string[]): { readonly field?: Column } | undefined {
  if (fields.length !== COLUMNS.length) return {};
  const field = (["mandate_id", "merchant_id", "customer_id"] as const).find(
    (id) => !ID.test(at(fields, id)) || (id !== "customer_id" && isOwnBankAccount(id, fields)),
  );
  return field && { field };
}

/**
 * Whether an id of the row is the bank account that the row debits, or its title: the ledger would keep it as the
 * mandate for ever, and reports would name it as the merchant. Numbers of up to four digits are too short to tell.
 */
function isOwnBankAccount(column: "mandate_id" | "merchant_id", fields: readonly string[]): boolean {
  const id = at(fields, column);
  if (column === "mandate_id" && id === at(fields, "account_title")) return true;
  if (!ACCOUNT_LIKE.test(id)) return false;
  const [bsb, account] = [at(fields, "bsb"), at(fields, "account_number")];
  const number = significant(account);
  return number.length > 4 && [number, significant(bsb + account)].includes(significant(id));
}

/** The digits of a number, without hyphens and leading zeros. */
function significant(text: string): string {
  return text.replaceAll("-", "").replace(/^0+/, "");
}

/**
 * Judges a well-shaped row by its content; the first failing column in column order gives the reason.
 * @param fields ten fields that {@link judgeShape} lets pass
 */
export function judgeContent(fields: readonly string[], stream: Stream, billingDate: CalendarDate): Judged {
  const dueDate = judgeDueDate(at(fields, "due_date"), stream, billingDate);
  if (dueDate.reason) return { reason: dueDate.reason, field: "due_date" };
  const attempt = at(fields, "attempt");
  if (!ATTEMPT.test(attempt)) return { reason: "bad-attempt", field: "attempt" };
  const merchantId = at(fields, "merchant_id");
  const remitter = judgeRemitter(at(fields, "merchant_name"), merchantId, stream);
  if (remitter.reason) return { reason: remitter.reason, field: "merchant_name" };
  const bsb = parseBsb(at(fields, "bsb"));
  if (bsb === undefined) return { reason: "bad-bsb", field: "bsb" };
  const accountNumber = parseAccountNumber(at(fields, "account_number"));
  if (accountNumber === undefined) return { reason: "bad-account", field: "account_number" };
  const title = cutTitle(at(fields, "account_title"));
  if (title === undefined) return { reason: "bad-title", field: "account_title" };
  const amount = manifestCents(fields);
  if (amount === 0) return { reason: "bad-amount", field: "amount_cents" };
  if (amount > stream.maxDebitCents) return { reason: "amount-over-limit", field: "amount_cents" };
  return {
    row: {
      mandateId: at(fields, "mandate_id"),
      dueDate: dueDate.date,
      attempt: Number(attempt),
      merchantId,
      remitter: remitter.name,
      bsb,
      accountNumber,
      title,
      cents: amount,
    },
  };
}

/**
 * The cents that a row adds to the manifest's total: its tenth field, if the row has exactly ten and the
 * tenth is 1–15 digits; else 0. The row's other columns, and its exclusion, change nothing in it.
 */
export function manifestCents(fields: readonly string[]): number {
  const amount = at(fields, "amount_cents");
  return fields.length === COLUMNS.length && AMOUNT.test(amount) ? Number(amount) : 0;
}

/**
 * Whether the row's columns are what they are called, so that its ids are ids: in a row that is shifted, or whose
 * columns are exchanged, the one called mandate_id may hold a bank account.
 *
 * That is so where due date and BSB are what their columns claim, and the bank account number too; or else the ids
 * have a letter, which no bank account number has. An id that is the row's own bank account is none in any case.
 */
export function isInPlace(fields: readonly string[]): boolean {
  return (
    fields.length === COLUMNS.length &&
    ID.test(at(fields, "mandate_id")) &&
    parseCalendarDate(at(fields, "due_date")) !== undefined &&
    parseBsb(at(fields, "bsb")) !== undefined &&
    !isOwnBankAccount("mandate_id", fields) &&
    !isOwnBankAccount("merchant_id", fields) &&
    (parseAccountNumber(at(fields, "account_number")) !== undefined ||
      (HAS_LETTER.test(at(fields, "mandate_id")) && HAS_LETTER.test(at(fields, "merchant_id"))))
  );
}

/**
 * The cents of a row that sums outside the due list may hold: none of a row that is not in its place, or above the
 * stream's limit for one debit. One such row alone would make the sum of the excluded rows its bank account number.
 */
export function tellableCents(fields: readonly string[], limits: Pick<Stream, "maxDebitCents">): number {
  const cents = manifestCents(fields);
  return cents <= limits.maxDebitCents && isInPlace(fields) ? cents : 0;
}

/** What may be said of an excluded row, mandate, due date and cents only where they may be told. */
export function exclusion(
  line: number,
  fields: readonly string[],
  reason: ExclusionReason,
  limits: Pick<Stream, "maxDebitCents">,
  details: Pick<Exclusion, "field" | "otherLine" | "claim"> = {},
): Exclusion {
  const names = isInPlace(fields)
    ? { mandateId: at(fields, "mandate_id"), dueDate: at(fields, "due_date") }
    : {};
  return { line, reason, cents: tellableCents(fields, limits), ...names, ...details };
}

function judgeDueDate(
  text: string,
  stream: Stream,
  billingDate: CalendarDate,
): { date: CalendarDate; reason?: undefined } | { reason: ContentReason } {
  const date = parseCalendarDate(text);
  if (date === undefined) return { reason: "bad-due-date" };
  const { past, ahead } = stream.dueWindowDays;
  if (date < addDays(billingDate, -past) || date > addDays(billingDate, ahead))
    return { reason: "outside-window" };
  return { date };
}

function judgeRemitter(
  merchantName: string,
  merchantId: string,
  stream: Stream,
): { name: string; reason?: undefined } | { reason: ContentReason } {
  const name = trimSpaces(transliterate(merchantName));
  if (name === "") return { reason: "bad-remitter" };
  // A merchant called "constructor" must not be given a name that every object has.
  const known = Object.hasOwn(stream.remitterNames, merchantId)
    ? stream.remitterNames[merchantId]
    : undefined;
  if (known !== undefined) return { name: known };
  if (!isBecsText(name)) return { reason: "bad-remitter" };
  return name.length > MOST_REMITTER ? { reason: "remitter-too-long" } : { name };
}

/** The title that the file carries, or undefined. The one field that is ever cut: banks only show it. */
function cutTitle(text: string): string | undefined {
  const title = trimSpaces(transliterate(text));
  return title !== "" && isBecsText(title) ? trimSpaces(title.slice(0, MOST_TITLE)) : undefined;
}

/** Spaces only: a tab or a line break is not padding but a sign that something else stands in the column. */
function trimSpaces(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && text[from] === " ") from++;
  while (to > from && text[to - 1] === " ") to--;
  return text.slice(from, to);
}
