import { describe, expect, it } from "vitest";
import { merchants } from "../../lambdas/domain/report-sums.ts";

describe("the table of merchants", () => {
  it("says of a merchant without an id that there is none, so that no cell of a row is empty", () => {
    const sum = { count: 1, cents: 100 };
    const none = { count: 0, cents: 0 };
    const page = merchants([{ merchantId: "", due: sum, excluded: none, inFiles: sum }]);
    expect(page).toContain(">(none)</");
    expect(merchants([{ merchantId: "gym", due: sum, excluded: none, inFiles: sum }])).not.toContain(
      "(none)",
    );
  });
});
