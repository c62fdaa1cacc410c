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

  it("offers two people the suspicions that stopped a gate, and nobody a proof", () => {
    const id = "au-cba-2026-03-02-02";
    const failed = (names: string) =>
      `2 of 25 checks of batch ${id} failed: ${names}; see ${id}/report-001.json`;
    expect(steps("GateFailed", "prod", failed("suspicion growth, suspicion same-debit (3)"))).toEqual([
      `npm run ops -- show ${id} --stage prod`,
      `npm run ops -- propose accept-suspicion ${id} growth --reason "…" --yes --stage prod`,
      `npm run ops -- propose accept-suspicion ${id} same-debit --reason "…" --yes --stage prod`,
      "npm run ops -- approve <the id that propose printed> --yes --stage prod",
      `npm run ops -- redrive ${id} --reason "…" --yes --stage prod`,
      `npm run ops -- abandon ${id} --reason "…" --yes --stage prod`,
    ]);
    const local = steps("GateFailed", undefined, failed("suspicion growth"));
    expect(local[1]).toContain(`propose accept-suspicion ${id} growth --reason "…" --as <one person> --yes`);
    expect(local[2]).toContain(" --as <another> --yes");
    for (const names of ["claims (1), suspicion growth", "totals", ""]) {
      const offered = steps("GateFailed", undefined, names === "" ? "" : failed(names));
      expect(offered.filter((command) => /propose|approve|redrive/.test(command))).toEqual([]);
      expect(offered.at(-1)).toContain(`abandon ${id}`);
    }
    const { text } = nextSteps("GateFailed", id, "au-cba");
    expect(text).toContain("A failed suspicion can be accepted by two people, a failed proof by nobody");
  });

  it("offers to continue where a redrive cannot help, and beside it where it may not", () => {
    const goOn = 'npm run ops -- continue au-cba-2026-03-02-02 --reason "…" --yes';
    expect(steps("ExecutionNotRedrivable")).toEqual([expect.stringContaining("show"), goOn]);
    expect(steps("TypeError", "prod")).toContain(`${goOn} --stage prod`);
    expect(steps("ExecutionNotEnded")).toEqual([expect.stringContaining("show")]);
  });

  it("offers two people to resolve the file that is in doubt, and nobody to send it", () => {
    const id = "au-cba-2026-03-02-02";
    const message = `file 02 of batch ${id} may or may not be with the bank: its intent stands`;
    const commands = steps("SubmissionUnknown", "prod", message);
    expect(commands).toEqual([
      `npm run ops -- show ${id} --stage prod`,
      `npm run ops -- redrive ${id} --reason "…" --yes --stage prod`,
      `npm run ops -- resolve ${id} 02 <--submitted|--rejected> --evidence <file> --reference "…" --channel <channel> --stated-at <instant> --reason "…" --yes --stage prod`,
      "npm run ops -- approve <the id that resolve printed> --yes --stage prod",
      `npm run ops -- redrive ${id} --reason "…" --yes --stage prod`,
    ]);
    const local = steps("SubmissionUnknown");
    expect(local[2]).toMatch(/ resolve \S+ <nn> .* --as <one person> --yes$/);
    expect(local[3]).toContain(" --as <another> --yes");
  });

  it("offers no redrive of a batch that is closed", () => {
    expect(steps("BatchClosed").filter((command) => /redrive|abandon/.test(command))).toEqual([]);
  });
});
