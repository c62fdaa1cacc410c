import Holidays from "date-holidays";
import type { BusinessCalendar } from "../../lambdas/domain/calendar-date.ts";

/** Named, not taken from the clock: the same commit synthesizes the same calendar on every day. */
const YEARS = [2026, 2027, 2028] as const;

/**
 * The days on which Sydney's banks are closed: the public holidays of New South Wales and its bank holiday in
 * August. Where banks work all the same the file waits a day, which harms nobody; the other way round a file
 * would be dated on a day without settlement.
 */
export function businessCalendar(): BusinessCalendar {
  const newSouthWales = new Holidays("AU", "NSW", { timezone: "Australia/Sydney" });
  const dates = YEARS.flatMap((year) =>
    newSouthWales
      .getHolidays(year)
      .filter((holiday) => holiday.type === "public" || holiday.type === "bank")
      .map((holiday) => holiday.date.slice(0, 10)),
  );
  return { holidays: [...new Set(dates)].sort(), knownUntil: `${YEARS[YEARS.length - 1]}-12-31` };
}
