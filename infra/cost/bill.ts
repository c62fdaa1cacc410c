import { retentionYears } from "../config/retention.ts";
import {
  MONTHLY_PRICES,
  type Price,
  STORAGE_PRICES,
  type StorageName,
  USAGE_PRICES,
  type UsageName,
} from "./prices.ts";
import { predicted, type UsageModel } from "./usage-model.ts";

/** One line of a bill. Money in US dollars. */
export interface Line {
  readonly name: string;
  readonly count: number;
  readonly price: Price;
  readonly usd: number;
}

export interface Bill {
  readonly debits: number;
  readonly perBatch: number;
  readonly segmentRows: number;
  readonly batches: number;
  /** Requests of the functions by action, and what they add up to under their lines' names. */
  readonly requests: Readonly<Record<string, number>>;
  /** What grows with the debits. */
  readonly lines: readonly Line[];
  readonly usd: number;
  readonly usdPerMillion: number;
  /** What the debits leave behind, for each month that it is kept. */
  readonly kept: readonly Line[];
  readonly keptUsdPerMonth: number;
  /** The same for {@link retentionYears}, which the price of the debits does not contain. */
  readonly keptUsdForYears: number;
  /** What the stage costs in a month without a single debit. */
  readonly monthly: readonly Line[];
  readonly monthlyUsd: number;
}

export type Monthly = Readonly<Record<keyof typeof MONTHLY_PRICES, number>>;

/**
 * The bill of so many debits in batches of one size. Linear in the debits: a last batch that is not full counts as
 * the part of a batch that it is.
 */
export function billOf(
  model: UsageModel,
  monthly: Monthly,
  { debits, perBatch, segmentRows }: Pick<Bill, "debits" | "perBatch" | "segmentRows">,
): Bill {
  const batches = debits / perBatch;
  const batch = { segments: Math.ceil(perBatch / segmentRows), rows: perBatch };
  const used = (name: UsageName | StorageName) => batches * predicted(model.quantities[name], batch);
  const lines = Object.entries(USAGE_PRICES).map(([name, price]) =>
    line(name, used(name as UsageName), price),
  );
  const kept = Object.entries(STORAGE_PRICES).map(([name, price]) =>
    // What can be recovered to any second of the last weeks is the table again.
    line(name, used(name === "recoveryBytes" ? "itemBytes" : (name as StorageName)), price),
  );
  const fixed = Object.entries(MONTHLY_PRICES).map(([name, price]) =>
    line(name, monthly[name as keyof Monthly], price),
  );
  const usd = sum(lines);
  return {
    debits,
    perBatch,
    segmentRows,
    batches,
    requests: Object.fromEntries(
      Object.entries(model.requests).map(([action, growth]) => [action, batches * predicted(growth, batch)]),
    ),
    lines,
    usd,
    usdPerMillion: (usd / debits) * 1_000_000,
    kept,
    keptUsdPerMonth: sum(kept),
    keptUsdForYears: sum(kept) * 12 * retentionYears,
    monthly: fixed,
    monthlyUsd: sum(fixed),
  };
}

function line(name: string, count: number, price: Price): Line {
  return { name, count, price, usd: (count * price.usd) / price.per };
}

function sum(lines: readonly Line[]): number {
  return lines.reduce((total, { usd }) => total + usd, 0);
}
