import { createHash } from "node:crypto";
import { dueListPrefix, batchId as idOf } from "../../lambdas/domain/batch.ts";
import { addDays, type CalendarDate, calendarDate, daysBetween } from "../../lambdas/domain/calendar-date.ts";
import { COLUMNS, type ContentReason } from "../../lambdas/domain/exclusion.ts";
import type { BankProfile, Configuration, Stream } from "../../lambdas/domain/stream.ts";
import { BILLING_DATE, configuration, type DueList, PROFILE, stream } from "../builders.ts";
import type { Random } from "./random.ts";

/** Why a row is not due for debiting, as far as its own list shows. */
export type OwnReason = ContentReason | "duplicate-in-list" | "conflicting-in-list" | "too-near";

/** One amount owed under one mandate, as the world outside knows it. */
export interface Instalment {
  readonly stream: string;
  readonly mandateId: string;
  readonly dueDate: CalendarDate;
  /** As the bank file has them: `nnn-nnn`, and the number without padding. No other mandate has this pair. */
  readonly bsb: string;
  readonly account: string;
}

/** What is true of one row of a due list, whatever our code makes of it. */
export interface DueRow {
  /** Data rows count from 1. */
  readonly line: number;
  /** Absent where the row does not say whose it is. */
  readonly instalment?: Instalment;
  readonly attempt: number;
  readonly cents: number;
  /** The columns of the bank file, without their padding. */
  readonly title: string;
  /** The names that a customer may read on the statement: one per release that may have billed it. */
  readonly remitters: readonly string[];
  /** Why this list's row must not be debited; absent if it is due. */
  readonly reason?: OwnReason;
}

/** One due list and the batch that bills it. */
export interface BatchList extends DueList {
  readonly batchId: string;
  readonly stream: string;
  readonly billingDate: CalendarDate;
  readonly number: number;
  /** The folder in the due bucket. */
  readonly prefix: string;
  readonly rows: readonly DueRow[];
}

/** A return that the bank may send once it has booked the debit: the list of a later batch counts on it. */
export interface Dishonour {
  readonly mandateId: string;
  readonly dueDate: CalendarDate;
  readonly attempt: number;
  /** The batch whose list has the next attempt. */
  readonly retriedBy: string;
}

/** What one seed bills. */
export interface Workload {
  /** The first release. */
  readonly configuration: Configuration;
  /** By stream, then in the order in which the billing system writes them. */
  readonly lists: readonly BatchList[];
  readonly instalments: readonly Instalment[];
  readonly dishonours: readonly Dishonour[];
  listOf(batchId: string): BatchList | undefined;
  /** Whose debit that is. Every amount that a list ever names for an instalment leads to it. */
  instalmentOf(bsb: string, account: string, cents: number): Instalment | undefined;
}

const MIN_DAYS = 5;
const MOST_CENTS = 9_999;
const CLUB = "club";
const CLUB_NAMES = ["SURF CLUB ONE", "SURF CLUB TWO"] as const;
/** As written in the list, and as the file carries it. */
const MERCHANTS = [
  { id: "gym", written: "Bondi Gym", read: "Bondi Gym" },
  { id: "pool", written: " Zoë's Pool ", read: "Zoe's Pool" },
  { id: CLUB, written: "Surf Club of Bronte Beach", read: "" },
] as const;
const TITLES = [
  ["NGUYEN Thi Hoa", "NGUYEN Thi Hoa"],
  ["O'BRIEN Seán", "O'BRIEN Sean"],
  ["MÜLLER, Jörg", "MULLER, Jorg"],
  ["  SMITH Ann  ", "SMITH Ann"],
  ["STRAẞER \u2013 Łukasz", "STRASSER - Lukasz"],
  ["FEATHERSTONEHAUGH Wilhelmina Josephine", "FEATHERSTONEHAUGH Wilhelmina Jos"],
] as const;

interface Mandate {
  readonly id: string;
  readonly bsb: string;
  readonly account: string;
  readonly title: (typeof TITLES)[number];
  readonly merchant: (typeof MERCHANTS)[number];
  readonly customer: string;
  readonly amounts: Set<number>;
}

interface Owed extends Instalment {
  readonly mandate: Mandate;
  readonly cents: number;
}

/** A row as it is written, and what is meant by it. */
interface Draft {
  readonly cells: readonly string[];
  readonly owed: Owed;
  readonly attempt: number;
  readonly cents: number;
  readonly content?: ContentReason;
}

