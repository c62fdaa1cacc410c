import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DueTable } from "../../lambdas/billing-batch/reconcile/due-table.ts";
import { entryText } from "../../lambdas/billing-batch/reconcile/entry-text.ts";
import { inPlainLetters, isBecs } from "../../lambdas/billing-batch/reconcile/latin.ts";
import { judgeList } from "../../lambdas/billing-batch/reconcile/list-judgement.ts";
import { ListUnreadable, readDueRows } from "../../lambdas/billing-batch/reconcile/list-reading.ts";
import { type CalendarDate, calendarDate } from "../../lambdas/domain/calendar-date.ts";
import { description, lodgementReference } from "../../lambdas/domain/lodgement-reference.ts";
import { dueLineReader, expectedDescription } from "../../lambdas/billing-batch/reconcile/batch-marks.ts";
import type { Case } from "../../lambdas/billing-batch/reconcile/case.ts";
import { isBecsText, transliterate } from "../../lambdas/domain/becs-text.ts";
import { DueListFault, readRows } from "../../lambdas/domain/due-list.ts";
import { exclusion, judgeContent, judgeShape } from "../../lambdas/domain/due-row.ts";
import { COLUMNS } from "../../lambdas/domain/exclusion.ts";
import { planSegments } from "../../lambdas/domain/plan.ts";
import { BILLING_DATE, csv, row, stream } from "./gate-case.ts";

const HEADER = COLUMNS.join(",");

interface Row {
  readonly fields: readonly string[];
  readonly from: number;
  readonly to: number;
}

/** All rows as the gate reads them, or "refused". */
function asTheGateReads(bytes: Buffer): readonly Row[] | "refused" {
  const rows: Row[] = [];
  try {
    readDueRows(bytes, (fields, from, to) => rows.push({ fields: [...fields], from, to }));
  } catch (error) {
    if (error instanceof ListUnreadable) return "refused";
    throw error;
  }
  return rows;
}

function asStagingReads(bytes: Buffer): readonly Row[] | "refused" {
  try {
    return [...readRows(bytes, { header: true })].map(({ fields, start, end }) => ({
      fields,
      from: start,
      to: end,
    }));
  } catch (error) {
    if (error instanceof DueListFault) return "refused";
    throw error;
  }
}

describe("gate and staging read a due list", () => {
  it.each([
    ["a lone CR", "a\rb,c\r,d\n"],
    ["mixed line ends and none at the end", "a,b\r\nc,d\ne,f"],
    ["a CR at the very end", "a,b\r"],
    ["blank lines inside and at the end", "a\n\nb\n\r\n\n"],
    ["quotes inside a field", 'a"b"c,""",x\n'],
    ["commas, line ends and quotes inside quotes", '"a,b\r\nc""d",e\n'],
    ["quoted empty fields", '"",""\n""'],
    ["a quoted field that begins with a quote", '"""a"" b",c\n'],
    ["text after a closing quote", '"a"b,c\n'],
    ["text after an empty quoted field", '""b,c\n'],
    ["text after a closing quote that looks like an escape", '"a""b"c""d",e\n'],
    ["a space after a closing quote", '"a" ,c\n'],
    ["a CR after a closing quote", '"a"\r,c\n'],
    ["a CR after a closing quote at the end", 'b,"a"\r'],
    ["a NUL after a closing quote", '"a"\0,c\n'],
    ["a NUL in a field", 'a\0b,"c\0"\n'],
    ["an unclosed quote", 'a,b\n"c,d\n'],
    ["a byte-order mark inside", "a,\ufeffb\n"],
  ])("the same: %s", (_, text) => {
    const bytes = Buffer.from(`${HEADER}\n${text}`);
    expect(asTheGateReads(bytes)).toEqual(asStagingReads(bytes));
  });

  it("the same, with a byte-order mark, and with none and one header", () => {
    for (const text of [
      `\ufeff${HEADER}\na,b\n`,
      `\ufeff"mandate_id"${HEADER.slice(10)}\r\na`,
      HEADER,
      "",
      "\ufeff",
      "\n",
    ]) {
      const bytes = Buffer.from(text);
      expect(asTheGateReads(bytes)).toEqual(asStagingReads(bytes));
    }
  });

  it("the same, whatever it holds", () => {
    const piece = fc.constantFrom(
      '"',
      '"',
      '""',
      ",",
      "\n",
      "\r\n",
      "\r",
      "\0",
      "a",
      " ",
      "é",
      "\ufeff",
      "😀",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const bytes = Buffer.from(`${HEADER}\n${pieces.join("")}`);
        expect(asTheGateReads(bytes)).toEqual(asStagingReads(bytes));
      }),
      { numRuns: 1500, seed: 20260302 },
    );
  });

  it("the same, also bytes that are no UTF-8", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6 }), (tail) => {
        const bytes = Buffer.concat([Buffer.from(`${HEADER}\n`), tail]);
        expect(asTheGateReads(bytes)).toEqual(asStagingReads(bytes));
      }),
      { numRuns: 500, seed: 20260302 },
    );
  });
});

