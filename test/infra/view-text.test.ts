import { describe, expect, it } from "vitest";
import { instantText } from "../../infra/ops/instant-text.ts";
import { viewText } from "../../infra/ops/view-text.ts";
import type { BatchView, ProposalView } from "../../lambdas/operations/show-batch/show-batch.ts";
import type { Check } from "../../lambdas/domain/report.ts";
import { fileItem, gateReport } from "../builders.ts";

const ID = "au-cba-2026-03-02-01";
const DOUBT = {
  number: 1,
  outboundKey: `301500/${ID}-01.aba`,
  nonce: "n",
  intentAt: "2026-03-01T20:00:12.345Z",
  arrivedBy: "2026-03-01T20:20:12.345Z",
};
const SUM = { count: 0, cents: 0 };
const VIEW: BatchView = {
  batchId: ID,
  execution: { name: ID, status: "FAILED" },
  files: [fileItem({ state: "UNKNOWN" }), fileItem({ number: 2, state: "RECONCILED" })],
  inDoubt: [DOUBT],
  timeZone: "Australia/Sydney",
  staged: SUM,
  excluded: SUM,
  events: [],
  streamEvents: [],
  proposals: [],
};
const of = (view: BatchView) => viewText(view, "au-cba");

const ANY = {
  id: `${ID}.0`,
  batchId: ID,
  by: "ann",
  at: "2026-03-01T20:40:00.000Z",
  reason: "well",
  until: "2026-03-01T21:40:00.000Z",
  standing: "accepted",
} as const;
const STATEMENT = { key: "e", sha256: "0", reference: "R", channel: "email", statedAt: "s" } as const;
const RESOLUTION: ProposalView = {
  ...ANY,
  action: "resolve-submission",
  number: 1,
  sha256: "0",
  nonce: "n",
  outcome: "submitted",
  evidence: STATEMENT,
};
const SUSPICION: ProposalView = {
  ...ANY,
  action: "accept-suspicion",
  check: "growth",
  sha256s: [],
  report: "r",
};

describe("what is shown of a file in doubt", () => {
  it('is under which key the bank would have it, when its intent was put, and from when on a "no" counts', () => {
    expect(of(VIEW)).toContain(
      [
        `           may be with the bank as 301500/${ID}-01.aba: its intent was put at 2026-03-02 07:00:12 AEDT (2026-03-01T20:00:12.345Z);`,
        "           that the bank does not have it counts if it says so after 2026-03-02 07:20:12 AEDT (2026-03-01T20:20:12.345Z)",
        "file 02",
      ].join("\n"),
    );
  });

  it("is in UTC alone, and without the key, where the configuration has forgotten the stream", () => {
    const { outboundKey: _key, ...doubt } = DOUBT;
    const { timeZone: _zone, ...view } = VIEW;
    expect(of({ ...view, inDoubt: [doubt] })).toContain(
      "may be with the bank: its intent was put at 2026-03-01T20:00:12.345Z;",
    );
  });
});

describe("an instant", () => {
  it("that is none stays as it is", () => {
    expect(instantText("yesterday", "Australia/Sydney")).toBe("yesterday");
  });
});

describe("a proposal that stands accepted", () => {
  const line = (view: BatchView) =>
    of(view)
      .split("\n")
      .find((one) => one.startsWith("proposal"));

  it("says to redrive while a file is in doubt that it resolves, and not after that", () => {
    const view = { ...VIEW, proposals: [RESOLUTION] };
    expect(line(view)).toContain("  accepted: redrive, and it takes effect  (ann");
    expect(line({ ...view, inDoubt: [] })).toContain("  accepted  (ann");
    expect(line({ ...view, inDoubt: [{ ...DOUBT, nonce: "another" }] })).toContain("  accepted  (ann");
    expect(line({ ...view, inDoubt: [{ ...DOUBT, number: 2 }] })).toContain("  accepted  (ann");
    expect(line({ ...VIEW, proposals: [{ ...RESOLUTION, standing: "open" }] })).not.toContain("redrive");
  });

  it("says to redrive while the newest report has the suspicion that stops, and not after that", () => {
    const check = { name: "growth", kind: "suspicion", expected: "1", found: "2", passed: false } as const;
    const view = (...checks: readonly Check[]): BatchView => ({
      ...VIEW,
      proposals: [SUSPICION],
      report: { key: "r", content: gateReport(ID, { checks }) },
    });
    expect(line(view(check))).toContain("  accepted: redrive, and it takes effect");
    const accepted = { check: "growth", proposal: "p", proposedBy: "ann", approvedBy: "bob" };
    for (const other of [
      { ...check, passed: true },
      { ...check, name: "same-totals" },
      { ...check, accepted: { ...accepted, reason: "well", at: ANY.at } },
    ]) {
      expect(line(view(other))).toContain("  accepted  (ann");
    }
    expect(line({ ...VIEW, proposals: [SUSPICION] })).toContain("  accepted  (ann");
  });
});
