import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { FileStateName } from "../../lambdas/domain/records.ts";
import type { BatchView } from "../../lambdas/operations/show-batch/show-batch.ts";
import { fileItem } from "../builders.ts";
import { nextSteps, overrideSteps } from "../../infra/ops/next-steps.ts";

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

  it("of an override that was refused is to look at the overrides of that stage, and never at a batch", () => {
    for (const name of ["ApprovalRefused", "ProposalUnknown", "LedgerBroken", "SomethingElse"]) {
      expect(overrideSteps(name).commands).toEqual(["npm run ops -- show overrides"]);
      expect(overrideSteps(name, "prod").commands).toEqual(["npm run ops -- show overrides --stage prod"]);
    }
    for (const name of ["CallerRefused", "NotAllowed", "RequestMalformed"]) {
      expect(overrideSteps(name)).toEqual(nextSteps(name, "any", "any"));
    }
    expect(overrideSteps("ApprovalRefused").text).toMatch(/^Another person than the proposer/);
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

  const BATCH = "au-cba-2026-03-02-02";
  const viewOf = (states: readonly FileStateName[], lock?: string): BatchView => {
    const none = { count: 0, cents: 0 };
    const since = "2026-03-01T20:00:00.000Z";
    return {
      batchId: BATCH,
      record: {
        id: BATCH,
        version: 2,
        stream: "au-cba",
        billingDate: "2026-03-02",
        number: 2,
        state: "OPEN",
      },
      stream: { fence: 1, epoch: 1, ...(lock && { lock: { batchId: lock, since, abandoning: false } }) },
      files: states.map((state, index) => fileItem({ number: index + 1, state })),
      staged: none,
      excluded: none,
      events: [],
      streamEvents: [],
      inDoubt: [],
      proposals: [],
    };
  };
  const byNow = (name: string, view: BatchView) =>
    nextSteps(name, BATCH, "au-cba", undefined, "batch au-cba-2026-03-02-01 has held the lock", view);

  it("redrives at once where the lock is free by now", () => {
    const only = [`npm run ops -- redrive ${BATCH} --reason "…" --yes`];
    expect(byNow("LockHeld", viewOf([])).commands).toEqual(only);
    expect(byNow("LockHeld", viewOf([], "au-cba-2026-03-02-01")).commands[0]).toContain("-01");
  });

  it("does not abandon again what is withdrawn already", () => {
    for (const name of ["SubmissionStopped", "CutOffPassed"]) {
      const settled = byNow(name, viewOf(["SUBMITTED", "WITHDRAWN"], BATCH));
      expect(settled.commands).toEqual([`npm run ops -- redrive ${BATCH} --reason "…" --yes`]);
      expect(settled.text).toContain("withdrawn already");
      const doubtful = byNow(name, viewOf(["SUBMITTED", "UNKNOWN", "WITHDRAWN"], BATCH));
      expect(doubtful.commands.join()).toContain(`resolve ${BATCH} 02 `);
      expect(doubtful.commands.join()).not.toContain("abandon");
      for (const sendable of ["RECONCILED", "COMPOSED"] as const) {
        expect(byNow(name, viewOf(["WITHDRAWN", sendable], BATCH)).commands.join()).toContain("abandon");
      }
      expect(byNow(name, viewOf(["SUBMITTED", "RECONCILED"], BATCH)).commands.join()).toContain("abandon");
    }
  });

  it.each([
    [
      `until 2026-03-01T20:25:00.000Z file 02 of batch ${BATCH} may still have been on its way to the bank, so that …`,
      "ask the bank again after 2026-03-01T20:25:00.000Z",
      "resolve",
    ],
    ["the bank's statement is dated later than now", "--now says how late", "resolve"],
    [
      `the bank's statement is dated before the intent to send file 02 of batch ${BATCH}`,
      "about this file",
      "resolve",
    ],
    [`there is no file 09 of batch ${BATCH}`, "show lists the files", "show"],
    [`file 01 of batch ${BATCH} is not in doubt: it is SUBMITTED`, "nothing to resolve", "show"],
    [
      `no intent of file 01 of batch ${BATCH} stands, so a redrive proves without anybody …`,
      "nothing to resolve",
      "show",
    ],
    ["the evidence has 0 bytes, and must have 1 to 1048576", "Mend what the message names", "show"],
    ["grwth is no suspicion", "Only a suspicion", "show"],
  ])("tells by what a refusal says how it is mended: %s", (message, words, first) => {
    const { text, commands } = nextSteps("ProposalRefused", BATCH, "au-cba", undefined, message);
    expect(text).toContain(words);
    expect(commands[0]).toContain(`npm run ops -- ${first} ${BATCH}`);
  });

  it("knows the words in which the functions refuse a statement", async () => {
    const from = async (path: string) => readFile(new URL(`../../lambdas/${path}`, import.meta.url), "utf8");
    const refusals = await from("operations/propose/resolve-submission.ts");
    expect(refusals).toContain("may still have been on its way");
    expect(refusals).toContain("the bank's statement is dated later than now");
    expect(refusals).toContain("the bank's statement is dated before the intent");
    const doubt = await from("file-in-doubt.ts");
    for (const words of ["there is no ", " is not in doubt: ", "so a redrive proves "])
      expect(doubt).toContain(words);
    expect(await from("operations/approve/approve.ts")).toContain("the evidence is not what was proposed");
  });

  it("keeps everything where the evidence has been exchanged", () => {
    const message = "the evidence is not what was proposed; the object has SHA-256 1, not 2";
    const { text, commands } = nextSteps("ApprovalRefused", BATCH, "au-cba", "prod", message);
    expect(text).toMatch(/Keep everything, find out who .* propose again/);
    expect(commands.at(-1)).toContain(`resolve ${BATCH} `);
    expect(nextSteps("ApprovalRefused", BATCH, "au-cba", "prod", "expired").text).not.toContain(
      "Keep everything",
    );
  });

  it("says which ways exclude each other, and which streams there are", () => {
    for (const name of ["SubmissionUnknown", "TypeError"]) {
      expect(nextSteps(name, BATCH, "au-cba").text).toMatch(/[Ee]ither .*, or /);
    }
    expect(nextSteps("StreamUnknown", BATCH, "au-cbx").text).toContain("au-cba, ");
  });
});
