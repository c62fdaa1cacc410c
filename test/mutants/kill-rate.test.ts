import { describe, expect, it } from "vitest";
import {
  fallen,
  type KillRate,
  rateOfSeed,
  ratesTogether,
  remarksOn,
  replayedSeeds,
  shortfallsOf,
  totalOf,
  UNTRIED,
} from "./kill-rate.ts";
import { brokenAsBuilt, verdictOf } from "./verdict.ts";

const PREDICTED = { id: "m", predicted: ["debited-once", "sums"] };
const broken = (...invariants: string[]) => invariants.map((invariant) => ({ invariant, what: "" }));

describe("a run", () => {
  it.each([
    ["killed", ["m"], ["debited-once"]],
    ["killed", ["m"], ["no-mistake", "sums"]],
    ["otherwise", ["m"], ["no-mistake"]],
    ["survived", ["m"], []],
    ["unmet", [], []],
    ["unmet", ["another"], []],
    ["broken-unmet", [], ["debited-once"]],
  ])("says %s where %j ran and %j broke", (is, ran, invariants) => {
    expect(verdictOf(PREDICTED, { ran, violations: broken(...invariants) }).is).toBe(is);
  });

  it("kills by the predicted one of several that broke at one instant", () => {
    const violations = broken("no-mistake", "sums", "debited-once");
    expect(verdictOf(PREDICTED, { ran: ["m"], violations })).toEqual({ is: "killed", by: "sums" });
  });

  it("without any slip is told as what has failed or broken, and else not at all", () => {
    expect(brokenAsBuilt({ ran: [], violations: [] })).toBeUndefined();
    expect(brokenAsBuilt({ ran: [], violations: broken("sums") })).toContain(
      "sums is broken without any slip",
    );
    expect(brokenAsBuilt({ ran: [], violations: [], failed: "the thread ended with 3" })).toBe(
      "the thread ended with 3",
    );
  });

  it("whose simulation failed is no kill", () => {
    const run = { ran: ["m"], violations: broken("sums"), failed: "the thread ended" };
    expect(verdictOf(PREDICTED, run)).toEqual({ is: "otherwise", by: "simulation-failed" });
  });
});

/** Seeds from 1 on: so many that kill, that break otherwise, that survive, and that do not meet the bad line. */
function rateOf({ killed = 0, otherwise = 0, survived = 0, unmet = 0, brokenUnmet = 0 }): KillRate {
  const verdicts = [
    ...Array.from({ length: killed }, () => ({ is: "killed", by: "sums" }) as const),
    ...Array.from({ length: otherwise }, () => ({ is: "otherwise", by: "no-mistake" }) as const),
    ...Array.from({ length: brokenUnmet }, () => ({ is: "broken-unmet", by: "liveness" }) as const),
    ...Array.from({ length: survived }, () => ({ is: "survived" }) as const),
    ...Array.from({ length: unmet }, () => ({ is: "unmet" }) as const),
  ];
  return verdicts.map((verdict, index) => rateOfSeed(index + 1, verdict)).reduce(ratesTogether, UNTRIED);
}

describe("a rate", () => {
  it("counts runs, those in which the bad line ran, and kills, by bank mode and invariant", () => {
    const rate = rateOf({ killed: 3, otherwise: 1, survived: 2, unmet: 2, brokenUnmet: 1 });
    expect(totalOf(rate)).toEqual({ runs: 9, ran: 6, killed: 3 });
    expect(rate.modes["books-everything"]).toEqual({ runs: 4, ran: 3, killed: 1 });
    expect(rate.modes.deduplicates).toEqual({ runs: 5, ran: 3, killed: 2 });
    expect([rate.by, rate.otherwise, rate.unmet]).toEqual([
      { sums: 3 },
      { "no-mistake": 1 },
      { liveness: 1 },
    ]);
  });

  it("is the same in whatever order its runs come", () => {
    const one = rateOf({ killed: 9 });
    const [a, b] = [
      rateOfSeed(1, { is: "killed", by: "sums" }),
      rateOfSeed(40, { is: "killed", by: "sums" }),
    ];
    expect(ratesTogether(ratesTogether(b, one), a).kills).toEqual(
      ratesTogether(a, ratesTogether(one, b)).kills,
    );
  });

  it("has killing seeds of the other bank mode or by another invariant first, and at most two", () => {
    const kills = [1, 3, 5, 6, 7, 9].map((seed) => ({ seed, by: seed === 7 ? "sums" : "debited-once" }));
    expect(replayedSeeds(kills)).toEqual([1, 6]);
    expect(replayedSeeds(kills.filter(({ seed }) => seed !== 6))).toEqual([1, 7]);
    expect(replayedSeeds(kills.slice(0, 3))).toEqual([1, 3]);
    expect(replayedSeeds(kills.slice(0, 1))).toEqual([1]);
  });
});

