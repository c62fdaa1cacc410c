import { describe, expect, it, test } from "vitest";
import { batchId, dueListPrefix, parseBatchId } from "../../lambdas/domain/batch.ts";
import { calendarDate } from "../../lambdas/domain/calendar-date.ts";

test("a batch's due list lies in a folder of its stream, day and number", () => {
  const day = calendarDate("2026-03-02");
  expect(dueListPrefix("au-cba", day, 1)).toBe("au-cba/2026-03-02/01/");
  expect(dueListPrefix("au-cba", day, 12)).toBe("au-cba/2026-03-02/12/");
});

describe("a batch id", () => {
  const date = calendarDate("2026-03-02");

  it("has a number of two digits, from 01 to 99, and is read back as it was made", () => {
    for (const number of [1, 9, 10, 99]) {
      const id = batchId("au-cba", date, number);
      expect(id).toBe(`au-cba-2026-03-02-${number < 10 ? "0" : ""}${number}`);
      expect(parseBatchId(id)).toEqual({ id, stream: "au-cba", billingDate: date, number });
    }
  });

  it.each([
    "",
    "au-cba",
    "au-cba-2026-02-30-01",
    "au-cba-2026-03-02-00",
    "au-cba-2026-03-02-1",
    "au-cba-2026-03-02-001",
    "au-2026-03-02-01",
    `${"a".repeat(21)}-2026-03-02-01`,
    "AU-CBA-2026-03-02-01",
    " au-cba-2026-03-02-01",
    "au-cba-2026-03-02-01-c1",
    "au-cba-2026-03-02-01\n",
  ])("is not %j", (text) => {
    expect(parseBatchId(text)).toBeUndefined();
  });

  it.each([0, 100, -1, 1.5, Number.NaN])(
    "is refused for the number %d, which no key could hold",
    (number) => {
      expect(() => batchId("au-cba", date, number)).toThrow(new RangeError("a batch's number is 1 to 99"));
    },
  );
});
