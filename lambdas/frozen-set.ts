import { readBatch } from "./batch-change.ts";
import { BatchAbandoned, BatchAbandoning, BatchClosed } from "./domain/faults.ts";
import type { Ledger } from "./ports.ts";
import { held } from "./stream-change.ts";

/**
 * The SHA-256s of the files that an open batch has frozen, in order; none if it has not composed yet, or nothing was
 * staged.
 * @throws BatchUnknown, BatchClosed, BatchAbandoned, BatchAbandoning, or StaleFence if another batch holds the lock
 */
export async function frozenSet(
  ports: { readonly ledger: Ledger },
  { id, stream }: { readonly id: string; readonly stream: string },
): Promise<readonly string[]> {
  const [record, item] = await Promise.all([readBatch(ports, id), ports.ledger.readStream(stream)]);
  if (record.state === "CLOSED") throw new BatchClosed(`batch ${id} is closed`);
  if (record.state === "ABANDONED") throw new BatchAbandoned(`batch ${id} was abandoned`);
  const { batch } = held(item, id, "any");
  if (batch.abandoning) throw new BatchAbandoning(`batch ${id} is being abandoned`);
  return (batch.files ?? []).map(({ sha256 }) => sha256);
}
