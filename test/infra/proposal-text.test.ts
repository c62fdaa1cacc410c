import { fileItem, gateReport } from "../builders.ts";
import { describe, expect, it } from "vitest";
import { proposalText, proposedText } from "../../infra/ops/proposal-text.ts";

const FILE = fileItem({ state: "UNKNOWN", debits: 3, cents: 4_567, processingDate: "2026-03-02" });
const NOTHING = { files: [], inDoubt: [] };

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
    const text = proposalText({ ...PROPOSAL, ...stored, reason: "\u200b\u202eknaht" }, NOTHING);
    expect(text).toContain("why        [U+200B][U+202E]knaht\n");
    expect(text.split("\n")).toHaveLength(9);
  });

  it("is each file of a suspicion with its number and sums, and what the gate has found", () => {
    const check = {
      name: "growth",
      kind: "suspicion",
      expected: "at most 2",
      found: "9",
      passed: false,
    } as const;
    const report = { key: "r.json", content: gateReport("au-cba-2026-03-02-01", { checks: [check] }) };
    const sha256s = [FILE.sha256, "9".repeat(64)];
    const stored = { report: "r.json", sha256s, standing: "open" } as const;
    const text = proposalText({ ...PROPOSAL, ...stored }, { files: [FILE], inDoubt: [], report });
    expect(text.split("\n").slice(5)).toEqual([
      "report     r.json",
      "gate       growth: expected at most 2, found 9",
      "file       01: 3 debits, $45.67, to be processed on 2026-03-02",
      `           of SHA-256 ${FILE.sha256}`,
      "file       none that the batch has now",
      `           of SHA-256 ${"9".repeat(64)}`,
      "",
    ]);
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

  const DOUBT = {
    number: 1,
    outboundKey: "301500/au-cba-2026-03-02-01-01.aba",
    nonce: "n",
    intentAt: "2026-03-01T20:00:00.000Z",
    arrivedBy: "2026-03-01T20:20:00.000Z",
  };
  const KNOWN = { files: [FILE], inDoubt: [DOUBT], timeZone: "Australia/Sydney" };

  it("says of a resolution which file, of which sums and which intent, as what, and on which statement", () => {
    const approval = { by: "bob", at: "2026-03-01T20:50:00.000Z" };
    const proposal = { ...RESOLUTION, sha256: FILE.sha256, standing: "accepted", approval } as const;
    expect(proposalText(proposal, KNOWN, "prod").split("\n")).toEqual([
      `proposal   ${ID}  accepted`,
      "what       resolve file 01 as submitted, of au-cba-2026-03-02-01",
      "who        ann, at 2026-03-01T20:40:00.000Z",
      "why        they have it",
      "until      2026-03-01T21:40:00.000Z",
      "approved   by bob at 2026-03-01T20:50:00.000Z",
      "file       01: 3 debits, $45.67, to be processed on 2026-03-02",
      `           of SHA-256 ${FILE.sha256}`,
      "bank       has it, if at all, as 301500/au-cba-2026-03-02-01-01.aba",
      "intent     put at 2026-03-02 07:00:00 AEDT (2026-03-01T20:00:00.000Z)",
      "stated     by the bank at 2026-03-02 07:30:00 AEDT (2026-03-01T20:30:00.000Z)",
      "reference  CAS-7, by letter",
      "evidence   evidence/au-cba-2026-03-02-01/01/e  version v1",
      `           of SHA-256 ${"e".repeat(64)}`,
      "read it    aws s3api get-object --bucket <ReportsBucketName> --key evidence/au-cba-2026-03-02-01/01/e --version-id v1 evidence",
      "",
    ]);
  });

  it("tells no other intent than the one that is proposed about, and no key that is not known", () => {
    const text = (inDoubt: readonly (typeof DOUBT)[]) =>
      proposalText({ ...RESOLUTION, standing: "open" }, { ...KNOWN, inDoubt });
    expect(text([{ ...DOUBT, nonce: "another" }])).not.toMatch(/^(bank|intent) /m);
    expect(text([{ ...DOUBT, number: 2 }])).not.toMatch(/^(bank|intent) /m);
    const { outboundKey: _key, ...keyless } = DOUBT;
    const bare = proposalText({ ...RESOLUTION, standing: "open" }, { ...KNOWN, inDoubt: [keyless] });
    expect(bare).toMatch(/^intent /m);
    expect(bare).not.toMatch(/^bank /m);
  });

  it("names the command that reads the evidence: a local file, or the object in the reports' bucket", () => {
    const { version: _version, ...evidence } = RESOLUTION.evidence;
    const proposal = { ...RESOLUTION, evidence, standing: "open" } as const;
    const of = (stage?: string) => /^read it {4}(.*)$/m.exec(proposalText(proposal, KNOWN, stage))?.[1];
    expect(of()).toBe("cat .local/objects/*/evidence/au-cba-2026-03-02-01/01/e._S3rver_object");
    expect(of("dev")).toBe(
      "aws s3api get-object --bucket <ReportsBucketName> --key evidence/au-cba-2026-03-02-01/01/e evidence",
    );
  });

  it("tells who is to approve it: another person, locally by name", () => {
    expect(proposedText(RESOLUTION)).toContain(`approve ${ID} --yes --as <another>\n`);
    expect(proposedText(RESOLUTION)).toContain("ann, to resolve file 01 as submitted; until");
    expect(proposedText(RESOLUTION, "prod")).toContain(`approve ${ID} --yes --stage prod\n`);
  });
});
