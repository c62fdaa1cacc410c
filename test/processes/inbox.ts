import type { DueRow } from "../batch/due-list.ts";
import type { Delivery } from "./shared-stores.ts";

/** One debit as the bank reads it: whom it debits and for how much. */
export interface BankDebit {
  readonly key: string;
  /** BSB and bank account number. */
  readonly account: string;
  readonly cents: bigint;
}

/** Reads a bank file by its columns, with code that the product does not have. Throws for one sent back. */
export function debitsOf({ key, bytes }: Delivery): BankDebit[] {
  const lines = bytes.toString("latin1").split("\r\n");
  if (lines.pop() !== "" || lines.some((line) => line.length !== 120)) throw new Error(`${key} is cut off`);
  if (!/^01+7$/.test(lines.map((line) => line[0]).join(""))) throw new Error(`${key} is out of order`);
  const entries = lines.slice(1, -1);
  const debits = entries.filter((line) => line.slice(18, 20) === "13");
  const cents = (line: string) => BigInt(line.slice(20, 30));
  const sum = debits.reduce((total, line) => total + cents(line), 0n);
  const totals = lines.at(-1) ?? "";
  if (BigInt(totals.slice(40, 50)) !== sum || Number(totals.slice(74, 80)) !== entries.length) {
    throw new Error(`${key} is not added up`);
  }
  return debits.map((line) => ({
    key,
    account: `${line.slice(1, 8)} ${line.slice(8, 17).trim()}`,
    cents: cents(line),
  }));
}

/** What the bank has got for one round, laid against what was due. */
export interface Statement {
  /** What is wrong, in words that name lines and keys and no bank account. */
  readonly faults: readonly string[];
  /** The lines that were debited. */
  readonly debited: ReadonlySet<number>;
  /** The keys under which something lies. */
  readonly keys: ReadonlySet<string>;
}

/**
 * Judges every object that ever came to lie in the bank's bucket: each of its debits is one due row, to the cent
 * and the bank account, and no row is debited by two.
 */
export function statementOf(
  deliveries: readonly Delivery[],
  rows: readonly DueRow[],
  excludedLine: number,
): Statement {
  const faults: string[] = [];
  const debited = new Set<number>();
  const keys = new Set<string>();
  const due = new Map(
    rows.map((row, index) => [`${row.bsb} ${row.account_number}`, { row, line: index + 1 }]),
  );
  for (const delivery of deliveries) {
    if (keys.has(delivery.key)) faults.push(`the bank got ${delivery.key} twice`);
    keys.add(delivery.key);
    for (const debit of readable(delivery, faults)) {
      const found = due.get(debit.account);
      if (found === undefined) {
        faults.push(`${debit.key} debits a bank account that owes nothing`);
        continue;
      }
      const { row, line } = found;
      if (debit.cents !== BigInt(row.amount_cents)) faults.push(`${debit.key}: line ${line}, wrong amount`);
      if (line === excludedLine) faults.push(`${debit.key} debits line ${line}, which is excluded`);
      if (debited.has(line)) faults.push(`line ${line} is debited twice, now by ${debit.key}`);
      debited.add(line);
    }
  }
  return { faults, debited, keys };
}

function readable(delivery: Delivery, faults: string[]): BankDebit[] {
  try {
    return debitsOf(delivery);
  } catch (error) {
    faults.push(error instanceof Error ? error.message : String(error));
    return [];
  }
}
