import { parseBatchId } from "./domain/batch.ts";
import { isMetric } from "./domain/metrics.ts";
import type { Ports } from "./ports.ts";

/**
 * Runs one call, and says on its way out what ended it: one log line and one count for any error, and one more under
 * the error's own name where that is counted. The error goes on as it is; nobody catches it on the way.
 * @param state the function's name in the app, such as `Reconcile`
 */
export async function announced<Output>(
  state: string,
  event: unknown,
  ports: Pick<Ports, "log" | "metrics">,
  run: () => Promise<Output>,
): Promise<Output> {
  try {
    return await run();
  } catch (error) {
    const { batchId, stream, fence, by } = subjectOf(event);
    const outcome = error instanceof Error ? error.name : "an unknown thing was thrown";
    ports.log.decision({
      state,
      ...(batchId !== undefined && { batchId }),
      ...(stream !== undefined && { stream }),
      ...(fence !== undefined && { fence }),
      ...(by !== undefined && { by }),
      outcome,
    });
    if (stream !== undefined) {
      ports.metrics.count("StepFailed", stream);
      if (isMetric(outcome)) ports.metrics.count(outcome, stream);
    }
    throw error;
  }
}

const STREAM = /^[a-z0-9-]{3,20}$/;

/** The form of a session name, which is what AWS knows a person by. */
const PERSON = /^[\w+=,.@-]{2,64}$/;

/**
 * What an event is about and whose it is, as far as it has the form of a name: nothing else may get into a log or a
 * dimension.
 */
function subjectOf(event: unknown): { batchId?: string; stream?: string; fence?: number; by?: string } {
  const { batchId, stream, fence, by } = (event ?? {}) as Record<string, unknown>;
  const batch = typeof batchId === "string" ? parseBatchId(batchId) : undefined;
  const named = typeof stream === "string" && STREAM.test(stream) ? stream : batch?.stream;
  return {
    ...(batch && { batchId: batch.id }),
    ...(named !== undefined && { stream: named }),
    ...(typeof fence === "number" && { fence }),
    ...(typeof by === "string" && PERSON.test(by) && { by }),
  };
}
