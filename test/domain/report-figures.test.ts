import { describe, expect, it } from "vitest";
import { differenceBetween } from "../../lambdas/domain/report-figures.ts";

describe("the difference between the two figures of a check", () => {
  it.each([
    ["0.05", "0.1", "+0.05"],
    ["0.1", "0.05", "−0.05"],
    ["1.50", "1.5", "0.00"],
    ["1.50", "2", "+0.50"],
  ])("from %s to %s is %s: a sign only where there is one", (expected, found, difference) => {
    expect(differenceBetween(expected, found)).toBe(difference);
  });
});
