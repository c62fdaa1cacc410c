/** One per zone and way of naming it: making one costs more than everything else on a page together. */
const FORMATTERS = new Map<string, Intl.DateTimeFormat>();

/**
 * What clocks of a zone show at an instant, to the second: `2026-03-02 07:00:12 GMT+11:00`.
 * @param timeZone IANA name
 * @param zoneName how the zone is named: by its offset, or as people there call it (`AEDT`)
 */
export function zonedClock(instant: Date, timeZone: string, zoneName: "longOffset" | "short"): string {
  const parts = formatterOf(timeZone, zoneName).formatToParts(instant);
  const part = (type: Intl.DateTimeFormatPartTypes) =>
    (parts.find((one) => one.type === type) as Intl.DateTimeFormatPart).value;
  const day = `${part("year")}-${part("month")}-${part("day")}`;
  return `${day} ${part("hour")}:${part("minute")}:${part("second")} ${part("timeZoneName")}`;
}

function formatterOf(timeZone: string, timeZoneName: "longOffset" | "short"): Intl.DateTimeFormat {
  const key = `${timeZone} ${timeZoneName}`;
  const known = FORMATTERS.get(key);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-AU", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName,
  });
  FORMATTERS.set(key, made);
  return made;
}
