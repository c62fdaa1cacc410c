import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { endWith } from "../../infra/ops/end-with.ts";
import { commitOf } from "../commit-of.ts";
import { Progress } from "../simulation/progress.ts";
import { storeJson } from "../stored-json.ts";
import { type SimulatedApp, simulatedApp } from "../simulation/simulated-app.ts";
import { LARGE_NURSERY, onThreads } from "../simulation/threads.ts";
import { ABLATION_HELP, type AblationOptions, ablationOptions } from "./ablation-options.ts";
import type { Key, LayersOff, LayersOffResult, TriedInDetail } from "./ablation-run.ts";
import { ablationCells } from "./layers-cells.ts";
import { MISSED_IN } from "./layers-off.ts";
import { surprises, tableOf, withTable } from "./layers-table.ts";
import {
  type AllTried,
  partsOf,
  type Place,
  PLACES,
  type StoredAblation,
  type Tried,
} from "./layers-tried.ts";

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const STORE = path("ablation.json");
const README = path("../../README.md");
const WORKER = new URL("ablation-worker.ts", import.meta.url);

/** Sets that one thread tries before another one takes over: each leaves an app behind that nothing frees. */
const SETS_OF_A_THREAD = 20;

type InDetail = Readonly<Record<string, Readonly<Record<Place, TriedInDetail>>>>;

/** `npm run ablation`: what debits twice or loses a debit when layers of the protocol are taken out. */
async function main(): Promise<number> {
  const options = ablationOptions(process.argv.slice(2));
  if (options === "help") {
    process.stdout.write(ABLATION_HELP);
    return 0;
  }
  if (options.readme) {
    writeTable(JSON.parse(readFileSync(STORE, "utf8")) as StoredAblation);
    return 0;
  }
  const commit = commitOf();
  const { tried, cells } = await all(options, commit);
  const { alone, seeds } = options;
  const stored = { commit, at: new Date().toISOString(), alone, seeds, cells, tried };
  process.stdout.write(`\n${tableOf(stored)}\n`);
  if (options.store) {
    storeJson(STORE, stored);
    writeTable(stored);
  }
  const missed = surprises(stored);
  for (const line of missed) process.stdout.write(`MISSED ${line}\n`);
  return missed.length > 0 ? 1 : 0;
}

function writeTable(stored: StoredAblation): void {
  writeFileSync(README, withTable(readFileSync(README, "utf8"), stored));
}

/** Every set that was asked for; layers alone first, since they say where a pair has anything to do. */
async function all(options: AblationOptions, commit: string): Promise<{ tried: AllTried; cells: number }> {
  const { names, fresh } = options;
  const app = await simulatedApp();
  const cells = spread(await ablationCells(app), options.cells);
  const keysFor = (name: string): Keys => {
    const seeds = name.includes("+") ? options.seeds : options.alone;
    const first = Array.from({ length: seeds }, (_, index) => String(index + 1));
    const missed = (what: "seeds" | "cells") => partsOf(name).flatMap((id) => MISSED_IN[id]?.[what] ?? []);
    const both = [...new Set([...missed("seeds"), ...first])];
    return {
      "books-everything": both,
      deduplicates: both,
      matrix: [...new Set([...missed("cells"), ...cells])],
    };
  };
  const alone = [...new Set(names.flatMap(partsOf))];
  const pairs = names.filter((name) => name.includes("+"));
  const kept = new Progress<InDetail>(
    `ablation-${options.alone}-${options.seeds}-${cells.length}`,
    commit,
    {},
    (a, b) => ({ ...a, ...b }),
    fresh,
  );
  const run = (sets: readonly string[]) =>
    runSets(sets, keysFor, kept, alone.length + pairs.length, app, options);
  await run(alone);
  await run(pairs);
  const tried = Object.fromEntries([...alone, ...pairs].map((name) => [name, briefly(kept.summary[name])]));
  return { tried, cells: cells.length };
}

type Keys = Readonly<Record<Place, readonly string[]>>;

async function runSets(
  sets: readonly string[],
  keysFor: (name: string) => Keys,
  kept: Progress<InDetail>,
  wanted: number,
  app: SimulatedApp,
  { threads }: AblationOptions,
): Promise<void> {
  const left = sets.filter((name) => !kept.isDone(name));
  const atOnce = SETS_OF_A_THREAD * threads;
  for (let first = 0; first < left.length; first += atOnce) {
    const pieces = left
      .slice(first, first + atOnce)
      .map((name): LayersOff => ({ name, keys: keysOf(name, keysFor, kept.summary) }));
    await onThreads(WORKER, { workerData: app, resourceLimits: LARGE_NURSERY }, pieces, threads, (answer) => {
      const { name, tried } = answer as LayersOffResult;
      kept.add(name, { [name]: tried }, wanted, () => `${name}: ${inShort(tried)}`);
    });
  }
}

/**
 * What is to be run of a set. A run in which no layer that is out was ever missing is the run of the app as built, call
 * by call: so is one of a pair in which neither was missing where it was out alone.
 */
function keysOf(name: string, keysFor: (name: string) => Keys, alone: InDetail): LayersOff["keys"] {
  const parts = partsOf(name);
  const keys = keysFor(name);
  const hadNothingToDo = (id: string, place: Place, key: string) => {
    const tried = alone[id]?.[place];
    const index = keysFor(id)[place].indexOf(key);
    return tried !== undefined && 0 <= index && index < tried.tried && !tried.ranIn[id]?.includes(key);
  };
  const of = (place: Place): Key[] =>
    keys[place].map((key) => ({
      key,
      isAsBuilt: parts.length > 1 && parts.every((id) => hadNothingToDo(id, place, key)),
    }));
  return {
    "books-everything": of("books-everything"),
    deduplicates: of("deduplicates"),
    matrix: of("matrix"),
  };
}

/** So many of them, at even distances. */
function spread<Item>(items: readonly Item[], most: number): Item[] {
  const step = Math.max(1, items.length / most);
  const taken: Item[] = [];
  for (let at = 0; at < items.length; at += step) taken.push(items[Math.floor(at)] as Item);
  return taken;
}

function briefly(tried: Readonly<Record<Place, TriedInDetail>> | undefined): Record<Place, Tried> {
  const brief: Partial<Record<Place, Tried>> = {};
  for (const place of PLACES) {
    const detail = tried?.[place];
    if (detail === undefined) throw new Error("a set of layers was not tried");
    const { ranIn: _, ...rest } = detail;
    brief[place] = rest;
  }
  return brief as Record<Place, Tried>;
}

function inShort(tried: Readonly<Record<Place, Tried>>): string {
  return PLACES.map((place) => {
    const { run, broken } = tried[place];
    const times = Object.entries(broken).map(([invariant, one]) => `${one.times} ${invariant}`);
    return `${run} ${place}${times.length > 0 ? ` (${times.join(", ")})` : ""}`;
  }).join(", ");
}

await endWith(main);
