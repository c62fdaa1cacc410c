import type { SimulatedApp } from "../simulation/simulated-app.ts";
import { type MutantRuns, onChangedThreads } from "./changed-threads.ts";
import type { Mutant } from "./mutant.ts";
import type { StoredRate } from "./stored-rates.ts";
import { type MutantRun, verdictOf } from "./verdict.ts";

type Killers = Pick<StoredRate, "killingSeeds" | "killingCells">;

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
    return killers === undefined ? [] : [{ id, seeds: killers.killingSeeds, cells: killers.killingCells }];
  });
  const wrong: string[] = [];
  await onChangedThreads(app, [...asBuilt(pieces, threads), ...pieces], threads, ({ id, bySeed, byCell }) => {
    const mutant = mutants.find((one) => one.id === id);
    for (const [name, run] of [...bySeed, ...byCell]) {
      const what = mutant === undefined ? brokenAsBuilt(run) : notKilled(mutant, run);
      if (what !== undefined) wrong.push(`${id ?? "as built"}, ${name}: ${what}`);
    }
  });
  return wrong.toSorted();
}

/** The same runs without any slip, each once, in as many pieces as there are threads. */
function asBuilt(pieces: readonly MutantRuns[], threads: number): MutantRuns[] {
  const seeds = [...new Set(pieces.flatMap(({ seeds }) => seeds))];
  const cells = [...new Set(pieces.flatMap(({ cells }) => cells))];
  return Array.from({ length: threads }, (_, thread) => ({
    id: undefined,
    seeds: seeds.filter((_seed, index) => index % threads === thread),
    cells: cells.filter((_cell, index) => index % threads === thread),
  }));
}

function brokenAsBuilt({ violations: [first], failed }: MutantRun): string | undefined {
  if (failed !== undefined) return failed;
  return first === undefined ? undefined : `${first.invariant} is broken without any slip: ${first.what}`;
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
