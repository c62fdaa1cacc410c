import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Entry, Fault } from "../../lambdas/domain/bank-file.ts";
import { readBankFile } from "../../lambdas/domain/bank-file-reader.ts";
import { TOLERATED } from "../../lambdas/domain/bank-file-reader-faults.ts";
import { detail, file, header, record, returned, totals } from "./bank-file-builders.ts";

const GOOD = file(header(), detail(), totals(1));

const ENTRY: Entry = {
  bsb: "083-170",
  accountNumber: "12345678",
  indicator: " ",
  code: "13",
  cents: 1000,
  title: "NGUYEN. Thi Hoa",
  reference: "AC26A301000001K",
  traceBsb: "032-001",
  traceAccountNumber: "998877",
  remitter: "Bondi Gym",
  withholdingCents: 0,
} as Entry;

/** Line, column and field of each fault. */
function places(faults: readonly Fault[]): string[] {
  return faults.map(({ line, column, field }) => `${line}:${column} ${field}`);
}

function faultsOf(...records: readonly string[]): string[] {
  return places(readBankFile(file(...records)).faults);
}

describe("a file as the layout has it", () => {
  test("is read field by field, without fault or warning", () => {
    expect(readBankFile(GOOD)).toEqual({
      header: {
        mnemonic: "WBC",
        userName: "ACME GYMS & POOLS",
        userId: "037819",
        description: "AC0026A30101",
        processingDate: "2026-10-03",
      },
      entries: [ENTRY],
      returns: [],
      totals: { netCents: 1000, creditCents: 0, debitCents: 1000, count: 1 },
      warnings: [],
      faults: [],
    });
  });

  test("keeps leading zeros and hyphens of a bank account number, and its padding out", () => {
    const { entries } = readBankFile(file(header(), detail([9, "  00-1234"]), totals(1)));
    expect(entries[0]?.accountNumber).toBe("00-1234");
  });

  test("is level when a credit balances its debits", () => {
    const balancing = detail([2, "032-001"], [9, "   998877"], [19, "50"], [21, "0000002000"]);
    const sums = totals(3, [21, "0000000000"], [31, "0000002000"], [41, "0000002000"]);
    const reading = readBankFile(file(header(), detail(), detail(), balancing, sums));
    expect(reading.faults).toEqual([]);
    expect(reading.entries.map((entry) => entry.code)).toEqual(["13", "13", "50"]);
    expect(reading.totals).toEqual({ netCents: 0, creditCents: 2000, debitCents: 2000, count: 3 });
  });

  test("takes every credit code of the layout into the credit total", () => {
    const codes = ["50", "51", "52", "53", "54", "55", "56", "57"];
    const sums = totals(8, [31, "0000008000"], [41, "0000000000"]);
    expect(faultsOf(header(), ...codes.map((code) => detail([19, code])), sums)).toEqual([]);
  });

  test("hands entries with their lines to a callback instead of keeping them", () => {
    const seen: [Entry, number][] = [];
    const bytes = file(header(), detail(), detail([18, "N"]), totals(2));
    const reading = readBankFile(bytes, (entry, line) => seen.push([entry, line]));
    expect(reading.entries).toEqual([]);
    expect(seen).toEqual([
      [ENTRY, 2],
      [{ ...ENTRY, indicator: "N" }, 3],
    ]);
  });

  test("is read from a plain Uint8Array that is a part of a larger one", () => {
    const larger = new Uint8Array(GOOD.length + 20).fill(0x37);
    larger.set(GOOD, 7);
    expect(readBankFile(larger.subarray(7, 7 + GOOD.length))).toEqual(readBankFile(GOOD));
  });
});

