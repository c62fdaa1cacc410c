import { existsSync, readFileSync } from "node:fs";
import type { Figure } from "./figure.ts";

/** What a run was measured on. */
export interface Machine {
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
}

/** The figures of the last full run of each bench, as they are kept beside the benches. */
export type Results = Readonly<
  Record<string, { readonly at: string; readonly machine: Machine; readonly figures: readonly Figure[] }>
>;

export function storedResults(path: string): Results {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Results) : {};
}

/** The stored results with those of the benches that have just run in place of their earlier ones. */
export function resultsOf(stored: Results, figures: readonly Figure[], machine: Machine, now: Date): Results {
  const fresh = Object.fromEntries(
    [...Map.groupBy(figures, ({ bench }) => bench)].map(([bench, measured]) => [
      bench,
      { at: now.toISOString(), machine, figures: measured },
    ]),
  );
  return { ...stored, ...fresh };
}
