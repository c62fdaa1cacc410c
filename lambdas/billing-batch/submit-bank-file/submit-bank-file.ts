import { fileName } from "../../domain/batch.ts";
import { readBatch } from "../../batch-change.ts";
import { calendarDate } from "../../domain/calendar-date.ts";
import {
  BatchAbandoned,
  BatchAbandoning,
  CutOffPassed,
  DeployInProgress,
  EpochMismatch,
  NotReconciled,
  StreamPaused,
  SubmissionStopped,
  TimeShort,
} from "../../domain/faults.ts";
import { isSent, isSettled } from "../../domain/moves.ts";
import type { FileItem } from "../../domain/records.ts";
import type { Configuration, Stream } from "../../domain/stream.ts";
import type { Ports } from "../../ports.ts";
import { type Asker, settleDoubt, type Settled } from "../../settle-doubt.ts";
import { readProven } from "../../stored-bytes.ts";
import { changeStream, type HeldStream, held } from "../../stream-change.ts";
import { streamOf } from "../../stream-of.ts";
import { deliveryKey, movedFile, outboundKey, unknown } from "../../submission.ts";

type StepPorts = Ports & { readonly configuration: Configuration };

/** How often the intent is put again when its answer was lost and the ledger shows none. */
const INTENT_TRIES = 3;

/** A file is begun only while this share of the call's time is left: what is killed in mid-delivery is in doubt. */
const TIME_SHARE = 3;

/** When this call is over at the latest (epoch milliseconds), and how long it was given (milliseconds). */
interface Call {
  readonly endsAt: number;
  readonly limitMs: number;
}

export interface Submission {
  readonly submitted: number;
  readonly withdrawn: number;
  readonly rejected: number;
}

/**
 * The one irrevocable state: gives the bank the files in order, one at a time. It trusts nothing that a state
 * before it has checked, because a redrive starts here.
 *
 * A file that is not submitted stops the ones behind it, until `abandon` has withdrawn those. With every file
 * submitted, withdrawn or rejected the state passes.
 *
 * @param event.timeLimitMs the longest that this call can still run, in milliseconds
 */
export async function submitBankFile(
  event: { readonly batchId: string; readonly fence: number; readonly timeLimitMs: number },
  ports: StepPorts,
): Promise<Submission> {
  const batch = await readBatch(ports, event.batchId);
  // Flag and fence stop a batch that is being abandoned. Nothing of one that was abandoned before its files were frozen
  // could be voided, so that here its record is asked as well.
  if (batch.state === "ABANDONED") throw new BatchAbandoned(`batch ${batch.id} was abandoned`);
  const stream = streamOf(ports.configuration, batch.stream);
  const asker: Asker = {
    stream: stream.name,
    batchId: batch.id,
    nonce: ports.nonce(),
    fence: event.fence,
  };
  const call = { endsAt: ports.clock.now() + event.timeLimitMs, limitMs: event.timeLimitMs };
  const frozen = held(await ports.ledger.readStream(stream.name), batch.id, event.fence).batch.files;
  if (frozen === undefined) throw new NotReconciled(`batch ${batch.id} has no frozen set of files`);
  const tally = { submitted: 0, withdrawn: 0, rejected: 0 };
  for (const { number } of frozen) {
    const file = await currentFile(ports, asker, number);
    const stopped = tally.withdrawn + tally.rejected > 0;
    const state = await advance(ports, asker, stream, file, stopped, call);
    tally[state] += 1;
    ports.log.decision({
      state: "SubmitBankFile",
      batchId: batch.id,
      stream: stream.name,
      fence: event.fence,
      nonce: asker.nonce,
      outcome: state,
      file: number,
      sha256: file.sha256,
    });
    // Only what this call has brought about: a redrive meets files that were settled, and counted, before.
    if (state === "submitted" && !isSent(file.state)) ports.metrics.count("FilesSubmitted", stream.name);
    if (state === "withdrawn" && file.state !== "WITHDRAWN")
      ports.metrics.count("FilesWithdrawn", stream.name);
  }
  return tally;
}

