import { describe, expect, it } from "vitest";
import { calendarDate, isBusinessDay, weekday } from "../../lambdas/domain/calendar-date.ts";

describe("text that must be a calendar date", () => {
  it.each(["2028-02-29", "1900-01-01"])("is given back as it stands: %s", (text) => {
    expect(calendarDate(text)).toBe(text);
  });

  it.each(["2026-02-29", "1899-12-31", "2026-3-2", "02/03/2026", ""])(
    "is refused as %j, and not repeated",
    (text) => {
      expect(() => calendarDate(text)).toThrow(new RangeError("not a calendar date of the form yyyy-mm-dd"));
    },
  );
});

describe("a day of the week", () => {
  it("is counted from Monday, also before 1970", () => {
    const days = [
      "2026-03-02",
      "2026-03-03",
      "2026-03-07",
      "2026-03-08",
      "1970-01-01",
      "1969-12-28",
      "1969-12-29",
    ];
    expect(days.map((date) => weekday(calendarDate(date)))).toEqual([1, 2, 6, 7, 4, 7, 1]);
  });
});

describe("a business day", () => {
  const calendar = { holidays: ["2026-10-05", "2026-12-31"], knownUntil: "2026-12-31" };

  it.each([
    ["a Monday that is a holiday", "2026-10-05", false],
    ["the Tuesday after it", "2026-10-06", true],
    ["a Friday", "2026-10-09", true],
    ["a Saturday", "2026-10-10", false],
    ["a Sunday", "2026-10-11", false],
    ["the list's last day, a holiday", "2026-12-31", false],
    ["a weekday that the list does not reach", "2027-01-04", false],
  ] as const)("%s, %s: %s", (_, date, expected) => {
    expect(isBusinessDay(calendarDate(date), calendar)).toBe(expected);
  });

  it("is the last one that the list reaches", () => {
    const until = { ...calendar, knownUntil: "2026-10-06" };
    expect(isBusinessDay(calendarDate("2026-10-06"), until)).toBe(true);
  });
});
