import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maskAccountNumber, parseAccountNumber, parseBsb } from "../../lambdas/domain/bank-account.ts";

describe("a BSB", () => {
  test("is six digits with or without the hyphen, and comes out with it", () => {
    expect(parseBsb("062-692")).toBe("062-692");
    expect(parseBsb("062692")).toBe("062-692");
    expect(parseBsb("000000")).toBe("000-000");
  });

  test.each([
    "",
    "06269",
    "0626921",
    "06-2692",
    "062--692",
    "062 692",
    " 062692",
    "062-692\n",
    "06269a",
    "٠٦٢٦٩٢",
  ])("is not %j", (text) => {
    expect(parseBsb(text)).toBeUndefined();
  });
});

describe("a bank account number", () => {
  test.each([
    ["1", "1"],
    ["123456789", "123456789"],
    ["00-1234", "00-1234"],
    ["000000001", "000000001"],
    ["1-2-3-4-5", "1-2-3-4-5"],
    ["1234-56789", "123456789"],
    ["1-2-3-4-5-6-7-8-9", "123456789"],
    ["-1", "-1"],
  ])("is kept as written while it fits nine columns, else without hyphens: %s → %s", (text, expected) => {
    expect(parseAccountNumber(text)).toBe(expected);
  });

  test.each([
    "",
    "0",
    "000000000",
    "00-00",
    "-",
    "1234567890",
    "12-3456-78901",
    "12 34",
    "12a4",
    "１２３",
    " 1",
    "1\n",
  ])("is not %j", (text) => {
    expect(parseAccountNumber(text)).toBeUndefined();
  });

  test("never changes its digits, nor comes out longer than nine columns", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9-]{1,14}$/), (text) => {
        const parsed = parseAccountNumber(text);
        const digits = text.replaceAll("-", "");
        const sendable = digits.length <= 9 && /[1-9]/.test(digits);
        expect(parsed?.replaceAll("-", "")).toBe(sendable ? digits : undefined);
        expect(parsed?.length ?? 0).toBeLessThanOrEqual(9);
        if (text.length <= 9) expect(parsed).toBe(sendable ? text : undefined);
      }),
    );
  });
});

describe("a masked bank account number", () => {
  test.each([
    ["123456789", "*****6789"],
    ["12345678", "****5678"],
    ["1234567", "****567"],
    ["12345", "****5"],
    ["1234", "****"],
    ["12", "****"],
    ["", "****"],
    ["12-3456-78", "****5678"],
    ["no digits", "****"],
  ])("shows of %j only %j", (text, expected) => {
    expect(maskAccountNumber(text)).toBe(expected);
  });
});
