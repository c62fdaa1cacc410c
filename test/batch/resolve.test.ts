import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { sha256 } from "../builders.ts";
import { expectDebited } from "./bank-inbox.ts";
import { approves, LETTER, longAgo, loseDeliveries, proposes, STATED_AT, TOO_EARLY } from "./doubt.ts";
import { dueList } from "./due-list.ts";
import { type BilledStream, expectClosed, LocalBilling, type StreamChanges } from "./local-batch.ts";

let billing: LocalBilling;
beforeAll(async () => {
  billing = await LocalBilling.open();
});
afterEach(() => {
  billing.wire.hook = undefined;
});
afterAll(() => billing.close());

/** A batch whose first file got lost on its way to the bank, long enough ago. */
async function doubted(count: number, changes: StreamChanges = {}): Promise<BilledStream> {
  const stream = billing.stream(changes);
  loseDeliveries(billing);
  const run = await stream.run(dueList(stream.rows(count)));
  billing.wire.hook = undefined;
  expect(run.failure).toMatchObject({ state: "SubmitBankFile", error: "SubmissionUnknown" });
  expect(run.view.files[0]?.state).toBe("UNKNOWN");
  await longAgo(stream);
  return stream;
}

const evidenceOf = (stream: BilledStream) => `evidence/${stream.id()}/01/${sha256(LETTER)}`;

test("a file that the bank says it has is SUBMITTED by two people and a redrive, and closes with its batch", async () => {
  const stream = await doubted(2);
  const { id, evidence, until } = await proposes(billing, stream.id(), "Ann", "submitted");
  expect(evidence).toMatchObject({ key: evidenceOf(stream), sha256: sha256(LETTER), statedAt: STATED_AT });
  expect(await stream.stores.object("reports", evidenceOf(stream))).toEqual(LETTER);
  await expect(approves(billing, id, "ann")).rejects.toMatchObject({ name: "ApprovalRefused" });
  expect((await stream.redrive()).failure?.error).toBe("SubmissionUnknown");
  expect((await stream.show()).proposals).toMatchObject([{ id, by: "ann", until, standing: "open" }]);

  expect(await approves(billing, id, "bob")).toMatchObject({
    decided: "resolve file 01 as submitted",
    proposedBy: "ann",
    approvedBy: "bob",
  });
  const run = await stream.redriven();
  expectClosed(run, 2);
  const resolved = {
    outcome: "submitted",
    proposal: id,
    proposedBy: "ann",
    approvedBy: "bob",
    reason: "the bank has told us",
    evidence: { key: evidenceOf(stream), reference: "CAS-20260302/7", channel: "email", statedAt: STATED_AT },
  };
  expect(run.view.files).toMatchObject([{ state: "SUBMITTED", resolved }]);
  const { files, timeline } = run.view.report?.content ?? {};
  expect(files).toMatchObject([{ state: "SUBMITTED", resolved }]);
  expect(timeline?.map(({ what }) => what)).toContain(`file 1 resolved as submitted by proposal ${id}`);
  expect(run.view.events.map(({ action, by }) => `${by}: ${action}`)).toEqual(
    expect.arrayContaining([`ann: propose ${id}`, `bob: approve ${id}`]),
  );
  await expect(proposes(billing, stream.id(), "ann", "rejected")).rejects.toMatchObject({
    name: "BatchClosed",
  });
  // Its debits are with the bank, as far as anybody knows: the next list collects none of them.
  const next = await stream.run(dueList(stream.rows(2)), { number: 2 });
  expect(next.view.record?.ending?.excluded.byReason).toEqual({ "already-claimed": 2 });
  expect(await stream.inbox()).toEqual([]);
});

test("a file that the bank says it has not is REJECTED, holds those behind it, and its debits are collected by the next batch", async () => {
  const stream = await doubted(3, { maxFileDebits: 2 });
  const first = await proposes(billing, stream.id(), "ann", "rejected");
  // The same words from another person: the evidence lies there already, and is read back.
  const second = await proposes(billing, stream.id(), "carl", "rejected");
  expect(second.evidence).toEqual(first.evidence);
  await approves(billing, second.id, "bob");
  expect((await stream.redrive()).failure?.error).toBe("SubmissionStopped");
  expect((await stream.show()).files.map(({ state }) => state)).toEqual(["REJECTED", "RECONCILED"]);
  expect(await stream.abandon()).toEqual({ outcome: "OPEN", withdrawn: [2], kept: [1], inDoubt: [] });
  const run = await stream.redriven();
  expect(run).toMatchObject({
    status: "SUCCEEDED",
    view: {
      files: [{ state: "REJECTED", resolved: { proposal: second.id } }, { state: "WITHDRAWN" }],
      record: {
        state: "CLOSED",
        ending: { submitted: { count: 0 }, rejected: { count: 2 }, withdrawn: { count: 1 } },
      },
    },
  });
  expect(run.view.stream?.lock).toBeUndefined();
  expect(await stream.inbox()).toEqual([]);
  expectClosed(await stream.run(dueList(stream.rows(3)), { number: 2 }), 3);
  expectDebited(await stream.inbox(), stream.rows(3));
});

