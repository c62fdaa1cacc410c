import { appendProposalEvent } from "../../audit-trail.ts";
import { countDecision, tellDecision } from "../../decision-of-two.ts";
import { parseBatchId, fileName } from "../../domain/batch.ts";
import { ApprovalRefused, BankFileDamaged, ProposalUnknown } from "../../domain/faults.ts";
import { isOverrideId, overrideFault, overrideUntil } from "../../domain/override.ts";
import {
  batchOf,
  isSamePerson,
  isSameSet,
  MOST_MINUTES,
  proposalSha256,
  proposedWords,
  refusedApproval,
} from "../../domain/proposal.ts";
import type { ApprovalItem, BatchProposal, OverrideProposal, ProposalItem } from "../../domain/records.ts";
import type { Configuration } from "../../domain/stream.ts";
import { fileInDoubt } from "../../file-in-doubt.ts";
import { frozenSet } from "../../frozen-set.ts";
import type { Ports } from "../../ports.ts";
import { sha256OfText } from "../../proposal-hash.ts";
import { readProven } from "../../stored-bytes.ts";
import { streamOf } from "../../stream-of.ts";

export interface Approved {
  readonly proposal: string;
  /** Absent where the proposal is about no batch. */
  readonly batchId?: string;
  /** What was proposed: `accept growth`, `resolve file 01 as rejected`. */
  readonly decided: string;
  readonly proposedBy: string;
  readonly approvedBy: string;
  /** When it was approved first. */
  readonly at: string;
  /** The last instant at which an override of the deploy blackout holds. */
  readonly until?: string;
}

/**
 * A second person's yes to one proposal, bound to all that the proposal says. The first approval stands: the same
 * person gets the same answer again, anybody else is refused. About a batch it takes effect when that is redriven: the
 * gate, or whoever finds the file in doubt, judges it once more. An override of the deploy blackout holds at once.
 * @throws ProposalUnknown; ApprovalRefused; and as {@link frozenSet} or {@link fileInDoubt}
 */
export async function approve(
  event: { readonly proposal: string; readonly by: string },
  ports: Ports & { readonly configuration: Configuration },
): Promise<Approved> {
  const { by } = event;
  const found = await proposalOf(event.proposal, ports);
  const { proposal, batch } = found;
  if (batch) streamOf(ports.configuration, batch.stream);
  const nonce = ports.nonce();
  const approval: ApprovalItem = {
    ...(batch && { batchId: batch.id }),
    proposal: proposal.id,
    proposalSha256: proposalSha256(proposal, sha256OfText),
    by,
    at: new Date(ports.clock.now()).toISOString(),
  };
  const refused = refusedApproval(proposal, approval, sha256OfText);
  if (refused !== undefined && refused !== "expired") throw new ApprovalRefused(WHY[refused]);
  const first = await standing(ports, proposal, by);
  if (first) return told(ports, proposal, first);
  if (refused !== undefined) throw new ApprovalRefused(WHY[refused]);
  await stillStands(ports, found);
  // Before it takes effect, so that no approval stands of which the trail does not tell, and no override unheard.
  const { at } = approval;
  const asks = { at, action: `asks to approve ${proposal.id}`, by, nonce };
  await appendProposalEvent(ports, batch?.id, asks);
  if (!batch) countDecision(ports, "OverrideApproved", proposal);
  const stood = await put(ports, proposal, approval);
  tellDecision(ports, "Approve", proposal, { by, nonce });
  return told(ports, proposal, stood);
}

