import { describe, expect, test } from "vitest";
import { type BlackoutAnswer, codesOf, exitOf, wrongWith } from "./blackout.ts";

const answer = (codes: readonly string[], more: Partial<BlackoutAnswer> = {}): BlackoutAnswer => ({
  stage: "dev",
  allowed: codes.length === 0,
  firstDeployment: false,
  checkedAt: "2026-11-20T00:00:00.000Z",
  reasons: codes.map((code) => ({ code, text: code })),
  nextOpening: null,
  ...more,
});

const IDLE = { open: false, emulated: true };
const OPEN = { open: true, emulated: true };

describe("the blackout check on an emulator", () => {
  test("is right when it cannot read the calendar, and sees a batch only while one is open", () => {
    expect(wrongWith(answer(["CalendarUnreadable"]), IDLE)).toEqual([]);
    expect(wrongWith(answer(["CalendarUnreadable", "BatchOpen"]), OPEN)).toEqual([]);
  });

  test.each([
    ["it sees an open batch where there is none", answer(["CalendarUnreadable", "BatchOpen"]), IDLE],
    ["it does not see the open batch", answer(["CalendarUnreadable"]), OPEN],
    ["it does not say that the calendar is unreadable, and there is none here", answer([]), IDLE],
    ["it gives other reasons: LedgerUnreadable", answer(["CalendarUnreadable", "LedgerUnreadable"]), IDLE],
    [
      "it calls this a first deployment, and the stacks are there",
      answer(["CalendarUnreadable"], { firstDeployment: true }),
      IDLE,
    ],
    ["allowed is true with 1 reasons", answer(["CalendarUnreadable"], { allowed: true }), IDLE],
  ])("is wrong when %s", (sentence, given, around) => {
    expect(wrongWith(given, around)).toEqual([sentence]);
  });
});

test("on a real account the calendar is read, and may be closed", () => {
  const real = { open: false, emulated: false };
  expect(wrongWith(answer([]), real)).toEqual([]);
  expect(wrongWith(answer(["CalendarClosed"]), real)).toEqual([]);
  expect(wrongWith(answer(["CalendarUnreadable"]), real)).toHaveLength(1);
});

test("what could not be decided ends otherwise than what was refused", () => {
  const ends = [[], ["CalendarUnreadable"], ["CalendarUnreadable", "BatchOpen"]].map((codes) =>
    answer(codes),
  );
  expect(ends.map(exitOf)).toEqual([0, 1, 3]);
  expect(ends.map(codesOf)).toEqual([
    "nothing against it",
    "CalendarUnreadable",
    "CalendarUnreadable, BatchOpen",
  ]);
});
