import type { Violation } from "../simulation/events.ts";
import type { Mutant } from "./mutant.ts";

/** One run of a mutant: what it broke, and which changes have run in it; or that the run itself came to nothing. */
export interface MutantRun {
  readonly violations: readonly Violation[];
  readonly ran: readonly string[];
  /** What the simulation itself failed of. */
  readonly failed?: string;
}

/**
 * What one run says about a mutant.
 *
 * - `killed`: the bad line ran, and what broke first is as predicted. A run stops at the first event that breaks
 *   anything, so that all of its violations are of one instant: one of them that is predicted is enough, whatever else
 *   broke with it.
 * - `otherwise`: the bad line ran, and something broke first that nobody has predicted.
 * - `survived`: the bad line ran, and nothing broke.
 * - `unmet`: the bad line did not run, and nothing broke.
 * - `broken-unmet`: something broke although the bad line did not run. That proves nothing about the mutant, and that
 *   something is wrong with its edit or with the app as built.
 */
export type Verdict =
  | { readonly is: "killed"; readonly by: string }
  | { readonly is: "otherwise" | "broken-unmet"; readonly by: string }
  | { readonly is: "survived" | "unmet" };

/** What a run counts under whose simulation has failed. */
export const SIMULATION_FAILED = "simulation-failed";

/** What is wrong with a run without any slip; undefined where nothing is. */
export function brokenAsBuilt({ violations: [first], failed }: MutantRun): string | undefined {
  if (failed !== undefined) return failed;
  return first === undefined ? undefined : `${first.invariant} is broken without any slip: ${first.what}`;
}

export function verdictOf({ id, predicted }: Pick<Mutant, "id" | "predicted">, run: MutantRun): Verdict {
  // Nobody can say whether the bad line ran in it, but it is none of the predicted consequences.
  if (run.failed !== undefined) return { is: "otherwise", by: SIMULATION_FAILED };
  const [first] = run.violations;
  const hasRun = run.ran.includes(id);
  if (first === undefined) return { is: hasRun ? "survived" : "unmet" };
  if (!hasRun) return { is: "broken-unmet", by: first.invariant };
  const kill = run.violations.find(({ invariant }) => predicted.includes(invariant));
  return kill === undefined ? { is: "otherwise", by: first.invariant } : { is: "killed", by: kill.invariant };
}
