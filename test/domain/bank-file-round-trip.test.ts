import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isBecsByte } from "../../lambdas/domain/becs-text.ts";
import type { Fault } from "../../lambdas/domain/bank-file.ts";
import { readBankFile } from "../../lambdas/domain/bank-file-reader.ts";
import { TOLERATED } from "../../lambdas/domain/bank-file-reader-faults.ts";
import { BankFileWriter, type FileDebit } from "../../lambdas/domain/bank-file-writer.ts";
import { addDays, type CalendarDate, calendarDate } from "../../lambdas/domain/calendar-date.ts";
import type { BankProfile } from "../../lambdas/domain/stream.ts";
import { BALANCING, debit, FILE, PLAIN } from "./bank-file-builders.ts";

const SEED = 20_261_003;
const MOST = 9_999_999_999;

const becs = fc.constantFrom(
  ...Array.from({ length: 256 }, (_, byte) => byte)
    .filter(isBecsByte)
    .map((byte) => String.fromCharCode(byte)),
);
const text = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .string({ unit: becs, minLength: 1, maxLength })
    .filter((some) => !some.startsWith(" ") && !some.endsWith(" "));
const digits = (length: number): fc.Arbitrary<string> =>
  fc.integer({ min: 0, max: 10 ** length - 1 }).map((number) => String(number).padStart(length, "0"));
const bsb = digits(6).map((six) => `${six.slice(0, 3)}-${six.slice(3)}`);
const accountNumber = fc.stringMatching(/^[0-9-]{1,9}$/).filter((some) => /[1-9]/.test(some));
const cents = fc.oneof(
  fc.integer({ min: 1, max: 100_000 }),
  fc.integer({ min: 1, max: MOST }),
  fc.constantFrom(1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 99_999, 100_000, MOST),
);
const debits: fc.Arbitrary<FileDebit[]> = fc.array(
  fc.record({ bsb, accountNumber, cents, title: text(32), reference: text(18), remitter: text(16) }),
  { minLength: 1, maxLength: 12 },
);
const profile: fc.Arbitrary<BankProfile> = fc.record({
  name: fc.constant("any"),
  mnemonic: fc.constantFrom("CBA", "WBC", "T&C", "BQL"),
  userId: digits(6),
  userName: text(26),
  selfBalancing: fc.boolean(),
  headerAccount: fc.boolean(),
  lastLineEnd: fc.boolean(),
  traceBsb: bsb,
  traceAccount: accountNumber,
  maxAheadDays: fc.constant(5),
});
const file = fc.record({
  description: text(12),
  processingDate: fc
    .integer({ min: 0, max: 36_524 })
    .map((days) => addDays(calendarDate("2000-01-01"), days)),
});

interface Written {
  readonly bytes: Buffer;
  readonly debits: readonly FileDebit[];
}

/** Writes those of the debits for which the file has room: always the first. */
function write(
  by: BankProfile,
  as: { readonly description: string; readonly processingDate: CalendarDate },
  wanted: readonly FileDebit[],
): Written {
  const writer = new BankFileWriter(by, as);
  const taken = wanted.filter((each) => {
    const fits = writer.fits(each.cents);
    if (fits) writer.add(each);
    return fits;
  });
  return { bytes: writer.finish(), debits: taken };
}

/** What the reader must warn of in a file of that profile, and nothing else. */
function warningsOf(by: BankProfile, lines: number): Fault[] {
  const account = { line: 1, column: 2, field: "header account", rule: TOLERATED.headerAccount };
  const lineEnd = { line: lines, column: 0, field: "line end", rule: TOLERATED.noLastLineEnd };
  return [...(by.headerAccount ? [account] : []), ...(by.lastLineEnd ? [] : [lineEnd])];
}

