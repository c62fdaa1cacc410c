import { randomInt } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { configuration } from "../../infra/config/configuration.ts";
import { readAssembly } from "../../infra/local/assembly.ts";
import { synthesize } from "../../infra/local/synthesis.ts";
import { commitOf } from "../commit-of.ts";
import { Crew } from "./crew.ts";
import { now } from "./messages.ts";
import { Round, type RoundResult } from "./round.ts";
import { SharedStores } from "./shared-stores.ts";
import { NOTHING, shortfalls, type Tally, tallied, tallyText } from "./tally.ts";

/** Operating-system processes race for the same batch, are killed, restarted, redriven; the bank's inbox judges. */

const HELP = `Two instances of the batch service, each a process of its own, race for the same batch and are killed.

npm run race                          500 rounds from a seed of its own
npm run race -- --rounds 20 --seed 7  as many rounds, from that seed
npm run race -- --resume              goes on where the same race was cut off
npm run race -- --json                the result as JSON on standard output
npm run race -- --out result.json     where the result is kept; .local/race/<seed>.json unless told
npm run race -- --from 17             from that round of the seed on, to see one again (its plan; not its luck)

A round that fails prints its timeline and keeps its folder under .local/race/.

exit codes: 0 all kept and everything met, 1 a promise broken or something not met, 2 wrong usage
`;

const TEMPLATES = fileURLToPath(new URL("../../node_modules/.cache/debit-once/cdk.out", import.meta.url));
/** Loaded ahead, so that a restart finds one at hand. */
const SPARES = 3;
/** After so many broken rounds the rest would tell nothing new. */
const MOST_BROKEN = 5;

interface Options {
  readonly rounds: number;
  readonly from: number;
  readonly seed: string;
  readonly json: boolean;
  readonly resume: boolean;
  readonly out: string;
}

/** A race as it is kept: also a part of one, after every round. */
interface Result {
  readonly seed: string;
  readonly commit: string;
  readonly wanted: number;
  readonly processes: number;
  readonly seconds: number;
  readonly tally: Tally;
  readonly shortfalls: readonly string[];
  readonly broken: readonly Pick<RoundResult, "round" | "faults" | "layerFaults">[];
}

process.exitCode = await main();

async function main(): Promise<number> {
  let options: Options | "help";
  try {
    options = given();
  } catch (error) {
    console.error((error as Error).message);
    return 2;
  }
  if (options === "help") {
    console.log(HELP.trimEnd());
    return 0;
  }
  const result = await race(options);
  if (options.json) console.log(JSON.stringify(result, null, 2));
  else {
    console.log(`seed ${result.seed}, commit ${result.commit}, ${result.processes} processes`);
    console.log(tallyText(result.tally));
    console.log([...result.shortfalls, ""].join("\n"));
  }
  return result.shortfalls.length === 0 ? 0 : 1;
}

function given(): Options | "help" {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string" },
      from: { type: "string" },
      seed: { type: "string" },
      out: { type: "string" },
      json: { type: "boolean" },
      resume: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help) return "help";
  const whole = (name: string, text: string) => {
    if (!/^[1-9]\d{0,5}$/.test(text)) throw new Error(`--${name} wants a whole number from 1`);
    return Number(text);
  };
  const seed = values.seed ?? (values.resume ? lastSeed() : String(randomInt(1_000_000)));
  return {
    rounds: whole("rounds", values.rounds ?? "500"),
    from: whole("from", values.from ?? "1"),
    seed,
    json: values.json ?? false,
    resume: values.resume ?? false,
    out: resolve(values.out ?? join(".local", "race", `${seed}.json`)),
  };
}

/** The seed of the race that was begun last, since nobody has chosen it. */
function lastSeed(): string {
  const path = join(".local", "race", "last-seed");
  if (!existsSync(path)) throw new Error("--resume: no race was begun here; name its --seed and --out");
  return readFileSync(path, "utf8");
}

