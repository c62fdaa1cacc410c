import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  ApprovalRefused,
  BatchAbandoning,
  BatchUnknown,
  ProposalRefused,
  ProposalUnknown,
  StreamUnknown,
} from "../../lambdas/domain/faults.ts";
import { acceptanceOf, proposalId, proposalSha256 } from "../../lambdas/domain/proposal.ts";
import type { ApprovalItem, ProposalItem, SuspicionProposal } from "../../lambdas/domain/records.ts";
import type { BatchReport, Check } from "../../lambdas/domain/report.ts";
import { approve } from "../../lambdas/operations/approve/approve.ts";
import { propose, type ProposeEvent } from "../../lambdas/operations/propose/propose.ts";
import { showBatch } from "../../lambdas/operations/show-batch/show-batch.ts";
import type { Instant } from "../../lambdas/ports.ts";
import { sha256OfText } from "../../lambdas/proposal-hash.ts";
import { type Ended, ENDED } from "./ended-batches.ts";
import { AT, batchItem, gateReport, heldBy, MORNING } from "../builders.ts";
import { answerLost, dying, failing, lost, sdkError } from "../port-faults.ts";
import { filesOf, itemOf, memory, reconciled, type World, worldOn } from "../world.ts";

const SEED = 20_261_122;
const MINUTE = 60_000;
const UNTIL = new Date(MORNING + 60 * MINUTE).toISOString();

type Asked = Extract<ProposeEvent, { action: "accept-suspicion" }>;

const check = (name: string, over: Partial<Check> = {}): Check => ({
  name,
  kind: "suspicion",
  passed: false,
  expected: "0",
  found: "1",
  ...over,
});

/** Writes what the gate writes when it stops a batch, for the files that are frozen. */
async function stopped(world: World, over: Partial<BatchReport> = {}, number = 2): Promise<void> {
  const files = (await filesOf(world)).map(
    ({ number: nn, sha256, debits, cents, firstLine, lastLine, state }) => ({
      number: nn,
      sha256,
      debits,
      cents,
      firstLine,
      lastLine,
      state,
    }),
  );
  const checks = [
    check("due-list-bytes", { kind: "proof", passed: true }),
    check("growth"),
    check("same-totals", { passed: true }),
  ];
  const report = gateReport(world.id(), { status: "GATE_FAILED", number, files, checks, ...over });
  const key = `${world.id()}/report-00${number}.json`;
  await world.overwrite("reports", key, Buffer.from(JSON.stringify(report), "utf8"));
}

/** A batch of two files that the gate has stopped because of growth alone. */
async function suspected(): Promise<World> {
  const world = worldOn(memory());
  await reconciled(world, ["COMPOSED", "COMPOSED"]);
  await stopped(world);
  return world;
}

const growth = (world: World, over: Partial<Asked> = {}) => ({
  action: "accept-suspicion" as const,
  batchId: world.id(),
  check: "growth",
  reason: "a new merchant",
  by: "ann",
  ...over,
});
const proposed = (world: World, over: Partial<Asked> = {}) => propose(growth(world, over), world.ports());
const approved = (world: World, proposal: string, by = "bob") => approve({ proposal, by }, world.ports());
const acceptance = async (world: World) =>
  acceptanceOf(
    "growth",
    (await filesOf(world)).map(({ sha256 }) => sha256),
    await world.ledger.readProposals(world.id()),
    await world.ledger.readApprovals(world.id()),
    sha256OfText,
  );
const nobody = { describe: async () => undefined };
const shown = async (world: World) =>
  (await showBatch({ batchId: world.id() }, { ...world.ports(), executions: nobody })).proposals;

