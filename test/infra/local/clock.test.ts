import { describe, expect, test } from "vitest";
import { localClock } from "../../../infra/local/clock.ts";
import type { CalendarDate } from "../../../lambdas/domain/calendar-date.ts";
import type { Instant } from "../../../lambdas/ports.ts";

describe("the local clock", () => {
  const start = Date.parse("2026-03-01T20:00:00Z") as Instant;

  test("starts at the given instant and runs on in whole milliseconds", () => {
    let elapsed = 5_000.4;
    const clock = localClock(start, () => elapsed);
    expect(clock.now()).toBe(start);
    elapsed += 1_500.9;
    expect(clock.now()).toBe(start + 1_500);
  });

  test("runs on in real time by itself", async () => {
    const clock = localClock(start);
    const before = clock.now();
    await expect.poll(() => clock.now(), { interval: 1 }).toBeGreaterThan(before);
  });

  test("knows the zone's calendar", () => {
    const clock = localClock(start, () => 0);
    expect(clock.dateAt(clock.now(), "Australia/Sydney")).toBe("2026-03-02");
    expect(clock.instantOf("2026-03-02" as CalendarDate, "07:00", "Australia/Sydney")).toBe(start);
  });
});
