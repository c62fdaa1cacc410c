import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { proposalId, proposalSha256 } from "../../lambdas/domain/proposal.ts";
import type { ApprovalItem, ResolutionProposal, SubmissionItem } from "../../lambdas/domain/records.ts";
import {
  arrivedBy,
  IN_FLIGHT_MINUTES,
  isInstant,
  refusedStatement,
  resolutionOf,
  SUBMISSION_SECONDS,
} from "../../lambdas/domain/resolution.ts";

const sha256 = (text: string) => createHash("sha256").update(text, "utf8").digest("hex");

const INTENT_AT = "2026-03-01T20:00:00.000Z";
/** Five minutes and a quarter of an hour later. */
const ARRIVED = "2026-03-01T20:20:00.000Z";
const later = (instant: string, ms: number) => new Date(Date.parse(instant) + ms).toISOString();
const STATED = later(ARRIVED, 1);
const AT = "2026-03-01T21:00:00.000Z";

const INTENT: SubmissionItem = {
  batchId: "au-cba-2026-03-02-01",
  number: 1,
  kind: "INTENT",
  nonce: "nonce-1",
  sha256: "a".repeat(64),
  at: INTENT_AT,
};

const EVIDENCE: ResolutionProposal["evidence"] = {
  key: "evidence/au-cba-2026-03-02-01/01/e",
  sha256: "e".repeat(64),
  reference: "CAS-1",
  channel: "email",
  statedAt: STATED,
};

function proposal(over: Partial<ResolutionProposal> = {}): ResolutionProposal {
  const { batchId, number, nonce } = INTENT;
  const proposed = {
    batchId,
    number,
    nonce,
    action: "resolve-submission" as const,
    sha256: INTENT.sha256,
    outcome: "rejected" as const,
    evidence: EVIDENCE,
    reason: "the bank never had it",
    by: "anna",
    at: AT,
    ...over,
  };
  return { ...proposed, id: proposalId(proposed, sha256) };
}

const approval = (of: ResolutionProposal, over: Partial<ApprovalItem> = {}): ApprovalItem => ({
  batchId: of.batchId,
  proposal: of.id,
  proposalSha256: proposalSha256(of, sha256),
  by: "ben",
  at: later(of.at, 60_000),
  ...over,
});

describe("a statement of the bank", () => {
  const refused = (outcome: "submitted" | "rejected", statedAt: string, at = AT) =>
    refusedStatement({ outcome, statedAt }, INTENT_AT, at);

  it("that it has no file counts from a millisecond after the last instant at which one could arrive", () => {
    expect([SUBMISSION_SECONDS, IN_FLIGHT_MINUTES]).toEqual([300, 15]);
    expect(arrivedBy(INTENT_AT)).toBe(ARRIVED);
    expect(refused("rejected", later(ARRIVED, -1))).toBe("too-early");
    expect(refused("rejected", ARRIVED)).toBe("too-early");
    expect(refused("rejected", later(ARRIVED, 1))).toBeUndefined();
  });

  it("that it has the file counts from the intent on", () => {
    expect(refused("submitted", later(INTENT_AT, -1))).toBe("before-the-intent");
    expect(refused("submitted", INTENT_AT)).toBeUndefined();
    expect(refused("rejected", later(INTENT_AT, -1))).toBe("before-the-intent");
  });

  it("is never of the future", () => {
    for (const outcome of ["submitted", "rejected"] as const) {
      expect(refused(outcome, AT)).toBeUndefined();
      expect(refused(outcome, later(AT, 1))).toBe("of-the-future");
    }
  });

  it("is refused where one of its instants is none", () => {
    expect(refused("submitted", "yesterday")).toBe("of-the-future");
    expect(refused("submitted", STATED, "now")).toBe("of-the-future");
    expect(refusedStatement({ outcome: "rejected", statedAt: STATED }, "then", AT)).toBe("before-the-intent");
  });

  it("that is refused early is never taken for a late one, whatever the clocks", () => {
    const instant = fc.date({ noInvalidDate: true, min: new Date(INTENT_AT), max: new Date("2026-03-03") });
    fc.assert(
      fc.property(instant, instant, (stated, at) => {
        const why = refusedStatement(
          { outcome: "rejected", statedAt: stated.toISOString() },
          INTENT_AT,
          at.toISOString(),
        );
        const minutes = (stated.getTime() - Date.parse(INTENT_AT)) / 60_000;
        expect(why === undefined).toBe(minutes > 20 && stated <= at);
      }),
    );
  });

  it("is dated in one form only", () => {
    expect(isInstant("2026-03-02T01:30:00.000Z")).toBe(true);
    for (const text of [
      "",
      "2026-03-02",
      "2026-03-02T01:30:00Z",
      "2026-03-02T01:30:00.000+00:00",
      "2026-02-30T01:30:00.000Z",
      "2026-03-02T01:30:00.0001Z",
      " 2026-03-02T01:30:00.000Z",
    ]) {
      expect(isInstant(text), text).toBe(false);
    }
  });
});

