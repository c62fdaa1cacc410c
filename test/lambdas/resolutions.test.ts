import { describe, expect, it, test } from "vitest";
import { submitBankFile } from "../../lambdas/billing-batch/submit-bank-file/submit-bank-file.ts";
import {
  ApprovalRefused,
  BankFileDamaged,
  LedgerBusy,
  ProposalRefused,
  StaleFence,
  SubmissionStopped,
  SubmissionUnknown,
} from "../../lambdas/domain/faults.ts";
import { proposalId, proposalSha256 } from "../../lambdas/domain/proposal.ts";
import type {
  FileItem,
  FileStateName,
  ResolutionProposal,
  SubmissionItem,
} from "../../lambdas/domain/records.ts";
import { abandonBatch } from "../../lambdas/operations/abandon-batch/abandon-batch.ts";
import { approve } from "../../lambdas/operations/approve/approve.ts";
import { propose, type ProposeEvent } from "../../lambdas/operations/propose/propose.ts";
import { requestToPropose } from "../../lambdas/operations/propose/request.ts";
import { MOST_EVIDENCE } from "../../lambdas/operations/propose/resolve-submission.ts";
import { showBatch } from "../../lambdas/operations/show-batch/show-batch.ts";
import type { Instant } from "../../lambdas/ports.ts";
import { sha256OfText } from "../../lambdas/proposal-hash.ts";
import { AT, batchItem, heldBy, MORNING, sha256 } from "../builders.ts";
import { objectsInMemory } from "../objects-in-memory.ts";
import { answerLost, dying, failing, lost, sdkError } from "../port-faults.ts";
import { ENDED } from "./ended-batches.ts";
import { bytesOf, filesOf, itemOf, memory, pickUp, reconciled, type World, worldOn } from "../world.ts";

const MINUTE = 60_000;
const instant = (minutes: number, ms = 0) => new Date(MORNING + minutes * MINUTE + ms).toISOString();
/** Half an hour after the intent of every file here. */
const STATED = instant(30);
const LETTER = Buffer.from("Dear customer, we have no such file. Yours, the bank.");
const OUTCOMES = ["submitted", "rejected"] as const;

type Asked = Extract<ProposeEvent, { action: "resolve-submission" }>;

/** A batch of which the first file is in doubt: its intent stands, and nothing lies under its key. */
async function doubted(
  states: readonly FileStateName[] = ["UNKNOWN"],
  intent: Partial<SubmissionItem> = {},
): Promise<World> {
  const world = worldOn(memory());
  await reconciled(world, states);
  await world.ledger.createSubmission({
    batchId: world.id(),
    number: 1,
    kind: "INTENT",
    nonce: "the sender's",
    sha256: sha256(bytesOf(1)),
    at: AT,
    ...intent,
  });
  world.now = (MORNING + 40 * MINUTE) as Instant;
  return world;
}

const request = (world: World, over: Partial<Asked> = {}): Asked => ({
  action: "resolve-submission",
  batchId: world.id(),
  number: 1,
  outcome: "rejected",
  evidence: LETTER,
  reference: "CAS-1",
  channel: "email",
  statedAt: STATED,
  reason: "the bank says so",
  by: "ann",
  ...over,
});
const proposed = (world: World, over: Partial<Asked> = {}) => propose(request(world, over), world.ports());
const approved = (world: World, proposal: string, by = "bob") => approve({ proposal, by }, world.ports());
/** Two people resolve the file; returns the proposal's id. */
async function resolved(world: World, over: Partial<Asked> = {}): Promise<string> {
  const { id } = await proposed(world, over);
  await approved(world, id);
  return id;
}
/** Takes away how the first file was begun, which no step ever does. */
async function forgetBeginning(world: World): Promise<void> {
  const item = await itemOf(world);
  const [{ submitting: _, ...file }] = (await filesOf(world)) as [FileItem];
  const batch = { ...(item.batch as NonNullable<typeof item.batch>), files: [file] };
  await world.ledger.writeStream({ ...item, batch, version: item.version + 1 }, item.version);
}
const submit = (world: World, ports = world.ports()) =>
  submitBankFile({ batchId: world.id(), fence: 1, timeLimitMs: 300_000 }, ports);
