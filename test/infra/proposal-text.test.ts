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

  const RESOLUTION = {
    id: ID,
    batchId: "au-cba-2026-03-02-01",
    action: "resolve-submission",
    number: 1,
    sha256: "a".repeat(64),
    nonce: "n",
    outcome: "submitted",
    evidence: {
      key: "evidence/au-cba-2026-03-02-01/01/e",
      version: "v1",
      sha256: "e".repeat(64),
      reference: "CAS-7",
      channel: "letter",
      statedAt: "2026-03-01T20:30:00.000Z",
    },
    by: "ann",
    at: "2026-03-01T20:40:00.000Z",
    reason: "they have it",
    until: "2026-03-01T21:40:00.000Z",
  } as const;

  it("says of a resolution which file, as what, on which statement, and where the evidence lies", () => {
    const approval = { by: "bob", at: "2026-03-01T20:50:00.000Z" };
    expect(proposalText({ ...RESOLUTION, standing: "accepted", approval }).split("\n")).toEqual([
      `proposal   ${ID}  accepted`,
      "what       resolve file 01 as submitted, of au-cba-2026-03-02-01",
      "who        ann, at 2026-03-01T20:40:00.000Z",
      "why        they have it",
      "until      2026-03-01T21:40:00.000Z",
      "approved   by bob at 2026-03-01T20:50:00.000Z",
      "stated     by the bank at 2026-03-01T20:30:00.000Z, by letter, under CAS-7",
      "evidence   evidence/au-cba-2026-03-02-01/01/e  version v1",
      `SHA-256    ${"e".repeat(64)}`,
      `file       ${"a".repeat(64)}`,
      "",
    ]);
  });

  it("tells who is to approve it: another person, locally by name", () => {
    expect(proposedText(RESOLUTION)).toContain(`approve ${ID} --yes --as <another>\n`);
    expect(proposedText(RESOLUTION)).toContain("ann, to resolve file 01 as submitted; until");
    expect(proposedText(RESOLUTION, "prod")).toContain(`approve ${ID} --yes --stage prod\n`);
  });
});
