import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CalendarDate, calendarDate, daysBetween } from "../../lambdas/domain/calendar-date.ts";
import { DueListFault } from "../../lambdas/domain/due-list.ts";
import { judgeContent, judgeShape } from "../../lambdas/domain/due-row.ts";
import type { Column } from "../../lambdas/domain/exclusion.ts";
import type { ListRefusal } from "../../lambdas/domain/list-refusals.ts";
import { decodeSegment, encodePlan, type PlannedSegment, planSegments } from "../../lambdas/domain/plan.ts";
import { aStream, BILLING_DATE, bytesOf, fieldsOf, listOf } from "./due-list-builders.ts";

type Changes = Partial<Record<Column, string>>;

const plan = (rows: readonly (readonly string[])[], stream = aStream()) =>
  planSegments(listOf(rows), stream, BILLING_DATE);

const refusals = (rows: Changes[], stream = aStream()): ListRefusal[] =>
  plan(
    rows.map((changes) => fieldsOf(changes)),
    stream,
  ).segments.flatMap((segment) => segment.refusals);

describe("segments", () => {
  test("hold as many rows as the stream says, the last one the rest, and cover the list in order", () => {
    const rows = Array.from({ length: 7 }, (_, index) => fieldsOf({ mandate_id: `M-${index}` }));
    const bytes = listOf(rows);
    const { count, totalCents, segments } = planSegments(bytes, aStream({ segmentRows: 3 }), BILLING_DATE);
    expect([count, totalCents]).toEqual([7, 7 * 4990]);
    expect(segments.map(({ segment, firstLine, rows }) => [segment, firstLine, rows])).toEqual([
      [1, 1, 3],
      [2, 4, 3],
      [3, 7, 1],
    ]);
    expect(segments[0]?.from).toBe(listOf([]).length);
    expect(segments.slice(1).map(({ from }) => from)).toEqual(segments.slice(0, -1).map(({ to }) => to));
    expect(segments.at(-1)?.to).toBe(bytes.length);
  });

  test("are none for a list without rows", () => {
    expect(plan([])).toEqual({ count: 0, totalCents: 0, tellableCents: 0, segments: [] });
  });

  test("are one for exactly as many rows as one holds", () => {
    const rows = [fieldsOf({ mandate_id: "A" }), fieldsOf({ mandate_id: "B" })];
    expect(plan(rows, aStream({ segmentRows: 2 })).segments).toHaveLength(1);
  });
});

describe("the total", () => {
  test("counts every row, and cents of ten-field rows alone, excluded or not", () => {
    const rows = [
      fieldsOf({ amount_cents: "100" }),
      fieldsOf({ amount_cents: "100" }),
      fieldsOf({ mandate_id: "", amount_cents: "20" }),
      fieldsOf({ amount_cents: "1.50" }),
      [...fieldsOf({ amount_cents: "5" }), "5"],
      fieldsOf({ amount_cents: "3" }).slice(1),
    ];
    expect(plan(rows)).toMatchObject({ count: 6, totalCents: 220, tellableCents: 200 });
  });

  test("is exact up to 2^53 - 1 cents and refused above, naming the line", () => {
    const most = Array.from({ length: 9 }, () => "999999999999999");
    const rest = String(2n ** 53n - 1n - 9n * 999_999_999_999_999n);
    const rows = [...most, rest].map((amount_cents, index) =>
      fieldsOf({ mandate_id: `M-${index}`, amount_cents }),
    );
    expect(plan(rows).totalCents).toBe(Number.MAX_SAFE_INTEGER);
    const beyond = [
      ...rows,
      fieldsOf({ mandate_id: "M-x", amount_cents: "0" }),
      fieldsOf({ amount_cents: "1" }),
    ];
    expect(() => plan(beyond)).toThrow(DueListFault);
    expect(() => plan(beyond)).toThrow(/^due list, line 12: the total exceeds 2\^53 - 1 cents$/);
  });
});

