import { describe, expect, it } from "vitest";
import { reconcile } from "../../lambdas/billing-batch/reconcile/reconcile.ts";
import { proposalId } from "../../lambdas/domain/proposal.ts";
import type { ApprovalItem, SuspicionProposal } from "../../lambdas/domain/records.ts";
import { SUSPICIONS } from "../../lambdas/domain/suspicion.ts";
import { approved, closed, proposed } from "./closed-batches.ts";
import { BATCH, check, GateCase, row, rows, soundCase, stream } from "./gate-case.ts";

/** A batch of ten debits after three of one: it has grown too much, and nothing else is wrong with it. */
async function grown(): Promise<GateCase> {
  const gate = await soundCase(10);
  for (const daysAgo of [20, 21, 22]) await closed(gate, { daysAgo });
  return gate;
}

const raised = (gate: GateCase) => gate.counts.filter(([name]) => name === "SuspicionRaised");

const ACCEPTANCE = {
  check: "growth",
  proposedBy: "anna",
  approvedBy: "ben",
  reason: "a merchant has joined",
  at: "2026-03-01T20:30:00.000Z",
};

describe("a failed suspicion", () => {
  it("stops the batch until two people have accepted it, and is counted", async () => {
    const gate = await grown();
    const before = await gate.item();
    const { failed, report, message } = await gate.judge();
    expect(failed).toEqual(["growth"]);
    expect(message).toBe(
      `1 of 25 checks of batch ${BATCH} failed: suspicion growth; see ${BATCH}/report-001.json`,
    );
    expect(report.status).toBe("GATE_FAILED");
    expect(await gate.item()).toEqual(before);
    expect(raised(gate)).toEqual([["SuspicionRaised", "au-test"]]);
    expect(gate.decisions.at(-1)).toMatchObject({ outcome: "FAILED", failed: 1, accepted: 0 });
  });

  it("is passed by two people, whose acceptance stands in verdict and report", async () => {
    const gate = await grown();
    await gate.judge();
    const proposal = await proposed(gate);
    expect((await gate.judge()).message).toContain("growth");
    await approved(gate, proposal);
    const { report, message } = await gate.judge();
    const accepted = { ...ACCEPTANCE, proposal: proposal.id };
    expect(message).toBeUndefined();
    expect(report).toMatchObject({ status: "GATE_PASSED", number: 3 });
    expect(check(report, "growth")).toMatchObject({ passed: false, accepted });
    expect((await gate.item()).batch?.verdict).toEqual({
      sha256s: (await gate.item()).batch?.files?.map((file) => file.sha256),
      at: "2026-03-01T20:00:00.000Z",
      report: `${BATCH}/report-003.json`,
      accepted: [accepted],
    });
    expect((await gate.item()).batch?.files?.map(({ state }) => state)).toEqual([
      "RECONCILED",
      "RECONCILED",
      "RECONCILED",
    ]);
    // Once for each of the two runs that it stopped.
    expect(raised(gate)).toHaveLength(2);
    expect(gate.decisions.at(-1)).toMatchObject({ outcome: "PASSED", failed: 0, accepted: 1 });
  });

  it("is accepted one by one: another one stops the batch all the same, and only it is counted", async () => {
    const gate = await new GateCase(stream()).prepare([
      ...rows(4),
      row({ mandate_id: "one" }),
      row({ mandate_id: "two" }),
    ]);
    for (const daysAgo of [20, 21, 22]) await closed(gate, { daysAgo });
    const first = await gate.judge();
    expect(first.failed).toEqual(["growth", "same-debit"]);
    expect(raised(gate)).toHaveLength(2);
    await approved(gate, await proposed(gate));
    const second = await gate.judge();
    expect(second.message).toContain("1 of 25 checks");
    expect(second.message).toContain("failed: suspicion same-debit (1);");
    expect(check(second.report, "growth").accepted).toMatchObject(ACCEPTANCE);
    expect(raised(gate)).toHaveLength(3);
    await approved(gate, await proposed(gate, { check: "same-debit" }));
    expect((await gate.judge()).message).toBeUndefined();
    expect((await gate.item()).batch?.verdict?.accepted?.map((one) => one.check)).toEqual([
      "growth",
      "same-debit",
    ]);
  });

  it("needs no acceptance that nothing was raised for, and carries none in its verdict", async () => {
    const gate = await soundCase(10);
    for (const name of SUSPICIONS) await approved(gate, await proposed(gate, { check: name }));
    const { report } = await gate.judge();
    expect(report.checks.filter(({ accepted }) => accepted)).toEqual([]);
    expect((await gate.item()).batch?.verdict).toEqual(
      expect.not.objectContaining({ accepted: expect.anything() }),
    );
  });

  it("leaves a verdict that stands for the same files as it is", async () => {
    const gate = await grown();
    await approved(gate, await proposed(gate));
    await gate.judge();
    const item = await gate.item();
    // A zombie of the gate comes back when there is nothing to suspect any more, or when more was accepted.
    for (const daysAgo of [1, 2, 3, 4]) {
      await closed(gate, { daysAgo, submitted: { count: 50, cents: 500_000 } });
    }
    await approved(gate, await proposed(gate, { reason: "again", by: "cleo" }), { by: "dan" });
    await reconcile(gate.event, gate.ports);
    expect(await gate.item()).toEqual(item);
  });
});

