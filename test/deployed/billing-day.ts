import {
  addDays,
  type BusinessCalendar,
  type CalendarDate,
  isBusinessDay,
} from "../../lambdas/domain/calendar-date.ts";

/**
 * The day for a list that must be accepted whatever the clock says: the first business day after today, within what
 * the bank takes ahead of time, for which nobody has left a list yet. Its cut-off is in the future at any hour, and
 * on any day of the week.
 * @param used the days that have a list
 * @throws Error when there is none
 */
export function freeBillingDay(
  today: CalendarDate,
  calendar: BusinessCalendar,
  maxAheadDays: number,
  used: ReadonlySet<string>,
): CalendarDate {
  for (let ahead = 1; ahead <= maxAheadDays; ahead++) {
    const day = addDays(today, ahead);
    if (isBusinessDay(day, calendar) && !used.has(day)) return day;
  }
  throw new Error(
    today >= calendar.knownUntil
      ? `the holiday list ends on ${calendar.knownUntil}: add years to infra/config/holidays.ts`
      : `every business day of the ${maxAheadDays} after ${today} has a due list already: destroy this stage, or wait a day`,
  );
}
