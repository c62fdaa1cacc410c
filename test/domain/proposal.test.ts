import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  acceptanceOf,
  isAbout,
  isSamePerson,
  MOST_MINUTES,
  proposalId,
  proposalSha256,
  proposedWords,
  refusedApproval,
} from "../../lambdas/domain/proposal.ts";
import type {
  ApprovalItem,
  ProposalItem,
  ResolutionProposal,
  SuspicionProposal,
} from "../../lambdas/domain/records.ts";

const sha256 = (text: string) => createHash("sha256").update(text, "utf8").digest("hex");

type Suspicion = Omit<SuspicionProposal, "id">;

const PROPOSED: Suspicion = {
  batchId: "au-cba-2026-03-02-01",
  action: "accept-suspicion",
  check: "growth",
  sha256s: ["a".repeat(64), "b".repeat(64)],
  report: "au-cba-2026-03-02-01/report-001.json",
  reason: "a merchant has joined",
  by: "anna",
  at: "2026-03-01T20:00:00.000Z",
};

const proposal = (over: Partial<Suspicion> = {}): SuspicionProposal => {
  const proposed = { ...PROPOSED, ...over };
  return { ...proposed, id: proposalId(proposed, sha256) };
};

const approval = (of: SuspicionProposal, over: Partial<ApprovalItem> = {}): ApprovalItem => ({
  batchId: of.batchId,
  proposal: of.id,
  proposalSha256: proposalSha256(of, sha256),
  by: "ben",
  at: "2026-03-01T20:10:00.000Z",
  ...over,
});

/** Every field of a proposal, changed by as little as can be. */
const CHANGES: readonly Partial<Suspicion>[] = [
  { batchId: "au-cba-2026-03-02-02" },
  { action: "another" as "accept-suspicion" },
  { check: "growth " },
  { sha256s: ["a".repeat(64)] },
  { sha256s: ["b".repeat(64), "a".repeat(64)] },
  { sha256s: [`${"a".repeat(64)},${"b".repeat(64)}`] },
  { report: "au-cba-2026-03-02-01/report-002.json" },
  { reason: "a merchant has joined." },
  { by: "annaa" },
  { at: "2026-03-01T20:00:00.001Z" },
];

describe("a proposal's hash", () => {
  it("is another one for each smallest change of each of its fields", () => {
    const hashes = [{}, ...CHANGES].map((change) => proposalSha256(proposal(change), sha256));
    expect(new Set(hashes).size).toBe(CHANGES.length + 1);
    const changed = new Set(CHANGES.flatMap((change) => Object.keys(change)));
    expect([...changed].sort()).toEqual(Object.keys(PROPOSED).sort());
  });

  it("does not hang on the order of the fields, nor on anything that is not proposed", () => {
    const turned = Object.fromEntries(Object.entries(PROPOSED).reverse()) as unknown as Suspicion;
    expect(proposalSha256(turned, sha256)).toBe(proposalSha256(PROPOSED, sha256));
    expect(proposalSha256(proposal(), sha256)).toBe(proposalSha256(PROPOSED, sha256));
  });

  it("keeps fields apart, so that no text moves from one into the next", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (a, b, c) => {
        const one = { ...PROPOSED, reason: a + b, by: c };
        const other = { ...PROPOSED, reason: a, by: b + c };
        const isSame = proposalSha256(one, sha256) === proposalSha256(other, sha256);
        expect(isSame).toBe(b === "");
      }),
    );
  });

  it("gives the id its 32 digits behind the batch", () => {
    const { id } = proposal();
    expect(id).toBe(`${PROPOSED.batchId}.${proposalSha256(PROPOSED, sha256).slice(0, 32)}`);
    expect(id).toMatch(/^au-cba-2026-03-02-01\.[0-9a-f]{32}$/);
  });
});