describe("a mutant's rate", () => {
  it("is as it should be where it is killed as predicted, also in one of a hundred seeds", () => {
    expect(shortfallsOf(rateOf({ killed: 50, survived: 50 }))).toEqual([]);
    expect(shortfallsOf(rateOf({ killed: 1, unmet: 99 }))).toEqual([]);
  });

  it.each<[string, KillRate, string]>([
    ["never killed", rateOf({ survived: 3, unmet: 2 }), "it survives: its bad line ran in 3 of 5 seeds"],
    ["never met", rateOf({ unmet: 5 }), "its bad line never ran in 5 seeds"],
    ["mostly killed otherwise", rateOf({ killed: 8, otherwise: 1 }), "1 of 9 broken runs broke otherwise"],
    ["only killed otherwise", rateOf({ otherwise: 2 }), "it survives"],
    ["broken without its bad line", rateOf({ killed: 8, brokenUnmet: 1 }), "did not run: liveness 1"],
  ])("falls short where it is %s", (_, rate, what) => {
    expect(shortfallsOf(rate).join("; ")).toContain(what);
  });

  it("may break otherwise in a tenth of what breaks", () => {
    expect(shortfallsOf(rateOf({ killed: 9, otherwise: 1 }))).toEqual([]);
  });

  it("falls short where the stored one was twice as high, and only then", () => {
    const now = rateOf({ killed: 40, survived: 360 });
    expect(shortfallsOf(now, rateOf({ killed: 80, survived: 320 }))).toEqual([
      "its rate fell by half: 40 of 400 now, 80 of 400 as stored",
    ]);
    expect(shortfallsOf(now, rateOf({ killed: 79, survived: 321 }))).toEqual([]);
    expect(shortfallsOf(now, rateOf({ killed: 20, survived: 80 }))).toHaveLength(1);
    expect(shortfallsOf(now, now)).toEqual([]);
  });

  it("asks for another look where it fell by half and that may be chance", () => {
    const now = rateOf({ killed: 2, survived: 398 });
    const before = rateOf({ killed: 5, survived: 395 });
    expect(shortfallsOf(now, before)).toEqual([]);
    expect(remarksOn(now, before)).toHaveLength(1);
    expect(remarksOn(now, now)).toEqual([]);
  });
});

describe("a fall by half", () => {
  const of = (killed: number, runs: number) => ({ killed, runs });

  it.each([
    ["no", of(200, 400), of(101, 400)],
    ["fallen", of(200, 400), of(100, 400)],
    ["fallen", of(400, 400), of(200, 400)],
    ["fallen", of(12, 400), of(2, 400)],
    ["fallen", of(8, 400), of(0, 400)],
    ["perhaps", of(6, 400), of(3, 400)],
    ["perhaps", of(3, 400), of(0, 400)],
    ["perhaps", of(200, 400), of(0, 3)],
    ["fallen", of(200, 400), of(0, 10)],
    ["no", of(0, 400), of(0, 400)],
    ["no", of(5, 400), of(0, 0)],
  ])("is %s from %o to %o", (expected, before, now) => {
    expect(fallen(before, now)).toBe(expected);
  });
});
