import { describe, expect, test } from "vitest";
import type { RoundResult } from "./round.ts";
import { NOTHING, shortfalls, type Tally, tallied } from "./tally.ts";

const KILLS = {
  AcquireLock: 1,
  PlanSegments: 1,
  StageSegments: 1,
  ComposeBankFile: 1,
  Reconcile: 1,
  SubmitBankFile: 1,
  CloseBatch: 1,
};
const MARKS = {
  lockTakenOver: 1,
  lockRefused: 0,
  staleFence: 1,
  killInDelivery: 1,
  stopInDelivery: 0,
  evidenceAfterKill: 1,
};
/** Just enough of everything. */
const ENOUGH: Tally = { ...NOTHING, rounds: 10, closed: 6, parked: 4, shared: 3, kills: KILLS, marks: MARKS };

describe("a race", () => {
  test("that has met everything falls short of nothing", () => {
    expect(shortfalls(ENOUGH)).toEqual([]);
  });

  test.each<[string, Partial<Tally>, string]>([
    ["a broken promise", { failed: 1 }, "1 rounds broke the promise"],
    ["a broken layer", { layersBroken: 1 }, "in 1 rounds a layer let something pass"],
    ["too few rounds with two in one state", { shared: 2 }, "rounds with two processes in one state: 2"],
    ["as many parked as not", { parked: 5 }, "parked batches are no minority: 5"],
    ["no kill in the map", { kills: { ...KILLS, StageSegments: 0 } }, "kills in StageSegments: none"],
    [
      "no lock taken over",
      { marks: { ...MARKS, lockTakenOver: 0 } },
      "locks taken over by another process: none",
    ],
    ["no stale fence", { marks: { ...MARKS, staleFence: 0 } }, "stale fences: none"],
    [
      "no kill in mid-delivery",
      { marks: { ...MARKS, killInDelivery: 0 } },
      "kills between the intent and the proof: none",
    ],
    [
      "no delivery found again",
      { marks: { ...MARKS, evidenceAfterKill: 0 } },
      "deliveries proven after a kill: none",
    ],
  ])("with %s falls short", (_what, change, shortfall) => {
    expect(shortfalls({ ...ENOUGH, ...change })).toEqual([shortfall]);
  });

  test("adds its rounds up", () => {
    const round: RoundResult = {
      round: 1,
      end: "parked",
      faults: [],
      layerFaults: ["a claim is written twice"],
      shared: ["AcquireLock"],
      kills: ["Reconcile", "Reconcile", "between"],
      stops: ["CloseBatch"],
      redrives: 2,
      continues: 1,
      abandons: 1,
      requests: 100,
      withdrawn: 3,
      marks: MARKS,
      timeline: "",
    };
    const twice = tallied(tallied(NOTHING, round), { ...round, end: "closed", layerFaults: [], shared: [] });
    expect(twice).toMatchObject({
      rounds: 2,
      closed: 1,
      parked: 1,
      failed: 0,
      layersBroken: 1,
      shared: 1,
      sharedByState: { AcquireLock: 1 },
      kills: { Reconcile: 4, between: 2 },
      stops: 2,
      redrives: 4,
      continues: 2,
      abandons: 2,
      requests: 200,
      roundsWithdrawn: 2,
      marks: { lockTakenOver: 2, killInDelivery: 2 },
    });
  });
});
