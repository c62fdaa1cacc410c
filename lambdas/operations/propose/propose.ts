import { appendEvent } from "../../audit-trail.ts";
import { parseBatchId } from "../../domain/batch.ts";
import { BatchUnknown } from "../../domain/faults.ts";
import { type Proposed, proposalId, proposedWords } from "../../domain/proposal.ts";
import type { ProposalItem, ResolutionProposal, SuspicionProposal } from "../../domain/records.ts";
import type { Configuration } from "../../domain/stream.ts";
import { ConditionRefused, type Ports } from "../../ports.ts";
import { approvableUntil, sha256OfText } from "../../proposal-hash.ts";
import { streamOf } from "../../stream-of.ts";
import { suspected } from "./accept-suspicion.ts";
import { type Statement, stated } from "./resolve-submission.ts";

interface AnyRequest {
  readonly batchId: string;
  readonly reason: string;
  /** The person, whom AWS has verified. */
  readonly by: string;
}

export type ProposeEvent = AnyRequest &
  (
    | { readonly action: "accept-suspicion"; readonly check: string }
    | ({ readonly action: "resolve-submission" } & Statement)
  );

/** What a second person is told, and approves by its id. */
export type Proposal = (Omit<SuspicionProposal, "sha256s" | "report"> | ResolutionProposal) & {
  /** The last instant at which it may be approved. */
  readonly until: string;
};

/**
 * Proposes that one suspicion be accepted for exactly the files that a stopped batch has frozen, or that one file in
 * doubt be taken for what the bank says of it. It changes nothing until somebody else approves it. The audit trail
 * knows of it first, so that nothing can be approved of which the trail does not tell; a repetition is a proposal of
 * its own.
 * @throws ProposalRefused where nothing is open to be decided in this way; BatchUnknown, StreamUnknown; BatchClosed,
 *   BatchAbandoned, BatchAbandoning, StaleFence
 */
export async function propose(
  event: ProposeEvent,
  ports: Ports & { readonly configuration: Configuration },
): Promise<Proposal> {
  const { reason, by } = event;
  const batch = parseBatchId(event.batchId);
  if (!batch) throw new BatchUnknown("the batch id is not <stream>-<yyyy-mm-dd>-<nn>");
  const stream = streamOf(ports.configuration, batch.stream).name;
  const at = new Date(ports.clock.now()).toISOString();
  const whose = { batchId: batch.id, reason, by, at };
  const proposed: Proposed =
    event.action === "accept-suspicion"
      ? { ...whose, action: event.action, check: event.check, ...(await suspected(event, batch, ports)) }
      : { ...whose, action: event.action, ...(await stated(event, batch, at, ports)) };
  const nonce = ports.nonce();
  const item: ProposalItem = { id: proposalId(proposed, sha256OfText), ...proposed };
  const { id } = item;
  await appendEvent(ports, { batchId: batch.id, at, action: `propose ${id}`, by, reason, nonce });
  await put(ports, item);
  const words = proposedWords(item);
  ports.log.decision({
    state: "Propose",
    batchId: batch.id,
    stream,
    nonce,
    outcome: id,
    proposed: words,
    by,
  });
  ports.metrics.count("Proposed", stream);
  return { ...told(item), until: approvableUntil(at) };
}

/** The proposal without the files and the report that a suspicion is about. */
function told(item: ProposalItem): Omit<SuspicionProposal, "sha256s" | "report"> | ResolutionProposal {
  if (item.action === "resolve-submission") return item;
  const { sha256s: _sha256s, report: _report, ...rest } = item;
  return rest;
}

/** The id is a hash of all the rest: if there is an item under it, it is this very one. */
async function put(ports: Ports, item: ProposalItem): Promise<void> {
  try {
    await ports.ledger.createProposal(item);
  } catch (error) {
    if (!(error instanceof ConditionRefused)) throw error;
  }
}
