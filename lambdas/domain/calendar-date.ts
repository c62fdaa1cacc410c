/** A day of the calendar, `yyyy-mm-dd`, without time or zone. Such strings sort as the days do. */
export type CalendarDate = string & { readonly __unit: "calendar date" };

const FORM = /^(\d{4})-(\d{2})-(\d{2})$/;
const DAY_MS = 86_400_000;

/** Days since 1970-01-01 in the proleptic Gregorian calendar, or undefined if there is no such day. */
function dayNumber(text: string): number | undefined {
  const match = FORM.exec(text);
  if (!match) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (year < 1900) return undefined;
  const ms = Date.UTC(year, month - 1, day);
  // Date.UTC rolls 30 February over into March; a real day comes back as it went in.
  const rolled = new Date(ms);
  return rolled.getUTCMonth() === month - 1 && rolled.getUTCDate() === day ? ms / DAY_MS : undefined;
}

/** Reads `yyyy-mm-dd`; undefined for another form, a day that does not exist or a year before 1900. */
export function parseCalendarDate(text: string): CalendarDate | undefined {
  return dayNumber(text) === undefined ? undefined : (text as CalendarDate);
}

/** As {@link parseCalendarDate}, for text that must be a date. Throws a RangeError without the value. */
export function calendarDate(text: string): CalendarDate {
  const date = parseCalendarDate(text);
  if (date === undefined) throw new RangeError("not a calendar date of the form yyyy-mm-dd");
  return date;
}

/** Days from `a` to `b`: negative when b is the earlier. */
export function daysBetween(a: CalendarDate, b: CalendarDate): number {
  return (dayNumber(b) as number) - (dayNumber(a) as number);
}

/** The date `days` later (earlier when negative). */
export function addDays(date: CalendarDate, days: number): CalendarDate {
  return new Date(((dayNumber(date) as number) + days) * DAY_MS).toISOString().slice(0, 10) as CalendarDate;
}

/** Day of the week, 1 = Monday … 7 = Sunday (ISO 8601). */
export function weekday(date: CalendarDate): number {
  return (((((dayNumber(date) as number) + 3) % 7) + 7) % 7) + 1;
}

/** The days on which banks exchange files: Monday to Friday without the holidays, known up to a last day. */
export interface BusinessCalendar {
  readonly holidays: readonly string[];
  /** The last day that the holiday list covers. Later days are not known to be business days. */
  readonly knownUntil: string;
}

/** Whether banks work on that day. A day past the end of the holiday list is never called a business day. */
export function isBusinessDay(date: CalendarDate, calendar: BusinessCalendar): boolean {
  return date <= calendar.knownUntil && weekday(date) <= 5 && !calendar.holidays.includes(date);
}
