import { expect, test } from "vitest";
import { zonedClock } from "../../lambdas/domain/zoned-clock.ts";

const SYDNEY = "australia/sydney";
let spellings = 0;

/** The zone's name in a spelling that this process has not seen yet: a formatter is made once for each. */
function anew(): string {
  spellings += 1;
  const letters = Array.from(SYDNEY, (letter, at) => ((spellings >> at) & 1 ? letter.toUpperCase() : letter));
  return letters.join("");
}

test.each([
  ["2026-03-01T20:00:12Z", "longOffset", "2026-03-02 07:00:12 GMT+11:00"],
  ["2026-07-04T14:05:09Z", "longOffset", "2026-07-05 00:05:09 GMT+10:00"],
  ["2026-03-01T20:00:12Z", "short", "2026-03-02 07:00:12 AEDT"],
  ["2026-07-05T05:06:07Z", "short", "2026-07-05 15:06:07 AEST"],
] as const)("clocks of a zone show at %s, by its %s, %s", (instant, name, shown) => {
  const zone = anew();
  for (const _again of [1, 2]) expect(zonedClock(new Date(instant), zone, name)).toBe(shown);
});

test("one zone is not taken for another, nor one way of naming it for the other", () => {
  const [zone, instant] = [anew(), new Date("2026-03-01T20:00:12Z")];
  expect(zonedClock(instant, zone, "short")).toMatch(/ AEDT$/);
  expect(zonedClock(instant, zone, "longOffset")).toMatch(/ GMT\+11:00$/);
  expect(zonedClock(instant, "Asia/Tokyo", "longOffset")).toBe("2026-03-02 05:00:12 GMT+09:00");
});
