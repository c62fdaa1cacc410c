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
});
