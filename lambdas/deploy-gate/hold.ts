import { appendStreamEvent } from "../audit-trail.ts";
import { type DeployPorts, isOver } from "../deploy-facts.ts";
import { TimeShort } from "../domain/faults.ts";
import type { DeployReason, StreamFacts } from "../domain/may-deploy.ts";
import type { Deploying } from "../domain/records.ts";
import { changeStream } from "../stream-change.ts";

/**
 * Puts a deployment's hold on one stream, by one conditional write on the item as it was judged.
 * @param call its nonce, and until when it may take anything (epoch milliseconds): what was judged before that time is
 *   no longer so, and whoever has called is gone
 * @returns why not, or undefined when it stands, also from an earlier call of the same deployment
 * @throws TimeShort where the call's time is over
 */
export async function takeStream(
  ports: Pick<DeployPorts, "ledger" | "clock">,
  judged: StreamFacts,
  hold: Deploying,
  { nonce, until }: { readonly nonce: string; readonly until: number },
): Promise<DeployReason | undefined> {
  const { stream } = judged;
  let refused: DeployReason | undefined;
  await changeStream(ports, stream, nonce, async (seen) => {
    refused = undefined;
    if (seen.deploying?.id === hold.id) return "done";
    if (seen.deploying !== undefined) {
      refused = {
        code: "DeployInProgress",
        text: `deployment ${seen.deploying.id} has taken stream ${stream} meanwhile`,
      };
      return "done";
    }
    // Every acquire raises the fence: with another one, another batch has the lock than was judged, or has it again.
    if (seen.batch !== undefined && seen.fence !== judged.fence) {
      const { id } = seen.batch;
      if (!isOver(await ports.ledger.readBatch(id))) {
        refused = {
          code: "BatchOpen",
          text: `batch ${id} has acquired the lock of stream ${stream} meanwhile`,
        };
        return "done";
      }
    }
    // Before it takes effect, so that no deployment holds a stream of which the trail does not tell.
    await appendStreamEvent(ports, {
      stream,
      action: "deploy begin",
      by: hold.by,
      at: hold.at,
      reason: `deployment ${hold.id}${hold.override === undefined ? "" : ` under ${hold.override}`}`,
      nonce,
    });
    // Last of all, with nothing awaited in between.
    if (ports.clock.now() >= until) {
      throw new TimeShort(`stream ${stream} is not taken: the call's time is over`);
    }
    return { ...seen, deploying: hold };
  });
  return refused;
}

/** Whose hold is to go, and what the trail says of it. */
export interface Release {
  readonly deployment: string;
  readonly by: string;
  readonly reason: string;
}

/** What has become of the streams that were to be freed. */
export interface Freed {
  /** Those that the deployment held when it was asked, and holds no more. */
  readonly freed: readonly string[];
  readonly faults: readonly unknown[];
}

/**
 * Takes a deployment's hold off these streams, in that order, and nobody else's. A stream that cannot be freed does not
 * keep the others from it.
 * @param doubted the stream with a write of ours that may still be under way: what it is conditioned on is gone then
 */
export async function freeStreams(
  ports: DeployPorts,
  streams: readonly string[],
  release: Release,
  nonce: string,
  doubted?: string,
): Promise<Freed> {
  const freed: string[] = [];
  const faults: unknown[] = [];
  for (const stream of streams) {
    try {
      if (await freeStream(ports, stream, release, nonce, stream === doubted)) freed.push(stream);
    } catch (error) {
      // Told when all have been tried.
      faults.push(error);
    }
  }
  return { freed, faults };
}

async function freeStream(
  ports: DeployPorts,
  stream: string,
  { deployment, by, reason }: Release,
  nonce: string,
  doubted: boolean,
): Promise<boolean> {
  let held = false;
  let written = false;
  await changeStream(ports, stream, nonce, async (seen) => {
    const { deploying, ...free } = seen;
    if (deploying?.id !== deployment) {
      // The version alone, once.
      if (!doubted || written) return "done";
      written = true;
      return seen;
    }
    held = true;
    const at = new Date(ports.clock.now()).toISOString();
    // The call that began may be the one that gives back, at the same instant: its line is another one all the same.
    await appendStreamEvent(ports, { stream, action: "deploy end", by, at, reason, nonce: `${nonce}-end` });
    return free;
  });
  return held;
}
