import { overrideOf } from "../../domain/override.ts";
import type { ApprovalItem, OverrideEventItem, OverrideProposal } from "../../domain/records.ts";
import type { Ports } from "../../ports.ts";
import { approvableUntil, sha256OfText } from "../../proposal-hash.ts";

/** What became of a proposal to override the deploy blackout. */
export type OverrideView = OverrideProposal & {
  /** The last instant at which it may be approved. */
  readonly until: string;
  readonly approval?: Pick<ApprovalItem, "by" | "at">;
  /** Valid: a deployment may go through the blackout by it now. Open: a second person still may approve it. */
  readonly standing: "open" | "expired" | "valid" | "invalid";
  /** The last instant at which it holds, where it is valid. */
  readonly validUntil?: string;
  /** Why it does not count, in words, where it does not. */
  readonly invalid?: string;
};

export interface OverridesView {
  readonly at: string;
  /** Newest first. */
  readonly overrides: readonly OverrideView[];
  /** The audit trail, oldest line first. */
  readonly events: readonly OverrideEventItem[];
}

/** What was proposed and approved to override the stage's deploy blackout, and what of it holds now. */
export async function showOverrides(
  _event: object,
  { ledger, clock }: Pick<Ports, "ledger" | "clock">,
): Promise<OverridesView> {
  const [{ proposals, approvals }, events] = await Promise.all([
    ledger.readOverrides(),
    ledger.readOverrideEvents(),
  ]);
  const at = new Date(clock.now()).toISOString();
  const overrides = proposals
    .map((proposal) => overrideView(proposal, proposals, approvals, at))
    .toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at));
  return { at, overrides, events };
}

function overrideView(
  proposal: OverrideProposal,
  proposals: readonly OverrideProposal[],
  approvals: readonly ApprovalItem[],
  now: string,
): OverrideView {
  const until = approvableUntil(proposal.at);
  const approval = approvals.find((one) => one.proposal === proposal.id);
  const known = { ...proposal, until };
  if (!approval) return { ...known, standing: now > until ? "expired" : "open" };
  const { by, at } = approval;
  const judged = overrideOf(proposal.id, proposals, approvals, now, sha256OfText);
  return {
    ...known,
    approval: { by, at },
    ...("invalid" in judged
      ? { standing: "invalid", invalid: judged.invalid }
      : { standing: "valid", validUntil: judged.until }),
  };
}
