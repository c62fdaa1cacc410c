import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { endWith } from "../../infra/ops/end-with.ts";
import { commitOf } from "../commit-of.ts";
import { storeJson } from "../stored-json.ts";
import { chunksOf, runChunks } from "./many-seeds.ts";
import {
  empty,
  matrixCells,
  matrixFailureText,
  type MatrixKind,
  matrixShortfalls,
  matrixTable,
  matrixTogether,
  runCell,
  runMatrix,
} from "./matrix.ts";
import { modeOf } from "./modes.ts";
import { Progress } from "./progress.ts";
import { runSeed } from "./run-seed.ts";
import type { Chunk } from "./seed-worker.ts";
import { type Part, SIMULATE_HELP, simulateOptions, type SimulateOptions } from "./simulate-options.ts";
import { type SimulatedApp, simulatedApp } from "./simulated-app.ts";
import { deployShortfalls, NOTHING, shortfalls, type Summary, summaryText, together } from "./summary.ts";

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const RESULTS = path("results.json");
const RACE = path("../processes/race.ts");
const RACED = path("../../reports/simulate/race.json");

/** What one part has come to: all that the README quotes of it, and what it has missed. */
interface Outcome {
  readonly figures: object;
  readonly missed: readonly string[];
}

/** `npm run simulate`: as much of everything as somebody has patience for. */
async function main(): Promise<number> {
  const options = simulateOptions(process.argv.slice(2));
  if (options === "help") {
    process.stdout.write(SIMULATE_HELP);
    return 0;
  }
  const app = await simulatedApp();
  if (options.replay !== undefined) return replay(options.replay, options, app);
  if (options.cell !== undefined) return cell(options.cell, app);
  const commit = commitOf();
  let missed = 0;
  for (const part of options.parts) {
    const outcome = await PARTS[part](options, app, commit);
    for (const line of outcome.missed) process.stdout.write(`MISSED ${line}\n`);
    missed += outcome.missed.length;
    if (options.store) store(part, { commit, at: new Date().toISOString(), ...outcome });
  }
  process.stdout.write(missed > 0 ? "Something is broken or missed.\n" : "Every figure is reached.\n");
  return missed > 0 ? 1 : 0;
}

const PARTS: Record<Part, (options: SimulateOptions, app: SimulatedApp, commit: string) => Promise<Outcome>> =
  {
    seeds,
    deployments,
    matrix,
    processes,
  };

async function seeds(options: SimulateOptions, app: SimulatedApp, commit: string): Promise<Outcome> {
  const summary = await seedsOf("seeds", options, app, commit);
  return { figures: { ...options.seeds, ...summary }, missed: shortfalls(summary) };
}

async function deployments(options: SimulateOptions, app: SimulatedApp, commit: string): Promise<Outcome> {
  const summary = await seedsOf("deployments", options, app, commit);
  return { figures: { ...options.deployments, ...summary }, missed: deployShortfalls(summary) };
}

/** Runs the seeds of one part, and tells of them. */
async function seedsOf(
  part: "seeds" | "deployments",
  options: SimulateOptions,
  app: SimulatedApp,
  commit: string,
): Promise<Summary> {
  const { [part]: range, modes, threads, fresh } = options;
  const name = `${part}-${range.from}-${range.to}-${modes.join("-")}`;
  const progress = new Progress(name, commit, NOTHING, together, fresh);
  const chunks = chunksOf(range.from, range.to, modes, part === "deployments");
  const left = chunks.filter((chunk) => !progress.isDone(nameOf(chunk)));
  await runChunks(app, left, threads, ({ chunk, summary }) =>
    progress.add(
      nameOf(chunk),
      summary,
      chunks.length,
      ({ runs, faults, failures }) => `${runs} seeds, ${faults} faults, ${failures.length} broken`,
    ),
  );
  const { summary } = progress;
  process.stdout.write(`\ncommit ${commit}, ${part} ${range.from} to ${range.to}\n${summaryText(summary)}`);
  return summary;
}