describe("gate and staging transliterate", () => {
  it("every character of the Basic Multilingual Plane to the same text of a bank file, or refuse it", () => {
    const different: string[] = [];
    for (let unit = 0; unit <= 0xffff; unit += 1) {
      const sign = String.fromCharCode(unit);
      const [own, theirs] = [inPlainLetters(sign), transliterate(sign)];
      const agree = isBecs(own) === isBecsText(theirs) && (own === theirs || !isBecs(own));
      if (!agree) different.push(`U+${unit.toString(16)}`);
    }
    expect(different).toEqual([]);
  });

  it("letters with marks of their own, in any order and form", () => {
    const sign = fc.oneof(
      fc.constantFrom(...Array.from("aeouAZsøÆłıŋǿẛệÅ’…—\u00a0")),
      fc.integer({ min: 0x300, max: 0x372 }).map((unit) => String.fromCharCode(unit)),
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    );
    fc.assert(
      fc.property(fc.array(sign, { maxLength: 8 }), (signs) => {
        const text = signs.join("");
        const [own, theirs] = [inPlainLetters(text), transliterate(text)];
        expect(isBecs(own)).toBe(isBecsText(theirs));
        if (isBecs(own)) expect(own).toBe(theirs);
      }),
      { numRuns: 500, seed: 20260302 },
    );
  });
});

describe("gate and composing mark debits and files", () => {
  const mark = fc.record({
    code: fc.constantFrom("A", "TS", "Z9Z", "0000", "WXYZ"),
    billingDate: fc
      .integer({ min: 0, max: 36_000 })
      .map((days) => calendarDate(new Date(Date.UTC(2000, 0, 1 + days)).toISOString().slice(0, 10))),
    number: fc.integer({ min: 1, max: 99 }),
    line: fc.integer({ min: 1, max: 32 ** 6 - 1 }),
    file: fc.integer({ min: 1, max: 99 }),
  });

  /** As much of a case as marks depend on. */
  function caseOf({
    code,
    billingDate,
    number,
  }: {
    code: string;
    billingDate: CalendarDate;
    number: number;
  }): Case {
    return { stream: stream({ code }), billingDate, batch: { number }, files: [], now: 0 } as unknown as Case;
  }

  it("the same", () => {
    fc.assert(
      fc.property(mark, (origin) => {
        const judged = caseOf(origin);
        expect(dueLineReader(judged)(lodgementReference(origin))).toBe(origin.line);
        expect(expectedDescription(judged, origin.file)).toBe(description(origin));
      }),
      { numRuns: 300, seed: 20260302 },
    );
  });

  it("so that a reference with one character changed is of no due row", () => {
    const origin = { code: "TS", billingDate: BILLING_DATE, number: 1, line: 123_456 };
    const lineIn = dueLineReader(caseOf(origin));
    const reference = lodgementReference(origin);
    for (let at = 0; at < reference.length; at += 1) {
      for (const other of "0123456789ABCDEFGHJKMNPQRSTVWXYZabIlOoUu é") {
        if (other === reference[at]) continue;
        expect(lineIn(reference.slice(0, at) + other + reference.slice(at + 1))).toBe(0);
      }
    }
    expect([reference.slice(1), `${reference}0`, "", reference.toLowerCase()].map(lineIn)).toEqual([
      0, 0, 0, 0,
    ]);
  });
});

