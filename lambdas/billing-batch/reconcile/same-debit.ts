import type { Check } from "../../domain/report.ts";
import type { Objects } from "../../ports.ts";
import { DebitsByPayer } from "./debits-by-payer.ts";
import type { DueTable } from "./due-table.ts";
import type { Findings } from "./findings.ts";
import type { Gate } from "./gate.ts";
import type { RecentFile } from "./recent-batches.ts";
import { walkRecent } from "./recent-debits.ts";
import { suspicion } from "./suspicion.ts";

/**
 * Whether somebody is asked twice for the same money under different mandates: the same bank account, merchant and
 * amount within the set, or in the set and in a file that was sent a few days ago. A file of those that cannot be
 * read proves nothing, so it fails the check. Recent files are read one at a time.
 *
 * Notes name lines, files and batches, and nothing of what stands there.
 */
export async function sameDebit(
  { table, findings }: Gate,
  recent: readonly RecentFile[],
  objects: Objects,
): Promise<Check> {
  const payers = within(table, findings);
  for (const { batchId, item } of recent) {
    const file = `file ${item.number} of batch ${batchId}`;
    const fault = await walkRecent(objects, item, payers, ({ sent, first }) => {
      if (sent.merchantId !== table.merchantId(first)) return;
      const line = payers.lineOfOther(first, sent.mandateId);
      if (line > 0)
        findings.add("same-debit", { line }, `${SAME} as due-list line ${sent.line} of batch ${batchId}`);
    });
    if (fault !== undefined) findings.add("same-debit", {}, `${file} ${fault}, so it cannot be compared`);
  }
  const count = findings.count("same-debit");
  return suspicion("same-debit", count === 0, "0", String(count), findings.note("same-debit"));
}

const SAME = "under another mandate the same bank account, merchant and amount";

/** The debits of the set itself, each held against those before it. */
function within(table: DueTable, findings: Findings): DebitsByPayer {
  const payers = new DebitsByPayer(table);
  for (let line = 1; line <= table.rows; line += 1) {
    // A row that should not be in a file has no entry to read; that it is there fails a proof.
    if (table.inFiles[line] === 0 || table.ownReason(line) !== undefined) continue;
    const text = table.entry(line);
    const [bsbEnd, accountEnd] = [text.indexOf("\n"), text.indexOf("\n", text.indexOf("\n") + 1)];
    const first = payers.add(line, text.slice(0, bsbEnd), text.slice(bsbEnd + 1, accountEnd));
    if (first > 0) findings.add("same-debit", { line }, `${SAME} as due-list line ${first}`);
  }
  return payers;
}
