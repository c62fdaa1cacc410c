import type { Sha256 } from "./proposal.ts";
import type { ApprovalItem, OverrideProposal } from "./records.ts";

/** An override that holds: two people have decided that the stage may deploy through its blackout. */
export interface Override {
  readonly id: string;
  readonly proposedBy: string;
  readonly approvedBy: string;
  readonly ticket: string;
  readonly reason: string;
  /** The last instant at which it holds; ISO 8601 with Z. */
  readonly until: string;
}

/** The override under an id, or in words why it does not count. */
export function overrideOf(
  id: string,
  proposals: readonly OverrideProposal[],
  approvals: readonly ApprovalItem[],
  now: string,
  _sha256: Sha256,
): Override | { readonly invalid: string } {
  const proposal = proposals.find((one) => one.id === id);
  const approval = approvals.find((one) => one.proposal === id);
  if (!proposal || !approval) return { invalid: "nobody has approved it" };
  const { by: proposedBy, ticket, reason, minutes } = proposal;
  if (approval.by === proposedBy) return { invalid: "it was proposed and approved by one person" };
  if (reason === "") return { invalid: "it has no reason" };
  const until = new Date(Date.parse(approval.at) + minutes * 60_000).toISOString();
  if (now > until) return { invalid: "it has expired" };
  return { id, proposedBy, approvedBy: approval.by, ticket, reason, until };
}