test("to write and to read is the identity for every legal file", () => {
  fc.assert(
    fc.property(profile, file, debits, (by, as, wanted) => {
      const written = write(by, as, wanted);
      const reading = readBankFile(written.bytes);
      const { traceBsb, traceAccount, mnemonic, userId, userName } = by;
      const constants = { indicator: " ", withholdingCents: 0, traceBsb, traceAccountNumber: traceAccount };
      const sum = written.debits.reduce((total, each) => total + BigInt(each.cents), 0n);
      const balancing = {
        ...constants,
        bsb: traceBsb,
        accountNumber: traceAccount,
        code: "50",
        cents: Number(sum),
        title: userName,
        reference: as.description,
        remitter: as.description,
      };
      const entries = written.debits.map((each) => ({ ...each, code: "13", ...constants }));
      const account = { bsb: traceBsb, accountNumber: traceAccount };
      expect(reading).toEqual({
        header: { mnemonic, userId, userName, ...as, ...(by.headerAccount && { account }) },
        entries: by.selfBalancing ? [...entries, balancing] : entries,
        returns: [],
        totals: {
          debitCents: Number(sum),
          creditCents: by.selfBalancing ? Number(sum) : 0,
          netCents: by.selfBalancing ? 0 : Number(sum),
          count: entries.length + (by.selfBalancing ? 1 : 0),
        },
        warnings: warningsOf(by, entries.length + (by.selfBalancing ? 3 : 2)),
        faults: [],
      });
    }),
    { seed: SEED, numRuns: 200 },
  );
});

test("the totals are the sums that whole-number arithmetic without limits finds in the records", () => {
  fc.assert(
    fc.property(profile, debits, (by, wanted) => {
      const lines = write(by, FILE, wanted).bytes.toString("latin1").split("\r\n").filter(Boolean);
      const details = lines.filter((line) => line.startsWith("1"));
      const sum = (code: string): bigint =>
        details
          .filter((line) => line.slice(18, 20) === code)
          .reduce((total, line) => total + BigInt(line.slice(20, 30)), 0n);
      const [credit, debit] = [sum("50"), sum("13")];
      const net = credit > debit ? credit - debit : debit - credit;
      const ten = (amount: bigint): string => amount.toString().padStart(10, "0");
      expect(lines.at(-1)?.slice(20, 50)).toBe(ten(net) + ten(credit) + ten(debit));
      expect(lines.at(-1)?.slice(74, 80)).toBe(String(details.length).padStart(6, "0"));
      expect(lines.every((line) => line.length === 120)).toBe(true);
    }),
    { seed: SEED, numRuns: 100 },
  );
});

test("other line ends and trimmed records change nothing but the warnings", () => {
  fc.assert(
    fc.property(
      profile,
      debits,
      fc.constantFrom("\r\n", "\n", "\r"),
      fc.boolean(),
      (by, wanted, end, trim) => {
        const { bytes } = write(by, FILE, wanted);
        const lines = bytes.toString("latin1").trimEnd().split("\r\n");
        const last = lines.length - 1;
        const edited = lines.map((line, i) =>
          trim && (i === 0 || i === last) ? line.trimEnd() : line.padEnd(120),
        );
        const reading = readBankFile(Buffer.from(edited.join(end), "latin1"));
        const { warnings: _, ...original } = readBankFile(bytes);
        const { warnings, ...content } = reading;
        expect(content).toEqual(original);
        const { lineFeed, carriageReturn, rightTrimmed, noLastLineEnd, headerAccount } = TOLERATED;
        const expected = [
          ...(end === "\n" ? [lineFeed] : end === "\r" ? [carriageReturn] : []),
          ...(trim ? [rightTrimmed] : []),
          ...(by.headerAccount ? [headerAccount] : []),
          noLastLineEnd,
          ...(trim ? [rightTrimmed] : []),
        ];
        expect(warnings.map(({ rule }) => rule).sort()).toEqual(expected.sort());
      },
    ),
    { seed: SEED, numRuns: 60 },
  );
});