const statesOf = async (world: World) => (await filesOf(world)).map(({ state }) => state);
const evidenceKey = (world: World, bytes = LETTER) => `evidence/${world.id()}/01/${sha256(bytes)}`;

/** Writes something over the first file in the stream's item. */
async function changeFile(world: World, change: Partial<FileItem>): Promise<void> {
  const item = await itemOf(world);
  if (!item.batch) throw new Error("nobody holds the lock");
  const files = (item.batch.files ?? []).map((file) => (file.number === 1 ? { ...file, ...change } : file));
  await world.ledger.writeStream(
    { ...item, version: item.version + 1, batch: { ...item.batch, files } },
    item.version,
  );
}

describe("a request to resolve a file in doubt", () => {
  const { by: _by, ...asked } = request(worldOn(memory()));
  const body = { ...asked, evidence: LETTER.toString("base64") };

  it("brings its evidence as base64, and means the bytes", () => {
    expect(requestToPropose.parse(body)).toEqual({ ...body, evidence: LETTER });
  });

  test.each([
    ["evidence that is no base64", { evidence: "Dear customer" }],
    ["a file that no batch can have", { number: 100 }],
    ["no instant", { statedAt: "today" }],
    ["a reference in which a bank account fits", { reference: "062-000 12345678" }],
    ["a person, who is not told by the request", { by: "bob" }],
  ])("is refused with %s", (_what, over) => {
    expect(requestToPropose.safeParse({ ...body, ...over }).success).toBe(false);
  });
});

