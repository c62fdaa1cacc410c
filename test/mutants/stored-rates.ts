import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Counts, type KillRate, type ModeCounts, replayedSeeds } from "./kill-rate.ts";
import { storeJson } from "../stored-json.ts";
import type { BankMode } from "../simulation/events.ts";

const STORE = fileURLToPath(new URL("results.json", import.meta.url));

/** What is kept of one mutant. */
export interface StoredRate {
  /** Which code these figures are of; another one's than the store's if it was not measured with the others. */
  readonly commit: string;
  /** Seeds from 1 to this one. */
  readonly seeds: number;
  readonly modes: Readonly<Record<BankMode, ModeCounts>>;
  readonly by: Counts;
  readonly otherwise: Counts;
  /** What `npm test` replays: seeds that have killed it. */
  readonly killingSeeds: readonly number[];
}

export interface StoredRates {
  readonly commit: string;
  readonly at: string;
  readonly seeds: number;
  readonly mutants: Readonly<Record<string, StoredRate>>;
}

const NOTHING: StoredRates = { commit: "unknown", at: "", seeds: 0, mutants: {} };

export function storedRates(path = STORE): StoredRates {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as StoredRates;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return NOTHING;
    throw error;
  }
}

/** What is kept of a rate that is as it should be. */
export function toStore(commit: string, seeds: number, rate: KillRate): StoredRate {
  return {
    commit,
    seeds,
    modes: rate.modes,
    by: rate.by,
    otherwise: rate.otherwise,
    killingSeeds: replayedSeeds(rate.kills),
  };
}

export function storeRates(rates: StoredRates, path = STORE): void {
  storeJson(path, rates);
}

/**
 * What cannot be right about a store; empty if nothing is wrong.
 * @param ids of all mutants there are
 */
export function mistakesInStore(store: StoredRates, ids: readonly string[]): string[] {
  const stored = Object.keys(store.mutants);
  return [
    ...ids.filter((id) => !stored.includes(id)).map((id) => `${id} is not in the store`),
    ...stored.filter((id) => !ids.includes(id)).map((id) => `the store knows ${id}, which is no mutant`),
    ...Object.entries(store.mutants).flatMap(([id, rate]) =>
      mistakesInRate(rate).map((what) => `${id}: ${what}`),
    ),
  ];
}

function mistakesInRate({ seeds, modes, by, commit, killingSeeds }: StoredRate): string[] {
  const wrong: string[] = [];
  const kills = modes["books-everything"].killed + modes.deduplicates.killed;
  const sum = Object.values(by).reduce((all, count) => all + count, 0);
  if (sum !== kills) wrong.push(`${sum} kills by an invariant are not the ${kills} of the bank modes`);
  for (const [mode, { runs, ran, killed }] of Object.entries(modes)) {
    if (killed > ran || ran > runs) wrong.push(`${killed} killed, ${ran} ran, ${runs} runs of ${mode}`);
  }
  if (modes["books-everything"].runs + modes.deduplicates.runs !== seeds) {
    wrong.push(`its runs are not one of each of ${seeds} seeds`);
  }
  if (killingSeeds.length === 0) wrong.push("nothing kills it");
  if (kills > 1 && killingSeeds.length < 2) wrong.push("only one of its killing seeds is kept");
  if (killingSeeds.length > Math.min(2, kills)) wrong.push("more killing seeds than there are");
  if (killingSeeds.some((seed) => seed < 1 || seed > seeds)) wrong.push("a killing seed was never run");
  if (commit.endsWith("+")) wrong.push("it was measured on a tree with changes");
  return wrong;
}
