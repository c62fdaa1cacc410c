import { dollars } from "../../lambdas/domain/cents.ts";
import { proposedWords } from "../../lambdas/domain/proposal.ts";
import type { Resolution } from "../../lambdas/domain/records.ts";
import { isStopping } from "../../lambdas/domain/report.ts";
import { visible } from "../../lambdas/domain/visible-text.ts";
import type { BatchView, DoubtView, ProposalView } from "../../lambdas/operations/show-batch/show-batch.ts";
import { instantText } from "./instant-text.ts";
import { nextSteps } from "./next-steps.ts";
import { rootError } from "./root-error.ts";

/** A batch as an on-call engineer reads it at night: where it stands, why, and what can be done. */
export function viewText(view: BatchView, stream: string, stage?: string): string {
  const {
    batchId,
    record,
    execution,
    stream: item,
    files,
    inDoubt,
    staged,
    excluded,
    events,
    streamEvents,
    proposals,
    report,
  } = view;
  if (!record && !execution)
    return `There is no batch ${batchId} in this ledger. Check the id and the stage.\n`;
  const lines = [
    `batch      ${batchId}  ${record?.state ?? "no record yet"}`,
    `execution  ${execution ? `${execution.name}  ${execution.status}${execution.error ? `  ${execution.error}` : ""}` : "none"}`,
    `lock       ${lockText(view)}`,
  ];
  if (item?.paused) lines.push(`paused     by ${item.paused.by} at ${item.paused.at}: ${item.paused.reason}`);
  if (item?.deploying) lines.push(`deploying  ${item.deploying.id} since ${item.deploying.at}`);
  if (record?.dueList)
    lines.push(
      `due        ${record.dueList.count} rows${record.dueList.cents === undefined ? "" : `, ${dollars(record.dueList.cents)}`}`,
    );
  lines.push(
    `staged     ${staged.count} debits, ${dollars(staged.cents)}`,
    `excluded   ${excluded.count} rows`,
  );
  for (const file of files) {
    lines.push(
      `file ${String(file.number).padStart(2, "0")}    ${file.state}  ${file.debits} debits, ${dollars(file.cents)}`,
    );
    if (file.resolved) lines.push(resolvedText(file.resolved));
    const doubt = inDoubt.find(({ number }) => number === file.number);
    if (doubt) lines.push(...doubtLines(doubt, view.timeZone));
  }
  if (record?.ending?.note) lines.push(`note       ${record.ending.note}`);
  if (report) lines.push(`report     ${report.key}  ${report.content.status}`);
  for (const event of events) {
    lines.push(
      `event      ${event.at}  ${event.action}  (${event.by})${event.reason ? `: ${event.reason}` : ""}`,
    );
  }
  for (const { at, action, by, reason } of streamEvents) {
    lines.push(`stream     ${at}  ${action}  (${by}): ${reason}`);
  }
  for (const proposal of proposals) {
    const { id, by, reason, until, standing, approval } = proposal;
    const left = isToTakeEffect(proposal, view) ? ": redrive, and it takes effect" : "";
    const fate = standing === "open" ? `open until ${until}` : `${standing}${left}`;
    const second = approval ? `, approved by ${approval.by} at ${approval.at}` : "";
    lines.push(`proposal   ${id}  ${proposedWords(proposal)}  ${fate}  (${by}${second}): ${reason}`);
  }
  if (execution?.error && record?.state !== "CLOSED" && record?.state !== "ABANDONED") {
    const root = rootError(execution.error, execution.cause ?? "", "");
    const { text, commands } = nextSteps(root.name, batchId, stream, stage, root.message);
    lines.push("", `next: ${text}`, ...commands.map((command) => `  ${command}`));
  }
  if (!execution && record?.state === "OPEN") {
    const { text, commands } = nextSteps("ExecutionNotRedrivable", batchId, stream, stage);
    lines.push("", `next: ${text}`, ...commands.map((command) => `  ${command}`));
  }
  // A reason is what somebody has typed: nothing of it may steer a terminal.
  return `${lines.map(visible).join("\n")}\n`;
}

/** Whether two people have decided, and the batch has not gone on since. */
function isToTakeEffect(proposal: ProposalView, { inDoubt, report }: BatchView): boolean {
  if (proposal.standing !== "accepted") return false;
  return proposal.action === "accept-suspicion"
    ? report !== undefined &&
        report.content.checks.some((check) => check.name === proposal.check && isStopping(check))
    : inDoubt.some(({ number, nonce }) => number === proposal.number && nonce === proposal.nonce);
}

/** What one must know to ask the bank about a file in doubt. */
function doubtLines({ outboundKey, intentAt, arrivedBy }: DoubtView, timeZone: string | undefined): string[] {
  return [
    `           may be with the bank${outboundKey === undefined ? "" : ` as ${outboundKey}`}:` +
      ` its intent was put at ${instantText(intentAt, timeZone)};`,
    `           that the bank does not have it counts if it says so after ${instantText(arrivedBy, timeZone)}`,
  ];
}

/** How a doubt about a file was ended. */
function resolvedText({ outcome, proposal, proposedBy, approvedBy, evidence, at }: Resolution): string {
  const { reference, channel, statedAt } = evidence;
  return (
    `           resolved as ${outcome} at ${at} by proposal ${proposal} (${proposedBy}, approved by ${approvedBy}),` +
    ` on the bank's ${reference} of ${statedAt} by ${channel}`
  );
}

function lockText({ batchId, stream }: BatchView): string {
  if (!stream?.lock) return "free";
  const since = `since ${stream.lock.since}, fence ${stream.fence}`;
  const mine = stream.lock.batchId === batchId ? "held by this batch" : `held by ${stream.lock.batchId}`;
  return `${mine} ${since}${stream.lock.abandoning ? ", being abandoned" : ""}`;
}
