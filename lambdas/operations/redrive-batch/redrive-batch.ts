import { appendEvent } from "../../audit-trail.ts";
import { parseBatchId } from "../../domain/batch.ts";
import { TrailOfExecutions } from "../../domain/execution-name.ts";
import { BatchClosed, BatchUnknown, ExecutionNotEnded, ExecutionNotRedrivable } from "../../domain/faults.ts";
import { newestExecution } from "../../newest-execution.ts";
import type { Executions, Ports } from "../../ports.ts";

/**
 * Starts the newest execution of a batch again at the state that failed. Safe from any state and any number of
 * times: every state finds its own work done. The decision is in the audit trail before it takes effect.
 * @throws ExecutionNotEnded while it runs; BatchClosed if it has succeeded; BatchUnknown if there never was one;
 *   ExecutionNotRedrivable if it is forgotten, or too old
 */
export async function redriveBatch(
  event: { readonly batchId: string; readonly by: string; readonly reason: string },
  ports: Ports & { readonly executions: Executions },
): Promise<{ readonly execution: string }> {
  const batch = parseBatchId(event.batchId);
  if (!batch) throw new BatchUnknown("the batch id is not <stream>-<yyyy-mm-dd>-<nn>");
  const trail = new TrailOfExecutions(batch.id, await ports.ledger.readEvents(batch.id));
  const execution = await newestExecution(ports.executions, batch.id, trail);
  if (execution === undefined) {
    if (trail.isEmpty) throw new BatchUnknown(`batch ${batch.id} has no execution`);
    throw new ExecutionNotRedrivable(`no execution of batch ${batch.id} is known any more: continue it`);
  }
  if (execution.status === "RUNNING" || execution.status === "PENDING_REDRIVE") {
    throw new ExecutionNotEnded(`execution ${execution.name} is ${execution.status}`);
  }
  if (execution.status === "SUCCEEDED") {
    throw new BatchClosed(`execution ${execution.name} has SUCCEEDED: there is nothing to redrive`);
  }
  const nonce = ports.nonce();
  const at = new Date(ports.clock.now()).toISOString();
  await appendEvent(ports, {
    batchId: batch.id,
    at,
    action: "redrive",
    by: event.by,
    reason: event.reason,
    nonce,
  });
  await ports.executions.redrive(execution.name);
  ports.log.decision({
    state: "RedriveBatch",
    batchId: batch.id,
    stream: batch.stream,
    nonce,
    outcome: execution.name,
  });
  ports.metrics.count("BatchRedriven", batch.stream);
  return { execution: execution.name };
}
