/**
 * An instant (ISO 8601 with Z) for people: to the second on the clocks of the stream's zone, and exactly in UTC.
 * Something that is no instant stays as it is, as all does where the zone is not known.
 */
export function instantText(value: string, timeZone: string | undefined): string {
  const date = new Date(value);
  if (timeZone === undefined || Number.isNaN(date.getTime())) return value;
  const parts = new Intl.DateTimeFormat("en-AU", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
  }).formatToParts(date);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value;
  const day = `${part("year")}-${part("month")}-${part("day")}`;
  const time = `${part("hour")}:${part("minute")}:${part("second")}`;
  return `${day} ${time} ${part("timeZoneName")} (${value})`;
}
