import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { onLocal } from "../../infra/ops/on-local.ts";
import { GateFailed } from "../../lambdas/domain/faults.ts";
import { acceptanceOf } from "../../lambdas/domain/proposal.ts";
import type { ApprovalItem, ProposalItem } from "../../lambdas/domain/records.ts";
import type { Approved } from "../../lambdas/operations/approve/approve.ts";
import type { Proposal } from "../../lambdas/operations/propose/propose.ts";
import type { OverridesView } from "../../lambdas/operations/show-overrides/show-overrides.ts";
import { sha256OfText } from "../../lambdas/proposal-hash.ts";
import { gateReport } from "../builders.ts";
import { expectDebited } from "./bank-inbox.ts";
import { dueList } from "./due-list.ts";
import { type BilledStream, expectClosed, LocalBilling } from "./local-batch.ts";

let billing: LocalBilling;
beforeAll(async () => {
  billing = await LocalBilling.open();
});
afterAll(() => billing.close());

const as = (person: string) => onLocal(billing.app, person);
const propose = async (stream: BilledStream, person: string, check = "same-totals") =>
  (await as(person).decide("Propose", {
    action: "accept-suspicion",
    batchId: stream.id(),
    check,
    reason: "the same members pay the same again",
  })) as Proposal;

/** A gate that stops every batch of a stream because it suspects something, and leaves its report. */
function suspicious(stream: BilledStream): void {
  stream.around = async (name, _, call) => {
    if (name !== "Reconcile") return call();
    const { files } = await stream.show();
    const report = gateReport(stream.id(), {
      status: "GATE_FAILED",
      files,
      checks: [{ name: "same-totals", kind: "suspicion", passed: false, expected: "0", found: "1" }],
    });
    const key = `${stream.id()}/report-001.json`;
    await stream.stores.putObject("reports", key, Buffer.from(JSON.stringify(report), "utf8"));
    throw new GateFailed(`1 of 23 checks of batch ${stream.id()} failed: same-totals (1); see ${key}`);
  };
}

/** What the gate will find accepted, out of the items as they are stored. */
async function acceptance(stream: BilledStream) {
  const items = (await stream.stores.items()).filter(({ pk }) => pk === `BATCH#${stream.id()}`);
  const ofKind = <Item>(kind: string) =>
    items.filter(({ sk }) => sk.startsWith(`${kind}#`)) as unknown as Item[];
  const sha256s = (await stream.show()).files.map(({ sha256 }) => sha256);
  return acceptanceOf(
    "same-totals",
    sha256s,
    ofKind<ProposalItem>("PROPOSAL"),
    ofKind<ApprovalItem>("APPROVAL"),
    sha256OfText,
  );
}

describe("a batch that the gate has stopped for a suspicion", () => {
  test("is accepted by two people, goes on when it is redriven, and debits every row once", async () => {
    const stream = billing.stream({ maxFileDebits: 2 });
    const rows = stream.rows(3);
    suspicious(stream);
    const run = await stream.run(dueList(rows));
    expect(run.failure).toMatchObject({ state: "Reconcile", error: "GateFailed" });
    expect(run.view.files).toHaveLength(2);

    const { id, until } = await propose(stream, "Ann");
    await expect(as("ann").decide("Approve", { proposal: id })).rejects.toMatchObject({
      name: "ApprovalRefused",
    });
    expect(await acceptance(stream)).toBeUndefined();
    expect((await stream.show()).proposals).toMatchObject([{ id, by: "ann", until, standing: "open" }]);
    expect(await as("bob").decide("Approve", { proposal: id })).toMatchObject({
      proposedBy: "ann",
      approvedBy: "bob",
    });
    expect(await acceptance(stream)).toMatchObject({
      check: "same-totals",
      proposal: id,
      proposedBy: "ann",
      approvedBy: "bob",
      reason: "the same members pay the same again",
    });
    const { proposals, events } = await stream.show();
    expect(proposals).toMatchObject([{ id, standing: "accepted", approval: { by: "bob" } }]);
    expect(events.map(({ action, by }) => [action, by])).toEqual(
      expect.arrayContaining([
        [`propose ${id}`, "ann"],
        [`approve ${id}`, "bob"],
      ]),
    );

    stream.around = undefined;
    expectClosed(await stream.redriven(), 3);
    expectDebited(await stream.inbox(), rows);
    await expect(propose(stream, "ann")).rejects.toMatchObject({ name: "BatchClosed" });
    expect((await stream.show()).proposals).toMatchObject([{ standing: "accepted" }]);
  });

  test("is not accepted by one person, whatever the request says, nor for a proof, nor when it was abandoned", async () => {
    const stream = billing.stream();
    suspicious(stream);
    await stream.run(dueList(stream.rows(2)));
    await expect(propose(stream, "ann", "entries")).rejects.toMatchObject({ name: "ProposalRefused" });
    const { id } = await propose(stream, "ann");
    const other = { proposal: id, by: "bob" };
    await expect(as("ann").decide("Approve", other)).rejects.toMatchObject({ name: "RequestMalformed" });
    // The proposer's role is not heard where approvals are, whoever is in it.
    const { PROPOSER_ROLE_ARN = "", ...names } = billing.app.names;
    const app = { ...billing.app, names: { ...names, APPROVER_ROLE_ARN: PROPOSER_ROLE_ARN } };
    await expect(onLocal(app, "bob").decide("Approve", { proposal: id })).rejects.toMatchObject({
      name: "CallerRefused",
    });
    await stream.abandon();
    await expect(as("bob").decide("Approve", { proposal: id })).rejects.toMatchObject({
      name: "BatchAbandoned",
    });
    expect(await acceptance(stream)).toBeUndefined();
    expect(await stream.inbox()).toEqual([]);
  });
});

describe("the deploy blackout", () => {
  const asked = {
    action: "override-blackout",
    ticket: "OPS-7",
    minutes: 30,
    reason: "the close of a batch throws",
  };
  const overrides = async () => ((await billing.app.invoke("ShowOverrides", {})) as OverridesView).overrides;

  test("is overridden by two people for as long as they have said, and by one person never", async () => {
    const { id, until } = (await as("Ann").decide("Propose", asked)) as Proposal;
    expect(await overrides()).toMatchObject([{ id, by: "ann", until, standing: "open", ticket: "OPS-7" }]);
    await expect(as("ann").decide("Approve", { proposal: id })).rejects.toMatchObject({
      name: "ApprovalRefused",
    });
    expect(await overrides()).toMatchObject([{ standing: "open" }]);
    const approved = (await as("bob").decide("Approve", { proposal: id })) as Approved;
    expect(approved).toMatchObject({ proposedBy: "ann", approvedBy: "bob" });
    expect(Date.parse(approved.until ?? "")).toBe(Date.parse(approved.at) + 30 * 60_000);
    expect(await overrides()).toMatchObject([
      { id, standing: "valid", validUntil: approved.until, approval: { by: "bob", at: approved.at } },
    ]);
  });

  test.each([
    ["a reason", { reason: undefined }],
    ["a ticket", { ticket: undefined }],
    ["an end", { minutes: undefined }],
    ["an end within the hour", { minutes: 61 }],
    ["a person that AWS has verified", { by: "bob" }],
  ])("is not even asked to be overridden without %s", async (_what, change) => {
    const before = (await overrides()).length;
    await expect(as("ann").decide("Propose", { ...asked, ...change })).rejects.toMatchObject({
      name: "RequestMalformed",
    });
    expect(await overrides()).toHaveLength(before);
  });
});
