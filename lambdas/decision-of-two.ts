import { parseBatchId } from "./domain/batch.ts";
import type { MetricName } from "./domain/metrics.ts";
import { batchOf, proposedWords } from "./domain/proposal.ts";
import type { ProposalItem } from "./domain/records.ts";
import type { Configuration } from "./domain/stream.ts";
import type { Ports } from "./ports.ts";

type Telling = Pick<Ports, "log" | "metrics"> & { readonly configuration: Configuration };

/** Logs what one of two people has done about a proposal, and counts it. */
export function tellDecision(
  ports: Telling,
  state: "Propose" | "Approve",
  proposal: ProposalItem,
  { by, nonce }: { readonly by: string; readonly nonce: string },
): void {
  const batch = parseBatchId(batchOf(proposal) ?? "");
  ports.log.decision({
    state,
    ...(batch && { batchId: batch.id, stream: batch.stream }),
    nonce,
    outcome: proposal.id,
    proposed: proposedWords(proposal),
    by,
  });
  countDecision(ports, state === "Propose" ? "Proposed" : "Approved", proposal);
}

/** Counts for the stream of a batch; what is about no batch is about every stream, since a deployment holds them all. */
export function countDecision(
  { metrics, configuration }: Omit<Telling, "log">,
  name: MetricName,
  proposal: ProposalItem,
): void {
  const batch = parseBatchId(batchOf(proposal) ?? "");
  const streams = batch ? [batch.stream] : Object.keys(configuration.streams);
  for (const stream of streams) metrics.count(name, stream);
}