test("an abandon settles a file that two people have resolved, and the batch closes", async () => {
  const stream = await doubted(1);
  const { id } = await proposes(billing, stream.id(), "ann", "rejected");
  await approves(billing, id, "bob");
  expect(await stream.abandon()).toEqual({ outcome: "OPEN", withdrawn: [], kept: [1], inDoubt: [] });
  expect((await stream.redriven()).view.record).toMatchObject({
    state: "CLOSED",
    ending: { rejected: { count: 1 } },
  });
});

test("nothing is resolved on a statement that came too early, or of what is no statement", async () => {
  const stream = await doubted(1);
  const refused: readonly (readonly [name: string, over: object])[] = [
    ["ProposalRefused", { statedAt: TOO_EARLY }],
    ["ProposalRefused", { statedAt: "2099-01-01T00:00:00.000Z" }],
    ["ProposalRefused", { evidence: "" }],
    ["ProposalRefused", { evidence: Buffer.alloc(1_048_577).toString("base64") }],
    ["ProposalRefused", { number: 2 }],
    ["RequestMalformed", { number: 0 }],
    ["RequestMalformed", { evidence: "no base64!" }],
    ["RequestMalformed", { reference: "083-170 12345678" }],
    ["RequestMalformed", { reference: "" }],
    ["RequestMalformed", { channel: "rumour" }],
    ["RequestMalformed", { statedAt: "2026-03-02" }],
    ["RequestMalformed", { outcome: "lost" }],
    ["RequestMalformed", { reason: "" }],
    ["RequestMalformed", { by: "bob" }],
    ["RequestMalformed", { check: "growth" }],
  ];
  for (const [name, over] of refused) {
    await expect(
      proposes(billing, stream.id(), "ann", "rejected", over),
      JSON.stringify(over).slice(0, 80),
    ).rejects.toMatchObject({ name });
  }
  expect(await stream.stores.keys("reports", "evidence/")).not.toContain(evidenceOf(stream));
  expect((await stream.show()).proposals).toEqual([]);
  // The largest that fits goes through the URL's own form too.
  const evidence = Buffer.alloc(1_048_576).toString("base64");
  await expect(proposes(billing, stream.id(), "ann", "rejected", { evidence })).resolves.toBeDefined();
  expect((await stream.redrive()).failure?.error).toBe("SubmissionUnknown");
});

test("nothing is approved whose evidence is other bytes by then", async () => {
  const stream = await doubted(1);
  const { id } = await proposes(billing, stream.id(), "ann", "rejected");
  await stream.stores.putObject("reports", evidenceOf(stream), Buffer.from("We have it after all."));
  await expect(approves(billing, id, "bob")).rejects.toMatchObject({
    name: "ApprovalRefused",
    message: expect.stringContaining("the evidence is not what was proposed"),
  });
  expect((await stream.redrive()).failure?.error).toBe("SubmissionUnknown");
  await stream.stores.putObject("reports", evidenceOf(stream), LETTER);
  await expect(approves(billing, id, "bob")).resolves.toMatchObject({ proposal: id });
  expect((await stream.redriven()).view.files).toMatchObject([{ state: "REJECTED" }]);
});

test("a file whose bytes turn up is SUBMITTED, whatever two people have said meanwhile", async () => {
  const stream = await doubted(2);
  const { id } = await proposes(billing, stream.id(), "ann", "rejected");
  await approves(billing, id, "bob");
  const [file] = (await stream.show()).files;
  const bytes = await stream.stores.object("bankFiles", file?.key ?? "");
  const key = `${stream.stream.bankProfile.userId}/${stream.id()}-01.aba`;
  await stream.stores.putObject("outbound", key, bytes ?? Buffer.alloc(0));
  expectClosed(await stream.redriven(), 2);
  expectDebited(await stream.inbox(), stream.rows(2));
  expect((await stream.show()).files[0]?.resolved).toBeUndefined();
});
