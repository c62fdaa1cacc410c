import { describe, expect, it } from "vitest";
import type { BatchResult } from "../../infra/local/batch-result.ts";
import { resultText } from "../../infra/local/result-text.ts";
import { nextSteps } from "../../infra/ops/next-steps.ts";
import type { Check } from "../../lambdas/domain/report.ts";

const ID = "au-cba-2026-03-02-01";

const GROWTH: Check = {
  name: "growth",
  kind: "suspicion",
  passed: false,
  expected: "at most 3 × the median",
  found: "10 debits, $103.15",
  note: "more than 3 debits",
};

const resultOf = (checks: readonly Check[], over: Partial<BatchResult> = {}): BatchResult => ({
  batchId: ID,
  status: "CLOSED",
  due: { count: 1, cents: 100 },
  staged: { count: 1, cents: 100 },
  excluded: { count: 0, byReason: {} },
  bankFiles: [],
  gate: { verdict: "PASSED", checks },
  ...over,
});

/** The lines under "gate:". */
const gateLines = (checks: readonly Check[]) => {
  const block = resultText(resultOf(checks))
    .split("\n\n")
    .find((one) => one.startsWith("gate: "));
  return block?.trimEnd().split("\n").slice(1);
};

describe("the result of a run in words", () => {
  it("shows each check as passed, not judged, accepted by whom and why, or failed", () => {
    const accepted = {
      check: "growth",
      proposal: `${ID}.0`,
      proposedBy: "anna",
      approvedBy: "ben",
      reason: "a merchant has joined",
      at: "2026-03-01T20:30:00.000Z",
    };
    const { note: _, ...bare } = GROWTH;
    expect(
      gateLines([
        { ...bare, passed: true },
        { ...GROWTH, passed: true, judged: false, note: "not judged: too few batches" },
        { ...GROWTH, accepted },
        GROWTH,
        { ...GROWTH, judged: false },
      ]),
    ).toEqual([
      "  ok    growth",
      "  --    growth  (not judged: too few batches)",
      "  acc.  growth (suspicion): expected at most 3 × the median, found 10 debits, $103.15 (more than 3 debits); " +
        "proposed by anna, approved by ben: a merchant has joined",
      "  FAIL  growth (suspicion): expected at most 3 × the median, found 10 debits, $103.15 (more than 3 debits)",
      "  FAIL  growth (suspicion): expected at most 3 × the median, found 10 debits, $103.15 (more than 3 debits)",
    ]);
  });

  it("lets no reason of a person steer the terminal", () => {
    const people = { check: "growth", proposal: "p", proposedBy: "a", approvedBy: "b", at: "" };
    const [line] =
      gateLines([{ ...GROWTH, accepted: { ...people, reason: "\u001b[2Jx\u202Ey\n  ok" } }]) ?? [];
    expect(line).toContain("a, approved by b: [U+001B][2Jx[U+202E]y[U+000A]  ok");
  });

  it("counts a file that the bank alone says it has, and says whose bytes are shown", () => {
    const file = {
      path: "p/01.aba",
      sha256: "1".repeat(64),
      debits: 2,
      cents: 2005,
      state: "SUBMITTED",
    } as const;
    const bankFiles = [
      { ...file, from: "outbound" } as const,
      { ...file, path: "p/02.aba", from: "bank-files" } as const,
    ];
    const lines = resultText(resultOf([], { bankFiles })).split("\n");
    expect(lines.find((line) => line.startsWith("debits"))).toMatch(/ 4$/);
    expect(lines.find((line) => line.startsWith("amount"))).toMatch(/ \$40\.10$/);
    const [sent, stated] = lines.filter((line) => line.startsWith("bank file "));
    expect(sent).toMatch(/SHA-256 1{16}…$/);
    expect(stated).toContain("SUBMITTED by the bank's own statement; these are the frozen bytes");
  });

  it("tells two people how to accept what has stopped the gate", () => {
    const message = `1 of 25 checks of batch ${ID} failed: suspicion growth; see ${ID}/report-001.json`;
    const { text, commands } = nextSteps("GateFailed", ID, "au-cba", undefined, message);
    const failed = resultOf([GROWTH], {
      status: "FAILED",
      failedState: "Reconcile",
      error: { name: "GateFailed", message, advice: text, next: commands },
    });
    expect(resultText(failed)).toContain(`propose accept-suspicion ${ID} growth --reason`);
    expect(resultText(failed)).toContain("next: Nothing was sent.");
  });
});
