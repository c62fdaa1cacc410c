import { describe, expect, it } from "vitest";
import { cents, dollars } from "../../lambdas/domain/cents.ts";

describe("cents", () => {
  it("are whole, safe and not negative", () => {
    expect(cents(0)).toBe(0);
    expect(cents(Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each([-1, 0.5, Number.MAX_SAFE_INTEGER + 1, Number.NaN, Number.POSITIVE_INFINITY])(
    "are refused as %d, and not repeated",
    (value) => {
      expect(() => cents(value)).toThrow(new RangeError("not a whole, safe number of cents"));
    },
  );
});

describe("cents as people read them", () => {
  it.each([
    [0, "$0.00"],
    [5, "$0.05"],
    [123_456, "$1,234.56"],
    [-5, "-$0.05"],
    [-100_000_000, "-$1,000,000.00"],
  ])("%d are %s", (amount, text) => {
    expect(dollars(amount)).toBe(text);
  });
});
