import { appendProposalEvent } from "../../audit-trail.ts";
import { tellDecision } from "../../decision-of-two.ts";
import { parseBatchId } from "../../domain/batch.ts";
import { BatchUnknown, RequestMalformed } from "../../domain/faults.ts";
import { overrideFault } from "../../domain/override.ts";
import { batchOf, type Proposed, proposalId } from "../../domain/proposal.ts";
import type {
  OverrideProposal,
  ProposalItem,
  ResolutionProposal,
  SuspicionProposal,
} from "../../domain/records.ts";
import type { Configuration } from "../../domain/stream.ts";
import { ConditionRefused, type Ports } from "../../ports.ts";
import { approvableUntil, sha256OfText } from "../../proposal-hash.ts";
import { streamOf } from "../../stream-of.ts";
import { suspected } from "./accept-suspicion.ts";
import { type Statement, stated } from "./resolve-submission.ts";

interface AnyRequest {
  readonly reason: string;
  /** The person, whom AWS has verified. */
  readonly by: string;
}

/** What is asked about one batch. */
type BatchRequest = AnyRequest & { readonly batchId: string } & (
    | { readonly action: "accept-suspicion"; readonly check: string }
    | ({ readonly action: "resolve-submission" } & Statement)
  );

type OverrideRequest = AnyRequest & Pick<OverrideProposal, "action" | "ticket" | "minutes">;

export type ProposeEvent = BatchRequest | OverrideRequest;

/** A proposal without the files and the report that a suspicion is about. */
type Told = Omit<SuspicionProposal, "sha256s" | "report"> | ResolutionProposal | OverrideProposal;

/** What a second person is told, and approves by its id. */
export type Proposal = Told & {
  /** The last instant at which it may be approved. */
  readonly until: string;
};

type PortsToPropose = Ports & { readonly configuration: Configuration };

/**
 * Proposes that one suspicion be accepted for exactly the files that a stopped batch has frozen, that one file in
 * doubt be taken for what the bank says of it, or that the stage may deploy through its blackout for a while. It
 * changes nothing until somebody else approves it. The audit trail knows of it first, so that nothing can be approved
 * of which the trail does not tell; a repetition is a proposal of its own.
 * @throws ProposalRefused where nothing is open to be decided in this way; BatchUnknown, StreamUnknown; BatchClosed,
 *   BatchAbandoned, BatchAbandoning, StaleFence; RequestMalformed of an override that could never count
 */
export async function propose(event: ProposeEvent, ports: PortsToPropose): Promise<Proposal> {
  const { reason, by } = event;
  const at = new Date(ports.clock.now()).toISOString();
  const proposed =
    event.action === "override-blackout" ? overriding(event, at) : await aboutBatch(event, at, ports);
  const nonce = ports.nonce();
  const item: ProposalItem = { id: proposalId(proposed, sha256OfText), ...proposed };
  await appendProposalEvent(ports, batchOf(item), { at, action: `propose ${item.id}`, by, reason, nonce });
  await put(ports, item);
  tellDecision(ports, "Propose", item, { by, nonce });
  return { ...told(item), until: approvableUntil(at) };
}

async function aboutBatch(event: BatchRequest, at: string, ports: PortsToPropose): Promise<Proposed> {
  const { reason, by } = event;
  const batch = batchIn(event, ports);
  const whose = { batchId: batch.id, reason, by, at };
  return event.action === "accept-suspicion"
    ? { ...whose, action: event.action, check: event.check, ...(await suspected(event, batch, ports)) }
    : { ...whose, action: event.action, ...(await stated(event, batch, at, ports)) };
}

function batchIn({ batchId }: BatchRequest, { configuration }: PortsToPropose) {
  const batch = parseBatchId(batchId);
  if (!batch) throw new BatchUnknown("the batch id is not <stream>-<yyyy-mm-dd>-<nn>");
  streamOf(configuration, batch.stream);
  return batch;
}

/** Whatever was let through on the way here: what could never count is not put before a second person. */
function overriding({ action, ticket, minutes, reason, by }: OverrideRequest, at: string): Proposed {
  const fault = overrideFault({ reason, ticket, minutes });
  if (fault !== undefined) throw new RequestMalformed(`the request does not fit: ${fault}`);
  return { action, ticket, minutes, reason, by, at };
}

function told(item: ProposalItem): Told {
  if (item.action !== "accept-suspicion") return item;
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
