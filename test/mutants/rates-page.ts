import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Marks, withQuoted } from "../quoted.ts";
import { listed, totalOf } from "./kill-rate.ts";
import type { Mutant } from "./mutant.ts";
import type { StoredRate, StoredRates } from "./stored-rates.ts";

/** The pages that quote the store, and what of it: every mutant on its own page, a sentence in the README. */
export const RATE_PAGES = {
  "test/mutants/README.md": ratesTable,
  "README.md": ratesSentence,
} as const;

export const MARKS: Marks = { begin: "<!-- mutants -->", end: "<!-- /mutants -->" };

/** Every mutant, rarest kill first. */
export function ratesTable({ mutants: stored }: StoredRates, mutants: readonly Mutant[]): string {
  const rows = mutants.flatMap((mutant) => {
    const rate = stored[mutant.id];
    return rate === undefined ? [] : [{ share: shareOf(rate), row: rowOf(mutant, rate) }];
  });
  return [
    "| mutant | the slip | bad line ran | bank books everything | bank de-duplicates | killed by |",
    "|---|---|---|---|---|---|",
    ...rows.toSorted((a, b) => a.share - b.share).map(({ row }) => row),
  ].join("\n");
}

function rowOf({ id, slip }: Mutant, { modes, by, otherwise, killingSeeds }: StoredRate): string {
  const { runs, ran } = totalOf({ modes });
  const others = listed(otherwise);
  const killers = [
    ...(listed(by) === "" ? [] : [listed(by)]),
    ...(others === "" ? [] : [`not as predicted: ${others}`]),
  ];
  const replay = killingSeeds.length > 0 ? ` (seeds ${killingSeeds.join(", ")})` : "";
  return `| ${id} | ${slip.replaceAll("|", "\\|")} | ${ran} of ${runs} | ${percent(modes["books-everything"])} | ${percent(modes.deduplicates)} | ${killers.join("; ")}${replay} |`;
}

/** One sentence for who reads no table. */
export function ratesSentence({ mutants: stored }: StoredRates): string {
  const rates = Object.values(stored);
  if (rates.length === 0) return "No mutant has been measured yet.";
  const shares = rates.map(shareOf).toSorted((a, b) => a - b);
  const middle = shares[Math.floor(shares.length / 2)];
  const seeds = [...new Set(rates.map((rate) => rate.seeds))].toSorted((a, b) => a - b).join(" or ");
  return (
    `All ${rates.length} are killed as was predicted, in ${told(shares[0])} to ${told(shares.at(-1))} of ${seeds} seeds ` +
    `(median ${told(middle)}), ${commitsOf(rates)}.`
  );
}

/** `at c0ffee`; where they were not all measured at once, how many at which commit. */
function commitsOf(rates: readonly StoredRate[]): string {
  const counts = [...Map.groupBy(rates, ({ commit }) => commit)].map(([commit, of]) => ({
    commit,
    count: of.length,
  }));
  const [most, ...others] = counts.toSorted((a, b) => b.count - a.count);
  const more = others.map(({ commit, count }) => `, ${count} of them at ${commit} instead`);
  return `at ${most?.commit}${more.join("")}`;
}

const shareOf = (rate: StoredRate) => totalOf(rate).killed / totalOf(rate).runs;
const told = (share = 0) => `${(100 * share).toFixed(1)} %`;
const percent = ({ killed, runs }: { killed: number; runs: number }) => told(killed / Math.max(1, runs));

/** Writes what the store says into every page that quotes it. */
export function writeRatePages(store: StoredRates, mutants: readonly Mutant[]): void {
  for (const [name, quote] of Object.entries(RATE_PAGES)) {
    const path = fileURLToPath(new URL(`../../${name}`, import.meta.url));
    writeFileSync(path, withQuoted(readFileSync(path, "utf8"), MARKS, quote(store, mutants)));
  }
}
