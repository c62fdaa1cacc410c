import { CODE_DEBIT, type Totals } from "./bank-file.ts";
import type { Columns } from "./bank-file-reader-columns.ts";
import { MOST_FILE_CENTS } from "./cents.ts";

/** Counts and adds up the detail records of a file, to hold them against its total record. */
export class Sums {
  #records = 0;
  #debitCents = 0;
  #creditCents = 0;
  #known = true;

  /** One detail record by its transaction code; undefined for an amount that cannot be read. */
  add(code: string, cents: number | undefined): void {
    this.#records++;
    // Sums past ten digits may lose a cent, but they never come back under the largest total.
    if (cents === undefined) this.#known = false;
    else if (code === CODE_DEBIT) this.#debitCents += cents;
    else this.#creditCents += cents;
  }

  /** Adds a fault for a file without details; `columns` stand on its total record. */
  judgeRecords(columns: Columns): void {
    if (this.#records === 0) columns.fault(1, "record type", "the file must have a detail record");
  }

  /** Adds a fault for each total that the details do not bear out. */
  judge(totals: Totals, columns: Columns): void {
    if (totals.count !== this.#records)
      columns.fault(75, "count of records", "must be the number of detail records");
    if (!this.#known) return;
    const [credit, debit] = [this.#creditCents, this.#debitCents];
    if (credit > MOST_FILE_CENTS || debit > MOST_FILE_CENTS)
      columns.fault(0, "file", "its sums must not exceed ten digits");
    if (totals.netCents !== Math.abs(credit - debit))
      columns.fault(21, "net total", "must be the difference of credits and debits, without a sign");
    if (totals.creditCents !== credit) columns.fault(31, "credit total", "must be the sum of the credits");
    if (totals.debitCents !== debit) columns.fault(41, "debit total", "must be the sum of the debits");
  }
}