describe("what is tolerated", () => {
  const good = GOOD.toString("latin1");
  const { header: head, entries, totals: sums } = readBankFile(GOOD);

  test.each<[string, string, number, number, string, string]>([
    ["LF line ends", good.replaceAll("\r\n", "\n"), 1, 0, "line end", TOLERATED.lineFeed],
    ["CR line ends", good.replaceAll("\r\n", "\r"), 1, 0, "line end", TOLERATED.carriageReturn],
    [
      "a single LF among CRLF",
      good.replace("00000000\r\n7", "00000000\n7"),
      2,
      0,
      "line end",
      TOLERATED.lineFeed,
    ],
    ["no last line end", good.slice(0, -2), 3, 0, "line end", TOLERATED.noLastLineEnd],
    ["a trimmed header", good.replace(/ {40}\r\n1/, "\r\n1"), 1, 0, "record", TOLERATED.rightTrimmed],
    ["a half trimmed header", good.replace(/ {7}\r\n1/, "\r\n1"), 1, 0, "record", TOLERATED.rightTrimmed],
    ["a trimmed trailer", `${good.trimEnd()}\r\n`, 3, 0, "record", TOLERATED.rightTrimmed],
  ])("%s: the same content with one warning", (_, text, line, column, field, rule) => {
    const reading = readBankFile(Buffer.from(text, "latin1"));
    expect(reading.faults).toEqual([]);
    expect(reading.warnings).toEqual([{ line, column, field, rule }]);
    expect([reading.header, reading.entries, reading.totals]).toEqual([head, entries, sums]);
  });

  test("the header's bank account, which is read", () => {
    const reading = readBankFile(file(header([2, "032-001"], [9, "   998877"]), detail(), totals(1)));
    expect(reading.header).toEqual({ ...head, account: { bsb: "032-001", accountNumber: "998877" } });
    expect(reading.faults).toEqual([]);
    expect(reading.warnings).toEqual([
      { line: 1, column: 2, field: "header account", rule: TOLERATED.headerAccount },
    ]);
  });

  test("the header's time of day", () => {
    const reading = readBankFile(file(header([81, "2359"]), detail(), totals(1)));
    expect(reading.faults).toEqual([]);
    expect(reading.header).toEqual(head);
    expect(reading.warnings).toEqual([
      { line: 1, column: 81, field: "header time", rule: TOLERATED.headerTime },
    ]);
  });

  test("withholding tax with a blank indicator, and without a word with W, X or Y", () => {
    const tax = [113, "00000150"] as const;
    const reading = readBankFile(file(header(), detail(tax), detail(tax, [18, "W"]), totals(2)));
    expect(reading.faults).toEqual([]);
    expect(reading.entries.map((entry) => entry.withholdingCents)).toEqual([150, 150]);
    expect(reading.warnings).toEqual([
      { line: 2, column: 113, field: "withholding tax", rule: TOLERATED.withholding },
    ]);
  });
});