const hostile = {
  mandate_id: [
    "m1",
    "m1",
    "m2",
    "m3",
    "",
    "m 1",
    "m\n",
    "a".repeat(64),
    "a".repeat(65),
    "ä",
    "constructor",
    // Bank accounts, of which some rows are the row's own, and one that is none.
    "12345678",
    "0012345678",
    "83170-12345678",
    "1234",
    "-",
    "083-17012-345-6789",
    "98765432",
  ],
  due_date: [
    "2026-03-02",
    "2026-03-02",
    "2026-02-27",
    "2026-02-25",
    "2026-02-20",
    "2026-01-30",
    "2026-01-29",
    "2026-03-03",
    "2026-02-29",
    "2026-3-2",
    "2026-03-02 ",
    "02/03/2026",
    "",
    "1899-12-31",
    "+002026-03-02",
  ],
  attempt: ["1", "1", "2", "99", "100", "0", "01", "", "1.0", "१", "-1"],
  merchant_id: [
    "m-gym",
    "m-gym",
    "m-long",
    "constructor",
    "__proto__",
    "",
    "a/b",
    "12345678",
    "0831701234",
    "7",
  ],
  merchant_name: [
    "Gym",
    "  Gym  ",
    "ß",
    "",
    " ",
    "\u0301",
    "A name that is too long",
    "Gym\t",
    "日本",
    "\u00a0",
    "×",
  ],
  customer_id: ["c1", "c1", "c2", "", "c 1"],
  bsb: ["083-170", "083170", "083-17", "083--170", "083 170", "٠٨٣-170", "", "083-170\n", "0831700"],
  account_number: [
    "12345678",
    "00-1234",
    "m1",
    "m-gym",
    "000-000",
    "-",
    "",
    "1234567890",
    "12-345-6789",
    "1-2-3-4-5-6",
    "12 34",
    "１２３",
  ],
  account_title: [
    "Zoë",
    "NGUYEN. Thi",
    "m1",
    "",
    "  ",
    "a".repeat(40),
    `${"a".repeat(31)} b`,
    "a<b",
    "Ünal…",
    "😀",
    "\r",
  ],
  amount_cents: [
    "1",
    "4995",
    "2000000",
    "2000001",
    "0",
    "000",
    "0001",
    "",
    "1e3",
    "-1",
    "1.5",
    "9".repeat(15),
    "9".repeat(16),
  ],
} as const;

const anyRow = fc
  .tuple(
    fc.record(
      Object.fromEntries(
        COLUMNS.map((column) => [column, fc.constantFrom(...(hostile[column] as readonly string[]))]),
      ),
      { requiredKeys: [] },
    ),
    fc.subarray([...COLUMNS], { maxLength: 3 }),
    fc.integer({ min: 0, max: 30 }),
  )
  .map(([over, columns, shape]) => {
    const few = Object.fromEntries(columns.map((column) => [column, over[column] ?? hostile[column][0]]));
    const fields = row({
      mandate_id: over.mandate_id ?? "m1",
      due_date: over.due_date ?? "2026-03-02",
      ...few,
    });
    if (shape === 0) return fields.slice(1);
    return shape === 1 ? [...fields, "extra"] : fields;
  });

