import type { SimulatedApp } from "../simulation/simulated-app.ts";
import { type MutantRuns, onChangedThreads } from "./changed-threads.ts";
import type { Mutant } from "./mutant.ts";
import type { StoredRate } from "./stored-rates.ts";
import { brokenAsBuilt, type MutantRun, verdictOf } from "./verdict.ts";

type Killers = Pick<StoredRate, "killingSeeds">;

/**
 * Runs again what has killed each mutant, and the same as built.
 * @param stored by mutant
 * @returns what is not as it was: a sentence each
 */
export async function replayed(
  app: SimulatedApp,
  mutants: readonly Pick<Mutant, "id" | "predicted">[],
  stored: Readonly<Record<string, Killers>>,
  threads: number,
): Promise<string[]> {
  const pieces = mutants.flatMap(({ id }): MutantRuns[] => {
    const killers = stored[id];
    return killers === undefined ? [] : [{ id, seeds: killers.killingSeeds }];
  });
  const wrong: string[] = [];
  await onChangedThreads(app, [...asBuilt(pieces, threads), ...pieces], threads, ({ id, bySeed }) => {
    const mutant = mutants.find((one) => one.id === id);
    for (const [seed, run] of bySeed) {
      const what = mutant === undefined ? brokenAsBuilt(run) : notKilled(mutant, run);
      if (what !== undefined) wrong.push(`${id ?? "as built"}, ${seed}: ${what}`);
    }
  });
  return wrong.toSorted();
}

/** The same runs without any slip, each once, in as many pieces as there are threads. */
function asBuilt(pieces: readonly MutantRuns[], threads: number): MutantRuns[] {
  const seeds = [...new Set(pieces.flatMap(({ seeds }) => seeds))];
  return Array.from({ length: threads }, (_, thread) => ({
    id: undefined,
    seeds: seeds.filter((_seed, index) => index % threads === thread),
  }));
}

function notKilled({ id, predicted }: Pick<Mutant, "id" | "predicted">, run: MutantRun): string | undefined {
  const verdict = verdictOf({ id, predicted }, run);
  switch (verdict.is) {
    case "killed":
      return undefined;
    case "survived":
      return `survived; npm run mutants -- --only ${id}`;
    case "unmet":
      return `its bad line did not run; npm run mutants -- --only ${id}`;
    case "otherwise":
      return `broke ${verdict.by} instead of ${predicted.join(" or ")}${run.failed === undefined ? "" : `: ${run.failed}`}`;
    case "broken-unmet":
      return `broke ${verdict.by} although its bad line did not run`;
  }
}
