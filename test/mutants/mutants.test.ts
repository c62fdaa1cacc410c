import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { type SimulatedApp, simulatedApp } from "../simulation/simulated-app.ts";
import { guardsOfTheirOwn } from "../incident/guards.ts";
import { BAD_MUTANTS } from "./bad-mutants.ts";
import { onChangedThreads } from "./changed-threads.ts";
import { mistakesIn } from "./edit-checks.ts";
import { typeErrorsIn } from "./edited-types.ts";
import { LAYERS } from "./layers-off.ts";
import { MUTANTS } from "./mutants.ts";
import { quotedIn } from "../quoted.ts";
import { MARKS, RATE_PAGES } from "./rates-page.ts";
import { replayed } from "./replay.ts";
import { mistakesInStore, storedRates } from "./stored-rates.ts";
import { verdictOf } from "./verdict.ts";

/** So many there were at the last count; what is there may only grow. */
const LEAST_MUTANTS = 108;
const THREADS = 2;
/** Against a hang on a machine that has much else to do; nothing is timed. */
const CEILING_MS = 900_000;

let app: SimulatedApp;
beforeAll(async () => {
  app = await simulatedApp();
});

const store = storedRates();
const ids = MUTANTS.map(({ id }) => id);

describe("the mutants", () => {
  it(`are at least ${LEAST_MUTANTS}, and each can be put into today's source and says where it runs`, () => {
    expect(mistakesIn(MUTANTS)).toEqual([]);
    expect(MUTANTS.length).toBeGreaterThanOrEqual(LEAST_MUTANTS);
  });

  it("compile, as what somebody merges would, and so do the layers and guards that are taken out", () => {
    expect(typeErrorsIn([...MUTANTS, ...LAYERS, ...guardsOfTheirOwn()])).toEqual([]);
  });

  it("are in the store, each with what kills it, and nothing else is", () => {
    expect(mistakesInStore(store, ids)).toEqual([]);
  });

  it(
    "are killed as predicted by their stored seeds, and the same runs break nothing as built",
    async () => {
      expect(await replayed(app, MUTANTS, store.mutants, THREADS)).toEqual([]);
    },
    CEILING_MS,
  );

  it.each(Object.entries(RATE_PAGES))("are told of in %s as they are stored", (name, quote) => {
    const page = readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
    expect(quotedIn(page, MARKS)).toBe(quote(store, MUTANTS));
  });
});

describe("a replay", () => {
  const [good, ...bad] = BAD_MUTANTS;
  const killers = (...killingSeeds: number[]) => ({ killingSeeds });
  let killing: number;
  let sparing: number;
  let found: readonly string[];

  beforeAll(async () => {
    const killed = new Map<number, boolean>();
    const seeds = Array.from({ length: 12 }, (_, index) => index + 1);
    await onChangedThreads(app, [{ id: good.id, seeds }], 1, ({ bySeed }) => {
      for (const [seed, run] of bySeed) killed.set(seed, verdictOf(good, run).is === "killed");
    });
    killing = seeds.find((seed) => killed.get(seed)) ?? Number.NaN;
    sparing = seeds.find((seed) => !killed.get(seed)) ?? Number.NaN;
    const stored = Object.fromEntries(bad.map(({ id }) => [id, killers(killing)]));
    found = await replayed(app, BAD_MUTANTS, { ...stored, [good.id]: killers(killing, sparing) }, 1);
  }, CEILING_MS);

  it("finds nothing about a good mutant's killing seed, nor about any seed as built", () => {
    expect(killing).toBeGreaterThan(0);
    expect(found.filter((what) => what.startsWith("as built"))).toEqual([]);
    expect(found.filter((what) => what.startsWith(`${good.id}, ${killing}:`))).toEqual([]);
  });

  it("finds a stored seed that does not kill", () => {
    expect(sparing).toBeGreaterThan(0);
    expect(found.filter((what) => what.startsWith(`${good.id}, ${sparing}: `))).toHaveLength(1);
  });

  it.each([
    ["bad-changes-nothing", "survived; "],
    ["bad-never-runs", "its bad line did not run; "],
    ["bad-breaks-unmarked", "broke "],
    ["bad-prediction", "broke fence-carried instead of sums"],
    ["bad-ends-thread", "broke simulation-failed instead of fence-carried: the thread ended with 3"],
  ])("finds %s, a mutant that proves nothing", (id, what) => {
    const [one, ...more] = found.filter((line) => line.startsWith(`${id}, ${killing}: `));
    expect(one).toContain(what);
    expect(more).toEqual([]);
  });
});
