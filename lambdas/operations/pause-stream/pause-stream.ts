import { appendStreamEvent } from "../../audit-trail.ts";
import type { Decision } from "../../domain/records.ts";
import type { Configuration } from "../../domain/stream.ts";
import type { Ports } from "../../ports.ts";
import { changeStream } from "../../stream-change.ts";
import { streamOf } from "../../stream-of.ts";

/**
 * Stops a stream: from here on no batch acquires its lock and no file begins to be submitted. A file whose
 * submission has begun goes on to its end. The first pause stands until somebody resumes.
 */
export async function pauseStream(
  event: { readonly stream: string; readonly by: string; readonly reason: string },
  ports: Ports & { readonly configuration: Configuration },
): Promise<{ readonly paused: Decision }> {
  const { name } = streamOf(ports.configuration, event.stream);
  const nonce = ports.nonce();
  const decision = { by: event.by, reason: event.reason, at: new Date(ports.clock.now()).toISOString() };
  let begun = false;
  const item = await changeStream(ports, name, nonce, async (seen) => {
    if (seen.paused) {
      // After a write of ours: it has landed and its answer was lost, or it lost its race to another's pause.
      begun &&= seen.paused.by === decision.by && seen.paused.at === decision.at;
      return "done";
    }
    // Before it takes effect, so that no pause stands of which the trail does not tell.
    await appendStreamEvent(ports, { stream: name, action: "pause", ...decision, nonce });
    begun = true;
    return { ...seen, paused: decision };
  });
  ports.log.decision({
    state: "PauseStream",
    stream: name,
    fence: item.fence,
    nonce,
    outcome: begun ? "paused" : "was paused",
    by: event.by,
    reason: event.reason,
  });
  if (begun) ports.metrics.count("StreamPaused", name);
  // Found or written: it is there.
  return { paused: item.paused as Decision };
}
