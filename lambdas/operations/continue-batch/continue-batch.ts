import { z } from "zod";
import { appendEvent } from "../../audit-trail.ts";
import { parseBatchId } from "../../domain/batch.ts";
import {
  continuedAction,
  executionName,
  MOST_CONTINUATIONS,
  numberOf,
  TrailOfExecutions,
} from "../../domain/execution-name.ts";
import {
  BatchAbandoned,
  BatchClosed,
  BatchUnknown,
  ExecutionNotEnded,
  LedgerBroken,
  LimitExceeded,
} from "../../domain/faults.ts";
import type { BatchItem } from "../../domain/records.ts";
import type { Configuration } from "../../domain/stream.ts";
import { startedList } from "../../due-list-identity.ts";
import { newestExecution } from "../../newest-execution.ts";
import type { Execution, Executions, Ports } from "../../ports.ts";
import { streamOf } from "../../stream-of.ts";

export interface Continued {
  /** ALREADY_CONTINUED: somebody else's continuation has this very name, and nothing was started beside it. */
  readonly outcome: "CONTINUED" | "ALREADY_CONTINUED";
  readonly execution: string;
}

type Batch = NonNullable<ReturnType<typeof parseBatchId>>;

/**
 * Starts a new execution of today's definition for a batch whose newest execution has ended without closing it: for
 * mended code, after 14 days, at the history limit. It begins with AcquireLock, whose fence shuts out whatever an
 * earlier execution still does. The decision is in the audit trail before it takes effect.
 *
 * A batch may be closed while no execution of it has succeeded: its close died on the way to the free lock and the
 * report. The new execution finishes it, and does nothing else.
 *
 * Two people who ask at once take the same name, which Step Functions starts once: a name that was announced and that
 * nobody has started yet is taken again, not passed over.
 * @throws ExecutionNotEnded while one runs; BatchClosed; BatchAbandoned; BatchUnknown if neither an execution nor a
 *   record is left; LimitExceeded after 99 continuations; LedgerBroken if no record is left and the execution was
 *   not started as batches are; StreamUnknown
 */
export async function continueBatch(
  event: { readonly batchId: string; readonly by: string; readonly reason: string },
  ports: Ports & {
    readonly configuration: Configuration;
    readonly executions: Pick<Executions, "start" | "describe">;
  },
): Promise<Continued> {
  const { by, reason } = event;
  const batch = parseBatchId(event.batchId);
  if (!batch) throw new BatchUnknown("the batch id is not <stream>-<yyyy-mm-dd>-<nn>");
  const { name: stream } = streamOf(ports.configuration, batch.stream);
  const now = ports.clock.now();
  const record = await ports.ledger.readBatch(batch.id);
  if (record?.state === "ABANDONED") {
    throw new BatchAbandoned(`batch ${batch.id} was abandoned; its due list needs a new number`);
  }
  const trail = new TrailOfExecutions(batch.id, await ports.ledger.readEvents(batch.id));
  const newest = await newestExecution(ports.executions, batch.id, trail);
  refuseRunning(newest);
  if (record?.state === "CLOSED" && newest === undefined) {
    throw new BatchClosed(`batch ${batch.id} is closed: there is nothing to continue`);
  }
  const used = Math.max(trail.used(now), (newest && numberOf(batch.id, newest.name)) ?? 0);
  if (trail.isYoung(used, now) && newest?.name !== executionName(batch.id, used)) {
    const name = executionName(batch.id, used);
    throw new ExecutionNotEnded(`execution ${name} has just acquired the lock, and cannot be looked at yet`);
  }
  if (used >= MOST_CONTINUATIONS) {
    throw new LimitExceeded(
      `batch ${batch.id} was continued ${MOST_CONTINUATIONS} times, and no name is left: redrive or abandon it`,
    );
  }
  const input = inputOf(batch, newest, record);
  const execution = executionName(batch.id, used + 1);
  const nonce = ports.nonce();
  const at = new Date(now).toISOString();
  await appendEvent(ports, { batchId: batch.id, at, action: continuedAction(execution), by, reason, nonce });
  const answer = await ports.executions.start(execution, input);
  const outcome = answer === "started" ? "CONTINUED" : "ALREADY_CONTINUED";
  ports.log.decision({ state: "ContinueBatch", batchId: batch.id, stream, nonce, outcome, execution });
  if (outcome === "CONTINUED") ports.metrics.count("BatchContinued", stream);
  return { outcome, execution };
}

function refuseRunning(newest: Execution | undefined): void {
  if (newest?.status === "RUNNING" || newest?.status === "PENDING_REDRIVE") {
    throw new ExecutionNotEnded(`execution ${newest.name} is ${newest.status}`);
  }
  if (newest?.status === "SUCCEEDED") {
    throw new BatchClosed(`execution ${newest.name} has SUCCEEDED: there is nothing to continue`);
  }
}

/** The input with which the starter starts a batch; an older starter named less of the list, or no list. */
const startInput = z.strictObject({
  batchId: z.string(),
  stream: z.string(),
  billingDate: z.string(),
  number: z.int(),
  list: z
    .strictObject({
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      count: z.int().min(0),
      mark: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .optional(),
    })
    .optional(),
});

/**
 * What the starter starts the batch with: made again of its record, which says which list it bills; where it has none
 * yet, as its execution knows it. Whatever else an execution in the console was started with goes no further.
 * @throws BatchUnknown if there is neither; LedgerBroken if the execution's input is no start of this batch
 */
function inputOf(
  { id: batchId, stream, billingDate, number }: Batch,
  newest: Execution | undefined,
  record: BatchItem | undefined,
): object {
  const names = { batchId, stream, billingDate, number };
  if (record?.dueList !== undefined) return { ...names, list: startedList(record.dueList) };
  if (newest?.input === undefined) {
    throw new BatchUnknown(`batch ${batchId} has no execution, and the ledger has no open record of it`);
  }
  const parsed = startInput.safeParse(jsonOf(newest.input));
  const isOfIt =
    parsed.success &&
    Object.entries(names).every(([name, value]) => parsed.data[name as "batchId"] === value);
  if (!isOfIt) {
    // Neither parser's message is passed on: what was typed into a console may be anything.
    throw new LedgerBroken(`execution ${newest.name} was not started as batch ${batchId} is started`);
  }
  return parsed.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