describe("proposing to resolve a file in doubt", () => {
  it("keeps evidence as bytes that nothing should show by itself, and names a version only where there is one", async () => {
    const world = await doubted();
    const types: unknown[] = [];
    const unversioned = objectsInMemory({ versions: false });
    const objects = {
      ...unversioned,
      create: async (...put: Parameters<typeof unversioned.create>) => {
        types.push(put[3]);
        return unversioned.create(...put);
      },
    };
    const { evidence } = (await propose(request(world), world.ports({ objects }))) as ResolutionProposal;
    expect(types).toEqual(["application/octet-stream"]);
    expect(evidence).not.toHaveProperty("version");
  });

  it("keeps evidence, file, intent, people and reason, and is in the audit trail", async () => {
    for (const outcome of OUTCOMES) {
      const world = await doubted();
      const answer = await proposed(world, { outcome });
      const at = instant(40);
      const stored = await world.objects.read("reports", evidenceKey(world));
      expect(stored?.bytes).toEqual(LETTER);
      const item = {
        id: answer.id,
        batchId: world.id(),
        action: "resolve-submission",
        number: 1,
        sha256: sha256(bytesOf(1)),
        nonce: "the sender's",
        outcome,
        evidence: {
          key: evidenceKey(world),
          version: stored?.version,
          sha256: sha256(LETTER),
          reference: "CAS-1",
          channel: "email",
          statedAt: STATED,
        },
        reason: "the bank says so",
        by: "ann",
        at,
      };
      expect(await world.ledger.readProposals(world.id())).toEqual([item]);
      expect(answer).toEqual({ ...item, until: instant(100) });
      expect(await world.ledger.readEvents(world.id())).toMatchObject([
        { action: `propose ${answer.id}`, by: "ann", reason: "the bank says so", at },
      ]);
      expect(world.lines).toMatchObject([{ state: "Propose", proposed: `resolve file 01 as ${outcome}` }]);
      expect(world.counts).toEqual([["Proposed", world.stream.name]]);
      await expect(submit(world)).rejects.toThrow(SubmissionUnknown);
    }
  });

  it("can be repeated with the same evidence, also by another person and after a lost answer", async () => {
    const world = await doubted();
    const ports = world.ports();
    const objects = failing(ports.objects, "create", answerLost(sdkError("TimeoutError")));
    await expect(propose(request(world), { ...ports, objects })).rejects.toThrow("TimeoutError");
    expect(await world.ledger.readProposals(world.id())).toEqual([]);
    const first = await proposed(world);
    expect((await proposed(world)).id).toBe(first.id);
    const second = await proposed(world, { by: "carl" });
    expect(second.id).not.toBe(first.id);
    expect(second).toMatchObject({ evidence: { version: expect.any(String) } });
    expect(await world.objects.list("reports", "evidence/")).toEqual([evidenceKey(world)]);
  });

  it("is refused where other bytes lie under the evidence's SHA-256", async () => {
    const world = await doubted();
    await world.overwrite("reports", evidenceKey(world), Buffer.from("forged"));
    await expect(proposed(world)).rejects.toThrow(BankFileDamaged);
    expect(await world.ledger.readProposals(world.id())).toEqual([]);
  });

  it.each([
    [
      "as rejected on a statement of the last instant of a delivery",
      { statedAt: instant(20) },
      /05T20:20:00.000Z .*proves nothing: ask the bank again/,
    ],
    [
      "on a statement before the intent",
      { statedAt: instant(0, -1), outcome: "submitted" as const },
      /before the intent/,
    ],
    ["on a statement later than now", { statedAt: instant(40, 1) }, /later than now/],
    ["without evidence", { evidence: Buffer.alloc(0) }, /has 0 bytes, and must have 1 to 1048576/],
    ["with more evidence than is kept", { evidence: Buffer.alloc(MOST_EVIDENCE + 1) }, /has 1048577 bytes/],
    ["of a file that the batch does not have", { number: 2 }, /there is no file 02/],
  ])("is refused %s", async (_what, over, message) => {
    const world = await doubted();
    await expect(proposed(world, over)).rejects.toThrow(ProposalRefused);
    await expect(proposed(world, over)).rejects.toThrow(message);
    expect(await world.objects.list("reports", "evidence/")).toEqual([]);
    expect(await world.ledger.readProposals(world.id())).toEqual([]);
    expect(await world.ledger.readEvents(world.id())).toEqual([]);
  });

  it("takes a statement of the first instant that counts, and evidence up to its limit", async () => {
    const world = await doubted();
    await expect(proposed(world, { statedAt: instant(20, 1) })).resolves.toMatchObject({
      outcome: "rejected",
    });
    await expect(proposed(world, { statedAt: instant(0), outcome: "submitted" })).resolves.toBeDefined();
    await expect(proposed(world, { statedAt: instant(40) })).resolves.toBeDefined();
    await expect(proposed(world, { evidence: Buffer.alloc(1) })).resolves.toBeDefined();
    await expect(proposed(world, { evidence: Buffer.alloc(MOST_EVIDENCE) })).resolves.toBeDefined();
  });

  it.each(["COMPOSED", "RECONCILED", "SUBMITTED", "ACKNOWLEDGED", "WITHDRAWN", "REJECTED"] as const)(
    "is refused of a file that is %s",
    async (state) => {
      const world = await doubted([state]);
      await expect(proposed(world)).rejects.toThrow(ProposalRefused);
      await expect(proposed(world)).rejects.toThrow(`is not in doubt: it is ${state}`);
    },
  );

  it("is open for a file that is SUBMITTING, whose call may have died", async () => {
    const world = await doubted(["SUBMITTING"]);
    await resolved(world);
    expect(await submit(world)).toMatchObject({ rejected: 1 });
  });

  it("is refused before the batch has any files", async () => {
    const world = worldOn(memory());
    await world.ledger.writeBatch(batchItem({ stream: world.stream.name }), undefined);
    await world.ledger.writeStream(heldBy(world.id(), {}, { stream: world.stream.name }), undefined);
    await expect(proposed(world, { statedAt: AT })).rejects.toThrow(/there is no file 01/);
    expect(await world.objects.list("reports", "")).toEqual([]);
  });

  it("is refused while no intent stands, or one of other bytes", async () => {
    for (const intent of [{ kind: "VOID" }, { number: 2 }, { sha256: "f".repeat(64) }] as const) {
      const world = await doubted(["UNKNOWN"], intent);
      await expect(proposed(world), JSON.stringify(intent)).rejects.toThrow(ProposalRefused);
    }
  });

  it("is refused with the reason: no intent, or one of other bytes", async () => {
    const withoutIntent = await doubted(["UNKNOWN"], { kind: "VOID" });
    await expect(proposed(withoutIntent)).rejects.toThrow(
      `no intent of file 01 of batch ${withoutIntent.id()} stands, so a redrive proves without anybody that it was not sent`,
    );
    const otherBytes = await doubted(["UNKNOWN"], { sha256: "f".repeat(64) });
    await expect(proposed(otherBytes)).rejects.toThrow(
      `the intent that stands is not of the bytes of file 01 of batch ${otherBytes.id()}`,
    );
  });

  it("leaves nothing that can be approved without a line in the audit trail, wherever its process dies", async () => {
    for (let before = 1; before <= 10; before += 1) {
      const world = await doubted();
      await propose(request(world), dying(world.ports(), before)).catch(() => "dead");
      const trail = (await world.ledger.readEvents(world.id())).map(({ action }) => action);
      for (const { id } of await world.ledger.readProposals(world.id())) {
        expect(trail).toContain(`propose ${id}`);
        expect(await world.objects.list("reports", "evidence/")).toEqual([evidenceKey(world)]);
      }
      await resolved(world);
      expect(await submit(world)).toMatchObject({ rejected: 1 });
    }
  });
});

