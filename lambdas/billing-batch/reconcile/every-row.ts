import { CONTENT_REASONS, type ExclusionReason } from "../../domain/exclusion.ts";
import type { Sum } from "../../domain/records.ts";
import type { MerchantTotal } from "../../domain/report.ts";
import { cell } from "./cell.ts";
import type { DueTable } from "./due-table.ts";
import type { Findings } from "./findings.ts";
import { isEqual, minus, plain, RunningSum } from "./sums.ts";

/** What the whole list adds up to, once the files and the exclusions have been walked. */
export interface RowSums {
  readonly due: Sum;
  /** The rows that staging has recorded as excluded. */
  readonly excluded: Sum;
  /** How many rows the gate itself would exclude for their content. */
  readonly content: number;
  /** By merchant id; rows whose merchant must not be named stand under {@link UNNAMED}. */
  readonly merchants: readonly MerchantTotal[];
}

export const UNNAMED = "(not to be named)";

const CONTENT: ReadonlySet<ExclusionReason> = new Set(CONTENT_REASONS);

/** Proves that every due row is in exactly one file, or excluded exactly once; adds up what it meets on the way. */
export function walkRows(table: DueTable, inFiles: ReadonlyMap<string, Sum>, findings: Findings): RowSums {
  const due = new RunningSum();
  const excluded = new RunningSum();
  const merchants = new Map<string, { due: RunningSum; excluded: RunningSum }>();
  let content = 0;
  for (let line = 1; line <= table.rows; line += 1) {
    const [filed, out] = [cell(table.inFiles, line), cell(table.excluded, line)];
    if (filed + out === 0) findings.add("no-row-missing", { line }, "is neither in a bank file nor excluded");
    if (filed + out > 1) findings.add("no-row-surplus", { line }, inWords(filed, out));
    const cents = cell(table.cents, line);
    const merchant = merchantOf(merchants, table.reportedMerchant(line) ?? "");
    due.add(cents);
    merchant.due.add(cents);
    if (out > 0) {
      excluded.add(cents);
      merchant.excluded.add(cents);
    }
    const reason = table.ownReason(line);
    if (reason !== undefined && CONTENT.has(reason)) content += 1;
  }
  for (const merchantId of inFiles.keys()) merchantOf(merchants, merchantId);
  const totals = Array.from(merchants, ([merchantId, sums]) => ({
    merchantId: merchantId === "" ? UNNAMED : merchantId,
    due: plain(sums.due),
    excluded: plain(sums.excluded),
    inFiles: plain(inFiles.get(merchantId) ?? new RunningSum()),
  }));
  return { due, excluded, content, merchants: totals.sort((a, b) => (a.merchantId < b.merchantId ? -1 : 1)) };
}

/** The merchants whose due rows less the excluded ones are not what the files hold. */
export function unbalanced(merchants: readonly MerchantTotal[]): MerchantTotal[] {
  return merchants.filter(({ due, excluded, inFiles }) => !isEqual(minus(due, excluded), inFiles));
}

function merchantOf(
  merchants: Map<string, { due: RunningSum; excluded: RunningSum }>,
  merchantId: string,
): { due: RunningSum; excluded: RunningSum } {
  const known = merchants.get(merchantId);
  if (known) return known;
  const fresh = { due: new RunningSum(), excluded: new RunningSum() };
  merchants.set(merchantId, fresh);
  return fresh;
}

function inWords(filed: number, out: number): string {
  const places = [
    ...(filed > 0 ? [`in the bank files ${times(filed)}`] : []),
    ...(out > 0 ? [`excluded ${times(out)}`] : []),
  ];
  return `is ${places.join(" and ")}`;
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}
