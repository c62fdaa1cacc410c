import { CODE_CREDIT, CODE_DEBIT, type Entry } from "../../domain/bank-file.ts";
import type { FileItem } from "../../domain/records.ts";
import type { Case } from "./case.ts";
import { cell } from "./cell.ts";
import type { DueTable } from "./due-table.ts";
import { ENTRY_FIELDS, entryText } from "./entry-text.ts";
import type { Findings } from "./findings.ts";
import type { Gate } from "./gate.ts";
import { RunningSum } from "./sums.ts";

/** What is known of the whole set while its files are walked in order. */
export class SetSoFar {
  readonly debits = new RunningSum();
  readonly byMerchant = new Map<string, RunningSum>();
  largestCents = 0;
  /** The due-list line of the last debit. */
  lastLine = 0;
  /** The line in a lodgement reference of this batch; 0 for any other text. */
  readonly lineIn: (reference: string) => number;

  constructor(lineIn: (reference: string) => number) {
    this.lineIn = lineIn;
  }
}

/** The entries of one file, held one by one against the due list, in the order in which the file has them. */
export class FileEntries {
  readonly debits = new RunningSum();
  readonly credits = new RunningSum();
  /** The due-list line of each debit, in file order; 0 where it is of no due row. */
  readonly lines: number[] = [];
  readonly cents: number[] = [];
  readonly #case: Case;
  readonly #item: FileItem;
  readonly #description: string;
  readonly #table: DueTable;
  readonly #set: SetSoFar;
  readonly #findings: Findings;

  /** @param description the one that the gate expects of this file */
  constructor(gate: Gate, set: SetSoFar, item: FileItem, description: string) {
    this.#case = gate.case;
    this.#table = gate.table;
    this.#findings = gate.findings;
    this.#set = set;
    this.#item = item;
    this.#description = description;
  }

  /** Takes the next type 1 record. */
  take(entry: Entry, line: number): void {
    const departures = this.credits.count > 0 ? ["it follows the balancing record"] : [];
    if (entry.code === CODE_DEBIT) this.#takeDebit(entry, line, departures);
    else this.#takeCredit(entry, departures);
    if (departures.length > 0) {
      this.#findings.add("entries", { file: this.#item.number, line }, departures.join(", "));
    }
  }

  /** After the last record: whether the file is balanced as its bank wants it. */
  finish(): void {
    const wanted = this.#case.stream.bankProfile.selfBalancing ? 1 : 0;
    if (this.credits.count === wanted) return;
    const rule = wanted === 1 ? "not exactly one balancing record" : "a credit in a file of debits alone";
    this.#findings.add("entries", { file: this.#item.number }, rule);
  }

  #takeDebit(entry: Entry, line: number, departures: string[]): void {
    this.debits.add(entry.cents);
    this.#set.debits.add(entry.cents);
    this.#set.largestCents = Math.max(this.#set.largestCents, entry.cents);
    const due = this.#dueLine(entry.reference);
    this.lines.push(due);
    this.cents.push(entry.cents);
    const place = { file: this.#item.number, line };
    if (entry.cents > this.#case.stream.maxDebitCents) {
      this.#findings.add("debit-limit", place, "the amount is above the stream's limit");
    }
    this.#addToMerchant(due, entry.cents);
    if (due === 0) {
      this.#findings.add("no-row-surplus", place, "a debit of no due row");
      departures.push("its lodgement reference is of no due row");
      return;
    }
    this.#table.inFiles[due] = Math.min(255, cell(this.#table.inFiles, due) + 1);
    this.#judgePlace(due, departures);
    this.#judgeContent(entry, due, departures);
  }

  /** The due row that a lodgement reference of this batch names; 0 if there is none. */
  #dueLine(reference: string): number {
    const line = this.#set.lineIn(reference);
    return this.#table.has(line) ? line : 0;
  }

  #judgePlace(due: number, departures: string[]): void {
    const { firstLine, lastLine } = this.#item;
    if (due <= this.#set.lastLine) departures.push("not in due-list order");
    if (due < firstLine || due > lastLine) departures.push("outside the file's lines");
    this.#set.lastLine = Math.max(due, this.#set.lastLine);
  }

  #judgeContent(entry: Entry, due: number, departures: string[]): void {
    const reason = this.#table.ownReason(due);
    if (reason !== undefined) {
      this.#findings.add("exclusions", { line: due }, `it is in a bank file, but is ${reason}`);
      departures.push(`its row is ${reason}`);
      return;
    }
    if (!this.#table.isEntry(due, entry)) {
      const [found, wanted] = [entryText(entry).split("\n"), this.#table.entry(due).split("\n")];
      departures.push(...ENTRY_FIELDS.filter((_, index) => found[index] !== wanted[index]));
    }
    if (entry.cents !== this.#table.cents[due]) departures.push("amount");
    this.#judgeFixed(entry, departures);
  }

  /** What is the same in every entry. */
  #judgeFixed(entry: Entry, departures: string[]): void {
    const { traceBsb, traceAccount } = this.#case.stream.bankProfile;
    if (entry.indicator !== " ") departures.push("indicator");
    if (entry.withholdingCents !== 0) departures.push("withholding tax");
    if (entry.traceBsb !== traceBsb || entry.traceAccountNumber !== traceAccount) {
      departures.push("trace account");
    }
  }

  #takeCredit(entry: Entry, departures: string[]): void {
    this.credits.add(entry.cents);
    const { traceBsb, traceAccount, userName } = this.#case.stream.bankProfile;
    if (entry.code !== CODE_CREDIT) departures.push("transaction code");
    if (entry.bsb !== traceBsb || entry.accountNumber !== traceAccount) departures.push("bank account");
    // The record balances what stands before it; a debit after it is a departure of its own.
    if (entry.cents !== this.debits.cents) departures.push("amount");
    if (entry.title !== userName) departures.push("title");
    if (entry.reference !== this.#description) departures.push("lodgement reference");
    if (entry.remitter !== this.#description) departures.push("remitter");
    this.#judgeFixed(entry, departures);
  }

  #addToMerchant(due: number, cents: number): void {
    const merchantId = due === 0 ? undefined : this.#table.reportedMerchant(due);
    const name = merchantId ?? "";
    const sum = this.#set.byMerchant.get(name) ?? new RunningSum();
    this.#set.byMerchant.set(name, sum);
    sum.add(cents);
  }
}