describe("a batch that nobody can decide about any more", () => {
  test.each(ENDED)("because it %s, is resolved no longer", async (_what, end, fault) => {
    const world = await doubted();
    const { id } = await proposed(world);
    await end(world);
    await expect(proposed(world)).rejects.toThrow(fault);
    await expect(approved(world, id)).rejects.toThrow(fault);
    expect(await world.ledger.readApprovals(world.id())).toEqual([]);
  });
});

describe("approving that a file in doubt be resolved", () => {
  it("is another person's yes, and changes nothing until the batch is redriven", async () => {
    const world = await doubted();
    const { id } = await proposed(world);
    await expect(approved(world, id, "ANN")).rejects.toThrow(/proposed themselves/);
    expect(await approved(world, id)).toEqual({
      proposal: id,
      batchId: world.id(),
      decided: "resolve file 01 as rejected",
      proposedBy: "ann",
      approvedBy: "bob",
      at: instant(40),
    });
    expect(await statesOf(world)).toEqual(["UNKNOWN"]);
  });

  it("is refused after the hour", async () => {
    const world = await doubted();
    const { id } = await proposed(world);
    world.now = (MORNING + 100 * MINUTE + 1) as Instant;
    await expect(approved(world, id)).rejects.toThrow(/within 60 minutes/);
    world.now = (MORNING + 100 * MINUTE) as Instant;
    await expect(approved(world, id)).resolves.toMatchObject({ approvedBy: "bob" });
  });

  it.each([
    ["has other bytes", { sha256: "f".repeat(64) }, /not of the bytes/],
    ["is no longer in doubt", { state: "SUBMITTED" }, /is not in doubt: it is SUBMITTED/],
  ] as const)("is refused when the file %s by then", async (_what, change, message) => {
    const world = await doubted();
    const { id } = await proposed(world);
    await changeFile(world, change);
    await expect(approved(world, id)).rejects.toThrow(ApprovalRefused);
    await expect(approved(world, id)).rejects.toThrow(message);
    expect(await world.ledger.readApprovals(world.id())).toEqual([]);
  });

  it("is refused when another intent stands than was proposed", async () => {
    const world = await doubted();
    const { id } = await proposed(world);
    const ports = world.ports();
    const ledger = failing(ports.ledger, "readSubmission", async ({ reach }) => ({
      ...((await reach()) as SubmissionItem),
      nonce: "another's",
    }));
    await expect(approve({ proposal: id, by: "bob" }, { ...ports, ledger })).rejects.toThrow(
      /another intent now than were proposed/,
    );
  });

  it("is refused when the file has other bytes than were proposed", async () => {
    const world = await doubted();
    const { id } = await proposed(world);
    const other = "0".repeat(64);
    await changeFile(world, { sha256: other });
    const ports = world.ports();
    const ledger = failing(ports.ledger, "readSubmission", async ({ reach }) => ({
      ...((await reach()) as SubmissionItem),
      sha256: other,
    }));
    await expect(approve({ proposal: id, by: "bob" }, { ...ports, ledger })).rejects.toEqual(
      new ApprovalRefused(
        `file 01 of batch ${world.id()} has other bytes or another intent now than were proposed`,
      ),
    );
  });

  it("is refused when the evidence is gone, or is other bytes, under whatever version", async () => {
    const world = await doubted();
    const { id } = await proposed(world);
    const ports = world.ports();
    for (const found of [undefined, { bytes: Buffer.from("forged") }]) {
      const objects = failing(ports.objects, "read", async () => found);
      const told = approve({ proposal: id, by: "bob" }, { ...ports, objects });
      await expect(told).rejects.toThrow(ApprovalRefused);
      await expect(told).rejects.toThrow(
        /^the evidence is not what was proposed; reports: .* (is missing|has SHA-256 .*)$/,
      );
      const fault: unknown = await told.catch((error: unknown) => error);
      expect((fault as Error).cause).toBeInstanceOf(BankFileDamaged);
    }
    expect(await world.ledger.readApprovals(world.id())).toEqual([]);
    // The version that was proposed is what counts: what somebody has put over it since is not read.
    await world.overwrite("reports", evidenceKey(world), Buffer.from("forged"));
    await expect(approved(world, id)).resolves.toMatchObject({ proposal: id });
  });

  it("lets a store that gives no answer fail, and approves nothing", async () => {
    const world = await doubted();
    const { id } = await proposed(world);
    const ports = world.ports();
    const error = sdkError("SlowDown");
    const objects = failing(ports.objects, "read", lost(error));
    await expect(approve({ proposal: id, by: "bob" }, { ...ports, objects })).rejects.toBe(error);
    expect(await world.ledger.readApprovals(world.id())).toEqual([]);
  });

  it("is shown, with whether it still counts", async () => {
    const world = await doubted();
    const { id } = await proposed(world);
    const standing = async () => {
      const executions = { describe: async () => undefined };
      const { proposals } = await showBatch({ batchId: world.id() }, { ...world.ports(), executions });
      return proposals.find((one) => one.id === id)?.standing;
    };
    expect(await standing()).toBe("open");
    await approved(world, id);
    expect(await standing()).toBe("accepted");
    await changeFile(world, { sha256: "f".repeat(64) });
    expect(await standing()).toBe("other-files");
  });
});