/** Everything that two streams bill, with all that billing systems do to their lists. */
export function workload(random: Random): Workload {
  const accounts = new Set<string>();
  const debits = new Map<string, Instalment>();
  const dishonours: Dishonour[] = [];
  const streams = [streamA(random.fork("sim-a")), streamB(random.fork("sim-b"))];
  const instalments: Owed[] = [];
  const lists = streams.flatMap((one) => {
    const maker = new ListMaker(one, random.fork(`lists of ${one.name}`), accounts, debits);
    const made = maker.lists();
    instalments.push(...maker.owed);
    dishonours.push(...maker.dishonours);
    return made;
  });
  const byId = new Map(lists.map((list) => [list.batchId, list]));
  return {
    configuration: configuration(...streams),
    lists,
    instalments,
    dishonours,
    listOf: (batchId) => byId.get(batchId),
    instalmentOf: (bsb, account, cents) => debits.get(`${bsb} ${account} ${cents}`),
  };
}

/**
 * A later release: the same streams under other limits and names, which cut and write their files in another way. What
 * a row means, and whether it is due, stays.
 */
export function release(before: Configuration, random: Random): Configuration {
  const streams = Object.values(before.streams).map((one): Stream => {
    if (random.chance(0.3)) return one;
    const { bankProfile, maxFileDebits, segmentRows, remitterNames } = one;
    const name = random.chance(0.3) && {
      bankProfile: {
        ...bankProfile,
        userName: `DEBIT ONCE ${random.int(1, 99)}`,
        // The bank's key begins with it, and a batch may have files under both.
        userId: random.chance(0.5) ? bankProfile.userId : String(random.int(910_000, 969_999)),
      },
    };
    const limits = random.chance(0.5) && { maxFileDebits: Math.max(1, maxFileDebits + random.int(-2, 3)) };
    const cuts = random.chance(0.6) && { segmentRows: Math.max(2, segmentRows + random.int(-3, 3)) };
    const club = remitterNames[CLUB] === CLUB_NAMES[0] ? CLUB_NAMES[1] : CLUB_NAMES[0];
    const remitters = random.chance(0.4) && { remitterNames: { [CLUB]: club } };
    return { ...one, ...name, ...limits, ...cuts, ...remitters };
  });
  return { ...before, streams: Object.fromEntries(streams.map((one) => [one.name, one])) };
}

function streamA(random: Random): Stream {
  return simulated(random, "sim-a", "SA", {});
}

function streamB(random: Random): Stream {
  return simulated(random, "sim-b", "SB", {
    name: "nab-test",
    mnemonic: "NAB",
    userId: "999902",
    userName: "SECOND USER",
    selfBalancing: false,
    headerAccount: true,
    lastLineEnd: false,
    traceBsb: "082-001",
    traceAccount: "00-4321",
  });
}

function simulated(random: Random, name: string, code: string, profile: Partial<BankProfile>): Stream {
  const cut = random.next();
  return stream({
    name,
    code,
    bankProfile: { ...PROFILE, ...profile },
    segmentRows: random.int(3, 8),
    concurrency: random.int(2, 4),
    maxDebitCents: MOST_CENTS,
    // Half of the streams cut by number, some by sum, and the rest write one file.
    ...(cut < 0.6 && { maxFileDebits: random.int(2, 4) }),
    ...(cut >= 0.6 && cut < 0.8 && { maxFileCents: random.int(10, 20) * 1_000 }),
    toleratedExcludedShare: random.chance(0.12) ? 0 : 0.6,
    minDaysBetweenInstalments: MIN_DAYS,
    // People may leave a batch for longer than a redrive is possible, and what it released is still due then.
    dueWindowDays: { past: 60, ahead: 0 },
    remitterNames: { [CLUB]: CLUB_NAMES[0] },
  });
}

/** Writes one stream's lists. */
class ListMaker {
  readonly owed: Owed[] = [];
  readonly dishonours: Dishonour[] = [];
  readonly #stream: Stream;
  readonly #random: Random;
  readonly #accounts: Set<string>;
  readonly #debits: Map<string, Instalment>;
  #mandates = 0;

  constructor(stream: Stream, random: Random, accounts: Set<string>, debits: Map<string, Instalment>) {
    this.#stream = stream;
    this.#random = random;
    this.#accounts = accounts;
    this.#debits = debits;
  }

