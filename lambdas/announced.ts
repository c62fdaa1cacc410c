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
    const outcome = error instanceof Error ? error.name : "an unknown thing was thrown";
    const { batchId, stream, fence } = subjectOf(event, outcome !== "ZodError");
    ports.log.decision({
      state,
      ...(batchId !== undefined && { batchId }),
      ...(stream !== undefined && { stream }),
      ...(fence !== undefined && { fence }),
      outcome,
    });
    if (stream !== undefined) {
      ports.metrics.count("StepFailed", stream);
      if (isMetric(outcome)) ports.metrics.count(outcome, stream);
    }
    throw error;
  }
}

/** A stream's name has a letter; digits alone may be anything, also a bank account. */
const STREAM = /^(?=.*[a-z])[a-z0-9-]{3,20}$/;

/**
 * What an event is about, as far as it has the form of a name: nothing else may get into a log or a dimension. A
 * fence has no form that tells it from another number, so that it must be that of an event that fits.
 */
function subjectOf(event: unknown, fits: boolean): { batchId?: string; stream?: string; fence?: number } {
  const { batchId, stream, fence } = (event ?? {}) as Record<string, unknown>;
  const batch = typeof batchId === "string" ? parseBatchId(batchId) : undefined;
  const named = typeof stream === "string" && STREAM.test(stream) ? stream : batch?.stream;
  return {
    ...(batch && { batchId: batch.id }),
    ...(named !== undefined && { stream: named }),
    ...(fits && typeof fence === "number" && { fence }),
  };
}
