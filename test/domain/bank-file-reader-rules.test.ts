import { describe, expect, test } from "vitest";
import { readBankFile } from "../../lambdas/domain/bank-file-reader.ts";
import { detail, file, header, record, returned, totals } from "./bank-file-builders.ts";

type Part = readonly [column: number, text: string];

const told = (bytes: Buffer): string[] =>
  readBankFile(bytes).faults.map(({ line, column, field, rule }) => `${line}:${column} ${field} ${rule}`);

/** What the gate's report and the bank player print of a file that must not be used. */
describe("the rule that a fault names", () => {
  const SET = "has a byte outside the BECS set";
  const BLANK = "must not be blank";
  const LEFT = "must not begin with a blank";
  const DIGITS = "must be digits, filled with zeros from the left";
  const BSB = "must have the form nnn-nnn";
  const FORM = "must be digits and hyphens, filled with blanks from the left";
  const NOTHING = "must not be blank or all zero";
  const DATE = "must be a day of the calendar as DDMMYY";

  test.each<[Part, string]>([
    [[19, "02"], "19 reel sequence number must be 01"],
    [[21, "WB "], "21 mnemonic must fill its three columns"],
    [[21, "W~C"], `21 mnemonic ${SET}`],
    [[30, "x"], "24 blank must be blank"],
    [[31, " ".repeat(26)], `31 user name ${BLANK}`],
    [[31, " ACME"], `31 user name ${LEFT}`],
    [[31, "AC~E"], `31 user name ${SET}`],
    [[57, "03781O"], `57 user id ${DIGITS}`],
    [[75, "300226"], `75 processing date ${DATE}`],
    [[81, "2460"], "81 blank must be blank"],
    [[9, "   998877"], `2 header account ${BSB}`],
    [[2, "03A-001   998877"], `2 header account ${BSB}`],
    [[2, "032-0/1   998877"], `2 header account ${BSB}`],
    [[2, "032-001 998 77"], `9 header account ${FORM}`],
    [[2, "032-001"], `9 header account ${NOTHING}`],
  ])("is told of a header with %j", (part, fault) => {
    expect(told(file(header(part), detail(), totals(1)))).toEqual([`1:${fault}`]);
  });

  test.each<[Part, string]>([
    [[18, "Z"], "18 indicator must be blank, N, W, X, Y or T"],
    [[19, "14"], "19 transaction code must be 13 or 50 to 57"],
    [[113, "0000000 "], `113 withholding tax ${DIGITS}`],
  ])("is told of a debit with %j", (part, fault) => {
    expect(told(file(header(), detail(part), totals(1))).filter((one) => one.startsWith("2:"))).toEqual([
      `2:${fault}`,
    ]);
  });

  test("is told of a tax under an indicator that has none", () => {
    expect(told(file(header(), detail([18, "N"], [113, "00000001"]), totals(1)))).toEqual([
      "2:113 withholding tax must be zero without the indicator W, X or Y",
    ]);
  });

  test.each<[Part, string]>([
    [[18, "0"], "18 return code must be 1 to 9"],
    [[31, " ".repeat(32)], `31 title ${BLANK}`],
    [[97, " ".repeat(16)], `97 remitter ${BLANK}`],
    [[113, "00"], "113 original day must be 01 to 31"],
    [[113, "3 "], `113 original day ${DIGITS}`],
  ])("is told of a return with %j", (part, fault) => {
    expect(told(file(header(), returned(part), totals(1)))).toEqual([`2:${fault}`]);
  });

  test.each<[Part, string[]]>([
    [[2, "999 999"], ["2 filler must be 999-999"]],
    [[31, "000000000 "], [`31 credit total ${DIGITS}`]],
    [[41, "00000O1000"], [`41 debit total ${DIGITS}`]],
    [[75, "000002"], ["75 count of records must be the number of detail records"]],
    [[21, "0000000000"], ["21 net total must be the difference of credits and debits, without a sign"]],
    [
      [31, "00000010000000000000"],
      ["31 credit total must be the sum of the credits", "41 debit total must be the sum of the debits"],
    ],
  ])("is told of totals with %j", (part, faults) => {
    expect(told(file(header(), detail(), totals(1, part)))).toEqual(faults.map((fault) => `3:${fault}`));
  });

  const [H, D, T] = [header(), detail(), totals(1)];
  const most = detail([21, "9999999999"]);
  const credit = detail([19, "50"], [21, "9999999999"]);
  test.each<[string, Buffer, string[]]>([
    [
      "nothing in it",
      Buffer.alloc(0),
      ["1:0 file must not be empty", "1:1 record type a type 7 record is missing"],
    ],
    ["no header", file(D, T), ["1:1 record type the first record must be of type 0"]],
    ["two headers", file(H, H, D, T), ["2:1 record type a second type 0 record: one set per file"]],
    ["no totals", file(H, D), ["3:1 record type a type 7 record is missing"]],
    ["no detail", file(H, totals(0)), ["2:1 record type the file must have a detail record"]],
    ["a second set", file(H, D, T, H), ["4:1 record type more than one set in the file"]],
    ["something after its end", file(H, D, T, D), ["4:1 record type data after the type 7 record"]],
    ["an unknown type", file(H, D, record([1, "5"]), T), ["3:1 record type must be 0, 1, 2 or 7"]],
    [
      "a refusal",
      file(H, D, returned([1, "3"]), T),
      ["3:1 record type type 3 (refusal) is for people to judge, never to post"],
    ],
    [
      "sums that do not fit",
      file(H, most, most, totals(2, [21, "9999999999"], [41, "9999999999"])),
      [
        "4:0 file its sums must not exceed ten digits",
        "4:21 net total must be the difference of credits and debits, without a sign",
        "4:41 debit total must be the sum of the debits",
      ],
    ],
    [
      "credits alone that do not fit",
      file(H, credit, credit, totals(2, [21, "9999999999"], [31, "9999999999"], [41, "0000000000"])),
      [
        "4:0 file its sums must not exceed ten digits",
        "4:21 net total must be the difference of credits and debits, without a sign",
        "4:31 credit total must be the sum of the credits",
      ],
    ],
  ])("is told of a file with %s", (_, bytes, faults) => {
    expect(told(bytes)).toEqual(faults);
  });
});

describe("what a fault leaves as it is", () => {
  test("a header's account of which a part has a fault is not said to be tolerated", () => {
    for (const part of [
      [9, "   998877"],
      [2, "032-001"],
    ] as const) {
      expect(readBankFile(file(header(part), detail(), totals(1))).warnings).toEqual([]);
    }
  });

  test("a return's title and remitter may begin with a blank, and its first and last day are days", () => {
    const parts = [
      [31, " X"],
      [97, " X"],
      [113, "01"],
      [113, "31"],
    ] as const;
    for (const part of parts) {
      const { faults, returns, warnings } = readBankFile(file(header(), returned(part), totals(1)));
      expect([faults, returns.length]).toEqual([[], 1]);
      const field = part[0] === 31 ? "title" : "remitter";
      expect(warnings.map((one) => one.field)).toEqual(part[0] === 113 ? [] : [field]);
    }
  });
});
