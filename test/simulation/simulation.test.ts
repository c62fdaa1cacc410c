import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { BankMode } from "./events.ts";
import type { Injected } from "./faults.ts";
import { chunksOf, runChunks } from "./many-seeds.ts";
import { runSeed } from "./run-seed.ts";
import { type SimulatedApp, simulatedApp } from "./simulated-app.ts";
import { shortfalls, summaryText } from "./summary.ts";

/** Seeds of every `npm test`; `npm run simulate` runs a hundred times as many. */
const SEEDS = 2_000;
const LEAST_FAULTS = 20_000;
/** Against a hang on a machine that has much else to do; nothing is timed. */
const CEILING_MS = 900_000;

let app: SimulatedApp;
beforeAll(async () => {
  app = await simulatedApp();
});

describe("seeds", () => {
  it(
    `1 to ${SEEDS}, the two bank modes by turns, break nothing and reach everything`,
    async () => {
      const summary = await runChunks(app, chunksOf(1, SEEDS), 2);
      process.stdout.write(summaryText(summary));
      expect(shortfalls(summary)).toEqual([]);
      expect(summary.runs).toBe(SEEDS);
      expect(summary.faults).toBeGreaterThanOrEqual(LEAST_FAULTS);
    },
    CEILING_MS,
  );
});

describe("a seed", () => {
  it("is the same run every time, to the last line of its trace", async () => {
    const seeds = Array.from({ length: 12 }, (_, index) => 7_000 + index);
    for (const seed of seeds) {
      const first = await runSeed(seed, "books-everything", { app, traced: "hashed" });
      const second = await runSeed(seed, "books-everything", { app, traced: "hashed" });
      expect(second.hash).toBe(first.hash);
      expect(second.injected).toEqual(first.injected);
    }
    const hashes = await Promise.all(
      seeds
        .slice(0, 3)
        .map(async (seed) => (await runSeed(seed, "deduplicates", { app, traced: "hashed" })).hash),
    );
    expect(new Set(hashes).size).toBe(3);
  });

  it("is the same run when its faults are not drawn but listed", async () => {
    for (let seed = 7_100; seed < 7_110; seed += 1) {
      const drawn = await runSeed(seed, "deduplicates", { app, traced: "hashed" });
      const listed = await runSeed(seed, "deduplicates", { app, traced: "hashed", faults: drawn.injected });
      expect(drawn.injected.length).toBeGreaterThan(0);
      expect(listed.hash).toBe(drawn.hash);
    }
  });
});

interface Regression {
  readonly seed: number;
  readonly mode: BankMode;
  readonly invariant: string;
  readonly found: string;
  /** What went wrong then. Without it the seed is kept, but its run is another one since actors or workload changed. */
  readonly faults?: readonly Injected[];
}

describe("every seed that ever failed", () => {
  const kept = JSON.parse(
    readFileSync(new URL("regressions.json", import.meta.url), "utf8"),
  ) as readonly Regression[];

  it.each(kept)("holds now: seed $seed ($invariant). $found", async ({ seed, mode, faults }) => {
    const drawn = await runSeed(seed, mode, { app });
    expect(drawn.violations).toEqual([]);
    if (faults === undefined) return;
    const listed = await runSeed(seed, mode, { app, faults });
    expect(listed.violations).toEqual([]);
    // A schedule that no longer meets its calls would keep nothing.
    expect(listed.injected.length).toBeGreaterThan(faults.length / 2);
  });
});
