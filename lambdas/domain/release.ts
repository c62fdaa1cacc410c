import { hasLine } from "./line-set.ts";
import type { BatchItem, Claim, FileItem, SegmentItem } from "./records.ts";

export type Release = "batch-abandoned" | "file-withdrawn" | "file-rejected" | "in-no-file";

/** What the ledger knows of the batch that made a claim. */
export interface ClaimFacts {
  readonly batch: BatchItem | undefined;
  /** The batch's file records; they exist from its end on. */
  readonly files: readonly FileItem[];
  /** The record of the segment that the claim names. */
  readonly segment: SegmentItem | undefined;
}

/**
 * Why a claim can no longer become a debit, or undefined while it can (rule 8). Derived, never stored: a
 * release that must be written could be written too early. Whatever is missing, open or damaged holds the claim.
 */
export function released(claim: Claim, facts: ClaimFacts): Release | undefined {
  const { batch, files, segment } = facts;
  if (batch === undefined || batch.id !== claim.batchId) return undefined;
  if (batch.state === "ABANDONED") return "batch-abandoned";
  if (batch.state !== "CLOSED" || segment === undefined) return undefined;
  const { firstLine, rows, stagedLines } = segment;
  if (claim.line < firstLine || claim.line >= firstLine + rows) return undefined;
  if (hasLine(stagedLines, firstLine, rows, claim.line) === false) return "in-no-file";
  // A staged row is in a file. Where that file's record is missing, something was lost, and nothing is released.
  const file = files.find((item) => item.firstLine <= claim.line && claim.line <= item.lastLine);
  if (file?.state === "WITHDRAWN") return "file-withdrawn";
  if (file?.state === "REJECTED") return "file-rejected";
  return undefined;
}
