import { type CalendarDate, daysBetween, parseCalendarDate } from "../../domain/calendar-date.ts";
import type { ClaimName, Exclusion } from "../../domain/exclusion.ts";
import type { Claim } from "../../domain/records.ts";
import { claimKey, type DebitKey } from "./debit-key.ts";

/** The claims that were read for some lines, by {@link claimKey}. */
export type Claims = ReadonlyMap<string, Claim>;

/** What a refusal for one of the ledger's reasons is held against. */
export interface RefusalFacts {
  /** The batch that is judged. */
  readonly batchId: string;
  /** The claim that the refused row would have. */
  readonly key: DebitKey | undefined;
  readonly minDays: number;
  readonly isReleased: (claim: Claim) => Promise<boolean>;
  /** Whether a return of the attempt before is recorded. */
  readonly isDishonoured: (key: DebitKey) => Promise<boolean>;
}

/**
 * Whether the ledger bears out a refusal that only it can give.
 * @returns what is wrong with the refusal, or undefined if it is right
 */
export async function judgeRefusal(
  { reason, claim: named }: Exclusion,
  claims: Claims,
  facts: RefusalFacts,
): Promise<string | undefined> {
  const { key } = facts;
  if (key === undefined) return "the row can have no claim";
  if (reason === "no-proven-dishonour") {
    if (named) return "it names a claim";
    if (key.attempt === 1) return "it is the first attempt";
    return (await facts.isDishonoured(key)) ? "a return of the attempt before is recorded" : undefined;
  }
  if (named === undefined) return "it names no claim";
  const departure =
    reason === "already-claimed" ? notTheSame(named, key) : notTooNear(named, key, facts.minDays);
  return departure ?? (await notInTheWay(named, claims, facts));
}

function notTheSame(named: ClaimName, key: DebitKey): string | undefined {
  return claimKey(named) === claimKey(key) ? undefined : "the named claim is of another debit";
}

function notTooNear(named: ClaimName, key: DebitKey, minDays: number): string | undefined {
  const date = parseCalendarDate(named.dueDate);
  if (named.mandateId !== key.mandateId || date === undefined) return "the named claim is of another mandate";
  const days = Math.abs(daysBetween(key.dueDate as CalendarDate, date));
  if (days === 0) return "the named claim is of the same instalment";
  return days < minDays ? undefined : "the named claim is not too near";
}

async function notInTheWay(
  named: ClaimName,
  claims: Claims,
  { batchId, isReleased }: RefusalFacts,
): Promise<string | undefined> {
  const claim = claims.get(claimKey(named));
  if (claim === undefined) return "the named claim is not in the ledger";
  if (claim.batchId === batchId) return "the named claim is this batch's own";
  if (claim.batchId !== named.batchId || claim.line !== named.line)
    return "the claim is another batch's by now";
  return (await isReleased(claim)) ? "the named claim is released" : undefined;
}
