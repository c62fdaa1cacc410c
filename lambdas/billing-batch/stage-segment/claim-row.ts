import { addDays, calendarDate } from "../../domain/calendar-date.ts";
import { LedgerBroken, LedgerBusy } from "../../domain/faults.ts";
import { type ClaimFacts, released } from "../../domain/release.ts";
import type { Claim, ClaimOwner } from "../../domain/records.ts";
import { ConditionRefused, type Ledger } from "../../ports.ts";

/** How often a claim that was lost to somebody else is judged again. */
const TRIES = 5;

export type ClaimOutcome =
  | { readonly claimed: true }
  | { readonly claimed: false; readonly reason: "already-claimed" | "too-near"; readonly by: Claim }
  | { readonly claimed: false; readonly reason: "no-proven-dishonour" };

/**
 * Claims one debit for this batch, or says what stands in the way (rule 7). The claim is one conditional put on
 * the debit's own item: that there is none, or that it still is the released one that was judged.
 *
 * Only a refused condition means that somebody was faster. After any other error the claim is read back, and
 * without the proof that it is ours the error goes on: a row is never excluded because a call failed.
 *
 * @param minDays the stream's minDaysBetweenInstalments
 */
export async function claimRow(
  ledger: Ledger,
  facts: (claim: Claim) => Promise<ClaimFacts>,
  mine: Claim,
  minDays: number,
): Promise<ClaimOutcome> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const dueDate = calendarDate(mine.dueDate);
    const reach = Math.max(minDays - 1, 0);
    const around = await ledger.readClaims(mine.mandateId, addDays(dueDate, -reach), addDays(dueDate, reach));
    const stored = around.find((claim) => claim.dueDate === mine.dueDate && claim.attempt === mine.attempt);
    if (stored && isMine(stored, mine)) return { claimed: true };
    const refusal = await refused(ledger, facts, mine, stored, around);
    if (refusal) return refusal;
    try {
      await ledger.writeClaim(stored ? { ...mine, takenFrom: ownersOf(stored) } : mine, stored);
      return { claimed: true };
    } catch (error) {
      if (!(error instanceof ConditionRefused)) {
        const [now] = await ledger.readClaimsNamed([mine]);
        if (now && isMine(now, mine)) return { claimed: true };
        throw error;
      }
    }
  }
  throw new LedgerBusy(`the claim of line ${mine.line} was lost ${TRIES} times in a row`);
}

/** Whose claim it was, and whose before: a batch that took it wrongly and was abandoned must not hide the one before it. */
function ownersOf({ batchId, line, segment, takenFrom = [] }: Claim): readonly ClaimOwner[] {
  return [...takenFrom, { batchId, line, segment }];
}

/** Mine is the same batch and line: an execution or a nonce would not know its own work after a redrive. */
function isMine(stored: Claim, mine: Claim): boolean {
  if (stored.batchId !== mine.batchId) return false;
  if (stored.line !== mine.line) {
    throw new LedgerBroken(
      `batch ${mine.batchId} claimed the debit of line ${mine.line} for line ${stored.line}`,
    );
  }
  return true;
}

async function refused(
  ledger: Ledger,
  facts: (claim: Claim) => Promise<ClaimFacts>,
  mine: Claim,
  stored: Claim | undefined,
  around: readonly Claim[],
): Promise<ClaimOutcome | undefined> {
  const holds = async (claim: Claim) => released(claim, await facts(claim)) === undefined;
  if (stored && (await holds(stored))) return { claimed: false, reason: "already-claimed", by: stored };
  for (const claim of around) {
    // Attempts of one instalment are never too near each other, and this batch's own rows were spaced by the plan.
    if (claim.dueDate === mine.dueDate || claim.batchId === mine.batchId) continue;
    if (await holds(claim)) return { claimed: false, reason: "too-near", by: claim };
  }
  if (mine.attempt > 1) {
    const returns = await ledger.readReturns(mine.mandateId, mine.dueDate, mine.attempt - 1);
    if (returns.length === 0) return { claimed: false, reason: "no-proven-dishonour" };
  }
  return undefined;
}
