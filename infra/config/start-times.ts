import type { Stream } from "../../lambdas/domain/stream.ts";

const DAYS = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];

/** The days of a stream's schedule as a cron expression names them. */
export function cronDays({ schedule }: Stream): string {
  return schedule.weekdays.map((day) => DAYS[day - 1]).join(",");
}

/** Minutes after the scheduled time at which a start still makes sense: the stream's own limit, or its cut-off. */
export function latestStartMinutes({ schedule, cutOff, maxStartDelayMinutes }: Stream): number {
  return Math.min(maxStartDelayMinutes, minutesOf(cutOff) - minutesOf(schedule.time));
}

/** Minutes from midnight to `hh:mm`. */
function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}
