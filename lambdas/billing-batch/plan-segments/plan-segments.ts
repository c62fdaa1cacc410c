import { changeBatch, readBatch } from "../../batch-change.ts";
import { calendarDate } from "../../domain/calendar-date.ts";
import { DueListFault } from "../../domain/due-list.ts";
import { DueListMismatch, DueListMissing, LedgerBroken, LimitExceeded } from "../../domain/faults.ts";
import { encodePlan, type PlanResult, planSegments } from "../../domain/plan.ts";
import type { BatchItem, DueListIdentity, Plan } from "../../domain/records.ts";
import type { Stream } from "../../domain/stream.ts";
import { CSV } from "../../due-list-identity.ts";
import type { Objects, Ports } from "../../ports.ts";
import { sha256, storeOnce } from "../../stored-bytes.ts";
import { held } from "../../stream-change.ts";
import { streamOf } from "../../stream-of.ts";
import type { Configuration } from "../../domain/stream.ts";

/**
 * The most segments of one batch: their numbers travel in the state, which Step Functions bounds at 256 KiB,
 * and so do the map's results.
 */
const MOST_SEGMENTS = 10_000;

export interface Planned {
  /** 1, 2, …: the items of the map. */
  readonly segments: readonly number[];
  readonly rows: number;
  readonly concurrency: number;
}

/**
 * Second state: proves that the due list is what its manifest says, cuts it into segments, and finds the rows
 * that repeat or crowd a mandate, which only a reader of the whole list can see. The first plan is frozen.
 */
export async function planBatch(
  event: { readonly batchId: string; readonly fence: number },
  ports: Ports & { readonly configuration: Configuration },
): Promise<Planned> {
  const nonce = ports.nonce();
  const batch = await readBatch(ports, event.batchId);
  const stream = streamOf(ports.configuration, batch.stream);
  held(await ports.ledger.readStream(batch.stream), event.batchId, event.fence);
  const plan = batch.plan ?? (await frozenPlan(ports, batch, stream));
  ports.log.decision({
    state: "PlanSegments",
    batchId: batch.id,
    stream: stream.name,
    fence: event.fence,
    nonce,
    outcome: batch.plan ? "found planned" : "planned",
    segments: plan.segments,
    rows: plan.rows,
  });
  if (!batch.plan) ports.metrics.count("RowsDue", stream.name, plan.rows);
  return {
    segments: Array.from({ length: plan.segments }, (_, i) => i + 1),
    rows: plan.rows,
    concurrency: stream.concurrency,
  };
}

async function frozenPlan(ports: Ports, batch: BatchItem, stream: Stream): Promise<Plan> {
  if (batch.dueList === undefined) throw new LedgerBroken(`batch ${batch.id} has no due list in its record`);
  const bytes = await provenList(ports.objects, batch.dueList);
  const result = planned(bytes, stream, batch, batch.dueList);
  if (result.segments.length > MOST_SEGMENTS) {
    throw new LimitExceeded(
      `${result.segments.length} segments are more than ${MOST_SEGMENTS}; raise segmentRows`,
    );
  }
  const encoded = Buffer.from(encodePlan(result.segments), "utf8");
  const hash = sha256(encoded);
  const plan = {
    key: `${batch.id}/plan-${hash}.jsonl`,
    sha256: hash,
    segments: result.segments.length,
    rows: result.count,
    cents: result.tellableCents,
  };
  await storeOnce(ports.objects, "work", plan.key, encoded, "application/jsonl");
  const after = await changeBatch(ports, batch.id, (seen) => (seen.plan ? "done" : { ...seen, plan }));
  // Found or written: it is there.
  return after.plan as Plan;
}

/** The bytes that the batch pinned. Throws DueListMismatch with both hashes if they are others. */
async function provenList(objects: Objects, list: DueListIdentity): Promise<Buffer> {
  const key = list.prefix + CSV;
  const stored = await objects.read(
    "due",
    key,
    list.csvVersion === undefined ? {} : { version: list.csvVersion },
  );
  if (stored === undefined) throw new DueListMissing(`${key} is not in the due bucket`);
  const found = sha256(stored.bytes);
  if (found !== list.sha256) {
    throw new DueListMismatch(`${key}: the manifest says SHA-256 ${list.sha256}, the rows have ${found}`);
  }
  return stored.bytes;
}

function planned(bytes: Buffer, stream: Stream, batch: BatchItem, list: DueListIdentity): PlanResult {
  let result: PlanResult;
  try {
    result = planSegments(bytes, stream, calendarDate(batch.billingDate));
  } catch (error) {
    if (!(error instanceof DueListFault)) throw error;
    throw new DueListMismatch(`${list.prefix}${CSV}: ${error.message}`, { cause: error });
  }
  if (result.count !== list.count) {
    throw new DueListMismatch(`the manifest says ${list.count} rows, the list has ${result.count}`);
  }
  if (result.totalCents !== list.totalCents) {
    // The difference, and neither total: of a single shifted row the total would be the bank account.
    const more = list.totalCents - result.totalCents;
    throw new DueListMismatch(
      `the manifest says ${Math.abs(more)} cents ${more > 0 ? "more" : "less"} than the list has`,
    );
  }
  return result;
}
