import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { isOverrideMinutes, MOST_OVERRIDE_MINUTES, overrideOf } from "../../lambdas/domain/override.ts";
import { proposalId, proposalSha256, proposedWords } from "../../lambdas/domain/proposal.ts";
import type { ApprovalItem, OverrideProposal } from "../../lambdas/domain/records.ts";

const sha256 = (text: string) => createHash("sha256").update(text, "utf8").digest("hex");

type Asked = Omit<OverrideProposal, "id">;

const ASKED: Asked = {
  action: "override-blackout",
  ticket: "OPS-7",
  minutes: 30,
  reason: "the close of a batch throws",
  by: "anna",
  at: "2026-03-01T20:00:00.000Z",
};
const APPROVED_AT = "2026-03-01T20:10:00.000Z";
const UNTIL = "2026-03-01T20:40:00.000Z";

const proposal = (over: Partial<Asked> = {}): OverrideProposal => {
  const proposed = { ...ASKED, ...over };
  return { ...proposed, id: proposalId(proposed, sha256) };
};

const approval = (of: OverrideProposal, over: Partial<ApprovalItem> = {}): ApprovalItem => ({
  proposal: of.id,
  proposalSha256: proposalSha256(of, sha256),
  by: "ben",
  at: APPROVED_AT,
  ...over,
});

/** What an override that was proposed and approved in this way comes to. */
function judged({
  asked = {},
  approved = {},
  now = APPROVED_AT,
}: {
  asked?: Partial<Asked>;
  approved?: Partial<ApprovalItem>;
  now?: string;
} = {}) {
  const one = proposal(asked);
  return overrideOf(one.id, [one], [approval(one, approved)], now, sha256);
}

