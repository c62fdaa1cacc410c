import { describe, expect, test } from "vitest";
import {
  type Column,
  COLUMNS,
  type ContentReason,
  EXCLUSION_REASONS,
} from "../../lambdas/domain/exclusion.ts";
import { exclusion, judgeContent, judgeShape, manifestCents } from "../../lambdas/domain/due-row.ts";
import { aStream, BILLING_DATE, fieldsOf } from "./due-list-builders.ts";

const judged = (changes: Partial<Record<Column, string>>, stream = aStream()) =>
  judgeContent(fieldsOf(changes), stream, BILLING_DATE);

const stagedAs = (changes: Partial<Record<Column, string>>, stream = aStream()) => {
  const judgement = judged(changes, stream);
  if ("reason" in judgement) throw new Error(`excluded: ${judgement.reason}`);
  return judgement.row;
};

describe("a row's shape", () => {
  test("passes with ten fields and three ids", () => {
    expect(judgeShape(fieldsOf())).toBeUndefined();
    expect(judgeShape(fieldsOf({ mandate_id: "a.B_9-", merchant_id: "x".repeat(64) }))).toBeUndefined();
  });

  test("is malformed without a field to name when there are not exactly ten fields", () => {
    for (const fields of [[""], [], fieldsOf().slice(1), [...fieldsOf(), ""]]) {
      expect(judgeShape(fields)).toEqual({});
    }
  });

  test.each(["mandate_id", "merchant_id", "customer_id"] as const)("is malformed for %s", (column) => {
    for (const id of ["", "a b", "a/b", "é", "x".repeat(65), "a\n", " a", "a#b"]) {
      expect(judgeShape(fieldsOf({ [column]: id }))).toEqual({ field: column });
    }
  });

  test("names the first malformed id in column order", () => {
    expect(judgeShape(fieldsOf({ customer_id: "", merchant_id: "" }))).toEqual({ field: "merchant_id" });
    expect(judgeShape(fieldsOf({ customer_id: "", mandate_id: "" }))).toEqual({ field: "mandate_id" });
  });

  test("is not judged by any other column", () => {
    const rest = { due_date: "", attempt: "", merchant_name: "", bsb: "", account_number: "" };
    expect(judgeShape(fieldsOf({ ...rest, account_title: "", amount_cents: "" }))).toBeUndefined();
  });
});

test("a good row is staged as the bank file wants it", () => {
  const stream = aStream();
  expect(
    judgeContent(fieldsOf({ bsb: "062000", account_number: "0012-3456" }), stream, BILLING_DATE),
  ).toEqual({
    row: {
      mandateId: "M-1",
      dueDate: "2026-03-02",
      attempt: 1,
      merchantId: "m-gym",
      remitter: "Coastline Gym",
      bsb: "062-000",
      accountNumber: "0012-3456",
      title: "NGUYEN, Zoe",
      cents: 4990,
    },
  });
});

describe("a content reason", () => {
  const cases: [ContentReason, Column, string[]][] = [
    ["bad-due-date", "due_date", ["", "2026-02-30", "02/03/2026", "2026-3-2", "2026-03-02 ", "20260302"]],
    ["outside-window", "due_date", ["2026-01-29", "2026-03-03", "1999-01-01", "2062-03-02"]],
    ["bad-attempt", "attempt", ["", "0", "01", "100", "-1", "1.0", " 1", "one", "1\n", "١"]],
    ["bad-remitter", "merchant_name", ["", "   ", "\u00a0", "\u0301", "\tGym", 'Gym "A"', "健身房", "a\n"]],
    ["remitter-too-long", "merchant_name", ["Coastline Gymnast", "Straßenbauamt XYZ"]],
    ["bad-bsb", "bsb", ["", "62000", "0620000", "062 000", "062--000", "06-2000", "062-00A", "٠٦٢-٠٠٠"]],
    ["bad-account", "account_number", ["", "000000000", "0", "---", "1234567890", "12 34", "12A4", "１２３"]],
    ["bad-title", "account_title", ["", "  ", "Дмитрий", 'NGUYEN "Z"', "\tA", "A\nB", "a~b", "\u0308"]],
    [
      "bad-amount",
      "amount_cents",
      ["", "0", "000", "49.90", "-1", "+1", "1e3", " 1", "1 ", "1".repeat(16), "５"],
    ],
    ["amount-over-limit", "amount_cents", ["2000001", "999999999999999"]],
  ];

  test.each(cases)("%s names the column %s", (reason, field, values) => {
    for (const value of values) expect(judged({ [field]: value })).toEqual({ reason, field });
  });

  test("comes from the first failing column in column order", () => {
    const bad = new Map(cases.map(([, column, values]) => [column, values[0] as string]));
    const reasons = new Map(cases.map(([reason, column]) => [column, reason]));
    reasons
      .set("due_date", "bad-due-date")
      .set("merchant_name", "bad-remitter")
      .set("amount_cents", "bad-amount");
    bad.set("due_date", "").set("merchant_name", "").set("amount_cents", "");
    const columns = COLUMNS.filter((column) => bad.has(column));
    expect(columns).toHaveLength(7);
    for (const [index, field] of columns.entries()) {
      const changes = Object.fromEntries(columns.slice(index).map((column) => [column, bad.get(column)]));
      expect(judged(changes)).toEqual({ reason: reasons.get(field), field });
    }
  });
});

