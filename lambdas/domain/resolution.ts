import { refusedApproval, type Sha256 } from "./proposal.ts";
import type { ApprovalItem, Outcome, ProposalItem, Resolution, SubmissionItem } from "./records.ts";

/** How long a call of SubmitBankFile can run, in seconds: its Lambda's time-out. */
export const SUBMISSION_SECONDS = 300;

/** How long after the end of that call a delivery may still be on its way, in minutes. */
export const IN_FLIGHT_MINUTES = 15;

export const INSTANT_RULE = "an instant in UTC such as 2026-03-02T01:30:00.000Z";

/** Whether a text is an instant as everything here writes one, so that one instant has one form. */
export function isInstant(text: string): boolean {
  const milliseconds = Date.parse(text);
  return !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString() === text;
}

/** Why a statement of the bank proves nothing about a file; undefined if it may. */
export type StatementFault = "of-the-future" | "before-the-intent" | "too-early";

/**
 * Whether a statement can be about the delivery whose intent stands. That the bank has no file proves nothing before
 * the last instant at which one could still arrive; that it has one is true from then on.
 * @param intentAt when the intent was put; all instants in ISO 8601 with Z
 * @param at when the statement was brought forward
 */
export function refusedStatement(
  { outcome, statedAt }: { readonly outcome: Outcome; readonly statedAt: string },
  intentAt: string,
  at: string,
): StatementFault | undefined {
  const [stated, intent] = [Date.parse(statedAt), Date.parse(intentAt)];
  // Each as "not what it must be", so that something that is no instant is refused too.
  if (!(stated <= Date.parse(at))) return "of-the-future";
  if (!(stated >= intent)) return "before-the-intent";
  if (outcome === "rejected" && !(stated > Date.parse(arrivedBy(intentAt)))) return "too-early";
  return undefined;
}

/** The last instant at which a delivery of that intent may still arrive (ISO 8601 with Z, as what is given). */
export function arrivedBy(intentAt: string): string {
  const last = Date.parse(intentAt) + (SUBMISSION_SECONDS + IN_FLIGHT_MINUTES * 60) * 1000;
  return new Date(last).toISOString();
}

/**
 * What two people have said of a file on the bank's evidence: of exactly these bytes and exactly this intent. A
 * statement that the bank has the file outranks every one that it has not: what may have been debited is never
 * released.
 * @returns undefined if nobody has said anything that counts
 */
export function resolutionOf(
  intent: SubmissionItem,
  proposals: readonly ProposalItem[],
  approvals: readonly ApprovalItem[],
  sha256: Sha256,
): Omit<Resolution, "at"> | undefined {
  const counting = proposals.flatMap((proposal) => {
    if (proposal.action !== "resolve-submission") return [];
    const { batchId, number, nonce, outcome, evidence, reason, id, by: proposedBy, at } = proposal;
    const isOfIt =
      batchId === intent.batchId &&
      number === intent.number &&
      proposal.sha256 === intent.sha256 &&
      nonce === intent.nonce;
    if (!isOfIt) return [];
    if (refusedStatement({ outcome, statedAt: evidence.statedAt }, intent.at, at)) return [];
    const approval = approvals.find(
      (one) => one.proposal === id && refusedApproval(proposal, one, sha256) === undefined,
    );
    return approval ? [{ outcome, proposal: id, proposedBy, approvedBy: approval.by, reason, evidence }] : [];
  });
  return counting.find(({ outcome }) => outcome === "submitted") ?? counting[0];
}
