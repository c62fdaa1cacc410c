import { visible } from "../../lambdas/domain/visible-text.ts";
import type { BatchReport } from "../../lambdas/domain/report.ts";
import type { Approved } from "../../lambdas/operations/approve/approve.ts";
import type { Proposal } from "../../lambdas/operations/propose/propose.ts";
import type { ProposalView } from "../../lambdas/operations/show-batch/show-batch.ts";

const on = (stage: string | undefined) => (stage === undefined ? "" : ` --stage ${stage}`);
/** Locally people say who they are. */
const other = (stage: string | undefined) => (stage === undefined ? " --as <another>" : on(stage));

/** What the proposer passes on to a second person. */
export function proposedText({ id, check, by, until }: Proposal, stage?: string): string {
  return [
    `proposed   ${id}`,
    `by         ${by}, to accept ${check}; until ${until}`,
    "",
    "next: another person looks at it, and approves it.",
    `  npm run ops -- approve ${id}${on(stage)}`,
    `  npm run ops -- approve ${id} --yes${other(stage)}`,
    "",
  ].join("\n");
}

/** All that a second person approves: what, who, why, for which files, and until when. */
export function proposalText(proposal: ProposalView, report?: BatchReport): string {
  const { id, batchId, check, by, at, reason, sha256s, until, standing, approval } = proposal;
  const judged = report?.checks.find(({ name }) => name === check);
  const lines = [
    `proposal   ${id}  ${standing}`,
    `what       accept ${check} for ${sha256s.length} bank file${sha256s.length === 1 ? "" : "s"} of ${batchId}`,
    `who        ${by}, at ${at}`,
    `why        ${reason}`,
    `until      ${until}`,
    `report     ${proposal.report}`,
  ];
  if (judged) lines.push(`gate       ${check}: expected ${judged.expected}, found ${judged.found}`);
  if (approval) lines.push(`approved   by ${approval.by} at ${approval.at}`);
  lines.push(...sha256s.map((sha256) => `file       ${sha256}`));
  return `${lines.map(visible).join("\n")}\n`;
}

/** What is left to do after an approval. */
export function approvedText(
  { proposal, batchId, check, proposedBy, approvedBy, at }: Approved,
  stage?: string,
): string {
  return [
    `approved   ${proposal}`,
    `by         ${approvedBy} at ${at}, as ${proposedBy} has proposed: ${check} is accepted for these files`,
    "",
    "next: redrive the batch; the gate judges everything anew.",
    `  npm run ops -- redrive ${batchId} --reason "…" --yes${on(stage)}`,
    "",
  ].join("\n");
}
