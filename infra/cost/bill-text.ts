import { ASSUMPTIONS } from "./assumptions.ts";
import { retentionYears } from "../config/retention.ts";
import type { Bill, Line } from "./bill.ts";
import { PRICED_ON, PRICED_REGION } from "./prices.ts";
import type { Runs } from "./recorded-run.ts";
import { rowsOf } from "./usage-model.ts";

/** The bill as a page of text. */
export function billText(bill: Bill, runs: Runs): string {
  const all = [...bill.lines, ...bill.kept, ...bill.monthly];
  const width = Math.max(...all.map(({ price }) => price.unit.length));
  const rows = (lines: readonly Line[]) => lines.map((line) => row(line, width));
  const total = (name: string, usd: number) => `  ${name.padEnd(width + 40)}  ${money(usd)}`;
  const recorded = Object.values(runs).map((run) => `${run.segments} × ${run.segmentRows}`);
  const time = Object.values(runs).reduce(
    (sum, { wallSeconds, assumedSeconds }) => [sum[0] + wallSeconds, sum[1] + assumedSeconds] as const,
    [0, 0] as readonly [number, number],
  );
  const actions = Object.entries(bill.requests).map(
    ([action, count]) => `  ${action.padEnd(width)} ${whole(count).padStart(14)}`,
  );
  return [
    `${whole(bill.debits)} debits in batches of ${whole(bill.perBatch)} (${bill.segmentRows} rows a segment), ${PRICED_REGION}`,
    `prices as of ${PRICED_ON}, in US dollars, from infra/cost/prices.ts: check before relying on them`,
    `counts from recorded runs of the synthesized app, segments × rows: ${recorded.join(", ")}`,
    "",
    "requests of the functions",
    ...actions,
    "",
    "what grows with the debits",
    ...rows(bill.lines),
    total("total", bill.usd),
    total("per million debits", bill.usdPerMillion),
    "",
    "kept, apart from the total: for each month of keeping it (claims: for ever; bank files: the retention)",
    ...rows(bill.kept),
    total("a month", bill.keptUsdPerMonth),
    total(`${retentionYears} years, if nothing is removed`, bill.keptUsdForYears),
    "",
    "fixed, a month and stage, at any number of debits",
    ...rows(bill.monthly),
    total("a month", bill.monthlyUsd),
    "",
    "assumed, not measured",
    ...ASSUMPTIONS.map((sentence) => `  - ${sentence}`),
    `    (These runs: ${rowsOfAll(runs)} rows, ${time[1].toFixed(0)} s assumed on AWS, ${time[0].toFixed(0)} s taken here.)`,
    "",
  ].join("\n");
}

function row({ count, price, usd }: Line, width: number): string {
  const unit = price.per === 1 ? "each" : `per ${whole(price.per)}`;
  return (
    `  ${price.unit.padEnd(width)} ${whole(count).padStart(14)}  $${price.usd} ${unit}`.padEnd(width + 44) +
    money(usd)
  );
}

function rowsOfAll(runs: Runs): number {
  return Object.values(runs).reduce((sum, run) => sum + rowsOf(run), 0);
}

function whole(count: number): string {
  return Math.round(count).toLocaleString("en-AU");
}

function money(usd: number): string {
  return `$${usd.toFixed(4)}`.padStart(10);
}
