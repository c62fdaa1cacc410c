import { type DeployPorts, streamNames } from "../deploy-facts.ts";
import { freeStreams } from "./hold.ts";

export interface EndEvent {
  readonly action: "end";
  readonly deployment: string;
  readonly by: string;
  readonly reason: string;
}

export interface Ended {
  readonly deployment: string;
  /** The streams that it held when this was asked, and holds no more. */
  readonly freed: readonly string[];
}

/**
 * Ends a deployment, however it went: takes its hold, and nobody else's, off every stream. It may be repeated; a
 * deployment that holds nothing ends with nothing to free. Every stream is tried before a fault is thrown.
 *
 * A deployment may itself take a stream out of the configuration. Such streams are known by what the others say of
 * the deployment, so they are freed first.
 */
export async function end(event: EndEvent, ports: DeployPorts): Promise<Ended> {
  const { deployment, by, reason } = event;
  const nonce = ports.nonce();
  const configured = streamNames(ports.configuration);
  const release = {
    deployment,
    by,
    reason: `deployment ${deployment}: ${reason}`,
  };
  const { gone, faults } = await configuredNoMore(ports, deployment, configured);
  const first = await freeStreams(ports, gone, release, nonce);
  const rest =
    first.faults.length > 0
      ? { freed: [], faults: [] }
      : await freeStreams(ports, [...configured].reverse(), release, nonce);
  const freed = [...first.freed, ...rest.freed].sort();
  const wrong = [...first.faults, ...rest.faults, ...faults];
  ports.log.decision({
    state: "DeployGate",
    outcome: wrong.length > 0 ? "not ended everywhere" : "ended",
    deployment,
    by,
    nonce,
    freed: freed.join(","),
  });
  for (const name of freed) if (configured.includes(name)) ports.metrics.count("DeployEnded", name);
  if (wrong.length > 0) throw wrong[0];
  return { deployment, freed };
}

/** The streams that the deployment has taken and that are configured no more, and what could not be read of them. */
async function configuredNoMore(
  { ledger }: DeployPorts,
  deployment: string,
  configured: readonly string[],
): Promise<{ readonly gone: readonly string[]; readonly faults: readonly unknown[] }> {
  const taken = new Set<string>();
  const faults: unknown[] = [];
  for (const name of configured) {
    try {
      const { deploying } = (await ledger.readStream(name)) ?? {};
      if (deploying?.id === deployment) for (const stream of deploying.streams) taken.add(stream);
    } catch (error) {
      // An item that cannot be read does not keep the others held; it is told when they are free.
      faults.push(error);
    }
  }
  return { gone: [...taken].filter((name) => !configured.includes(name)).sort(), faults };
}
