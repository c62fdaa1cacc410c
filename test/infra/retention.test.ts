import { expect, test } from "vitest";
import { retentionDays, retentionYears } from "../../infra/config/retention.ts";

test("seven years are kept, and never a day less than the calendar's", () => {
  expect(retentionYears).toBe(7);
  expect(retentionDays()).toBe(2557);
  expect(retentionDays(4)).toBe(3 * 365 + 366);
  expect(retentionDays(1)).toBe(366);
});

test.each([0, -1, 7.5, 100, Number.NaN])("%s years are refused with a sentence", (years) => {
  expect(() => retentionDays(years)).toThrow(
    `retentionYears is ${years}, and must be a whole number from 1 to 99`,
  );
});
