import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EXCLUSION_REASONS, type Exclusion } from "../../lambdas/domain/exclusion.ts";
import { exclusionsCsv } from "../../lambdas/domain/exclusions-csv.ts";

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

  it.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])(
    "puts an apostrophe before %j, which a spreadsheet might run",
    (mandateId) => {
      const csv = exclusionsCsv([{ line: 1, reason: "bad-bsb", cents: 0, mandateId }]);
      const rows = parse(csv, { relax_column_count: false });
      expect(rows[1]?.[3]).toBe(`'${mandateId}`);
    },
  );

  it.each([",", '"', "\r", "\n"])("quotes a value that holds %j", (sign) => {
    const csv = exclusionsCsv([{ line: 1, reason: "bad-bsb", cents: 0, mandateId: `a${sign}b` }]);
    expect(csv).toBe(`${HEADER}1,bad-bsb,,"a${sign === '"' ? '""' : sign}b",\r\n`);
  });

  it("is read back by an RFC 4180 reader with every value in its column, whatever the values are", () => {
    const value = fc.string({
      unit: fc.constantFrom("a", "=", "+", "-", "@", "'", ",", '"', "\r", "\n", "\t", "é"),
    });
    const exclusion = fc.record({
      line: fc.integer({ min: 1, max: 2_000_000 }),
      reason: fc.constantFrom(...EXCLUSION_REASONS),
      cents: fc.nat(),
      mandateId: value,
      dueDate: value,
    });
    const inert = (text: string) => (/^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text);
    fc.assert(
      fc.property(fc.array(exclusion, { maxLength: 5 }), (list) => {
        const rows = parse(exclusionsCsv(list), { record_delimiter: "\r\n" });
        expect(rows.slice(1)).toEqual(
          list.map((one) => [String(one.line), one.reason, "", inert(one.mandateId), inert(one.dueDate)]),
        );
      }),
      { numRuns: 200, seed: 20260302 },
    );
  });
});
