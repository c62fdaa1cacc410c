import { describe, expect, it } from "vitest";
import {
  acquiredAction,
  continuedAction,
  executionName,
  numberOf,
  TrailOfExecutions,
} from "../../lambdas/domain/execution-name.ts";
import type { EventItem } from "../../lambdas/domain/records.ts";

const BATCH = "au-cba-2026-03-02-01";
const NOW = Date.parse("2026-06-01T00:00:00Z");
const DAY = 24 * 60 * 60_000;

const line = (action: string, by: string, ago: number): EventItem => ({
  batchId: BATCH,
  at: new Date(NOW - ago).toISOString(),
  action,
  by,
  nonce: "n",
});
const acquired = (name: string, ago = DAY) => line(acquiredAction(3), name, ago);
const announced = (k: number, ago = DAY) => line(continuedAction(executionName(BATCH, k)), "anna", ago);
const trail = (...events: EventItem[]) => new TrailOfExecutions(BATCH, events);

describe("the name of an execution", () => {
  it("is the batch's, or the batch's with its number behind -c, and reads back", () => {
    expect(executionName(BATCH, 0)).toBe(BATCH);
    expect(executionName(BATCH, 12)).toBe(`${BATCH}-c12`);
    for (const k of [0, 1, 9, 10, 99]) expect(numberOf(BATCH, executionName(BATCH, k))).toBe(k);
  });

  it("is no other batch's, and nothing that looks similar", () => {
    for (const name of ["-x-c1", "-c0", "-c01", "-c100", "-c1 ", "-c", "-1", "x"].map((end) => BATCH + end)) {
      expect(numberOf(BATCH, name)).toBeUndefined();
    }
    expect(numberOf(BATCH, "au-cba-2026-03-02-02-c1")).toBeUndefined();
    expect(numberOf(BATCH, "c1")).toBeUndefined();
  });
});

describe("what a trail tells of executions", () => {
  it("is nothing where it has no such line, whoever did something and why", () => {
    const people = [
      line("redrive", `${BATCH}-c7`, DAY),
      line(`propose ${BATCH}.c8`, "anna", DAY),
      // As long as the words of a continuation, and none.
      line(`redrive for ${BATCH}-c9`, "anna", DAY),
    ];
    expect([trail(...people).isEmpty, trail(...people).last]).toEqual([true, 0]);
    expect([trail(announced(1)).isEmpty, trail(acquired(BATCH)).isEmpty]).toEqual([false, false]);
    expect(trail(acquired(BATCH), announced(1)).isEmpty).toBe(false);
    expect(trail(...people).used(NOW)).toBe(0);
  });

  it("is nothing where such a line names no execution of the batch", () => {
    const strange = trail(
      acquired("by hand", 0),
      acquired("au-cba-2026-03-02-02-c3", 0),
      line(continuedAction("x"), "anna", 0),
    );
    expect([strange.isEmpty, strange.last, strange.used(NOW), strange.isYoung(0, NOW)]).toEqual([
      true,
      0,
      0,
      false,
    ]);
  });

  it("has every name that has acquired the lock among the used ones, however long ago", () => {
    const known = trail(acquired(BATCH, 400 * DAY), acquired(`${BATCH}-c2`, 0), acquired(`${BATCH}-c1`, 1));
    expect([known.last, known.used(NOW)]).toEqual([2, 2]);
  });

  it("leaves a name free that was announced and never started, until one that was started would be forgotten", () => {
    expect(trail(announced(1, 0)).used(NOW)).toBe(0);
    expect(trail(announced(1, 90 * DAY - 1)).used(NOW)).toBe(0);
    expect(trail(announced(1, 90 * DAY)).used(NOW)).toBe(1);
    // Announced twice, the first time counts.
    expect(trail(announced(1, 90 * DAY), announced(1, 0)).used(NOW)).toBe(1);
    expect(trail(announced(1, 0)).last).toBe(1);
  });

  it("calls young what has acquired the lock within a quarter of an hour", () => {
    const minute = 60_000;
    expect(trail(acquired(BATCH, 14 * minute)).isYoung(0, NOW)).toBe(true);
    expect(trail(acquired(BATCH, 15 * minute)).isYoung(0, NOW)).toBe(false);
    expect(trail(acquired(BATCH, 0)).isYoung(1, NOW)).toBe(false);
    expect(trail(announced(1, 0)).isYoung(1, NOW)).toBe(false);
  });
});