describe("the order of records", () => {
  const [H, D, T] = [header(), detail(), totals(1)];

  test.each<[string, string[], string[]]>([
    ["no header", [D, T], ["1:1 record type"]],
    ["a detail before the header", [D, H, T], ["1:1 record type", "2:1 record type"]],
    ["two headers", [H, H, D, T], ["2:1 record type"]],
    ["no total record", [H, D], ["3:1 record type"]],
    ["no detail", [H, totals(0)], ["2:1 record type"]],
    ["a second set", [H, D, T, H, D, T], ["4:1 record type"]],
    ["a detail after the totals", [H, D, T, D], ["4:1 record type"]],
    ["two total records", [H, D, T, T], ["4:1 record type"]],
    ["an unknown type", [H, D, record([1, "5"]), T], ["3:1 record type"]],
    ["a header alone", [H], ["2:1 record type"]],
    ["totals alone", [totals(0)], ["1:1 record type", "1:1 record type"]],
  ])("%s is a fault where it shows", (_, records, expected) => {
    expect(faultsOf(...records)).toEqual(expected);
  });

  test("a second set is called so, and nothing of it is read", () => {
    const reading = readBankFile(file(H, D, T, H, D, T));
    expect(reading.faults[0]?.rule).toBe("more than one set in the file");
    expect(reading.entries).toHaveLength(1);
  });

  test("a blank line is a fault, in the middle and at the end", () => {
    expect(faultsOf(H, D, "", T)).toEqual(["3:1 record type", "3:0 record"]);
    expect(faultsOf(H, D, T, "")).toEqual(["4:1 record type"]);
    expect(places(readBankFile(Buffer.concat([GOOD, Buffer.from("\u001a")])).faults)).toEqual([
      "4:1 record type",
    ]);
  });

  test("an empty file has neither header nor totals", () => {
    const reading = readBankFile(new Uint8Array(0));
    expect(places(reading.faults)).toEqual(["1:0 file", "1:1 record type"]);
    expect(reading).not.toHaveProperty("header");
    expect(reading).not.toHaveProperty("totals");
  });

  test("a refusal (type 3) is recognised and never read as a debit or a return", () => {
    const reading = readBankFile(file(H, D, returned([1, "3"]), T));
    expect(places(reading.faults)).toEqual(["3:1 record type"]);
    expect(reading.faults[0]?.rule).toContain("type 3");
    expect([reading.entries.length, reading.returns.length]).toEqual([1, 0]);
  });
});

describe("the length of a record", () => {
  test.each([
    ["a detail of 119 bytes", [header(), detail().slice(0, 119), totals(1)], ["2:0 record"]],
    ["a detail of 121 bytes", [header(), `${detail()} `, totals(1)], ["2:0 record"]],
    ["a return of 160 bytes", [header(), returned().padEnd(160), totals(1)], ["2:0 record"]],
    ["a header of 121 bytes", [`${header()} `, detail(), totals(1)], ["1:0 record"]],
    ["a header cut in its date", [header().slice(0, 79), detail(), totals(1)], ["1:0 record"]],
    ["a trailer of 121 bytes", [header(), detail(), `${totals(1)} `], ["3:0 record"]],
    ["a trailer cut in its count", [header(), detail(), totals(1).slice(0, 79)], ["3:0 record"]],
  ])("%s is a fault of its line", (_, records, expected) => {
    expect(faultsOf(...records)).toEqual(expected);
  });

  test("is counted in bytes, as the bank does, not in characters", () => {
    const text = [header(), detail([31, "ZOË"]), totals(1)].join("\r\n");
    const reading = readBankFile(Buffer.from(text, "utf8"));
    expect(reading.faults).toEqual([{ line: 2, column: 0, field: "record", rule: "must be 120 bytes long" }]);
  });

  test("may be right in bytes, and the text then still shows its foreign bytes", () => {
    const title = `ZOË${" ".repeat(28)}`;
    const text = [header(), detail().slice(0, 30) + title + detail().slice(62), totals(1)].join("\r\n");
    expect(places(readBankFile(Buffer.from(text, "utf8")).faults)).toEqual(["2:31 title"]);
  });
});

