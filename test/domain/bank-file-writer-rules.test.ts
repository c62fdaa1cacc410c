import { describe, expect, test } from "vitest";
import { BankFileRefused, BankFileWriter, type FileDebit } from "../../lambdas/domain/bank-file-writer.ts";
import type { CalendarDate } from "../../lambdas/domain/calendar-date.ts";
import type { BankProfile } from "../../lambdas/domain/stream.ts";
import { BALANCING, debit, FILE } from "./bank-file-builders.ts";

const LONG = "is longer than its columns";
const SET = "has a character outside the BECS set";
const BSB = "must have the form nnn-nnn";
const DIGITS = "may hold digits and hyphens only";

/** What people read where staging or composing refuses. */
describe("the rule that the writer names", () => {
  test.each<[Partial<FileDebit>, string]>([
    [{ bsb: "083170" }, `BSB ${BSB}`],
    [{ bsb: "08-3170" }, `BSB ${BSB}`],
    [{ bsb: "083 170" }, `BSB ${BSB}`],
    [{ bsb: "08 -170" }, `BSB ${BSB}`],
    [{ accountNumber: "1234567890" }, "bank account number is longer than nine characters"],
    [{ accountNumber: "1234A" }, `bank account number ${DIGITS}`],
    [{ accountNumber: "00-0" }, "bank account number must have a digit other than zero"],
    [{ cents: 0 }, "amount must be whole cents from 1 to 9,999,999,999"],
    [{ title: "" }, "title must not be blank"],
    [{ title: "x".repeat(33) }, `title ${LONG}`],
    [{ title: "Zo\u00eb" }, `title ${SET}`],
    [{ title: " x" }, "title must not begin with a blank"],
    [{ title: "x " }, "title must not end with a blank"],
    [{ reference: "x".repeat(19) }, `lodgement reference ${LONG}`],
    [{ remitter: "x".repeat(17) }, `remitter ${LONG}`],
  ])("is told of a debit with %j", (over, told) => {
    const writer = new BankFileWriter(BALANCING, FILE);
    writer.add(debit());
    const [, field, rule] = /^(.*?) ((?:must|is|has|may) .*)$/.exec(told) ?? [];
    expect(() => writer.add(debit(over))).toThrow(new BankFileRefused(3, field ?? "", rule ?? ""));
  });

  const days = "processing date must be a day of the years 2000 to 2099";
  test.each<[Partial<BankProfile>, Partial<typeof FILE>, string]>([
    [{ mnemonic: "cba" }, {}, "mnemonic must be three capitals, digits or &"],
    [{ userId: "30150" }, {}, "user id must be six digits"],
    [{ userName: "" }, {}, "user name must not be blank"],
    [{ traceBsb: "062692" }, {}, `trace BSB ${BSB}`],
    [{ traceAccount: "x" }, {}, `trace account ${DIGITS}`],
    [{ headerAccount: false, traceBsb: "062692" }, {}, `trace BSB ${BSB}`],
    [{ headerAccount: false, traceAccount: "x" }, {}, `trace account ${DIGITS}`],
    [{}, { description: "" }, "description of entries must not be blank"],
    [{}, { processingDate: "1999-12-31" as CalendarDate }, days],
    [{}, { processingDate: "2026-02-30" as CalendarDate }, days],
  ])("is told of a profile with %j and a file with %j", (profile, file, told) => {
    const begin = () => new BankFileWriter({ ...BALANCING, ...profile }, { ...FILE, ...file });
    expect(begin).toThrow(BankFileRefused);
    expect(begin).toThrow(new Error(`bank file, line 1: ${told}`).message);
  });

  test("is told of a file without room, without debits or that is finished", () => {
    const full = new BankFileWriter(BALANCING, FILE);
    full.add(debit({ cents: 9_999_999_999 }));
    expect(() => full.add(debit())).toThrow(
      new BankFileRefused(3, "file", "has no room: its totals have ten digits, its count six"),
    );
    const writer = new BankFileWriter(BALANCING, FILE);
    expect(() => writer.finish()).toThrow(new BankFileRefused(2, "file", "must have a debit"));
    writer.add(debit());
    writer.finish();
    for (const late of [() => writer.finish(), () => writer.add(debit())]) {
      expect(late).toThrow(new BankFileRefused(5, "file", "is finished"));
    }
  });
});
