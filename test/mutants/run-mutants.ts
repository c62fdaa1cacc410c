import { createHash } from "node:crypto";
import { endWith } from "../../infra/ops/end-with.ts";
import { commitOf } from "../commit-of.ts";
import { Progress } from "../simulation/progress.ts";
import { type SimulatedApp, simulatedApp } from "../simulation/simulated-app.ts";
import { type MutantRuns, type MutantRunsDone, onChangedThreads } from "./changed-threads.ts";
import { mistakesIn } from "./edit-checks.ts";
import { typeErrorsIn } from "./edited-types.ts";
import {
  type KillRate,
  listed,
  rateOfSeed,
  ratesTogether,
  remarksOn,
  shortfallsOf,
  totalOf,
  UNTRIED,
} from "./kill-rate.ts";
import type { Mutant } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";
import { MUTANTS_HELP, type MutantsOptions, mutantsOptions } from "./mutants-options.ts";
import { writeRatePages } from "./rates-page.ts";
import { storedRates, type StoredRates, storeRates, toStore } from "./stored-rates.ts";
import { brokenAsBuilt, verdictOf } from "./verdict.ts";

/** Seeds that one thread does at once. */
const CHUNK_SEEDS = 50;

/** What the runs have come to: by mutant, and what broke without any. */
interface Rates {
  readonly mutants: Readonly<Record<string, KillRate>>;
  readonly broken: readonly string[];
}

