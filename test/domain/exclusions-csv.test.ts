import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EXCLUSION_REASONS, type Exclusion } from "../../lambdas/domain/exclusion.ts";
import { exclusionsCsv } from "../../lambdas/domain/exclusions-csv.ts";
import { visible } from "../../lambdas/domain/visible-text.ts";

const HEADER = "line,reason,field,mandate_id,due_date\r\n";

describe("exclusions.csv", () => {
  it("holds its header alone when nothing was excluded", () => {
    expect(exclusionsCsv([])).toBe(HEADER);
  });

  it("writes line, reason, field, mandate and due date, and nothing for what is absent", () => {
    const list: Exclusion[] = [
      { line: 2, reason: "malformed-row", cents: 0 },
      {
        line: 17,
        reason: "bad-account",
        field: "account_number",
        cents: 1999,
        mandateId: "MND-1",
        dueDate: "2026-03-02",
      },
    ];
    expect(exclusionsCsv(list)).toBe(
      `${HEADER}2,malformed-row,,,\r\n17,bad-account,account_number,MND-1,2026-03-02\r\n`,
    );
  });

  it("writes nothing else that an exclusion carries", () => {
    const claim = {
      mandateId: "MND-1",
      dueDate: "2026-02-27",
      attempt: 1,
      batchId: "au-cba-2026-02-27-01",
      line: 4,
    };
    const list: Exclusion[] = [
      {
        line: 3,
        reason: "too-near",
        cents: 777,
        mandateId: "MND-1",
        dueDate: "2026-03-02",
        otherLine: 99,
        claim,
      },
    ];
    expect(exclusionsCsv(list)).toBe(`${HEADER}3,too-near,,MND-1,2026-03-02\r\n`);
  });

  it.each([
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    '=HYPERLINK("x")',
    "+cmd|' /C calc'!A0",
    "  =1",
    "\u00A0-1",
    "＝1",
    "＠SUM(A1)",
  ])("puts an apostrophe before %j, which a spreadsheet might run", (mandateId) => {
    const csv = exclusionsCsv([{ line: 1, reason: "bad-bsb", cents: 0, mandateId }]);
    const rows = parse(csv, { relax_column_count: false });
    expect(rows[1]?.[3]).toBe(`'${mandateId}`);
  });

  it.each([
    ["\t=1", "[U+0009]=1"],
    ["\r=1", "[U+000D]=1"],
    ["\n=1", "[U+000A]=1"],
    ["\u200B=1", "[U+200B]=1"],
    ["\uFEFF@SUM(A1)", "[U+FEFF]@SUM(A1)"],
    ["M-1\u202E1-M", "M-1[U+202E]1-M"],
    ["\u2066M-1\u2069", "[U+2066]M-1[U+2069]"],
  ])("names what is invisible in %j", (mandateId, shown) => {
    const csv = exclusionsCsv([{ line: 1, reason: "bad-bsb", cents: 0, mandateId }]);
    expect(csv).toBe(`${HEADER}1,bad-bsb,,${shown},\r\n`);
  });

  it.each([",", '"'])("quotes a value that holds %j", (sign) => {
    const csv = exclusionsCsv([{ line: 1, reason: "bad-bsb", cents: 0, mandateId: `a${sign}b` }]);
    expect(csv).toBe(`${HEADER}1,bad-bsb,,"a${sign === '"' ? '""' : sign}b",\r\n`);
  });

  it("is read back by an RFC 4180 reader with every value in its column, whatever the values are", () => {
    const value = fc.string({
      unit: fc.oneof(
        fc.constantFrom("a", "=", "+", "-", "@", "'", ",", '"', "\r", "\n", "\t", "é", " ", ";", "|"),
        fc.constantFrom("\u202E", "\u2066", "\u200B", "\u061C", "\uFEFF", "\u2028", "\u0000", "\uD800", "＝"),
      ),
    });
    const exclusion = fc.record({
      line: fc.integer({ min: 1, max: 2_000_000 }),
      reason: fc.constantFrom(...EXCLUSION_REASONS),
      cents: fc.nat(),
      mandateId: value,
      dueDate: value,
    });
    fc.assert(
      fc.property(fc.array(exclusion, { maxLength: 5 }), (list) => {
        const csv = exclusionsCsv(list);
        const rows = parse(csv, { record_delimiter: "\r\n" });
        const cells = (one: (typeof list)[number]) =>
          [one.mandateId, one.dueDate].map((value) => {
            const shown = visible(value);
            return /^[\s]*[=+\-@＝]/.test(shown) ? `'${shown}` : shown;
          });
        expect(rows.slice(1)).toEqual(list.map((one) => [String(one.line), one.reason, "", ...cells(one)]));
        for (const cell of rows.flat()) expect(cell.trim()).not.toMatch(/^[=+\-@＝＋－＠\t\r\n]/);
        expect(csv.replaceAll("\r\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      }),
      { numRuns: 200, seed: 20260302 },
    );
  });
});
