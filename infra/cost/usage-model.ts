import type { Recording, Runs, Shape } from "./recorded-run.ts";
import type { Usage } from "./usage.ts";

/** What a quantity grows by: with the batch itself, with each of its segments, and with each of its rows. */
export interface Growth {
  readonly perBatch: number;
  readonly perSegment: number;
  readonly perRow: number;
}

/** The growth of every quantity and of every request, solved from recorded runs. */
export interface UsageModel {
  readonly quantities: Readonly<Record<keyof Usage["quantities"], Growth>>;
  readonly requests: Readonly<Record<string, Growth>>;
}

/** Solves every quantity's growth exactly: three runs, three unknowns. */
export function usageModel({ small, moreSegments, moreRows }: Runs): UsageModel {
  const solve = (of: (run: Recording) => number): Growth => {
    const perRow = (of(moreRows) - of(small)) / (rowsOf(moreRows) - rowsOf(small));
    const segments = moreSegments.segments - small.segments;
    const rows = rowsOf(moreSegments) - rowsOf(small);
    const perSegment = (of(moreSegments) - of(small) - perRow * rows) / segments;
    return { perRow, perSegment, perBatch: of(small) - perSegment * small.segments - perRow * rowsOf(small) };
  };
  const all = <Name extends string>(names: readonly Name[], of: (run: Recording, name: Name) => number) =>
    Object.fromEntries(names.map((name) => [name, solve((run) => of(run, name))])) as Record<Name, Growth>;
  const actions = new Set([small, moreSegments, moreRows].flatMap(({ requests }) => Object.keys(requests)));
  return {
    quantities: all(
      Object.keys(small.quantities) as (keyof Usage["quantities"])[],
      (run, name) => run.quantities[name],
    ),
    requests: all([...actions].sort(), (run, name) => run.requests[name] ?? 0),
  };
}

/** What so many batches of this shape use. */
export function predicted(
  growth: Growth,
  { segments, rows }: { readonly segments: number; readonly rows: number },
): number {
  return growth.perBatch + growth.perSegment * segments + growth.perRow * rows;
}

export function rowsOf({ segments, segmentRows }: Shape): number {
  return segments * segmentRows;
}
