import { appendEvent } from "../../audit-trail.ts";
import { changeBatch } from "../../batch-change.ts";
import { recordFiles } from "../../billing-batch/close-batch/close-batch.ts";
import { dueListPrefix, parseBatchId, fileName } from "../../domain/batch.ts";
import {
  BatchClosed,
  BatchUnknown,
  DeployInProgress,
  EpochMismatch,
  LedgerBroken,
  SubmissionUnknown,
} from "../../domain/faults.ts";
import { isInDoubt, isSettled, moveBatch } from "../../domain/moves.ts";
import type { BatchItem, Decision, FileItem, StreamItem } from "../../domain/records.ts";
import type { Configuration } from "../../domain/stream.ts";
import { ConditionRefused, type Ports } from "../../ports.ts";
import { type Asker, settleDoubt } from "../../settle-doubt.ts";
import { changeStream, held, refuseHolder } from "../../stream-change.ts";
import { streamOf } from "../../stream-of.ts";
import { evidenceOf, movedFile, outboundKey, unknown, voidSubmission } from "../../submission.ts";

type Batch = NonNullable<ReturnType<typeof parseBatchId>>;

export interface Abandoned {
  /** ABANDONED: nothing was ever on its way. OPEN: some file was, the others are withdrawn, and the batch goes on. */
  readonly outcome: "ABANDONED" | "OPEN";
  readonly withdrawn: readonly number[];
  readonly kept: readonly number[];
  /** Of the kept ones, those of which nobody can tell whether the bank has them. */
  readonly inDoubt: readonly number[];
}

/**
 * The decision that what a batch has not sent will never be sent (rule 12), in four steps that each can be
 * repeated: flag, void, end, free.
 * @throws BatchClosed if there is nothing left to decide; LockHeld if another batch holds the stream;
 *   DeployInProgress if a deployment does and the batch has not had the lock before it;
 *   BatchUnknown if there is neither a record nor a due list of it;
 *   EpochMismatch; SubmissionUnknown if an intent stands of a file that was never begun
 */
export async function abandonBatch(
  event: { readonly batchId: string; readonly by: string; readonly reason: string },
  ports: Ports & { readonly configuration: Configuration },
): Promise<Abandoned> {
  const batch = parseBatchId(event.batchId);
  if (!batch) throw new BatchUnknown("the batch id is not <stream>-<yyyy-mm-dd>-<nn>");
  const stream = streamOf(ports.configuration, batch.stream);
  const nonce = ports.nonce();
  const decision = { by: event.by, reason: event.reason, at: new Date(ports.clock.now()).toISOString() };
  const asker: Asker = {
    stream: stream.name,
    batchId: batch.id,
    nonce,
    fence: "any",
  };
  const flagged = await flag(ports, batch, decision, nonce);
  const line = { state: "AbandonBatch", batchId: batch.id, stream: stream.name, fence: flagged.fence, nonce };
  if (flagged.batch?.id !== batch.id) {
    ports.log.decision({ ...line, outcome: "ALREADY_ABANDONED" });
    return { outcome: "ABANDONED", withdrawn: [], kept: [], inDoubt: [] };
  }
  await appendEvent(ports, {
    batchId: batch.id,
    at: decision.at,
    action: "abandon",
    by: event.by,
    reason: event.reason,
    nonce,
  });
  const files = await withdrawAll(ports, asker, flagged, stream.bankProfile.userId);
  const outcome = files.some(({ submitting }) => submitting !== undefined) ? "OPEN" : "ABANDONED";
  if (outcome === "ABANDONED") await end(ports, batch, files, flagged.batch.abandoning ?? decision);
  await free(ports, batch, outcome, nonce);
  ports.log.decision({ ...line, outcome });
  count(ports, stream.name, flagged.batch.files ?? [], files);
  const numbers = (state: boolean) =>
    files.filter((f) => (f.state === "WITHDRAWN") === state).map((f) => f.number);
  const inDoubt = files.filter(({ state }) => isInDoubt(state)).map(({ number }) => number);
  return { outcome, withdrawn: numbers(true), kept: numbers(false), inDoubt };
}

/** Counts the decision, and what has become of the files by it. */
function count(
  { metrics }: Ports,
  stream: string,
  before: readonly FileItem[],
  files: readonly FileItem[],
): void {
  const was = new Map(before.map(({ number, state }) => [number, state]));
  const became = (state: FileItem["state"]) =>
    files.filter((file) => file.state === state && was.get(file.number) !== state).length;
  metrics.count("BatchAbandoned", stream);
  const [submitted, withdrawn] = [became("SUBMITTED"), became("WITHDRAWN")];
  if (submitted > 0) metrics.count("FilesSubmitted", stream, submitted);
  if (withdrawn > 0) metrics.count("FilesWithdrawn", stream, withdrawn);
  // A file that stays in doubt ends no call here, so no error announces it.
  const inDoubt = files.filter(({ state }) => isInDoubt(state)).length;
  if (inDoubt > 0) metrics.count("SubmissionUnknown", stream, inDoubt);
}

