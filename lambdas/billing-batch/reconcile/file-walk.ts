import { readBankFile } from "../../domain/bank-file-reader.ts";
import type { FileItem, Sum } from "../../domain/records.ts";
import type { Objects } from "../../ports.ts";
import { dueLineReader, expectedDescription } from "./batch-marks.ts";
import { FileEntries, SetSoFar } from "./file-entries.ts";
import { judgeHeader, judgeLimits, judgeStructure } from "./file-form.ts";
import { walkIndex } from "./file-index.ts";
import type { Findings } from "./findings.ts";
import type { Gate } from "./gate.ts";
import { readFrozen } from "./stored-bytes.ts";

/** What all bank files of the set hold together. */
export interface WalkedFiles {
  readonly debits: Sum;
  /** The sum of what the files' total records state as debits. */
  readonly statedCents: number;
  readonly largestDebitCents: number;
  readonly largestFile: Sum;
  /** By merchant id; under the empty name the debits of no merchant that could be named. */
  readonly byMerchant: ReadonlyMap<string, Sum>;
}

/**
 * Reads the stored bytes of the frozen files as a bank would, in order, and holds every entry against the due
 * list. No more than one file lies in memory at a time.
 */
export async function walkFiles(gate: Gate, objects: Objects): Promise<WalkedFiles> {
  const set = new SetSoFar(dueLineReader(gate.case));
  const largestFile = { count: 0, cents: 0 };
  let statedCents = 0;
  for (const [index, item] of gate.case.files.entries()) {
    const description = expectedDescription(gate.case, index + 1);
    const entries = new FileEntries(gate, set, item, description);
    judgeRecord(gate, index, item);
    statedCents += await walkFile(gate, objects, item, description, entries);
    largestFile.count = Math.max(largestFile.count, entries.debits.count);
    largestFile.cents = Math.max(largestFile.cents, entries.debits.cents);
    await walkIndex(objects, item, gate.table, entries, gate.findings);
  }
  const { debits, byMerchant, largestCents } = set;
  return { debits, statedCents, largestDebitCents: largestCents, largestFile, byMerchant };
}

/** Walks one file. Returns the debits that its total record states. */
async function walkFile(
  { case: judged, findings }: Gate,
  objects: Objects,
  item: FileItem,
  description: string,
  entries: FileEntries,
): Promise<number> {
  const file = item.number;
  const { bytes, fault } = await readFrozen(objects, "bankFiles", item);
  if (fault) findings.add("file-bytes", { file }, fault);
  if (bytes === undefined) {
    for (const check of ["file-structure", "file-header", "entries"] as const) {
      findings.add(check, { file }, "the file is not there");
    }
    return 0;
  }
  const reading = readBankFile(bytes, (entry, line) => entries.take(entry, line));
  entries.finish();
  judgeStructure(judged, item, reading, entries, findings);
  judgeHeader(judged, item, description, reading, findings);
  judgeLimits(judged, item, entries, findings);
  judgeFrozenSums(item, entries, findings);
  return reading.totals?.debitCents ?? 0;
}

/** The frozen records must number the files from 1 and cut the due list into rising ranges. */
function judgeRecord({ case: { files }, findings }: Gate, index: number, item: FileItem): void {
  const file = item.number;
  const before = files[index - 1];
  if (file !== index + 1) findings.add("file-header", { file }, "the ledger numbers it otherwise");
  if (item.firstLine > item.lastLine || (before && item.firstLine <= before.lastLine)) {
    findings.add("entries", { file }, "its lines do not follow those of the file before");
  }
}

/** The sums in the frozen record, from which the batch's ending is told. */
function judgeFrozenSums(item: FileItem, { debits }: FileEntries, findings: Findings): void {
  if (item.debits !== debits.count || item.cents !== debits.cents) {
    findings.add("entries", { file: item.number }, "the ledger has other sums for the file");
  }
}
