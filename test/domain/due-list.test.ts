import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DueListFault, type DueRow, readRows } from "../../lambdas/domain/due-list.ts";
import { COLUMNS } from "../../lambdas/domain/exclusion.ts";
import { planSegments } from "../../lambdas/domain/plan.ts";
import { aStream, BILLING_DATE, bytesOf } from "./due-list-builders.ts";

const HEADER = COLUMNS.join(",");

const rowsOf = (bytes: Uint8Array): string[][] =>
  [...readRows(bytes, { header: true })].map((row) => [...row.fields]);
const rowsOfText = (text: string): string[][] => rowsOf(bytesOf(text));

/** The same list by the package that the gate reads with. */
function readByPackage(bytes: Uint8Array): string[][] {
  const settings = { bom: true, relax_quotes: true, relax_column_count: true };
  return parse(Buffer.from(bytes), { ...settings, record_delimiter: ["\r\n", "\n"] });
}

function faultOf(bytes: Uint8Array): DueListFault {
  try {
    rowsOf(bytes);
  } catch (error) {
    if (error instanceof DueListFault) return error;
  }
  throw new Error("the list was read without a fault");
}

/** Each segment read from its own bytes alone, as a map child gets them. */
function rowsBySegment(bytes: Uint8Array, segmentRows: number): DueRow[] {
  return planSegments(bytes, aStream({ segmentRows }), BILLING_DATE).segments.flatMap((segment) => {
    const rows = [...readRows(bytes.slice(segment.from, segment.to), { firstLine: segment.firstLine })];
    expect(rows).toHaveLength(segment.rows);
    expect(rows.length).toBeLessThanOrEqual(segmentRows);
    return rows.map((row) => ({ ...row, start: row.start + segment.from, end: row.end + segment.from }));
  });
}

const text = fc.string({
  unit: fc.constantFrom(",", '"', "\n", "\r", "a", "0", " ", "é", "漢", "😀", "\uFEFF", "\0"),
  maxLength: 6,
});
const record = fc.record({
  cells: fc.array(fc.record({ text, quote: fc.boolean() }), { minLength: 1, maxLength: 12 }),
  lineEnd: fc.constantFrom("\n", "\r\n"),
});
const list = fc.record({
  bom: fc.boolean(),
  records: fc.array(record, { maxLength: 12 }),
  lastLineEnd: fc.boolean(),
});

function written(cell: { text: string; quote: boolean }): string {
  const must = /[,\n]|^"|\r$/.test(cell.text);
  return must || cell.quote ? `"${cell.text.replaceAll('"', '""')}"` : cell.text;
}

describe("any RFC 4180 list", () => {
  test("gives the same rows in one go, segment by segment, and by the package that the gate uses", () => {
    fc.assert(
      fc.property(list, fc.integer({ min: 1, max: 13 }), ({ bom, records, lastLineEnd }, segmentRows) => {
        let csv = `${bom ? "\uFEFF" : ""}${HEADER}\n`;
        for (const [index, { cells, lineEnd }] of records.entries()) {
          const line = cells.map(written).join(",");
          csv += line + (lastLineEnd || line === "" || index < records.length - 1 ? lineEnd : "");
        }
        const bytes = bytesOf(csv);
        const rows = [...readRows(bytes, { header: true })];
        expect(rows.map((row) => row.fields)).toEqual(
          records.map(({ cells }) => cells.map((cell) => cell.text)),
        );
        expect(readByPackage(bytes).slice(1)).toEqual(rows.map((row) => row.fields));
        expect(rowsBySegment(bytes, segmentRows)).toEqual(rows);
      }),
      { numRuns: 300 },
    );
  });

  test("is covered by its rows' byte ranges without a gap", () => {
    const bytes = bytesOf(`\uFEFF${HEADER}\r\na,"b\r\n",c\r\n\n"é"\nlast`);
    const rows = [...readRows(bytes, { header: true })];
    const headerEnd = 3 + HEADER.length + 2;
    expect(rows.map((row) => row.start)).toEqual([headerEnd, ...rows.slice(0, -1).map((row) => row.end)]);
    expect(rows.at(-1)?.end).toBe(bytes.length);
    expect(rows.map((row) => row.line)).toEqual([1, 2, 3, 4]);
  });
});

