import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const text = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
const README = text("../../README.md");

interface Results {
  readonly seeds: {
    readonly commit: string;
    readonly figures: {
      readonly from: number;
      readonly to: number;
      readonly faults: number;
      readonly ends: Readonly<Record<"closed" | "abandoned" | "parked" | "stuck", number>>;
      readonly reached: { readonly submission: number };
    };
  };
  readonly matrix: {
    readonly commit: string;
    readonly figures: {
      readonly singles: { readonly operations: number; readonly cells: number; readonly failures: number };
      readonly pairs: { readonly cells: number; readonly failures: number };
    };
  };
  readonly processes: {
    readonly commit: string;
    readonly figures: {
      readonly rounds: number;
      readonly shared: number;
      readonly parked: number;
      readonly failed: number;
      readonly kills: Readonly<Record<string, number>>;
    };
  };
}

const whole = (count: number) => count.toLocaleString("en-AU");

test("the README quotes what the long runs have stored, and nothing was broken in them", () => {
  const { seeds, matrix, processes } = JSON.parse(text("results.json")) as Results;
  const { from, to, faults, ends, reached } = seeds.figures;
  const batches = ends.closed + ends.abandoned + ends.parked + ends.stuck;
  const share = (count: number) => `${((100 * count) / batches).toFixed(1)} %`;
  const { singles, pairs } = matrix.figures;
  const { rounds, shared, parked, kills } = processes.figures;
  expect([ends.stuck, singles.failures, pairs.failures, processes.figures.failed]).toEqual([0, 0, 0, 0]);
  for (const line of [
    `| ${from} to ${whole(to)}, at ${seeds.commit} |`,
    `| ${whole(faults)} |`,
    `| ${share(ends.closed)}, ${share(ends.abandoned)}, ${share(ends.parked)}; ${share(reached.submission)} |`,
    `| ${whole(singles.cells)} cells of ${whole(singles.operations)} operations, at ${matrix.commit} |`,
    `| ${whole(pairs.cells)} cells, then cut off |`,
    `| ${rounds}; ${shared} of them, at ${processes.commit} |`,
    `| ${Math.min(...Object.values(kills))}; ${parked} rounds |`,
  ]) {
    expect(README).toContain(line);
  }
});
