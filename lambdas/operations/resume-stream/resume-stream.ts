import { appendStreamEvent } from "../../audit-trail.ts";
import type { Decision } from "../../domain/records.ts";
import type { Configuration } from "../../domain/stream.ts";
import type { Ports } from "../../ports.ts";
import { changeStream } from "../../stream-change.ts";
import { streamOf } from "../../stream-of.ts";

/** Ends a pause, whoever began it. Nothing starts by itself: a batch that was refused is redriven. */
export async function resumeStream(
  event: { readonly stream: string; readonly by: string; readonly reason: string },
  ports: Ports & { readonly configuration: Configuration },
): Promise<{ readonly ended?: Decision }> {
  const { name } = streamOf(ports.configuration, event.stream);
  const nonce = ports.nonce();
  const decision = { by: event.by, reason: event.reason, at: new Date(ports.clock.now()).toISOString() };
  let ended: Decision | undefined;
  const item = await changeStream(ports, name, nonce, async (seen) => {
    if (!seen.paused) return "done";
    await appendStreamEvent(ports, { stream: name, action: "resume", ...decision, nonce });
    const { paused, ...open } = seen;
    ended = paused;
    return open;
  });
  ports.log.decision({
    state: "ResumeStream",
    stream: name,
    fence: item.fence,
    nonce,
    outcome: ended ? "resumed" : "was not paused",
    by: event.by,
    reason: event.reason,
  });
  if (ended) ports.metrics.count("StreamResumed", name);
  return ended ? { ended } : {};
}
