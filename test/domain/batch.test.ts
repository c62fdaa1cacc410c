import { describe, expect, it } from "vitest";
import { batchId, parseBatchId } from "../../lambdas/domain/batch.ts";
import { calendarDate } from "../../lambdas/domain/calendar-date.ts";

describe("a batch id", () => {
  const date = calendarDate("2026-03-02");

  it("has a number of two digits, from 01 to 99, and is read back as it was made", () => {
    for (const number of [1, 9, 10, 99]) {
      const id = batchId("au-cba", date, number);
      expect(id).toBe(`au-cba-2026-03-02-${number < 10 ? "0" : ""}${number}`);
      expect(parseBatchId(id)).toEqual({ id, stream: "au-cba", billingDate: date, number });
    }
  });

  it.each([0, 100, -1, 1.5, Number.NaN])(
    "is refused for the number %d, which no key could hold",
    (number) => {
      expect(() => batchId("au-cba", date, number)).toThrow(new RangeError("a batch's number is 1 to 99"));
    },
  );
});
