import { describe, expect, it } from "vitest";
import { proposalText, proposedText } from "../../infra/ops/proposal-text.ts";

const ID = "au-cba-2026-03-02-01.0123456789abcdef0123456789abcdef";
const PROPOSAL = {
  id: ID,
  batchId: "au-cba-2026-03-02-01",
  action: "accept-suspicion",
  check: "growth",
  by: "ann",
  at: "2026-03-01T20:00:00.000Z",
  reason: "all is well",
  until: "2026-03-01T21:00:00.000Z",
} as const;

describe("what a second person is shown of a proposal", () => {
  it("names what is invisible in it, so that it reads as what it is", () => {
    const stored = { report: "r.json", sha256s: ["0".repeat(64)], standing: "open" } as const;
    const text = proposalText({ ...PROPOSAL, ...stored, reason: "\u200b\u202eknaht" });
    expect(text).toContain("why        [U+200B][U+202E]knaht\n");
    expect(text.split("\n")).toHaveLength(8);
  });

  it("is told how to approve it: as another one locally, and as whoever one is on AWS", () => {
    expect(proposedText(PROPOSAL)).toContain(`approve ${ID} --yes --as <another>\n`);
    expect(proposedText(PROPOSAL, "prod")).toContain(`approve ${ID} --yes --stage prod\n`);
  });
});
