import {
  type ClaimName,
  COLUMNS,
  type Exclusion,
  EXCLUSION_REASONS,
  type ExclusionReason,
} from "../../domain/exclusion.ts";

const LEDGER_REASONS: readonly ExclusionReason[] = ["already-claimed", "too-near", "no-proven-dishonour"];
const KEYS = ["line", "reason", "field", "cents", "mandateId", "dueDate", "otherLine", "claim"];
const CLAIM_KEYS = ["mandateId", "dueDate", "attempt", "batchId", "line"];

/** Whether the reason is one that only the ledger can give. In the list itself rows crowd each other too. */
export function isLedgerReason(reason: ExclusionReason): boolean {
  return LEDGER_REASONS.includes(reason);
}

/** A stored line as an exclusion that says nothing but what an exclusion may say; undefined otherwise. */
export function asExclusion(value: unknown): Exclusion | undefined {
  if (!isRecord(value, KEYS)) return undefined;
  const { line, reason, field, cents, mandateId, dueDate, otherLine, claim } = value;
  const fits =
    isWhole(line) &&
    isWhole(cents) &&
    isOneOf(EXCLUSION_REASONS, reason) &&
    (field === undefined || isOneOf(COLUMNS, field)) &&
    (mandateId === undefined || typeof mandateId === "string") &&
    (dueDate === undefined || typeof dueDate === "string") &&
    (otherLine === undefined || isWhole(otherLine)) &&
    (claim === undefined || isClaimName(claim));
  return fits ? (value as unknown as Exclusion) : undefined;
}

function isClaimName(value: unknown): value is ClaimName {
  if (!isRecord(value, CLAIM_KEYS)) return false;
  const { mandateId, dueDate, attempt, batchId, line } = value;
  return (
    typeof mandateId === "string" &&
    typeof dueDate === "string" &&
    typeof batchId === "string" &&
    isWhole(attempt) &&
    isWhole(line)
  );
}

function isRecord(value: unknown, keys: readonly string[]): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.keys(value).every((key) => keys.includes(key));
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isOneOf(list: readonly unknown[], value: unknown): boolean {
  return list.includes(value);
}