describe("rows that repeat a mandate and a due date", () => {
  test("leave the first when they are equal in every column", () => {
    expect(refusals([{}, { mandate_id: "M-2" }, {}, {}])).toEqual([
      { line: 3, reason: "duplicate-in-list", otherLine: 1 },
      { line: 4, reason: "duplicate-in-list", otherLine: 1 },
    ]);
  });

  test.each([
    "attempt",
    "merchant_id",
    "merchant_name",
    "customer_id",
    "account_title",
    "amount_cents",
  ] as const)("are all refused when they differ in %s alone", (column) => {
    expect(refusals([{}, { [column]: "7" }])).toEqual([
      { line: 1, reason: "conflicting-in-list", otherLine: 2 },
      { line: 2, reason: "conflicting-in-list", otherLine: 1 },
    ]);
  });

  test("are all refused when two are equal and one is not, wherever it stands", () => {
    const other = { amount_cents: "5000" };
    for (const rows of [
      [other, {}, {}],
      [{}, other, {}],
      [{}, {}, other],
    ]) {
      expect(refusals(rows).map(({ line, reason }) => [line, reason])).toEqual([
        [1, "conflicting-in-list"],
        [2, "conflicting-in-list"],
        [3, "conflicting-in-list"],
      ]);
    }
  });

  test("are judged before their content, as long as their shape is good", () => {
    const bad = { due_date: "never", bsb: "x", amount_cents: "" };
    expect(
      refusals([bad, bad, { ...bad, bsb: "y", mandate_id: "M-2" }, { ...bad, mandate_id: "M-2" }]),
    ).toEqual([
      { line: 2, reason: "duplicate-in-list", otherLine: 1 },
      { line: 3, reason: "conflicting-in-list", otherLine: 4 },
      { line: 4, reason: "conflicting-in-list", otherLine: 3 },
    ]);
    expect(refusals([{ customer_id: "" }, { customer_id: "" }, {}])).toEqual([]);
  });

  test("are compared as written: the same bytes quoted or not, but not the same BSB written otherwise", () => {
    const row = fieldsOf({ account_title: "Zoe" });
    const header = new TextDecoder().decode(listOf([]));
    const list = bytesOf(`${header}${row.join(",")}\n${row.map((field) => `"${field}"`).join(",")}\r\n`);
    const [segment] = planSegments(list, aStream(), BILLING_DATE).segments;
    expect(segment?.refusals).toEqual([{ line: 2, reason: "duplicate-in-list", otherLine: 1 }]);
    expect(refusals([{ bsb: "062-000" }, { bsb: "062000" }])).toMatchObject([
      { reason: "conflicting-in-list" },
      { reason: "conflicting-in-list" },
    ]);
    expect(refusals([{ account_title: "Zo\u00eb" }, { account_title: "Zoe\u0308" }])).toHaveLength(2);
    expect(refusals([{ due_date: "2026-03-02" }, { due_date: "2026-03-02 " }])).toEqual([]);
  });

  test("are found across segments, and each refusal lies with its own segment", () => {
    const rows = [{}, { mandate_id: "M-2" }, { mandate_id: "M-3" }, {}].map((changes) => fieldsOf(changes));
    const { segments } = plan(rows, aStream({ segmentRows: 1 }));
    expect(segments.map((segment) => segment.refusals.length)).toEqual([0, 0, 0, 1]);
    expect(segments[3]?.refusals).toEqual([{ line: 4, reason: "duplicate-in-list", otherLine: 1 }]);
  });

  test("are never those of two mandates whose hashes are the same", () => {
    expect(refusals([{ mandate_id: "M-9779" }, { mandate_id: "M-22006", due_date: "2026-03-01" }])).toEqual(
      [],
    );
    expect(refusals([{ mandate_id: "M-9779" }, { mandate_id: "M-22006" }, { mandate_id: "M-9779" }])).toEqual(
      [{ line: 3, reason: "duplicate-in-list", otherLine: 1 }],
    );
  });
});