/** What was proposed is still there to be decided. Throws ApprovalRefused otherwise. */
async function stillStands(ports: Pick<Ports, "ledger" | "objects">, found: Found): Promise<void> {
  if (!found.batch) {
    const fault = overrideFault(found.proposal);
    if (fault !== undefined) throw new ApprovalRefused(`the proposal can never count: ${fault}`);
    return;
  }
  const { batch, proposal } = found;
  if (proposal.action === "accept-suspicion") {
    if (isSameSet(await frozenSet(ports, batch), proposal.sha256s)) return;
    throw new ApprovalRefused(`batch ${batch.id} has other files now than were proposed`);
  }
  const { number, nonce, evidence } = proposal;
  const doubt = await fileInDoubt(ports, batch, number);
  if (typeof doubt === "string") throw new ApprovalRefused(doubt);
  const { file, intent } = doubt;
  if (file.sha256 !== proposal.sha256 || intent.nonce !== nonce) {
    throw new ApprovalRefused(
      `${fileName(batch.id, number)} has other bytes or another intent now than were proposed`,
    );
  }
  try {
    await readProven(ports.objects, "reports", evidence.key, evidence.sha256, evidence.version);
  } catch (error) {
    if (!(error instanceof BankFileDamaged)) throw error;
    throw new ApprovalRefused(`the evidence is not what was proposed; ${error.message}`, { cause: error });
  }
}

/**
 * Tells the audit trail whose approval stands, and answers with it: of two who ask at once only one approves. The
 * line's key is made of the approval, so that a repetition writes what a crash has left out, and never a second one.
 */
async function told(ports: Ports, proposal: ProposalItem, stood: ApprovalItem): Promise<Approved> {
  const { by, at, proposalSha256: nonce } = stood;
  const batchId = batchOf(stood);
  await appendProposalEvent(ports, batchId, { at, action: `approve ${proposal.id}`, by, nonce });
  const { id, by: proposedBy } = proposal;
  return {
    proposal: id,
    ...(batchId !== undefined && { batchId }),
    decided: proposedWords(proposal),
    proposedBy,
    approvedBy: by,
    at,
    ...(proposal.action === "override-blackout" && { until: overrideUntil(proposal, stood) }),
  };
}

const WHY = {
  "another-proposal": "the proposal is not what its id was made from",
  "same-person": "nobody approves what they proposed themselves, in whichever role",
  expired: `a proposal can be approved within ${MOST_MINUTES} minutes after it was made, and no longer: propose again`,
} as const;

/** A proposal with the batch that it is about. */
type Found =
  | { readonly batch: { readonly id: string; readonly stream: string }; readonly proposal: BatchProposal }
  | { readonly batch?: undefined; readonly proposal: OverrideProposal };

/** A proposal by its id, which begins with its batch's, or with the word for overrides. */
async function proposalOf(id: string, { ledger }: Pick<Ports, "ledger">): Promise<Found> {
  const unknown = () => new ProposalUnknown(`the ledger has no proposal ${id}`);
  if (isOverrideId(id)) {
    const proposal = (await ledger.readOverrides()).proposals.find((item) => item.id === id);
    if (!proposal) throw unknown();
    return { proposal };
  }
  const batch = parseBatchId(/^(.+)\.[0-9a-f]{32}$/.exec(id)?.[1] ?? "");
  if (!batch)
    throw new ProposalUnknown("the id is not that of a proposal, <batch>.<32 hex digits> or override.<…>");
  const proposal = (await ledger.readProposals(batch.id)).find((item) => item.id === id);
  if (!proposal) throw unknown();
  return { batch, proposal };
}

/** This person's own approval, if it stands already. Throws ApprovalRefused if another one stands. */
async function standing(
  { ledger }: Pick<Ports, "ledger">,
  proposal: ProposalItem,
  by: string,
): Promise<ApprovalItem | undefined> {
  const approvals =
    proposal.action === "override-blackout"
      ? (await ledger.readOverrides()).approvals
      : await ledger.readApprovals(proposal.batchId);
  const first = approvals.find((item) => item.proposal === proposal.id);
  if (!first) return undefined;
  if (refusedApproval(proposal, first, sha256OfText) !== undefined) {
    throw new ApprovalRefused("an approval stands that does not count: propose again");
  }
  if (isSamePerson(first.by, by)) return first;
  throw new ApprovalRefused(`${first.by} has approved it already, at ${first.at}`);
}

/** Puts the approval if there is none. Whatever the answer was, what stands there then decides. */
async function put(ports: Ports, proposal: ProposalItem, approval: ApprovalItem): Promise<ApprovalItem> {
  try {
    await ports.ledger.createApproval(approval);
    return approval;
  } catch (error) {
    const stands = await standing(ports, proposal, approval.by);
    if (stands) return stands;
    throw error;
  }
}
