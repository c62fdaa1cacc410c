import { ACQUIRING } from "./acquiring.ts";
import { GATE_AND_CLAIMS } from "./gate-and-claims.ts";
import type { Mutant } from "./mutant.ts";
import { SUBMITTING } from "./submitting.ts";

/** Every slip that the suite must find. */
export const MUTANTS: readonly Mutant[] = [...ACQUIRING, ...GATE_AND_CLAIMS, ...SUBMITTING];
