import { createHash } from "node:crypto";
import { expect } from "vitest";
import type { DueRow } from "./due-list.ts";

/** What the bank takes out of one file: read by column and added up by code that the product does not have. */
export interface ReceivedFile {
  readonly key: string;
  readonly sha256: string;
  readonly mnemonic: string;
  readonly description: string;
  /** `ddmmyy` */
  readonly processingDate: string;
  readonly debits: readonly ReceivedDebit[];
  readonly creditCents: bigint;
}

export interface ReceivedDebit {
  readonly bsb: string;
  readonly accountNumber: string;
  readonly cents: bigint;
  readonly title: string;
  readonly remitter: string;
  readonly reference: string;
}

const sum = (amounts: readonly bigint[]) => amounts.reduce((total, cents) => total + cents, 0n);

/** @throws Error for a file that a bank would send back */
export function receivedFile(key: string, bytes: Buffer): ReceivedFile {
  const lines = bytes.toString("latin1").split("\r\n");
  if (lines.pop() !== "") throw new Error(`${key} does not end with a line end`);
  const wrong = lines.findIndex((line) => line.length !== 120);
  if (wrong !== -1) throw new Error(`${key}: line ${wrong + 1} is not of 120 columns`);
  const types = lines.map((line) => line[0]).join("");
  if (!/^01+7$/.test(types)) throw new Error(`${key} has records of types ${types}`);
  const column = (line: string, from: number, to: number) => line.slice(from - 1, to);
  const [header = "", totals = ""] = [lines[0], lines.at(-1)];
  const details = lines.slice(1, -1);
  const amounts = (code: string) =>
    details.filter((line) => column(line, 19, 20) === code).map((line) => BigInt(column(line, 21, 30)));
  const [debitCents, creditCents] = [sum(amounts("13")), sum(amounts("50"))];
  const net = debitCents > creditCents ? debitCents - creditCents : creditCents - debitCents;
  const stated = [21, 31, 41].map((from) => BigInt(column(totals, from, from + 9)));
  const isAddedUp =
    stated[0] === net &&
    stated[1] === creditCents &&
    stated[2] === debitCents &&
    Number(column(totals, 75, 80)) === details.length &&
    amounts("13").length + amounts("50").length === details.length;
  if (!isAddedUp) throw new Error(`${key}: the total record is not the sum of the entries`);
  return {
    key,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    mnemonic: column(header, 21, 23),
    description: column(header, 63, 74),
    processingDate: column(header, 75, 80),
    debits: details
      .filter((line) => column(line, 19, 20) === "13")
      .map((line) => ({
        bsb: column(line, 2, 8),
        accountNumber: column(line, 9, 17).trimStart(),
        cents: BigInt(column(line, 21, 30)),
        title: column(line, 31, 62).trimEnd(),
        remitter: column(line, 97, 112).trimEnd(),
        reference: column(line, 63, 80).trimEnd(),
      })),
    creditCents,
  };
}

/**
 * The oracle of every whole batch: the bank got a debit for exactly these due rows, in this order, to the cent and
 * the bank account, and no two of its debits have one reference.
 * @param rows with bank account, title and merchant name written as a bank file shows them
 */
export function expectDebited(inbox: readonly ReceivedFile[], rows: readonly DueRow[]): void {
  const debits = inbox.flatMap((file) => file.debits);
  const got = debits.map(({ bsb, accountNumber, cents, title, remitter }) => {
    return { bsb, accountNumber, cents, title, remitter };
  });
  const due = rows.map((row) => ({
    bsb: row.bsb,
    accountNumber: row.account_number,
    cents: BigInt(row.amount_cents),
    title: row.account_title,
    remitter: row.merchant_name,
  }));
  expect(got).toEqual(due);
  expect(sum(got.map(({ cents }) => cents))).toBe(sum(due.map(({ cents }) => cents)));
  expect(new Set(debits.map(({ reference }) => reference)).size).toBe(debits.length);
}
