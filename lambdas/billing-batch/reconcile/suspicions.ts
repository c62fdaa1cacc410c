import type { Sum } from "../../domain/records.ts";
import type { Check } from "../../domain/report.ts";
import { SUSPICIONS } from "../../domain/suspicion.ts";
import type { Ports } from "../../ports.ts";
import type { Gate } from "./gate.ts";
import { growth, MOST_COMPARED } from "./growth.ts";
import { RecentBatches } from "./recent-batches.ts";
import { sameDebit } from "./same-debit.ts";
import { sameTotals } from "./same-totals.ts";
import { notJudged } from "./suspicion.ts";

/**
 * What the gate suspects without being able to prove it: every suspicion, raised or not, in the order of their list.
 * Called when the bank files have been walked.
 * @param debits what the set holds
 * @param unreadable why the due list cannot be judged: then no suspicion is, and none passes
 */
export async function judgeSuspicions(
  gate: Gate,
  debits: Sum,
  unreadable: string | undefined,
  { ledger, objects }: Pick<Ports, "ledger" | "objects">,
): Promise<Check[]> {
  if (unreadable !== undefined) {
    return SUSPICIONS.map((name) => notJudged(name, false, "a due list to judge by", "none", unreadable));
  }
  const { stream, files } = gate.case;
  const batches = await RecentBatches.read(gate.case, stream.minDaysBetweenInstalments, ledger);
  const recent = await batches.sentFiles();
  return [
    growth(debits, await batches.lastSubmitted(MOST_COMPARED), stream.growthFactor),
    sameTotals(files, recent, gate.findings),
    await sameDebit(gate, recent, objects),
  ];
}
