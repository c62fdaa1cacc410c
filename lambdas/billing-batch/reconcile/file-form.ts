import type { BankFileReading } from "../../domain/bank-file-reader.ts";
import { TOLERATED } from "../../domain/bank-file-reader-faults.ts";
import { MOST_FILE_CENTS } from "../../domain/cents.ts";
import type { FileItem } from "../../domain/records.ts";
import type { Case } from "./case.ts";
import type { FileEntries } from "./file-entries.ts";
import type { Findings } from "./findings.ts";

/** The six digits of the total record's count. */
const MOST_RECORDS = 999_999;

/** Whether the file is one that its bank takes, and nothing but what the bank profile asks for. */
export function judgeStructure(
  { stream }: Case,
  item: FileItem,
  reading: BankFileReading,
  entries: FileEntries,
  findings: Findings,
): void {
  const { headerAccount, lastLineEnd } = stream.bankProfile;
  const file = item.number;
  const wanted = new Set<string>();
  if (headerAccount) wanted.add(TOLERATED.headerAccount);
  if (!lastLineEnd) wanted.add(TOLERATED.noLastLineEnd);
  for (const { line, column, field, rule } of [...reading.faults, ...reading.warnings]) {
    if (!wanted.delete(rule))
      findings.add("file-structure", { file, line }, `column ${column}, ${field}: ${rule}`);
  }
  for (const rule of wanted) findings.add("file-structure", { file }, `the bank profile wants this: ${rule}`);
  if (reading.returns.length > 0) findings.add("file-structure", { file }, "it has type 2 records");
  const { debits, credits } = entries;
  const { totals } = reading;
  const isBorneOut =
    totals?.debitCents === debits.cents &&
    totals.creditCents === credits.cents &&
    totals.netCents === Math.abs(credits.cents - debits.cents) &&
    totals.count === debits.count + credits.count;
  if (!isBorneOut) findings.add("file-structure", { file }, "the total record is not the sum of the entries");
}

/**
 * Whether header and frozen record say what the bank profile and the batch ask for. The description holds the
 * file's number, so no other file of the set, nor of this user id, can have the same.
 */
export function judgeHeader(
  { stream, billingDate }: Case,
  item: FileItem,
  description: string,
  { header }: BankFileReading,
  findings: Findings,
): void {
  const { mnemonic, userName, userId, headerAccount, traceBsb, traceAccount } = stream.bankProfile;
  const account = headerAccount ? `${traceBsb} ${traceAccount}` : undefined;
  const found = header?.account && `${header.account.bsb} ${header.account.accountNumber}`;
  const departures = [
    header?.mnemonic !== mnemonic && "mnemonic",
    header?.userName !== userName && "user name",
    header?.userId !== userId && "user id",
    header?.description !== description && "description of entries",
    item.description !== description && "the ledger's description of entries",
    found !== account && "header account",
  ].filter((departure) => departure !== false);
  const file = item.number;
  if (departures.length > 0) findings.add("file-header", { file }, departures.join(", "));
  if (header?.processingDate !== billingDate || item.processingDate !== billingDate) {
    findings.add("processing-date", { file }, "is not for the billing date");
  }
}

/** Whether the file keeps within the stream's limits and the format's. */
export function judgeLimits(
  { stream }: Case,
  item: FileItem,
  { debits, credits }: FileEntries,
  findings: Findings,
): void {
  const file = item.number;
  if (debits.count > stream.maxFileDebits) findings.add("file-limits", { file }, "has too many debits");
  if (debits.count + credits.count > MOST_RECORDS)
    findings.add("file-limits", { file }, "has too many records");
  if (debits.cents > Math.min(stream.maxFileCents, MOST_FILE_CENTS)) {
    findings.add("file-limits", { file }, "its total is too large");
  }
}