describe("rows of one mandate with due dates too close together", () => {
  const on = (day: string, changes: Changes = {}): Changes => ({ due_date: `2026-02-${day}`, ...changes });

  test("are all refused, each with the nearest other one, the lower line on a tie", () => {
    expect(refusals([on("14"), on("10"), on("12"), on("28")])).toEqual([
      { line: 1, reason: "too-near", otherLine: 3 },
      { line: 2, reason: "too-near", otherLine: 3 },
      { line: 3, reason: "too-near", otherLine: 1 },
    ]);
  });

  test("are refused with the nearer one, though a row further away has a lower line", () => {
    expect(refusals([on("10"), on("13"), on("14")]).map(({ otherLine }) => otherLine)).toEqual([2, 3, 2]);
  });

  test("are those fewer than the stream's days apart", () => {
    expect(refusals([on("10"), on("15")])).toEqual([]);
    expect(refusals([on("10"), on("14")])).toHaveLength(2);
    expect(refusals([on("10"), on("15")], aStream({ minDaysBetweenInstalments: 6 }))).toHaveLength(2);
    expect(refusals([{ due_date: "2026-02-28" }, { due_date: "2026-03-01" }])).toHaveLength(2);
  });

  test("are not crowded by a row that is excluded for its content or as a conflict", () => {
    expect(refusals([on("10"), on("12", { bsb: "x" })])).toEqual([]);
    expect(refusals([on("10"), on("12"), on("12", { attempt: "2" })])).toMatchObject([
      { line: 2, reason: "conflicting-in-list" },
      { line: 3, reason: "conflicting-in-list" },
    ]);
    expect(refusals([{ due_date: "2026-01-28" }, { due_date: "2026-01-30" }])).toEqual([]);
  });

  test("are crowded by the one that stays of several equal rows", () => {
    expect(refusals([on("10"), on("12"), on("12")])).toEqual([
      { line: 1, reason: "too-near", otherLine: 2 },
      { line: 2, reason: "too-near", otherLine: 1 },
      { line: 3, reason: "duplicate-in-list", otherLine: 2 },
    ]);
  });

  test("are not those of different mandates", () => {
    expect(refusals([on("10"), on("12", { mandate_id: "M-2" })])).toEqual([]);
  });
});

/** The rules once more, each row against all others, without a thought of speed. */
function oracle(rows: readonly string[][], minDays: number): ListRefusal[] {
  const stream = aStream({ minDaysBetweenInstalments: minDays });
  const all = rows.map((fields, index) => ({ fields, line: index + 1 }));
  const shaped = all.filter(({ fields }) => !judgeShape(fields));
  const mates = (row: (typeof all)[number]) =>
    shaped.filter(({ fields }) => fields[0] === row.fields[0] && fields[1] === row.fields[1]);
  const equal = (a: string[], b: string[]) => JSON.stringify(a) === JSON.stringify(b);
  const found: ListRefusal[] = [];
  const survivors: typeof all = [];
  for (const row of shaped) {
    const group = mates(row);
    const first = group[0] as typeof row;
    const otherLine = row === first ? (group[1]?.line ?? 0) : first.line;
    if (group.some(({ fields }) => !equal(fields, row.fields))) {
      found.push({ line: row.line, reason: "conflicting-in-list", otherLine });
    } else if (row !== first) found.push({ line: row.line, reason: "duplicate-in-list", otherLine });
    else if ("row" in judgeContent(row.fields, stream, BILLING_DATE)) survivors.push(row);
  }
  const date = ({ fields }: { fields: string[] }) => fields[1] as CalendarDate;
  for (const row of survivors) {
    const near = survivors
      .filter((other) => other !== row && other.fields[0] === row.fields[0])
      .map((other) => ({ line: other.line, days: Math.abs(daysBetween(date(row), date(other))) }))
      .filter(({ days }) => days < minDays);
    const least = Math.min(...near.map(({ days }) => days));
    const otherLine = near.find(({ days }) => days === least)?.line;
    if (otherLine) found.push({ line: row.line, reason: "too-near", otherLine });
  }
  return found.sort((a, b) => a.line - b.line);
}

