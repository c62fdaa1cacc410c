import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Effort, type Figure, isMissed, tableOf } from "./figure.ts";
import { benchGate } from "./gate.ts";
import { benchMemory } from "./memory.ts";
import { resultsOf, type Results, storedResults } from "./results.ts";
import { benchStaging } from "./staging.ts";
import { benchStart } from "./start-up.ts";
import { benchWriter } from "./writer.ts";

/** Measures what the README promises, and says which promise is not kept. */

const HELP = `Measures speed, as ratios of things that run by turns, and memory.

npm run bench                      everything, some five minutes on two quiet cores
npm run bench -- --only gate       one of writer, gate, staging, memory, start; the others keep their stored figures
npm run bench -- --quick           fewer and smaller rounds, no million rows; nothing is stored

exit codes: 0 every figure reached, 1 a figure missed or a fault, 2 wrong usage
`;

const BENCHES = {
  writer: benchWriter,
  gate: benchGate,
  staging: benchStaging,
  memory: benchMemory,
  start: benchStart,
} as const satisfies Record<string, (effort: Effort) => Promise<Figure[]>>;

const STORED = fileURLToPath(new URL("results.json", import.meta.url));

process.exitCode = await main();

async function main(): Promise<number> {
  let options: { only?: string; quick?: boolean; help?: boolean };
  try {
    options = parseArgs({
      options: { only: { type: "string" }, quick: { type: "boolean" }, help: { type: "boolean" } },
    }).values;
  } catch (error) {
    console.error((error as Error).message);
    return 2;
  }
  const { only, quick = false, help = false } = options;
  if (help) {
    console.log(HELP.trimEnd());
    return 0;
  }
  if (only !== undefined && !Object.hasOwn(BENCHES, only)) {
    console.error(`--only wants one of ${Object.keys(BENCHES).join(", ")}`);
    return 2;
  }
  const effort: Effort = { size: quick ? "quick" : "full", tell };
  const figures: Figure[] = [];
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (only === undefined || only === name) figures.push(...(await bench(effort)));
  }
  tell("");
  console.log(tableOf(figures));
  if (!quick) store(figures);
  const missed = figures.filter(isMissed);
  console.log(
    missed.length === 0 ? "\nEvery figure is reached." : `\n${missed.length} figures are not reached.`,
  );
  return missed.length === 0 ? 0 : 1;
}

function store(figures: readonly Figure[]): void {
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length };
  const results: Results = resultsOf(storedResults(STORED), figures, machine, new Date());
  writeFileSync(STORED, `${JSON.stringify(results, null, 2)}\n`);
}

/** One line that is written over, where a person looks on; one line each elsewhere. */
function tell(what: string): void {
  const { stderr } = process;
  stderr.write(stderr.isTTY ? `\r\u001b[K${what}` : what === "" ? "" : `${what}\n`);
}
