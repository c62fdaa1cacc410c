import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { type Bill, billOf } from "../../../infra/cost/bill.ts";
import { billText } from "../../../infra/cost/bill-text.ts";
import { costOptions } from "../../../infra/cost/cost-options.ts";
import {
  chargeOf,
  MONTHLY_PRICES,
  PRICED_ON,
  STORAGE_PRICES,
  USAGE_PRICES,
} from "../../../infra/cost/prices.ts";
import { type Recording, recordRun, recordRuns, type Runs } from "../../../infra/cost/recorded-run.ts";
import { readTemplates } from "../../../infra/cost/templates.ts";
import { predicted, rowsOf, type UsageModel, usageModel } from "../../../infra/cost/usage-model.ts";
import { readAssembly } from "../../../infra/local/assembly.ts";
import { parseCalendarDate } from "../../../lambdas/domain/calendar-date.ts";
import { synthesis } from "../../batch/local-batch.ts";

const MILLION = 1_000_000;
const monthly = { keys: 1, alarms: 10, metrics: 50 };

let runs: Runs;
/** A size that the model has not seen. */
let another: Recording;
let model: UsageModel;
beforeAll(async () => {
  const outdir = await synthesis();
  const assembly = await readAssembly(outdir);
  const { memoryMb } = await readTemplates(outdir, 2);
  runs = await recordRuns(assembly, memoryMb);
  another = await recordRun(assembly, memoryMb, { segments: 2, segmentRows: 200 });
  model = usageModel(runs);
  // Four whole batches: a ceiling against a hang, on a machine that has much else to do.
}, 300_000);

const bill = (debits: number, perBatch = 50_000): Bill =>
  billOf(model, monthly, { debits, perBatch, segmentRows: 1000 });

describe("the counts behind the bill", () => {
  it("are those of batches in which every row became a debit: one claim read, one put, one read by the gate", () => {
    const { perRow } = model.quantities.writeUnits;
    expect(perRow).toBeCloseTo(1, 6);
    expect(model.requests["dynamodb:PutItem"]?.perRow).toBeCloseTo(1, 6);
    expect(model.requests["dynamodb:Query"]?.perRow).toBeCloseTo(1, 6);
    expect(model.requests["dynamodb:BatchGetItem"]?.perRow).toBeCloseTo(1 / 100, 6);
    expect(model.quantities.readUnits.perRow).toBeCloseTo(2, 2);
  });

  it("foretell every request of a size that was not recorded for them, to the request", () => {
    const shape = { segments: another.segments, rows: rowsOf(another) };
    const told = Object.entries(model.requests).map(([action, growth]) => [
      action,
      Math.round(predicted(growth, shape) * 1e6) / 1e6,
    ]);
    expect(told.length).toBeGreaterThan(5);
    expect(Object.fromEntries(told)).toEqual(another.requests);
  });

  it("foretell every priced quantity of that size within a fiftieth", () => {
    const shape = { segments: another.segments, rows: rowsOf(another) };
    const off = Object.entries(model.quantities).flatMap(([name, growth]) => {
      const real = another.quantities[name as keyof Recording["quantities"]];
      return Math.abs(predicted(growth, shape) - real) <= real / 50 ? [] : [[name, real]];
    });
    expect(off).toEqual([]);
  });

  it("leave no quantity out: everything that has a price was used", () => {
    const unused = Object.entries(runs.small.quantities).filter(([, count]) => !(count > 0));
    expect(unused).toEqual([]);
  });

  it("refuse a request that has no price", () => {
    expect(() => chargeOf("dynamodb:TransactWriteItems")).toThrow(/TransactWriteItems has no price/);
  });
});

describe("the bill", () => {
  it("is under five dollars for a million debits in batches of 50,000", () => {
    expect(bill(MILLION).usdPerMillion).toBeLessThan(5);
    // Less than the claims alone cost would be a bill with lines missing.
    expect(bill(MILLION).usdPerMillion).toBeGreaterThan(0.9);
  });

  it("is the README's to a twentieth", () => {
    const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
    const printed = Number(/^\| \*\*total\*\*.*\| \*\*([\d.]+)\*\* \|$/m.exec(readme)?.[1]);
    const kept = Number(/\(([\d.]+) for each month of keeping it/.exec(readme)?.[1]);
    expect(Math.abs(printed / bill(MILLION).usdPerMillion - 1)).toBeLessThan(0.05);
    expect(Math.abs(kept / bill(MILLION).keptUsdPerMonth - 1)).toBeLessThan(0.05);
  });

  it("is linear in the debits, line by line", () => {
    const [once, twice] = [bill(MILLION), bill(2 * MILLION)];
    for (const [index, { usd, name }] of once.lines.entries()) {
      expect(twice.lines[index]?.usd, name).toBeCloseTo(2 * usd, 9);
    }
    expect(twice.keptUsdPerMonth).toBeCloseTo(2 * once.keptUsdPerMonth, 9);
    expect(twice.usdPerMillion).toBeCloseTo(once.usdPerMillion, 9);
  });

  it("costs the month the same, however little is billed", () => {
    expect(bill(1000).monthlyUsd).toBe(bill(MILLION).monthlyUsd);
    expect(bill(MILLION).monthlyUsd).toBeCloseTo(1 + 10 * 0.1 + 50 * 0.3, 9);
  });

  it("is dearer per debit in small batches, which pay for their own beginning and end", () => {
    expect(bill(MILLION, 1000).usdPerMillion).toBeGreaterThan(bill(MILLION).usdPerMillion);
  });

  it("adds up to its total, and prints every line with count, price and cost", () => {
    const printed = bill(MILLION);
    const text = billText(printed, runs);
    expect(printed.lines.reduce((sum, { usd }) => sum + usd, 0)).toBeCloseTo(printed.usd, 9);
    expect(printed.lines.map(({ name }) => name)).toEqual(Object.keys(USAGE_PRICES));
    for (const { price, usd } of printed.lines) {
      expect(text).toMatch(new RegExp(`^  ${price.unit.replaceAll("-", ".")} .*\\$${usd.toFixed(4)}$`, "m"));
    }
    expect(text).toContain("assumed, not measured");
  });
});

describe("the prices", () => {
  const prices = Object.entries({ ...USAGE_PRICES, ...STORAGE_PRICES, ...MONTHLY_PRICES });

  it("have a date, and each a source of AWS and an amount", () => {
    expect(parseCalendarDate(PRICED_ON)).toBeDefined();
    expect(prices.length).toBeGreaterThan(10);
    const odd = prices.filter(
      ([, { usd, per, source }]) =>
        !(usd > 0 && per > 0 && /^https:\/\/aws\.amazon\.com\/\S+\/$/.test(source)),
    );
    expect(odd).toEqual([]);
  });
});

describe("the command line", () => {
  it("bills a million debits in batches of 50,000 unless told", () => {
    expect(costOptions([])).toEqual({ debits: MILLION, perBatch: 50_000, json: false, help: false });
    expect(costOptions(["--debits", "7", "--per-batch", "3", "--json"])).toMatchObject({
      debits: 7,
      perBatch: 3,
      json: true,
    });
  });

  it.each([
    [["--debits", "0"], "--debits"],
    [["--debits", "1e6"], "--debits"],
    [["--per-batch", "400001"], "--per-batch"],
    [["--rows", "1"], "--rows"],
  ])("refuses %j by name", (args, option) => {
    expect(() => costOptions(args)).toThrow(option);
  });
});