describe("the fields of a header", () => {
  test.each<[string, readonly [number, string], string]>([
    ["another reel", [19, "02"], "1:19 reel sequence number"],
    ["a blank reel", [19, "  "], "1:19 reel sequence number"],
    ["a short mnemonic", [21, "WB "], "1:21 mnemonic"],
    ["a mnemonic with a gap", [21, "W C"], "1:21 mnemonic"],
    ["something in columns 24–30", [30, "x"], "1:24 blank"],
    ["a blank user name", [31, " ".repeat(26)], "1:31 user name"],
    ["a user name that is not left-justified", [31, " ACME"], "1:31 user name"],
    ["a user name outside the set", [31, "AC~E"], "1:31 user name"],
    ["a user id padded on the right", [57, "37819 "], "1:57 user id"],
    ["a user id in letters", [57, "03781O"], "1:57 user id"],
    ["a blank description", [63, " ".repeat(12)], "1:63 description of entries"],
    ["a day that does not exist", [75, "300226"], "1:75 processing date"],
    ["a date as YYMMDD", [75, "261331"], "1:75 processing date"],
    ["a date filled with blanks", [75, " 31026"], "1:75 processing date"],
    ["a time that does not exist", [81, "2460"], "1:81 blank"],
    ["half a time", [81, "12  "], "1:81 blank"],
    ["something in columns 85–120", [120, "x"], "1:85 blank"],
    ["an account without its BSB", [9, "   998877"], "1:2 header account"],
    ["a BSB without its account", [2, "032-001"], "1:9 header account"],
    ["something in column 18", [2, "032-001   998877X"], "1:18 blank"],
  ])("%s is a fault, and the header is not given out", (_, part, expected) => {
    const reading = readBankFile(file(header(part), detail(), totals(1)));
    expect(places(reading.faults)).toEqual([expected]);
    expect(reading.header).toBeUndefined();
  });
});

describe("the fields of a debit", () => {
  test.each<[string, readonly [number, string], string]>([
    ["a BSB without hyphen", [2, "083170 "], "2:2 BSB"],
    ["a BSB with the hyphen elsewhere", [2, "08-3170"], "2:2 BSB"],
    ["a blank account", [9, " ".repeat(9)], "2:9 bank account number"],
    ["an account of zeros", [9, "000000000"], "2:9 bank account number"],
    ["an account of hyphens", [9, "    --   "], "2:9 bank account number"],
    ["an account on the left", [9, "12345678 "], "2:9 bank account number"],
    ["a gap in the account", [9, "  123 456"], "2:9 bank account number"],
    ["letters in the account", [9, "  12345AB"], "2:9 bank account number"],
    ["an unknown indicator", [18, "Z"], "2:18 indicator"],
    ["an indicator in small letters", [18, "n"], "2:18 indicator"],
    ["code 14", [19, "14"], "2:19 transaction code"],
    ["code 58", [19, "58"], "2:19 transaction code"],
    ["an amount filled with blanks", [21, "      1000"], "2:21 amount"],
    ["an amount with a sign", [21, "-000001000"], "2:21 amount"],
    ["an amount with a point", [21, "0000010.00"], "2:21 amount"],
    ["a blank title", [31, " ".repeat(32)], "2:31 title"],
    ["a title that is not left-justified", [31, " NGUYEN"], "2:31 title"],
    ["a title outside the set", [31, 'NG"YEN'], "2:31 title"],
    ["a tab in the title", [31, "NG\tYEN"], "2:31 title"],
    ["a blank reference", [63, " ".repeat(18)], "2:63 lodgement reference"],
    ["a reference on the right", [63, "   AC26A301000001K"], "2:63 lodgement reference"],
    ["a reference outside the set", [63, "AC|26"], "2:63 lodgement reference"],
    ["a trace BSB without hyphen", [81, "0320010"], "2:81 trace BSB"],
    ["a blank trace account", [88, " ".repeat(9)], "2:88 trace account"],
    ["a blank remitter", [97, " ".repeat(16)], "2:97 remitter"],
    ["a remitter outside the set", [97, "Bondi {Gym}"], "2:97 remitter"],
    ["a blank withholding tax", [113, " ".repeat(8)], "2:113 withholding tax"],
  ])("%s is a fault, and the debit is not given out", (_, part, expected) => {
    const reading = readBankFile(file(header(), detail(part), totals(1)));
    expect(places(reading.faults)).toContain(expected);
    expect(places(reading.faults).filter((place) => place.startsWith("2:"))).toEqual([expected]);
    expect(reading.entries).toEqual([]);
  });

  test("an amount of zero is a fault", () => {
    const reading = readBankFile(file(header(), detail([21, "0000000000"]), totals(0, [75, "000001"])));
    expect(reading.faults).toEqual([
      { line: 2, column: 21, field: "amount", rule: "must be greater than zero" },
    ]);
  });

  test("withholding tax under another indicator is a fault", () => {
    for (const indicator of ["N", "T"])
      expect(faultsOf(header(), detail([18, indicator], [113, "00000001"]), totals(1))).toEqual([
        "2:113 withholding tax",
      ]);
  });

  test("each of several faults is named, and the totals are still judged by the amounts that can be read", () => {
    const bad = detail([2, "083170 "], [31, " X"], [97, " ".repeat(16)]);
    expect(faultsOf(header(), bad, detail(), totals(2))).toEqual(["2:2 BSB", "2:31 title", "2:97 remitter"]);
    expect(faultsOf(header(), bad, detail(), totals(2, [41, "0000001999"]))).toEqual([
      "2:2 BSB",
      "2:31 title",
      "2:97 remitter",
      "4:41 debit total",
    ]);
  });
});

