import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isBecsText } from "../../lambdas/domain/becs-text.ts";
import { addDays, type CalendarDate, calendarDate } from "../../lambdas/domain/calendar-date.ts";
import {
  checkCharacter,
  CROCKFORD,
  decodeCrockford,
  encodeCrockford,
} from "../../lambdas/domain/crockford.ts";
import {
  description,
  lodgementReference,
  parseLodgementReference,
} from "../../lambdas/domain/lodgement-reference.ts";

const SEED = 20_261_003;
const code = fc.stringMatching(new RegExp(`^[${CROCKFORD}]{1,4}$`));
const billingDate = fc
  .integer({ min: 0, max: 36_524 })
  .map((days) => addDays(calendarDate("2000-01-01"), days));
const number = fc.integer({ min: 1, max: 99 });
const line = fc.integer({ min: 1, max: 32 ** 6 - 1 });
const origin = fc.record({ code, billingDate, number, line });

describe("Crockford's base 32", () => {
  test("has a fixed width and comes back as the number it was", () => {
    expect(encodeCrockford(0, 6)).toBe("000000");
    expect(encodeCrockford(1000, 6)).toBe("0000Z8");
    expect(encodeCrockford(32 ** 6 - 1, 6)).toBe("ZZZZZZ");
    expect(decodeCrockford("0000Z8")).toBe(1000);
    expect(decodeCrockford("ZZZZZZZZZZ")).toBe(2 ** 50 - 1);
  });

  test("refuses what does not fit instead of dropping digits", () => {
    const [narrow, widths] = ["the number does not fit its width in base 32", "the width is 1 to 10"];
    for (const [value, width, why] of [
      [32, 1, narrow],
      [-1, 6, narrow],
      [1.5, 6, narrow],
      [Number.NaN, 6, narrow],
      [2 ** 53, 10, narrow],
      [0, 0, widths],
      [1, 1.5, widths],
      [1, 11, widths],
    ] as const)
      expect(() => encodeCrockford(value, width)).toThrow(new RangeError(why));
    expect(encodeCrockford(31, 1)).toBe("Z");
    expect(encodeCrockford(1, 10)).toBe("0000000001");
    for (const text of ["", "I", "L", "O", "U", "a", "0 1", "00000000000", "é"])
      expect(decodeCrockford(text)).toBeUndefined();
  });

  test("has Luhn's check character modulo 32, worked out by hand", () => {
    expect(checkCharacter("0")).toBe("0");
    // 1 doubled is 2; 32 - 2 = 30 = Y.
    expect(checkCharacter("1")).toBe("Y");
    // Z = 31 doubled is 62, with the carry brought back 31; then 1 undoubled: 32 in all.
    expect(checkCharacter("1Z")).toBe("0");
    // From the right: A = 10 → 20, B = 11, C = 12 → 24; 55 mod 32 = 23; 32 - 23 = 9.
    expect(checkCharacter("CBA")).toBe("9");
    expect(() => checkCharacter("O")).toThrow(new RangeError("not a text of Crockford's alphabet"));
  });
});

