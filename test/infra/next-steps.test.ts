import { describe, expect, it } from "vitest";
import { nextSteps } from "../../infra/ops/next-steps.ts";

const steps = (name: string, stage?: string, message?: string) =>
  nextSteps(name, "au-cba-2026-03-02-02", "au-cba", stage, message).commands;

describe("what to do next", () => {
  it("points at the batch that is in the way, before the one that waits", () => {
    const message =
      "batch au-cba-2026-03-02-01 has held the lock of stream au-cba since 2026-03-01T20:00:00.000Z";
    const [first, ...others] = steps("LockHeld", undefined, message);
    expect(first).toContain("show au-cba-2026-03-02-01");
    expect(others.at(-1)).toContain("redrive au-cba-2026-03-02-02");
  });

  it("acts on the stage where the batch is, in every command", () => {
    for (const name of ["LockHeld", "GateFailed", "CutOffPassed", "StreamPaused", "SomethingElse"]) {
      expect(steps(name, "prod").length).toBeGreaterThan(0);
      expect(steps(name, "prod").filter((command) => !command.endsWith(" --stage prod"))).toEqual([]);
      expect(steps(name).filter((command) => command.includes("--stage"))).toEqual([]);
    }
  });

  it("offers no redrive of a batch that is closed", () => {
    expect(steps("BatchClosed").filter((command) => /redrive|abandon/.test(command))).toEqual([]);
  });

  it("offers to accept what failed where only suspicions did, and nothing of the kind where a proof did", () => {
    const failed = (names: string) =>
      `2 of 25 checks of batch au-cba-2026-03-02-02 failed: ${names}; see r.json`;
    const offered = steps("GateFailed", "prod", failed("growth, same-debit (3)"));
    for (const check of ["growth", "same-debit"]) {
      expect(offered).toContain(
        `npm run ops -- propose accept-suspicion au-cba-2026-03-02-02 ${check} --reason "…" --yes --stage prod`,
      );
    }
    expect(offered.filter((command) => command.includes("ops -- approve"))).toHaveLength(2);
    for (const message of [failed("growth, claims (1)"), failed("claims"), "", "something else"]) {
      const commands = steps("GateFailed", undefined, message);
      expect(commands.length).toBeGreaterThan(0);
      expect(commands.filter((command) => /propose|approve|redrive/.test(command))).toEqual([]);
    }
  });
});
