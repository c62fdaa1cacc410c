import { readBatch } from "./batch-change.ts";
import { BatchAbandoned, BatchAbandoning, BatchClosed } from "./domain/faults.ts";
import type { Ledger } from "./ports.ts";
import { type HeldStream, held } from "./stream-change.ts";

/**
 * The SHA-256s of the files that an open batch has frozen, in order; none if it has not composed yet, or nothing was
 * staged.
 * @throws BatchAbandoning; and as {@link openBatch}
 */
export async function frozenSet(
  ports: { readonly ledger: Ledger },
  batch: { readonly id: string; readonly stream: string },
): Promise<readonly string[]> {
  const { abandoning, files = [] } = await openBatch(ports, batch);
  if (abandoning) throw new BatchAbandoning(`batch ${batch.id} is being abandoned`);
  return files.map(({ sha256 }) => sha256);
}

/**
 * What the stream's item says of a batch that people can still decide about.
 * @throws BatchUnknown, BatchClosed, BatchAbandoned, or StaleFence if another batch holds the lock
 */
export async function openBatch(
  ports: { readonly ledger: Ledger },
  { id, stream }: { readonly id: string; readonly stream: string },
): Promise<HeldStream["batch"]> {
  const [record, item] = await Promise.all([readBatch(ports, id), ports.ledger.readStream(stream)]);
  if (record.state === "CLOSED") throw new BatchClosed(`batch ${id} is closed`);
  if (record.state === "ABANDONED") throw new BatchAbandoned(`batch ${id} was abandoned`);
  return held(item, id, "any").batch;
}
