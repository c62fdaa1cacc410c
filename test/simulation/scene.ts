import type { Instant, Ports } from "../../lambdas/ports.ts";
import type { LedgerInMemory } from "../ledger-in-memory.ts";
import type { Bank } from "./bank.ts";
import type { Buckets } from "./buckets.ts";
import type { Time } from "./events.ts";
import type { Machine } from "./machine.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";
import type { BatchList, Workload } from "./workload.ts";

/** All that the people, schedules, deployments and the bank of one run have in their hands. */
export interface Scene {
  readonly scheduler: Scheduler;
  /** An actor forks its own, by its name. */
  readonly random: Random;
  readonly workload: Workload;
  readonly machine: Machine;
  readonly ledger: LedgerInMemory;
  readonly buckets: Buckets;
  readonly bank: Bank;
  /** Every list of the run; lists of successor batches are added while it goes on. */
  readonly lists: BatchList[];
  /** Calls a function of today's release, as a person or a schedule does. */
  readonly call: (name: string, event: object) => Promise<unknown>;
  /** Today's release. */
  readonly release: () => string;
  readonly deploy: () => void;
  /** Writes on a stream's item that a deployment holds it, or that it no longer does. */
  readonly hold: (stream: string, deployment: string | undefined) => void;
  /** Deploys a release of the next epoch. */
  readonly nextEpoch: () => void;
  /** Writes the newest release's epoch on a stream's item. */
  readonly raise: (stream: string) => void;
  /** Batches that the person on call has left as they are. */
  readonly parked: Set<string>;
  readonly act: (who: string, what: string, target: string) => void;
  readonly clock: Ports["clock"];
  /** From then on nothing goes wrong any more, and the people only finish. */
  readonly calmFrom: Time;
}

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** When a list's batch is to start: its stream's schedule on its billing date, later numbers a little later. */
export function startOf(scene: Pick<Scene, "workload" | "clock">, list: BatchList): Time {
  const stream = scene.workload.configuration.streams[list.stream];
  if (stream === undefined) throw new Error(`there is no stream ${list.stream}`);
  const scheduled: Instant = scene.clock.instantOf(list.billingDate, stream.schedule.time, stream.timeZone);
  return scheduled + (list.number - 1) * 20 * MINUTE;
}

/** What was thrown, by its name; a person reads no more of it. */
function nameOfError(error: unknown): string {
  return error instanceof Error ? error.name : "an unknown thing";
}

/** The name of what a call has thrown, or undefined. */
export async function refusal(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    return nameOfError(error);
  }
}