/** `npm run mutants`: whether the suite finds what it must find, and how often. */
async function main(): Promise<number> {
  const options = mutantsOptions(process.argv.slice(2), MUTANTS);
  if (options === "help") return print(MUTANTS_HELP);
  if (options.list) return print(options.mutants.map(({ id, slip }) => `${id}: ${slip}\n`).join(""));
  const wrong = mistakesIn(options.mutants);
  if (wrong.length === 0) wrong.push(...typeErrorsIn(options.mutants));
  if (wrong.length > 0) return fail(wrong);
  const { mutants, broken } = await measured(options, await simulatedApp());
  if (broken.length > 0) return fail(broken);
  return judged(options, mutants);
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function fail(wrong: readonly string[]): number {
  for (const line of wrong) process.stdout.write(`WRONG ${line}\n`);
  return 1;
}

/** The app as built first, on all the seeds; then, if nothing broke, the mutants. */
async function measured(options: MutantsOptions, app: SimulatedApp): Promise<Rates> {
  const { mutants, seeds, threads, fresh } = options;
  const nothing: Rates = { mutants: {}, broken: [] };
  const progress = new Progress(nameOf(options), commitOf(), nothing, together, fresh);
  const asBuilt = piecesOf(undefined, seeds);
  const changed = mutants.flatMap(({ id }) => piecesOf(id, seeds));
  const all = asBuilt.length + changed.length;
  for (const pieces of [asBuilt, changed]) {
    if (progress.summary.broken.length > 0) break;
    const left = pieces.filter((piece) => !progress.isDone(pieceName(piece)));
    await onChangedThreads(app, left, threads, (done) =>
      progress.add(pieceName(done), ratesOf(done, mutants), all, (rates) => toldOf(done, rates)),
    );
  }
  return progress.summary;
}

/** The same seeds of the same mutants go on from each other. */
function nameOf({ mutants, seeds }: MutantsOptions): string {
  const ids = mutants.map(({ id }) => id);
  const hash = createHash("sha256").update(JSON.stringify(ids)).digest("hex").slice(0, 8);
  return `mutants-${seeds}-${hash}`;
}

function piecesOf(id: string | undefined, seeds: number): MutantRuns[] {
  const pieces: MutantRuns[] = [];
  for (let from = 1; from <= seeds; from += CHUNK_SEEDS) {
    const length = Math.min(CHUNK_SEEDS, seeds - from + 1);
    pieces.push({ id, seeds: Array.from({ length }, (_, index) => from + index) });
  }
  return pieces;
}

const pieceName = ({ id, seeds: [first] }: MutantRuns) => `${id ?? "as built"}:${first}`;

function ratesOf({ id, bySeed }: MutantRunsDone, mutants: readonly Mutant[]): Rates {
  const mutant = mutants.find((one) => one.id === id);
  if (mutant === undefined) {
    const broken = [...bySeed].flatMap(([seed, run]) => {
      const what = brokenAsBuilt(run);
      return what === undefined ? [] : [`seed ${seed}: ${what}`];
    });
    return { mutants: {}, broken };
  }
  const rates = [...bySeed].map(([seed, run]) => rateOfSeed(seed, verdictOf(mutant, run)));
  return { mutants: { [mutant.id]: rates.reduce(ratesTogether, UNTRIED) }, broken: [] };
}

function together(a: Rates, b: Rates): Rates {
  const ids = Object.keys({ ...a.mutants, ...b.mutants });
  const rate = (id: string) => ratesTogether(a.mutants[id] ?? UNTRIED, b.mutants[id] ?? UNTRIED);
  return {
    mutants: Object.fromEntries(ids.map((id) => [id, rate(id)])),
    broken: [...a.broken, ...b.broken],
  };
}

function toldOf({ id }: MutantRuns, { mutants, broken }: Rates): string {
  if (id === undefined) return `as built: ${broken.length} broken`;
  const { runs, killed } = totalOf(mutants[id] ?? UNTRIED);
  return `${id}: ${killed} of ${runs} killed`;
}

/** Tells of every mutant, and keeps those that are as they should be. */
function judged({ mutants, seeds, store }: MutantsOptions, rates: Rates["mutants"]): number {
  const before = storedRates();
  const commit = commitOf();
  const fresh: Record<string, ReturnType<typeof toStore>> = {};
  let missed = 0;
  for (const mutant of mutants) {
    const rate = rates[mutant.id] ?? UNTRIED;
    const stored = before.mutants[mutant.id];
    const wrong = shortfallsOf(rate, stored);
    process.stdout.write(rateText(mutant, rate));
    for (const line of remarksOn(rate, stored)) process.stdout.write(`  LOOK  ${line}\n`);
    for (const line of wrong) process.stdout.write(`  WRONG ${line}\n`);
    missed += wrong.length > 0 ? 1 : 0;
    if (wrong.length === 0) fresh[mutant.id] = toStore(commit, seeds, rate);
  }
  if (store) keep({ commit, at: new Date().toISOString(), seeds, mutants: { ...before.mutants, ...fresh } });
  process.stdout.write(
    missed > 0
      ? `${missed} of ${mutants.length} mutants are not killed as they should be.\n`
      : `All ${mutants.length} mutants are killed as predicted.\n`,
  );
  return missed > 0 ? 1 : 0;
}

/** In the order of the mutants, and none that is none any more. */
function keep(rates: StoredRates): void {
  const known = MUTANTS.flatMap(({ id }) => {
    const rate = rates.mutants[id];
    return rate === undefined ? [] : [[id, rate] as const];
  });
  const kept = { ...rates, mutants: Object.fromEntries(known) };
  storeRates(kept);
  writeRatePages(kept, MUTANTS);
}

function rateText({ id }: Mutant, rate: KillRate): string {
  const { runs, ran, killed } = totalOf(rate);
  const modes = Object.entries(rate.modes).map(([mode, one]) => `${mode} ${one.killed} of ${one.runs}`);
  const lines = [
    `${id}: killed in ${killed} of ${runs} seeds (${((100 * killed) / Math.max(1, runs)).toFixed(1)} %)`,
    `  ran in ${ran}; ${modes.join(", ")}`,
    `  by ${listed(rate.by) || "nothing"}; seeds ${rate.kills.map(({ seed }) => seed).join(", ") || "none"}`,
    ...(listed(rate.otherwise) === "" ? [] : [`  otherwise: ${listed(rate.otherwise)}`]),
  ];
  return `${lines.join("\n")}\n`;
}

await endWith(main);
