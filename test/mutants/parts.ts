import { BAD_MUTANTS } from "./bad-mutants.ts";
import { LAYERS } from "./layers-off.ts";
import type { Change } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";

/** A mutant's or a layer's change. @throws if nothing has this id, or two things have */
export function partOf(id: string): Change {
  const [found, ...more] = [...MUTANTS, ...LAYERS, ...BAD_MUTANTS].filter((part) => part.id === id);
  if (found === undefined) throw new Error(`there is no change ${id}`);
  if (more.length > 0) throw new Error(`several changes are called ${id}`);
  return found;
}
