import { addDays, type CalendarDate } from "../../../lambdas/domain/calendar-date.ts";
import type { Column, ExclusionReason } from "../../../lambdas/domain/exclusion.ts";

/** One good row of a sample, by column. */
export type SampleRow = Readonly<Record<Column, string>>;

/** One way in which billing systems and people get a row wrong. */
export interface BadKind {
  readonly name: string;
  /** How the rows end, and how many of them. */
  readonly reason: ExclusionReason;
  readonly excluded: number;
  /** Rows that come on top of the one that is spoilt. */
  readonly extra: number;
  /** The spoilt row, then the extra ones, as fields. */
  readonly spoil: (row: SampleRow, date: CalendarDate) => string[][];
}

function one(
  name: string,
  reason: ExclusionReason,
  change: (row: SampleRow, date: CalendarDate) => object,
): BadKind {
  const spoil = (row: SampleRow, date: CalendarDate): string[][] => [
    Object.values({ ...row, ...change(row, date) }),
  ];
  return { name, reason, excluded: 1, extra: 0, spoil };
}

function pair(
  name: string,
  reason: ExclusionReason,
  excluded: number,
  second: (row: SampleRow) => object,
): BadKind {
  const spoil = (row: SampleRow): string[][] => [
    Object.values(row),
    Object.values({ ...row, ...second(row) }),
  ];
  return { name, reason, excluded, extra: 1, spoil };
}

const more = (amount: string): string => String(Number(amount) + 1_000);

/** In this order they are dealt out, the commonest first. */
export const BAD_KINDS: readonly BadKind[] = [
  one("bsb-without-its-zero", "bad-bsb", () => ({ bsb: "62000" })),
  {
    name: "comma-without-quotes",
    reason: "malformed-row",
    excluded: 1,
    extra: 0,
    spoil: (row) => [[...Object.values(row).slice(0, 8), "NGUYEN", " Zoë", row.amount_cents]],
  },
  one("amount-zero", "bad-amount", () => ({ amount_cents: "0" })),
  pair("row-twice", "duplicate-in-list", 1, () => ({})),
  pair("two-amounts-for-one-instalment", "conflicting-in-list", 2, ({ amount_cents }) => ({
    amount_cents: more(amount_cents),
  })),
  pair("two-instalments-in-one-week", "too-near", 2, ({ due_date, amount_cents }) => ({
    due_date: addDays(due_date as CalendarDate, -2),
    amount_cents: more(amount_cents),
  })),
  one("amount-beyond-any-bill", "amount-over-limit", ({ amount_cents }) => ({
    amount_cents: String(2_100_000 + Number(amount_cents)),
  })),
  one("due-last-quarter", "outside-window", (_, date) => ({ due_date: addDays(date, -75) })),
  one("title-in-another-script", "bad-title", () => ({ account_title: "Дмитрий Соколов" })),
  one("second-attempt-without-dishonour", "no-proven-dishonour", () => ({ attempt: "2" })),
  one("bank-account-too-long", "bad-account", () => ({ account_number: "123400567890" })),
  one("date-with-the-day-first", "bad-due-date", ({ due_date }) => ({
    due_date: due_date.split("-").reverse().join("/"),
  })),
  one("amount-in-dollars", "bad-amount", ({ amount_cents }) => ({
    amount_cents: `${amount_cents.slice(0, -2)}.${amount_cents.slice(-2)}`,
  })),
  one("title-missing", "bad-title", () => ({ account_title: "" })),
  one("mandate-id-with-spaces", "malformed-row", ({ mandate_id }) => ({
    mandate_id: mandate_id.replaceAll("-", " "),
  })),
  one("merchant-not-yet-configured", "remitter-too-long", () => ({
    merchant_id: "m-saltbush-childcare",
    merchant_name: "Saltbush Early Learning Centre",
  })),
  one("merchant-name-missing", "bad-remitter", () => ({ merchant_name: "" })),
  one("attempt-counted-from-zero", "bad-attempt", () => ({ attempt: "0" })),
  one("line-break-in-title", "bad-title", ({ account_title }) => ({
    account_title: `${account_title}\nUnit 4`,
  })),
];