describe("proposing", () => {
  it("keeps which suspicion, for which files, by whom and why, and is told, counted and in the audit trail", async () => {
    const world = await suspected();
    const answer = await proposed(world);
    expect(answer).toEqual({ ...growth(world), id: answer.id, at: AT, until: UNTIL });
    const stored = await world.ledger.readProposals(world.id());
    expect(stored).toEqual([
      {
        ...growth(world),
        id: answer.id,
        at: AT,
        sha256s: (await filesOf(world)).map(({ sha256 }) => sha256),
        report: `${world.id()}/report-002.json`,
      },
    ]);
    expect(await world.ledger.readEvents(world.id())).toMatchObject([
      { action: `propose ${answer.id}`, by: "ann", reason: "a new merchant", at: AT },
    ]);
    expect(world.lines).toMatchObject([
      { state: "Propose", batchId: world.id(), outcome: answer.id, proposed: "accept growth", by: "ann" },
    ]);
    expect(world.counts).toEqual([["Proposed", world.stream.name]]);
    expect(await acceptance(world)).toBeUndefined();
  });

  it("can be repeated: later it is another proposal, at the same instant the very same one", async () => {
    const world = await suspected();
    const first = await proposed(world);
    expect((await proposed(world)).id).toBe(first.id);
    world.now = (MORNING + MINUTE) as Instant;
    const second = await proposed(world);
    expect(second.id).not.toBe(first.id);
    expect((await world.ledger.readProposals(world.id())).map(({ id }) => id).toSorted()).toEqual(
      [first.id, second.id].toSorted(),
    );
  });

  test.each([
    ["a proof, passed or failed", "due-list-bytes", /no suspicion: .*proof cannot be accepted by anybody/],
    [
      "a check that does not exist",
      "nothing",
      /^nothing is no suspicion: [a-z-]+(, [a-z-]+)+ are, and a failed/,
    ],
    ["a suspicion that has passed", "same-totals", /does not have same-totals among its failed suspicions/],
    ["a suspicion that the report does not know", "same-debit", /does not have same-debit/],
  ])("is refused for %s", async (_what, name, message) => {
    const world = await suspected();
    await expect(proposed(world, { check: name })).rejects.toThrow(ProposalRefused);
    await expect(proposed(world, { check: name })).rejects.toThrow(message);
    expect(await world.ledger.readProposals(world.id())).toEqual([]);
    expect(await world.ledger.readEvents(world.id())).toEqual([]);
  });

  it("is refused for a suspicion's name that the report calls a proof", async () => {
    const world = await suspected();
    await stopped(world, { checks: [check("growth", { kind: "proof" })] }, 3);
    await expect(proposed(world)).rejects.toThrow(ProposalRefused);
  });

  it("is refused for a suspicion that was not judged: the gate would not take the acceptance", async () => {
    const world = await suspected();
    await stopped(world, { checks: [check("growth", { judged: false })] }, 3);
    await expect(proposed(world)).rejects.toThrow(/does not have growth among its failed suspicions/);
  });

  it("is refused unless the newest report says that the gate has stopped the batch", async () => {
    const world = await suspected();
    await stopped(world, { status: "GATE_PASSED" }, 3);
    await expect(proposed(world)).rejects.toThrow(/the gate has not stopped batch/);
    const young = worldOn(memory());
    await reconciled(young, ["COMPOSED"]);
    await expect(proposed(young)).rejects.toThrow(ProposalRefused);
  });

  it("is refused when the report is about other files, fewer of them, or the same in another order", async () => {
    for (const change of [
      (files: BatchReport["files"]) => files.slice(0, 1),
      (files: BatchReport["files"]) => files.toReversed(),
      (files: BatchReport["files"]) => files.map((file) => ({ ...file, sha256: "f".repeat(64) })),
    ]) {
      const world = await suspected();
      const now = await filesOf(world);
      await stopped(world, { files: change(now) }, 3);
      await expect(proposed(world)).rejects.toThrow(/other files than batch .* has frozen/);
    }
  });

  it("is refused before files are frozen, and where none were", async () => {
    const world = worldOn(memory());
    await world.ledger.writeBatch(batchItem({ stream: world.stream.name }), undefined);
    await world.ledger.writeStream(heldBy(world.id(), {}, { stream: world.stream.name }), undefined);
    await expect(proposed(world)).rejects.toThrow(/has frozen no files/);
    const unjudged = worldOn(memory());
    await reconciled(unjudged, ["COMPOSED"]);
    const unwritten = { ...unjudged.objects, list: async () => [] };
    const told = propose(growth(unjudged), unjudged.ports({ objects: unwritten }));
    await expect(told).rejects.toEqual(
      new ProposalRefused(
        `the gate has not stopped batch ${unjudged.id()}: its newest report does not say so`,
      ),
    );
    const empty = worldOn(memory());
    await reconciled(empty, []);
    await stopped(empty);
    await expect(proposed(empty)).rejects.toThrow(/has frozen no files/);
  });

  it("is refused for a batch that nobody knows, and a stream that is not configured", async () => {
    const world = worldOn(memory());
    await expect(proposed(world)).rejects.toThrow(BatchUnknown);
    await expect(proposed(world, { batchId: "x" })).rejects.toEqual(
      new BatchUnknown("the batch id is not <stream>-<yyyy-mm-dd>-<nn>"),
    );
    await expect(proposed(world, { batchId: "valueOf-2026-10-06-01" })).rejects.toThrow(BatchUnknown);
    await expect(proposed(world, { batchId: "nobody-2026-10-06-01" })).rejects.toThrow(StreamUnknown);
  });

  it("leaves nothing that can be approved without a line in the audit trail, wherever its process dies", async () => {
    for (let before = 1; before <= 8; before += 1) {
      const world = await suspected();
      await propose(growth(world), dying(world.ports(), before)).catch(() => "dead");
      const trail = (await world.ledger.readEvents(world.id())).map(({ action }) => action);
      for (const { id } of await world.ledger.readProposals(world.id())) {
        expect(trail).toContain(`propose ${id}`);
      }
      const again = await proposed(world);
      expect(await approved(world, again.id)).toMatchObject({ approvedBy: "bob" });
    }
  });

  it("meets its own write when the answer to it was lost", async () => {
    const world = await suspected();
    const ports = world.ports();
    const ledger = failing(ports.ledger, "createProposal", answerLost(sdkError("TimeoutError")));
    await expect(propose(growth(world), { ...ports, ledger })).rejects.toThrow("TimeoutError");
    expect(await world.ledger.readProposals(world.id())).toHaveLength(1);
    const { id } = await proposed(world);
    expect(await world.ledger.readProposals(world.id())).toMatchObject([{ id }]);
  });
});

