import { twoDigits } from "./batch.ts";
import type {
  Acceptance,
  ApprovalItem,
  FileItem,
  OverrideProposal,
  ProposalItem,
  ResolutionProposal,
  SuspicionProposal,
} from "./records.ts";
import type { SuspicionName } from "./suspicion.ts";

/** How long after a proposal a second person may approve it. */
export const MOST_MINUTES = 60;

/** SHA-256 of a text, in hex; given, because the domain imports nothing. */
export type Sha256 = (text: string) => string;

/** A proposal before it has an id. */
export type Proposed = ProposedOfBatch | Omit<OverrideProposal, "id">;

type ProposedOfBatch = Omit<SuspicionProposal, "id"> | Omit<ResolutionProposal, "id">;

const HASH_IN_ID = 32;

/** Under what overrides of the deploy blackout are filed: no batch id, which ends in a date and a number. */
export const OVERRIDES = "override";

/** Under what a proposal or an approval is filed: its batch's id, or {@link OVERRIDES}. Its id begins with it. */
export function filedUnder(item: Proposed | ApprovalItem): string {
  return batchOf(item) ?? OVERRIDES;
}

/** The batch that a proposal or an approval is about; undefined where it is about none. */
export function batchOf(item: Proposed | ApprovalItem): string | undefined {
  return "batchId" in item ? item.batchId : undefined;
}

/** SHA-256 over everything that a proposal says, in a fixed order, so that one byte more makes another proposal. */
export function proposalSha256(proposal: Proposed, sha256: Sha256): string {
  const { action, reason, by, at } = proposal;
  return sha256(JSON.stringify([filedUnder(proposal), action, ...ownFields(proposal), reason, by, at]));
}

/** What proposals of one action say and others do not. The action stands before them, so none is read as another's. */
function ownFields(proposal: Proposed): readonly unknown[] {
  if (proposal.action === "override-blackout") return [proposal.ticket, proposal.minutes];
  if (proposal.action !== "resolve-submission") return [proposal.check, proposal.sha256s, proposal.report];
  const { number, sha256, nonce, outcome, evidence } = proposal;
  const { key, version = null, reference, channel, statedAt } = evidence;
  return [number, sha256, nonce, outcome, key, version, evidence.sha256, reference, channel, statedAt];
}

/** What is proposed, in a few words: for people. */
export function proposedWords(
  proposal:
    | Pick<SuspicionProposal, "action" | "check">
    | Pick<ResolutionProposal, "action" | "number" | "outcome">
    | Pick<OverrideProposal, "action" | "minutes" | "ticket">,
): string {
  switch (proposal.action) {
    case "accept-suspicion":
      return `accept ${proposal.check}`;
    case "resolve-submission":
      return `resolve file ${twoDigits(proposal.number)} as ${proposal.outcome}`;
    case "override-blackout":
      return `override the deploy blackout for ${proposal.minutes} minutes on ticket ${proposal.ticket}`;
  }
}

/** Whether a proposal is about files as a batch has them now. */
export function isAbout(
  proposal: ProposedOfBatch,
  files: readonly Pick<FileItem, "number" | "sha256">[],
): boolean {
  if (proposal.action === "accept-suspicion") {
    return isSameSet(
      proposal.sha256s,
      files.map(({ sha256 }) => sha256),
    );
  }
  return files.some(({ number, sha256 }) => number === proposal.number && sha256 === proposal.sha256);
}

/** `<batch>.<32 hex digits of the hash>`, for an override `override.<…>`: who approves an id approves what it was made from. */
export function proposalId(proposal: Proposed, sha256: Sha256): string {
  return `${filedUnder(proposal)}.${proposalSha256(proposal, sha256).slice(0, HASH_IN_ID)}`;
}

/** Why an approval does not count; undefined if it does. Instants in ISO 8601 with Z. */
export function refusedApproval(
  proposal: ProposalItem,
  approval: ApprovalItem,
  sha256: Sha256,
): "another-proposal" | "same-person" | "expired" | undefined {
  const hash = proposalSha256(proposal, sha256);
  const isIt =
    proposal.id === proposalId(proposal, sha256) &&
    approval.proposal === proposal.id &&
    approval.proposalSha256 === hash &&
    filedUnder(approval) === filedUnder(proposal);
  if (!isIt) return "another-proposal";
  if (isSamePerson(approval.by, proposal.by)) return "same-person";
  const minutes = (Date.parse(approval.at) - Date.parse(proposal.at)) / 60_000;
  return minutes >= 0 && minutes <= MOST_MINUTES ? undefined : "expired";
}

/** Names are compared without case: whoever gives them out gives none twice that way. */
export function isSamePerson(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}

/** The acceptance of a suspicion for exactly these files, or undefined if two people have not accepted it. */
export function acceptanceOf(
  check: SuspicionName,
  sha256s: readonly string[],
  proposals: readonly ProposalItem[],
  approvals: readonly ApprovalItem[],
  sha256: Sha256,
): Acceptance | undefined {
  for (const proposal of proposals) {
    if (proposal.action !== "accept-suspicion" || proposal.check !== check) continue;
    if (!isSameSet(proposal.sha256s, sha256s)) continue;
    const approval = approvals.find(
      (one) => one.proposal === proposal.id && refusedApproval(proposal, one, sha256) === undefined,
    );
    if (approval === undefined) continue;
    const { by: proposedBy, reason, id } = proposal;
    return { check, proposal: id, proposedBy, approvedBy: approval.by, reason, at: approval.at };
  }
  return undefined;
}

/** Whether two sets of files are the same, in the same order. */
export function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