describe("a file with one byte changed", () => {
  const small = [
    debit(),
    debit({ accountNumber: "00-1", cents: 98_765_432_10, title: "O'Brien", remitter: "A" }),
  ];
  const replacements = [
    0, 9, 10, 13, 26, 32, 34, 38, 45, 48, 49, 50, 51, 55, 57, 65, 90, 97, 126, 127, 160, 255,
  ];

  test.each([
    ["self-balancing", BALANCING],
    ["plain", PLAIN],
    ["plain with a last line end", { ...PLAIN, lastLineEnd: true }],
  ])("is never read as the file that was written (%s, every byte)", (_, by) => {
    const { bytes } = write(by, FILE, small);
    const original = JSON.stringify(readBankFile(bytes));
    const unnoticed: string[] = [];
    for (let at = 0; at < bytes.length; at++) {
      const old = bytes[at] as number;
      for (const other of [...replacements, old ^ 1, old ^ 0x20, old ^ 0x80]) {
        if (other === old) continue;
        bytes[at] = other;
        if (JSON.stringify(readBankFile(bytes)) === original) unnoticed.push(`byte ${at} to ${other}`);
      }
      bytes[at] = old;
    }
    expect(unnoticed).toEqual([]);
    expect(JSON.stringify(readBankFile(bytes))).toBe(original);
  });

  test("is refused where the byte makes up type, amount, debit code, total, count, blank or line end", () => {
    const { bytes } = write(BALANCING, FILE, small);
    // Elsewhere another content is as legal as the one that was written. The credit's code may be 50 to 57.
    const guarded: Record<string, readonly (readonly [number, number])[]> = {
      "0": [
        [0, 1],
        [18, 20],
        [23, 30],
        [80, 122],
      ],
      "1": [
        [0, 1],
        [18, 30],
        [120, 122],
      ],
      "7": [[0, 122]],
    };
    const accepted: string[] = [];
    for (let at = 0; at < bytes.length; at++) {
      const [line, column] = [Math.floor(at / 122), at % 122];
      const slices = guarded[String.fromCharCode(bytes[line * 122] as number)] ?? [];
      const credit = line === 3 && column === 19;
      if (credit || !slices.some(([from, to]) => column >= from && column < to)) continue;
      const old = bytes[at] as number;
      for (let other = 0; other < 256; other++) {
        if (other === old) continue;
        bytes[at] = other;
        if (readBankFile(bytes).faults.length === 0)
          accepted.push(`line ${line + 1}, byte ${column}: ${other}`);
      }
      bytes[at] = old;
    }
    expect(accepted).toEqual([]);
  });

  test("is never read as the file that was written (any file, any byte)", () => {
    fc.assert(
      fc.property(
        profile,
        file,
        debits,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (by, as, wanted, place, flip) => {
          const { bytes } = write(by, as, wanted);
          const original = readBankFile(bytes);
          const at = place % bytes.length;
          bytes[at] = (bytes[at] as number) ^ flip;
          expect(readBankFile(bytes)).not.toEqual(original);
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });
});

test("a file with a byte left out or put in is refused, but for its last line end", () => {
  const { bytes } = write(PLAIN, FILE, [debit(), debit({ cents: 1 })]);
  for (let at = 0; at < bytes.length - 41; at++) {
    const without = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
    const lineEnd = bytes[at] === 13 || bytes[at] === 10;
    const reading = readBankFile(without);
    // Half a CRLF is a tolerated line end, and the header's own blanks may be trimmed at its end.
    const tolerated = lineEnd || (at >= 80 && at < 120);
    expect([at, reading.faults.length > 0 || (tolerated && reading.warnings.length === 2)]).toEqual([
      at,
      true,
    ]);
    const twice = Buffer.concat([bytes.subarray(0, at + 1), bytes.subarray(at)]);
    expect([at, readBankFile(twice).faults.length > 0]).toEqual([at, true]);
  }
});
