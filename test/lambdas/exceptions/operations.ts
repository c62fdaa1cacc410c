import { abandonBatch } from "../../../lambdas/operations/abandon-batch/abandon-batch.ts";
import { approve } from "../../../lambdas/operations/approve/approve.ts";
import { continueBatch } from "../../../lambdas/operations/continue-batch/continue-batch.ts";
import { pauseStream } from "../../../lambdas/operations/pause-stream/pause-stream.ts";
import { propose } from "../../../lambdas/operations/propose/propose.ts";
import { redriveBatch } from "../../../lambdas/operations/redrive-batch/redrive-batch.ts";
import { resumeStream } from "../../../lambdas/operations/resume-stream/resume-stream.ts";
import { showOverrides } from "../../../lambdas/operations/show-overrides/show-overrides.ts";
import { showBatch } from "../../../lambdas/operations/show-batch/show-batch.ts";
import { startBatch } from "../../../lambdas/start-batch/start-batch.ts";
import { watch } from "../../../lambdas/watch/watch.ts";
import type { Instant } from "../../../lambdas/ports.ts";
import { AT, CUT_OFF, MORNING } from "../../builders.ts";
import type { Scene } from "./cells.ts";
import {
  AS_IT_IS,
  BYTES_PROVEN,
  type Decision,
  MINE,
  PROVEN_BY_READING,
  READ_BACK,
  RECORD_PROVEN,
  WRITE_AS_IT_IS,
} from "./decisions.ts";
import { BATCH, type Change, STREAM, WHY, worldIn } from "./life.ts";
import {
  delivered,
  firstFile,
  inDoubt,
  intent,
  itemBecomes,
  RESOLVING,
  resolve,
  resolvedAs,
} from "./steps.ts";

const abandon: Scene["run"] = (ports) => abandonBatch({ batchId: BATCH, ...WHY }, ports);
const ended: Change = ({ executions }) => executions.end(BATCH, "FAILED");
const continued = (ports: Parameters<typeof continueBatch>[1]) =>
  continueBatch({ batchId: BATCH, ...WHY }, ports);
/** A continuation that has failed too. */
const continuedInVain: Change = async (stores) => {
  const { execution } = await continued({ ...worldIn(stores).ports(), ...stores });
  stores.executions.end(execution, "FAILED");
};
/** What Step Functions does 90 days after an execution's end. */
const forgotten: Change = ({ executions }) => executions.forget(BATCH);
const A_YEAR_LATER = (MORNING + 365 * 24 * 60 * 60_000) as Instant;

/** Of the first file nobody can tell: it is left alone, and the second one is withdrawn. */
const LEFT_UNKNOWN: Decision = { lost: "left in doubt", files: ["UNKNOWN", "WITHDRAWN"] };

/** What is to be approved: always the same, since nothing of a proposal is left to chance. */
const proposal = { id: "" };
const resolutionProposed: Change = async (stores) => {
  const world = worldIn(stores);
  world.now = RESOLVING;
  proposal.id = (await resolve(world.ports(), "rejected")).id;
};

const OVERRIDE = { action: "override-blackout", ticket: "OPS-7", minutes: 30, ...WHY } as const;
/** The override that is to be approved, always the same too. */
const override = { id: "" };
const overrideProposed: Change = async (stores) => {
  override.id = (await propose(OVERRIDE, worldIn(stores).ports())).id;
};

