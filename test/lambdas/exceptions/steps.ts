import { closeBatch } from "../../../lambdas/billing-batch/close-batch/close-batch.ts";
import { composeBankFile } from "../../../lambdas/billing-batch/compose-bank-file/compose-bank-file.ts";
import { planBatch } from "../../../lambdas/billing-batch/plan-segments/plan-segments.ts";
import { reconcile } from "../../../lambdas/billing-batch/reconcile/reconcile.ts";
import { stageSegment } from "../../../lambdas/billing-batch/stage-segment/stage-segment.ts";
import type { FileItem, FileStateName, Outcome, StreamItem } from "../../../lambdas/domain/records.ts";
import { approve } from "../../../lambdas/operations/approve/approve.ts";
import { propose } from "../../../lambdas/operations/propose/propose.ts";
import type { Instant } from "../../../lambdas/ports.ts";
import { outboundKey } from "../../../lambdas/submission.ts";
import { AT, begun, MORNING, PROFILE } from "../../builders.ts";
import type { Scene } from "./cells.ts";
import {
  AS_IT_IS,
  BYTES_PROVEN,
  CLAIM,
  type Decision,
  doubt,
  MINE,
  NUMBERED,
  PROVEN_BY_READING,
  READ_BACK,
  RECORD_PROVEN,
  SEGMENT,
  WRITE_AS_IT_IS,
} from "./decisions.ts";
import { acquired, BATCH, type Change, EARLIER, FENCE, STREAM, submitted, WHY, worldIn } from "./life.ts";

const EVENT = { batchId: BATCH, fence: FENCE };
/** Later than the first call's turn, as a redrive's is. */
const ENTERED = { first: "2026-10-05T20:00:30.000Z", again: "2026-10-05T20:01:00.000Z" };

const acquire: Scene["run"] = (ports, _life, again) =>
  acquired(ports, BATCH, again ? ENTERED.again : ENTERED.first);

/** The stream's item as somebody else has left it. */
export const itemBecomes =
  (change: (item: StreamItem & { batch: NonNullable<StreamItem["batch"]> }) => StreamItem): Change =>
  async ({ ledger }) => {
    const item = await ledger.readStream(STREAM);
    ledger.putStream(change(item as never));
  };

/** The first file as a call has left it that never came back; the second one as the gate has. */
export const firstFile = (state: FileStateName): Change =>
  itemBecomes((item) => {
    const [first, ...others] = item.batch.files as [FileItem, ...FileItem[]];
    const submitting = begun(1, `${PROFILE.userId}/${item.batch.id}-01.aba`);
    return { ...item, batch: { ...item.batch, files: [{ ...first, state, submitting }, ...others] } };
  });

/** The first file's intent, put by a call that never came back. */
export const intent: Change = async ({ ledger }) => {
  const sha256 = (await ledger.readStream(STREAM))?.batch?.files?.[0]?.sha256 ?? "";
  await ledger.createSubmission({
    batchId: BATCH,
    number: 1,
    kind: "INTENT",
    nonce: "before",
    sha256,
    at: AT,
  });
};

/** The first file's bytes, put by that call. */
export const delivered: Change = async ({ ledger, objects }) => {
  const key = (await ledger.readStream(STREAM))?.batch?.files?.[0]?.key ?? "";
  const stored = await objects.read("bankFiles", key);
  objects.put("outbound", outboundKey(PROFILE.userId, BATCH, 1), stored?.bytes ?? Buffer.alloc(0));
};

/** When the bank has answered about the first file, and later, when people bring that forward. */
const STATED = new Date(MORNING + 30 * 60_000).toISOString();
export const RESOLVING = (MORNING + 40 * 60_000) as Instant;

/** What a person proposes of the first file on the bank's words. */
export const resolve = (ports: Parameters<typeof propose>[1], outcome: Outcome) =>
  propose(
    {
      action: "resolve-submission",
      batchId: BATCH,
      number: 1,
      outcome,
      evidence: Buffer.from("Dear customer, this is what we have of it. Yours, the bank."),
      reference: "CAS-1",
      channel: "email",
      statedAt: STATED,
      ...WHY,
    },
    ports,
  );

/** That proposal, and a second person's yes. */
const resolved =
  (outcome: Outcome): Change =>
  async (stores) => {
    const world = worldIn(stores);
    world.now = RESOLVING;
    const { id } = await resolve(world.ports(), outcome);
    await approve({ proposal: id, by: "ben" }, world.ports());
  };

