/** What one search has found: nothing, or the assertion that failed first. */
export interface Verdict {
  /** "holds"; the property whose assertion failed; or "stuck" where a process can never go on. */
  readonly found: string;
  readonly states: number;
  /** The longest path, in steps. */
  readonly depth: number;
  readonly memoryMb: number;
  /** Whether it has seen every state; one that has found something ends there. */
  readonly complete: boolean;
  /** The numbers of the marked states that it came to. */
  readonly reached: readonly number[];
}

/** A search that proves nothing: it was cut off, or it was none. */
export class NoVerdict extends Error {
  override readonly name = "NoVerdict";
}

/** What pan says when it has not seen all: its depth, memory or time ran out, or it only took samples. */
const CUT_OFF = [
  "max search depth too small",
  "out of memory",
  "reached -DMEMLIM",
  "hash-table full",
  "Bit statespace",
  "Hash-Compact",
  "time limit",
  "VECTORSZ",
  "aborting",
  "Interrupted",
];

/**
 * Reads the output of a search. "Holds" is said only of a search that has seen every state; a failed assertion counts
 * wherever it was found.
 * @throws NoVerdict if the search was cut off, or its output is not that of a search
 */
export function verdictOf(output: string): Verdict {
  const states = numberIn(output, /^\s*([\d.e+]+) states, stored/m);
  const depth = numberIn(output, /depth reached (\d+)/);
  const errors = numberIn(output, /errors: (\d+)/);
  const memoryMb = numberIn(output, /([\d.]+)\s+total actual memory usage/);
  const reached = [...output.matchAll(/^reached: (\d+)$/gm)].map(([, number]) => Number(number));
  reached.sort((a, b) => a - b);
  const complete = CUT_OFF.concat("Search not completed").every((sign) => !output.includes(sign));
  const figures = { states, depth, memoryMb, complete, reached };
  if (errors > 0) {
    const assertion = /assertion violated\s+!\((\w+)\)/.exec(output)?.[1];
    if (assertion !== undefined) return { found: assertion, ...figures };
    if (/^pan:\d+: invalid end state/m.test(output)) return { found: "stuck", ...figures };
    throw new NoVerdict(`an error that is no property's: ${/pan:\d+: (.*)/.exec(output)?.[1] ?? "unnamed"}`);
  }
  const cut = CUT_OFF.find((sign) => output.includes(sign));
  if (cut !== undefined) throw new NoVerdict(`the search was cut off: ${cut}`);
  if (output.includes("Search not completed")) throw new NoVerdict("the search was not completed");
  if (!output.includes("Full statespace search for:")) throw new NoVerdict("the search was not exhaustive");
  if (!/assertion violations\s+\+/.test(output)) throw new NoVerdict("the search looked for no assertions");
  if (!/invalid end states\s+\+/.test(output)) throw new NoVerdict("the search looked for no dead ends");
  return { found: "holds", ...figures };
}

function numberIn(output: string, pattern: RegExp): number {
  const found = Number(pattern.exec(output)?.[1] ?? Number.NaN);
  if (Number.isNaN(found)) throw new NoVerdict(`the search gave no figure for ${pattern.source}`);
  return found;
}