describe("at the edges of the rules", () => {
  test("both ends of the due window belong to it", () => {
    const stream = aStream({ dueWindowDays: { past: 2, ahead: 1 } });
    expect(stagedAs({ due_date: "2026-02-28" }, stream).dueDate).toBe("2026-02-28");
    expect(stagedAs({ due_date: "2026-03-03" }, stream).dueDate).toBe("2026-03-03");
    expect(judged({ due_date: "2026-02-27" }, stream)).toMatchObject({ reason: "outside-window" });
    expect(judged({ due_date: "2026-03-04" }, stream)).toMatchObject({ reason: "outside-window" });
    expect(stagedAs({ due_date: "2026-01-30" }).dueDate).toBe("2026-01-30");
  });

  test("attempts go from 1 to 99", () => {
    expect([stagedAs({ attempt: "9" }).attempt, stagedAs({ attempt: "99" }).attempt]).toEqual([9, 99]);
  });

  test("the stream's limit itself is still debited, and leading zeros do not change an amount", () => {
    expect(stagedAs({ amount_cents: "2000000" }).cents).toBe(2_000_000);
    expect(stagedAs({ amount_cents: "000000000000001" }).cents).toBe(1);
  });

  test("a merchant's name is transliterated and trimmed, and sixteen characters fit", () => {
    expect(stagedAs({ merchant_name: "\u00a0 Café Møller ’26 " }).remitter).toBe("Cafe Moller '26");
    expect(stagedAs({ merchant_name: "Coastline Gym 01" }).remitter).toBe("Coastline Gym 01");
    // Transliteration comes before counting: ß is two characters, i with a combining dieresis one.
    expect(stagedAs({ merchant_name: "Coastline Gyß 1" }).remitter).toBe("Coastline Gyss 1");
    expect(judged({ merchant_name: "Coastline Gyß 01" })).toMatchObject({ reason: "remitter-too-long" });
    expect(stagedAs({ merchant_name: "Coastline Gi\u0308m 01" }).remitter).toBe("Coastline Gim 01");
  });

  test("an entry in remitterNames stands for a name that is too long or outside the set, but not for an empty one", () => {
    const known = { merchant_id: "m-harbour-energy" };
    expect(stagedAs({ ...known, merchant_name: "Harbour Energy Retail Pty Ltd" }).remitter).toBe(
      "HARBOUR ENERGY",
    );
    expect(stagedAs({ ...known, merchant_name: "海港能源" }).remitter).toBe("HARBOUR ENERGY");
    expect(stagedAs({ ...known, merchant_name: "Harbour" }).remitter).toBe("HARBOUR ENERGY");
    expect(judged({ ...known, merchant_name: " " })).toEqual({
      reason: "bad-remitter",
      field: "merchant_name",
    });
  });

  test("a merchant id that every object has is not an entry", () => {
    for (const merchant_id of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
      expect(stagedAs({ merchant_id }).remitter).toBe("Coastline Gym");
      const name = { merchant_id, merchant_name: "Coastline Gym of Kiama" };
      expect(judged(name)).toMatchObject({ reason: "remitter-too-long" });
    }
  });

  test("a title is cut at 32 after transliteration, and never ends in a space", () => {
    expect(stagedAs({ account_title: "x".repeat(32) }).title).toBe("x".repeat(32));
    expect(stagedAs({ account_title: `${"x".repeat(31)} y` }).title).toBe("x".repeat(31));
    expect(stagedAs({ account_title: `  ${"æ".repeat(20)}` }).title).toBe("ae".repeat(16));
    expect(stagedAs({ account_title: "O’Brien, Siobhán" }).title).toBe("O'Brien, Siobhan");
  });

  test("a title is refused for a character beyond the cut", () => {
    expect(judged({ account_title: `${"x".repeat(40)}"` })).toMatchObject({ reason: "bad-title" });
  });

  test("a bank account keeps its leading zeros, and its hyphens where they fit", () => {
    expect(stagedAs({ account_number: "00-123456" }).accountNumber).toBe("00-123456");
    expect(stagedAs({ account_number: "12-3456-789" }).accountNumber).toBe("123456789");
    expect(judged({ account_number: "12-3456-7890" })).toMatchObject({ reason: "bad-account" });
  });
});

