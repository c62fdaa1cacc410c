import { createHash } from "node:crypto";
import { batchId, dueListPrefix } from "../../lambdas/domain/batch.ts";
import { addDays, type CalendarDate, daysBetween } from "../../lambdas/domain/calendar-date.ts";
import type { Bank } from "./bank.ts";
import type { BatchList, DueRow, Workload } from "./workload.ts";

/**
 * The list by which a billing system asks for what the bank has not debited: every instalment that some list of the
 * stream had as due, one per mandate, as it was last written. Undefined if nothing is left.
 * @param today the first day on which it may be billed
 */
export function successorOf(
  stream: string,
  lists: readonly BatchList[],
  { instalmentOf }: Workload,
  bank: Bank,
  today: CalendarDate,
): BatchList | undefined {
  const booked = new Set(
    bank.inbox.map(({ bsb, account, cents }) => {
      const instalment = instalmentOf(bsb, account, cents);
      return instalment && `${instalment.mandateId} ${instalment.dueDate}`;
    }),
  );
  const left = new Map<string, { readonly text: string; readonly row: DueRow }>();
  let header = "";
  for (const list of lists.filter((one) => one.stream === stream)) {
    const [first = "", ...texts] = list.csv.toString("utf8").split(/\r?\n/);
    header = first;
    for (const row of list.rows) {
      const { instalment, reason, attempt, line } = row;
      if (!instalment || reason || attempt > 1) continue;
      if (booked.has(`${instalment.mandateId} ${instalment.dueDate}`)) continue;
      left.set(instalment.mandateId, { text: texts[line - 1] as string, row });
    }
  }
  if (left.size === 0) return undefined;
  const billingDate = businessDay(today);
  const number =
    1 +
    Math.max(
      0,
      ...lists
        .filter((one) => one.stream === stream && one.billingDate === billingDate)
        .map((one) => one.number),
    );
  const drafts = [...left.values()];
  const csv = Buffer.from(
    [header, ...drafts.map(({ text }) => text)].map((text) => `${text}\n`).join(""),
    "utf8",
  );
  const rows = drafts.map(({ row }, index): DueRow => ({ ...row, line: index + 1 }));
  const manifest = {
    count: rows.length,
    totalCents: rows.reduce((sum, { cents }) => sum + cents, 0),
    sha256: createHash("sha256").update(csv).digest("hex"),
    producedAt: "2026-10-06T05:30:00+11:00",
  };
  return {
    batchId: batchId(stream, billingDate, number),
    stream,
    billingDate,
    number,
    prefix: dueListPrefix(stream, billingDate, number),
    csv,
    manifest: Buffer.from(JSON.stringify(manifest), "utf8"),
    rows,
  };
}

const A_MONDAY = "2026-10-05" as CalendarDate;

/** That day, or the Monday after its weekend. */
function businessDay(day: CalendarDate): CalendarDate {
  const weekday = ((daysBetween(A_MONDAY, day) % 7) + 7) % 7;
  return weekday < 5 ? day : addDays(day, 7 - weekday);
}
