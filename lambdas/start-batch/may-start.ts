import { type BusinessCalendar, type CalendarDate, isBusinessDay } from "../domain/calendar-date.ts";
import type { Stream } from "../domain/stream.ts";

export type Refusal = "not-a-business-day" | "too-late" | "past-cut-off";

/**
 * Whether a batch may start now, or why not and in which words. Instants in epoch milliseconds.
 * A list that is started too late is left for a person: what was meant for seven in the morning may not be
 * wanted in the afternoon.
 */
export function refusedStart(
  stream: Pick<Stream, "name" | "cutOff" | "timeZone" | "maxStartDelayMinutes">,
  calendar: BusinessCalendar,
  billingDate: CalendarDate,
  times: { readonly now: number; readonly scheduled: number; readonly cutOff: number },
): { readonly reason: Refusal; readonly message: string } | undefined {
  if (!isBusinessDay(billingDate, calendar)) {
    const why =
      billingDate > calendar.knownUntil ? "lies after the end of the holiday list" : "is not a business day";
    return { reason: "not-a-business-day", message: `${billingDate} ${why}` };
  }
  if (times.now >= times.cutOff) {
    return {
      reason: "past-cut-off",
      message: `the cut-off of stream ${stream.name} on ${billingDate} was ${stream.cutOff} ${stream.timeZone}`,
    };
  }
  const late = Math.floor((times.now - times.scheduled) / 60_000);
  if (late > stream.maxStartDelayMinutes) {
    return {
      reason: "too-late",
      message: `the start was due ${late} minutes ago, and at most ${stream.maxStartDelayMinutes} are allowed`,
    };
  }
  return undefined;
}
