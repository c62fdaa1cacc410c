import { clockFrom } from "../../lambdas/adapters/clock.ts";
import type { Sum } from "../../lambdas/domain/records.ts";
import type { Instant } from "../../lambdas/ports.ts";
import { watch } from "../../lambdas/watch/watch.ts";
import { MORNING } from "../builders.ts";
import type { SimulationEvent, Time } from "../simulation/events.ts";
import { ListedFaults } from "../simulation/faults.ts";
import { type Random, random } from "../simulation/random.ts";
import { HOUR, MINUTE, refusal } from "../simulation/scene.ts";
import type { SimulatedApp } from "../simulation/simulated-app.ts";
import { Simulation } from "../simulation/simulation.ts";
import { inputOf } from "../simulation/trouble.ts";
import {
  A,
  B,
  billed,
  FAULTS,
  LOCK_ERROR,
  lockThrows,
  type LockThrows,
  PAYERS,
  SECOND_AFTER_MS,
  secondName,
  STREAM,
} from "./day.ts";
import { type Batch, batchOf, executionOf, type Instance, type Moment, moments, ownerOf } from "./moments.ts";

/** One payer, as the bank's inbox has them. */
export interface Debited {
  readonly payer: number;
  readonly batch: Batch;
  readonly owes: number;
  readonly times: number;
  readonly cents: number;
}

/** A count as CloudWatch gets it, and whose it is. */
export interface Count {
  readonly at: Time;
  readonly namespace: string;
  readonly metric: string;
  /** Absent for what AWS counts for the state machine. */
  readonly stream?: string;
  readonly value: number;
  /** Absent for what is about no batch's execution. */
  readonly of?: { readonly batch: Batch; readonly instance: Instance };
}

/** What a day came to. Plain data. */
export interface Replay {
  readonly debited: readonly Debited[];
  /** The files that the bank has booked. */
  readonly files: readonly (Sum & { readonly batch: Batch })[];
  /** What the ledger's claims say of each batch. */
  readonly claimed: Readonly<Record<Batch, Sum>>;
  readonly moments: readonly Moment[];
  readonly counts: readonly Count[];
}

/** In milliseconds after batch A's start. */
const B_STARTS = 20 * MINUTE;
const TEAM_REDRIVES_B = [26 * MINUTE, 36 * MINUTE];
const CUT_OFF = 9 * HOUR;

const WATCH_EVERY_MS = 15 * MINUTE;
const PICK_UP_MS = 3_000;
const ENDS = { FAILED: "ExecutionsFailed", TIMED_OUT: "ExecutionsTimedOut", ABORTED: "ExecutionsAborted" };

/** Runs the day once, on the functions of this app: two instances, a team, a watch, and a bank that books what comes. */
export async function replay(
  app: SimulatedApp,
  lock: LockThrows = { kind: "error", error: LOCK_ERROR },
): Promise<Replay> {
  const events: SimulationEvent[] = [];
  const watched: Count[] = [];
  const simulation = new Simulation({
    random: calm(random("the day of the incident")),
    faults: new ListedFaults([...lockThrows(lock), ...FAULTS]),
    mode: "books-everything",
    workload: billed(),
    app,
    start: MORNING - MINUTE,
    traced: "none",
    judges: "nobody",
  });
  simulation.happened = (event) => {
    events.push(event);
  };
  const { bank, ledger, scheduler } = simulation;
  bankPicksUp(simulation);
  const at = (ms: number, what: string, then: () => void) =>
    scheduler.after(MORNING + ms - scheduler.now, what, then);
  instances(simulation, at);
  for (const ms of TEAM_REDRIVES_B) at(ms, "the team looks at batch B", () => redrive(simulation));
  for (let ms = 0; ms <= CUT_OFF; ms += WATCH_EVERY_MS) {
    at(ms, "the watch", () => {
      look(simulation, watched).catch((error: unknown) => simulation.fail(error));
    });
  }
  await simulation.run();
  const claimed = (batchId: string) => sum(ledger.allClaims().filter((claim) => claim.batchId === batchId));
  return {
    debited: PAYERS.map(({ number, batch, cents: owes, instalment: { bsb, account } }) => {
      const own = sum(bank.inbox.filter((debit) => debit.bsb === bsb && debit.account === account));
      return { payer: number, batch, owes, times: own.count, cents: own.cents };
    }),
    files: bank.files
      .filter(({ outcome }) => outcome === "booked")
      .map(({ key, debits, cents }) => ({ batch: batchOf(key), count: debits, cents })),
    claimed: { A: claimed(A.batchId), B: claimed(B.batchId) },
    moments: moments(events),
    counts: [...events.flatMap((event) => countOf(event) ?? []), ...watched],
  };
}

