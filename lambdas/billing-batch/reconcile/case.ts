import { parseBatchId } from "../../domain/batch.ts";
import type { CalendarDate } from "../../domain/calendar-date.ts";
import { BatchUnknown, LedgerBroken, StreamUnknown } from "../../domain/faults.ts";
import type { BatchItem, DueListIdentity, FileItem, Verdict } from "../../domain/records.ts";
import type { Configuration, Stream } from "../../domain/stream.ts";
import type { Instant, Ports } from "../../ports.ts";
import { held } from "../../stream-change.ts";

export type GatePorts = Ports & { readonly configuration: Configuration };

/** What is to be judged, as the ledger names it. */
export interface Case {
  readonly batch: BatchItem & { readonly dueList: DueListIdentity };
  readonly billingDate: CalendarDate;
  readonly stream: Stream;
  /** The frozen set of bank files, in order. */
  readonly files: readonly FileItem[];
  /** The verdict that stands in the stream's item, if there is one. */
  readonly verdict?: Verdict;
  /** When the gate began. */
  readonly now: Instant;
}

/**
 * Reads what this run of the gate may judge.
 * @throws StaleFence if the lock is no longer this execution's; BatchUnknown, StreamUnknown; LedgerBroken if the
 * batch has no due list or no frozen set of files
 */
export async function openCase(
  event: { readonly batchId: string; readonly fence: number },
  ports: GatePorts,
): Promise<Case> {
  const named = parseBatchId(event.batchId);
  if (!named) throw new BatchUnknown("the batch id is not <stream>-<yyyy-mm-dd>-<nn>");
  const { streams } = ports.configuration;
  const stream = Object.hasOwn(streams, named.stream) ? streams[named.stream] : undefined;
  if (!stream) throw new StreamUnknown(`there is no stream ${named.stream} in the configuration`);
  const now = ports.clock.now();
  const { files, verdict } = held(await ports.ledger.readStream(named.stream), named.id, event.fence).batch;
  const batch = await ports.ledger.readBatch(named.id);
  if (!batch) throw new BatchUnknown(`the ledger has no record of batch ${named.id}`);
  if (files === undefined) throw new LedgerBroken(`batch ${named.id} has no frozen set of files to judge`);
  const { dueList } = batch;
  if (dueList === undefined) throw new LedgerBroken(`the record of batch ${named.id} names no due list`);
  return {
    batch: { ...batch, dueList },
    billingDate: named.billingDate,
    stream,
    files,
    ...(verdict && { verdict }),
    now,
  };
}
