import { describe, expect, it } from "vitest";
import { calendarDate } from "../../lambdas/domain/calendar-date.ts";

describe("text that must be a calendar date", () => {
  it("is given back as it stands", () => {
    expect(calendarDate("2028-02-29")).toBe("2028-02-29");
  });

  it.each(["2026-02-29", "1899-12-31", "2026-3-2", "02/03/2026", ""])(
    "is refused as %j, and not repeated",
    (text) => {
      expect(() => calendarDate(text)).toThrow(new RangeError("not a calendar date of the form yyyy-mm-dd"));
    },
  );
});