describe("an id that is the row's own bank account", () => {
  const account = { bsb: "062-000", account_number: "0098-76123", account_title: "QUOKKA" };

  test.each(["9876123", "0098-76123", "06200000-9876123", "62000009876123"])("is none: %s", (id) => {
    for (const column of ["mandate_id", "merchant_id"] as const) {
      expect(judgeShape(fieldsOf({ ...account, [column]: id }))).toEqual({ field: column });
    }
    expect(judgeShape(fieldsOf({ ...account, customer_id: id }))).toBeUndefined();
  });

  test("is none as a title either; any other number, and a number of up to four digits, may be an id", () => {
    expect(judgeShape(fieldsOf({ ...account, mandate_id: "QUOKKA" }))).toEqual({ field: "mandate_id" });
    expect(judgeShape(fieldsOf({ ...account, mandate_id: "9876124" }))).toBeUndefined();
    expect(judgeShape(fieldsOf({ account_number: "0001234", mandate_id: "1234" }))).toBeUndefined();
  });

  test("is an id where it is the merchant's and the title, as of a merchant that pays for itself", () => {
    expect(judgeShape(fieldsOf({ ...account, merchant_id: "QUOKKA" }))).toBeUndefined();
  });

  test("is an id where it has a letter, since then it is no bank account number", () => {
    const id = "98A76123";
    expect(judgeShape(fieldsOf({ ...account, account_number: id, mandate_id: id }))).toBeUndefined();
  });
});

describe("the manifest's cents of a row", () => {
  test("are its tenth field of 1 to 15 digits, whatever else is wrong with it", () => {
    expect(manifestCents(fieldsOf({ mandate_id: "", bsb: "", amount_cents: "999999999999999" }))).toBe(
      999_999_999_999_999,
    );
    expect(manifestCents(fieldsOf({ amount_cents: "007" }))).toBe(7);
  });

  test("are none with another number of fields or anything but digits", () => {
    expect(manifestCents([...fieldsOf(), ""])).toBe(0);
    expect(manifestCents(fieldsOf().slice(1))).toBe(0);
    expect(manifestCents([])).toBe(0);
    for (const amount_cents of ["", "1.0", "-5", "1".repeat(16), " 5", "5\n", "undefined"]) {
      expect(manifestCents(fieldsOf({ amount_cents }))).toBe(0);
    }
  });
});

describe("an exclusion", () => {
  test("names line, reason, field, cents, mandate and due date of a row that is what it claims", () => {
    expect(
      exclusion(7, fieldsOf({ account_title: "" }), "bad-title", aStream(), { field: "account_title" }),
    ).toStrictEqual({
      line: 7,
      reason: "bad-title",
      field: "account_title",
      cents: 4990,
      mandateId: "M-1",
      dueDate: "2026-03-02",
    });
    expect(exclusion(8, fieldsOf(), "too-near", aStream(), { otherLine: 9 })).toMatchObject({ otherLine: 9 });
  });

  test.each([
    ["eleven fields", [...fieldsOf(), "x"]],
    ["nine fields", fieldsOf().slice(0, 9)],
    ["a due date that is none", fieldsOf({ due_date: "2026-02-30" })],
    ["a BSB that is none", fieldsOf({ bsb: "62000" })],
    ["a mandate id that is none", fieldsOf({ mandate_id: "M 1" })],
    [
      "a mandate id in the place of the bank account",
      fieldsOf({ mandate_id: "98761234", account_number: "M-1" }),
    ],
    [
      "a merchant id in the place of the bank account",
      fieldsOf({ merchant_id: "98761234", account_number: "m-gym" }),
    ],
    ["its bank account as the mandate", fieldsOf({ mandate_id: "98761234", account_number: "98761234" })],
    ["its bank account as the merchant", fieldsOf({ merchant_id: "98761234", account_number: "98761234" })],
  ])("names neither mandate nor due date nor cents of a row with %s", (_, fields) => {
    expect(exclusion(1, fields, "malformed-row", aStream())).toStrictEqual({
      line: 1,
      reason: "malformed-row",
      cents: 0,
    });
  });

  test("names the mandate of a row whose bank account number is none, if its ids have a letter", () => {
    const named = { mandateId: "M-1", dueDate: "2026-03-02", cents: 4990 };
    expect(exclusion(1, fieldsOf({ account_number: "x" }), "bad-account", aStream())).toMatchObject(named);
    const numbered = fieldsOf({ account_number: "x", mandate_id: "12345678" });
    expect(exclusion(1, numbered, "bad-account", aStream())).not.toHaveProperty("mandateId");
    const good = fieldsOf({ mandate_id: "87654321" });
    expect(exclusion(1, good, "too-near", aStream())).toHaveProperty("mandateId", "87654321");
  });

  test("tells no cents above the stream's limit, where a bank account number may stand for an amount", () => {
    const cents = (amount_cents: string) =>
      exclusion(1, fieldsOf({ amount_cents }), "amount-over-limit", aStream()).cents;
    expect([cents("2000000"), cents("2000001"), cents("98761234")]).toEqual([2_000_000, 0, 0]);
  });

  test("repeats nothing of a row whose columns are shifted, either way", () => {
    const account = "98761234";
    const row = fieldsOf({ account_number: account, account_title: "CANARY" });
    for (let shift = 1; shift < COLUMNS.length; shift++) {
      const shifted = [...row.slice(shift), ...row.slice(0, shift)];
      for (const reason of EXCLUSION_REASONS) {
        expect(JSON.stringify(exclusion(1, shifted, reason, aStream()))).not.toMatch(
          /98761234|CANARY|M-1|2026/,
        );
      }
    }
  });
});