export const OPERATIONS: Readonly<Record<string, readonly Scene[]>> = {
  AbandonBatch: [
    {
      when: "nothing is begun",
      before: (life) => life.until("reconciled"),
      run: abandon,
      decisions: {
        "ledger.readStream": AS_IT_IS,
        "ledger.readBatch": AS_IT_IS,
        // The flag, each file's end, and the lock.
        "ledger.writeStream": PROVEN_BY_READING,
        "ledger.createEvent": MINE,
        "objects.versions outbound": AS_IT_IS,
        // A VOID that may not stand is no proof that nothing was sent.
        "ledger.createSubmission": READ_BACK,
        "ledger.createFile": RECORD_PROVEN,
        "ledger.readFiles": AS_IT_IS,
        "ledger.writeBatch": PROVEN_BY_READING,
      },
    },
    {
      when: "the first file is begun, without an intent",
      before: (life) => [...life.until("reconciled"), firstFile("SUBMITTING")],
      run: abandon,
      decisions: {
        "ledger.readStream": AS_IT_IS,
        "ledger.readBatch": AS_IT_IS,
        "ledger.writeStream": PROVEN_BY_READING,
        "ledger.createEvent": MINE,
        // Of the first file nobody can tell: it is left alone, and the second one is withdrawn.
        "objects.versions outbound#1": { lost: "left in doubt", files: ["SUBMITTING", "WITHDRAWN"] },
        "ledger.createSubmission#1": {
          lost: "left in doubt",
          landed: "goes on",
          files: ["SUBMITTING", "WITHDRAWN"],
        },
        "objects.versions outbound#2": AS_IT_IS,
        "ledger.createSubmission#2": READ_BACK,
      },
    },
    {
      when: "the first file is in doubt",
      before: (life) => [...life.until("reconciled"), firstFile("UNKNOWN"), intent],
      run: abandon,
      decisions: {
        "ledger.readStream": AS_IT_IS,
        "ledger.readBatch": AS_IT_IS,
        "ledger.writeStream": PROVEN_BY_READING,
        "ledger.createEvent": MINE,
        // It stays in doubt, whatever is known of it.
        "objects.versions outbound#1": { lost: "goes on" },
        "ledger.createSubmission#1": { lost: "goes on", landed: "goes on" },
        "ledger.readSubmission": { lost: "goes on" },
        "ledger.readStream#2": { lost: "goes on" },
        "ledger.readProposals": { lost: "goes on" },
        "ledger.readApprovals": { lost: "goes on" },
        "objects.versions outbound#2": AS_IT_IS,
        "ledger.createSubmission#2": READ_BACK,
      },
    },
    {
      when: "two people have resolved the first file as rejected",
      before: (life) => [...life.until("reconciled"), ...resolvedAs("rejected")],
      run: abandon,
      now: RESOLVING,
      decisions: {
        "ledger.readStream": AS_IT_IS,
        "ledger.readBatch": AS_IT_IS,
        "ledger.writeStream": PROVEN_BY_READING,
        "ledger.createEvent": MINE,
        // Before anybody is believed that the bank does not have it, and once more after that.
        "objects.versions outbound#1": LEFT_UNKNOWN,
        "ledger.createSubmission#1": { lost: "goes on", landed: "goes on" },
        "ledger.readSubmission": LEFT_UNKNOWN,
        "ledger.readStream#2": LEFT_UNKNOWN,
        "ledger.readProposals": LEFT_UNKNOWN,
        "ledger.readApprovals": LEFT_UNKNOWN,
        "objects.versions outbound#2": LEFT_UNKNOWN,
        "objects.versions outbound#3": AS_IT_IS,
        "ledger.createSubmission#2": READ_BACK,
      },
    },
    {
      when: "the first file is begun, and lies under its key",
      before: (life) => [...life.until("reconciled"), firstFile("SUBMITTING"), intent, delivered],
      run: abandon,
      decisions: {
        "ledger.readStream": AS_IT_IS,
        "ledger.readBatch": AS_IT_IS,
        "ledger.writeStream": PROVEN_BY_READING,
        "ledger.createEvent": MINE,
        "objects.versions outbound#1": { lost: "left in doubt", files: ["SUBMITTING", "WITHDRAWN"] },
        "objects.read outbound": { lost: "left in doubt", files: ["SUBMITTING", "WITHDRAWN"] },
        "objects.versions outbound#2": AS_IT_IS,
        "ledger.createSubmission": READ_BACK,
      },
    },
    {
      when: "the batch has never begun",
      before: (life) => life.until("listed"),
      run: abandon,
      decisions: {
        "ledger.readStream": AS_IT_IS,
        "ledger.readBatch": AS_IT_IS,
        "ledger.writeStream": PROVEN_BY_READING,
        "ledger.createEvent": MINE,
        // A due list that cannot be looked for is no sign of a mistyped id, nor of a batch.
        "objects.list due": AS_IT_IS,
        "ledger.readSubmission": AS_IT_IS,
        "ledger.readFiles": AS_IT_IS,
        "ledger.writeBatch": {
          // Refused for a record that is not there.
          lost: { condition: "BatchUnknown", others: "that error" },
          landed: { condition: "goes on", others: "that error" },
        },
      },
    },
  ],
  Propose: [
    {
      when: "the gate has stopped for a suspicion",
      before: (life) => life.until("suspected"),
      run: (ports, { check }) =>
        propose({ action: "accept-suspicion", batchId: BATCH, check, ...WHY }, ports),
      decisions: {
        "ledger.readBatch": AS_IT_IS,
        "ledger.readStream": AS_IT_IS,
        "objects.list reports": AS_IT_IS,
        "objects.read reports": AS_IT_IS,
        "ledger.createEvent": MINE,
        "ledger.createProposal": MINE,
      },
    },
    {
      when: "the bank has spoken of a file in doubt",
      before: (life) => [...life.until("reconciled"), ...inDoubt],
      run: (ports) => resolve(ports, "rejected"),
      now: RESOLVING,
      decisions: {
        "ledger.readBatch": AS_IT_IS,
        "ledger.readStream": AS_IT_IS,
        "ledger.readSubmission": AS_IT_IS,
        // Evidence, then the trail, then the proposal: nothing is proposed on evidence that may not lie there.
        "objects.create reports": BYTES_PROVEN,
        "ledger.createEvent": MINE,
        "ledger.createProposal": MINE,
      },
    },
    {
      when: "the stage is to be deployed through its blackout",
      before: (life) => life.until("reconciled"),
      run: (ports) => propose(OVERRIDE, ports),
      decisions: {
        "ledger.createOverrideEvent": MINE,
        "ledger.createProposal": MINE,
      },
    },
  ],
  ContinueBatch: [
    {
      when: "the execution has failed",
      before: (life) => [...life.until("reconciled"), ended],
      run: continued,
      decisions: {
        "ledger.readBatch": AS_IT_IS,
        // Who does not know which executions there were does not know which one must have ended.
        "ledger.readEvents": AS_IT_IS,
        // An execution that cannot be looked at may be running.
        "executions.describe": AS_IT_IS,
        "ledger.createEvent": MINE,
        // The name makes a second start harmless, and an answer that was lost is not called started.
        "executions.start": WRITE_AS_IT_IS,
      },
    },
    {
      when: "its execution is forgotten",
      before: (life) => [...life.until("reconciled"), forgotten],
      run: continued,
      now: A_YEAR_LATER,
      decisions: {
        "ledger.readBatch": AS_IT_IS,
        "ledger.readEvents": AS_IT_IS,
        "executions.describe": AS_IT_IS,
        "ledger.createEvent": MINE,
        "executions.start": WRITE_AS_IT_IS,
      },
    },
  ],
  Approve: [
    {
      when: "nobody has approved",
      before: (life) => life.until("proposed"),
      run: (ports, { proposal }) => approve({ proposal, by: "ben" }, ports),
      decisions: {
        "ledger.readProposals": AS_IT_IS,
        "ledger.readApprovals": AS_IT_IS,
        "ledger.readBatch": AS_IT_IS,
        "ledger.readStream": AS_IT_IS,
        "ledger.createEvent": MINE,
        // Of two who approve at once one stands, and it is read which.
        "ledger.createApproval": READ_BACK,
      },
    },
    {
      when: "nobody has approved what the bank has said of a file in doubt",
      before: (life) => [...life.until("reconciled"), ...inDoubt, resolutionProposed],
      run: (ports) => approve({ proposal: proposal.id, by: "ben" }, ports),
      now: RESOLVING,
      decisions: {
        "ledger.readProposals": AS_IT_IS,
        "ledger.readApprovals": AS_IT_IS,
        "ledger.readBatch": AS_IT_IS,
        "ledger.readStream": AS_IT_IS,
        "ledger.readSubmission": AS_IT_IS,
        // Evidence that cannot be read is not evidence that is gone: it is not refused, and not approved.
        "objects.read reports": AS_IT_IS,
        "ledger.createEvent": MINE,
        "ledger.createApproval": READ_BACK,
      },
    },
    {
      when: "nobody has approved an override of the deploy blackout",
      before: (life) => [...life.until("reconciled"), overrideProposed],
      run: (ports) => approve({ proposal: override.id, by: "ben" }, ports),
      decisions: {
        "ledger.readOverrides": AS_IT_IS,
        "ledger.createOverrideEvent": MINE,
        "ledger.createApproval": READ_BACK,
      },
    },
  ],
  PauseStream: [
    {
      when: "the stream is open",
      before: (life) => life.until("reconciled"),
      run: (ports) => pauseStream({ stream: STREAM, ...WHY }, ports),
      decisions: {
        "ledger.readStream": AS_IT_IS,
        // The trail tells of it first, or it is not done.
        "ledger.createStreamEvent": MINE,
        "ledger.writeStream": PROVEN_BY_READING,
      },
    },
  ],
  ResumeStream: [
    {
      when: "the stream is paused",
      before: (life) => [
        ...life.until("reconciled"),
        itemBecomes((item) => ({ ...item, paused: { ...WHY, at: AT } })),
      ],
      run: (ports) => resumeStream({ stream: STREAM, ...WHY }, ports),
      decisions: {
        "ledger.readStream": AS_IT_IS,
        // The trail tells of it first, or it is not done.
        "ledger.createStreamEvent": MINE,
        "ledger.writeStream": PROVEN_BY_READING,
      },
    },
  ],
  RedriveBatch: [
    {
      when: "the execution has failed",
      before: (life) => [...life.until("reconciled"), ended],
      run: (ports) => redriveBatch({ batchId: BATCH, ...WHY }, ports),
      decisions: {
        "ledger.readEvents": AS_IT_IS,
        "executions.describe": AS_IT_IS,
        "ledger.createEvent": MINE,
        "executions.redrive": WRITE_AS_IT_IS,
      },
    },
    {
      when: "its continuation has failed",
      before: (life) => [...life.until("reconciled"), ended, continuedInVain],
      run: (ports) => redriveBatch({ batchId: BATCH, ...WHY }, ports),
      decisions: {
        // The trail tells which one is the newest, and an earlier one is never driven beside it.
        "ledger.readEvents": AS_IT_IS,
        "executions.describe": AS_IT_IS,
        "ledger.createEvent": MINE,
        "executions.redrive": WRITE_AS_IT_IS,
      },
    },
  ],
  ShowBatch: [
    {
      when: "the gate has passed",
      before: (life) => life.until("reconciled"),
      run: (ports) => showBatch({ batchId: BATCH }, ports),
      decisions: {
        // Who is shown less than there is decides wrongly.
        "ledger.readStream": AS_IT_IS,
        "ledger.readBatch": AS_IT_IS,
        "ledger.readSegments": AS_IT_IS,
        "ledger.readFiles": AS_IT_IS,
        "ledger.readEvents": AS_IT_IS,
        "ledger.readStreamEvents": AS_IT_IS,
        "ledger.readProposals": AS_IT_IS,
        "ledger.readApprovals": AS_IT_IS,
        "objects.list reports": AS_IT_IS,
        "objects.read reports": AS_IT_IS,
        "executions.describe": AS_IT_IS,
      },
    },
  ],
  ShowOverrides: [
    {
      when: "one was proposed",
      before: (life) => [...life.until("reconciled"), overrideProposed],
      run: (ports) => showOverrides({}, ports),
      decisions: {
        "ledger.readOverrides": AS_IT_IS,
        "ledger.readOverrideEvents": AS_IT_IS,
      },
    },
  ],
  StartBatch: [
    {
      when: "the list lies there",
      before: (life) => life.until("listed"),
      run: (ports) => start(ports),
      decisions: {
        "objects.read due": AS_IT_IS,
        "objects.versions due": AS_IT_IS,
        once: WRITE_AS_IT_IS,
        // The name makes a second start harmless.
        "executions.start": WRITE_AS_IT_IS,
      },
    },
    {
      when: "it was started before, and the record of it is forgotten",
      before: (life) => life.until("started"),
      run: (ports) => start(ports),
      decisions: {
        "objects.read due": AS_IT_IS,
        "objects.versions due": AS_IT_IS,
        once: WRITE_AS_IT_IS,
        "executions.start": WRITE_AS_IT_IS,
        // Not known to be for this list, it is not called started.
        "executions.describe": AS_IT_IS,
      },
    },
  ],
  Watch: [
    {
      when: "a batch has closed and one has not",
      before: (life) => life.until("reconciled"),
      run: (ports) => watch(ports),
      now: CUT_OFF,
      decisions: {
        "objects.list due": AS_IT_IS,
        "ledger.readClosings": AS_IT_IS,
        "ledger.readBatch": AS_IT_IS,
        "ledger.readStream": AS_IT_IS,
      },
    },
  ],
};

function start(ports: Parameters<typeof startBatch>[1]) {
  return startBatch(
    { stream: STREAM, scheduledTime: new Date(MORNING).toISOString(), number: 2, remainingMs: 1000 },
    ports,
  );
}