describe("what an on-call engineer is told of a file in doubt", () => {
  const show = (world: World, over = {}) => {
    const executions = { describe: async () => undefined };
    return showBatch({ batchId: world.id() }, { ...world.ports(), executions, ...over });
  };
  const DOUBT = { number: 1, nonce: "the sender's", intentAt: AT, arrivedBy: instant(20) };

  it('is when its intent was put, and after which instant the bank\'s "we do not have it" counts', async () => {
    const world = await doubted(["UNKNOWN", "RECONCILED"]);
    const key = `${world.stream.bankProfile.userId}/${world.id()}-01.aba`;
    expect(await show(world)).toMatchObject({ timeZone: "Australia/Sydney" });
    expect((await show(world)).inDoubt).toEqual([{ ...DOUBT, outboundKey: key }]);
    await expect(submit(world)).rejects.toMatchObject({
      name: "SubmissionUnknown",
      message: expect.stringMatching(RegExp(`; ask the bank after ${instant(20).replaceAll(".", "[.]")}$`)),
    });
  });

  it("is where the file was delivered, whatever user id a later release has, and nothing where no record says it", async () => {
    const world = await doubted();
    const profile = { ...world.stream.bankProfile, userId: "777777" };
    const streams = { [world.stream.name]: { ...world.stream, bankProfile: profile } };
    const configuration = { ...world.configuration, streams };
    expect((await show(world, { configuration })).inDoubt).toEqual([
      { ...DOUBT, outboundKey: pickUp(world) },
    ]);
    await forgetBeginning(world);
    expect((await show(world)).inDoubt).toEqual([DOUBT]);
  });

  it("is the same of a stream that the configuration has forgotten, as far as it is known", async () => {
    const world = await doubted(["SUBMITTING"]);
    const configuration = { ...world.ports().configuration, streams: {} };
    const view = await show(world, { configuration });
    expect(view.inDoubt).toEqual([{ ...DOUBT, outboundKey: pickUp(world) }]);
    expect(view.timeZone).toBeUndefined();
  });

  it("is nothing of a file that was never sent, or whose doubt is over", async () => {
    const world = await doubted(["UNKNOWN"]);
    await resolved(world);
    await submit(world);
    expect((await show(world)).inDoubt).toEqual([]);
    for (const kind of ["VOID", undefined] as const) {
      const other = worldOn(memory());
      await reconciled(other, ["SUBMITTING"]);
      const item = { batchId: other.id(), number: 1, nonce: "n", sha256: sha256(bytesOf(1)), at: AT };
      if (kind) await other.ledger.createSubmission({ ...item, kind });
      expect((await show(other)).inDoubt, kind).toEqual([]);
    }
  });
});