describe("the hash of a resolution", () => {
  const resolution: Omit<ResolutionProposal, "id"> = {
    batchId: "au-cba-2026-03-02-01",
    action: "resolve-submission",
    number: 1,
    sha256: "a".repeat(64),
    nonce: "nonce-1",
    outcome: "rejected",
    evidence: {
      key: "evidence/au-cba-2026-03-02-01/01/e",
      version: "v1",
      sha256: "e".repeat(64),
      reference: "CAS-1",
      channel: "email",
      statedAt: "2026-03-01T21:00:00.000Z",
    },
    reason: "the bank never had it",
    by: "anna",
    at: "2026-03-01T21:05:00.000Z",
  };
  const { evidence } = resolution;
  const { version: _version, ...unversioned } = evidence;
  const changes: readonly Partial<typeof resolution>[] = [
    { batchId: "au-cba-2026-03-02-02" },
    { action: "another" as "resolve-submission" },
    { number: 2 },
    { sha256: "b".repeat(64) },
    { nonce: "nonce-2" },
    { outcome: "submitted" },
    { evidence: { ...evidence, key: "evidence/au-cba-2026-03-02-01/02/e" } },
    { evidence: { ...evidence, version: "v2" } },
    { evidence: unversioned },
    { evidence: { ...unversioned, version: "null" } },
    { evidence: { ...evidence, sha256: "f".repeat(64) } },
    { evidence: { ...evidence, reference: "CAS-2" } },
    { evidence: { ...evidence, channel: "phone" } },
    { evidence: { ...evidence, statedAt: "2026-03-01T21:00:00.001Z" } },
    { reason: "the bank never had it." },
    { by: "annaa" },
    { at: "2026-03-01T21:05:00.001Z" },
  ];

  it("is another one for each smallest change of each of its fields", () => {
    const hashes = [{}, ...changes].map((change) => proposalSha256({ ...resolution, ...change }, sha256));
    expect(new Set(hashes).size).toBe(changes.length + 1);
    const changed = new Set(changes.flatMap((change) => Object.keys(change)));
    expect([...changed].sort()).toEqual(Object.keys(resolution).sort());
    const within = new Set(
      changes.flatMap((change) =>
        Object.entries(change.evidence ?? {}).flatMap(([name, value]) =>
          evidence[name as keyof typeof evidence] === value ? [] : [name],
        ),
      ),
    );
    expect([...within].sort()).toEqual(Object.keys(evidence).sort());
  });

  it("is said in a few words", () => {
    expect(proposedWords(resolution)).toBe("resolve file 01 as rejected");
    expect(proposedWords(PROPOSED)).toBe("accept growth");
  });

  it("is about a file as it is, under its number", () => {
    const file = { number: 1, sha256: resolution.sha256 };
    expect(isAbout(resolution, [{ number: 2, sha256: "c" }, file])).toBe(true);
    expect(isAbout(resolution, [{ ...file, number: 2 }])).toBe(false);
    expect(isAbout(resolution, [{ ...file, sha256: "c" }])).toBe(false);
    expect(isAbout(resolution, [])).toBe(false);
  });

  it("that a suspicion be accepted is about all of the files, in their order", () => {
    const [a, b] = ["a", "b"].map((one, index) => ({ number: index + 1, sha256: one.repeat(64) })) as [
      { number: number; sha256: string },
      { number: number; sha256: string },
    ];
    expect(isAbout(PROPOSED, [a, b])).toBe(true);
    for (const files of [[a], [b, a], [a, b, a], [a, { ...b, sha256: "c" }], []]) {
      expect(isAbout(PROPOSED, files)).toBe(false);
    }
  });
});

