import { dollars } from "../../domain/cents.ts";
import type { FileItem, Sum } from "../../domain/records.ts";
import type { Check } from "../../domain/report.ts";
import { type RowSums, unbalanced } from "./every-row.ts";
import type { WalkedFiles } from "./file-walk.ts";
import { proof } from "./proof.ts";
import { isEqual, minus } from "./sums.ts";

/** Merchant by merchant: due less excluded is what the files hold. */
export function merchants({ merchants: all }: RowSums): Check {
  const wrong = unbalanced(all);
  const named = wrong.slice(0, 5).map(({ merchantId, due, excluded, inFiles }) => {
    return `${merchantId}: ${sum(minus(due, excluded))} due and not excluded, ${sum(inFiles)} in the files`;
  });
  return proof("merchants", wrong.length === 0, "0", String(wrong.length), named.join("; ") || undefined);
}

/** Due less excluded, what the files hold, what their total records state, what the ledger froze and claims. */
export function totals(frozen: readonly FileItem[], rows: RowSums, files: WalkedFiles, ledger: Sum): Check {
  const left = minus(rows.due, rows.excluded);
  const record = {
    count: frozen.reduce((count, file) => count + file.debits, 0),
    cents: frozen.reduce((cents, file) => cents + file.cents, 0),
  };
  const passed =
    isEqual(left, files.debits) &&
    isEqual(left, ledger) &&
    isEqual(left, record) &&
    left.cents === files.statedCents;
  const found = isEqual(files.debits, ledger)
    ? sum(files.debits)
    : `${sum(files.debits)} in the files, ${sum(ledger)} claimed`;
  const note = passed
    ? undefined
    : `the total records state ${dollars(files.statedCents)}, the ledger's file records ${sum(record)}`;
  return proof("totals", passed, sum(left), found, note);
}

/** A count and its dollars, as checks put them. */
export function sum({ count, cents }: Sum): string {
  return `${count} ${count === 1 ? "debit" : "debits"}, ${dollars(cents)}`;
}
