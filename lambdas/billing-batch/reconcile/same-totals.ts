import type { FileItem } from "../../domain/records.ts";
import type { Check } from "../../domain/report.ts";
import type { Findings } from "./findings.ts";
import type { RecentFile } from "./recent-batches.ts";
import { suspicion } from "./suspicion.ts";

/** Whether a file has as many debits and as many cents as one that was sent a few days ago: the same list again. */
export function sameTotals(
  files: readonly FileItem[],
  recent: readonly RecentFile[],
  findings: Findings,
): Check {
  for (const { number, debits, cents } of files) {
    for (const { batchId, item } of recent) {
      if (item.debits !== debits || item.cents !== cents) continue;
      findings.add(
        "same-totals",
        { file: number },
        `same count and total as file ${item.number} of batch ${batchId}`,
      );
    }
  }
  const count = findings.count("same-totals");
  return suspicion("same-totals", count === 0, "0", String(count), findings.note("same-totals"));
}
