import { addDays, type CalendarDate, parseCalendarDate } from "../../domain/calendar-date.ts";
import type { Column, ContentReason } from "../../domain/exclusion.ts";
import type { Stream } from "../../domain/stream.ts";
import { inPlainLetters, isBecs } from "./latin.ts";
import { countedCents, isAttempt, isBsb, judgeForm } from "./row-form.ts";

/** What the gate itself expects a bank file to say of one due row. */
export interface OwnDebit {
  readonly mandateId: string;
  readonly dueDate: CalendarDate;
  readonly attempt: number;
  readonly merchantId: string;
  readonly remitter: string;
  /** `nnn-nnn` */
  readonly bsb: string;
  readonly accountNumber: string;
  readonly title: string;
  readonly cents: number;
}

export interface OwnRefusal {
  readonly reason: ContentReason;
  /** Absent where the row has no ten fields. */
  readonly field?: Column;
}

type Fields = readonly string[];
const at = (row: Fields, column: number): string => row[column] as string;
const refused = (reason: ContentReason, field: Column): OwnRefusal => ({ reason, field });

const DIGITS_AND_HYPHENS = /^[\d-]+$/;
const NOT_ALL_ZERO = /[1-9]/;

/**
 * The gate's own judgement of a row by its own content, made without a line of the code that staged it.
 * @returns a function of a row's fields; first the row's form, then its columns in their order
 */
export function rowJudge(stream: Stream, billingDate: CalendarDate): (row: Fields) => OwnDebit | OwnRefusal {
  const earliest = addDays(billingDate, -stream.dueWindowDays.past);
  const latest = addDays(billingDate, stream.dueWindowDays.ahead);
  // A list repeats a handful of dates over and over, so each is read once.
  const inWindow = new Map<string, CalendarDate>();

  const dueDateOf = (text: string): CalendarDate | OwnRefusal => {
    const known = inWindow.get(text);
    if (known !== undefined) return known;
    const date = parseCalendarDate(text);
    if (date === undefined) return refused("bad-due-date", "due_date");
    if (date < earliest || date > latest) return refused("outside-window", "due_date");
    inWindow.set(text, date);
    return date;
  };

  // So it does its merchants, each of them with the name that its row before had.
  const merchants = new Map<string, { readonly name: string; readonly remitter: string | OwnRefusal }>();
  const remitterOf = (name: string, merchantId: string): string | OwnRefusal => {
    const known = merchants.get(merchantId);
    if (known?.name === name) return known.remitter;
    const remitter = judgeRemitter(name, merchantId, stream);
    merchants.set(merchantId, { name, remitter });
    return remitter;
  };

  return (row) => {
    const malformed = judgeForm(row);
    if (malformed) return malformed;
    const dueDate = dueDateOf(at(row, 1));
    if (typeof dueDate !== "string") return dueDate;
    if (!isAttempt(at(row, 2))) return refused("bad-attempt", "attempt");
    const merchantId = at(row, 3);
    const remitter = remitterOf(at(row, 4), merchantId);
    if (typeof remitter !== "string") return remitter;
    const bsb = bsbOf(at(row, 6));
    if (bsb === undefined) return refused("bad-bsb", "bsb");
    const accountNumber = accountNumberOf(at(row, 7));
    if (accountNumber === undefined) return refused("bad-account", "account_number");
    const title = titleOf(at(row, 8));
    if (title === undefined) return refused("bad-title", "account_title");
    const cents = countedCents(row);
    if (cents === 0) return refused("bad-amount", "amount_cents");
    if (cents > stream.maxDebitCents) return refused("amount-over-limit", "amount_cents");
    const attempt = Number(row[2]);
    return {
      mandateId: at(row, 0),
      dueDate,
      attempt,
      merchantId,
      remitter,
      bsb,
      accountNumber,
      title,
      cents,
    };
  };
}

function judgeRemitter(name: string, merchantId: string, stream: Stream): string | OwnRefusal {
  const plain = plainName(name);
  if (plain === "") return refused("bad-remitter", "merchant_name");
  if (Object.hasOwn(stream.remitterNames, merchantId)) return stream.remitterNames[merchantId] as string;
  if (!isBecs(plain)) return refused("bad-remitter", "merchant_name");
  return plain.length > 16 ? refused("remitter-too-long", "merchant_name") : plain;
}

function bsbOf(text: string): string | undefined {
  if (!isBsb(text)) return undefined;
  return text.length === 7 ? text : `${text.slice(0, 3)}-${text.slice(3)}`;
}

function accountNumberOf(text: string): string | undefined {
  if (!DIGITS_AND_HYPHENS.test(text) || !NOT_ALL_ZERO.test(text)) return undefined;
  const number = text.length > 9 ? text.replaceAll("-", "") : text;
  return number.length > 9 ? undefined : number;
}

function titleOf(text: string): string | undefined {
  const plain = isBecs(text) ? withoutSpacesAround(text) : plainName(text);
  if (plain === "" || !isBecs(plain)) return undefined;
  return withoutSpacesAround(plain.slice(0, 32));
}

function plainName(text: string): string {
  return withoutSpacesAround(inPlainLetters(text));
}

const SPACE = 0x20;

function withoutSpacesAround(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && text.charCodeAt(from) === SPACE) from += 1;
  while (to > from && text.charCodeAt(to - 1) === SPACE) to -= 1;
  return text.slice(from, to);
}