/** Calls that take milliseconds each, none by chance seconds: what is slow that day is on the list of faults. */
function calm(inner: Random): Random {
  return { ...inner, next: () => 0.1 + 0.9 * inner.next(), fork: (label) => calm(inner.fork(label)) };
}

function bankPicksUp(simulation: Simulation): void {
  const { bank, scheduler } = simulation;
  simulation.delivered = (key, version, bytes) => {
    scheduler.after(PICK_UP_MS, `the bank picks up ${key}`, () => {
      bank.received(key, version, bytes, scheduler.now);
    });
  };
}

/** The first instance is started by the schedule. The second one is a new release, and runs every batch again. */
function instances(simulation: Simulation, at: (ms: number, what: string, then: () => void) => void): void {
  const { buckets, machine } = simulation;
  const scheduledTime = new Date(MORNING).toISOString();
  at(SECOND_AFTER_MS / 2, "the deployment", () => simulation.deploy(billed().configuration));
  for (const [batch, list, ms] of [
    ["A", A, 0],
    ["B", B, B_STARTS],
  ] as const) {
    buckets.put("due", `${list.prefix}due.csv`, list.csv);
    buckets.put("due", `${list.prefix}manifest.json`, list.manifest);
    at(ms, "the schedule", () => {
      void refusal(simulation.call("StartBatch", { stream: STREAM, scheduledTime, number: list.number }));
    });
    at(ms + SECOND_AFTER_MS, "the second instance", () => {
      machine.start(secondName(batch), inputOf(list), simulation.release);
    });
  }
}

function redrive(simulation: Simulation): void {
  simulation.act("the team", "redrive", B.batchId);
  const event = { batchId: B.batchId, by: "on-call", reason: "its file is in doubt" };
  void refusal(simulation.call("RedriveBatch", event));
}

/** One look of the real watch, which reads and counts. */
async function look({ buckets, ledger, scheduler }: Simulation, counts: Count[]): Promise<void> {
  await watch({
    configuration: billed().configuration,
    ledger,
    objects: buckets,
    clock: clockFrom(() => scheduler.now as Instant),
    nonce: () => "watch",
    log: { decision: () => {} },
    metrics: {
      count: (metric, stream, value = 1) =>
        counts.push({ at: scheduler.now, namespace: "DebitOnce", metric, stream, value }),
    },
  });
}

/** What CloudWatch gets of an event. */
function countOf(event: SimulationEvent): Count | undefined {
  const { at } = event;
  if (event.type === "count") {
    const { name: metric, stream, value, caller } = event;
    const of = caller.execution !== undefined && { of: ownerOf(caller) };
    return { at, namespace: "DebitOnce", metric, stream, value, ...of };
  }
  if (event.type !== "execution" || event.status === "RUNNING" || event.status === "SUCCEEDED")
    return undefined;
  const metric = ENDS[event.status];
  return { at, namespace: "AWS/States", metric, value: 1, of: executionOf(event.name) };
}

function sum(items: readonly { readonly cents: number }[]): Sum {
  return { count: items.length, cents: items.reduce((all, { cents }) => all + cents, 0) };
}
