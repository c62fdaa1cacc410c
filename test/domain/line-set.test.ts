import { describe, expect, it } from "vitest";
import { encodeLines, hasLine } from "../../lambdas/domain/line-set.ts";
import { released } from "../../lambdas/domain/release.ts";
import { batchItem, claim, fileItem, segmentItem } from "../builders.ts";

describe("a set of lines", () => {
  it("holds lines of its own segment alone, and names another one", () => {
    for (const line of [4, 8]) {
      expect(() => encodeLines(5, 3, [line])).toThrow(new RangeError(`line ${line} is not in this segment`));
    }
    const all = encodeLines(5, 3, [5, 7]);
    expect([4, 5, 6, 7, 8].map((line) => hasLine(all, 5, 3, line))).toEqual([
      false,
      true,
      false,
      true,
      false,
    ]);
  });
});

describe("a set of lines that has lost bytes", () => {
  const whole = encodeLines(1, 12, [10]);
  const damaged: readonly (readonly [string, string])[] = [
    ["nothing", ""],
    ["the last byte missing", Buffer.from(whole, "base64").subarray(0, 1).toString("base64")],
    ["a byte too many", Buffer.concat([Buffer.from(whole, "base64"), Buffer.of(0)]).toString("base64")],
    ["no base64", "!"],
  ];

  it.each(damaged)("says nothing of any line: %s", (_, encoded) => {
    expect(hasLine(whole, 1, 12, 10)).toBe(true);
    expect(hasLine(whole, 1, 12, 9)).toBe(false);
    expect(hasLine(encoded, 1, 12, 10)).toBeUndefined();
    expect(hasLine(encoded, 1, 12, 9)).toBeUndefined();
    expect(hasLine(encoded, 1, 12, 13)).toBe(false);
  });

  it.each(damaged)("releases no claim: the debit may be with the bank: %s", (_, stagedLines) => {
    const batch = batchItem({ state: "CLOSED" });
    const facts = { batch, files: [fileItem({ state: "SUBMITTED", firstLine: 10, lastLine: 10 })] };
    const segment = segmentItem(batch.id, [10], { rows: 12 });
    for (const line of [9, 10]) {
      const held = released(claim({ line }), { ...facts, segment: { ...segment, stagedLines } });
      expect(held, `line ${line}`).toBeUndefined();
    }
    expect(released(claim({ line: 9 }), { ...facts, segment })).toBe("in-no-file");
  });
});
