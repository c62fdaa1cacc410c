import type { CalendarDate } from "../../domain/calendar-date.ts";
import { COLUMNS } from "../../domain/exclusion.ts";
import type { Stream } from "../../domain/stream.ts";
import { DueTable } from "./due-table.ts";
import { findCrowds } from "./list-crowds.ts";
import { readDueRows } from "./list-reading.ts";
import { findRepeats } from "./list-repeats.ts";
import { type OwnDebit, type OwnRefusal, rowJudge } from "./own-judgement.ts";
import { countedCents, hasKey, isId, isNameable, tellableCents } from "./row-form.ts";

/**
 * Judges every row of a due list as staging should have judged it, short of what only the ledger knows.
 * @throws ListUnreadable
 */
export function judgeList(bytes: Buffer, stream: Stream, billingDate: CalendarDate): DueTable {
  const most = lineEnds(bytes) + 1;
  const table = new DueTable(most);
  const ends = new Float64Array(most + 1);
  const judge = rowJudge(stream, billingDate);
  const shared = new SharedStrings();
  readDueRows(bytes, (fields, from, to) => {
    const line = (table.rows += 1);
    if (line === 1) ends[0] = from;
    ends[line] = to;
    const judged = judge(fields);
    if ("reason" in judged) {
      noteRefused(table, line, fields, judged, shared);
      noteCents(table, line, countedCents(fields), tellableCents(fields, stream.maxDebitCents));
    } else {
      noteDebit(table, line, judged, shared);
      noteCents(table, line, judged.cents, judged.cents);
    }
  });
  findRepeats(table, table.companions, (line) => bytes.subarray(ends[line - 1], ends[line]));
  findCrowds(table, table.companions, stream.minDaysBetweenInstalments);
  return table;
}

function noteDebit(table: DueTable, line: number, debit: OwnDebit, shared: SharedStrings): void {
  const { mandateId, dueDate, merchantId } = debit;
  table.setIds(line, mandateId, shared.of(dueDate), shared.of(merchantId));
  table.setDebit(line, debit);
  table.group(line, mandateId);
}

function noteRefused(
  table: DueTable,
  line: number,
  fields: readonly string[],
  refusal: OwnRefusal,
  shared: SharedStrings,
): void {
  table.exclude(line, refusal);
  if (isNameable(fields)) table.nameable[line] = 1;
  if (hasKey(fields)) table.setAttempt(line, Number(fields[2]));
  if (fields.length !== COLUMNS.length) return;
  const [written, dueDate, , merchantId] = fields as readonly [string, string, string, string];
  const mandateId = isId(written) ? written : undefined;
  table.setIds(line, mandateId, shared.of(dueDate), shared.of(merchantId));
  if (mandateId !== undefined && refusal.reason !== "malformed-row") table.group(line, mandateId);
}

function noteCents(table: DueTable, line: number, counted: number, told: number): void {
  table.cents[line] = told;
  table.manifestCents += counted;
  if (told !== counted) table.untold += 1;
}

/** One string for all equal ones: a million rows share a few dates and merchants. */
class SharedStrings {
  readonly #strings = new Map<string, string>();

  of(text: string): string {
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    this.#strings.set(text, text);
    return text;
  }
}

/** How many line feeds the list has: at least as many as it has records, less one. */
function lineEnds(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) count += 1;
  return count;
}
