import { dollars } from "../../lambdas/domain/cents.ts";
import { CODE_DEBIT, type Entry } from "../../lambdas/domain/bank-file.ts";
import { parseLodgementReference } from "../../lambdas/domain/lodgement-reference.ts";
import type { Claim, Sum } from "../../lambdas/domain/records.ts";

/** One batch as three sources tell it, read independently of each other. */
export interface ThreeSources {
  readonly batch: {
    readonly id: string;
    readonly code: string;
    readonly billingDate: string;
    readonly number: number;
  };
  /** Line (data rows count from 1) → cents, as the list says; rows whose amount is no amount are left out. */
  readonly due: ReadonlyMap<number, number>;
  readonly claims: readonly Pick<Claim, "batchId" | "line" | "cents">[];
  readonly entries: readonly Pick<Entry, "code" | "cents" | "reference">[];
}

export interface Compared {
  readonly due: Sum;
  readonly ledger: Sum;
  readonly bankFile: Sum;
  /** Empty where ledger and bank file hold the same debits. */
  readonly differences: readonly string[];
}

/** Compares the debits of the bank file with the claims of the ledger, one by one and both ways. */
export function compare({ batch, due, claims, entries }: ThreeSources): Compared {
  const differences: string[] = [];
  const sent = new Map<number, number>();
  for (const [index, entry] of entries.entries()) {
    if (entry.code !== CODE_DEBIT) continue;
    const origin = parseLodgementReference(entry.reference);
    if (
      origin?.code !== batch.code ||
      origin.billingDate !== batch.billingDate ||
      origin.number !== batch.number
    ) {
      differences.push(`entry ${index + 1} has a reference of no debit of ${batch.id}`);
    } else if (sent.has(origin.line)) {
      differences.push(`line ${origin.line} is in the bank file twice`);
    } else sent.set(origin.line, entry.cents);
  }
  const claimed = new Map<number, number>();
  for (const { batchId, line, cents } of claims) {
    if (batchId !== batch.id) differences.push(`a claim of ${batchId} was taken for one of ${batch.id}`);
    else if (claimed.has(line)) differences.push(`line ${line} has two claims`);
    else claimed.set(line, cents);
  }
  for (const [line, cents] of sent) {
    const claim = claimed.get(line);
    if (claim === undefined) differences.push(`line ${line} is in the bank file without a claim`);
    else if (claim !== cents)
      differences.push(`line ${line}: ${cents} cents in the bank file, ${claim} claimed`);
    if (due.get(line) !== cents) differences.push(`line ${line}: ${cents} cents are not what the list says`);
  }
  for (const line of claimed.keys()) {
    if (!sent.has(line)) differences.push(`line ${line} is claimed and in no bank file`);
  }
  return { due: sumOf(due), ledger: sumOf(claimed), bankFile: sumOf(sent), differences };
}

function sumOf(amounts: ReadonlyMap<number, number>): Sum {
  return { count: amounts.size, cents: [...amounts.values()].reduce((sum, cents) => sum + cents, 0) };
}

/** The totals side by side. */
export function totalsText({ due, ledger, bankFile }: Compared): string {
  const columns = { "due list": due, ledger, "bank file": bankFile };
  const row = (name: string, cells: readonly string[]) =>
    name.padEnd(8) + cells.map((cell) => cell.padStart(16)).join("");
  return [
    row("", Object.keys(columns)),
    row(
      "debits",
      Object.values(columns).map(({ count }) => count.toLocaleString("en-AU")),
    ),
    row(
      "amount",
      Object.values(columns).map(({ cents }) => dollars(cents)),
    ),
  ].join("\n");
}
