import { expect, test } from "vitest";
import { configuration } from "../../infra/config/configuration.ts";
import { clockFrom } from "../../lambdas/adapters/clock.ts";
import { type CalendarDate, daysBetween, isBusinessDay } from "../../lambdas/domain/calendar-date.ts";
import type { Stream } from "../../lambdas/domain/stream.ts";
import type { Instant } from "../../lambdas/ports.ts";
import { refusedStart } from "../../lambdas/start-batch/may-start.ts";
import { freeBillingDay } from "./billing-day.ts";

const { streams, calendar } = configuration("dev");
const stream = streams["au-cba"] as Stream;
const { maxAheadDays } = stream.bankProfile;

test("at any hour of any day of two years there is a day that starter, gate and submission accept", () => {
  // Eleven hours on each time: within eleven days every hour of the day has had its turn.
  const hours = (Date.parse("2028-11-30T00:00Z") - Date.parse("2026-11-01T00:00Z")) / 3_600_000;
  for (let hour = 0; hour <= hours; hour += 11) {
    const now = (Date.parse("2026-11-01T00:00Z") + hour * 3_600_000) as Instant;
    const clock = clockFrom(() => now);
    const today = clock.dateAt(now, stream.timeZone);
    const day = freeBillingDay(today, calendar, maxAheadDays, new Set());
    const cutOff = clock.instantOf(day, stream.cutOff, stream.timeZone);
    const scheduled = clock.instantOf(day, stream.schedule.time, stream.timeZone);
    const wrong =
      refusedStart(stream, calendar, day, { now, scheduled, cutOff })?.message ??
      (daysBetween(today, day) > maxAheadDays ? "too far ahead" : undefined) ??
      // An execution has six hours, and the day of its files must not be over when it submits.
      (cutOff - now < 6 * 3_600_000 ? "too near the cut-off" : undefined);
    if (wrong !== undefined) throw new Error(`${new Date(now).toISOString()}: ${wrong}`);
  }
  expect(hours).toBeGreaterThan(18_000);
});

test("a day that has a list is left out, so that a second run bills another one", () => {
  const today = "2026-11-20" as CalendarDate;
  const first = freeBillingDay(today, calendar, maxAheadDays, new Set());
  const second = freeBillingDay(today, calendar, maxAheadDays, new Set([first]));
  expect([first, second]).toEqual(["2026-11-23", "2026-11-24"]);
  expect(isBusinessDay(second, calendar)).toBe(true);
});

test("without a day it says whether the lists or the holidays have come to their end", () => {
  const all = { has: () => true } as unknown as ReadonlySet<string>;
  expect(() => freeBillingDay("2026-11-20" as CalendarDate, calendar, maxAheadDays, all)).toThrow(
    "has a due list already",
  );
  expect(() => freeBillingDay("2028-12-31" as CalendarDate, calendar, maxAheadDays, new Set())).toThrow(
    "the holiday list ends on 2028-12-31",
  );
});