describe("a resolution", () => {
  const of = (
    proposals: readonly ResolutionProposal[],
    approvals: readonly ApprovalItem[],
    intent = INTENT,
  ) => resolutionOf(intent, proposals, approvals, sha256);

  it("is what two people have said, with proposal, people, reason and evidence", () => {
    const one = proposal();
    expect(of([one], [approval(one)])).toEqual({
      outcome: "rejected",
      proposal: one.id,
      proposedBy: "anna",
      approvedBy: "ben",
      reason: "the bank never had it",
      evidence: EVIDENCE,
    });
  });

  it("is of exactly one batch, file, hash and intent", () => {
    const one = proposal();
    for (const other of [
      { batchId: "au-cba-2026-03-02-02" },
      { number: 2 },
      { sha256: "b".repeat(64) },
      { nonce: "nonce-2" },
    ]) {
      expect(of([one], [approval(one)], { ...INTENT, ...other }), JSON.stringify(other)).toBeUndefined();
      const changed = proposal(other);
      expect(of([changed], [approval(changed)]), JSON.stringify(other)).toBeUndefined();
    }
  });

  it("needs an approval that counts: another person's, within the hour, of this very proposal", () => {
    const one = proposal();
    expect(of([one], [])).toBeUndefined();
    for (const over of [
      { by: "Anna" },
      { at: later(AT, 60 * 60_000 + 1) },
      { at: later(AT, -1) },
      { proposalSha256: "0".repeat(64) },
      { batchId: "au-cba-2026-03-02-02" },
      { proposal: proposal({ reason: "another" }).id },
    ]) {
      expect(of([one], [approval(one, over)]), JSON.stringify(over)).toBeUndefined();
    }
    expect(of([{ ...one, outcome: "submitted" }], [approval(one)])).toBeUndefined();
  });

  it("is judged by the lateness of its statement once more", () => {
    const early = proposal({ evidence: { ...EVIDENCE, statedAt: ARRIVED } });
    expect(of([early], [approval(early)])).toBeUndefined();
    const future = proposal({ evidence: { ...EVIDENCE, statedAt: later(AT, 1) } });
    expect(of([future], [approval(future)])).toBeUndefined();
    const has = proposal({ outcome: "submitted", evidence: { ...EVIDENCE, statedAt: ARRIVED } });
    expect(of([has], [approval(has)])).toMatchObject({ outcome: "submitted" });
  });

  it("as submitted outranks every one as rejected, in whichever order they stand", () => {
    const [not, has] = [proposal(), proposal({ outcome: "submitted", reason: "they found it" })];
    const approvals = [approval(not), approval(has)];
    expect(of([not, has], approvals)?.outcome).toBe("submitted");
    expect(of([has, not], approvals)?.outcome).toBe("submitted");
    expect(of([not, has], [approval(not)])?.outcome).toBe("rejected");
  });

  it("is not found in what was accepted of a suspicion", () => {
    const suspicion = {
      action: "accept-suspicion" as const,
      batchId: INTENT.batchId,
      check: "growth",
      sha256s: [INTENT.sha256],
      report: "r",
      reason: "x",
      by: "anna",
      at: AT,
    };
    const item = { ...suspicion, id: proposalId(suspicion, sha256) };
    const approved = {
      batchId: INTENT.batchId,
      proposal: item.id,
      proposalSha256: proposalSha256(suspicion, sha256),
      by: "ben",
      at: AT,
    };
    expect(resolutionOf(INTENT, [item], [approved], sha256)).toBeUndefined();
  });
});
