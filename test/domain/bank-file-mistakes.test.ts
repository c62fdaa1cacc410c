import { describe, expect, test } from "vitest";
import { readBankFile } from "../../lambdas/domain/bank-file-reader.ts";
import { BankFileRefused, BankFileWriter, type FileDebit } from "../../lambdas/domain/bank-file-writer.ts";
import type { BankProfile } from "../../lambdas/domain/stream.ts";
import {
  BALANCING,
  debit,
  detail,
  FILE,
  file,
  header,
  PLAIN,
  record,
  returned,
  totals,
} from "./bank-file-builders.ts";

function lines(profile: BankProfile, ...debits: readonly FileDebit[]): string[] {
  const writer = new BankFileWriter(profile, FILE);
  for (const each of debits) writer.add(each);
  return writer.finish().toString("latin1").split("\r\n");
}

/** The mistakes that public ABA libraries make, each shown not to be made here. */
describe("mistakes of public libraries", () => {
  test("over-long numbers and text are refused, never cut", () => {
    const writer = new BankFileWriter(PLAIN, FILE);
    for (const over of [
      { title: "x".repeat(33) },
      { reference: "x".repeat(19) },
      { remitter: "x".repeat(17) },
      { accountNumber: "1234567890" },
      { cents: 10_000_000_000 },
    ])
      expect(() => writer.add(debit(over))).toThrow(BankFileRefused);
    expect(writer.debits).toBe(0);
  });

  test("credits of other codes than 50 count as credits", () => {
    const pay = detail([19, "53"]);
    expect(
      readBankFile(file(header(), pay, totals(1, [31, "0000001000"], [41, "0000000000"]))).faults,
    ).toEqual([]);
    const missed = readBankFile(file(header(), pay, totals(1, [21, "0000000000"], [41, "0000000000"])));
    expect(missed.faults.map(({ field }) => field)).toEqual(["net total", "credit total"]);
  });

  test("the net has no sign: debits of $1,337.42 and credits of $666.66 leave 0000067076", () => {
    const debits = detail([21, "0000133742"]);
    const credits = detail([19, "50"], [21, "0000066666"]);
    const sums = [
      [31, "0000066666"],
      [41, "0000133742"],
    ] as const;
    const right = file(header(), debits, credits, totals(2, [21, "0000067076"], ...sums));
    expect(readBankFile(right).faults).toEqual([]);
    const wrong = file(header(), debits, credits, totals(2, [21, "9999932924"], ...sums));
    expect(readBankFile(wrong).faults.map(({ field }) => field)).toEqual(["net total"]);
    expect(
      lines(PLAIN, debit({ cents: 133_742 }))
        .at(-1)
        ?.slice(20, 50),
    ).toBe("000013374200000000000000133742");
  });

  test("every total is checked, each against the sum of the details", () => {
    for (const [column, field] of [
      [21, "net total"],
      [31, "credit total"],
      [41, "debit total"],
    ] as const) {
      const { faults } = readBankFile(file(header(), detail(), totals(1, [column, "0000000007"])));
      expect(faults.map((fault) => fault.field)).toEqual([field]);
    }
  });

  test("no cent is lost on any amount to $1,000, nor is there a float to lose it", () => {
    const writer = new BankFileWriter(PLAIN, FILE);
    for (let amount = 1; amount <= 100_000; amount += 7) writer.add(debit({ cents: amount }));
    const amounts: number[] = [];
    const { faults, totals: sums } = readBankFile(writer.finish(), (entry) => amounts.push(entry.cents));
    expect(faults).toEqual([]);
    expect(amounts.every((amount, i) => amount === 1 + 7 * i)).toBe(true);
    expect(sums?.debitCents).toBe(amounts.reduce((sum, amount) => sum + amount, 0));
    expect(() => new BankFileWriter(PLAIN, FILE).add(debit({ cents: 0.1 + 0.2 }))).toThrow(BankFileRefused);
  });

  test("the user id keeps its leading zeros, the account is filled with blanks, the reference stands left", () => {
    const [head, line] = lines(
      { ...PLAIN, userId: "000042" },
      debit({ accountNumber: "123", reference: "R1" }),
    );
    expect(head?.slice(56, 62)).toBe("000042");
    expect(line?.slice(8, 17)).toBe("      123");
    expect(line?.slice(62, 80)).toBe("R1".padEnd(18));
  });

  test("a total record is written when the net is zero", () => {
    expect(lines(BALANCING, debit({ cents: 500 })).at(-2)).toBe(
      record([1, "7999-999"], [21, "000000000000000005000000000500"], [75, "000002"]),
    );
  });

  test("totals beyond 32 bits, $42.9 million, come out whole", () => {
    const written = lines(BALANCING, debit({ cents: 4_294_967_295 }), debit({ cents: 4_294_967_297 }));
    expect(written.at(-2)?.slice(20, 50)).toBe("000000000085899345928589934592");
    expect(readBankFile(Buffer.from(written.join("\r\n"), "latin1")).totals?.debitCents).toBe(8_589_934_592);
  });

  test("the trace account is the user's own, not the customer's", () => {
    const [, line] = lines(PLAIN, debit({ bsb: "083-170", accountNumber: "12345678" }));
    expect([line?.slice(1, 17), line?.slice(80, 96)]).toEqual(["083-170 12345678", "032-001   998877"]);
  });

  test("the bank account of a return is the customer's, though it stands where the trace account was", () => {
    const [sent] = readBankFile(file(header(), detail(), totals(1))).entries;
    const [back] = readBankFile(file(header(), returned(), totals(1))).returns;
    expect([back?.bsb, back?.accountNumber]).toEqual([sent?.bsb, sent?.accountNumber]);
    expect([back?.traceBsb, back?.traceAccountNumber]).toEqual([sent?.traceBsb, sent?.traceAccountNumber]);
  });

  test("the character set is checked, and by the byte: é in UTF-8 is refused by both sides", () => {
    expect(() => lines(PLAIN, debit({ title: "José" }))).toThrow(BankFileRefused);
    expect(() => lines(PLAIN, debit({ remitter: "A | B" }))).toThrow(BankFileRefused);
    const utf8 = Buffer.from([header(), detail([31, "José"]), totals(1)].join("\r\n"), "utf8");
    expect(readBankFile(utf8).faults).toHaveLength(1);
    const latin1 = Buffer.from([header(), detail([31, "José"]), totals(1)].join("\r\n"), "latin1");
    expect(readBankFile(latin1).faults.map(({ field }) => field)).toEqual(["title"]);
  });

  test("several sets, CR line ends, no last line end and trimmed records neither crash the reader nor lose a record", () => {
    const set = [header(), detail(), detail(), totals(2)];
    expect(readBankFile(file(...set, ...set)).faults).toHaveLength(1);
    const bare = [header().trimEnd(), detail(), detail(), totals(2).trimEnd()].join("\r");
    const reading = readBankFile(Buffer.from(bare, "latin1"));
    expect(reading.faults).toEqual([]);
    expect(reading.entries).toHaveLength(2);
  });
});