describe("an override", () => {
  it("that two people have decided names both, the ticket, the reason, and until when it holds", () => {
    expect(judged()).toEqual({
      id: proposal().id,
      proposedBy: "anna",
      approvedBy: "ben",
      ticket: "OPS-7",
      reason: "the close of a batch throws",
      until: UNTIL,
    });
  });

  it("holds from its approval for the minutes that were proposed, an hour at most, to the millisecond", () => {
    expect(MOST_OVERRIDE_MINUTES).toBe(60);
    expect(judged({ now: UNTIL })).toMatchObject({ until: UNTIL });
    expect(judged({ now: "2026-03-01T20:40:00.001Z" })).toEqual({
      invalid: expect.stringMatching(/^override\.[0-9a-f]{32} has expired, at 2026-03-01T20:40:00\.000Z$/),
    });
    expect(judged({ asked: { minutes: 1 }, now: "2026-03-01T20:11:00.001Z" })).toHaveProperty("invalid");
    expect(judged({ asked: { minutes: 60 }, now: "2026-03-01T21:10:00.000Z" })).toHaveProperty("until");
    expect(judged({ asked: { minutes: 60 }, now: "2026-03-01T21:10:00.001Z" })).toHaveProperty("invalid");
    for (const now of ["2026-03-01T20:09:59.999Z", "", "soon"]) {
      expect(judged({ now }), now).toEqual({ invalid: expect.stringContaining("approved later than now") });
    }
  });

  it("by one person is none, however the name is written", () => {
    for (const by of ["anna", "ANNA", " Anna "]) {
      expect(judged({ approved: { by } }), by).toEqual({
        invalid: expect.stringContaining("was proposed and approved by one person"),
      });
    }
    const alone = proposal();
    expect(overrideOf(alone.id, [alone], [], APPROVED_AT, sha256)).toEqual({
      invalid: `no second person has approved ${alone.id}`,
    });
  });

  it.each([
    ["a reason", { reason: "" }, /a reason is 1 to 500/],
    ["a reason that is more than spaces", { reason: "  " }, /a reason is 1 to 500/],
    ["a reason without a bank account", { reason: "for 062-000 12345678" }, /a reason is 1 to 500/],
    ["a ticket", { ticket: "" }, /a ticket is 1 to 40/],
    ["a ticket that is one", { ticket: "see the mail" }, /a ticket is 1 to 40/],
    ["a time", { minutes: 0 }, /1 to 60 whole minutes/],
    ["a time of an hour at most", { minutes: 61 }, /1 to 60 whole minutes/],
    ["whole minutes", { minutes: 1.5 }, /1 to 60 whole minutes/],
  ])("is none without %s, whoever has approved it", (_what, asked, words) => {
    expect(judged({ asked })).toEqual({ invalid: expect.stringMatching(words) });
  });

  it("lives in the ledger of its stage, and is none in another", () => {
    const [one, other] = [proposal(), proposal({ ticket: "OPS-8" })];
    expect(overrideOf(one.id, [other], [approval(one), approval(other)], APPROVED_AT, sha256)).toEqual({
      invalid: `the ledger of this stage has no ${one.id}`,
    });
    expect(
      overrideOf(one.id, [other, one], [approval(other), approval(one)], APPROVED_AT, sha256),
    ).toHaveProperty("until");
  });

  it("is named by its id alone, and what is no id is not repeated", () => {
    const { id } = proposal();
    const batch = "au-cba-2026-03-02-01";
    for (const wrong of [
      "",
      "override",
      `${id}0`,
      id.toUpperCase(),
      `${id}\n`,
      id.replace("override", batch),
    ]) {
      expect(overrideOf(wrong, [{ ...proposal(), id: wrong }], [], APPROVED_AT, sha256)).toEqual({
        invalid: "what was named is not the id of an override, override.<32 hex digits>",
      });
    }
  });

  it("is what its id was made from and its approval was of, to the last field", () => {
    const one = proposal();
    const changes: Partial<Asked>[] = [
      { ticket: "OPS-8" },
      { minutes: 60 },
      { reason: "another" },
      { by: "cleo" },
      { at: "2026-03-01T20:00:00.001Z" },
    ];
    for (const change of changes) {
      expect(
        overrideOf(one.id, [{ ...one, ...change }], [approval(one)], APPROVED_AT, sha256),
        JSON.stringify(change),
      ).toEqual({ invalid: expect.stringContaining("is of something else") });
    }
    const named = Object.keys(Object.assign({ action: "" }, ...changes));
    expect(named.toSorted()).toEqual(Object.keys(ASKED).toSorted());
    for (const approved of [{ proposalSha256: "0".repeat(64) }, { batchId: "au-cba-2026-03-02-01" }]) {
      expect(judged({ approved })).toEqual({ invalid: expect.stringContaining("is of something else") });
    }
  });

  it("must have been approved within the hour after it was proposed", () => {
    expect(judged({ approved: { at: "2026-03-01T21:00:00.000Z" }, now: "2026-03-01T21:00:00.000Z" })).toEqual(
      expect.objectContaining({ until: "2026-03-01T21:30:00.000Z" }),
    );
    for (const at of ["2026-03-01T21:00:00.001Z", "2026-03-01T19:59:59.999Z", "not a time"]) {
      expect(judged({ approved: { at }, now: "2026-03-01T21:00:00.001Z" }), at).toEqual({
        invalid: expect.stringContaining("was not approved within 60 minutes"),
      });
    }
  });

  it("is said in a few words, and its id begins with the word for all of them", () => {
    expect(proposedWords(ASKED)).toBe("override the deploy blackout for 30 minutes on ticket OPS-7");
    expect(proposal().id).toBe(`override.${proposalSha256(ASKED, sha256).slice(0, 32)}`);
  });

  it("can last for whole minutes from 1 to 60", () => {
    expect([1, 30, 60].every(isOverrideMinutes)).toBe(true);
    expect([0, -1, 61, 1.5, Number.NaN, Number.POSITIVE_INFINITY].some(isOverrideMinutes)).toBe(false);
  });
});
