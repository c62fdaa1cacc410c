import { describe, expect, it } from "vitest";
import { GrowingLines, LINE_BYTES } from "../../lambdas/domain/bank-file-writer-lines.ts";

const TEMPLATE = Buffer.alloc(LINE_BYTES, "x");
/** As many lines as are laid at once. */
const BLOCK = 256;

/** The lines that a buffer has room for, after so many have been written into it. */
function roomAfter(written: number, { most = 1_000_001, expected = 0 } = {}): number {
  const lines = new GrowingLines(TEMPLATE, most, expected);
  for (let i = 0; i < written; i++) {
    lines.begin();
    lines.keep();
  }
  expect(lines.kept(true).equals(Buffer.alloc(written * LINE_BYTES, "x"))).toBe(true);
  return lines.bytes.length / LINE_BYTES;
}

describe("the buffer of a file", () => {
  it("has room for the lines that are expected and a block, and does not grow while they last", () => {
    expect(roomAfter(512, { expected: 256 })).toBe(256 + BLOCK);
    expect(roomAfter(1, { expected: 5000 })).toBe(5000 + BLOCK);
  });

  it("doubles while it is small", () => {
    expect(roomAfter(300)).toBe(2 * BLOCK);
  });

  it("is that of the largest file where doubling would pass 4 MiB, and holds all lines of such a file", () => {
    expect(roomAfter(34_000, { most: 34_000 })).toBe(34_000 + BLOCK);
  });
});
