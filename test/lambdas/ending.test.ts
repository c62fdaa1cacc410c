import { describe, expect, it } from "vitest";
import { proveEnding } from "../../lambdas/billing-batch/close-batch/ending.ts";
import { SumNotProven } from "../../lambdas/domain/faults.ts";
import { fileItem, segmentItem } from "../builders.ts";

const AT = "2026-10-06T00:00:00.000Z";
const sums = (staged: number, excluded: number) => ({
  ...segmentItem("au-cba-2026-10-06-01", [1]),
  staged: { count: staged, cents: 200 },
  excluded: { count: excluded, cents: 0 },
});

describe("the sum of a batch", () => {
  it("is proven row by row and cent by cent", () => {
    const file = fileItem({ state: "SUBMITTED", debits: 1, cents: 200 });
    expect(proveEnding({ count: 2, cents: 200 }, [sums(1, 1)], [file], AT)).toMatchObject({
      submitted: { count: 1, cents: 200 },
      excluded: { count: 1 },
    });
  });

  it("is not proven where what was staged and excluded is not what was due, though the files make up for it", () => {
    const file = fileItem({ state: "SUBMITTED", debits: 1, cents: 200 });
    expect(() => proveEnding({ count: 2, cents: 200 }, [sums(2, 1)], [file], AT)).toThrow(SumNotProven);
  });
});
