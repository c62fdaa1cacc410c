import { Temporal } from "temporal-polyfill";
import type { CalendarDate } from "../domain/calendar-date.ts";
import type { Clock, Instant } from "../ports.ts";

/** A clock that asks `now` for the instant and IANA's rules for everything else. */
export function clockFrom(now: () => Instant): Clock {
  return {
    now,
    instantOf: (date, time, timeZone) =>
      Temporal.PlainDate.from(date)
        .toPlainDateTime(Temporal.PlainTime.from(time))
        .toZonedDateTime(timeZone, { disambiguation: "later" }).epochMilliseconds as Instant,
    dateAt: (instant, timeZone) =>
      Temporal.Instant.fromEpochMilliseconds(instant)
        .toZonedDateTimeISO(timeZone)
        .toPlainDate()
        .toString() as CalendarDate,
  };
}

/** The machine's clock, in UTC milliseconds: the one place that reads it. */
export const systemClock: Clock = clockFrom(() => Date.now() as Instant);
