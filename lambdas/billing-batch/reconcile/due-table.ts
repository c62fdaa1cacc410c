import { COLUMNS, type Exclusion, EXCLUSION_REASONS, type ExclusionReason } from "../../domain/exclusion.ts";
import { cell } from "./cell.ts";
import type { DebitKey } from "./debit-key.ts";
import type { EntryFields } from "./entry-text.ts";
import { MandateIds } from "./mandate-ids.ts";
import { PackedTexts } from "./packed-texts.ts";
import type { OwnDebit } from "./own-judgement.ts";

/** Characters of an entry's own fields, as most have them. */
const USUAL_ENTRY = 56;

/** Why the gate would exclude a row without asking the ledger. */
export type OwnExclusion = Pick<Exclusion, "reason" | "field" | "otherLine">;

/**
 * The mandates that have several rows: by the first line of each, all of its lines, rising. Rows that do not even
 * have the form of a row are not among them.
 */
export type Companions = ReadonlyMap<number, readonly number[]>;

/**
 * The whole due list as the gate judges it, by line from 1: a few numbers and shared strings per row instead of
 * a row object, because a list may have a million rows. What is not set is zero, or undefined.
 */
export class DueTable {
  /** Data rows. */
  rows = 0;
  /** The manifest's total as this list has it. */
  manifestCents = 0;
  /** The rows of which the manifest counts cents that may not be told. */
  untold = 0;
  /** The amount that may be told: what every sum but the manifest's is made of. */
  readonly cents: Float64Array;
  /** 1 where a report may name mandate, due date and merchant. */
  readonly nameable: Uint8Array;
  /** In how many places of the bank files a row stands, up to 255. */
  readonly inFiles: Uint8Array;
  /** How often staging has recorded it as excluded, up to 255. */
  readonly excluded: Uint8Array;
  readonly #mandateIds: MandateIds;
  readonly #dueDates: string[];
  readonly #merchantIds: string[];
  readonly #attempts: Uint8Array;
  readonly #reasons: Uint8Array;
  readonly #fields: Uint8Array;
  readonly #otherLines: Uint32Array;
  readonly #entries: PackedTexts;

  /** @param mostRows more rows than this do not fit */
  constructor(mostRows: number) {
    const capacity = mostRows + 1;
    this.cents = new Float64Array(capacity);
    this.nameable = new Uint8Array(capacity);
    this.inFiles = new Uint8Array(capacity);
    this.excluded = new Uint8Array(capacity);
    this.#mandateIds = new MandateIds(capacity);
    this.#dueDates = new Array<string>(capacity);
    this.#merchantIds = new Array<string>(capacity);
    this.#attempts = new Uint8Array(capacity);
    this.#reasons = new Uint8Array(capacity);
    this.#fields = new Uint8Array(capacity);
    this.#otherLines = new Uint32Array(capacity);
    this.#entries = new PackedTexts(capacity, USUAL_ENTRY);
  }

  /** A row that a bank file should carry, as far as the row itself can tell. */
  setDebit(line: number, debit: OwnDebit): void {
    this.#attempts[line] = debit.attempt;
    this.nameable[line] = 1;
    this.#entries.set(line, debit.bsb, debit.accountNumber, debit.title, debit.remitter);
  }

  /**
   * Due date and merchant id as they are written, and the mandate id if it is one. Strings that many rows have
   * in common should be the same string.
   */
  setIds(line: number, mandateId: string | undefined, dueDate: string, merchantId: string): void {
    if (mandateId !== undefined) this.#mandateIds.set(line, mandateId);
    this.#dueDates[line] = dueDate;
    this.#merchantIds[line] = merchantId;
  }

  /** Puts the row with the others of its mandate. Lines come rising. */
  group(line: number, mandateId: string): void {
    this.#mandateIds.group(line, mandateId);
  }

  get companions(): Companions {
    return this.#mandateIds.several;
  }

  /** Says that a claim may exist for a row that {@link setDebit} was not called for. */
  setAttempt(line: number, attempt: number): void {
    this.#attempts[line] = attempt;
  }

  exclude(line: number, { reason, field, otherLine }: OwnExclusion): void {
    this.#reasons[line] = 1 + EXCLUSION_REASONS.indexOf(reason);
    this.#fields[line] = field === undefined ? 0 : 1 + COLUMNS.indexOf(field);
    this.#otherLines[line] = otherLine ?? 0;
  }

  has(line: number): boolean {
    return Number.isInteger(line) && line >= 1 && line <= this.rows;
  }

  /** Undefined for a row that only the ledger's reasons could exclude. */
  ownReason(line: number): ExclusionReason | undefined {
    const reason = cell(this.#reasons, line);
    return reason === 0 ? undefined : EXCLUSION_REASONS[reason - 1];
  }

  /** As {@link ownReason}, with all that the gate expects an exclusion to say. */
  ownExclusion(line: number): OwnExclusion | undefined {
    const reason = this.ownReason(line);
    if (reason === undefined) return undefined;
    const field = COLUMNS[cell(this.#fields, line) - 1];
    const otherLine = cell(this.#otherLines, line);
    return { reason, ...(field && { field }), ...(otherLine > 0 && { otherLine }) };
  }

  /** The name of the row's claim, or undefined where the ledger cannot have one. */
  key(line: number): DebitKey | undefined {
    const attempt = cell(this.#attempts, line);
    if (attempt === 0) return undefined;
    return { mandateId: this.mandateId(line), dueDate: this.dueDate(line), attempt };
  }

  isKeyOf(line: number, { mandateId, dueDate, attempt }: DebitKey): boolean {
    return (
      this.#attempts[line] === attempt &&
      this.#dueDates[line] === dueDate &&
      this.#mandateIds.is(line, mandateId)
    );
  }

  mandateId(line: number): string {
    return this.#mandateIds.get(line);
  }

  /** As it is written. */
  dueDate(line: number): string {
    return this.#dueDates[line] ?? "";
  }

  merchantId(line: number): string {
    return this.#merchantIds[line] ?? "";
  }

  /**
   * The merchant under which a report may list the row: undefined where the columns may be shifted, because
   * the one called merchant_id could then hold a bank account.
   */
  reportedMerchant(line: number): string | undefined {
    if (this.nameable[line] !== 1 || this.ownReason(line) === "malformed-row") return undefined;
    return this.#merchantIds[line];
  }

  /** Whether the row's entry must say just this. */
  isEntry(line: number, { bsb, accountNumber, title, remitter }: EntryFields): boolean {
    return this.#entries.is(line, bsb, accountNumber, title, remitter);
  }

  /** What the row's entry must say, one field per line, as `entryText` puts it. */
  entry(line: number): string {
    return this.#entries.get(line);
  }
}
