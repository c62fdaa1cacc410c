import type { BankMode } from "../simulation/events.ts";
import { MODES } from "../simulation/modes.ts";
import { LAYERS } from "./layers-off.ts";

/** Where layers are taken out: the simulation in either mode of the bank, and the crash matrix. */
export type Place = BankMode | "matrix";

export const PLACES: readonly Place[] = [...MODES, "matrix"];

/** What one set of layers has come to in one place, when it was out. */
export interface Tried {
  /** Seeds from 1 on, or matrix cells, that this speaks for. */
  readonly tried: number;
  /** Those of them that were run: in all others none of the layers has anything to do, so that they are the app as built. */
  readonly run: number;
  /** In how many of those each layer was missing where it would have stood. */
  readonly ran: Readonly<Record<string, number>>;
  /** In how many of those all of them were. */
  readonly together: number;
  /** A few seeds or cells in which as many of them as ever were missing, and nothing broke; with a space between two. */
  readonly clean: string;
  /** By end-to-end invariant: how many runs have broken it, and the first of them. */
  readonly broken: Readonly<Record<string, { readonly times: number; readonly first: string }>>;
}

/** By the set's name, `fence+version`, and by place. */
export type AllTried = Readonly<Record<string, Readonly<Record<Place, Tried>>>>;

/** What `npm run ablation` keeps in ablation.json. */
export interface StoredAblation {
  readonly commit: string;
  readonly at: string;
  /** Seeds of each layer alone in each mode, and of each pair. */
  readonly alone: number;
  readonly seeds: number;
  /** Cells of the crash matrix, of each layer and of each pair. */
  readonly cells: number;
  readonly tried: AllTried;
}

/** Every layer alone. */
export function layersAlone(): string[] {
  return LAYERS.map(({ id }) => id);
}

/** Every two layers, in the order of their list. */
export function layerPairs(): string[] {
  const ids = layersAlone();
  return ids.flatMap((one, index) => ids.slice(index + 1).map((other) => `${one}+${other}`));
}

/** The layers of a set, by its name. */
export function partsOf(name: string): string[] {
  return name.split("+");
}

/** How an invariant's breaking is called in tables. */
const TOLD: Readonly<Record<string, string>> = {
  "debited-once": "debited twice",
  "what-was-due": "debited what was not due",
  "nothing-lost": "lost",
  "bytes-judged": "sent without a verdict",
  sums: "closed with a wrong sum",
  liveness: "never over",
  "comes-to-an-end": "never over",
  "no-mistake": "ended in a mistake of the code",
};

/** What has happened when it was broken, in words. */
export function told(invariant: string): string {
  const words = TOLD[invariant];
  if (words === undefined) throw new Error(`nobody has said what breaking ${invariant} is called`);
  return words;
}

/** What debits twice, or debits what nobody owes. */
export const DUPLICATES: readonly string[] = ["debited-once", "what-was-due"];
/** What leaves a debit unmade without anybody being told. */
export const LOSSES: readonly string[] = ["nothing-lost"];
/** What sends bytes that nobody has judged, or tells a sum that is not so. */
export const UNTRUE: readonly string[] = ["bytes-judged", "sums"];
