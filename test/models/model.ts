import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { optionsIn, wholeNumber } from "../../infra/command-options.ts";
import { endWith } from "../../infra/ops/end-with.ts";
import { WrongInput } from "../../infra/wrong-input.ts";
import { columns } from "../columns.ts";
import { commitOf } from "../commit-of.ts";
import { storeJson } from "../stored-json.ts";
import { type Check, CHECKS, flagsOf, WITNESSES } from "./checks.ts";
import { pageWith, type Results, type StoredCheck } from "./results.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

/** Searches the model of the protocol exhaustively, as it stands and with each layer out, and judges what it finds. */

const HELP = `Searches every state of the model of the protocol (test/models/at-most-once.pml) with Spin and gcc.

npm run model                      every check, some five minutes on two quiet cores
npm run model -- --only NOVOID     those whose name has this in it
npm run model -- --store           stores what was found in test/models, results.json and README.md; the others keep their figures
npm run model -- --threads 4       so many searches side by side; 2 unless given

exit codes: 0 every verdict as expected, 1 another verdict or a fault, 2 wrong usage, or no spin or gcc
`;

const MODEL = fileURLToPath(new URL("at-most-once.pml", import.meta.url));
const PAGE = fileURLToPath(new URL("README.md", import.meta.url));
const STORED = fileURLToPath(new URL("results.json", import.meta.url));

/** Steps of the longest path; a longer one ends the search as cut off. */
const DEPTH = 100_000;
const MEMORY_MB = 4000;
const SECONDS = 1800;
/** Quick to compile; a search takes seconds, so that the compiler's care would cost more than it saves. */
const COMPILER = ["-O0", "-w", "-DSAFETY", "-DCOLLAPSE", "-DVECTORSZ=2048", `-DMEMLIM=${MEMORY_MB}`];

type Found = Verdict & { readonly check: Check };

await endWith(main);

async function main(): Promise<number> {
  const options = optionsIn(process.argv.slice(2), {
    only: { type: "string" },
    store: { type: "boolean" },
    threads: { type: "string", default: "2" },
    help: { type: "boolean" },
  });
  if (options.help) {
    console.log(HELP.trimEnd());
    return 0;
  }
  const threads = wholeNumber("--threads", options.threads, 3);
  const checks = CHECKS.filter(({ name }) => options.only === undefined || name.includes(options.only));
  if (checks.length === 0) throw new WrongInput("--only: no check has that in its name");
  const spin = versionOf("spin", "-V");
  if (spin === undefined || versionOf("gcc", "--version") === undefined) {
    console.error("spin and gcc are needed: apt-get install spin gcc (Debian, Ubuntu)");
    return 2;
  }
  const found = await searchAll(checks, threads);
  console.log(tableOf(found));
  const wrong = checks.length - found.filter(isAsExpected).length;
  if (options.store && wrong === 0) store(spin, found);
  console.log(
    wrong === 0
      ? `\nEvery verdict of ${checks.length} is as expected.`
      : `\n${wrong} of ${checks.length} are not as expected.`,
  );
  return wrong === 0 ? 0 : 1;
}

function isAsExpected(found: Found): boolean {
  return found.found === found.check.expected && missedBy(found).length === 0;
}

/** Of the states that the search must come to, those that it did. */
function reachedBy({ check, reached }: Found): string[] {
  return check.reaches.filter((name) => reached.includes(WITNESSES[name]?.[0] ?? 0));
}

function missedBy(found: Found): string[] {
  const reached = reachedBy(found);
  return found.check.reaches.filter((name) => !reached.includes(name));
}

function versionOf(program: string, option: string): string | undefined {
  try {
    return execFileSync(program, [option], { encoding: "utf8" }).split("\n")[0]?.trim();
  } catch {
    return undefined;
  }
}

async function searchAll(checks: readonly Check[], threads: number): Promise<Found[]> {
  const found: Found[] = [];
  const work = checks.values();
  const worker = async () => {
    for (const check of work) {
      try {
        const verdict = { check, ...(await search(check)) };
        found.push(verdict);
        const mark = isAsExpected(verdict) ? "ok   " : "WRONG";
        const missed = missedBy(verdict).map((name) => `, never: ${name}`);
        console.error(
          `${found.length}/${checks.length} ${mark} ${check.name}: ${verdict.found}${missed.join("")}`,
        );
      } catch (error) {
        console.error(`WRONG ${check.name}: ${(error as Error).message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: threads }, worker));
  return found.sort((a, b) => checks.indexOf(a.check) - checks.indexOf(b.check));
}

/** One search, from the model to its verdict, in a folder of its own that is gone afterwards. */
async function search(check: Check): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), "model-"));
  try {
    await ran(folder, "spin", ["-a", ...flagsOf(check), MODEL]);
    await ran(folder, "gcc", [...COMPILER, "-o", "pan", "pan.c"]);
    return verdictOf(await ran(folder, join(folder, "pan"), ["-n", `-m${DEPTH}`, "-w20"]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function ran(cwd: string, program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const limits = { cwd, timeout: SECONDS * 1000, maxBuffer: 64 * 2 ** 20 };
    execFile(program, args, limits, (error, stdout, stderr) => {
      if (error) reject(new Error(`${program} failed: ${stderr || stdout || error.message}`.slice(0, 2000)));
      else resolve(stdout + stderr);
    });
  });
}

function tableOf(found: readonly Found[]): string {
  const rows = found.map((one) => [
    isAsExpected(one) ? "ok" : "WRONG",
    one.check.name,
    one.check.expected,
    one.found,
    String(one.states),
    one.memoryMb.toFixed(0),
    String(one.depth),
  ]);
  const head = ["", "check", "expected", "found", "states", "MB", "depth"];
  return columns([head, ...rows]);
}

/** Keeps what was found, beside what earlier runs have found of the checks that there still are. */
function store(spin: string, found: readonly Found[]): void {
  const now = commitOf();
  const earlier = existsSync(STORED) ? (JSON.parse(readFileSync(STORED, "utf8")) as Results).checks : [];
  const fresh = found.map((one): StoredCheck => {
    const { check, found: it, states, depth, complete } = one;
    const reached = reachedBy(one);
    const { name, expected } = check;
    return { name, expected, found: it, states, depth, complete, reached, commit: now };
  });
  const checks = CHECKS.flatMap(({ name }) => {
    const kept = [...fresh, ...earlier].find((stored) => stored.name === name);
    return kept ? [kept] : [];
  });
  const date = new Date().toISOString().slice(0, 10);
  const results: Results = { spin, date, checks };
  storeJson(STORED, results);
  writeFileSync(PAGE, pageWith(readFileSync(PAGE, "utf8"), results));
}
