import { ACQUIRING } from "./acquiring.ts";
import { GATE_AND_CLAIMS } from "./gate-and-claims.ts";
import type { Mutant } from "./mutant.ts";
import { SUBMITTING } from "./submitting.ts";

/** Every slip that the suite must find. */
export const MUTANTS: readonly Mutant[] = [...ACQUIRING, ...GATE_AND_CLAIMS, ...SUBMITTING];

/** @throws if there is none of this id */
export function mutantOf(id: string): Mutant {
  const found = MUTANTS.find((mutant) => mutant.id === id);
  if (found === undefined) throw new Error(`there is no mutant ${id}`);
  return found;
}