describe("the fields of the total record", () => {
  test.each<[string, readonly [number, string], string[]]>([
    ["another filler", [2, "999 999"], ["3:2 filler"]],
    ["something in columns 9–20", [20, "0"], ["3:9 blank"]],
    ["a net filled with blanks", [21, "      1000"], ["3:21 net total"]],
    ["a signed net", [21, "-000001000"], ["3:21 net total"]],
    ["a wrong net", [21, "0000000000"], ["3:21 net total"]],
    ["a wrong credit total", [31, "0000000001"], ["3:31 credit total"]],
    ["a wrong debit total", [41, "0000001001"], ["3:41 debit total"]],
    ["credits and debits exchanged", [31, "00000010000000000000"], ["3:31 credit total", "3:41 debit total"]],
    ["something in columns 51–74", [51, "0"], ["3:51 blank"]],
    ["a wrong count", [75, "000002"], ["3:75 count of records"]],
    ["a count filled with blanks", [75, "     1"], ["3:75 count of records"]],
    ["something in columns 81–120", [81, "x"], ["3:81 blank"]],
  ])("%s is a fault", (_, part, expected) => {
    expect(faultsOf(header(), detail(), totals(1, part))).toEqual(expected);
  });

  test("sums past ten digits are a fault even where the low digits agree", () => {
    const half = detail([21, "9999999999"]);
    const sums = totals(3, [21, "9999999997"], [41, "9999999997"]);
    const { faults } = readBankFile(file(header(), half, half, half, sums));
    expect(faults.map(({ field }) => field)).toEqual(["file", "net total", "debit total"]);
  });
});