async function currentFile(ports: Ports, asker: Asker, number: number): Promise<FileItem> {
  const item = held(await ports.ledger.readStream(asker.stream), asker.batchId, asker.fence);
  return fileOf(item, number);
}

function fileOf(item: HeldStream, number: number): FileItem {
  const file = item.batch.files?.find((candidate) => candidate.number === number);
  if (file === undefined)
    throw new NotReconciled(`${fileName(item.batch.id, number)} is not in the frozen set`);
  return file;
}

/** Brings one file as far as it may go, and says where it has ended. */
async function advance(
  ports: StepPorts,
  asker: Asker,
  stream: Stream,
  file: FileItem,
  stopped: boolean,
  call: Call,
): Promise<keyof Submission> {
  switch (file.state) {
    case "SUBMITTED":
    case "ACKNOWLEDGED":
      return "submitted";
    case "WITHDRAWN":
      return "withdrawn";
    case "REJECTED":
      return "rejected";
    case "SUBMITTING":
    case "UNKNOWN":
      return tallied(await settleDoubt(ports, asker, file));
    case "COMPOSED":
      throw new NotReconciled(`${fileName(asker.batchId, file.number)} has no verdict of the gate`);
    case "RECONCILED":
      if (stopped) {
        throw new SubmissionStopped(
          `${fileName(asker.batchId, file.number)} stays back: an earlier file of the batch was not submitted`,
        );
      }
      return submit(ports, asker, stream, file, call);
  }
}

/** Rule 10: two independent single-winner writes, then one delivery, then the read-back. */
async function submit(
  ports: StepPorts,
  asker: Asker,
  stream: Stream,
  file: FileItem,
  call: Call,
): Promise<keyof Submission> {
  // Damaged bytes are found while nothing has begun, so that they never put a file in doubt.
  const { bytes } = await readProven(ports.objects, "bankFiles", file.key, file.sha256, file.version);
  const begun = await changeStream(ports, asker.stream, asker.nonce, (seen) => {
    const mine = held(seen, asker.batchId, asker.fence);
    const now = fileOf(mine, file.number);
    // Whatever is no longer RECONCILED was begun: by this very call, or by another that won.
    if (now.state !== "RECONCILED") return "done";
    mayBegin(ports, stream, mine, file, call);
    const at = new Date(ports.clock.now()).toISOString();
    const key = outboundKey(stream.bankProfile.userId, asker.batchId, file.number);
    const submitting = { nonce: asker.nonce, at, key };
    return movedFile(mine, file.number, "submit", { submitting });
  });
  const now = fileOf(held(begun, asker.batchId, asker.fence), file.number);
  if (now.state !== "SUBMITTING" || now.submitting?.nonce !== asker.nonce) {
    return adopt(ports, asker, now);
  }
  const mine = (await intent(ports, asker, now)) === "MINE";
  return tallied(await (mine ? deliver(ports, asker, now, bytes, call) : settleDoubt(ports, asker, now)));
}

const TALLIED = { SUBMITTED: "submitted", WITHDRAWN: "withdrawn", REJECTED: "rejected" } as const;

function tallied(state: Settled): keyof Submission {
  return TALLIED[state];
}

/** The first of the two writes was won by somebody else: their file is judged like any that is found begun. */
async function adopt(ports: StepPorts, asker: Asker, file: FileItem): Promise<keyof Submission> {
  if (isSent(file.state)) return "submitted";
  if (file.state === "WITHDRAWN") return "withdrawn";
  return tallied(await settleDoubt(ports, asker, file));
}

