import { BatchUnknown, LedgerBusy } from "./domain/faults.ts";
import type { BatchItem } from "./domain/records.ts";
import { ConditionRefused, type Ledger } from "./ports.ts";

const TRIES = 6;

/**
 * One decision on a batch record: read, decide, write on the version that was read. After a refusal and after
 * any doubt `decide` judges what stands there now; every decision on this record can be recognised as done.
 * @throws BatchUnknown if there is no record; LedgerBusy after several lost races
 */
export async function changeBatch(
  ports: { readonly ledger: Ledger },
  id: string,
  decide: (seen: BatchItem) => BatchItem | "done",
): Promise<BatchItem> {
  let last: unknown;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const seen = await readBatch(ports, id);
    const next = decide(seen);
    if (next === "done") return seen;
    const wrote = { ...next, version: seen.version + 1 };
    try {
      await ports.ledger.writeBatch(wrote, seen.version);
      return wrote;
    } catch (error) {
      last = error;
    }
  }
  if (!(last instanceof ConditionRefused)) throw last;
  throw new LedgerBusy(`the record of batch ${id} could not be written in ${TRIES} tries`, { cause: last });
}

/** The batch's record. Throws BatchUnknown if there is none. */
export async function readBatch(ports: { readonly ledger: Ledger }, id: string): Promise<BatchItem> {
  const batch = await ports.ledger.readBatch(id);
  if (batch === undefined) throw new BatchUnknown(`the ledger has no record of batch ${id}`);
  return batch;
}