describe("a returns file", () => {
  test("gives the customer's bank account from columns 81–96 and the user's own from 2–17", () => {
    const reading = readBankFile(file(header(), returned(), totals(1)));
    expect(reading.faults).toEqual([]);
    expect(reading.warnings).toEqual([]);
    expect(reading.entries).toEqual([]);
    expect(reading.returns).toEqual([
      {
        code: "6",
        transactionCode: "13",
        cents: 1000,
        title: "NGUYEN. Thi Hoa",
        reference: "AC26A301000001K",
        bsb: "083-170",
        accountNumber: "12345678",
        traceBsb: "032-001",
        traceAccountNumber: "998877",
        remitter: "Bondi Gym",
        originalDay: 3,
        originalUserId: "037819",
      },
    ]);
  });

  test("sums returned debits as debits and returned credits as credits, and counts types 1 and 2 together", () => {
    const sums = totals(3, [21, "0000001000"], [31, "0000001000"], [41, "0000002000"]);
    const reading = readBankFile(file(header(), returned(), detail(), returned([19, "53"]), sums));
    expect(reading.faults).toEqual([]);
    expect([reading.entries.length, reading.returns.length]).toEqual([1, 2]);
  });

  test("may carry text that somebody else did not justify, with a warning", () => {
    const reading = readBankFile(file(header(), returned([63, "   REF".padEnd(18)]), totals(1)));
    expect(reading.faults).toEqual([]);
    expect(reading.returns[0]?.reference).toBe("   REF");
    expect(reading.warnings).toEqual([
      { line: 2, column: 63, field: "lodgement reference", rule: TOLERATED.leadingBlank },
    ]);
  });

  test.each<[string, readonly [number, string], string]>([
    ["return code 0", [18, "0"], "2:18 return code"],
    ["a blank return code", [18, " "], "2:18 return code"],
    ["an original code 14", [19, "14"], "2:19 transaction code"],
    ["an amount of zero", [21, "0000000000"], "2:21 amount"],
    ["a trace BSB without hyphen", [2, "0320010"], "2:2 trace BSB"],
    ["a blank trace account", [9, " ".repeat(9)], "2:9 trace account"],
    ["a customer's BSB without hyphen", [81, "0831700"], "2:81 BSB"],
    ["a customer's account on the left", [88, "12345678 "], "2:88 bank account number"],
    ["a blank reference", [63, " ".repeat(18)], "2:63 lodgement reference"],
    ["day 00", [113, "00"], "2:113 original day"],
    ["day 32", [113, "32"], "2:113 original day"],
    ["a user id in letters", [115, "03781O"], "2:115 original user id"],
  ])("%s is a fault, and the return is not given out", (_, part, expected) => {
    const reading = readBankFile(file(header(), returned(part), totals(1)));
    expect(places(reading.faults).filter((place) => place.startsWith("2:"))).toEqual([expected]);
    expect(reading.returns).toEqual([]);
  });
});

describe("whatever the bytes are", () => {
  const pieces = [header(), detail(), returned(), totals(1), "0", "7", "\r\n", "\n", "\r", " ".repeat(120)];
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    fc
      .array(
        fc.oneof(
          fc.constantFrom(...pieces).map((text) => Buffer.from(text, "latin1")),
          fc.uint8Array({ maxLength: 4 }),
        ),
        { maxLength: 12 },
      )
      .map((parts) => new Uint8Array(Buffer.concat(parts))),
  );

  test("the reader answers, and finds a fault in what is no file", () => {
    fc.assert(
      fc.property(bytes, (some) => {
        const reading = readBankFile(some);
        const whole = reading.header && reading.totals && reading.entries.length + reading.returns.length > 0;
        expect(reading.faults.length > 0 || whole).toBeTruthy();
        for (const { line, column } of [...reading.faults, ...reading.warnings]) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(column).toBeLessThanOrEqual(120);
        }
      }),
      { seed: 3, numRuns: 400 },
    );
  });

  test("the lists of faults and warnings end after a thousand, and say so", () => {
    const many = Array.from({ length: 1500 }, () => detail([113, "00000001"]));
    const worse = Array.from({ length: 1500 }, () => detail([31, "~"]));
    const reading = readBankFile(file(header(), ...many, ...worse, totals(3000)));
    for (const list of [reading.faults, reading.warnings]) {
      expect(list).toHaveLength(1001);
      expect(list.at(-1)).toMatchObject({
        column: 0,
        field: "file",
        rule: "has more of these than are listed",
      });
    }
    expect(reading.entries).toHaveLength(1500);
    expect(reading.totals?.count).toBe(3000);
  });

  test("no fault repeats what stands in the file", () => {
    const secret = "987654321";
    const bad = [
      detail([2, secret], [9, secret], [31, `~${secret}`], [63, `~${secret}`], [97, `~${secret}`]),
      returned([2, secret], [88, `${secret.slice(1)}X`], [115, "98765X"]),
    ];
    const { faults, warnings } = readBankFile(
      file(header([2, secret], [57, "98765X"], [75, "987654"]), ...bad, totals(2, [21, `${secret}0`])),
    );
    expect(faults.length).toBeGreaterThan(8);
    expect(JSON.stringify([faults, warnings])).not.toMatch(/98765/);
  });
});