const ENDS: readonly Ended[] = [
  ...ENDED,
  [
    "is being abandoned",
    async (world) => {
      const item = await itemOf(world);
      if (!item.batch) throw new Error("nobody holds the lock");
      const abandoning = { by: "carl", reason: "enough", at: AT };
      await world.ledger.writeStream(
        { ...item, version: item.version + 1, batch: { ...item.batch, abandoning } },
        item.version,
      );
    },
    BatchAbandoning,
  ],
];

describe("a batch that nobody can decide about any more", () => {
  test.each(ENDS)("because it %s, is proposed for no longer, nor approved", async (_what, end, fault) => {
    const world = await suspected();
    const { id } = await proposed(world);
    await end(world);
    await expect(proposed(world)).rejects.toThrow(fault);
    await expect(approved(world, id)).rejects.toThrow(fault);
    expect(await world.ledger.readApprovals(world.id())).toEqual([]);
  });
});

describe("approving", () => {
  it("is a second person's yes, after which the gate accepts the suspicion for these files", async () => {
    const world = await suspected();
    const { id } = await proposed(world);
    world.now = (MORNING + 60 * MINUTE) as Instant;
    const answer = await approved(world, id);
    expect(answer).toEqual({
      proposal: id,
      batchId: world.id(),
      decided: "accept growth",
      proposedBy: "ann",
      approvedBy: "bob",
      at: UNTIL,
    });
    expect(await acceptance(world)).toEqual({
      check: "growth",
      proposal: id,
      proposedBy: "ann",
      approvedBy: "bob",
      reason: "a new merchant",
      at: UNTIL,
    });
    const [proposal] = await world.ledger.readProposals(world.id());
    expect(await world.ledger.readApprovals(world.id())).toEqual([
      {
        batchId: world.id(),
        proposal: id,
        proposalSha256: proposalSha256(proposal as ProposalItem, sha256OfText),
        by: "bob",
        at: UNTIL,
      },
    ]);
    // Two lines of one instant stand in the order of their keys.
    const trail = (await world.ledger.readEvents(world.id())).map(({ action, by }) => `${by}: ${action}`);
    expect(trail.toSorted()).toEqual([
      `ann: propose ${id}`,
      `bob: approve ${id}`,
      `bob: asks to approve ${id}`,
    ]);
    expect(world.counts).toEqual([
      ["Proposed", world.stream.name],
      ["Approved", world.stream.name],
    ]);
    expect(world.lines.at(-1)).toMatchObject({
      state: "Approve",
      outcome: id,
      proposed: "accept growth",
      by: "bob",
    });
  });

  it("is refused to the person who proposed it, however the name is written", async () => {
    const world = await suspected();
    const { id } = await proposed(world);
    for (const by of ["ann", "ANN", " Ann "]) {
      await expect(approved(world, id, by)).rejects.toThrow(ApprovalRefused);
      await expect(approved(world, id, by)).rejects.toThrow(/proposed themselves, in whichever role/);
    }
    expect(await world.ledger.readApprovals(world.id())).toEqual([]);
    await approved(world, id);
    await expect(approved(world, id, "ann")).rejects.toThrow(/proposed themselves/);
  });

  it("is refused a moment after the hour, and before the proposal was made", async () => {
    const world = await suspected();
    const { id } = await proposed(world);
    for (const now of [MORNING + 60 * MINUTE + 1, MORNING - 1]) {
      world.now = now as Instant;
      await expect(approved(world, id)).rejects.toThrow(/within 60 minutes/);
    }
    expect(await world.ledger.readEvents(world.id())).toHaveLength(1);
  });

  it("is refused when the batch has other files by then", async () => {
    const world = await suspected();
    const { id } = await proposed(world);
    const item = await itemOf(world);
    const files = (await filesOf(world)).slice(0, 1);
    if (!item.batch) throw new Error("nobody holds the lock");
    await world.ledger.writeStream(
      { ...item, version: item.version + 1, batch: { ...item.batch, files } },
      item.version,
    );
    await expect(approved(world, id)).rejects.toThrow(/other files now/);
    expect(await shown(world)).toMatchObject([{ id, standing: "other-files" }]);
  });

  it("is refused for an id that nobody has proposed, and for what is no id", async () => {
    const world = await suspected();
    const { id } = await proposed(world);
    const batch = world.id();
    const noId = "the id is not that of a proposal, <batch>.<32 hex digits> or override.<…>";
    for (const wrong of [
      "",
      batch,
      `${batch}.`,
      `${id}0`,
      id.slice(0, -1),
      id.toUpperCase(),
      `x.${id}`,
      `x\n${id}`,
      `${id}\n`,
    ]) {
      await expect(approved(world, wrong), wrong).rejects.toEqual(new ProposalUnknown(noId));
    }
    for (const nobody of [`${batch}.${"0".repeat(32)}`, `nobody-2026-10-06-01.${"0".repeat(32)}`]) {
      await expect(approved(world, nobody)).rejects.toEqual(
        new ProposalUnknown(`the ledger has no proposal ${nobody}`),
      );
    }
  });

  it("is refused for a proposal that is not what its id was made from", async () => {
    const world = await suspected();
    await proposed(world);
    const [proposal] = await world.ledger.readProposals(world.id());
    const forged = { ...(proposal as ProposalItem), id: `${world.id()}.${"a".repeat(32)}` };
    await world.ledger.createProposal(forged);
    await expect(approved(world, forged.id)).rejects.toThrow(/not what its id was made from/);
    expect(await world.ledger.readApprovals(world.id())).toEqual([]);
  });

  it("answers the same to the same person again, also when the hour is over, and counts once", async () => {
    const world = await suspected();
    const { id } = await proposed(world);
    const first = await approved(world, id);
    world.now = (MORNING + 120 * MINUTE) as Instant;
    expect(await approved(world, id)).toEqual(first);
    expect(await approved(world, id, "BOB")).toEqual(first);
    expect(await world.ledger.readEvents(world.id())).toHaveLength(3);
    expect(world.counts).toHaveLength(2);
  });

  it("stands as the first person gave it: a third one is refused, also when both ask at once", async () => {
    const world = await suspected();
    const { id } = await proposed(world);
    const ends = await Promise.allSettled([approved(world, id, "bob"), approved(world, id, "carl")]);
    expect(ends.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    await expect(approved(world, id, "dora")).rejects.toThrow(/has approved it already, at 2026-/);
    expect(await world.ledger.readApprovals(world.id())).toHaveLength(1);
  });

  it("does not stand on an approval that was written for something else", async () => {
    const world = await suspected();
    const { id } = await proposed(world);
    const batchId = world.id();
    await world.ledger.createApproval({ batchId, proposal: id, proposalSha256: "0", by: "bob", at: AT });
    await expect(approved(world, id)).rejects.toThrow(/does not count: propose again/);
    expect(await shown(world)).toMatchObject([{ standing: "another-proposal" }]);
  });

  it("is found done when its answer was lost, and made when it was lost itself", async () => {
    for (const [mishap, lands] of [
      [answerLost(sdkError("TimeoutError")), true],
      [lost(sdkError("TimeoutError")), false],
    ] as const) {
      const world = await suspected();
      const { id } = await proposed(world);
      const ports = world.ports();
      const ledger = failing(ports.ledger, "createApproval", mishap);
      const first = approve({ proposal: id, by: "bob" }, { ...ports, ledger });
      if (lands) await expect(first).resolves.toMatchObject({ approvedBy: "bob", at: AT });
      else await expect(first).rejects.toThrow("TimeoutError");
      expect(await approved(world, id)).toMatchObject({ approvedBy: "bob", at: AT });
      expect(await acceptance(world)).toMatchObject({ approvedBy: "bob" });
    }
  });

  it("takes no effect without a line in the audit trail, wherever its process dies", async () => {
    for (let before = 1; before <= 8; before += 1) {
      const world = await suspected();
      const { id } = await proposed(world);
      await approve({ proposal: id, by: "bob" }, dying(world.ports(), before)).catch(() => "dead");
      const trail = (await world.ledger.readEvents(world.id())).map(({ action }) => action);
      if (await acceptance(world)) expect(trail).toContain(`asks to approve ${id}`);
      expect(await approved(world, id)).toMatchObject({ proposal: id, approvedBy: "bob" });
      const after = (await world.ledger.readEvents(world.id())).map(({ action }) => action);
      expect(after.filter((action) => action === `approve ${id}`)).toHaveLength(1);
    }
  });

  it("is told in the audit trail of the one whose approval stands, and not of another who asked at once", async () => {
    const world = await suspected();
    const { id } = await proposed(world);
    await Promise.allSettled(["bob", "carl"].map((by) => approve({ proposal: id, by }, world.ports())));
    const [stands, ...more] = await world.ledger.readApprovals(world.id());
    expect(more).toEqual([]);
    const trail = await world.ledger.readEvents(world.id());
    const approvals = trail.filter(({ action }) => action === `approve ${id}`);
    expect(approvals.map(({ by }) => by)).toEqual([stands?.by]);
    expect(trail.filter(({ action }) => action === `asks to approve ${id}`)).toHaveLength(2);
  });
});

describe("what is shown of proposals", () => {
  it("is by whom and until when, and whether it still counts", async () => {
    const world = await suspected();
    const { id } = await proposed(world);
    expect(await shown(world)).toEqual([
      { ...(await world.ledger.readProposals(world.id()))[0], until: UNTIL, standing: "open" },
    ]);
    world.now = (MORNING + 60 * MINUTE) as Instant;
    expect(await shown(world)).toMatchObject([{ standing: "open" }]);
    world.now = (MORNING + 60 * MINUTE + 1) as Instant;
    expect(await shown(world)).toMatchObject([{ standing: "expired" }]);
    world.now = MORNING;
    await approved(world, id);
    world.now = (MORNING + 120 * MINUTE) as Instant;
    expect(await shown(world)).toMatchObject([{ standing: "accepted", approval: { by: "bob", at: AT } }]);
  });
});

describe("a proposal's hash", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 20 });
  const anything: fc.Arbitrary<Omit<SuspicionProposal, "id">> = fc.record({
    batchId: text,
    action: fc.constant("accept-suspicion" as const),
    check: text,
    sha256s: fc.array(text, { maxLength: 3 }),
    report: text,
    reason: text,
    by: text,
    at: text,
  });

  test("is another one as soon as anything in it is another", () => {
    fc.assert(
      fc.property(anything, anything, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        expect(proposalSha256(a, sha256OfText) === proposalSha256(b, sha256OfText)).toBe(same);
      }),
      { seed: SEED },
    );
    fc.assert(
      fc.property(
        anything,
        fc.constantFrom("batchId", "check", "report", "reason", "by", "at"),
        (a, field) => {
          const b = { ...a, [field]: `${a[field as "check"]}.` };
          expect(proposalId(b, sha256OfText)).not.toBe(proposalId(a, sha256OfText));
          const approval: ApprovalItem = {
            batchId: a.batchId,
            proposal: proposalId(a, sha256OfText),
            proposalSha256: proposalSha256(a, sha256OfText),
            by: "somebody else",
            at: AT,
          };
          const changed = { ...b, id: approval.proposal };
          const found = acceptanceOf(
            "growth",
            b.sha256s,
            [{ ...changed, check: "growth" }],
            [approval],
            sha256OfText,
          );
          expect(found).toBeUndefined();
        },
      ),
      { seed: SEED },
    );
  });
});
