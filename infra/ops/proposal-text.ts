import { dollars } from "../../lambdas/domain/cents.ts";
import { visible } from "../../lambdas/domain/visible-text.ts";
import { proposedWords } from "../../lambdas/domain/proposal.ts";
import type { BankStatement, ResolutionProposal, SuspicionProposal } from "../../lambdas/domain/records.ts";
import type { Approved } from "../../lambdas/operations/approve/approve.ts";
import type { Proposal } from "../../lambdas/operations/propose/propose.ts";
import type { BatchView, ProposalView } from "../../lambdas/operations/show-batch/show-batch.ts";
import { instantText } from "./instant-text.ts";

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

/** What is known of the batch beside the proposal. */
type Known = Pick<BatchView, "files" | "inDoubt" | "timeZone" | "report">;

/** All that a second person approves: what, who, why, for which files, and until when. */
export function proposalText(proposal: ProposalView, known: Known, stage?: string): string {
  const { id, by, at, reason, until, standing, approval } = proposal;
  const lines = [
    `proposal   ${id}  ${standing}`,
    `what       ${whatOf(proposal)}`,
    `who        ${by}, at ${at}`,
    `why        ${reason}`,
    `until      ${until}`,
    ...(approval ? [`approved   by ${approval.by} at ${approval.at}`] : []),
    ...(proposal.action === "accept-suspicion"
      ? suspicionLines(proposal, known)
      : resolutionLines(proposal, known, stage)),
  ];
  return `${lines.map(visible).join("\n")}\n`;
}

function whatOf(proposal: ProposalView): string {
  const words = proposedWords(proposal);
  if (proposal.action === "resolve-submission") return `${words}, of ${proposal.batchId}`;
  const { length } = proposal.sha256s;
  return `${words} for ${length} bank file${length === 1 ? "" : "s"} of ${proposal.batchId}`;
}

function suspicionLines({ check, report: key, sha256s }: SuspicionProposal, known: Known): string[] {
  const judged = known.report?.content.checks.find(({ name }) => name === check);
  return [
    `report     ${key}`,
    ...(judged ? [`gate       ${check}: expected ${judged.expected}, found ${judged.found}`] : []),
    ...sha256s.flatMap((sha256) => fileLines(sha256, known)),
  ];
}

/** One bank file: what the batch has under these bytes, since a hash alone tells a person nothing. */
function fileLines(sha256: string, { files }: Known): string[] {
  const file = files.find((one) => one.sha256 === sha256);
  const what = file
    ? `${String(file.number).padStart(2, "0")}: ${file.debits} debits, ${dollars(file.cents)}, to be processed on ${file.processingDate}`
    : "none that the batch has now";
  return [`file       ${what}`, `           of SHA-256 ${sha256}`];
}

/** Which file, what the bank has said of it, and where the approver reads that. */
function resolutionLines(proposal: ResolutionProposal, known: Known, stage: string | undefined): string[] {
  const { evidence, sha256, number, nonce } = proposal;
  const { key, version, reference, channel, statedAt } = evidence;
  const doubt = known.inDoubt.find((one) => one.number === number && one.nonce === nonce);
  return [
    ...fileLines(sha256, known),
    ...(doubt
      ? [
          ...(doubt.outboundKey === undefined
            ? []
            : [`bank       has it, if at all, as ${doubt.outboundKey}`]),
          `intent     put at ${instantText(doubt.intentAt, known.timeZone)}`,
        ]
      : []),
    `stated     by the bank at ${instantText(statedAt, known.timeZone)}`,
    `reference  ${reference}, by ${channel}`,
    `evidence   ${key}${version === undefined ? "" : `  version ${version}`}`,
    `           of SHA-256 ${evidence.sha256}`,
    `read it    ${readingOf(evidence, stage)}`,
  ];
}

/** By which command a person reads the evidence: as the approver on AWS, as anybody in the local folder. */
function readingOf({ key, version }: BankStatement, stage: string | undefined): string {
  if (stage === undefined) return `cat .local/objects/*/${key}._S3rver_object`;
  const of = version === undefined ? "" : ` --version-id ${version}`;
  return `aws s3api get-object --bucket <ReportsBucketName> --key ${key}${of} evidence`;
}

/** What is left to do after an approval. */
export function approvedText(approved: Approved, stage?: string): string {
  const { proposal, batchId, decided, proposedBy, approvedBy, at } = approved;
  const head = [
    `approved   ${proposal}`,
    `by         ${approvedBy} at ${at}, as ${proposedBy} has proposed: ${decided}`,
  ];
  if (batchId === undefined) return overridden(head, approved, stage);
  return [
    ...head,
    "",
    "next: redrive the batch; it judges everything anew, and goes on from there.",
    `  npm run ops -- redrive ${batchId} --reason "…" --yes${on(stage)}`,
    "",
  ].join("\n");
}

/** An override holds at once, and runs out by itself. */
function overridden(
  head: readonly string[],
  { proposal, until }: Approved,
  stage: string | undefined,
): string {
  return [
    ...head,
    `holds      until ${until}`,
    "",
    stage === undefined
      ? "next: nothing here: this machine's ledger is of no stage that could be deployed."
      : "next: deploy with it before that; every place that asks about the blackout judges it anew.",
    ...(stage === undefined ? [] : [`  npm run deploy -- --stage ${stage} --override ${proposal}`]),
    "",
  ].join("\n");
}