describe("an approval", () => {
  const refused = (of: SuspicionProposal, over: Partial<ApprovalItem> = {}) =>
    refusedApproval(of, approval(of, over), sha256);

  it("counts within the hour, to the millisecond", () => {
    expect(MOST_MINUTES).toBe(60);
    for (const [at, why] of [
      ["2026-03-01T20:00:00.000Z", undefined],
      ["2026-03-01T21:00:00.000Z", undefined],
      ["2026-03-01T21:00:00.001Z", "expired"],
      ["2026-03-01T19:59:59.999Z", "expired"],
      ["2027-03-01T20:10:00.000Z", "expired"],
      ["not a time", "expired"],
      ["", "expired"],
    ] as const) {
      expect(refused(proposal(), { at }), at).toBe(why);
    }
    expect(refused(proposal({ at: "not a time" }))).toBe("expired");
  });

  it("is refused to the same person, however the name is written", () => {
    for (const by of ["anna", "ANNA", " Anna "]) {
      expect(refused(proposal(), { by }), by).toBe("same-person");
    }
    expect(refused(proposal(), { by: "hanna" })).toBeUndefined();
    expect(refused(proposal({ by: "Ben " }))).toBe("same-person");
  });

  it("is of one proposal, and of nothing but what that said", () => {
    const other = proposal({ reason: "another" });
    expect(refused(proposal(), { proposal: other.id })).toBe("another-proposal");
    expect(refused(proposal(), { proposalSha256: proposalSha256(other, sha256) })).toBe("another-proposal");
    expect(refused(proposal(), { batchId: "au-cba-2026-03-02-02" })).toBe("another-proposal");
    for (const change of CHANGES) {
      const changed = { ...proposal(), ...change } as ProposalItem;
      expect(refusedApproval(changed, approval(proposal()), sha256), JSON.stringify(change)).toBe(
        "another-proposal",
      );
    }
  });

  it("is of no proposal that does not bear its own id", () => {
    const forged = { ...proposal(), id: proposal({ by: "cleo" }).id };
    expect(refusedApproval(forged, approval(forged), sha256)).toBe("another-proposal");
  });
});

describe("an acceptance", () => {
  const { sha256s } = PROPOSED;
  const of = (
    proposals: readonly ProposalItem[],
    approvals: readonly ApprovalItem[],
    check: Parameters<typeof acceptanceOf>[0] = "growth",
    set: readonly string[] = sha256s,
  ) => acceptanceOf(check, set, proposals, approvals, sha256);

  it("names proposal, both people, the reason and when it was approved", () => {
    const one = proposal();
    expect(of([one], [approval(one)])).toEqual({
      check: "growth",
      proposal: one.id,
      proposedBy: "anna",
      approvedBy: "ben",
      reason: "a merchant has joined",
      at: "2026-03-01T20:10:00.000Z",
    });
  });

  it("is for one check and one set of files, in their order", () => {
    const one = proposal();
    expect(of([one], [approval(one)], "same-debit")).toBeUndefined();
    for (const set of [sha256s.slice(1), sha256s.toReversed(), [...sha256s, "c".repeat(64)], []]) {
      expect(of([one], [approval(one)], "growth", set)).toBeUndefined();
    }
  });

  it("needs a proposal and an approval that counts", () => {
    const one = proposal();
    expect(of([], [])).toBeUndefined();
    expect(of([one], [])).toBeUndefined();
    expect(of([], [approval(one)])).toBeUndefined();
    expect(of([one], [approval(one, { by: "anna" })])).toBeUndefined();
    const another = proposal({ action: "another" as "accept-suspicion" });
    expect(of([another], [approval(another)])).toBeUndefined();
  });

  it("is found among proposals and approvals that do not count", () => {
    const [one, late, own] = [proposal(), proposal({ reason: "late" }), proposal({ reason: "own" })];
    const approvals = [approval(late, { at: "2026-03-02T20:00:00.000Z" }), approval(own, { by: "anna" })];
    expect(of([late, own, one], approvals)).toBeUndefined();
    expect(of([late, own, one], [...approvals, approval(one)])?.proposal).toBe(one.id);
  });
});

describe("a person", () => {
  it("is the same under another case and with spaces around, and no other", () => {
    expect(isSamePerson("Anna.Chen", " anna.chen")).toBe(true);
    expect(isSamePerson("anna", "ann")).toBe(false);
    expect(isSamePerson("anna", "an na")).toBe(false);
  });
});
