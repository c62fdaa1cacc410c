import type { FileItem } from "../../domain/records.ts";
import type { IndexLine } from "../../domain/bank-file.ts";
import type { Objects } from "../../ports.ts";
import type { DueTable } from "./due-table.ts";
import type { FileEntries } from "./file-entries.ts";
import type { Findings } from "./findings.ts";
import { jsonValue, lineRanges, readFrozen } from "./stored-bytes.ts";

const INDEX_KEYS = 6;

/** Holds a file's index, from which a lost ledger would be rebuilt, against the entries that were just walked. */
export async function walkIndex(
  objects: Objects,
  item: FileItem,
  table: DueTable,
  entries: FileEntries,
  findings: Findings,
): Promise<void> {
  const { bytes, fault } = await readFrozen(objects, "bankFiles", {
    key: item.indexKey,
    version: item.indexVersion,
    sha256: item.indexSha256,
  });
  const file = item.number;
  if (fault) findings.add("index", { file }, `the index ${fault}`);
  if (bytes === undefined) return;
  let count = 0;
  for (const [from, to] of lineRanges(bytes)) {
    const line = entries.lines[count] ?? 0;
    const cents = entries.cents[count] ?? 0;
    count += 1;
    if (bytes.toString("latin1", from, to) === usualText(line, cents, table)) continue;
    if (!isIndexOf(jsonValue(bytes, from, to), line, cents, table)) {
      findings.add("index", { file, line: count }, "the line is not that of the file's debit");
    }
  }
  if (count !== entries.lines.length) findings.add("index", { file }, "it has not one line for each debit");
}

/**
 * The line as it is usually written: found so, it needs no parsing. Undefined for a row that has not proven sound,
 * since the ids of such a row could hold anything.
 */
function usualText(line: number, cents: number, table: DueTable): string | undefined {
  const key = line === 0 || table.ownReason(line) !== undefined ? undefined : table.key(line);
  if (key === undefined) return undefined;
  return (
    `{"line":${line},"mandateId":"${key.mandateId}","dueDate":"${key.dueDate}",` +
    `"attempt":${key.attempt},"merchantId":"${table.merchantId(line)}","cents":${cents}}`
  );
}

function isIndexOf(value: unknown, line: number, cents: number, table: DueTable): boolean {
  if (typeof value !== "object" || value === null || line === 0) return false;
  const index = value as IndexLine;
  return (
    index.line === line &&
    index.cents === cents &&
    index.merchantId === table.merchantId(line) &&
    // A damaged line may hold anything; the table compares texts and a number.
    typeof index.mandateId === "string" &&
    typeof index.dueDate === "string" &&
    typeof index.attempt === "number" &&
    table.isKeyOf(line, index) &&
    // Nothing else may stand in it: no bank account, no name.
    Object.keys(index).length === INDEX_KEYS
  );
}
