import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeLines, hasLine } from "../../lambdas/domain/line-set.ts";
import type { BatchItem, FileStateName } from "../../lambdas/domain/records.ts";
import { released } from "../../lambdas/domain/release.ts";
import { batchItem, claim, FILE_STATES, fileItem, segmentItem } from "../builders.ts";

const BATCH = batchItem();
const BATCHES: readonly (BatchItem | undefined)[] = [
  undefined,
  ...(["OPEN", "CLOSED", "ABANDONED"] as const).map((state) => ({ ...BATCH, state })),
  { ...BATCH, id: `${BATCH.id.slice(0, -1)}2`, state: "ABANDONED" },
];

/** Rule 8 as a sentence per release; everything else holds the claim. */
function expected(
  batch: BatchItem | undefined,
  segment: "none" | "staged" | "not staged",
  file: FileStateName | "none",
): string | undefined {
  if (batch?.id !== BATCH.id) return undefined;
  if (batch.state === "ABANDONED") return "batch-abandoned";
  if (batch.state === "OPEN" || segment === "none") return undefined;
  if (segment === "not staged") return "in-no-file";
  return { WITHDRAWN: "file-withdrawn", REJECTED: "file-rejected" }[file as "WITHDRAWN" | "REJECTED"];
}

describe("a claim", () => {
  it("is released by rule 8 and held in every other case, over every batch, segment and file", () => {
    let cases = 0;
    for (const batch of BATCHES) {
      for (const segment of ["none", "staged", "not staged"] as const) {
        for (const file of ["none", ...FILE_STATES] as const) {
          const facts = {
            batch,
            segment:
              segment === "none" ? undefined : segmentItem(BATCH.id, segment === "staged" ? [1, 2] : [2]),
            files: file === "none" ? [] : [fileItem({ state: file, firstLine: 1, lastLine: 2 })],
          };
          const found = released(claim({ line: 1 }), facts);
          expect(found, `${batch?.id} ${batch?.state}, ${segment}, ${file}`).toBe(
            expected(batch, segment, file),
          );
          cases += 1;
        }
      }
    }
    expect(cases).toBe(5 * 3 * 9);
  });

  it("is judged by the one file that carries its line", () => {
    const files = [
      fileItem({ number: 1, firstLine: 1, lastLine: 3, state: "SUBMITTED" }),
      fileItem({ number: 2, firstLine: 4, lastLine: 6, state: "WITHDRAWN" }),
      fileItem({ number: 3, firstLine: 8, lastLine: 8, state: "REJECTED" }),
    ];
    const lines = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const segment = segmentItem(BATCH.id, lines, { rows: 9 });
    const facts = { batch: { ...BATCH, state: "CLOSED" as const }, files, segment };
    const found = lines.map((line) => released(claim({ line }), facts) ?? "held");
    expect(found.join(", ")).toBe(
      "held, held, held, file-withdrawn, file-withdrawn, file-withdrawn, held, file-rejected, held",
    );
  });

  it("of a staged row is held where its file's record is missing: a record that was lost releases nothing", () => {
    const segment = segmentItem(BATCH.id, [1, 2]);
    const facts = { batch: { ...BATCH, state: "CLOSED" as const }, files: [], segment };
    expect(released(claim({ line: 1 }), facts)).toBeUndefined();
  });

  it("that names a segment in which its line is not is held", () => {
    const facts = {
      batch: { ...BATCH, state: "CLOSED" as const },
      files: [],
      segment: segmentItem(BATCH.id, []),
    };
    expect([0, 3].map((line) => released(claim({ line }), facts))).toEqual([undefined, undefined]);
    expect(released(claim({ line: 2 }), facts)).toBe("in-no-file");
  });

  it("of a row that a zombie claimed after the segment was stored without it is in no file, between the files' lines too", () => {
    const files = [fileItem({ firstLine: 1, lastLine: 3, state: "SUBMITTED" })];
    const segment = segmentItem(BATCH.id, [1, 3], { rows: 3 });
    const facts = { batch: { ...BATCH, state: "CLOSED" as const }, files, segment };
    expect(released(claim({ line: 2 }), facts)).toBe("in-no-file");
    expect(released(claim({ line: 1 }), facts)).toBeUndefined();
  });
});

describe("a set of lines", () => {
  it("holds exactly the lines that were put into it", () => {
    const sets = fc
      .record({
        firstLine: fc.integer({ min: 1, max: 1e9 }),
        bits: fc.array(fc.boolean(), { maxLength: 70 }),
      })
      .map(({ firstLine, bits }) => ({
        firstLine,
        rows: bits.length,
        offsets: bits.flatMap((isIn, offset) => (isIn ? [offset] : [])),
      }));
    fc.assert(
      fc.property(sets, ({ firstLine, rows, offsets }) => {
        const text = encodeLines(
          firstLine,
          rows,
          offsets.map((offset) => firstLine + offset),
        );
        const found: number[] = [];
        for (let at = -9; at < rows + 9; at += 1)
          if (hasLine(text, firstLine, rows, firstLine + at)) found.push(at);
        expect(found).toEqual(offsets);
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  it("refuses a line that is not in its segment", () => {
    for (const line of [4, 14]) expect(() => encodeLines(5, 9, [line])).toThrow(RangeError);
    expect(hasLine(encodeLines(5, 9, [5, 13]), 5, 9, 13)).toBe(true);
  });

  it("is one bit per row", () => {
    expect(encodeLines(1, 1000, [1, 8, 1000])).toHaveLength(168);
    expect(encodeLines(1, 8, [1, 8])).toBe(Buffer.from([0b1000_0001]).toString("base64"));
  });
});
