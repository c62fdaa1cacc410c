import type { BankMode } from "../simulation/events.ts";
import { modeOf } from "../simulation/modes.ts";
import type { Verdict } from "./verdict.ts";

/** In how many seeds something happened. */
export type Counts = Readonly<Record<string, number>>;

export interface ModeCounts {
  readonly runs: number;
  readonly ran: number;
  readonly killed: number;
}

/** A seed that has killed a mutant, and the predicted invariant that broke. */
export interface Kill {
  readonly seed: number;
  readonly by: string;
}

/** What many seeds have come to. */
export interface KillRate {
  readonly modes: Readonly<Record<BankMode, ModeCounts>>;
  /** Kills by the predicted invariant that broke; of several at one instant the first. */
  readonly by: Counts;
  /** Runs in which something else broke first. */
  readonly otherwise: Counts;
  /** Runs in which something broke although the bad line did not run. */
  readonly unmet: Counts;
  /** The first kills of every bank mode by every invariant. */
  readonly kills: readonly Kill[];
}

const NONE: ModeCounts = { runs: 0, ran: 0, killed: 0 };

export const UNTRIED: KillRate = {
  modes: { "books-everything": NONE, deduplicates: NONE },
  by: {},
  otherwise: {},
  unmet: {},
  kills: [],
};

/** What one seed has come to. */
export function rateOfSeed(seed: number, verdict: Verdict): KillRate {
  const { is } = verdict;
  const counted = {
    runs: 1,
    ran: is === "unmet" || is === "broken-unmet" ? 0 : 1,
    killed: is === "killed" ? 1 : 0,
  };
  const once = "by" in verdict ? { [verdict.by]: 1 } : {};
  return {
    ...UNTRIED,
    modes: { ...UNTRIED.modes, [modeOf(seed)]: counted },
    by: is === "killed" ? once : {},
    otherwise: is === "otherwise" ? once : {},
    unmet: is === "broken-unmet" ? once : {},
    kills: verdict.is === "killed" ? [{ seed, by: verdict.by }] : [],
  };
}

export function ratesTogether(a: KillRate, b: KillRate): KillRate {
  const modes = (mode: BankMode): ModeCounts => ({
    runs: a.modes[mode].runs + b.modes[mode].runs,
    ran: a.modes[mode].ran + b.modes[mode].ran,
    killed: a.modes[mode].killed + b.modes[mode].killed,
  });
  return {
    modes: { "books-everything": modes("books-everything"), deduplicates: modes("deduplicates") },
    by: summed(a.by, b.by),
    otherwise: summed(a.otherwise, b.otherwise),
    unmet: summed(a.unmet, b.unmet),
    kills: firstKills([...a.kills, ...b.kills]),
  };
}

