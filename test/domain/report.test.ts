import { describe, expect, test } from "vitest";
import { type Check, isAcceptable, isStopping } from "../../lambdas/domain/report.ts";

const check = (over: Partial<Check>): Check => ({
  name: "growth",
  kind: "suspicion",
  passed: false,
  expected: "0",
  found: "1",
  ...over,
});
const accepted = { by: "ann", approvedBy: "bob", reason: "why", at: "" } as unknown as NonNullable<
  Check["accepted"]
>;

describe("a check of the gate", () => {
  test.each<[Partial<Check>, stops: boolean, mayBeAccepted: boolean]>([
    [{ kind: "proof" }, true, false],
    [{ kind: "proof", accepted }, true, false],
    [{ kind: "proof", passed: true }, false, false],
    [{}, true, true],
    [{ judged: false }, true, false],
    [{ accepted }, false, true],
    [{ passed: true }, false, false],
    [{ passed: true, judged: false }, false, false],
  ])("%j: whether it stops, and whether people may accept it", (over, stops, mayBeAccepted) => {
    expect([isStopping(check(over)), isAcceptable(check(over))]).toEqual([stops, mayBeAccepted]);
  });
});
