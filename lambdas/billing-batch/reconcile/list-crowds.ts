import { type CalendarDate, daysBetween } from "../../domain/calendar-date.ts";
import type { Companions, DueTable } from "./due-table.ts";

/**
 * Rows of one mandate that nothing else excludes, with different due dates fewer than `minDays` days apart:
 * all of them are too near, each for the nearest other one, the lower line where two are as near.
 */
export function findCrowds(table: DueTable, companions: Companions, minDays: number): void {
  for (const lines of companions.values()) {
    const sound = lines.filter((line) => table.ownReason(line) === undefined);
    if (sound.length < 2) continue;
    // Among rows of different dates the nearest is always a neighbour in the order of dates.
    const byDate = sound.sort((a, b) => (table.dueDate(a) < table.dueDate(b) ? -1 : 1));
    const gaps = byDate.slice(1).map((line, index) => daysApart(table, byDate[index] as number, line));
    for (const [index, line] of byDate.entries()) {
      const before = { line: byDate[index - 1] ?? 0, days: gaps[index - 1] ?? Infinity };
      const after = { line: byDate[index + 1] ?? 0, days: gaps[index] ?? Infinity };
      const isBefore = before.days === after.days ? before.line < after.line : before.days < after.days;
      const nearest = isBefore ? before : after;
      if (nearest.days < minDays) table.exclude(line, { reason: "too-near", otherLine: nearest.line });
    }
  }
}

function daysApart(table: DueTable, earlier: number, later: number): number {
  return daysBetween(table.dueDate(earlier) as CalendarDate, table.dueDate(later) as CalendarDate);
}
