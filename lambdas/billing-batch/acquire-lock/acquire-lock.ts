import { appendEvent } from "../../audit-trail.ts";
import { changeStream, refuseHolder } from "../../stream-change.ts";
import { dueListIdentity, listInWords, sameList, startedList } from "../../due-list-identity.ts";
import { dueListPrefix, parseBatchId } from "../../domain/batch.ts";
import { acquiredAction } from "../../domain/execution-name.ts";
import {
  BatchAbandoned,
  BatchAbandoning,
  BatchUnknown,
  DeployInProgress,
  DueListMismatch,
  EpochMismatch,
  LedgerBroken,
  StaleFence,
  StreamPaused,
  StreamUnknown,
} from "../../domain/faults.ts";
import type { BatchItem, DueListIdentity, StreamItem, Turn } from "../../domain/records.ts";
import type { Configuration } from "../../domain/stream.ts";
import type { Ports } from "../../ports.ts";

export type Acquired = { readonly outcome: "ACQUIRED" | "ALREADY_CLOSED"; readonly fence: number };

/**
 * First state of the billing batch: takes the stream's sticky lock in the batch's name and pins the due list.
 *
 * The lock belongs to the batch, not to the execution: a redrive takes it again, and every acquire raises the
 * fence. Acquired is only what the ledger proves; every error on the way, of whatever kind, leaves this function
 * as a fault, and a write of ours that lands afterwards leaves the lock with this same batch.
 */
export async function acquireLock(
  event: { readonly batchId: string; readonly execution: string } & Turn,
  ports: Ports & { readonly configuration: Configuration },
): Promise<Acquired> {
  const batch = parseBatchId(event.batchId);
  if (!batch) throw new BatchUnknown("the batch id is not <stream>-<yyyy-mm-dd>-<nn>");
  const { configuration, ledger, log } = ports;
  if (!Object.hasOwn(configuration.streams, batch.stream)) {
    throw new StreamUnknown(`there is no stream ${batch.stream} in the configuration`);
  }
  const nonce = ports.nonce();
  const at = new Date(ports.clock.now()).toISOString();
  const dueList = await dueListIdentity(
    ports.objects,
    dueListPrefix(batch.stream, batch.billingDate, batch.number),
  );

  let closed = false;
  let firstFence: number | undefined;
  const item = await changeStream(ports, batch.stream, nonce, async (seen) => {
    // The stream's item was read first: a batch record read before it could be closed, and its lock released,
    // between the two reads, and an over batch would be acquired once more.
    const record = await ledger.readBatch(batch.id);
    closed = isClosed(record, dueList);
    if (closed) return "done";
    if (seen.batch?.id === batch.id && seen.batch.nonce === nonce) return "done";
    // A call that lost its race to another of the same batch is the older one. Acquiring over it would fence the
    // living execution out for good, and this one, whose caller may be gone, would have nobody to go on.
    if (seen.batch?.id === batch.id && seen.fence !== (firstFence ?? seen.fence)) {
      throw new StaleFence(`batch ${batch.id} was acquired by a later call: fence ${seen.fence}`);
    }
    firstFence ??= seen.fence;
    const holder =
      seen.batch && seen.batch.id !== batch.id ? await ledger.readBatch(seen.batch.id) : undefined;
    return locked(
      seen,
      holder,
      { id: batch.id, nonce, since: at, turn: { entered: event.entered, retry: event.retry } },
      configuration.epoch,
    );
  });
  if (closed) {
    log.decision({
      state: "AcquireLock",
      batchId: batch.id,
      stream: batch.stream,
      fence: item.fence,
      nonce,
      outcome: "ALREADY_CLOSED",
    });
    return { outcome: "ALREADY_CLOSED", fence: item.fence };
  }
  if (item.batch?.id !== batch.id || item.batch.nonce !== nonce) {
    throw new LedgerBroken(`the lock of stream ${batch.stream} does not name the call that acquired it`);
  }
  await pin(ports, {
    id: batch.id,
    version: 1,
    stream: batch.stream,
    billingDate: batch.billingDate,
    number: batch.number,
    state: "OPEN",
    openedAt: at,
    dueList,
  });
  await appendEvent(ports, {
    batchId: batch.id,
    at,
    action: acquiredAction(item.fence),
    by: event.execution,
    nonce,
  });
  log.decision({
    state: "AcquireLock",
    batchId: batch.id,
    stream: batch.stream,
    fence: item.fence,
    nonce,
    outcome: "ACQUIRED",
  });
  ports.metrics.count("LockAcquired", batch.stream);
  return { outcome: "ACQUIRED", fence: item.fence };
}