/** Step 1: the flag that stops every later submission, on a lock that is the batch's or is taken in its name. */
function flag(
  ports: Ports & { readonly configuration: Configuration },
  batch: Batch,
  decision: Decision,
  nonce: string,
): Promise<StreamItem> {
  return changeStream(ports, batch.stream, nonce, async (seen) => {
    const { epoch } = ports.configuration;
    if (seen.epoch !== epoch) {
      throw new EpochMismatch(`the ledger's epoch is ${seen.epoch}, the configuration's is ${epoch}`);
    }
    const record = await ports.ledger.readBatch(batch.id);
    if (record?.state === "CLOSED") throw new BatchClosed(`batch ${batch.id} is closed`);
    if (seen.batch?.id === batch.id) {
      return seen.batch.abandoning ? "done" : { ...seen, batch: { ...seen.batch, abandoning: decision } };
    }
    if (record?.state === "ABANDONED") return "done";
    refuseHolder(seen, seen.batch && (await ports.ledger.readBatch(seen.batch.id)));
    // A batch that has the lock is stopped at any time. Taking the lock is another thing: whoever began the deployment
    // has proven that no batch has it, and without it nothing of this batch can be sent meanwhile.
    if (seen.deploying) {
      throw new DeployInProgress(`deployment ${seen.deploying.id} holds stream ${batch.stream}`);
    }
    if (record === undefined) await refuseUnheardOf(ports, batch);
    const taken = { id: batch.id, nonce, since: decision.at, abandoning: decision };
    return { ...seen, fence: seen.fence + 1, batch: taken };
  });
}

/**
 * A batch may have no record, because its acquire never succeeded; then its due list at least is there, without which
 * nothing is started. An id of which there is nothing at all is a mistyped one, and abandoning it would burn it.
 */
async function refuseUnheardOf(
  { objects }: Ports,
  { id, stream, billingDate, number }: Batch,
): Promise<void> {
  const prefix = dueListPrefix(stream, billingDate, number);
  if ((await objects.list("due", prefix)).length > 0) return;
  throw new BatchUnknown(`the ledger has no record of batch ${id}, and no due list lies under ${prefix}`);
}

/** Step 2: what was begun is settled by evidence; what was not is voided and withdrawn, file by file. */
async function withdrawAll(
  ports: Ports,
  asker: Asker,
  flagged: StreamItem,
  userId: string,
): Promise<readonly FileItem[]> {
  for (const file of held(flagged, asker.batchId, "any").batch.files ?? []) {
    if (isInDoubt(file.state)) await settleOrLeave(ports, asker, file);
    else if (!isSettled(file.state)) await withdraw(ports, asker, file, userId);
  }
  const files = held(await ports.ledger.readStream(asker.stream), asker.batchId, "any").batch.files ?? [];
  // Files are sent in order, so an intent that the lock knows nothing of would be the first one's.
  if (files.length === 0 && (await ports.ledger.readSubmission(asker.batchId, 1))?.kind === "INTENT") {
    throw unknown(asker.batchId, 1, "the ledger holds its intent, and the lock has forgotten its files");
  }
  return files;
}

/** A file that stays in doubt is left alone: it keeps the batch open, and does not keep the others from being voided. */
async function settleOrLeave(ports: Ports, asker: Asker, file: FileItem): Promise<void> {
  try {
    await settleDoubt(ports, asker, file);
  } catch (error) {
    if (!(error instanceof SubmissionUnknown)) throw error;
  }
}

async function withdraw(ports: Ports, asker: Asker, file: FileItem, userId: string): Promise<void> {
  const at = new Date(ports.clock.now()).toISOString();
  const { batchId, nonce } = asker;
  const key = outboundKey(userId, batchId, file.number);
  if (typeof (await evidenceOf(ports.objects, key, file.sha256)) === "object") {
    throw unknown(batchId, file.number, "its bytes lie under its key although it was never begun");
  }
  const kind = await voidSubmission(ports, { batchId, number: file.number, nonce, sha256: file.sha256, at });
  // An intent without the move before it cannot be; whoever finds one does not decide what it means.
  if (kind === "INTENT") throw unknown(batchId, file.number, "it has an intent although it was never begun");
  await changeStream(ports, asker.stream, nonce, (seen) => {
    const mine = held(seen, batchId, "any");
    const now = mine.batch.files?.find((item) => item.number === file.number);
    return now?.state === "WITHDRAWN" ? "done" : movedFile(mine, file.number, "withdraw");
  });
}

/** Step 3: file records first, then the batch's end; a batch that never began gets its record here. */
async function end(
  ports: Ports,
  batch: Batch,
  files: readonly FileItem[],
  decision: Decision,
): Promise<void> {
  for (const { number, state } of files) {
    if (state !== "WITHDRAWN")
      throw new LedgerBroken(`${fileName(batch.id, number)} is ${state}, not WITHDRAWN`);
  }
  await recordFiles(ports, batch.id, files);
  const { id, stream, billingDate, number } = batch;
  if ((await ports.ledger.readBatch(id)) === undefined) {
    const record: BatchItem = {
      id,
      version: 1,
      stream,
      billingDate,
      number,
      state: "ABANDONED",
      abandoned: decision,
    };
    try {
      return await ports.ledger.writeBatch(record, undefined);
    } catch (error) {
      if (!(error instanceof ConditionRefused)) throw error;
    }
  }
  await changeBatch(ports, id, (seen) =>
    seen.state === "ABANDONED"
      ? "done"
      : { ...seen, state: moveBatch(`batch ${id}`, seen.state, "abandon"), abandoned: decision },
  );
}

/** Step 4: an abandoned batch gives the lock back; one that goes on keeps it, without the flag. */
async function free(ports: Ports, batch: Batch, outcome: Abandoned["outcome"], nonce: string): Promise<void> {
  await changeStream(ports, batch.stream, nonce, (seen) => {
    if (seen.batch?.id !== batch.id) return "done";
    const { batch: mine, ...rest } = seen;
    if (outcome === "ABANDONED") return rest;
    const { abandoning, ...kept } = mine;
    return abandoning === undefined ? "done" : { ...rest, batch: kept };
  });
}
