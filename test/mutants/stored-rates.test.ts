import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { rateOfSeed, ratesTogether, UNTRIED } from "./kill-rate.ts";
import { quotedIn } from "../quoted.ts";
import { storedText } from "../stored-json.ts";
import { MARKS, ratesSentence, ratesTable } from "./rates-page.ts";
import { mistakesInStore, storedRates, type StoredRate, type StoredRates, toStore } from "./stored-rates.ts";

const kill = { is: "killed", by: "sums" } as const;
const rate = [
  ...[1, 2, 5].map((seed) => rateOfSeed(seed, kill)),
  ...[3, 4, 6, 7, 8].map((seed) => rateOfSeed(seed, { is: "survived" })),
].reduce(ratesTogether, UNTRIED);
const stored = toStore("c0ffee", 8, rate);
const store = (mutant: StoredRate): StoredRates => ({
  commit: "c0ffee",
  at: "2026-11-22T00:00:00.000Z",
  seeds: 8,
  mutants: { m: mutant },
});
const MUTANT = { id: "m", slip: "a | b", edits: [], predicted: ["sums"], because: "" };

describe("the store", () => {
  it("keeps of a mutant its counts and what to replay", () => {
    expect(stored.killingSeeds).toEqual([1, 2]);
    expect(mistakesInStore(store(stored), ["m"])).toEqual([]);
  });

  it("is text of which each flat thing is one line, and is read as it was written", () => {
    const text = storedText(store(stored));
    expect(JSON.parse(text)).toEqual(store(stored));
    expect(text).toContain('"deduplicates": { "runs": 4, "ran": 4, "killed": 2 }');
    expect(text).toContain('"killingSeeds": [1, 2]');
  });

  it("is text that the formatter leaves as it is, also where a flat thing is too long for a line", () => {
    const kept = readFileSync(new URL("results.json", import.meta.url), "utf8");
    expect(storedText(storedRates())).toBe(kept);
    expect(Math.max(...kept.split("\n").map((line) => line.length))).toBeLessThanOrEqual(110);
  });

  it.each<[string, Partial<StoredRate>, string]>([
    ["twice the kills", { by: { sums: 6 } }, "6 kills by an invariant are not the 3 of the bank modes"],
    [
      "twice the rate of a bank mode",
      { modes: { ...stored.modes, deduplicates: { runs: 4, ran: 4, killed: 4 } } },
      "3 kills by an invariant are not the 5 of the bank modes",
    ],
    [
      "more kills than runs of the bad line",
      { modes: { ...stored.modes, deduplicates: { runs: 4, ran: 1, killed: 2 } } },
      "2 killed, 1 ran, 4 runs of deduplicates",
    ],
    ["other seeds", { seeds: 9 }, "not one of each of 9 seeds"],
    ["nothing to replay", { killingSeeds: [] }, "nothing kills it"],
    ["one seed of several", { killingSeeds: [1] }, "only one of its killing seeds"],
    ["too many seeds", { killingSeeds: [1, 2, 5] }, "more killing seeds than there are"],
    ["a seed from elsewhere", { killingSeeds: [1, 9] }, "was never run"],
    ["figures of a changed tree", { commit: "c0ffee+" }, "a tree with changes"],
  ])("with %s is refused", (_, change, what) => {
    expect(mistakesInStore(store({ ...stored, ...change }), ["m"]).join("; ")).toContain(what);
  });

  it("that misses a mutant or knows another one is refused", () => {
    expect(mistakesInStore(store(stored), ["n"])).toEqual([
      "n is not in the store",
      "the store knows m, which is no mutant",
    ]);
  });
});

describe("a page", () => {
  it("shows every mutant in a row, and one sentence where there is no room for them", () => {
    expect(ratesTable(store(stored), [MUTANT]).split("\n")).toEqual([
      "| mutant | the slip | bad line ran | bank books everything | bank de-duplicates | killed by |",
      "|---|---|---|---|---|---|",
      "| m | a \\| b | 8 of 8 | 25.0 % | 50.0 % | sums 3 (seeds 1, 2) |",
    ]);
    expect(ratesSentence(store(stored))).toBe(
      "All 1 are killed as was predicted, in 37.5 % to 37.5 % of 8 seeds (median 37.5 %), at c0ffee.",
    );
  });

  it("names every commit and number of seeds where they were not all measured at once", () => {
    const later = { ...stored, commit: "beef", seeds: 400 };
    const mixed = { ...store(stored), commit: "beef", mutants: { m: stored, n: stored, o: later } };
    expect(ratesSentence(mixed)).toContain("of 8 or 400 seeds (");
    expect(ratesSentence(mixed)).toMatch(/, at c0ffee, 1 of them at beef instead\.$/);
  });

  it("is quoted between its two comments, and must have them", () => {
    expect(quotedIn("a <!-- mutants -->\nb\n<!-- /mutants --> c", MARKS)).toBe("b");
    expect(() => quotedIn("a <!-- mutants --> b", MARKS)).toThrow("a page must have");
    expect(() => quotedIn("<!-- mutants --> <!-- mutants --> b <!-- /mutants -->", MARKS)).toThrow("once");
  });
});