/** Line by line what staging makes of a list, before the ledger is asked. */
function asStagingJudges(bytes: Buffer, configured = stream()) {
  const rows = [...readRows(bytes, { header: true })];
  const { segments, totalCents, tellableCents } = planSegments(bytes, configured, BILLING_DATE);
  const refusals = new Map(segments.flatMap((segment) => segment.refusals).map((one) => [one.line, one]));
  const lines = rows.map(({ line, fields }) => {
    const refusal = refusals.get(line);
    if (refusal) return exclusion(line, fields, refusal.reason, configured, { otherLine: refusal.otherLine });
    const shape = judgeShape(fields);
    if (shape) return exclusion(line, fields, "malformed-row", configured, shape);
    const content = judgeContent(fields, configured, BILLING_DATE);
    if ("reason" in content)
      return exclusion(line, fields, content.reason, configured, { field: content.field });
    const { mandateId, dueDate, attempt, merchantId, cents } = content.row;
    return { entry: entryText(content.row), key: { mandateId, dueDate, attempt }, merchantId, cents };
  });
  return { lines, totalCents, tellableCents };
}

function asTheGateJudges(bytes: Buffer, configured = stream()) {
  const table: DueTable = judgeList(bytes, configured, BILLING_DATE);
  let tellableCents = 0;
  const lines = Array.from({ length: table.rows }, (_, index) => {
    const line = index + 1;
    const cents = table.cents[line] ?? 0;
    tellableCents += cents;
    const own = table.ownExclusion(line);
    if (!own)
      return { entry: table.entry(line), key: table.key(line), merchantId: table.merchantId(line), cents };
    const names = { mandateId: table.mandateId(line), dueDate: table.dueDate(line) };
    return { line, cents, ...(table.nameable[line] === 1 && names), ...own };
  });
  return { lines, totalCents: table.manifestCents, tellableCents };
}

describe("gate and staging judge a due list", () => {
  it("the same, row by row, whatever its fields hold", () => {
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 12 }), (list) => {
        const bytes = csv(list);
        expect(asTheGateJudges(bytes)).toEqual(asStagingJudges(bytes));
      }),
      { numRuns: 500, seed: 20260302 },
    );
  });

  it("the same for every hostile value of every column", () => {
    const list = COLUMNS.flatMap((column) =>
      (hostile[column] as readonly string[]).map((value, index) =>
        row({ mandate_id: `${column}-${index}`, [column]: value }),
      ),
    );
    const bytes = csv(list);
    const judged = asTheGateJudges(bytes);
    expect(judged).toEqual(asStagingJudges(bytes));
    const reasons = new Set(judged.lines.flatMap((line) => ("reason" in line ? [line.reason] : [])));
    expect([...reasons].sort()).toEqual([
      "amount-over-limit",
      "bad-account",
      "bad-amount",
      "bad-attempt",
      "bad-bsb",
      "bad-due-date",
      "bad-remitter",
      "bad-title",
      "duplicate-in-list",
      "malformed-row",
      "outside-window",
      "remitter-too-long",
    ]);
  });

  it("the same for rows that repeat and crowd one another", () => {
    const dates = ["2026-03-02", "2026-02-27", "2026-02-25", "2026-02-20", "2026-02-10"];
    const crowd = fc
      .tuple(fc.constantFrom("m1", "m2"), fc.constantFrom(...dates), fc.constantFrom("1", "2"), fc.boolean())
      .map(([mandate_id, due_date, attempt, quoted]) => ({
        fields: row({ mandate_id, due_date, attempt }),
        quoted,
      }));
    fc.assert(
      fc.property(fc.array(crowd, { maxLength: 10 }), fc.integer({ min: 0, max: 12 }), (list, minDays) => {
        // The same fields with and without quotes are the same row.
        const lines = list.map(({ fields, quoted }) =>
          fields.map((field) => (quoted ? `"${field}"` : field)).join(","),
        );
        const bytes = Buffer.from([HEADER, ...lines].join("\r\n"));
        const configured = stream({ minDaysBetweenInstalments: minDays });
        expect(asTheGateJudges(bytes, configured)).toEqual(asStagingJudges(bytes, configured));
      }),
      { numRuns: 300, seed: 20260302 },
    );
  });
});
