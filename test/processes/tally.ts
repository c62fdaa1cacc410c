import type { Marks, RoundResult } from "./round.ts";

/** The states that do work, as the definition calls them. */
export const STATES: readonly string[] = [
  "AcquireLock",
  "PlanSegments",
  "StageSegments",
  "ComposeBankFile",
  "Reconcile",
  "SubmitBankFile",
  "CloseBatch",
];
const SHARED_SHARE = 0.3;
/** Parked is a legal end of a process that was killed in mid-delivery, and the exception. */
const PARKED_SHARE = 0.5;

/** What all rounds so far have shown. */
export interface Tally {
  readonly rounds: number;
  readonly closed: number;
  readonly parked: number;
  readonly failed: number;
  /** Rounds in which a layer let something pass, whatever the bank got. */
  readonly layersBroken: number;
  /** Rounds in which two processes were inside one state at the same time. */
  readonly shared: number;
  readonly sharedByState: Readonly<Record<string, number>>;
  readonly kills: Readonly<Record<string, number>>;
  readonly stops: number;
  readonly redrives: number;
  readonly continues: number;
  readonly abandons: number;
  readonly requests: number;
  readonly roundsWithdrawn: number;
  readonly marks: Marks;
}

export const NOTHING: Tally = {
  rounds: 0,
  closed: 0,
  parked: 0,
  failed: 0,
  layersBroken: 0,
  shared: 0,
  sharedByState: {},
  kills: {},
  stops: 0,
  redrives: 0,
  continues: 0,
  abandons: 0,
  requests: 0,
  roundsWithdrawn: 0,
  marks: {
    lockTakenOver: 0,
    lockRefused: 0,
    staleFence: 0,
    killInDelivery: 0,
    stopInDelivery: 0,
    evidenceAfterKill: 0,
  },
};

export function tallied(tally: Tally, round: RoundResult): Tally {
  const { marks } = tally;
  return {
    rounds: tally.rounds + 1,
    closed: tally.closed + Number(round.end === "closed"),
    parked: tally.parked + Number(round.end === "parked"),
    failed: tally.failed + Number(round.end === "failed"),
    layersBroken: tally.layersBroken + Number(round.layerFaults.length > 0),
    shared: tally.shared + Number(round.shared.length > 0),
    sharedByState: counted(tally.sharedByState, round.shared),
    kills: counted(tally.kills, round.kills),
    stops: tally.stops + round.stops.length,
    redrives: tally.redrives + round.redrives,
    continues: tally.continues + round.continues,
    abandons: tally.abandons + round.abandons,
    requests: tally.requests + round.requests,
    roundsWithdrawn: tally.roundsWithdrawn + Number(round.withdrawn > 0),
    marks: {
      lockTakenOver: marks.lockTakenOver + round.marks.lockTakenOver,
      lockRefused: marks.lockRefused + round.marks.lockRefused,
      staleFence: marks.staleFence + round.marks.staleFence,
      killInDelivery: marks.killInDelivery + round.marks.killInDelivery,
      stopInDelivery: marks.stopInDelivery + round.marks.stopInDelivery,
      evidenceAfterKill: marks.evidenceAfterKill + round.marks.evidenceAfterKill,
    },
  };
}

/** The same counts with one more for each name, in the definition's order. */
function counted(counts: Readonly<Record<string, number>>, names: readonly string[]): Record<string, number> {
  const order = [...STATES, ...Object.keys(counts), ...names];
  return Object.fromEntries(
    [...new Set(order)].map((name) => [
      name,
      (counts[name] ?? 0) + names.filter((one) => one === name).length,
    ]),
  );
}

/** What of the race is missing, so that its silence would mean little. Empty where everything is reached. */
export function shortfalls(tally: Tally): string[] {
  const { rounds, marks } = tally;
  const zero = (what: string, count: number) => (count === 0 ? [`${what}: none`] : []);
  const share = (count: number) => (rounds === 0 ? 0 : count / rounds);
  return [
    ...(tally.failed > 0 ? [`${tally.failed} rounds broke the promise`] : []),
    ...(tally.layersBroken > 0 ? [`in ${tally.layersBroken} rounds a layer let something pass`] : []),
    ...(share(tally.shared) < SHARED_SHARE
      ? [`rounds with two processes in one state: ${tally.shared}`]
      : []),
    ...(share(tally.parked) >= PARKED_SHARE ? [`parked batches are no minority: ${tally.parked}`] : []),
    ...STATES.flatMap((state) => zero(`kills in ${state}`, tally.kills[state] ?? 0)),
    ...zero("locks taken over by another process", marks.lockTakenOver),
    ...zero("stale fences", marks.staleFence),
    ...zero("kills between the intent and the proof", marks.killInDelivery),
    ...zero("deliveries proven after a kill", marks.evidenceAfterKill),
  ];
}

/** The tally for a person. */
export function tallyText(tally: Tally): string {
  const percent = (count: number) => `${Math.round((100 * count) / Math.max(1, tally.rounds))} %`;
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ");
  const { marks } = tally;
  return [
    `${tally.rounds} rounds: ${tally.closed} closed, ${tally.parked} parked in doubt, ${tally.failed} failed`,
    `two processes in one state: ${tally.shared} rounds (${percent(tally.shared)}); ${list(tally.sharedByState)}`,
    `kills: ${list(tally.kills)}; ${tally.stops} processes were stopped and woken later`,
    `${tally.redrives} restarts and redrives, ${tally.continues} continues, ${tally.abandons} abandons, ${tally.requests} requests to the stores`,
    `lock taken over ${marks.lockTakenOver} times and refused ${marks.lockRefused} times, ${marks.staleFence} stale fences`,
    `between intent and proof: ${marks.killInDelivery} kills and ${marks.stopInDelivery} stops; evidence found after ${marks.evidenceAfterKill}`,
    `${tally.roundsWithdrawn} rounds withdrew a file, whose rows the next batch debited`,
  ].join("\n");
}
