import { describe, expect, it } from "vitest";
import { BankFileWriter } from "../../lambdas/domain/bank-file-writer.ts";
import { BILLING_DATE, PROFILE } from "../builders.ts";
import { Bank, readFile } from "./bank.ts";

const KEY = "999901/sim-a-2026-10-06-01-01.aba";

/** A file of our own writer, which the bank shares nothing with. */
function fileOf(over: Partial<typeof PROFILE> = {}, cents = [4995, 100]): Buffer {
  const header = { description: "SA0026A60101", processingDate: BILLING_DATE };
  const writer = new BankFileWriter({ ...PROFILE, ...over }, header);
  for (const [index, one] of cents.entries()) {
    writer.add({
      bsb: "083-170",
      accountNumber: `00-123${index}`,
      cents: one,
      title: "NGUYEN Thi Hoa",
      reference: `SA26A60100000${index}X`,
      remitter: "Bondi Gym",
    });
  }
  return writer.finish();
}

/** The bytes with one column of a line changed; lines and columns count from 1. */
function changed(bytes: Buffer, line: number, column: number, text: string): Buffer {
  const copy = Buffer.from(bytes);
  copy.write(text, (line - 1) * 122 + column - 1, "latin1");
  return copy;
}

describe("the bank", () => {
  it("books every debit of a file, and not the credit that balances it", () => {
    for (const over of [{}, { selfBalancing: false, headerAccount: true, lastLineEnd: false }]) {
      const bank = new Bank("books-everything");
      expect(bank.received(KEY, "v1", fileOf(over), 5).outcome).toBe("booked");
      expect(bank.inbox).toEqual([
        {
          key: KEY,
          version: "v1",
          line: 2,
          bsb: "083-170",
          account: "00-1230",
          cents: 4995,
          title: "NGUYEN Thi Hoa",
          reference: "SA26A601000000X",
          remitter: "Bondi Gym",
          at: 5,
        },
        expect.objectContaining({ line: 3, account: "00-1231", cents: 100 }),
      ]);
      expect(bank.files[0]?.file).toMatchObject({
        userId: "999901",
        userName: "DEBIT ONCE TEST",
        processed: "061026",
      });
    }
  });

  it("books a file twice, or refuses it by name and by bytes, as its mode says", () => {
    const [all, once] = [new Bank("books-everything"), new Bank("deduplicates")];
    for (const bank of [all, once]) {
      bank.received(KEY, "v1", fileOf(), 1);
      bank.received(KEY, "v2", fileOf({}, [7]), 2);
      bank.received("other", "v3", fileOf(), 3);
    }
    expect(all.inbox).toHaveLength(5);
    expect(once.inbox).toHaveLength(2);
    expect(once.files.map(({ outcome, why }) => why ?? outcome)).toEqual(["booked", "name", "bytes"]);
  });

  it("books nothing of a file that it rejects, and says so when it is asked", () => {
    const bank = new Bank("books-everything", (key) => key === "marked");
    bank.reject(KEY);
    bank.received(KEY, undefined, fileOf(), 1);
    bank.received("marked", undefined, fileOf(), 2);
    expect(bank.inbox).toEqual([]);
    expect(bank.files[0]).toMatchObject({ outcome: "rejected", debits: 2, cents: 5095 });
    expect([KEY, "marked", "never"].map((key) => bank.answer(key))).toEqual([
      "rejected",
      "rejected",
      "never",
    ]);
    expect(bank.hasFile(KEY)).toBe(false);
    bank.received("third", undefined, fileOf(), 3);
    expect(bank.hasFile("third")).toBe(true);
  });

  it("takes what lands in its area, and nothing that does not", () => {
    const bank = new Bank("books-everything");
    const caller = { id: "p1", name: "SubmitBankFile", event: {} };
    const effect = {
      type: "effect",
      at: 1,
      caller,
      port: "objects",
      method: "create",
      unheard: false,
    } as const;
    bank.see({ ...effect, args: ["outbound", KEY, fileOf()], error: new Error("lost") });
    bank.see({ ...effect, args: ["bankFiles", KEY, fileOf()], value: {} });
    bank.see({ ...effect, method: "versions", args: ["outbound", KEY], value: [] });
    bank.see({ type: "began", at: 1, caller });
    expect(bank.files).toEqual([]);
    bank.see({ ...effect, args: ["outbound", KEY, fileOf()], value: { version: "v9" } });
    expect(bank.files[0]).toMatchObject({ outcome: "booked", version: "v9" });
  });

  it("cannot read a file that is damaged", () => {
    const good = fileOf();
    expect(typeof readFile(good)).toBe("object");
    const damaged: readonly (readonly [string, Buffer])[] = [
      ["a record is not of 120 columns", good.subarray(1)],
      ["no descriptive record", Buffer.alloc(0)],
      ["no descriptive record", changed(good, 1, 1, "1")],
      ["no descriptive record", changed(good, 1, 20, "2")],
      ["no total record", changed(good, 5, 1, "1")],
      ["no total record", changed(good, 5, 2, "000-000")],
      ["not a detail record", changed(good, 2, 1, "2")],
      ["a damaged detail record", changed(good, 2, 2, "08317 ")],
      ["a damaged detail record", changed(good, 2, 21, "0000000000")],
      ["a damaged detail record", changed(good, 2, 21, "00000x4995")],
      ["totals that are not the sum of its records", changed(good, 2, 21, "0000004996")],
      ["totals that are not the sum of its records", changed(good, 5, 80, "9")],
    ];
    for (const [why, bytes] of damaged) expect(readFile(bytes)).toBe(why);
    const bank = new Bank("books-everything");
    bank.received(KEY, undefined, good.subarray(1), 1);
    expect(bank.answer(KEY)).toBe("rejected");
    expect(bank.inbox).toEqual([]);
  });
});
