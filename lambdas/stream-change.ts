import { fileName } from "./domain/batch.ts";
import { type BatchItem, FIRST_EPOCH, type StreamItem } from "./domain/records.ts";
import { LedgerBusy, LockHeld, StaleFence } from "./domain/faults.ts";
import { isInDoubt } from "./domain/moves.ts";
import { ConditionRefused, type Ledger } from "./ports.ts";

/** How often a lost race is judged again before the step gives up and lets Step Functions decide. */
const TRIES = 6;

/**
 * One decision on a stream's item: read it, decide, write on the version that was read.
 *
 * After a refusal and after any doubt the item is read back: version and nonce of this very write prove that it
 * landed (the SDK repeats a write whose answer was lost, and then meets its own), whatever the answer was.
 * Without that proof `decide` judges what stands there now, so it must recognise its own work.
 *
 * @param nonce of this handler call; made before its first write
 * @param decide the next item, or "done"; what it throws ends the change. It need not set version and nonce.
 * @returns the item as it stands after the decision
 * @throws LedgerBusy after several lost races; a fault of the store as it is
 */
export async function changeStream(
  ports: { readonly ledger: Ledger },
  stream: string,
  nonce: string,
  decide: (seen: StreamItem) => StreamItem | "done" | Promise<StreamItem | "done">,
): Promise<StreamItem> {
  let last: unknown;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const stored = await ports.ledger.readStream(stream);
    const seen = stored ?? untouched(stream);
    const next = await decide(seen);
    if (next === "done") return seen;
    const wrote = { ...next, version: seen.version + 1, nonce };
    try {
      await ports.ledger.writeStream(wrote, stored?.version);
      return wrote;
    } catch (error) {
      last = error;
      const now = await ports.ledger.readStream(stream);
      if (now?.version === wrote.version && now.nonce === nonce) return now;
    }
  }
  // A fault of the store keeps its name, so that Step Functions can tell a throttle from a lost race.
  if (!(last instanceof ConditionRefused)) throw last;
  throw new LedgerBusy(`the item of stream ${stream} could not be written in ${TRIES} tries`, {
    cause: last,
  });
}

/** A stream that the ledger has never heard of. */
function untouched(stream: string): StreamItem {
  return { stream, version: 0, fence: 0, epoch: FIRST_EPOCH, nonce: "" };
}

/**
 * Refuses to take the lock over from a batch that is not over; and from one of which a file is in doubt, whatever its record
 * says: nowhere but on this item does it stand that the file may have been sent.
 * @param holder the record of the batch that has the lock
 * @throws LockHeld
 */
export function refuseHolder({ stream, batch }: StreamItem, holder: BatchItem | undefined): void {
  if (batch && holder?.state !== "CLOSED" && holder?.state !== "ABANDONED") {
    throw new LockHeld(`batch ${batch.id} has held the lock of stream ${stream} since ${batch.since}`);
  }
  const doubt = batch?.files?.find(({ state }) => isInDoubt(state));
  if (batch && doubt)
    throw new LockHeld(`${fileName(batch.id, doubt.number)} is in doubt, and keeps its lock`);
}

/** A stream's item whose lock is held by a batch. */
export type HeldStream = StreamItem & { readonly batch: NonNullable<StreamItem["batch"]> };

/**
 * The item, if its lock is this batch's and no later acquire has replaced the caller's.
 * @param fence that the caller carries from its acquire; "any" for a person, who acts on whatever stands there
 * @throws StaleFence otherwise
 */
export function held(item: StreamItem | undefined, batchId: string, fence: number | "any"): HeldStream {
  if (item?.batch?.id !== batchId) {
    throw new StaleFence(`batch ${batchId} no longer holds the lock: it is ${item?.batch?.id ?? "free"}`);
  }
  if (fence !== "any" && item.fence !== fence) {
    throw new StaleFence(
      `batch ${batchId} was acquired again: fence ${item.fence}, this execution has ${fence}`,
    );
  }
  return item as HeldStream;
}
