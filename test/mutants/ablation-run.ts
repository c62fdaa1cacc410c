import type { SimulatedApp } from "../simulation/simulated-app.ts";
import { type Changed, runChanged, runChangedCell } from "./changed-run.ts";
import { partsOf, type Place, PLACES, type Tried } from "./layers-tried.ts";

/** One set of layers, and what is to be tried of it. */
export interface LayersOff {
  readonly name: string;
  readonly keys: Readonly<Record<Place, readonly Key[]>>;
}

/** A seed or a matrix cell; one that is the app as built is only counted. */
export interface Key {
  readonly key: string;
  readonly isAsBuilt: boolean;
}

/** What a set has come to in one place, and in which seeds or cells each layer was missing. */
export interface TriedInDetail extends Tried {
  readonly ranIn: Readonly<Record<string, readonly string[]>>;
}

export interface LayersOffResult {
  readonly name: string;
  readonly tried: Readonly<Record<Place, TriedInDetail>>;
}

/** After so many broken runs a place has said what it has to say. */
const ENOUGH = 25;
/** How many seeds or cells without anything broken are named, so that they can be run again. */
const NAMED = 3;

/** Tries one set of layers in every place, in this thread. */
export async function runLayersOff({ name, keys }: LayersOff, app: SimulatedApp): Promise<LayersOffResult> {
  const tried: Partial<Record<Place, TriedInDetail>> = {};
  for (const place of PLACES) tried[place] = await triedIn(name, place, keys[place], app);
  return { name, tried: tried as Record<Place, TriedInDetail> };
}

/** Runs one seed or matrix cell without some layers. */
export async function runKey(name: string, place: Place, key: string, app: SimulatedApp): Promise<Changed> {
  const part = { parts: partsOf(name), judges: "end-to-end" } as const;
  try {
    return await (place === "matrix"
      ? runChangedCell({ ...part, cell: key }, app)
      : runChanged({ ...part, seed: Number(key), mode: place }, app));
  } catch (error) {
    throw new Error(`without ${name}, ${place} ${key}`, { cause: error });
  }
}

async function triedIn(
  name: string,
  place: Place,
  keys: readonly Key[],
  app: SimulatedApp,
): Promise<TriedInDetail> {
  const parts = partsOf(name);
  const ranIn: Record<string, string[]> = Object.fromEntries(parts.map((id) => [id, []]));
  const broken: Record<string, { times: number; first: string }> = {};
  const clean: { key: string; parts: number }[] = [];
  let [tried, run, together, runsBroken] = [0, 0, 0, 0];
  for (const { key, isAsBuilt } of keys) {
    if (runsBroken === ENOUGH) break;
    tried += 1;
    if (isAsBuilt) continue;
    run += 1;
    const { violations, ran } = await runKey(name, place, key, app);
    for (const id of ran) ranIn[id]?.push(key);
    if (ran.length === parts.length) together += 1;
    // One run may break several things; each is counted once.
    const invariants = new Set(violations.map(({ invariant }) => invariant));
    for (const invariant of invariants) {
      const known = (broken[invariant] ??= { times: 0, first: key });
      known.times += 1;
    }
    if (invariants.size > 0) runsBroken += 1;
    else if (ran.length > 0) clean.push({ key, parts: ran.length });
  }
  const named = clean.toSorted((a, b) => b.parts - a.parts).slice(0, NAMED);
  return {
    tried,
    run,
    ran: Object.fromEntries(parts.map((id) => [id, ranIn[id]?.length ?? 0])),
    together,
    clean: named.map(({ key }) => key).join(" "),
    broken,
    ranIn,
  };
}
