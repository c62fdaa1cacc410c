import { type Random, randomFrom } from "../../infra/local/samples/random.ts";

/** The states of the billing batch, by the function that does their work. */
export const STATES = [
  "AcquireLock",
  "PlanSegments",
  "StageSegment",
  "ComposeBankFile",
  "Reconcile",
  "SubmitBankFile",
  "CloseBatch",
] as const;
export type StateName = (typeof STATES)[number];

/** Where a fault aims: at a state, or at one side of the delivery that follows the intent to submit a file. */
export type Aim = StateName | "before-delivery" | "after-delivery";
const AIMS: readonly Aim[] = [...STATES, "before-delivery", "after-delivery"];

/**
 * The requests among which a fault is drawn: of a state, as many as one pass through it makes at least, so that every
 * aim is met; of a delivery, as counted from the put of its intent: that put, the listing, the delivery itself, the
 * look for evidence, the write that says so.
 */
const REQUESTS: Readonly<Record<Aim, readonly [from: number, to: number]>> = {
  AcquireLock: [1, 8],
  PlanSegments: [1, 6],
  StageSegment: [1, 30],
  ComposeBankFile: [1, 18],
  Reconcile: [1, 22],
  SubmitBankFile: [1, 33],
  CloseBatch: [1, 24],
  "before-delivery": [1, 2],
  "after-delivery": [3, 6],
};

/** One thing that happens to a process in the middle of its work. */
export interface Fault {
  /** Killed for good, or stopped and woken later, while another process takes its execution up. */
  readonly kind: "kill" | "stop";
  readonly aim: Aim;
  /** At which of the aim's requests in the round, from 1, whichever process sends it. */
  readonly request: number;
  /** Before the store acts, or when it has acted and its answer is not yet sent. */
  readonly when: "asked" | "answered";
  /** How much later still. */
  readonly delayMs: number;
  /** Whether every other process at work dies with it. */
  readonly both: boolean;
  /** Of a stopped one: after how many requests of others it wakes; undefined: when everything is over. */
  readonly sleeps: number | undefined;
}

export interface Plan {
  /** Which process starts first, and how long before the other. */
  readonly first: "A" | "B";
  readonly headStartMs: number;
  readonly faults: readonly Fault[];
}

/** Everything that chance decides about a round before it begins. */
export function planOf(seed: string, round: number): Plan {
  const random = randomFrom(`${seed} round ${round} plan`);
  // In turn and at once, so that few rounds meet every state, from a place that the seed chooses.
  const turn = randomFrom(`${seed} turn`).whole(0, AIMS.length - 1);
  const aimed = faultAt(random, "kill", AIMS[(turn + round) % AIMS.length] as Aim);
  const stray = random.chance(0.3) ? [faultAt(random, "kill", random.pick(AIMS))] : [];
  const stops = random.chance(0.4) ? [faultAt(random, "stop", random.pick(AIMS))] : [];
  return {
    first: random.pick(["A", "B"] as const),
    headStartMs: random.chance(0.6) ? random.whole(0, 5) : random.whole(0, 300),
    faults: [{ ...aimed, delayMs: 0 }, ...stray, ...stops],
  };
}

function faultAt(random: Random, kind: Fault["kind"], aim: Aim): Fault {
  return {
    kind,
    aim,
    request: random.whole(...REQUESTS[aim]),
    when: random.pick(["asked", "answered"] as const),
    delayMs: random.chance(0.6) ? 0 : random.whole(1, 4),
    both: kind === "kill" && random.chance(0.1),
    sleeps: random.chance(0.4) ? undefined : random.whole(3, 150),
  };
}
