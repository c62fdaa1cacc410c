import { appendEvent } from "../../audit-trail.ts";
import { parseBatchId } from "../../domain/batch.ts";
import { BatchUnknown, ProposalRefused } from "../../domain/faults.ts";
import { isSameSet, proposalId } from "../../domain/proposal.ts";
import type { ProposalItem } from "../../domain/records.ts";
import type { Configuration } from "../../domain/stream.ts";
import { isAcceptable } from "../../domain/report.ts";
import { SUSPICIONS } from "../../domain/suspicion.ts";
import { frozenSet } from "../../frozen-set.ts";
import { latestReport } from "../../latest-report.ts";
import { ConditionRefused, type Objects, type Ports } from "../../ports.ts";
import { approvableUntil, sha256OfText } from "../../proposal-hash.ts";
import { streamOf } from "../../stream-of.ts";

export interface ProposeEvent {
  readonly action: "accept-suspicion";
  readonly batchId: string;
  readonly check: string;
  readonly reason: string;
  /** The person, whom AWS has verified. */
  readonly by: string;
}

/** What a second person is told, and approves by its id. */
export type Proposal = Omit<ProposalItem, "sha256s" | "report"> & {
  /** The last instant at which it may be approved. */
  readonly until: string;
};

/**
 * Proposes that one suspicion be accepted for exactly the files that a stopped batch has frozen. It changes nothing
 * until somebody else approves it. The audit trail knows of it first, so that nothing can be approved of which the
 * trail does not tell; a repetition is a proposal of its own.
 * @throws ProposalRefused if there is no such suspicion to accept; and as {@link frozenSet}
 */
export async function propose(
  event: ProposeEvent,
  ports: Ports & { readonly configuration: Configuration },
): Promise<Proposal> {
  const { action, check, reason, by } = event;
  const batch = parseBatchId(event.batchId);
  if (!batch) throw new BatchUnknown("the batch id is not <stream>-<yyyy-mm-dd>-<nn>");
  const stream = streamOf(ports.configuration, batch.stream).name;
  if (!SUSPICIONS.some((name) => name === check)) {
    throw new ProposalRefused(
      `${check} is no suspicion: ${SUSPICIONS.join(", ")} are, and a failed proof cannot be accepted by anybody`,
    );
  }
  const sha256s = await frozenSet(ports, batch);
  const report = await reportOfSuspicion(ports.objects, batch.id, check, sha256s);
  const nonce = ports.nonce();
  const at = new Date(ports.clock.now()).toISOString();
  const proposed = { batchId: batch.id, action, check, sha256s, report, reason, by, at };
  const id = proposalId(proposed, sha256OfText);
  await appendEvent(ports, { batchId: batch.id, at, action: `propose ${id}`, by, reason, nonce });
  await put(ports, { id, ...proposed });
  ports.log.decision({ state: "Propose", batchId: batch.id, stream, nonce, outcome: id, check, by });
  ports.metrics.count("Proposed", stream);
  return { id, batchId: batch.id, action, check, reason, by, at, until: approvableUntil(at) };
}

/** The key of the newest report, if it says that the gate stopped exactly these files for this suspicion too. */
async function reportOfSuspicion(
  objects: Objects,
  batchId: string,
  check: string,
  sha256s: readonly string[],
): Promise<string> {
  if (sha256s.length === 0) throw new ProposalRefused(`batch ${batchId} has frozen no files yet`);
  const newest = await latestReport(objects, batchId);
  if (newest?.report.status !== "GATE_FAILED") {
    throw new ProposalRefused(`the gate has not stopped batch ${batchId}: its newest report does not say so`);
  }
  const judged = newest.report.files.map((file) => file.sha256);
  if (!isSameSet(judged, sha256s)) {
    throw new ProposalRefused(`${newest.key} is about other files than batch ${batchId} has frozen`);
  }
  const failed = newest.report.checks.some((one) => one.name === check && isAcceptable(one));
  if (!failed) throw new ProposalRefused(`${newest.key} does not have ${check} among its failed suspicions`);
  return newest.key;
}

/** The id is a hash of all the rest: if there is an item under it, it is this very one. */
async function put(ports: Ports, item: ProposalItem): Promise<void> {
  try {
    await ports.ledger.createProposal(item);
  } catch (error) {
    if (!(error instanceof ConditionRefused)) throw error;
  }
}