function summed(a: Counts, b: Counts): Counts {
  const names = Object.keys({ ...a, ...b }).toSorted();
  return Object.fromEntries(names.map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
}

/** How many kills of one bank mode by one invariant are kept to choose from. */
const KEPT_KILLS = 2;

function firstKills(kills: readonly Kill[]): Kill[] {
  const kinds = Map.groupBy(
    kills.toSorted((a, b) => a.seed - b.seed),
    ({ seed, by }) => `${modeOf(seed)} ${by}`,
  );
  return [...kinds.values()].flatMap((kind) => kind.slice(0, KEPT_KILLS)).toSorted((a, b) => a.seed - b.seed);
}

/** Both bank modes together. */
export function totalOf({ modes }: Pick<KillRate, "modes">): ModeCounts {
  const all = Object.values(modes);
  const sum = (of: (counts: ModeCounts) => number) => all.reduce((so, counts) => so + of(counts), 0);
  return { runs: sum(({ runs }) => runs), ran: sum(({ ran }) => ran), killed: sum(({ killed }) => killed) };
}

/** Seeds that `npm test` replays of a mutant: enough for both bank modes. */
const REPLAYED = 2;

/**
 * The kills that `npm test` replays: the first one, and the first in the other bank mode or by another invariant, or
 * else the second one. Early ones, because what several mutants share is run once as built.
 */
export function replayedSeeds(kills: readonly Kill[]): number[] {
  const [first, ...more] = kills;
  if (first === undefined) return [];
  const other = more.find(({ seed, by }) => modeOf(seed) !== modeOf(first.seed) || by !== first.by);
  return [first, ...(other === undefined ? [] : [other]), ...more].slice(0, REPLAYED).map(({ seed }) => seed);
}

/** More than this share of broken runs broken otherwise than predicted: then the prediction is wrong. */
export const MOST_OTHERWISE = 0.1;

/**
 * Why a mutant's rate is not what it should be; empty if it is.
 * @param before what is stored of it
 */
export function shortfallsOf(rate: KillRate, before?: Pick<KillRate, "modes">): string[] {
  const { runs, ran, killed } = totalOf(rate);
  const wrong: string[] = [];
  if (ran === 0) {
    wrong.push(`its bad line never ran in ${runs} seeds`);
  } else if (killed === 0) {
    wrong.push(`it survives: its bad line ran in ${ran} of ${runs} seeds, and none of them killed it`);
  }
  const unmet = listed(rate.unmet);
  if (unmet !== "") wrong.push(`something broke although its bad line did not run: ${unmet}`);
  const others = Object.values(rate.otherwise).reduce((sum, count) => sum + count, 0);
  if (others > MOST_OTHERWISE * (others + killed)) {
    wrong.push(`${others} of ${others + killed} broken runs broke otherwise: ${listed(rate.otherwise)}`);
  }
  if (before !== undefined && fallen(totalOf(before), { runs, killed }) === "fallen") {
    wrong.push(`its rate fell by half: ${killed} of ${runs} now, ${told(totalOf(before))} as stored`);
  }
  return wrong;
}

/** What is no failure yet, but should be looked at. */
export function remarksOn(rate: KillRate, before?: Pick<KillRate, "modes">): string[] {
  const now = totalOf(rate);
  if (before === undefined || fallen(totalOf(before), now) !== "perhaps") return [];
  return [
    `its rate may have fallen by half, or it is chance: ${told(now)} now, ${told(totalOf(before))} as stored`,
  ];
}

const told = ({ killed, runs }: { killed: number; runs: number }) => `${killed} of ${runs}`;

/** `debited-once 12, sums 3` */
export function listed(counts: Counts): string {
  return Object.entries(counts)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
}

/** How unlikely a fall must be by chance alone before it fails the command. */
const CHANCE = 0.01;

/**
 * Whether a rate has fallen by half or more. A change of the code draws other runs from the same seeds, so both counts
 * are samples: a fall by half counts only where Fisher's exact test gives it less than one chance in a hundred if
 * nothing had changed. "perhaps" asks for more seeds.
 */
export function fallen(
  before: { readonly runs: number; readonly killed: number },
  now: { readonly runs: number; readonly killed: number },
): "no" | "perhaps" | "fallen" {
  if (before.killed === 0 || now.runs === 0) return "no";
  if (now.killed / now.runs > before.killed / before.runs / 2) return "no";
  return atMost(before, now) < CHANCE ? "fallen" : "perhaps";
}

/** The chance that so few of all kills, or fewer, fall to the runs of now if every run is as likely to kill. */
function atMost(
  before: { readonly runs: number; readonly killed: number },
  now: { readonly runs: number; readonly killed: number },
): number {
  const kills = before.killed + now.killed;
  const all = logChoose(before.runs + now.runs, kills);
  let sum = 0;
  for (let few = Math.max(0, kills - before.runs); few <= now.killed; few += 1) {
    sum += Math.exp(logChoose(now.runs, few) + logChoose(before.runs, kills - few) - all);
  }
  return sum;
}

function logChoose(of: number, taken: number): number {
  let log = 0;
  for (let index = 1; index <= taken; index += 1) log += Math.log((of - taken + index) / index);
  return log;
}
