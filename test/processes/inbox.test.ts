import { describe, expect, test } from "vitest";
import type { DueRow } from "../batch/due-list.ts";
import { statementOf } from "./inbox.ts";
import { dueRows, EXCLUDED_LINE } from "./due-rows.ts";

const rows = dueRows(1);
const row = (line: number) => rows[line - 1] as DueRow;

/** A bank file over these debits, by columns; with one credit as the bank wants it. */
function file(debits: readonly { readonly row: DueRow; readonly cents?: number }[], key = "1/b-01.aba") {
  const amounts = debits.map(({ row, cents }) => cents ?? Number(row.amount_cents));
  const sum = amounts.reduce((total, cents) => total + cents, 0);
  const money = (cents: number) => String(cents).padStart(10, "0");
  const entry = (bsb: string, account: string, code: string, cents: number) =>
    `1${bsb}${account.padStart(9)} ${code}${money(cents)}`.padEnd(120);
  const lines = [
    "0".padEnd(120),
    ...debits.map(({ row }, at) => entry(row.bsb, row.account_number, "13", amounts[at] ?? 0)),
    entry("069-999", "12345678", "50", sum),
    `7${" ".repeat(19)}${money(0)}${money(sum)}${money(sum)}`.padEnd(74) +
      String(debits.length + 1)
        .padStart(6, "0")
        .padEnd(46),
  ];
  return { at: 0, key, bytes: Buffer.from(lines.map((line) => `${line}\r\n`).join(""), "latin1") };
}

describe("the bank's inbox", () => {
  test("of two files with different rows has nothing against it", () => {
    const deliveries = [file([{ row: row(1) }, { row: row(2) }]), file([{ row: row(3) }], "1/b-02.aba")];
    const { faults, debited, keys } = statementOf(deliveries, rows, EXCLUDED_LINE);
    expect(faults).toEqual([]);
    expect([...debited]).toEqual([1, 2, 3]);
    expect([...keys]).toEqual(["1/b-01.aba", "1/b-02.aba"]);
  });

  test.each([
    [
      "an overwritten file",
      [file([{ row: row(1) }]), file([{ row: row(1) }])],
      ["the bank got 1/b-01.aba twice", "line 1 is debited twice, now by 1/b-01.aba"],
    ],
    [
      "one row in two files",
      [file([{ row: row(1) }]), file([{ row: row(1) }], "1/b-02.aba")],
      ["line 1 is debited twice, now by 1/b-02.aba"],
    ],
    [
      "one row twice in a file",
      [file([{ row: row(1) }, { row: row(1) }])],
      ["line 1 is debited twice, now by 1/b-01.aba"],
    ],
    ["a cent too much", [file([{ row: row(1), cents: 1 }])], ["1/b-01.aba: line 1, wrong amount"]],
    [
      "the excluded row",
      [file([{ row: row(EXCLUDED_LINE) }])],
      [`1/b-01.aba debits line ${EXCLUDED_LINE}, which is excluded`],
    ],
    [
      "a stranger",
      [file([{ row: { ...row(1), bsb: "999-999" } }])],
      ["1/b-01.aba debits a bank account that owes nothing"],
    ],
    [
      "half a file",
      [{ ...file([{ row: row(1) }]), bytes: file([{ row: row(1) }]).bytes.subarray(0, 200) }],
      ["1/b-01.aba is cut off"],
    ],
  ])("with %s is refused", (_what, deliveries, faults) => {
    expect(statementOf(deliveries, rows, EXCLUDED_LINE).faults).toEqual(faults);
  });
});