async function race(options: Options): Promise<Result> {
  const { rounds, seed, from } = options;
  const kept = options.resume ? keptResult(options) : undefined;
  if (kept && kept.tally.rounds >= rounds) return kept;
  mkdirSync(join(".local", "race"), { recursive: true });
  writeFileSync(join(".local", "race", "last-seed"), seed);
  tell(`seed ${seed}\n`);
  const folder = await mkdtemp(join(tmpdir(), "debit-once-race-"));
  const ended = new AbortController();
  const opened: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  // Also where something ends the process at once, such as a reader of its output that is gone.
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const interrupted = () => ended.abort();
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  try {
    const templates = await synthesize({ stage: "dev", outdir: TEMPLATES });
    const shared = await SharedStores.open(folder, await readAssembly(templates));
    opened.push(() => shared.close());
    const crew = new Crew({ ports: shared.ports, templates, configuration: configuration("dev") }, SPARES);
    opened.push(() => crew.close());
    const began = now();
    const common = { seed, commit: commitOf(), wanted: rounds };
    const before = kept ?? { processes: 0, seconds: 0, tally: NOTHING, broken: [] };
    let result: Result = { ...common, ...before, shortfalls: shortfalls(before.tally) };
    while (result.tally.rounds < rounds && result.broken.length < MOST_BROKEN && !ended.signal.aborted) {
      const round = from + result.tally.rounds;
      const own = join(folder, `round-${round}`);
      const played = await new Round({ seed, round, crew, shared, folder: own }).play();
      const tally = tallied(result.tally, played);
      const isBroken = played.faults.length + played.layerFaults.length > 0;
      if (isBroken) await show(played, seed, own);
      const { faults, layerFaults } = played;
      result = {
        ...common,
        processes: before.processes + crew.made,
        seconds: Math.round(before.seconds + (now() - began) / 1000),
        tally,
        shortfalls: shortfalls(tally),
        broken: [...result.broken, ...(isBroken ? [{ round, faults, layerFaults }] : [])],
      };
      keep(options.out, result);
      await rm(own, { recursive: true, force: true });
      const { closed, parked, failed } = tally;
      tell(`\r${tally.rounds} of ${rounds}: ${closed} closed, ${parked} parked, ${failed} failed `);
    }
    tell("\n");
    return result;
  } finally {
    for (const close of opened.toReversed()) await close();
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
  }
}

function keptResult({ out, seed, rounds }: Options): Result | undefined {
  if (!existsSync(out)) return undefined;
  const kept = JSON.parse(readFileSync(out, "utf8")) as Result;
  if (kept.seed !== seed || kept.commit !== commitOf()) {
    tell("the race that is kept is another seed's or another commit's: this one begins anew\n");
    return undefined;
  }
  tell(`${kept.tally.rounds} of ${rounds} rounds are kept\n`);
  return kept;
}

/** Written beside the file and renamed: a race that is cut off leaves the rounds before. */
function keep(path: string, result: Result): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.part`, `${JSON.stringify(result, null, 2)}\n`);
  renameSync(`${path}.part`, path);
}

async function show({ round, faults, layerFaults, timeline }: RoundResult, seed: string, own: string) {
  const kept = resolve(".local", "race", `seed-${seed}-round-${round}`);
  await rm(kept, { recursive: true, force: true });
  await mkdir(kept, { recursive: true });
  await cp(own, kept, { recursive: true, force: true });
  writeFileSync(join(kept, "timeline.txt"), `${timeline}\n`);
  tell(`\n${timeline}\n`);
  tell(`round ${round} of seed ${seed} is broken:\n${[...faults, ...layerFaults].join("\n")}\n`);
  tell(
    `its records and timeline are in ${kept}; its plan again: --seed ${seed} --from ${round} --rounds 1\n`,
  );
}

function tell(text: string): void {
  process.stderr.write(text);
}
