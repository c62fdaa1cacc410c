import { type Marks, withQuoted } from "../quoted.ts";
import { ALONE, LAYERS } from "./layers-off.ts";
import {
  DUPLICATES,
  layerPairs,
  layersAlone,
  LOSSES,
  partsOf,
  type Place,
  PLACES,
  type StoredAblation,
  told,
  type Tried,
  UNTRUE,
} from "./layers-tried.ts";

export const MARKS: Marks = {
  begin: "<!-- layers off: written by npm run ablation -->",
  end: "<!-- layers off: end -->",
};

const HEADS: Readonly<Record<Place, string>> = {
  "books-everything": "bank books all",
  deduplicates: "bank de-duplicates",
  matrix: "crash matrix",
};

/** The README with the table of what is stored between its two marks. @throws if they are not there, once and in order */
export function withTable(readme: string, stored: StoredAblation): string {
  return withQuoted(readme, MARKS, tableOf(stored));
}

/** The layers alone, one row each; then the pairs that do what neither of them does alone; then how many do nothing. */
export function tableOf(stored: StoredAblation): string {
  const { commit, cells, tried } = stored;
  const rows = LAYERS.filter(({ id }) => tried[id]).map(({ id, what }) => {
    const found = PLACES.map((place) => cellText(tried[id]?.[place] as Tried));
    return `| \`${id}\`: ${what} | ${found.join(" | ")} |`;
  });
  const alone = layersAlone().flatMap((id) =>
    tried[id] && ALONE[id] ? [`\`${id}\` alone: ${ALONE[id]}`, ""] : [],
  );
  const pairs = layerPairs().filter((name) => tried[name]);
  const worse = pairs.filter((name) => newIn(name, stored).length > 0);
  const others = pairs.length - worse.length;
  const lines = worse.map((name) => `- ${inWords(name)}: ${newIn(name, stored).join("; ")}`);
  return [
    `Runs that broke something from end to end, of those tried, at ${commit}: in each mode of the bank ${stored.alone} seeds of each layer\n` +
      `alone and ${stored.seeds} of each pair, of both ${cells} cells of the crash matrix; more where a layer is seldom missed, fewer\n` +
      "where 25 were broken before.",
    "",
    `| out | ${PLACES.map((place) => HEADS[place]).join(" | ")} |`,
    "|---|---|---|---|",
    ...rows,
    "",
    ...alone,
    ...(lines.length > 0 ? ["Two layers together that do what neither does alone:", "", ...lines, ""] : []),
    `The other ${others} of ${pairs.length} pairs do nothing that one of the two does not do alone.`,
  ].join("\n");
}

function inWords(name: string): string {
  return partsOf(name)
    .map((id) => `\`${id}\``)
    .join(" and ");
}

function cellText({ tried, broken }: Tried): string {
  const kinds = byWords(broken);
  if (kinds.size === 0) return `0 of ${tried}`;
  return [...kinds].map(([words, times]) => `**${times}** of ${tried} ${words}`).join(", ");
}

/** What a pair does that neither of its layers does alone in the same place. */
function newIn(name: string, { tried }: StoredAblation): string[] {
  return PLACES.flatMap((place) => {
    const pair = tried[name]?.[place] as Tried;
    const known = new Set(partsOf(name).flatMap((id) => Object.keys(tried[id]?.[place].broken ?? {})));
    const fresh = Object.entries(pair.broken).filter(([invariant]) => !known.has(invariant));
    if (fresh.length === 0) return [];
    const kinds = [...byWords(Object.fromEntries(fresh))].map(([words, times]) => `${times} ${words}`);
    return [`${HEADS[place]} ${kinds.join(", ")} of ${pair.tried}`];
  });
}

function byWords(broken: Tried["broken"]): Map<string, number> {
  const kinds = new Map<string, number>();
  for (const [invariant, { times }] of Object.entries(broken)) {
    const words = told(invariant);
    kinds.set(words, (kinds.get(words) ?? 0) + times);
  }
  return kinds;
}

/**
 * What is not as it should be: a layer alone that duplicates, loses, or sends or tells what is not so, although nobody has
 * said why, one of which that is said and that does not, one that was never missing, and a set that has broken the code itself instead of the promise.
 */
export function surprises({ tried }: StoredAblation): string[] {
  const found: string[] = [];
  for (const id of layersAlone().filter((one) => tried[one])) {
    const places = PLACES.map((place) => tried[id]?.[place] as Tried);
    const worst = [...new Set(places.flatMap(({ broken }) => Object.keys(broken)))].filter((invariant) =>
      [...DUPLICATES, ...LOSSES, ...UNTRUE].includes(invariant),
    );
    if (worst.length > 0 && ALONE[id] === undefined)
      found.push(`without ${id} alone: ${worst.map(told).join(", ")}`);
    if (worst.length === 0 && ALONE[id] !== undefined)
      found.push(`without ${id} alone nothing goes wrong, although it is said why it does`);
    if (places.every(({ ran }) => !ran[id]))
      found.push(`${id} was out, and never missing: its edit takes nothing out`);
  }
  for (const [name, places] of Object.entries(tried)) {
    if (PLACES.some((place) => places[place].broken["no-mistake"]))
      found.push(`without ${name} the code itself fails: its edit is not a layer's absence`);
  }
  return found;
}
