import { visible } from "../../lambdas/domain/visible-text.ts";
import { proposedWords } from "../../lambdas/domain/proposal.ts";
import type { ResolutionProposal, SuspicionProposal } from "../../lambdas/domain/records.ts";
import type { BatchReport } from "../../lambdas/domain/report.ts";
import type { Approved } from "../../lambdas/operations/approve/approve.ts";
import type { Proposal } from "../../lambdas/operations/propose/propose.ts";
import type { ProposalView } from "../../lambdas/operations/show-batch/show-batch.ts";

const on = (stage: string | undefined) => (stage === undefined ? "" : ` --stage ${stage}`);
/** Locally people say who they are. */
const other = (stage: string | undefined) => (stage === undefined ? " --as <another>" : on(stage));

/** What the proposer passes on to a second person. */
export function proposedText(proposal: Proposal, stage?: string): string {
  const { id, by, until } = proposal;
  return [
    `proposed   ${id}`,
    `by         ${by}, to ${proposedWords(proposal)}; until ${until}`,
    "",
    "next: another person looks at it, and approves it.",
    `  npm run ops -- approve ${id}${on(stage)}`,
    `  npm run ops -- approve ${id} --yes${other(stage)}`,
    "",
  ].join("\n");
}

/** All that a second person approves: what, who, why, for which files, and until when. */
export function proposalText(proposal: ProposalView, report?: BatchReport): string {
  const { id, by, at, reason, until, standing, approval } = proposal;
  const lines = [
    `proposal   ${id}  ${standing}`,
    `what       ${whatOf(proposal)}`,
    `who        ${by}, at ${at}`,
    `why        ${reason}`,
    `until      ${until}`,
    ...(approval ? [`approved   by ${approval.by} at ${approval.at}`] : []),
    ...(proposal.action === "accept-suspicion" ? suspicionLines(proposal, report) : statementLines(proposal)),
  ];
  return `${lines.map(visible).join("\n")}\n`;
}

function whatOf(proposal: ProposalView): string {
  const words = proposedWords(proposal);
  if (proposal.action === "resolve-submission") return `${words}, of ${proposal.batchId}`;
  const { length } = proposal.sha256s;
  return `${words} for ${length} bank file${length === 1 ? "" : "s"} of ${proposal.batchId}`;
}

function suspicionLines({ check, report: key, sha256s }: SuspicionProposal, report?: BatchReport): string[] {
  const judged = report?.checks.find(({ name }) => name === check);
  return [
    `report     ${key}`,
    ...(judged ? [`gate       ${check}: expected ${judged.expected}, found ${judged.found}`] : []),
    ...sha256s.map((sha256) => `file       ${sha256}`),
  ];
}

/** What the bank has said, and where the approver reads it: in the reports' bucket. */
function statementLines({ evidence, sha256 }: ResolutionProposal): string[] {
  const { key, version, reference, channel, statedAt } = evidence;
  return [
    `stated     by the bank at ${statedAt}, by ${channel}, under ${reference}`,
    `evidence   ${key}${version === undefined ? "" : `  version ${version}`}`,
    `SHA-256    ${evidence.sha256}`,
    `file       ${sha256}`,
  ];
}

/** What is left to do after an approval. */
export function approvedText(
  { proposal, batchId, decided, proposedBy, approvedBy, at }: Approved,
  stage?: string,
): string {
  return [
    `approved   ${proposal}`,
    `by         ${approvedBy} at ${at}, as ${proposedBy} has proposed: ${decided}`,
    "",
    "next: redrive the batch; it judges everything anew, and goes on from there.",
    `  npm run ops -- redrive ${batchId} --reason "…" --yes${on(stage)}`,
    "",
  ].join("\n");
}
