import { ProposalRefused } from "../../domain/faults.ts";
import { isSameSet } from "../../domain/proposal.ts";
import type { SuspicionProposal } from "../../domain/records.ts";
import { isAcceptable } from "../../domain/report.ts";
import { SUSPICIONS } from "../../domain/suspicion.ts";
import { frozenSet } from "../../frozen-set.ts";
import { latestReport } from "../../latest-report.ts";
import type { Objects, Ports } from "../../ports.ts";

/**
 * For which files a suspicion may be proposed to be accepted, and in which report it stands.
 * @throws ProposalRefused if there is no such suspicion to accept; and as {@link frozenSet}
 */
export async function suspected(
  { check }: { readonly check: string },
  batch: { readonly id: string; readonly stream: string },
  ports: Pick<Ports, "ledger" | "objects">,
): Promise<Pick<SuspicionProposal, "sha256s" | "report">> {
  if (!SUSPICIONS.some((name) => name === check)) {
    throw new ProposalRefused(
      `${check} is no suspicion: ${SUSPICIONS.join(", ")} are, and a failed proof cannot be accepted by anybody`,
    );
  }
  const sha256s = await frozenSet(ports, batch);
  return { sha256s, report: await reportOfSuspicion(ports.objects, batch.id, check, sha256s) };
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