test("whatever bytes follow the header, the reader either refuses the list or agrees with the package", () => {
  const byte = fc.constantFrom(0x22, 0x22, 0x2c, 0x0a, 0x0d, 0x61, 0x20, 0xc3, 0xa9, 0xff, 0xef, 0xbb, 0xbf);
  let [read, refused] = [0, 0];
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 14 }), (tail) => {
      const bytes = Uint8Array.from([...bytesOf(`${HEADER}\n`), ...tail]);
      let rows: string[][];
      try {
        rows = rowsOf(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(DueListFault);
        refused += 1;
        return;
      }
      read += 1;
      expect(readByPackage(bytes).slice(1)).toEqual(rows);
    }),
    { numRuns: 3000, seed: 3 },
  );
  expect(Math.min(read, refused)).toBeGreaterThan(300);
});

describe("a list is read", () => {
  test.each([
    ["with LF", `${HEADER}\na,b\n`, [["a", "b"]]],
    ["with CRLF", `${HEADER}\r\na,b\r\n`, [["a", "b"]]],
    ["with both mixed", `${HEADER}\r\na\nb\r\n`, [["a"], ["b"]]],
    ["without the last line end", `${HEADER}\na,b`, [["a", "b"]]],
    ["with a byte-order mark", `\uFEFF${HEADER}\na`, [["a"]]],
    ["without rows", `${HEADER}\n`, []],
    ["without rows and without a line end", HEADER, []],
    ["with a blank line as a row of one empty field", `${HEADER}\na\n\nb\n`, [["a"], [""], ["b"]]],
    ["with a blank line at its end as a row too", `${HEADER}\na\n\r\n`, [["a"], [""]]],
    ["with a lone CR as an ordinary character", `${HEADER}\na\rb,\rc\r\r\nd\r`, [["a\rb", "\rc\r"], ["d\r"]]],
    [
      "with empty fields",
      `${HEADER}\n,\n"",\n,""`,
      [
        ["", ""],
        ["", ""],
        ["", ""],
      ],
    ],
    ["with commas, quotes and line ends in quotes", `${HEADER}\n"a,""b""\r\nc",d\n`, [['a,"b"\r\nc', "d"]]],
    [
      "with literal quotes in an unquoted field",
      `${HEADER}\nthe "Wren" café,x"\n`,
      [['the "Wren" café', 'x"']],
    ],
    ["with a CR before a comma as an ordinary character", `${HEADER}\n"a",b\r,c\r\n`, [["a", "b\r", "c"]]],
    ["with a quoted header", `"mandate_id"${HEADER.slice(10)}\na`, [["a"]]],
    [
      "with a byte-order mark inside a row as a character",
      `${HEADER}\n\uFEFFa,"\uFEFFb"`,
      [["\uFEFFa", "\uFEFFb"]],
    ],
  ])("%s", (_, csv, rows) => {
    expect(rowsOfText(csv)).toEqual(rows);
    expect(readByPackage(bytesOf(csv)).slice(1)).toEqual(rows);
  });

  test("from any row of it, with the lines that it has in the whole", () => {
    const bytes = bytesOf(`${HEADER}\na\n"b"\nc\n`);
    const second = [...readRows(bytes, { header: true })][1] as DueRow;
    expect([...readRows(bytes, { from: second.start, to: second.end, firstLine: 2 })]).toEqual([second]);
  });

  test("without a look at the bytes past the end of the range", () => {
    for (const [csv, to, fields] of [
      ['"a""b"', 3, ["a"]],
      ['"a"x', 3, ["a"]],
      ['x"', 1, ["x"]],
      ['"a",bc', 5, ["a", "b"]],
      ["a\r\n", 2, ["a\r"]],
      ["ab", 1, ["a"]],
      ['"a","b"', 4, ["a", ""]],
    ] as const) {
      const rows = [...readRows(bytesOf(csv), { to })];
      expect(rows).toEqual([{ line: 1, fields, start: 0, end: to }]);
    }
  });
});