test("any list of few mandates and dates is refused as the rules say, whatever the segments", () => {
  const dates = ["2026-03-02", "2026-03-01", "2026-02-27", "2026-02-25", "2026-02-19", "2026-01-05", "none"];
  const row = fc
    .record({
      mandate_id: fc.constantFrom("M-9779", "M-9779", "M-22006", "bad id"),
      due_date: fc.constantFrom(...dates.map((date) => (date === "none" ? date : calendarDate(date)))),
      amount_cents: fc.constantFrom(...Array<string>(8).fill("100"), "200", "0"),
      bsb: fc.constantFrom(...Array<string>(8).fill("062-000"), "x"),
    })
    .map((changes) => fieldsOf(changes));
  const sizes = fc.record({
    segmentRows: fc.integer({ min: 1, max: 9 }),
    days: fc.integer({ min: 1, max: 12 }),
  });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 14 }), sizes, (rows, { segmentRows, days }) => {
      const { segments } = plan(rows, aStream({ segmentRows, minDaysBetweenInstalments: days }));
      expect(segments.flatMap((segment) => segment.refusals)).toEqual(oracle(rows, days));
      for (const { firstLine, rows: held, refusals } of segments) {
        for (const { line } of refusals) expect(line >= firstLine && line < firstLine + held).toBe(true);
      }
    }),
    { numRuns: 400 },
  );
});

describe("a plan's stored form", () => {
  const { segments } = plan(
    [fieldsOf(), fieldsOf(), fieldsOf({ mandate_id: "M-2" })],
    aStream({ segmentRows: 2 }),
  );

  test("is one line per segment, and reads as it was written", () => {
    const lines = encodePlan(segments).split("\n");
    expect(lines.pop()).toBe("");
    expect(lines.map((line) => decodeSegment(line))).toEqual(segments);
    expect(encodePlan([])).toBe("");
  });

  test("is refused where it is not a segment, without a word of what stands there", () => {
    const good = segments[0] as PlannedSegment;
    const refusal = good.refusals[0] as ListRefusal;
    const wrong = [
      { ...good, segment: 0 },
      { ...good, from: -1 },
      { ...good, to: good.from },
      { ...good, firstLine: 0 },
      { ...good, rows: 0 },
      { ...good, rows: 1.5 },
      { ...good, refusals: "CANARY" },
      { ...good, refusals: [null] },
      { ...good, refusals: [{ ...refusal, line: 0 }] },
      { ...good, refusals: [{ ...refusal, line: 3 }] },
      { ...good, refusals: [{ ...refusal, otherLine: "CANARY" }] },
      { ...good, refusals: [{ ...refusal, reason: "already-claimed" }] },
    ].map((segment) => JSON.stringify(segment));
    expect(decodeSegment(JSON.stringify({ ...good, refusals: [refusal] })).refusals).toEqual([refusal]);
    for (const line of [...wrong, "CANARY", "", "null", "[]", '"CANARY"', '{"segment":1']) {
      expect(() => decodeSegment(line)).toThrow(/^not a segment of a plan$/);
    }
  });
});

test("nothing that a bad list provokes repeats a value of it", () => {
  const canary = "98761234CANARY";
  const header = new TextDecoder().decode(listOf([]));
  const row = fieldsOf({ account_title: canary }).join(",");
  const amounts = Array.from({ length: 11 }, (_, index) =>
    fieldsOf({ mandate_id: `M${index}`, customer_id: canary, amount_cents: "999876123400000" }),
  );
  const lists = [
    bytesOf(`${canary}\n`),
    bytesOf(header.replace("bsb", canary)),
    bytesOf(`${header}"${canary}"${canary},\n`),
    bytesOf(`${header}${row}\n"${canary}`),
    Uint8Array.from([...bytesOf(`${header}${canary},`), 0xff, ...bytesOf(`,"${canary}"\n`)]),
    listOf(amounts),
  ];
  for (const list of lists) {
    let fault: unknown;
    try {
      planSegments(list, aStream(), BILLING_DATE);
    } catch (error) {
      fault = error;
    }
    expect(fault).toBeInstanceOf(DueListFault);
    const { message, rule, cause, stack } = fault as DueListFault;
    expect(JSON.stringify({ message, rule, cause, stack })).not.toMatch(/CANARY|9876/);
  }
  const twice = encodePlan(plan([...amounts.slice(0, 3), ...amounts.slice(1, 3)]).segments);
  expect(twice).toContain("duplicate-in-list");
  expect(twice).not.toMatch(/CANARY|9876/);
});
