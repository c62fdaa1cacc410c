import { addDays, type CalendarDate, weekday } from "../../../lambdas/domain/calendar-date.ts";
import { COLUMNS } from "../../../lambdas/domain/exclusion.ts";
import { manifestCents } from "../../../lambdas/domain/due-row.ts";
import { BAD_KINDS, type BadKind, type SampleRow } from "./bad-rows.ts";
import { type Merchant, merchants, type Payer, payer } from "./payers.ts";
import { type Random, randomFrom } from "./random.ts";

export interface SampleOptions {
  readonly rows: number;
  readonly seed: number;
  readonly stream: string;
  readonly date: CalendarDate;
  /** The share of the rows, 0 to 1, that end excluded. */
  readonly badShare: number;
  readonly merchants: number;
}

export interface DueListSample {
  /** The CSV, record by record, line ends included; the first is the header. */
  readonly records: readonly string[];
  readonly count: number;
  readonly totalCents: number;
  /** How many rows of each kind end excluded. */
  readonly bad: readonly { readonly kind: BadKind; readonly excluded: number }[];
}

/** A due list as billing systems send it, its mistakes included. A pure function: the same options, the same bytes. */
export function dueListSample(options: SampleOptions): DueListSample {
  const incidents = deal(options);
  const goodRows = options.rows - incidents.reduce((sum, kind) => sum + kind.extra, 0);
  const random = randomFrom(`${options.seed} incidents of ${options.stream} on ${options.date}`);
  const spoilt = new Map<number, BadKind>();
  for (const [index, kind] of incidents.entries()) {
    // One incident in each stretch of the list, so that no two meet in one row.
    const [first, next] = [stretch(index), stretch(index + 1)];
    spoilt.set(random.whole(first, next - 1), kind);
  }
  function stretch(index: number): number {
    return Math.floor((index * goodRows) / incidents.length);
  }
  const later = new Map<number, string[][]>();
  const rows: string[][] = [];
  for (const [index, row] of goodList(goodRows, options).entries()) {
    const [inPlace, ...extra] = spoilt.get(index)?.spoil(row, options.date) ?? [Object.values(row)];
    rows.push(inPlace as string[]);
    for (const fields of extra) {
      const after = random.whole(index, Math.min(index + 50, goodRows - 1));
      later.set(after, [...(later.get(after) ?? []), fields]);
    }
    rows.push(...(later.get(index) ?? []));
  }
  return {
    records: [[...COLUMNS], ...rows].map((fields) => `${fields.map(quoted).join(",")}\n`),
    count: rows.length,
    totalCents: rows.reduce((sum, fields) => sum + manifestCents(fields), 0),
    bad: BAD_KINDS.map((kind) => {
      return { kind, excluded: incidents.filter((incident) => incident === kind).length * kind.excluded };
    }).filter(({ excluded }) => excluded > 0),
  };
}

/** The kinds in turn until the share is reached, or no row is left to spoil. */
function deal({ rows, badShare }: SampleOptions): BadKind[] {
  const incidents: BadKind[] = [];
  let [left, missing] = [rows, Math.round(rows * badShare)];
  for (let turn = 0; missing > 0 && left > 0; turn++) {
    const kind = BAD_KINDS[turn % BAD_KINDS.length] as BadKind;
    if (kind.excluded > missing || kind.extra + 1 > left) continue;
    incidents.push(kind);
    left -= kind.extra + 1;
    missing -= kind.excluded;
  }
  return incidents;
}

function goodList(count: number, options: SampleOptions): SampleRow[] {
  const billing = randomFrom(`${options.seed} bills of ${options.stream} on ${options.date}`);
  const known = merchants(options.merchants);
  const rows: SampleRow[] = [];
  for (let serial = 1; serial <= count; serial++) {
    const mandateId = mandate(serial, options);
    const signing = randomFrom(`${options.seed} ${mandateId}`);
    // Some people pay one merchant under two mandates, from one bank account.
    const second = serial > 1 && signing.chance(0.03);
    const { merchant, payer } = signed(second ? mandate(serial - 1, options) : mandateId, known, options);
    let amount = bill(merchant, billing);
    if (second && String(amount) === rows.at(-1)?.amount_cents) amount += 500;
    rows.push({
      mandate_id: mandateId,
      due_date: dueDate(options.date, billing),
      attempt: "1",
      merchant_id: merchant.id,
      merchant_name: merchant.name,
      customer_id: payer.customerId,
      bsb: payer.bsb,
      account_number: payer.accountNumber,
      account_title: payer.title,
      amount_cents: String(amount),
    });
  }
  return rows;
}

/** Mandates are billed once a month: lists of different days of the month share none, those of one day all. */
function mandate(serial: number, { stream, date }: SampleOptions): string {
  return `DDR-${stream.toUpperCase()}-${date.slice(-2)}${String(serial).padStart(7, "0")}`;
}

/** What was signed with a mandate, the same in every month. */
function signed(
  mandateId: string,
  known: readonly Merchant[],
  { seed }: SampleOptions,
): { merchant: Merchant; payer: Payer } {
  const random = randomFrom(`${seed} ${mandateId} signed`);
  return { merchant: random.pick(known), payer: payer(random) };
}

function bill({ prices, bills }: Merchant, random: Random): number {
  return prices ? random.pick(prices) : random.whole(...(bills as [number, number]));
}

/** Most are due on the day; those of a weekend come on Monday; a few were held back and come late. */
function dueDate(date: CalendarDate, random: Random): CalendarDate {
  if (random.chance(0.04)) return addDays(date, -random.whole(1, 9));
  return weekday(date) === 1 ? addDays(date, -random.pick([0, 0, 0, 1, 2])) : date;
}

function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