describe("a list is refused as a whole", () => {
  test.each([
    ["with no byte in it", ""],
    ["with a byte-order mark alone", "\uFEFF"],
    ["with a character that only begins as a byte-order mark does", `\uFEC0${HEADER}\n`],
    ["with two byte-order marks", `\uFEFF\uFEFF${HEADER}\n`],
    ["with rows where the header belongs", "M-1,2026-03-02\n"],
    ["with nine columns", `${COLUMNS.slice(0, 9).join(",")}\n`],
    ["with eleven columns", `${HEADER},note\n`],
    ["with two columns exchanged", `${HEADER.replace("bsb,account_number", "account_number,bsb")}\n`],
    ["with a column in capitals", `${HEADER.replace("bsb", "BSB")}\n`],
    ["with a blank line before the header", `\n${HEADER}\n`],
    ["with a header ended by CR alone", `${HEADER}\ra,b\n`],
  ])("%s, naming the header", (_, csv) => {
    const fault = faultOf(bytesOf(csv));
    expect(fault).toMatchObject({
      name: "DueListFault",
      line: 0,
      rule: expect.stringContaining("ten columns"),
    });
    expect(fault.message).toMatch(/^due list, header: /);
  });

  test.each([
    ["text after a closing quote", 'a\n"b"c,d\n', 2, "text after a closing quote"],
    ["a space after a closing quote", '"b" ,d\n', 1, "text after a closing quote"],
    ["a lone CR after a closing quote", 'a\n\n"b"\rc\n', 3, "text after a closing quote"],
    ["a lone CR after the last closing quote", '"b"\r', 1, "text after a closing quote"],
    [
      "one character between a closing quote and the line's end",
      '"b"x\nc\n',
      1,
      "text after a closing quote",
    ],
    ["an unclosed quote", 'a\nb,"c\nd\n', 2, "not closed"],
    ["a quote that opens at the very end", 'a\n"', 2, "not closed"],
    ["a doubled quote at the very end", '"a""', 1, "not closed"],
  ])("for %s", (_, rows, line, rule) => {
    const fault = faultOf(bytesOf(`${HEADER}\n${rows}`));
    expect(fault).toMatchObject({ name: "DueListFault", line, rule: expect.stringContaining(rule) });
    expect(fault.message).toBe(`due list, line ${line}: ${fault.rule}`);
  });

  test.each([
    ["a byte that is never UTF-8", [0xff]],
    ["a Latin-1 letter", [0xeb]],
    ["a sequence cut short by the row's end", [0xc3]],
    ["an overlong form", [0xc0, 0xaf]],
    ["half of a surrogate pair", [0xed, 0xa0, 0x80]],
  ])("for %s, quoted or not, and the next list is read as ever", (_, bad) => {
    for (const [before, after] of [
      ["a,", ",b\n"],
      ['a,"', '",b\n'],
      ['"a",', ",b\n"],
    ] as const) {
      const bytes = Uint8Array.from([...bytesOf(`${HEADER}\nx\n${before}`), ...bad, ...bytesOf(after)]);
      expect(faultOf(bytes)).toMatchObject({ line: 2, rule: "not valid UTF-8" });
    }
    expect(rowsOfText(`${HEADER}\né`)).toEqual([["é"]]);
  });

  test("for a segment that was cut inside a quoted field", () => {
    const bytes = bytesOf('"a\nb",c\n');
    expect(() => [...readRows(bytes, { to: 3 })]).toThrow(DueListFault);
  });

  test("for a segment that was cut between the CR and the LF after a quote", () => {
    const bytes = bytesOf('"a"\r\nb\n');
    expect(() => [...readRows(bytes, { to: 4 })]).toThrow(DueListFault);
  });
});
