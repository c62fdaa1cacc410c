import type { Exclusion } from "../../domain/exclusion.ts";
import type { BatchItem, SegmentItem } from "../../domain/records.ts";
import { cell } from "./cell.ts";
import type { DueTable } from "./due-table.ts";
import type { Findings } from "./findings.ts";
import { isEqual, RunningSum } from "./sums.ts";

/** Whether the segment records cut the whole list into pieces without gap or overlap. */
export function judgeTiling(
  segments: readonly SegmentItem[],
  { id, plan }: BatchItem,
  table: DueTable,
  findings: Findings,
): void {
  let next = 1;
  for (const { batchId, segment, firstLine, rows } of segments) {
    if (batchId !== id || firstLine !== next || rows < 1) {
      findings.add("segments-complete", { segment }, "does not follow the segment before");
    }
    next = firstLine + rows;
  }
  if (next !== table.rows + 1) findings.add("segments-complete", {}, "the segments do not end with the list");
  if (plan?.segments !== segments.length || plan.rows !== table.rows) {
    findings.add("segments-complete", {}, "the plan has other numbers of segments and rows");
  }
}

/** Whether a segment's record says of each of its rows either staged or excluded, and adds them up rightly. */
export function judgeSegment(
  record: SegmentItem,
  exclusions: readonly Exclusion[],
  table: DueTable,
  findings: Findings,
): void {
  const staged = new RunningSum();
  const excluded = new RunningSum();
  const byReason = new Map<string, number>();
  const excludedLines = new Set<number>();
  for (const { line, reason } of exclusions) {
    excluded.add(cell(table.cents, line));
    byReason.set(reason, (byReason.get(reason) ?? 0) + 1);
    excludedLines.add(line);
  }
  const { firstLine, rows, segment } = record;
  const bits = Buffer.from(record.stagedLines, "base64");
  let isSplit = bits.length === Math.ceil(rows / 8) && excludedLines.size === exclusions.length;
  for (let at = 0; at < bits.length * 8; at += 1) {
    const isStaged = (bits.readUInt8(at >> 3) & (1 << (at & 7))) !== 0;
    const line = firstLine + at;
    if (isStaged) staged.add(table.cents[line] ?? 0);
    // Bits beyond the last row stand for nothing; a row is staged or excluded, never both or neither.
    isSplit &&= at < rows ? isStaged !== excludedLines.delete(line) : !isStaged;
  }
  isSplit &&= excludedLines.size === 0;
  if (!isSplit)
    findings.add("segments-complete", { segment }, "a row is not exactly one of staged and excluded");
  const isSum =
    isEqual(record.staged, staged) &&
    isEqual(record.excluded, excluded) &&
    Object.values(record.byReason).length === byReason.size &&
    Object.entries(record.byReason).every(([reason, count]) => byReason.get(reason) === count);
  if (!isSum) findings.add("segments-complete", { segment }, "its sums are not those of its rows");
}
