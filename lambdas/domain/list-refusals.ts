import { type CalendarDate, daysBetween } from "./calendar-date.ts";
import { judgeContent } from "./due-row.ts";
import type { Stream } from "./stream.ts";

/** The reasons that only the whole list shows. */
export const LIST_REASONS = ["duplicate-in-list", "conflicting-in-list", "too-near"] as const;

/** A row that is refused for another row of the same list. */
export interface ListRefusal {
  readonly line: number;
  readonly reason: (typeof LIST_REASONS)[number];
  /** The row that this one repeats or crowds. */
  readonly otherLine: number;
}

/** The ten fields of the row at that line. */
export type FieldsAt = (line: number) => readonly string[];

/** The rows of one mandate and one due date as written: the first line, and the lines of those that repeat it. */
interface Instalment {
  readonly line: number;
  readonly repeats: number[];
  same: boolean;
}

/**
 * The refusals among rows that may share a mandate. Repeats are judged first, whatever else is wrong with the
 * rows; only rows that pass their content too can crowd one another.
 * @param lines well-shaped rows, rising; every row of each mandate among them
 */
export function* refusalsAmong(
  lines: readonly number[],
  fieldsAt: FieldsAt,
  stream: Stream,
  billingDate: CalendarDate,
): Generator<ListRefusal> {
  for (const instalments of byMandate(lines, fieldsAt).values()) {
    const survivors: { line: number; dueDate: CalendarDate }[] = [];
    for (const { line, repeats, same } of instalments.values()) {
      const reason = same ? "duplicate-in-list" : "conflicting-in-list";
      for (const repeat of repeats) yield { line: repeat, reason, otherLine: line };
      if (!same) yield { line, reason, otherLine: repeats[0] as number };
      const judged = same ? judgeContent(fieldsAt(line), stream, billingDate) : undefined;
      if (judged && "row" in judged) survivors.push({ line, dueDate: judged.row.dueDate as CalendarDate });
    }
    yield* tooNear(survivors, stream.minDaysBetweenInstalments);
  }
}

function byMandate(lines: readonly number[], fieldsAt: FieldsAt): Map<string, Map<string, Instalment>> {
  const mandates = new Map<string, Map<string, Instalment>>();
  for (const line of lines) {
    const fields = fieldsAt(line);
    const [mandateId, dueDate] = fields as [string, string];
    const instalments = mandates.get(mandateId) ?? new Map<string, Instalment>();
    mandates.set(mandateId, instalments);
    const earlier = instalments.get(dueDate);
    if (!earlier) {
      instalments.set(dueDate, { line, repeats: [], same: true });
      continue;
    }
    const first = fieldsAt(earlier.line);
    earlier.repeats.push(line);
    earlier.same &&= first.every((field, index) => field === fields[index]);
  }
  return mandates;
}

/** All rows with another due date of their mandate too few days away, each with the nearest such row. */
function* tooNear(
  survivors: { line: number; dueDate: CalendarDate }[],
  minDays: number,
): Generator<ListRefusal> {
  survivors.sort((a, b) => (a.dueDate < b.dueDate ? -1 : 1));
  for (const [index, { line, dueDate }] of survivors.entries()) {
    const near = [survivors[index - 1], survivors[index + 1]]
      .filter((other) => other !== undefined)
      .map((other) => ({ line: other.line, days: Math.abs(daysBetween(dueDate, other.dueDate)) }))
      .filter((other) => other.days < minDays)
      .sort((a, b) => a.days - b.days || a.line - b.line);
    if (near[0]) yield { line, reason: "too-near", otherLine: near[0].line };
  }
}
