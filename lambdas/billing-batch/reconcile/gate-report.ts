import { CONTENT_REASONS, type Exclusion } from "../../domain/exclusion.ts";
import type { EventItem } from "../../domain/records.ts";
import { type BatchReport, type Check, isStopping, type ReportWithExclusions } from "../../domain/report.ts";
import type { Case } from "./case.ts";
import type { Evidence } from "./checks.ts";
import { plain } from "./sums.ts";

const CONTENT: readonly string[] = CONTENT_REASONS;

/** The report of one run of the gate, for whatever number it gets. */
export function gateReport(
  judged: Case,
  { list: { table }, rows, files, ledger }: Evidence,
  exclusions: readonly Exclusion[],
  checks: readonly Check[],
  events: readonly EventItem[],
): (number: number) => ReportWithExclusions {
  const { batch } = judged;
  const passed = !checks.some(isStopping);
  const at = new Date(judged.now).toISOString();
  const report: Omit<BatchReport, "number"> = {
    schema: 1,
    batchId: batch.id,
    stream: batch.stream,
    billingDate: batch.billingDate,
    timeZone: judged.stream.timeZone,
    writtenBy: "Reconcile",
    at,
    status: passed ? "GATE_PASSED" : "GATE_FAILED",
    dueList: {
      count: batch.dueList.count,
      cents: table.untold === 0 ? batch.dueList.totalCents : rows.due.cents,
    },
    ledger: plain(ledger),
    bankFiles: plain(files.debits),
    excluded: {
      ...plain(rows.excluded),
      ...byReason(exclusions),
      ...(table.untold > 0 && { untold: table.untold }),
    },
    merchants: rows.merchants,
    checks,
    files: judged.files.map(({ number, sha256, debits, cents, firstLine, lastLine, state }) => {
      return { number, sha256, debits, cents, firstLine, lastLine, state };
    }),
    timeline: [
      ...events.map((event) => ({ at: event.at, what: inWords(event) })),
      { at, what: `Reconcile: the gate ${passed ? "passed" : "failed"}` },
    ],
  };
  return (number) => ({ report: { ...report, number }, exclusions });
}

function byReason(exclusions: readonly Exclusion[]): {
  content: number;
  byReason: Readonly<Record<string, number>>;
} {
  const counts: Record<string, number> = {};
  let content = 0;
  for (const { reason } of exclusions) {
    counts[reason] = (counts[reason] ?? 0) + 1;
    if (CONTENT.includes(reason)) content += 1;
  }
  return { content, byReason: counts };
}

function inWords({ action, by, reason }: EventItem): string {
  return reason === undefined ? `${action}, by ${by}` : `${action}, by ${by}: ${reason}`;
}
