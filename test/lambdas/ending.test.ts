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
    // The right number of rows, and a cent too many staged, which no file carries.
    const dear = { ...sums(1, 1), staged: { count: 1, cents: 201 } };
    expect(() => proveEnding({ count: 2, cents: 200 }, [dear], [file], AT)).toThrow(
      new SumNotProven("due are 2 rows with 200 cents; staged and excluded are 2 with 201"),
    );
  });

  it("that is not proven is told with both figures", () => {
    const file = fileItem({ state: "SUBMITTED", debits: 1, cents: 199 });
    expect(() => proveEnding({ count: 2, cents: 200 }, [sums(1, 1)], [file], AT)).toThrow(
      new SumNotProven(
        "due are 2 rows with 200 cents; excluded, submitted, withdrawn and rejected are 2 with 199",
      ),
    );
  });

  it("of a usual ending has no note at all", () => {
    const file = fileItem({ state: "SUBMITTED", debits: 1, cents: 200 });
    expect(proveEnding({ count: 2, cents: 200 }, [sums(1, 1)], [file], AT)).not.toHaveProperty("note");
  });
});
