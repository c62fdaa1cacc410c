import type { ExclusionReason } from "../../domain/exclusion.ts";
import { SumNotProven } from "../../domain/faults.ts";
import { isSent } from "../../domain/moves.ts";
import type { Ending, FileItem, SegmentItem, Sum } from "../../domain/records.ts";

const NONE: Sum = { count: 0, cents: 0 };

const add = (a: Sum, b: Sum): Sum => ({ count: a.count + b.count, cents: a.cents + b.cents });

/**
 * Proves the sum of a batch: every due row is exactly one of excluded, submitted, withdrawn and rejected, in
 * number and in cents.
 * @param due what the manifest says, as pinned, without the cents that may not be told
 * @throws SumNotProven with both figures
 */
export function proveEnding(
  due: Sum,
  segments: readonly SegmentItem[],
  files: readonly FileItem[],
  at: string,
): Ending {
  const staged = segments.map((segment) => segment.staged).reduce(add, NONE);
  const excluded = segments.map((segment) => segment.excluded).reduce(add, NONE);
  const inFiles = (belongs: (file: FileItem) => boolean) =>
    files
      .filter(belongs)
      .map((file) => ({ count: file.debits, cents: file.cents }))
      .reduce(add, NONE);
  const submitted = inFiles((file) => isSent(file.state));
  const withdrawn = inFiles((file) => file.state === "WITHDRAWN");
  const rejected = inFiles((file) => file.state === "REJECTED");
  const judged = add(staged, excluded);
  if (judged.count !== due.count || judged.cents !== due.cents) {
    throw new SumNotProven(
      `due are ${due.count} rows with ${due.cents} cents; staged and excluded are ${judged.count} with ${judged.cents}`,
    );
  }
  const accounted = [excluded, submitted, withdrawn, rejected].reduce(add, NONE);
  if (accounted.count !== due.count || accounted.cents !== due.cents) {
    throw new SumNotProven(
      `due are ${due.count} rows with ${due.cents} cents; excluded, submitted, withdrawn and rejected are ` +
        `${accounted.count} with ${accounted.cents}`,
    );
  }
  const byReason: Partial<Record<ExclusionReason, number>> = {};
  for (const segment of segments) {
    for (const [reason, count] of Object.entries(segment.byReason) as [ExclusionReason, number][]) {
      byReason[reason] = (byReason[reason] ?? 0) + count;
    }
  }
  const note = noteOf(due, staged, submitted, byReason);
  return {
    at,
    due,
    staged,
    excluded: { ...excluded, byReason },
    submitted,
    withdrawn,
    rejected,
    ...(note !== undefined && { note }),
  };
}

/** A sentence for the endings that nobody should take for an ordinary run. */
function noteOf(
  due: Sum,
  staged: Sum,
  submitted: Sum,
  byReason: Readonly<Partial<Record<ExclusionReason, number>>>,
): string | undefined {
  if (due.count === 0) return "The due list is empty: there was nothing to debit.";
  if (staged.count > 0 && submitted.count === 0) {
    return "Nothing was submitted: every bank file was withdrawn or rejected. These instalments are not debited.";
  }
  if (byReason["already-claimed"] === due.count)
    return "Every row was claimed by other batches before: no bank file.";
  if (staged.count === 0) return "Every row was excluded: no bank file.";
  if (submitted.count < staged.count)
    return "Some bank files were not submitted: their instalments are not debited.";
  return undefined;
}
