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
  _id: string,
  _proposals: readonly OverrideProposal[],
  _approvals: readonly ApprovalItem[],
  _now: string,
  _sha256: Sha256,
): Override | { readonly invalid: string } {
  return { invalid: "no override can be proposed yet" };
}