/** Everything that must hold at the instant of the first write. The write's version makes it hold. */
function mayBegin(ports: StepPorts, stream: Stream, item: HeldStream, file: FileItem, call: Call): void {
  const name = fileName(item.batch.id, file.number);
  const { epoch } = ports.configuration;
  if (item.epoch !== epoch) {
    throw new EpochMismatch(
      `the ledger's epoch for ${stream.name} is ${item.epoch}, the configuration's is ${epoch}`,
    );
  }
  if (item.paused) throw new StreamPaused(`stream ${stream.name} was paused by ${item.paused.by}`);
  if (item.deploying)
    throw new DeployInProgress(`deployment ${item.deploying.id} holds stream ${stream.name}`);
  if (item.batch.abandoning) throw new BatchAbandoning(`batch ${item.batch.id} is being abandoned`);
  const frozen = fileOf(item, file.number);
  if (frozen.sha256 !== file.sha256 || !item.batch.verdict?.sha256s.includes(file.sha256)) {
    throw new NotReconciled(`${name} has no verdict for its SHA-256`);
  }
  const cutOff = ports.clock.instantOf(calendarDate(file.processingDate), stream.cutOff, stream.timeZone);
  if (call.endsAt >= cutOff) {
    throw new CutOffPassed(
      `${name}: the cut-off of ${file.processingDate} is ${stream.cutOff} ${stream.timeZone}, and a submission must begin ` +
        `${Math.ceil(call.limitMs / 1000)} seconds before it`,
    );
  }
  if (call.endsAt - ports.clock.now() < call.limitMs / TIME_SHARE) {
    throw new TimeShort(`${name} is not begun: the call has too little time left`);
  }
}

/**
 * The second single-winner write. After a lost answer the stored item decides: our nonce means that our write
 * landed; nothing there means that it did not yet, and it is put again.
 */
async function intent(ports: StepPorts, asker: Asker, file: FileItem): Promise<"MINE" | "VOID"> {
  const { batchId, nonce } = asker;
  const at = new Date(ports.clock.now()).toISOString();
  let last: unknown;
  for (let tries = 0; tries < INTENT_TRIES; tries += 1) {
    try {
      await ports.ledger.createSubmission({
        batchId,
        number: file.number,
        kind: "INTENT",
        nonce,
        sha256: file.sha256,
        at,
      });
      return "MINE";
    } catch (error) {
      last = error;
      const stored = await ports.ledger.readSubmission(batchId, file.number);
      if (stored?.kind === "VOID") return "VOID";
      if (stored?.nonce === nonce) return "MINE";
      if (stored) throw unknown(batchId, file.number, "another call's intent stands", error);
    }
  }
  throw last;
}

/**
 * One delivery, sent once, and only where nothing lies under the key. Whatever it answers or throws, only bytes
 * that are read back from the bank's key prove it; without them the file is in doubt.
 */
async function deliver(
  ports: StepPorts,
  asker: Asker,
  file: FileItem,
  bytes: Buffer,
  call: Call,
): Promise<Settled> {
  const key = deliveryKey(asker.batchId, file);
  let fault: unknown;
  try {
    if ((await ports.objects.versions("outbound", key)).length === 0) {
      await refuseSettled(ports, asker, file.number);
      // Last of all, with nothing awaited in between: who was frozen until now wakes when the file may be resolved.
      if (ports.clock.now() >= call.endsAt) {
        throw new TimeShort(
          `${fileName(asker.batchId, file.number)} is not delivered: the call's time is over`,
        );
      }
      await ports.objects.create("outbound", key, bytes, "text/plain; charset=us-ascii");
    }
  } catch (error) {
    fault = error;
  }
  return settleDoubt(ports, asker, file, fault);
}

/** Refuses a file that another call has settled since this one began it, whatever the two writes have let through. */
async function refuseSettled(ports: StepPorts, { stream, batchId }: Asker, number: number): Promise<void> {
  const item = held(await ports.ledger.readStream(stream), batchId, "any");
  if (isSettled(fileOf(item, number).state)) {
    throw new NotReconciled(
      `${fileName(batchId, number)} was settled by another call before it was delivered`,
    );
  }
}
