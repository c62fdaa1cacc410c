import { describe, expect, it } from "vitest";
import { differenceBetween, share } from "../../lambdas/domain/report-figures.ts";

describe("the difference between the two figures of a check", () => {
  it.each([
    ["0.05", "0.1", "+0.05"],
    ["0.1", "0.05", "−0.05"],
    ["1.50", "1.5", "0.00"],
    ["1.50", "2", "+0.50"],
    ["+1", "+3", "+2"],
    [" 8", "9 ", "+1"],
    ["8 ", " 9", "+1"],
  ])("from %j to %j is %s: a sign only where there is one", (expected, found, difference) => {
    expect(differenceBetween(expected, found)).toBe(difference);
  });
});

describe("a share in per cent", () => {
  it.each([
    [12, 1000, "1.20%"],
    [1, 3, "33.33%"],
    [2, 3, "66.66%"],
    [0, 3, "0.00%"],
    [3, 3, "100.00%"],
    [0, 0, ""],
  ])("%d of %d is %j, cut after two places", (part, whole, told) => {
    expect(share(part, whole)).toBe(told);
  });
});