  lists(): BatchList[] {
    const random = this.#random;
    if (random.chance(0.12)) return this.#twins();
    const count = random.pick([1, 1, 1, 1, 1, 2, 2, 3]);
    const fresh = this.#chunks(random.int(10, 29), count);
    const earlier: Owed[] = [];
    return fresh.map((chunk, index) => {
      const repeats = this.#repeats(earlier);
      const { date, number } = this.#dates[index] as { date: CalendarDate; number: number };
      const drafts = random.chance(0.03) ? [] : this.#drafts([...chunk, ...repeats], index);
      drafts.push(...(drafts.length > 0 ? this.#retries(earlier, drafts, date, number) : []));
      earlier.push(...chunk);
      return this.#list(random.shuffle(drafts), date, number);
    });
  }

  /** Two lists of different mandates with the same amounts, row by row: the gate suspects the second one. */
  #twins(): BatchList[] {
    const half = this.#random.int(5, 14);
    const first = Array.from({ length: half }, () => this.#instalment(this.#mandate()));
    const second = first.map(({ cents }) => this.#instalment(this.#mandate(), 0, cents));
    return [first, second].map((chunk, index) => {
      const { date, number } = this.#dates[index] as { date: CalendarDate; number: number };
      const drafts = chunk.map((owed) => this.#draft(owed, 1));
      return this.#list(drafts, date, number);
    });
  }

  /** Billing dates and numbers of a stream's lists: the next number of the day, or the next business day. */
  #days: { date: CalendarDate; number: number }[] | undefined;

  get #dates(): readonly { readonly date: CalendarDate; readonly number: number }[] {
    if (this.#days) return this.#days;
    const days = [{ date: BILLING_DATE, number: 1 }];
    for (let more = 0; more < 2; more += 1) {
      const { date, number } = days.at(-1) as { date: CalendarDate; number: number };
      days.push(
        this.#random.chance(0.5) ? { date, number: number + 1 } : { date: addDays(date, 1), number: 1 },
      );
    }
    this.#days = days;
    return days;
  }

  /** What is owed for the first time, list by list: every list has some, the first one most. */
  #chunks(most: number, lists: number): Owed[][] {
    const random = this.#random;
    // The smaller of two draws: there are long lists, but most are short, because every row costs time.
    const count = Math.min(most, random.int(10, 29));
    while (this.owed.length < count) {
      const mandate = this.#mandate();
      const first = this.#instalment(mandate);
      const second = random.next();
      if (second < 0.12) this.#instalment(mandate, -daysBefore(first) - random.int(MIN_DAYS, 9));
      else if (second < 0.22) this.#instalment(mandate, -daysBefore(first) - random.int(1, 4));
    }
    const chunks: Owed[][] = Array.from({ length: lists }, () => []);
    for (const owed of random.shuffle(this.owed)) {
      const index = random.chance(0.25) ? 0 : random.int(0, lists - 1);
      (chunks[index] as Owed[]).push(owed);
    }
    return chunks;
  }

  /** A billing system that sends again what earlier lists had: all of it, as a successor list does, or some. */
  #repeats(earlier: readonly Owed[]): Owed[] {
    const share = this.#random.pick([0, 0.1, 0.3, 1]);
    return earlier.filter(() => this.#random.chance(share));
  }

  #drafts(owed: readonly Owed[], index: number): Draft[] {
    const random = this.#random;
    return owed.flatMap((one) => {
      // A repeated row may name another amount: it is the same instalment all the same.
      const corrected = index > 0 && random.chance(0.04);
      const cents = corrected ? this.#amount(one) : one.cents;
      const draft = this.#draft(one, 1, cents);
      if (random.chance(0.07)) return [this.#spoilt(draft)];
      if (random.chance(0.04)) return [draft, draft];
      if (random.chance(0.03)) return [draft, this.#draft(one, 1, this.#amount(one))];
      return [draft];
    });
  }

  /** Second attempts of what an earlier list had, of instalments that this list does not name otherwise. */
  #retries(earlier: readonly Owed[], drafts: readonly Draft[], date: CalendarDate, number: number): Draft[] {
    const here = new Set(drafts.map(({ owed }) => owed));
    const retried = earlier.filter((owed) => !here.has(owed) && this.#random.chance(0.15));
    for (const { mandateId, dueDate } of retried) {
      const retriedBy = idOf(this.#stream.name, date, number);
      this.dishonours.push({ mandateId, dueDate, attempt: 1, retriedBy });
    }
    return retried.map((owed) => this.#draft(owed, 2));
  }

  #mandate(): Mandate {
    const random = this.#random;
    this.#mandates += 1;
    const id = `${this.#stream.code}.${this.#mandates}`;
    for (;;) {
      const bsb = `${digits(random, 3)}-${digits(random, 3)}`;
      const account = accountNumber(random);
      // Banks read past leading zeros and hyphens, so that no two may differ in these alone.
      const key = `${bsb} ${account.replaceAll("-", "").replace(/^0+/, "")}`;
      if (this.#accounts.has(key)) continue;
      this.#accounts.add(key);
      const customer = `cust-${this.#mandates}`;
      const amounts = new Set<number>();
      return {
        id,
        bsb,
        account,
        title: random.pick(TITLES),
        merchant: random.pick(MERCHANTS),
        customer,
        amounts,
      };
    }
  }

  /** @param days from the first billing date; some days before it by default */
  #instalment(mandate: Mandate, days = -this.#random.int(0, 10), cents?: number): Owed {
    const { id: mandateId, bsb, account } = mandate;
    const dueDate = addDays(BILLING_DATE, days);
    const one = { stream: this.#stream.name, mandateId, dueDate, bsb, account };
    const owed = { ...one, mandate, cents: cents ?? 0 };
    const amount = cents ?? this.#amount(owed);
    const made = { ...owed, cents: amount };
    mandate.amounts.add(amount);
    this.#debits.set(`${bsb} ${account} ${amount}`, one);
    this.owed.push(made);
    return made;
  }

  /** A new amount for an instalment, which no other one of its mandate has. */
  #amount({ mandate, mandateId, dueDate, bsb, account, stream }: Owed): number {
    let cents = this.#random.int(100, MOST_CENTS);
    while (mandate.amounts.has(cents)) cents = this.#random.int(100, MOST_CENTS);
    mandate.amounts.add(cents);
    this.#debits.set(`${bsb} ${account} ${cents}`, { stream, mandateId, dueDate, bsb, account });
    return cents;
  }

  #draft(owed: Owed, attempt: number, cents = owed.cents): Draft {
    const { mandate, mandateId, dueDate } = owed;
    const { merchant, customer, title } = mandate;
    const cells = [
      mandateId,
      dueDate,
      String(attempt),
      merchant.id,
      merchant.written,
      customer,
      this.#random.chance(0.2) ? mandate.bsb.replace("-", "") : mandate.bsb,
      written(mandate.account, this.#random),
      title[0],
      String(cents),
    ];
    return { cells, owed, attempt, cents };
  }

  /** The row with one mistake in it. */
  #spoilt(draft: Draft): Draft {
    const [reason, column, value] = this.#random.pick(MISTAKES);
    if (column === undefined) return { ...draft, cells: draft.cells.slice(0, -1), content: reason };
    const cells = draft.cells.map((cell, index) => (COLUMNS[index] === column ? value : cell));
    // A merchant that the configuration knows may have a name of any length in the list.
    if (reason === "remitter-too-long") cells[COLUMNS.indexOf("merchant_id")] = "tower";
    return { ...draft, cells, content: reason };
  }

  #list(drafts: readonly Draft[], billingDate: CalendarDate, number: number): BatchList {
    const { name } = this.#stream;
    const end = this.#random.chance(0.2) ? "\r\n" : "\n";
    const lines = [COLUMNS, ...drafts.map(({ cells }) => cells)].map((cells) => cells.map(quoted).join(","));
    const csv = Buffer.from(lines.map((line) => line + end).join(""), "utf8");
    const totalCents = drafts.reduce((sum, { cells }) => sum + manifestCents(cells), 0);
    const manifest = {
      count: drafts.length,
      totalCents,
      sha256: createHash("sha256").update(csv).digest("hex"),
      producedAt: "2026-10-06T05:30:00+11:00",
    };
    const reasons = ownReasons(drafts);
    return {
      batchId: idOf(name, billingDate, number),
      stream: name,
      billingDate,
      number,
      prefix: dueListPrefix(name, billingDate, number),
      csv,
      manifest: Buffer.from(JSON.stringify(manifest), "utf8"),
      rows: drafts.map(({ owed, attempt, cents, cells, content }, index) => {
        const reason = reasons[index];
        const { mandate, mandateId, dueDate, bsb, account, stream } = owed;
        const { id, read } = mandate.merchant;
        return {
          line: index + 1,
          ...(isNamed(cells, content) && { instalment: { stream, mandateId, dueDate, bsb, account } }),
          attempt,
          cents,
          title: mandate.title[1],
          remitters: id === CLUB ? CLUB_NAMES : [read],
          ...(reason && { reason }),
        };
      }),
    };
  }
}

/** Each mistake's reason, and the column that it puts which value into; no column: one field is missing. */
const MISTAKES: readonly (readonly [ContentReason, (typeof COLUMNS)[number] | undefined, string])[] = [
  ["malformed-row", undefined, ""],
  ["malformed-row", "mandate_id", "SA 17"],
  ["bad-bsb", "bsb", "08-3170"],
  ["bad-account", "account_number", "000000000"],
  ["bad-account", "account_number", "12A456"],
  ["bad-title", "account_title", ""],
  ["bad-title", "account_title", "山田太郎"],
  ["bad-amount", "amount_cents", "0"],
  ["bad-amount", "amount_cents", "12.50"],
  ["amount-over-limit", "amount_cents", String(MOST_CENTS + 1)],
  ["bad-due-date", "due_date", "2026-02-30"],
  ["outside-window", "due_date", "2026-08-01"],
  ["outside-window", "due_date", "2026-12-24"],
  ["bad-attempt", "attempt", "0"],
  ["bad-remitter", "merchant_name", " "],
  ["remitter-too-long", "merchant_name", "Tower of Seventeen"],
];

/** A row whose own ids are damaged belongs to nobody. */
function isNamed(cells: readonly string[], content: ContentReason | undefined): boolean {
  return content !== "malformed-row" && cells.length === COLUMNS.length;
}

/** What each row's own list says against it, judged anew from the rows as they are written. */
function ownReasons(drafts: readonly Draft[]): (OwnReason | undefined)[] {
  const reasons = drafts.map(({ content }): OwnReason | undefined => content);
  const groups = new Map<string, number[]>();
  for (const [index, { cells, content }] of drafts.entries()) {
    if (!isNamed(cells, content)) continue;
    const name = `${cells[0]} ${cells[1]}`;
    groups.set(name, [...(groups.get(name) ?? []), index]);
  }
  const left: number[] = [];
  for (const indexes of groups.values()) {
    const [first = 0, ...others] = indexes;
    const text = (index: number) => JSON.stringify(drafts[index]?.cells);
    const isSame = others.every((other) => text(other) === text(first));
    for (const other of others) reasons[other] = isSame ? "duplicate-in-list" : "conflicting-in-list";
    if (!isSame) reasons[first] = "conflicting-in-list";
    if (reasons[first] === undefined) left.push(first);
  }
  for (const index of left) {
    const { cells } = drafts[index] as Draft;
    const crowds = left.some((other) => {
      const near = (drafts[other] as Draft).cells;
      if (other === index || near[0] !== cells[0]) return false;
      return Math.abs(daysBetween(near[1] as CalendarDate, cells[1] as CalendarDate)) < MIN_DAYS;
    });
    if (crowds) reasons[index] = "too-near";
  }
  return reasons;
}

function manifestCents(cells: readonly string[]): number {
  const amount = cells.length === COLUMNS.length ? (cells.at(-1) as string) : "";
  return /^[0-9]{1,15}$/.test(amount) ? Number(amount) : 0;
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function daysBefore({ dueDate }: Owed): number {
  return daysBetween(dueDate, calendarDate(BILLING_DATE));
}

function digits(random: Random, count: number): string {
  return String(random.int(0, 10 ** count - 1)).padStart(count, "0");
}

/** A number as the bank file carries it: five to nine columns, some with zeros that belong to it, or a hyphen. */
function accountNumber(random: Random): string {
  const form = random.next();
  if (form < 0.15) return `00${digits(random, random.int(3, 5))}1`;
  if (form < 0.3) return `${digits(random, 2)}-${digits(random, 4)}1`;
  return `${random.int(1, 9)}${digits(random, random.int(4, 8))}`;
}

/** A nine-digit number may be written with hyphens, which make it too long for its columns and are then left out. */
function written(account: string, random: Random): string {
  if (!/^\d{9}$/.test(account) || !random.chance(0.3)) return account;
  return `${account.slice(0, 4)}-${account.slice(4)}`;
}
