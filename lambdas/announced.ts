import { parseBatchId } from "./domain/batch.ts";
import { isMetric } from "./domain/metrics.ts";
import type { Nonce, Ports } from "./ports.ts";

/**
 * Runs one call, and says on its way out what ended it: one log line and one count for any error, and one more under
 * the error's own name where that is counted. The error goes on as it is; nobody catches it on the way.
 * @param state the function's name in the app, such as `Reconcile`
 * @param run the call, on ports whose nonces are noted for the line
 */
export async function announced<
  PortsOfStep extends Pick<Ports, "log" | "metrics"> & { readonly nonce?: Nonce },
  Output,
>(
  state: string,
  event: unknown,
  ports: PortsOfStep,
  run: (ports: PortsOfStep) => Promise<Output>,
): Promise<Output> {
  let nonce: string | undefined;
  const { nonce: made } = ports;
  const noted = made === undefined ? ports : { ...ports, nonce: () => (nonce = made()) };
  try {
    return await run(noted);
  } catch (error) {
    const about = subjectOf(event, error instanceof Error && error.name !== "ZodError");
    announce(ports, { state, ...about, ...(nonce !== undefined && { nonce }) }, error);
    throw error;
  }
}

/** Logs and counts one error, for a stream if it is about one: an alarm has no other dimension. */
export function announce(
  ports: Pick<Ports, "log" | "metrics">,
  about: {
    readonly state: string;
    readonly batchId?: string;
    readonly stream?: string;
    readonly fence?: number;
    readonly nonce?: string;
    readonly by?: string;
  },
  error: unknown,
): void {
  const outcome = error instanceof Error ? error.name : "an unknown thing was thrown";
  ports.log.decision({ ...about, outcome });
  if (about.stream === undefined) return;
  ports.metrics.count("StepFailed", about.stream);
  if (isMetric(outcome)) ports.metrics.count(outcome, about.stream);
}

/** A stream's name has a letter; digits alone may be anything, also a bank account. */
const STREAM = /^(?=.*[a-z])[a-z0-9-]{3,20}$/;

/** The form of a session name, which is what AWS knows a person by. */
const PERSON = /^[\w+=,.@-]{2,64}$/;

/**
 * What an event is about and whose it is, as far as it has the form of a name: nothing else may get into a log or a
 * dimension. A fence has no form that tells it from another number, so that it must be that of an event that fits.
 */
function subjectOf(
  event: unknown,
  fits: boolean,
): { batchId?: string; stream?: string; fence?: number; by?: string } {
  const { batchId, stream, fence, by } = (event ?? {}) as Record<string, unknown>;
  const batch = typeof batchId === "string" ? parseBatchId(batchId) : undefined;
  const named = typeof stream === "string" && STREAM.test(stream) ? stream : batch?.stream;
  return {
    ...(batch && { batchId: batch.id }),
    ...(named !== undefined && { stream: named }),
    ...(fits && typeof fence === "number" && { fence }),
    ...(typeof by === "string" && PERSON.test(by) && { by }),
  };
}
