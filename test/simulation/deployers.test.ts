import { beforeAll, expect, it } from "vitest";
import { chunksOf, runChunks } from "./many-seeds.ts";
import { MODES } from "./modes.ts";
import { type SimulatedApp, simulatedApp } from "./simulated-app.ts";
import { deployShortfalls } from "./summary.ts";

/** Seeds of every `npm test`; `npm run simulate -- --only deployments` runs fifty times as many. */
const SEEDS = 200;
/** Against a hang on a machine that has much else to do; nothing is timed. */
const CEILING_MS = 900_000;

let app: SimulatedApp;
beforeAll(async () => {
  app = await simulatedApp();
});

it(
  `${SEEDS} seeds with deployments in the same instant as batches break nothing and reach everything`,
  async () => {
    const summary = await runChunks(app, chunksOf(1, SEEDS, MODES, true), 2);
    expect(deployShortfalls(summary)).toEqual([]);
    expect(summary.runs).toBe(SEEDS);
    // Batches end in all ways beside them, or the deployments would have had nothing to meet.
    const { closed, abandoned, parked } = summary.ends;
    expect(Math.min(closed, abandoned, parked)).toBeGreaterThan(SEEDS / 10);
  },
  CEILING_MS,
);
