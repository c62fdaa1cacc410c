import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { optionsIn, wholeNumber } from "../../../infra/command-options.ts";
import { endWith } from "../../../infra/ops/end-with.ts";
import { WrongInput } from "../../../infra/wrong-input.ts";
import { commitOf } from "../../commit-of.ts";
import { storeJson } from "../../stored-json.ts";
import { GROUPS, type Group, groupOf, mutatedFiles, WANTED, WANTED_OVERALL } from "./groups.ts";
import { nameOf, type Report, scoreOf, type Survivor, survivorsOf, sumOf, tallyOf } from "./report.ts";
import type { Figures, Listed, Results } from "./results.ts";

const HELP = `Changes domain and steps in thousands of small ways, one at a time, and looks whether their tests notice.

  npm run stryker                         everything, group by group
  npm run stryker -- --only lock,claim    some of ${GROUPS.join(", ")}

options
  --threads <n>       processes (default 2)
  --store             keep the figures in test/mutants/stryker/results.json
  --fresh             do not go on from what an earlier run of the same code has found
  --help              print this

What is found is kept under .local/stryker/ and gone on with, group by group.
exit codes: 0 every score is reached and every survivor is listed, 1 not so, 2 wrong usage
`;

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const ROOT = path("../../..");
const KEPT = `${ROOT}/.local/stryker`;
const CONFIG = path("stryker.config.json");
const RESULTS = path("results.json");
const STRYKER = `${ROOT}/node_modules/@stryker-mutator/core/bin/stryker.js`;

const read = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));

/**
 * Which tests are asked. Those with a state machine of their own are slow, and needed by what they test alone. For the
 * domain its own tests are asked alone: what none of them notices, a step's test would notice by chance.
 */
const TESTS: Readonly<Partial<Record<Group, string>>> = { operations: "all", domain: "domain" };

/** Runs Stryker on one group, with its progress on the screen, and returns its report. */
async function run(group: Group, options: { threads: number; fresh: boolean }): Promise<Report> {
  const files = mutatedFiles().filter((file) => groupOf(file) === group);
  const report = `${KEPT}/${group}.report.json`;
  const incremental = `${KEPT}/${group}.json`;
  const config = `${KEPT}/${group}.config.json`;
  mkdirSync(KEPT, { recursive: true });
  // What lies there would be taken for this run's, if Stryker ended early.
  rmSync(report, { force: true });
  if (options.fresh) rmSync(incremental, { force: true });
  const own = {
    mutate: files,
    incrementalFile: incremental,
    jsonReporter: { fileName: report },
    concurrency: options.threads,
  };
  writeFileSync(config, JSON.stringify({ ...(read(CONFIG) as object), ...own }));
  const tests = TESTS[group] ?? "quick";
  const child = spawn(process.execPath, [STRYKER, "run", config], {
    cwd: ROOT,
    stdio: "inherit",
    env: { ...process.env, STRYKER_TESTS: tests },
  });
  const code = await new Promise((done) => child.on("exit", done));
  if (code !== 0) throw new Error(`Stryker ended with ${String(code)}`);
  return read(report) as Report;
}

function figuresOf(report: Report): Figures {
  const files = Object.entries(report.files).map(([file, { mutants }]) => [file, tallyOf(mutants)] as const);
  return {
    commit: commitOf(),
    date: new Date().toISOString().slice(0, 10),
    total: sumOf(files.map(([, tally]) => tally)),
    files: Object.fromEntries(files),
  };
}

/** What is wrong with the survivors of some groups: not listed, or listed and not there. */
function complaints(groups: readonly Group[], found: readonly Survivor[]): readonly string[] {
  const listed = (read(path("survivors.json")) as readonly Listed[]).filter(({ file }) =>
    groups.includes(groupOf(file) as Group),
  );
  const names = new Set(found.map(nameOf));
  const known = new Set(listed.map(nameOf));
  return [
    ...[...names].filter((name) => !known.has(name)).map((name) => `survives, and is not listed: ${name}`),
    ...[...known]
      .filter((name) => !names.has(name))
      .map((name) => `is listed, and does not survive: ${name}`),
  ];
}

function show(group: string, score: number | undefined, wanted: number): boolean {
  const reached = score === undefined || score >= wanted;
  console.log(
    `  ${reached ? "ok   " : "LESS "} ${group.padEnd(12)} ${(score ?? 100).toFixed(2)} %, wanted ${wanted} %`,
  );
  return reached;
}

async function main(args: readonly string[]): Promise<number> {
  const values = optionsIn(args, {
    only: { type: "string" },
    threads: { type: "string", default: "2" },
    store: { type: "boolean", default: false },
    fresh: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const names = values.only?.split(",") ?? GROUPS;
  const groups = GROUPS.filter((group) => names.includes(group));
  if (groups.length !== names.length) {
    throw new WrongInput(`--only takes some of ${GROUPS.join(", ")}`);
  }
  const threads = wholeNumber("--threads", values.threads, 3);
  const results: Partial<Record<Group, Figures>> = {};
  const survivors: Survivor[] = [];
  for (const group of groups) {
    console.log(`\n${group}`);
    const report = await run(group, { threads, fresh: values.fresh });
    results[group] = figuresOf(report);
    survivors.push(...survivorsOf(report));
  }
  console.log("");
  const reached = groups.map((group) =>
    show(group, scoreOf((results[group] as Figures).total), WANTED[group]),
  );
  if (groups.length === GROUPS.length) {
    const total = sumOf(Object.values(results).map((figures) => figures.total));
    reached.push(show("overall", scoreOf(total), WANTED_OVERALL));
  }
  const wrong = complaints(groups, survivors);
  for (const complaint of wrong) console.log(`  ${complaint}`);
  if (values.store) {
    const stored: Results = { ...(read(RESULTS) as Results), ...results };
    storeJson(RESULTS, stored);
  }
  return reached.every(Boolean) && wrong.length === 0 ? 0 : 1;
}

await endWith(() => main(process.argv.slice(2)));