describe("a lodgement reference", () => {
  test("is stream code, year, month, day, batch number, line and check character", () => {
    const text = lodgementReference({
      code: "AC",
      billingDate: calendarDate("2026-10-31"),
      number: 7,
      line: 1000,
    });
    expect(text.slice(0, -1)).toBe("AC26AZ070000Z8");
    expect(text).toBe(`AC26AZ070000Z8${checkCharacter("AC26AZ070000Z8")}`);
  });

  test("comes back as the debit that it names, within 17 BECS characters", () => {
    fc.assert(
      fc.property(origin, (from) => {
        const text = lodgementReference(from);
        expect(parseLodgementReference(text)).toEqual(from);
        expect(text.length).toBe(from.code.length + 13);
        expect(isBecsText(text)).toBe(true);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test("shows every exchange of one character, for any other of the BECS set", () => {
    const others = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
    fc.assert(
      fc.property(origin, (from) => {
        const text = lodgementReference(from);
        const unnoticed = text
          .split("")
          .flatMap((old, at) =>
            others.filter(
              (other) =>
                other !== old &&
                parseLodgementReference(text.slice(0, at) + other + text.slice(at + 1)) !== undefined,
            ),
          );
        expect(unnoticed).toEqual([]);
      }),
      { seed: SEED, numRuns: 20 },
    );
  });

  test("shows every swap of two neighbours but 0 and Z", () => {
    fc.assert(
      fc.property(origin, fc.nat(20), (from, at) => {
        const text = lodgementReference(from);
        const [a, b] = [text.charAt(at), text.charAt(at + 1)];
        fc.pre(b !== "" && a !== b && `${a}${b}` !== "0Z" && `${a}${b}` !== "Z0");
        expect(parseLodgementReference(text.slice(0, at) + b + a + text.slice(at + 2))).toBeUndefined();
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test("is not any other text, even with a right check character", () => {
    const bodies = [
      ["no code", "26A301000001"],
      ["a code of five", "ABCDE26A301000001"],
      ["month 0", "AC260301000001"],
      ["month 13", "AC26D301000001"],
      ["day 0", "AC26A001000001"],
      ["31 November", "AC26BZ01000001"],
      ["29 February 2026", "AC262X01000001"],
      ["batch 00", "AC26A300000001"],
      ["line 0", "AC26A301000000"],
      ["a year in letters", "ACA6A301000001"],
    ] as const;
    for (const [why, body] of bodies)
      expect(parseLodgementReference(body + checkCharacter(body)), why).toBeUndefined();
    const whole = `AC26A301000001${checkCharacter("AC26A301000001")}`;
    expect(parseLodgementReference(whole)).toBeDefined();
    for (const text of ["", ` ${whole}`, `${whole} `, `${whole}\n`, whole.toLowerCase(), "INVOICE 1234"])
      expect(parseLodgementReference(text)).toBeUndefined();
  });

  test("is refused for parts out of their range, which the message does not repeat", () => {
    const good = { code: "AC", billingDate: calendarDate("2026-10-03"), number: 1, line: 1 };
    const codes = "a stream's code is 1 to 4 Crockford characters";
    const years = "the billing date lies outside 2000 to 2099";
    const numbers = "a batch's number is 1 to 99";
    const lines = "lines are numbered from 1";
    for (const [bad, why] of [
      [{ code: "" }, codes],
      [{ code: "ABCDE" }, codes],
      [{ code: "ACO" }, codes],
      [{ code: "ac" }, codes],
      [{ billingDate: calendarDate("1999-12-31") }, years],
      [{ billingDate: calendarDate("2100-01-01") }, years],
      [{ billingDate: "2026-02-30" as CalendarDate }, years],
      [{ number: 0 }, numbers],
      [{ number: 100 }, numbers],
      [{ number: 1.5 }, numbers],
      [{ line: 0 }, lines],
      [{ line: -1 }, lines],
      [{ line: Number.NaN }, lines],
    ] as const)
      expect(() => lodgementReference({ ...good, ...bad })).toThrow(new RangeError(why));
    expect(() => lodgementReference({ ...good, line: 32 ** 6 })).toThrow(RangeError);
    expect(() => lodgementReference({ ...good, code: "SECRET" })).not.toThrow(/SECRET/);
  });
});

describe("the description of entries", () => {
  test("fills its twelve columns with padded code, day, batch and file", () => {
    const day = { billingDate: calendarDate("2026-10-31"), number: 7 };
    expect(description({ ...day, code: "AC", file: 3 })).toBe("AC0026AZ0703");
    expect(description({ ...day, code: "WXYZ", file: 99 })).toBe("WXYZ26AZ0799");
  });

  test("differs for every two files of one stream", () => {
    const files = fc.record({ code: fc.constant("AC"), billingDate, number, file: number });
    fc.assert(
      fc.property(files, files, (a, b) => {
        const same = a.billingDate === b.billingDate && a.number === b.number && a.file === b.file;
        expect(description(a) === description(b)).toBe(same);
        expect(description(a)).toHaveLength(12);
      }),
      { seed: SEED },
    );
  });

  test("is refused for a file number that two digits do not hold", () => {
    const day = { code: "AC", billingDate: calendarDate("2026-10-03"), number: 1 };
    for (const file of [0, 100, 1.5, Number.NaN])
      expect(() => description({ ...day, file })).toThrow(new RangeError("a file's number is 1 to 99"));
  });
});
