import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { onLocal } from "../../infra/ops/on-local.ts";
import type { Proposal } from "../../lambdas/operations/propose/propose.ts";
import type { SuspicionName } from "../../lambdas/domain/suspicion.ts";
import { expectDebited } from "./bank-inbox.ts";
import { type DueRow, dueList } from "./due-list.ts";
import { type BatchRun, type BilledStream, expectClosed, LocalBilling, type Slot } from "./local-batch.ts";

let billing: LocalBilling;
beforeAll(async () => {
  billing = await LocalBilling.open();
});
afterAll(() => billing.close());

const SECOND: Slot = { number: 2 };

const failedOf = (run: BatchRun) =>
  run.view.report?.content.checks.filter(({ passed }) => !passed).map(({ name }) => name);

/** One person proposes to accept a check for the files that the batch has now, and another one approves. */
async function accepted(
  stream: BilledStream,
  slot: Slot,
  check: SuspicionName,
  [proposer, approver]: readonly [string, string] = ["anna", "ben"],
): Promise<string> {
  const body = { action: "accept-suspicion", batchId: stream.id(slot), check, reason: REASON };
  const { id } = (await onLocal(billing.app, proposer).decide("Propose", body)) as Proposal;
  await onLocal(billing.app, approver).decide("Approve", { proposal: id });
  return id;
}

const REASON = `<img onerror=x> is "fine"`;

/** Three small batches of the day that have closed, and then a large one. */
async function grown(): Promise<{
  stream: BilledStream;
  rows: readonly DueRow[];
  slot: Slot;
  run: BatchRun;
}> {
  const stream = billing.stream({ maxFileDebits: 3 });
  for (const number of [1, 2, 3]) {
    expectClosed(await stream.run(dueList([stream.row(number)]), { number }), 1);
  }
  const rows = [4, 5, 6, 7].map((n) => stream.row(n));
  const slot = { number: 4 };
  return { stream, rows, slot, run: await stream.run(dueList(rows), slot) };
}

describe("a batch that has grown", () => {
  test("stops before anything is sent, and closes through a redrive when two people have accepted it", async () => {
    const { stream, rows, slot, run } = await grown();
    expect(run.failure).toMatchObject({ state: "Reconcile", error: "GateFailed" });
    expect(run.failure?.message).toContain("1 of 25 checks");
    expect(run.failure?.message).toContain("suspicion growth");
    expect(await stream.inbox()).toHaveLength(3);
    // A redrive alone changes nothing.
    expect(failedOf(await stream.redriven(slot))).toEqual(["growth"]);
    const proposal = await accepted(stream, slot, "growth");
    const closed = await stream.redriven(slot);
    expectClosed(closed, 4);
    expectDebited(await stream.inbox(), [...[1, 2, 3].map((n) => stream.row(n)), ...rows]);
    const acceptance = { check: "growth", proposal, proposedBy: "anna", approvedBy: "ben" };
    expect(closed.view.record?.verdict?.accepted).toMatchObject([acceptance]);
    const check = closed.view.report?.content.checks.find(({ name }) => name === "growth");
    expect(check).toMatchObject({ passed: false, accepted: acceptance });
    expect(closed.view.report?.content).toMatchObject({ status: "CLOSED", writtenBy: "CloseBatch" });
    const page = String(
      await stream.stores.object("reports", closed.view.report?.key.replace(/json$/, "html") ?? ""),
    );
    expect(page).toContain("proposed by anna, approved by ben");
    expect(page).toContain("&lt;img onerror=x&gt; is &quot;fine&quot;");
    expect(page).not.toContain("<img");
  });

  test("stays stopped when one person was both, and can be abandoned then", async () => {
    const { stream, slot } = await grown();
    await expect(accepted(stream, slot, "growth", ["anna", "Anna"])).rejects.toMatchObject({
      name: "ApprovalRefused",
    });
    expect(failedOf(await stream.redriven(slot))).toEqual(["growth"]);
    expect(await stream.inbox()).toHaveLength(3);
    expect((await stream.abandon(slot)).outcome).toBe("ABANDONED");
  });
});

describe("a list that comes again under other mandates", () => {
  test("is stopped by its totals and by each of its bank accounts, and needs an acceptance for each check", async () => {
    const stream = billing.stream();
    const rows = stream.rows(3);
    expectClosed(await stream.run(dueList(rows)), 3);
    const again = rows.map((row) => ({ ...row, mandate_id: `${row.mandate_id}-NEW` }));
    const run = await stream.run(dueList(again), SECOND);
    expect(failedOf(run)).toEqual(["same-totals", "same-debit"]);
    expect(run.failure?.message).toContain("suspicion same-totals (1), suspicion same-debit (3)");
    expect(JSON.stringify(run)).not.toContain(rows[0]?.account_number);
    await accepted(stream, SECOND, "same-totals");
    expect((await stream.redriven(SECOND)).failure?.message).toContain("failed: suspicion same-debit (3);");
    expect(await stream.inbox()).toHaveLength(1);
    await accepted(stream, SECOND, "same-debit");
    const closed = await stream.redriven(SECOND);
    expectClosed(closed, 3);
    expect(closed.view.record?.verdict?.accepted?.map(({ check }) => check)).toEqual([
      "same-totals",
      "same-debit",
    ]);
  });

  test("passes where the earlier files were withdrawn, because nobody was debited", async () => {
    const stream = billing.stream();
    const rows = stream.rows(3);
    stream.around = async (name, _, call) => {
      if (name === "SubmitBankFile") throw new Error("not today");
      return call();
    };
    await stream.run(dueList(rows));
    await stream.abandon();
    stream.around = undefined;
    const again = rows.map((row) => ({ ...row, mandate_id: `${row.mandate_id}-NEW` }));
    expectClosed(await stream.run(dueList(again), SECOND), 3);
  });
});