/** Whether the batch is closed already. Throws where its record says that it must not run at all. */
function isClosed(record: BatchItem | undefined, dueList: DueListIdentity): boolean {
  if (record === undefined) return false;
  if (record.state === "ABANDONED") {
    throw new BatchAbandoned(`batch ${record.id} was abandoned; its due list needs a new number`);
  }
  if (!sameList(record.dueList, dueList)) {
    throw new DueListMismatch(
      `batch ${record.id} was opened for another due list: ${figures(record.dueList)}; now there is ${figures(dueList)}`,
    );
  }
  return record.state === "CLOSED";
}

function figures(list: DueListIdentity | undefined): string {
  if (list === undefined) return "none";
  return listInWords(startedList(list));
}

/** The stream's item with the lock in this batch's name. Throws where somebody else's word stands against it. */
function locked(
  seen: StreamItem,
  holder: BatchItem | undefined,
  mine: { readonly id: string; readonly nonce: string; readonly since: string; readonly turn: Turn },
  epoch: number,
): StreamItem {
  if (seen.epoch !== epoch) {
    throw new EpochMismatch(
      `the ledger's epoch for ${seen.stream} is ${seen.epoch}, the configuration's is ${epoch}`,
    );
  }
  if (seen.paused)
    throw new StreamPaused(`stream ${seen.stream} was paused by ${seen.paused.by} at ${seen.paused.at}`);
  if (seen.deploying)
    throw new DeployInProgress(`deployment ${seen.deploying.id} holds stream ${seen.stream}`);
  if (seen.batch?.id === mine.id) {
    if (seen.batch.abandoning) throw new BatchAbandoning(`batch ${mine.id} is being abandoned`);
    if (isEarlier(mine.turn, seen.batch.turn)) {
      throw new StaleFence(
        `batch ${mine.id} was acquired by a later try of its execution: fence ${seen.fence}`,
      );
    }
    return { ...seen, fence: seen.fence + 1, batch: { ...seen.batch, nonce: mine.nonce, turn: mine.turn } };
  }
  refuseHolder(seen, holder);
  return { ...seen, fence: seen.fence + 1, batch: mine };
}

/** A call that slept since an earlier try must not fence out the living one, which carries its fence as a value. */
function isEarlier(mine: Turn, theirs: Turn | undefined): boolean {
  if (theirs === undefined) return false;
  const lead = Date.parse(mine.entered) - Date.parse(theirs.entered);
  return lead < 0 || (lead === 0 && mine.retry < theirs.retry);
}

/** Puts the batch record if there is none; otherwise the stored one must be open and name the same due list. */
async function pin(ports: Pick<Ports, "ledger">, record: BatchItem): Promise<void> {
  const stored = await ports.ledger.readBatch(record.id);
  if (stored === undefined) {
    try {
      return await ports.ledger.writeBatch(record, undefined);
    } catch (error) {
      const now = await ports.ledger.readBatch(record.id);
      if (now === undefined) throw error;
      return assertPinned(now, record);
    }
  }
  return assertPinned(stored, record);
}

function assertPinned(stored: BatchItem, record: BatchItem): void {
  if (isClosed(stored, record.dueList as DueListIdentity)) {
    throw new LedgerBroken(`batch ${record.id} was closed while its lock was being acquired`);
  }
}
