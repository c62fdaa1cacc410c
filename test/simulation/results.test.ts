import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const text = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
const README = text("../../README.md");

interface MatrixFigures {
  readonly operations: number;
  readonly cells: number;
  readonly failures: number;
}

interface Results {
  readonly seeds: {
    readonly commit: string;
    readonly missed: readonly string[];
    readonly figures: {
      readonly from: number;
      readonly to: number;
      readonly faults: number;
      readonly failures: readonly object[];
      readonly ends: Readonly<Record<"closed" | "abandoned" | "parked" | "stuck", number>>;
      readonly reached: { readonly submission: number };
    };
  };
  readonly deployments: {
    readonly commit: string;
    readonly missed: readonly string[];
    readonly figures: { readonly from: number; readonly to: number; readonly failures: readonly object[] };
  };
  readonly matrix: {
    readonly commit: string;
    readonly missed: readonly string[];
    readonly figures: {
      readonly singles: MatrixFigures;
      readonly pairs: MatrixFigures;
      readonly overlaps: MatrixFigures;
    };
  };
  readonly processes: {
    readonly commit: string;
    readonly missed: readonly string[];
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
  const { seeds, deployments, matrix, processes } = JSON.parse(text("results.json")) as Results;
  const { from, to, faults, ends, reached } = seeds.figures;
  const batches = ends.closed + ends.abandoned + ends.parked + ends.stuck;
  const share = (count: number) => `${((100 * count) / batches).toFixed(1)} %`;
  const { singles, pairs, overlaps } = matrix.figures;
  const { rounds, shared, parked, kills } = processes.figures;
  // Between two states there is next to no time, so that next to no kill falls there.
  const { between: _, ...inStates } = kills;
  const fewest = Math.min(...Object.values(inStates));
  const broken = [singles, pairs, overlaps].map(({ failures }) => failures);
  const { figures: deployed } = deployments;
  expect([
    ...seeds.figures.failures,
    ...deployed.failures,
    ends.stuck,
    ...broken,
    processes.figures.failed,
  ]).toEqual([0, 0, 0, 0, 0]);
  expect([seeds, deployments, matrix, processes].flatMap(({ missed }) => missed)).toEqual([]);
  // A smaller run must not replace a larger one unnoticed.
  expect(to - from + 1).toBeGreaterThanOrEqual(200_000);
  expect(deployed.to - deployed.from + 1).toBeGreaterThanOrEqual(10_000);
  expect(faults).toBeGreaterThanOrEqual(2_000_000);
  expect(rounds).toBeGreaterThanOrEqual(500);
  for (const line of [
    `| ${from} to ${whole(to)}, at ${seeds.commit} |`,
    `| ${deployed.from} to ${whole(deployed.to)}, at ${deployments.commit} |`,
    `| ${whole(faults)} |`,
    `| ${share(ends.closed)}, ${share(ends.abandoned)}, ${share(ends.parked)}; ${share(reached.submission)} |`,
    `| ${whole(singles.cells)} cells of ${whole(singles.operations)} operations, at ${matrix.commit} |`,
    `| ${whole(pairs.cells)} cells of ${whole(pairs.operations)} operations |`,
    `| ${whole(overlaps.cells)} cells |`,
    `| ${rounds}; ${shared} of them, at ${processes.commit} |`,
    `| ${fewest}; ${parked} rounds |`,
  ]) {
    expect(README).toContain(line);
  }
});
