import { beforeAll, expect, it } from "vitest";
import { runSeed } from "./run-seed.ts";
import { type SimulatedApp, simulatedApp } from "./simulated-app.ts";

/** Seeds of which each has one of the mistakes, and comes as far as to make it. */
const SEEDS: Readonly<Record<string, number>> = {
  "composes a row twice": 11,
  "composes without a row": 16,
  "composes with exchanged amounts": 9,
  "composes with exchanged bank accounts": 247,
  "stages another amount": 146,
  "stages without a good row": 37,
  "stages one row for another": 201,
  "loses a claim": 171,
  "writes the list anew": 22,
  "writes a bank file anew": 26,
};

let app: SimulatedApp;
beforeAll(async () => {
  app = await simulatedApp();
});

it.each(Object.entries(SEEDS))("mistaken code %s, and nothing comes of it", async (what, seed) => {
  const { trace, violations } = await runSeed(seed, "books-everything", { app, traced: "kept" });
  expect(trace.filter((line) => line.includes(`mistaken code  ${what} `))).toHaveLength(1);
  expect(violations).toEqual([]);
});
