import { zonedClock } from "../../lambdas/domain/zoned-clock.ts";

/**
 * An instant (ISO 8601 with Z) for people: to the second on the clocks of the stream's zone, and exactly in UTC.
 * Something that is no instant stays as it is, as all does where the zone is not known.
 */
export function instantText(value: string, timeZone: string | undefined): string {
  const date = new Date(value);
  if (timeZone === undefined || Number.isNaN(date.getTime())) return value;
  return `${zonedClock(date, timeZone, "short")} (${value})`;
}
