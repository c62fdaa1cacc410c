import { acceptanceOf } from "../../domain/proposal.ts";
import type { Acceptance } from "../../domain/records.ts";
import { type Check, isAcceptable } from "../../domain/report.ts";
import { SUSPICIONS } from "../../domain/suspicion.ts";
import type { Ledger } from "../../ports.ts";
import type { Case } from "./case.ts";
import { sha256 } from "./stored-bytes.ts";

/**
 * The checks, with the acceptance on each failed suspicion that two people have accepted for exactly these files.
 * A proof is never looked up, and neither is a suspicion that was not judged: nobody can have seen what it found.
 */
export async function withAcceptances(
  judged: Case,
  checks: readonly Check[],
  ledger: Pick<Ledger, "readProposals" | "readApprovals">,
): Promise<Check[]> {
  if (!checks.some(isAcceptable)) return [...checks];
  const [proposals, approvals] = await Promise.all([
    ledger.readProposals(judged.batch.id),
    ledger.readApprovals(judged.batch.id),
  ]);
  const own = proposals.filter(({ batchId }) => batchId === judged.batch.id);
  const sha256s = judged.files.map((file) => file.sha256);
  const hash = (text: string) => sha256(Buffer.from(text, "utf8"));
  return checks.map((check) => {
    const name = SUSPICIONS.find((one) => one === check.name);
    if (name === undefined || !isAcceptable(check)) return check;
    const accepted = acceptanceOf(name, sha256s, own, approvals, hash);
    return accepted === undefined ? check : { ...check, accepted };
  });
}

/** The acceptances among the checks, for the verdict. */
export function acceptancesIn(checks: readonly Check[]): Acceptance[] {
  return checks.flatMap(({ accepted }) => accepted ?? []);
}