type Decided = readonly [over: Partial<SuspicionProposal>, approval: Partial<ApprovalItem>];

describe("an acceptance", () => {
  it.each<[string, ...Decided]>([
    ["that only one person has given", { by: "anna" }, { by: "anna" }],
    ["that one person has given under two spellings", { by: "anna" }, { by: " Anna" }],
    ["of another check", { check: "same-totals" }, {}],
    ["of a check that is a proof", { check: "totals" }, {}],
    ["of other files", { sha256s: ["0".repeat(64)] }, {}],
    ["of no files", { sha256s: [] }, {}],
    ["after more than an hour", {}, { at: "2026-03-01T21:05:00.001Z" }],
    ["before its proposal", {}, { at: "2026-03-01T20:04:59.999Z" }],
    ["of a proposal that said something else", {}, { proposalSha256: "0".repeat(64) }],
    ["of another proposal", {}, { proposal: `${BATCH}.${"0".repeat(32)}` }],
    ["at no time at all", {}, { at: "soon" }],
  ])("%s counts for nothing", async (_, over, approval) => {
    const gate = await grown();
    await approved(gate, await proposed(gate, over), approval);
    const { message, report } = await gate.judge();
    expect(message).toContain("suspicion growth");
    expect(check(report, "growth").accepted).toBeUndefined();
    expect((await gate.item()).batch?.verdict).toBeUndefined();
  });

  it("of a proposal that was changed after its approval counts for nothing", async () => {
    const gate = await grown();
    const proposal = await proposed(gate, { sha256s: ["0".repeat(64)] });
    await approved(gate, proposal);
    const sha256s = (await gate.item()).batch?.files?.map((file) => file.sha256) ?? [];
    const ledger = { ...gate.ports.ledger, readProposals: async () => [{ ...proposal, sha256s }] };
    await expect(reconcile(gate.event, { ...gate.ports, ledger })).rejects.toThrow("suspicion growth");
  });

  it("that is kept with another batch counts for nothing, even for the same files", async () => {
    const gate = await grown();
    const other = { ...gate.ports.ledger };
    const proposal = await proposed(gate, { batchId: "au-test-2026-03-02-02" });
    await approved(gate, proposal, { batchId: "au-test-2026-03-02-02" });
    const ledger = {
      ...other,
      readProposals: async () => other.readProposals("au-test-2026-03-02-02"),
      readApprovals: async () => other.readApprovals("au-test-2026-03-02-02"),
    };
    await expect(reconcile(gate.event, { ...gate.ports, ledger })).rejects.toThrow("suspicion growth");
  });

  it("of one of the files, or of all in another order, counts for nothing", async () => {
    const gate = await grown();
    const sha256s = (await gate.item()).batch?.files?.map((file) => file.sha256) ?? [];
    for (const set of [sha256s.slice(0, 1), sha256s.toReversed(), [...sha256s, "0".repeat(64)]]) {
      await approved(gate, await proposed(gate, { sha256s: set }));
    }
    expect((await gate.judge()).message).toContain("suspicion growth");
  });

  it("at the last millisecond of its hour counts, and one that counts is found among those that do not", async () => {
    const gate = await grown();
    await approved(gate, await proposed(gate, { by: "zoe" }), { by: "zoe" });
    await proposed(gate, { reason: "nobody has approved this" });
    await approved(gate, await proposed(gate), { at: "2026-03-01T21:05:00.000Z" });
    expect((await gate.judge()).message).toBeUndefined();
  });
});

describe("a failed proof", () => {
  it("is passed by nobody, whatever the ledger holds", async () => {
    const gate = await soundCase();
    gate.ledger.dropClaim({ mandateId: "mandate-2", dueDate: "2026-03-02", attempt: 1 });
    const names = (await gate.judge()).report.checks.map(({ name }) => name);
    for (const name of names) {
      const proposal = await proposed(gate, { check: name });
      expect(proposal.id).toBe(proposalId(proposal, () => proposal.id.slice(-32)));
      await approved(gate, proposal);
    }
    const { failed, report, message } = await gate.judge();
    expect(failed).toEqual(["claims", "totals"]);
    expect(message).toContain("2 of 25 checks");
    expect(report.checks.filter(({ accepted }) => accepted)).toEqual([]);
    expect((await gate.item()).batch?.verdict).toBeUndefined();
  });

  it("stops a batch whose every suspicion is accepted, and a list that nobody can read is one", async () => {
    const gate = await grown();
    for (const name of SUSPICIONS) await approved(gate, await proposed(gate, { check: name }));
    gate.objects.drop("due", "au-test/2026-03-02/01/due.csv");
    const { message, report } = await gate.judge();
    expect(message).toContain("due-list-bytes");
    for (const name of SUSPICIONS) expect(check(report, name).accepted).toBeUndefined();
  });
});
