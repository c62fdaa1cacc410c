import { type Marks, withQuoted } from "../quoted.ts";
import { type Check, CHECKS, END_TO_END, type Switch, SWITCHES } from "./checks.ts";

/** One search as test/models/results.json keeps it. */
export interface StoredCheck {
  readonly name: string;
  readonly expected: string;
  readonly found: string;
  readonly states: number;
  readonly depth: number;
  readonly complete: boolean;
  /** Of the states that this search must come to, those that it did. */
  readonly reached: readonly string[];
  readonly commit: string;
}

export interface Results {
  readonly spin: string;
  readonly date: string;
  readonly checks: readonly StoredCheck[];
}

/** What tells the model otherwise, or changes the world around it: no layer is out. */
const NO_LAYERS: readonly Switch[] = ["SPLIT", "LOOK_AND_PUT"];
const WORLD: readonly Switch[] = ["OTHER_LIMITS"];

export const MARKS: Marks = { begin: "<!-- layers out -->", end: "<!-- /layers out -->" };

/** What the stored searches found where one single layer is out; what breaks most end to end comes first. */
export function costTable({ checks: stored }: Results): string {
  const rows = singleLayers().map((layer) => rowOf(layer, stored));
  return [
    "| out | breaks end to end | breaks its own promise | holds |",
    "|---|---|---|---|",
    ...rows.toSorted((a, b) => a.rank - b.rank).map(({ row }) => row),
  ].join("\n");
}

function singleLayers(): Switch[] {
  const alone = CHECKS.flatMap((check) => layerOf(check) ?? []);
  return (Object.keys(SWITCHES) as Switch[]).filter((layer) => alone.includes(layer));
}

/** The one layer that a check takes out; undefined where it takes out none or several. */
function layerOf({ out }: Check): Switch | undefined {
  if (out.some((name) => NO_LAYERS.includes(name))) return undefined;
  const layers = out.filter((name) => !WORLD.includes(name));
  return layers.length === 1 ? layers[0] : undefined;
}

function rowOf(layer: Switch, stored: readonly StoredCheck[]): { rank: number; row: string } {
  const found = CHECKS.filter((check) => layerOf(check) === layer).map((check) => ({
    ...check,
    found: stored.find(({ name }) => name === check.name)?.found ?? "not searched",
  }));
  const ends: readonly string[] = END_TO_END;
  const held = found.filter((one) => one.found === "holds");
  const broken = found.filter((one) => ends.includes(one.found));
  const own = found.filter((one) => one.found !== "holds" && !ends.includes(one.found));
  const ranks = broken.map((one) => ends.indexOf(one.found));
  const rank = Math.min(...ranks, own.length > 0 ? ends.length : ends.length + 1);
  const listed = (list: typeof found, what: (one: (typeof found)[number]) => string) =>
    list.map((one) => `${what(one)} (${one.configuration})`).join(", ");
  const cells = [
    `\`${layer}\`: ${SWITCHES[layer]}`,
    listed(broken, (one) => one.found),
    listed(own, (one) => one.found),
    listed(held, (one) => one.judged),
  ];
  return { rank, row: `| ${cells.join(" | ")} |` };
}

/** The page with the table of these results. */
export function pageWith(page: string, results: Results): string {
  return withQuoted(page, MARKS, costTable(results));
}
