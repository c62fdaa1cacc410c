import { describe, expect, it } from "vitest";
import { overridesText, overrideText } from "../../infra/ops/override-text.ts";
import { approvedText, proposedText } from "../../infra/ops/proposal-text.ts";
import type { OverrideView } from "../../lambdas/operations/show-overrides/show-overrides.ts";

const AT = "2026-03-01T20:00:00.000Z";
const ID = "override.0123456789abcdef0123456789abcdef";
const PROPOSAL = {
  id: ID,
  action: "override-blackout",
  ticket: "OPS-7",
  minutes: 30,
  by: "ann",
  at: AT,
  reason: "the close throws",
  until: "2026-03-01T21:00:00.000Z",
} as const;
const OPEN: OverrideView = { ...PROPOSAL, standing: "open" };
const VALID: OverrideView = {
  ...PROPOSAL,
  approval: { by: "bob", at: AT },
  standing: "valid",
  validUntil: "2026-03-01T20:30:00.000Z",
};
const PAST: OverrideView = {
  ...PROPOSAL,
  approval: { by: "bob", at: AT },
  standing: "invalid",
  invalid: "it has expired",
};

describe("an override, for people", () => {
  it("is shown to a second person with all that is approved, and nothing in it steers a terminal", () => {
    expect(overrideText({ ...OPEN, reason: "\u202eknaht" })).toBe(
      [
        `proposal   ${ID}  open`,
        "what       override the deploy blackout for 30 minutes after the approval",
        "ticket     OPS-7",
        `who        ann, at ${AT}`,
        "why        [U+202E]knaht",
        "until      2026-03-01T21:00:00.000Z",
        "",
      ].join("\n"),
    );
  });

  it("says whether it holds once it is approved", () => {
    expect(overrideText(VALID)).toContain(
      `approved   by bob at ${AT}\nholds      until 2026-03-01T20:30:00.000Z\n`,
    );
    expect(overrideText(PAST)).toContain("holds      no: it has expired\n");
  });

  it("stands in a list with its standing, and the trail below", () => {
    const event = { at: AT, action: `propose ${ID}`, by: "ann", nonce: "n" };
    const events = [
      { ...event, reason: "the close throws" },
      { ...event, action: "asks" },
    ];
    expect(overridesText({ at: AT, overrides: [OPEN, VALID, PAST], events }).split("\n")).toEqual([
      `at         ${AT}`,
      ...[
        "open until 2026-03-01T21:00:00.000Z  (ann)",
        `valid until 2026-03-01T20:30:00.000Z  (ann, approved by bob at ${AT})`,
        `invalid: it has expired  (ann, approved by bob at ${AT})`,
      ].map(
        (standing) =>
          `override   ${ID}  override the deploy blackout for 30 minutes on ticket OPS-7  ${standing}: the close throws`,
      ),
      `event      ${AT}  propose ${ID}  (ann): the close throws`,
      `event      ${AT}  asks  (ann)`,
      "",
    ]);
    expect(overridesText({ at: AT, overrides: [], events: [] })).toContain("none was ever proposed");
  });

  it("is passed on with the command that approves it, and then with the one that deploys with it", () => {
    expect(proposedText(PROPOSAL, "prod")).toContain(`approve ${ID} --yes --stage prod\n`);
    const approved = {
      proposal: ID,
      decided: "override the deploy blackout",
      proposedBy: "ann",
      approvedBy: "bob",
      at: AT,
      until: "2026-03-01T20:30:00.000Z",
    };
    const text = approvedText(approved, "prod");
    expect(text).toContain("holds      until 2026-03-01T20:30:00.000Z\n");
    expect(text).toContain(`\n  npm run deploy -- --stage prod --override ${ID}\n`);
    expect(approvedText(approved)).not.toContain("npm run");
  });
});
