import { CODE_DEBIT, type Entry, type Header, type Return, type Totals } from "./bank-file.ts";
import type { Columns } from "./bank-file-reader-columns.ts";
import { TOLERATED } from "./bank-file-reader-faults.ts";

/** 13 is the only debit; 50 to 57 are credits. */
const TRANSACTION_CODES: ReadonlySet<string> = new Set([
  CODE_DEBIT,
  "50",
  "51",
  "52",
  "53",
  "54",
  "55",
  "56",
  "57",
]);
const INDICATORS = " NWXYT";
const WITHHOLDING_INDICATORS = "WXY";
const RETURN_CODES = "123456789";

/** Type 0. Undefined where a field has a fault, as from the other functions here. */
export function readHeader(columns: Columns): Header | undefined {
  const account = readHeaderAccount(columns);
  columns.fixed(19, "reel sequence number", "01");
  const mnemonic = columns.text(21, 3, "mnemonic");
  if (mnemonic !== undefined && (mnemonic.length < 3 || mnemonic.includes(" ")))
    columns.fault(21, "mnemonic", "must fill its three columns");
  columns.blanks(24, 7);
  const userName = columns.text(31, 26, "user name");
  columns.digits(57, 6, "user id");
  const description = columns.text(63, 12, "description of entries");
  const processingDate = columns.date(75, "processing date");
  readHeaderTime(columns);
  columns.blanks(85, 36);
  if (!columns.sound) return undefined;
  const header = { mnemonic, userName, userId: columns.raw(57, 6), description, processingDate };
  // No field has a fault, so each of them was read.
  return (account ? { ...header, account } : header) as Header;
}

/** Columns 2–18: blank by the scheme, the user's own bank account by ANZ and several generators. */
function readHeaderAccount(columns: Columns): Header["account"] {
  if (columns.areBlank(2, 17)) return undefined;
  const bsb = columns.bsb(2, "header account");
  const accountNumber = columns.accountNumber(9, "header account");
  columns.blanks(18, 1);
  if (bsb === undefined || accountNumber === undefined) return undefined;
  columns.warn(2, "header account", TOLERATED.headerAccount);
  return { bsb, accountNumber };
}

const TIME_OF_DAY = /^([01]\d|2[0-3])[0-5]\d$/;

/** Columns 81–84: blank by the scheme, HHmm by ANZ. */
function readHeaderTime(columns: Columns): void {
  if (columns.areBlank(81, 4)) return;
  if (TIME_OF_DAY.test(columns.raw(81, 4))) columns.warn(81, "header time", TOLERATED.headerTime);
  else columns.fault(81, "blank", "must be blank");
}

/** Type 1. */
export function readEntry(columns: Columns): Entry | undefined {
  const bsb = columns.bsb(2, "BSB");
  const accountNumber = columns.accountNumber(9, "bank account number");
  const indicator = columns.raw(18, 1);
  if (!INDICATORS.includes(indicator)) columns.fault(18, "indicator", "must be blank, N, W, X, Y or T");
  const code = readTransactionCode(columns);
  const amount = columns.positiveAmount(21, 10, "amount");
  const title = columns.text(31, 32, "title");
  const reference = columns.text(63, 18, "lodgement reference");
  const traceBsb = columns.bsb(81, "trace BSB");
  const traceAccountNumber = columns.accountNumber(88, "trace account");
  const remitter = columns.text(97, 16, "remitter");
  const withholdingCents = columns.amount(113, 8, "withholding tax");
  if (withholdingCents !== undefined && withholdingCents > 0) judgeWithholding(columns, indicator);
  if (!columns.sound) return undefined;
  return {
    bsb,
    accountNumber,
    indicator,
    code,
    cents: amount,
    title,
    reference,
    traceBsb,
    traceAccountNumber,
    remitter,
    withholdingCents,
    // As above.
  } as Entry;
}

/** By the text only W, X and Y carry a tax, yet common samples have it with a blank indicator. */
function judgeWithholding(columns: Columns, indicator: string): void {
  if (WITHHOLDING_INDICATORS.includes(indicator)) return;
  if (indicator === " ") columns.warn(113, "withholding tax", TOLERATED.withholding);
  else columns.fault(113, "withholding tax", "must be zero without the indicator W, X or Y");
}

/** Type 2: where type 1 has the customer's bank account stands the user's own, and the other way round. */
export function readReturn(columns: Columns): Return | undefined {
  const traceBsb = columns.bsb(2, "trace BSB");
  const traceAccountNumber = columns.accountNumber(9, "trace account");
  const code = columns.raw(18, 1);
  if (!RETURN_CODES.includes(code)) columns.fault(18, "return code", "must be 1 to 9");
  const transactionCode = readTransactionCode(columns);
  const amount = columns.positiveAmount(21, 10, "amount");
  const title = columns.text(31, 32, "title", true);
  const reference = columns.text(63, 18, "lodgement reference", true);
  const bsb = columns.bsb(81, "BSB");
  const accountNumber = columns.accountNumber(88, "bank account number");
  const remitter = columns.text(97, 16, "remitter", true);
  const originalDay = columns.digits(113, 2, "original day");
  if (originalDay !== undefined && (originalDay < 1 || originalDay > 31))
    columns.fault(113, "original day", "must be 01 to 31");
  columns.digits(115, 6, "original user id");
  if (!columns.sound) return undefined;
  return {
    code,
    transactionCode,
    cents: amount,
    title,
    reference,
    bsb,
    accountNumber,
    traceBsb,
    traceAccountNumber,
    remitter,
    originalDay,
    originalUserId: columns.raw(115, 6),
    // As above.
  } as Return;
}

function readTransactionCode(columns: Columns): string {
  const code = columns.transactionCode();
  if (code !== CODE_DEBIT && !TRANSACTION_CODES.has(code))
    columns.fault(19, "transaction code", "must be 13 or 50 to 57");
  return code;
}

/** Type 7. */
export function readTotals(columns: Columns): Totals | undefined {
  columns.fixed(2, "filler", "999-999");
  columns.blanks(9, 12);
  const netCents = columns.amount(21, 10, "net total");
  const creditCents = columns.amount(31, 10, "credit total");
  const debitCents = columns.amount(41, 10, "debit total");
  columns.blanks(51, 24);
  const count = columns.digits(75, 6, "count of records");
  columns.blanks(81, 40);
  if (!columns.sound) return undefined;
  return { netCents, creditCents, debitCents, count } as Totals;
}
