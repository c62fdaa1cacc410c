import { MOST_MINUTES as MOST_MINUTES_TO_APPROVE, refusedApproval, type Sha256 } from "./proposal.ts";
import { isReason, REASON_RULE } from "./reason.ts";
import type { ApprovalItem, OverrideProposal } from "./records.ts";
import { isTicket, TICKET_RULE } from "./ticket.ts";

/** For how long an override may hold at most, in minutes after its approval. */
export const MOST_OVERRIDE_MINUTES = 60;

export const MINUTES_RULE = `an override holds for 1 to ${MOST_OVERRIDE_MINUTES} whole minutes`;

/** `override.<32 hex digits>` */
const ID = /^override\.[0-9a-f]{32}$/;

/** Whether a text has the form of an override's id. */
export function isOverrideId(text: string): boolean {
  return ID.test(text);
}

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

/**
 * The override under an id, or in words why it does not count. It holds in the stage in whose ledger both its halves
 * lie, from its approval on, for the minutes that were proposed.
 * @param proposals the stage's, all of them, and so the approvals
 * @param now ISO 8601 with Z
 */
export function overrideOf(
  id: string,
  proposals: readonly OverrideProposal[],
  approvals: readonly ApprovalItem[],
  now: string,
  sha256: Sha256,
): Override | { readonly invalid: string } {
  if (!isOverrideId(id))
    return { invalid: "what was named is not the id of an override, override.<32 hex digits>" };
  const proposal = proposals.find((one) => one.id === id);
  if (!proposal) return { invalid: `the ledger of this stage has no ${id}` };
  const fault = overrideFault(proposal);
  if (fault !== undefined) return { invalid: `${id} cannot count: ${fault}` };
  const approval = approvals.find((one) => one.proposal === id);
  if (!approval) return { invalid: `no second person has approved ${id}` };
  const refused = refusedApproval(proposal, approval, sha256);
  if (refused !== undefined) return { invalid: WHY[refused](id, approval) };
  const until = overrideUntil(proposal, approval);
  // As "not what it must be", so that something that is no instant is refused too.
  if (!(Date.parse(now) >= Date.parse(approval.at))) {
    return { invalid: `${id} was approved later than now, at ${approval.at}` };
  }
  if (!(Date.parse(now) <= Date.parse(until))) return { invalid: `${id} has expired, at ${until}` };
  const { by: proposedBy, ticket, reason } = proposal;
  return { id, proposedBy, approvedBy: approval.by, ticket, reason, until };
}

/** What keeps a proposal from ever being an override, in words; undefined if nothing does. */
export function overrideFault({
  reason,
  ticket,
  minutes,
}: Pick<OverrideProposal, "reason" | "ticket" | "minutes">): string | undefined {
  if (!isReason(reason)) return REASON_RULE;
  if (!isTicket(ticket)) return TICKET_RULE;
  if (!isOverrideMinutes(minutes)) return MINUTES_RULE;
  return undefined;
}

/** Whether an override may hold for so long. */
export function isOverrideMinutes(minutes: number): boolean {
  return Number.isInteger(minutes) && minutes >= 1 && minutes <= MOST_OVERRIDE_MINUTES;
}

/** The last instant at which an override holds; ISO 8601 with Z. */
export function overrideUntil(
  { minutes }: Pick<OverrideProposal, "minutes">,
  { at }: Pick<ApprovalItem, "at">,
): string {
  return new Date(Date.parse(at) + minutes * 60_000).toISOString();
}

const WHY: Record<
  NonNullable<ReturnType<typeof refusedApproval>>,
  (id: string, approval: ApprovalItem) => string
> = {
  "another-proposal": (id) => `the approval of ${id} is of something else than what is proposed under it`,
  "same-person": (id, { by }) => `${id} was proposed and approved by one person, ${by}`,
  expired: (id) => `${id} was not approved within ${MOST_MINUTES_TO_APPROVE} minutes after it was proposed`,
};
