import { appendEvent } from "../../audit-trail.ts";
import { parseBatchId } from "../../domain/batch.ts";
import { ApprovalRefused, BankFileDamaged, ProposalUnknown } from "../../domain/faults.ts";
import {
  isSamePerson,
  isSameSet,
  MOST_MINUTES,
  proposalSha256,
  proposedWords,
  refusedApproval,
} from "../../domain/proposal.ts";
import type { ApprovalItem, ProposalItem } from "../../domain/records.ts";
import type { Configuration } from "../../domain/stream.ts";
import { fileInDoubt } from "../../file-in-doubt.ts";
import { frozenSet } from "../../frozen-set.ts";
import type { Ports } from "../../ports.ts";
import { sha256OfText } from "../../proposal-hash.ts";
import { readProven } from "../../stored-bytes.ts";
import { streamOf } from "../../stream-of.ts";
import { fileName } from "../../submission.ts";

export interface Approved {
  readonly proposal: string;
  readonly batchId: string;
  /** What was proposed: `accept growth`, `resolve file 01 as rejected`. */
  readonly decided: string;
  readonly proposedBy: string;
  readonly approvedBy: string;
  /** When it was approved first. */
  readonly at: string;
}

/**
 * A second person's yes to one proposal, bound to all that the proposal says. The first approval stands: the same
 * person gets the same answer again, anybody else is refused. It takes effect when the batch is redriven: the gate, or
 * whoever finds the file in doubt, judges it once more.
 * @throws ProposalUnknown; ApprovalRefused; and as {@link frozenSet} or {@link fileInDoubt}
 */
export async function approve(
  event: { readonly proposal: string; readonly by: string },
  ports: Ports & { readonly configuration: Configuration },
): Promise<Approved> {
  const { by } = event;
  const { batch, proposal } = await proposalOf(event.proposal, ports);
  const stream = streamOf(ports.configuration, batch.stream).name;
  const nonce = ports.nonce();
  const approval: ApprovalItem = {
    batchId: batch.id,
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
  await stillStands(ports, batch, proposal);
  // Before it takes effect, so that no approval stands of which the trail does not tell.
  const { at } = approval;
  await appendEvent(ports, { batchId: batch.id, at, action: `asks to approve ${proposal.id}`, by, nonce });
  const stood = await put(ports, proposal, approval);
  const proposed = proposedWords(proposal);
  ports.log.decision({
    state: "Approve",
    batchId: batch.id,
    stream,
    nonce,
    outcome: proposal.id,
    proposed,
    by,
  });
  ports.metrics.count("Approved", stream);
  return told(ports, proposal, stood);
}

/** What was proposed is still there to be decided. Throws ApprovalRefused otherwise. */
async function stillStands(
  ports: Pick<Ports, "ledger" | "objects">,
  batch: { readonly id: string; readonly stream: string },
  proposal: ProposalItem,
): Promise<void> {
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
  const { batchId, by, at, proposalSha256: nonce } = stood;
  await appendEvent(ports, { batchId, at, action: `approve ${proposal.id}`, by, nonce });
  const { id, by: proposedBy } = proposal;
  return { proposal: id, batchId, decided: proposedWords(proposal), proposedBy, approvedBy: by, at };
}

const WHY = {
  "another-proposal": "the proposal is not what its id was made from",
  "same-person": "nobody approves what they proposed themselves, in whichever role",
  expired: `a proposal can be approved within ${MOST_MINUTES} minutes after it was made, and no longer: propose again`,
} as const;

/** A proposal by its id, which begins with the batch's. */
async function proposalOf(id: string, { ledger }: Pick<Ports, "ledger">) {
  const batch = parseBatchId(/^(.+)\.[0-9a-f]{32}$/.exec(id)?.[1] ?? "");
  if (!batch) throw new ProposalUnknown("the id is not that of a proposal, <batch>.<32 hex digits>");
  const proposal = (await ledger.readProposals(batch.id)).find((item) => item.id === id);
  if (!proposal) throw new ProposalUnknown(`the ledger has no proposal ${id}`);
  return { batch, proposal };
}

/** This person's own approval, if it stands already. Throws ApprovalRefused if another one stands. */
async function standing(
  { ledger }: Pick<Ports, "ledger">,
  proposal: ProposalItem,
  by: string,
): Promise<ApprovalItem | undefined> {
  const first = (await ledger.readApprovals(proposal.batchId)).find((item) => item.proposal === proposal.id);
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