function nameOf({ from, to }: Chunk): string {
  return `${from}-${to}`;
}

async function matrix(options: SimulateOptions, app: SimulatedApp, commit: string): Promise<Outcome> {
  const kinds: readonly MatrixKind[] = ["singles", "pairs", "overlaps"];
  const figures: Record<string, object> = {};
  const missed: string[] = [];
  for (const kind of kinds) {
    const progress = new Progress(`matrix-${kind}`, commit, empty(kind), matrixTogether, options.fresh);
    const operations = await matrixCells(kind, app, "all");
    const left = operations.filter((id) => !progress.isDone(id));
    await runMatrix(app, kind, left, options.threads, (done) =>
      progress.add(
        done.operations.join(" "),
        done,
        operations.length,
        ({ cells, failures }) => `${cells} cells of ${kind}, ${failures.length} broken`,
      ),
    );
    const { summary } = progress;
    process.stdout.write(
      `\ncommit ${commit}, crash matrix, ${kind}: ${summary.cells} cells\n${matrixTable(summary)}\n`,
    );
    for (const failure of summary.failures.slice(0, 20))
      process.stdout.write(`${matrixFailureText(failure)}\n`);
    figures[kind] = {
      operations: operations.length,
      cells: summary.cells,
      failures: summary.failures.length,
    };
    missed.push(...matrixShortfalls(summary, operations));
  }
  return { figures, missed };
}

/** Real processes take care of their own progress; they are asked for what they have kept. */
async function processes({ rounds, fresh }: SimulateOptions): Promise<Outcome> {
  const args = [
    RACE,
    "--rounds",
    String(rounds),
    "--seed",
    "2026",
    "--out",
    RACED,
    ...(fresh ? [] : ["--resume"]),
  ];
  const [code] = (await once(spawn(process.execPath, args, { stdio: "inherit" }), "exit")) as [number | null];
  const {
    tally,
    shortfalls: missed,
    seconds,
  } = JSON.parse(readFileSync(RACED, "utf8")) as {
    tally: object;
    shortfalls: string[];
    seconds: number;
  };
  const ended = code === 0 || missed.length > 0 ? [] : [`the race ended with exit code ${code}`];
  return { figures: { rounds, seconds, ...tally }, missed: [...missed, ...ended] };
}

/** One seed once more, with everything that happens in it. */
async function replay(seed: number, { modes, parts }: SimulateOptions, app: SimulatedApp): Promise<number> {
  const mode = modeOf(seed, modes);
  const deployers = parts.every((part) => part === "deployments");
  const { trace, violations, ends, faults } = await runSeed(seed, mode, { app, traced: "kept", deployers });
  for (const line of trace) process.stdout.write(`${line}\n`);
  for (const { invariant, what } of violations) process.stdout.write(`BROKEN ${invariant}: ${what}\n`);
  process.stdout.write(`seed ${seed}, ${mode}: ${faults} faults, ends ${JSON.stringify(ends)}\n`);
  return violations.length > 0 ? 1 : 0;
}

/** The same for one cell of the matrix. */
async function cell(id: string, app: SimulatedApp): Promise<number> {
  const { trace, violations, mode, scenario } = await runCell(id, app, true);
  for (const line of trace) process.stdout.write(`${line}\n`);
  for (const { invariant, what } of violations) process.stdout.write(`BROKEN ${invariant}: ${what}\n`);
  process.stdout.write(`cell ${id}, ${mode}: ${scenario}\n`);
  return violations.length > 0 ? 1 : 0;
}

/** Keeps one part's figures beside the others'. */
function store(part: Part, outcome: object): void {
  let results: object = {};
  try {
    results = JSON.parse(readFileSync(RESULTS, "utf8")) as object;
  } catch {
    // The first part that is stored.
  }
  storeJson(RESULTS, { ...results, [part]: outcome });
}

await endWith(main);
