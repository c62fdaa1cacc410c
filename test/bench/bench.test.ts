import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Figure, isMissed, tableOf } from "./figure.ts";
import { benchGate } from "./gate.ts";
import { benchMemory } from "./memory.ts";
import { resultsOf, storedResults } from "./results.ts";
import { median, medianRatio, rounds } from "./rounds.ts";
import { benchStaging } from "./staging.ts";
import { benchWriter } from "./writer.ts";

/** That each bench runs to its end on a tiny input. What it measures there says nothing and is not asserted. */

const tiny = { size: "tiny", tell: () => {} } as const;
const names = (figures: readonly Figure[]) => figures.map(({ what }) => what);

function expectMeasured(figures: readonly Figure[]): void {
  expect(figures.filter(({ value }) => !(value > 0) || !Number.isFinite(value))).toEqual([]);
}

describe("the benches", () => {
  it("write the same records by writer, aba-generator and bare buffer, and compare their speed", async () => {
    const figures = await benchWriter(tiny);
    expectMeasured(figures);
    expect(names(figures)).toEqual(["speed against aba-generator 2.1.0", "speed against a bare buffer"]);
  });

  it("let the gate pass a batch, and read it bare", async () => {
    const figures = await benchGate(tiny);
    expectMeasured(figures);
    expect(names(figures)).toEqual([
      "time against the bare reading",
      "the same, the SDK's work on claims left out",
    ]);
  });

  it("stage a segment, and make its calls bare", async () => {
    const figures = await benchStaging(tiny);
    expectMeasured(figures);
    expect(names(figures)).toEqual(["time against the bare loop"]);
  });

  it("run every handler of a batch in a process of its own", async () => {
    const figures = await benchMemory(tiny);
    expectMeasured(figures);
    expect(figures.map(({ what }) => what.split(",")[0])).toEqual([
      "AcquireLock",
      "PlanSegments",
      "StageSegment",
      "ComposeBankFile",
      "Reconcile",
      "AbandonBatch",
      "SubmitBankFile",
      "CloseBatch",
    ]);
    expect(
      figures.map(({ detail }) => /heap (\d+) MB/.exec(detail)?.[1]).filter((mb) => Number(mb) > 0),
    ).toHaveLength(figures.length);
    // Ten processes, each of which loads the SDK: a busy machine needs minutes.
  }, 600_000);
});

describe("the figures", () => {
  const figure = (over: Partial<Figure> = {}): Figure => {
    return { bench: "gate", what: "time", value: 1.4, unit: "×", detail: "somehow", ...over };
  };

  it("are missed on the wrong side of their target, and without a value", () => {
    expect(isMissed(figure())).toBe(false);
    expect(isMissed(figure({ target: { atMost: 1.5 } }))).toBe(false);
    expect(isMissed(figure({ target: { atMost: 1.3 } }))).toBe(true);
    expect(isMissed(figure({ target: { atLeast: 1.3 } }))).toBe(false);
    expect(isMissed(figure({ target: { atLeast: 1.5 } }))).toBe(true);
    expect(isMissed(figure({ target: { atLeast: 1.5 }, value: Number.NaN }))).toBe(true);
  });

  it("are told with what was wanted", () => {
    const table = tableOf([figure({ target: { atMost: 1.3 } })]);
    expect(table).toContain("gate   time  1.40 ×    ≤ 1.3 ×  MISSED  somehow");
  });

  it("take the place of earlier ones of the same bench, and leave the others", () => {
    const machine = { node: "v24", cpu: "one", cores: 2 };
    const now = new Date(0);
    const earlier = resultsOf({}, [figure(), figure({ bench: "start", unit: "s" })], machine, now);
    const later = resultsOf(earlier, [figure({ value: 1.2 })], machine, new Date(1));
    expect(later["gate"]?.figures.map(({ value }) => value)).toEqual([1.2]);
    expect(later["start"]).toEqual(earlier["start"]);
  });
});

describe("the rounds", () => {
  it("let every contender run in turn, forwards and backwards, and leave the first round out", async () => {
    const runs: string[] = [];
    const times = await rounds({ a: () => runs.push("a"), b: () => runs.push("b") }, 2);
    expect(runs.join("")).toBe("abbaab");
    expect([times.a.length, times.b.length]).toEqual([2, 2]);
  });

  it("are summed up by the median of their ratios, not by the ratio of their medians", () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(medianRatio([2, 30, 4], [1, 10, 4])).toBe(2);
  });
});

describe("the README's figures", () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const stored = storedResults(fileURLToPath(new URL("results.json", import.meta.url)));
  const all = Object.values(stored).flatMap(({ figures }) => figures);

  it("are those of the stored run, which reached every target", () => {
    expect(Object.keys(stored)).toEqual(["writer", "gate", "staging", "memory", "start"]);
    expect(all.filter(isMissed)).toEqual([]);
    const rows = [
      ["writer, with every check, against npm", "speed against aba-generator 2.1.0", 1],
      ["writer against filling a bare buffer", "speed against a bare buffer", 2],
      ["gate against the bare reading", "time against the bare reading", 2],
      ["the same, the SDK's work on claims left out", "the same, the SDK's work on claims left out", 2],
      ["staging against a bare loop", "time against the bare loop", 2],
      ["largest handler at 1,000,000 rows", "Reconcile, 1000000 rows: peak resident set", 0],
    ] as const;
    for (const [row, what, places] of rows) {
      const told = new RegExp(`^\\| ${row}[^|]*\\| ([\\d.]+) `, "m").exec(readme)?.[1];
      expect(told, row).toBe(all.find((figure) => figure.what === what)?.value.toFixed(places));
    }
    const largest = all.filter(({ unit }) => unit === "MB").toSorted((a, b) => b.value - a.value)[0];
    expect(largest?.what).toContain("Reconcile, 1000000 rows");
  });
});