describe("a file in doubt that two people have resolved", () => {
  it.each([
    ["submitted", "SUBMITTED", { submitted: 1, withdrawn: 0, rejected: 0 }],
    ["rejected", "REJECTED", { submitted: 0, withdrawn: 0, rejected: 1 }],
  ] as const)("as %s is %s after a redrive, and names who said so", async (outcome, state, tally) => {
    const world = await doubted();
    const id = await resolved(world, { outcome });
    world.now = (MORNING + 600 * MINUTE) as Instant;
    expect(await submit(world)).toEqual(tally);
    const [file] = await filesOf(world);
    expect(file).toMatchObject({
      state,
      resolved: {
        outcome,
        proposal: id,
        proposedBy: "ann",
        approvedBy: "bob",
        reason: "the bank says so",
        evidence: { key: evidenceKey(world), reference: "CAS-1", channel: "email", statedAt: STATED },
        at: instant(600),
      },
    });
    expect(await world.objects.versions("outbound", pickUp(world))).toEqual([]);
    const before = await itemOf(world);
    expect(await submit(world)).toEqual(tally);
    expect(await itemOf(world)).toEqual(before);
  });

  it.each(OUTCOMES)("as %s is settled by an abandon too, which keeps it", async (outcome) => {
    const world = await doubted(["UNKNOWN", "RECONCILED"]);
    await resolved(world, { outcome });
    const decision = { batchId: world.id(), by: "carl", reason: "enough" };
    expect(await abandonBatch(decision, world.ports())).toEqual({
      outcome: "OPEN",
      withdrawn: [2],
      kept: [1],
      inDoubt: [],
    });
    expect(await statesOf(world)).toEqual([outcome === "submitted" ? "SUBMITTED" : "REJECTED", "WITHDRAWN"]);
  });

  it("as submitted lets the files behind it go, as rejected holds them", async () => {
    const sent = await doubted(["UNKNOWN", "RECONCILED"]);
    await resolved(sent, { outcome: "submitted" });
    expect(await submit(sent)).toMatchObject({ submitted: 2 });
    const held = await doubted(["UNKNOWN", "RECONCILED"]);
    await resolved(held);
    await expect(submit(held)).rejects.toThrow(SubmissionStopped);
    expect(await statesOf(held)).toEqual(["REJECTED", "RECONCILED"]);
  });

  it.each(OUTCOMES)("as %s is SUBMITTED all the same once its bytes lie under the key", async (outcome) => {
    const world = await doubted();
    await resolved(world, { outcome });
    await world.overwrite("outbound", pickUp(world), bytesOf(1));
    expect(await submit(world)).toMatchObject({ submitted: 1 });
    const [file] = await filesOf(world);
    expect(file).toMatchObject({ state: "SUBMITTED", delivered: { key: pickUp(world) } });
    expect(file?.resolved).toBeUndefined();
  });

  it("as rejected is not so for a call that had looked before the delivery arrived, and was held up since", async () => {
    const world = await doubted();
    const ports = world.ports();
    // It sees no bytes; then it stands still while the delivery arrives, the bank errs, and two people believe it.
    const ledger = failing(ports.ledger, "createSubmission", async ({ reach }) => {
      await world.overwrite("outbound", pickUp(world), bytesOf(1));
      await resolved(world);
      return reach();
    });
    expect(await submit(world, { ...ports, ledger })).toMatchObject({ submitted: 1, rejected: 0 });
    expect(await statesOf(world)).toEqual(["SUBMITTED"]);
  });

  it("is looked for where it was delivered, whatever user id a later release has", async () => {
    for (const run of ["SubmitBankFile", "AbandonBatch"]) {
      const world = await doubted();
      await resolved(world);
      await world.overwrite("outbound", pickUp(world), bytesOf(1));
      const profile = { ...world.stream.bankProfile, userId: "777777" };
      const stream = { ...world.stream, bankProfile: profile };
      const configuration = { ...world.configuration, streams: { [stream.name]: stream } };
      const ports = world.ports({ configuration });
      if (run === "SubmitBankFile") await submit(world, ports);
      else await abandonBatch({ batchId: world.id(), by: "ann", reason: "why" }, ports);
      expect(await statesOf(world)).toEqual(["SUBMITTED"]);
    }
  });

  it("as rejected is not so while anything lies under its key, whatever it reads as", async () => {
    const world = await doubted();
    await resolved(world);
    await world.overwrite("outbound", pickUp(world), Buffer.from("cut"));
    await expect(submit(world)).rejects.toThrow(SubmissionUnknown);
    const ports = world.ports();
    const objects = failing(ports.objects, "versions", lost(sdkError("TimeoutError")), 2);
    await expect(submit(world, { ...ports, objects })).rejects.toThrow(SubmissionUnknown);
    expect(await statesOf(world)).toEqual(["UNKNOWN"]);
  });

  it("as submitted is so whatever else lies under its key", async () => {
    const world = await doubted();
    await resolved(world, { outcome: "submitted" });
    await world.overwrite("outbound", pickUp(world), Buffer.from("cut"));
    expect(await submit(world)).toMatchObject({ submitted: 1 });
    expect(await statesOf(world)).toEqual(["SUBMITTED"]);
  });

  it("as rejected says what keeps it in doubt: what lies there, or that the ledger does not answer", async () => {
    const world = await doubted();
    await resolved(world);
    const ports = world.ports();
    const silent = failing(ports.ledger, "readProposals", lost(sdkError("ThrottlingException")));
    await expect(submit(world, { ...ports, ledger: silent })).rejects.toThrow(
      "may or may not be with the bank: the ledger does not say whether it was resolved",
    );
    await world.overwrite("outbound", pickUp(world), Buffer.from("cut"));
    await expect(submit(world)).rejects.toThrow(
      "may or may not be with the bank: it was resolved as rejected, and something lies under its key",
    );
  });

  it("stays in doubt where its record does not say under which key it was begun", async () => {
    const world = await doubted();
    await forgetBeginning(world);
    await expect(submit(world)).rejects.toThrow("was never begun");
  });

  it("stays in doubt where the store does not answer the second look", async () => {
    const world = await doubted();
    await resolved(world);
    const ports = world.ports();
    const objects = failing(ports.objects, "versions", lost(sdkError("SlowDown")), 2);
    await expect(submit(world, { ...ports, objects })).rejects.toThrow(SubmissionUnknown);
    expect(await statesOf(world)).toEqual(["UNKNOWN"]);
    expect(await submit(world)).toMatchObject({ rejected: 1 });
  });

  it("as both, is submitted: what may have been debited is not released", async () => {
    const world = await doubted();
    await resolved(world);
    await resolved(world, { outcome: "submitted" });
    expect(await submit(world)).toMatchObject({ submitted: 1 });
  });

  it("needs both people, within the hour, for this intent and these bytes", async () => {
    const alone = await doubted();
    await proposed(alone);
    await expect(submit(alone)).rejects.toThrow(SubmissionUnknown);

    // As if somebody had written them past the functions: what does not count there does not count here either.
    const world = await doubted();
    const { id } = await proposed(world);
    const [proposal] = await world.ledger.readProposals(world.id());
    const batchId = world.id();
    await world.ledger.createApproval({
      batchId,
      proposal: id,
      proposalSha256: "0",
      by: "bob",
      at: instant(40),
    });
    await expect(submit(world)).rejects.toThrow(SubmissionUnknown);
    expect(proposal).toBeDefined();

    for (const read of [
      (item: SubmissionItem) => ({ ...item, nonce: "another's" }),
      (item: SubmissionItem) => ({ ...item, sha256: "f".repeat(64) }),
      (item: SubmissionItem) => ({ ...item, at: instant(10) }),
    ]) {
      const other = await doubted();
      await resolved(other);
      const ports = other.ports();
      const ledger = failing(
        ports.ledger,
        "readSubmission",
        async ({ reach }) => read((await reach()) as SubmissionItem),
        "always",
      );
      await expect(submit(other, { ...ports, ledger })).rejects.toThrow(SubmissionUnknown);
      expect(await statesOf(other)).toEqual(["UNKNOWN"]);
    }
  });

  it("is not what was said of an intent of other bytes, even if two people had said it", async () => {
    const intended = "f".repeat(64);
    const world = await doubted(["UNKNOWN"], { sha256: intended });
    const said = {
      batchId: world.id(),
      action: "resolve-submission" as const,
      number: 1,
      sha256: intended,
      nonce: "the sender's",
      outcome: "rejected" as const,
      evidence: {
        key: "k",
        sha256: "e",
        reference: "CAS-1",
        channel: "email" as const,
        statedAt: STATED,
      },
      reason: "the bank says so",
      by: "ann",
      at: instant(40),
    };
    const item = { ...said, id: proposalId(said, sha256OfText) };
    await world.ledger.createProposal(item);
    await world.ledger.createApproval({
      batchId: world.id(),
      proposal: item.id,
      proposalSha256: proposalSha256(said, sha256OfText),
      by: "bob",
      at: instant(40),
    });
    await expect(submit(world)).rejects.toThrow(SubmissionUnknown);
    expect(await statesOf(world)).toEqual(["UNKNOWN"]);
  });

  it("stays in doubt while the ledger does not answer, and is settled when it does", async () => {
    for (const method of ["readProposals", "readApprovals"] as const) {
      const world = await doubted();
      await resolved(world);
      const ports = world.ports();
      const error = sdkError("ThrottlingException");
      const ledger = failing(ports.ledger, method, lost(error));
      const told = submit(world, { ...ports, ledger });
      await expect(told).rejects.toThrow(SubmissionUnknown);
      await expect(told).rejects.toMatchObject({ cause: error });
      expect(await submit(world)).toMatchObject({ rejected: 1 });
    }
  });

  it("is left to the later acquire by a call that has lost its fence on the way, and that is no doubt", async () => {
    const world = await doubted(["SUBMITTING"]);
    await resolved(world);
    const ports = world.ports();
    const ledger = failing(ports.ledger, "createSubmission", async ({ reach }) => {
      const item = await itemOf(world);
      await world.ledger.writeStream({ ...item, version: item.version + 1, fence: 2 }, item.version);
      return reach();
    });
    await expect(submit(world, { ...ports, ledger })).rejects.toThrow(StaleFence);
    expect(await statesOf(world)).toEqual(["SUBMITTING"]);
  });

  it("is settled once by two calls at once, and after a move whose answer was lost", async () => {
    const world = await doubted();
    await resolved(world);
    const lostAnswer = failing(world.ledger, "writeStream", answerLost(sdkError("TimeoutError")), "always");
    const ends = await Promise.allSettled([
      submit(world),
      submit(world, { ...world.ports(), ledger: lostAnswer }),
    ]);
    for (const end of ends) {
      if (end.status === "rejected") expect(end.reason).toBeInstanceOf(LedgerBusy);
    }
    expect(await statesOf(world)).toEqual(["REJECTED"]);
    expect(await submit(world)).toMatchObject({ rejected: 1 });
  });

  it("is what another call has proven while this one was about to write it", async () => {
    const world = await doubted();
    await resolved(world);
    const ports = world.ports();
    const ledger = failing(ports.ledger, "writeStream", async ({ reach }) => {
      await changeFile(world, { state: "SUBMITTED" });
      return reach();
    });
    expect(await submit(world, { ...ports, ledger })).toMatchObject({ submitted: 1 });
    expect((await filesOf(world))[0]?.resolved).toBeUndefined();
  });

  it("as rejected is delivered by nobody any more, also not by the sender that wakes hours later", async () => {
    const world = worldOn(memory());
    await reconciled(world);
    const ports = world.ports();
    // It was frozen just before its delivery; another call finds the doubt, and two people end it.
    const objects = failing(ports.objects, "versions", async ({ reach }) => {
      const found = await reach();
      await expect(submit(world)).rejects.toThrow(SubmissionUnknown);
      world.now = (MORNING + 40 * MINUTE) as Instant;
      await resolved(world);
      expect(await submit(world)).toMatchObject({ rejected: 1 });
      return found;
    });
    expect(await submit(world, { ...ports, objects })).toMatchObject({ submitted: 0, rejected: 1 });
    expect(await world.objects.versions("outbound", pickUp(world))).toEqual([]);
    expect(await statesOf(world)).toEqual(["REJECTED"]);
  });
});
