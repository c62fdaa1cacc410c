import { parseBatchId } from "./domain/batch.ts";
import { RequestRefused } from "./domain/faults.ts";
import { COUNTED_FAULTS } from "./domain/metrics.ts";
import { isStreamName } from "./domain/stream-name.ts";
import type { Configuration } from "./domain/stream.ts";
import type { Nonce, Ports } from "./ports.ts";

/**
 * Runs one call, and says on its way out what ended it: one log line and one count for any error, and one more under
 * the error's own name where that is counted. The error goes on as it is; nobody catches it on the way.
 * @param state the function's name in the app, such as `Reconcile`
 * @param run the call, on ports whose nonces are noted for the line
 */
export async function announced<PortsOfStep extends Announcing & { readonly nonce?: Nonce }, Output>(
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

/** What an error is announced through. */
export type Announcing = Pick<Ports, "log" | "metrics"> & { readonly configuration?: Configuration };

/**
 * Logs one error, and counts it for its stream if it is about one that there is: an alarm has no other dimension. A
 * person's request that is refused is no failure of ours, and is not counted.
 */
export function announce(
  ports: Announcing,
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
  const { stream } = about;
  if (stream === undefined || !isKnown(stream, ports) || error instanceof RequestRefused) return;
  ports.metrics.count("StepFailed", stream);
  const counted = COUNTED_FAULTS.find((name) => name === outcome);
  if (counted) ports.metrics.count(counted, stream);
}

/** Whoever calls may name any stream, and every name would be a metric of its own. */
function isKnown(stream: string, { configuration }: Announcing): boolean {
  return configuration === undefined || Object.hasOwn(configuration.streams, stream);
}

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
  const named = typeof stream === "string" && isStreamName(stream) ? stream : batch?.stream;
  return {
    ...(batch && { batchId: batch.id }),
    ...(named !== undefined && { stream: named }),
    ...(fits && typeof fence === "number" && { fence }),
    ...(typeof by === "string" && PERSON.test(by) && { by }),
  };
}