/** The first file in doubt: its intent stands, and nothing lies under its key. */
export const inDoubt: readonly Change[] = [firstFile("UNKNOWN"), intent];
export const resolvedAs = (outcome: Outcome): readonly Change[] => [...inDoubt, resolved(outcome)];

/**
 * The second single-winner write: only the ledger says that it was won. Never won, nothing is sent, and a second call
 * makes sure of that for ever.
 */
function intentPut(afterwards: readonly FileStateName[]): Decision {
  return {
    lost: "goes on",
    landed: "goes on",
    always: { lost: "that error", landed: "goes on" },
    afterwards,
  };
}

/** The one delivery: only what lies under the key says whether the bank has it, and it is never sent again. */
function delivery(files: readonly FileStateName[]): Decision {
  return { ...doubt(files, files), landed: "goes on", otherBytes: "doubt" };
}

export const STEPS: Readonly<Record<string, readonly Scene[]>> = {
  AcquireLock: [
    {
      when: "the lock is free",
      before: (life) => life.until("listed"),
      run: acquire,
      decisions: {
        "objects.read due": AS_IT_IS,
        "objects.versions due": AS_IT_IS,
        "ledger.readStream": AS_IT_IS,
        // Its own record, before the lock and after it.
        "ledger.readBatch": AS_IT_IS,
        "ledger.writeStream": PROVEN_BY_READING,
        "ledger.writeBatch": READ_BACK,
        "ledger.createEvent": MINE,
      },
    },
    {
      when: "a batch that is closed has not released it",
      before: (life) => [
        ...life.until("listed"),
        itemBecomes((item) => ({ ...item, batch: { id: EARLIER, nonce: "before", since: AT } })),
      ],
      run: acquire,
      decisions: {
        "objects.read due": AS_IT_IS,
        "objects.versions due": AS_IT_IS,
        "ledger.readStream": AS_IT_IS,
        // Its own record, then the holder's: a holder that cannot be read is not over.
        "ledger.readBatch": AS_IT_IS,
        "ledger.writeStream": PROVEN_BY_READING,
        "ledger.writeBatch": READ_BACK,
        "ledger.createEvent": MINE,
      },
    },
    {
      when: "it is the batch's own already",
      before: (life) => life.until("composed"),
      run: acquire,
      decisions: {
        "objects.read due": AS_IT_IS,
        "objects.versions due": AS_IT_IS,
        "ledger.readStream": AS_IT_IS,
        "ledger.readBatch": AS_IT_IS,
        "ledger.writeStream": PROVEN_BY_READING,
        "ledger.createEvent": MINE,
      },
    },
  ],
  PlanSegments: [
    {
      when: "nothing is planned",
      before: (life) => life.until("acquired"),
      run: (ports) => planBatch(EVENT, ports),
      decisions: {
        "ledger.readBatch": AS_IT_IS,
        "ledger.readStream": AS_IT_IS,
        "objects.read due": AS_IT_IS,
        "objects.create work": BYTES_PROVEN,
        "ledger.writeBatch": PROVEN_BY_READING,
      },
    },
  ],
  StageSegment: [
    {
      when: "one row is another attempt, and one is another batch's",
      before: (life) => life.until("half staged"),
      run: (ports) => stageSegment({ ...EVENT, segment: 2 }, ports),
      inFlight: ["ledger.writeClaim", "objects.create work"],
      decisions: {
        "ledger.readBatch": AS_IT_IS,
        "ledger.readStream": AS_IT_IS,
        "ledger.readSegment": AS_IT_IS,
        "objects.read work": AS_IT_IS,
        "objects.read due": AS_IT_IS,
        "ledger.readClaims": AS_IT_IS,
        // A return that cannot be read is no return, and no reason to exclude.
        "ledger.readReturns": AS_IT_IS,
        // The facts of another batch's claim: it is neither released nor held for want of an answer.
        "ledger.readFiles": AS_IT_IS,
        "ledger.writeClaim": CLAIM,
        "objects.create work": BYTES_PROVEN,
        "ledger.createSegment": SEGMENT,
      },
    },
  ],
  ComposeBankFile: [
    {
      when: "nothing is frozen",
      before: (life) => life.until("staged"),
      run: (ports) => composeBankFile(EVENT, ports),
      decisions: {
        "ledger.readBatch": AS_IT_IS,
        "ledger.readStream": AS_IT_IS,
        "ledger.readSegments": AS_IT_IS,
        "objects.read work": AS_IT_IS,
        "objects.create bankFiles": BYTES_PROVEN,
        "ledger.writeStream": PROVEN_BY_READING,
        "objects.read bankFiles": AS_IT_IS,
      },
    },
    {
      when: "the set is frozen",
      before: (life) => life.until("composed"),
      run: (ports) => composeBankFile(EVENT, ports),
      decisions: {
        "ledger.readBatch": AS_IT_IS,
        "ledger.readStream": AS_IT_IS,
        "objects.read bankFiles": AS_IT_IS,
      },
    },
  ],
  Reconcile: [
    {
      when: "two people have accepted what is suspicious",
      before: (life) => life.until("approved"),
      run: (ports) => reconcile(EVENT, ports),
      decisions: {
        // A store that does not answer is no failed check and no passed one: nothing was judged.
        "ledger.readStream": AS_IT_IS,
        "ledger.readBatch": AS_IT_IS,
        "objects.read due": AS_IT_IS,
        "objects.read bankFiles": AS_IT_IS,
        "ledger.readSegments": AS_IT_IS,
        "ledger.readSegment": AS_IT_IS,
        "objects.read work": AS_IT_IS,
        "ledger.readClaimsNamed": AS_IT_IS,
        "ledger.readReturns": AS_IT_IS,
        "ledger.readFiles": AS_IT_IS,
        "ledger.readClosings": AS_IT_IS,
        "ledger.readProposals": AS_IT_IS,
        "ledger.readApprovals": AS_IT_IS,
        "ledger.readEvents": AS_IT_IS,
        "objects.list reports": AS_IT_IS,
        "objects.create reports#1": NUMBERED,
        "objects.create reports": WRITE_AS_IT_IS,
        // The verdict: not written, nothing has passed.
        "ledger.writeStream": PROVEN_BY_READING,
      },
    },
    {
      when: "nobody has accepted what is suspicious",
      before: (life) => life.until("composed"),
      run: (ports) => reconcile(EVENT, ports),
      decisions: {
        // A store that does not answer is no failed check and no passed one: nothing was judged.
        "ledger.readStream": AS_IT_IS,
        "ledger.readBatch": AS_IT_IS,
        "objects.read due": AS_IT_IS,
        "objects.read bankFiles": AS_IT_IS,
        "ledger.readSegments": AS_IT_IS,
        "ledger.readSegment": AS_IT_IS,
        "objects.read work": AS_IT_IS,
        "ledger.readClaimsNamed": AS_IT_IS,
        "ledger.readReturns": AS_IT_IS,
        "ledger.readFiles": AS_IT_IS,
        "ledger.readClosings": AS_IT_IS,
        "ledger.readProposals": AS_IT_IS,
        "ledger.readApprovals": AS_IT_IS,
        "ledger.readEvents": AS_IT_IS,
        "objects.list reports": AS_IT_IS,
        "objects.create reports#1": NUMBERED,
        "objects.create reports": WRITE_AS_IT_IS,
      },
    },
    {
      when: "every file is with the bank",
      before: (life) => life.until("submitted"),
      run: (ports) => reconcile(EVENT, ports),
      // The verdict that stands is not judged again, and who cannot read it does not know that it stands.
      decisions: { "ledger.readStream": AS_IT_IS, "ledger.readBatch": AS_IT_IS },
    },
  ],
  SubmitBankFile: [
    {
      when: "nothing is begun",
      before: (life) => life.until("reconciled"),
      run: (ports) => submitted(ports),
      decisions: {
        "ledger.readBatch": AS_IT_IS,
        "ledger.readStream": AS_IT_IS,
        "objects.read bankFiles": AS_IT_IS,
        // Whether it is still to be delivered.
        "ledger.readStream#4": doubt(["UNKNOWN", "RECONCILED"], ["UNKNOWN", "RECONCILED"]),
        "ledger.readStream#8": doubt(["SUBMITTED", "UNKNOWN"], ["SUBMITTED", "UNKNOWN"]),
        // Begun, confirmed, begun, confirmed.
        "ledger.writeStream": PROVEN_BY_READING,
        "ledger.createSubmission#1": intentPut(["WITHDRAWN", "RECONCILED"]),
        "ledger.createSubmission#2": intentPut(["SUBMITTED", "WITHDRAWN"]),
        // What lies under the key before the put, and after it.
        "objects.versions outbound#1": doubt(["UNKNOWN", "RECONCILED"], ["UNKNOWN", "RECONCILED"]),
        "objects.versions outbound#2": doubt(["SUBMITTING", "RECONCILED"]),
        "objects.read outbound#1": doubt(["SUBMITTING", "RECONCILED"]),
        "objects.versions outbound#3": doubt(["SUBMITTED", "UNKNOWN"], ["SUBMITTED", "UNKNOWN"]),
        "objects.versions outbound#4": doubt(["SUBMITTED", "SUBMITTING"]),
        "objects.read outbound#2": doubt(["SUBMITTED", "SUBMITTING"]),
        "objects.create outbound#1": delivery(["UNKNOWN", "RECONCILED"]),
        "objects.create outbound#2": delivery(["SUBMITTED", "UNKNOWN"]),
      },
    },
    {
      when: "the first file is begun, without an intent",
      before: (life) => [...life.until("reconciled"), firstFile("SUBMITTING")],
      run: (ports) => submitted(ports),
      decisions: {
        "ledger.readBatch": AS_IT_IS,
        "ledger.readStream": AS_IT_IS,
        "objects.versions outbound": doubt(["SUBMITTING", "RECONCILED"]),
        "ledger.createSubmission": { ...doubt(["SUBMITTING", "RECONCILED"]), landed: "goes on" },
        "ledger.writeStream": PROVEN_BY_READING,
      },
    },
    {
      when: "the first file is begun, with an intent and without its bytes",
      before: (life) => [...life.until("reconciled"), firstFile("SUBMITTING"), intent],
      run: (ports) => submitted(ports),
      decisions: {
        "ledger.readBatch": AS_IT_IS,
        "ledger.readStream": AS_IT_IS,
        "objects.versions outbound": doubt(["SUBMITTING", "RECONCILED"]),
        // Whatever the put has thrown, the intent that stands there is read.
        "ledger.createSubmission": { lost: "goes on", landed: "goes on" },
        "ledger.readSubmission#1": doubt(["SUBMITTING", "RECONCILED"]),
        // The doubt is taken down before anybody asks what people have said of it.
        "ledger.readSubmission#2": doubt(["UNKNOWN", "RECONCILED"]),
        "ledger.readProposals": doubt(["UNKNOWN", "RECONCILED"]),
        "ledger.readApprovals": doubt(["UNKNOWN", "RECONCILED"]),
        // A doubt that cannot be written down is no less a doubt.
        "ledger.readStream#3": doubt(["SUBMITTING", "RECONCILED"]),
        "ledger.writeStream": {
          lost: "goes on",
          landed: "goes on",
          always: { lost: "SubmissionUnknown", landed: "goes on" },
        },
      },
    },
    {
      when: "the first file is begun, and lies under its key",
      before: (life) => [...life.until("reconciled"), firstFile("SUBMITTING"), intent, delivered],
      run: (ports) => submitted(ports),
      decisions: {
        "ledger.readBatch": AS_IT_IS,
        "ledger.readStream": AS_IT_IS,
        "objects.versions outbound#1": doubt(["SUBMITTING", "RECONCILED"]),
        "objects.read outbound#1": doubt(["SUBMITTING", "RECONCILED"]),
        "ledger.writeStream": PROVEN_BY_READING,
        // And then the second file, as ever.
        "objects.read bankFiles": AS_IT_IS,
        "ledger.readStream#6": doubt(["SUBMITTED", "UNKNOWN"], ["SUBMITTED", "UNKNOWN"]),
        "ledger.createSubmission": intentPut(["SUBMITTED", "WITHDRAWN"]),
        "objects.versions outbound#2": doubt(["SUBMITTED", "UNKNOWN"], ["SUBMITTED", "UNKNOWN"]),
        "objects.create outbound": delivery(["SUBMITTED", "UNKNOWN"]),
        "objects.versions outbound#3": doubt(["SUBMITTED", "SUBMITTING"]),
        "objects.read outbound#2": doubt(["SUBMITTED", "SUBMITTING"]),
      },
    },
    {
      when: "the first file is in doubt",
      before: (life) => [...life.until("reconciled"), firstFile("UNKNOWN"), intent],
      run: (ports) => submitted(ports),
      decisions: {
        "ledger.readBatch": AS_IT_IS,
        "ledger.readStream": AS_IT_IS,
        "objects.versions outbound": doubt(["UNKNOWN", "RECONCILED"]),
        "ledger.createSubmission": { lost: "goes on", landed: "goes on" },
        "ledger.readSubmission": doubt(["UNKNOWN", "RECONCILED"]),
        "ledger.readStream#3": doubt(["UNKNOWN", "RECONCILED"]),
        // What people have said of it, and cannot be read, has not been said.
        "ledger.readProposals": doubt(["UNKNOWN", "RECONCILED"]),
        "ledger.readApprovals": doubt(["UNKNOWN", "RECONCILED"]),
      },
    },
    {
      when: "two people have resolved the first file as rejected",
      before: (life) => [...life.until("reconciled"), ...resolvedAs("rejected")],
      run: (ports) => submitted(ports),
      now: RESOLVING,
      decisions: {
        "ledger.readBatch": AS_IT_IS,
        "ledger.readStream": AS_IT_IS,
        // Before anybody is believed that the bank does not have it, and once more after that.
        "objects.versions outbound": doubt(["UNKNOWN", "RECONCILED"]),
        "ledger.createSubmission": { lost: "goes on", landed: "goes on" },
        "ledger.readSubmission": doubt(["UNKNOWN", "RECONCILED"]),
        "ledger.readStream#3": doubt(["UNKNOWN", "RECONCILED"]),
        "ledger.readProposals": doubt(["UNKNOWN", "RECONCILED"]),
        "ledger.readApprovals": doubt(["UNKNOWN", "RECONCILED"]),
        "ledger.writeStream": PROVEN_BY_READING,
      },
    },
    {
      when: "two people have resolved the first file as submitted",
      before: (life) => [...life.until("reconciled"), ...resolvedAs("submitted")],
      run: (ports) => submitted(ports),
      now: RESOLVING,
      decisions: {
        "ledger.readBatch": AS_IT_IS,
        "ledger.readStream": AS_IT_IS,
        "objects.versions outbound#1": doubt(["UNKNOWN", "RECONCILED"]),
        "ledger.createSubmission#1": { lost: "goes on", landed: "goes on" },
        "ledger.readSubmission": doubt(["UNKNOWN", "RECONCILED"]),
        "ledger.readStream#3": doubt(["UNKNOWN", "RECONCILED"]),
        "ledger.readProposals": doubt(["UNKNOWN", "RECONCILED"]),
        "ledger.readApprovals": doubt(["UNKNOWN", "RECONCILED"]),
        "ledger.writeStream": PROVEN_BY_READING,
        // And then the second file, as ever.
        "objects.read bankFiles": AS_IT_IS,
        "ledger.readStream#7": doubt(["SUBMITTED", "UNKNOWN"], ["SUBMITTED", "UNKNOWN"]),
        "ledger.createSubmission#2": intentPut(["SUBMITTED", "WITHDRAWN"]),
        "objects.versions outbound#2": doubt(["SUBMITTED", "UNKNOWN"], ["SUBMITTED", "UNKNOWN"]),
        "objects.create outbound": delivery(["SUBMITTED", "UNKNOWN"]),
        "objects.versions outbound#3": doubt(["SUBMITTED", "SUBMITTING"]),
        "objects.read outbound": doubt(["SUBMITTED", "SUBMITTING"]),
      },
    },
  ],
  CloseBatch: [
    {
      when: "every file is submitted",
      before: (life) => life.until("submitted"),
      run: (ports) => closeBatch(EVENT, ports),
      decisions: {
        "ledger.readBatch": AS_IT_IS,
        "ledger.readStream": AS_IT_IS,
        "ledger.readSegments": AS_IT_IS,
        "ledger.createFile": RECORD_PROVEN,
        "ledger.readFiles": AS_IT_IS,
        "ledger.createClosing": RECORD_PROVEN,
        "ledger.readClosings": AS_IT_IS,
        "ledger.writeBatch": PROVEN_BY_READING,
        "ledger.writeStream": PROVEN_BY_READING,
        "objects.list reports": AS_IT_IS,
        "objects.read reports": AS_IT_IS,
        "ledger.readEvents": AS_IT_IS,
        "objects.read work": AS_IT_IS,
        "objects.create reports#1": NUMBERED,
        "objects.create reports": WRITE_AS_IT_IS,
      },
    },
    {
      when: "an earlier execution has closed it",
      before: (life) => life.until("closed"),
      run: (ports) => closeBatch(EVENT, ports),
      decisions: {
        "ledger.readBatch": AS_IT_IS,
        "ledger.readStream": AS_IT_IS,
        // A report that cannot be read is not one that is missing: no second one is written.
        "objects.list reports": AS_IT_IS,
        "objects.read reports": AS_IT_IS,
      },
    },
  ],
};
