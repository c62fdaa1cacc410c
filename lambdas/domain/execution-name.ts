import type { EventItem } from "./records.ts";

/** Most continuations of one batch. */
export const MOST_CONTINUATIONS = 99;

/** For how long Step Functions knows an execution after its end; then its name is free again. */
const REMEMBERED_MS = 90 * 24 * 60 * 60_000;

/** Step Functions may not show an execution at once; after this long it does. */
const SHOWN_WITHIN_MS = 15 * 60_000;

const ACQUIRED = "acquired with fence ";
const CONTINUED = "continue as ";

/** `<batch>` for number 0, the batch's first execution, and `<batch>-c<k>` for its continuations. */
export function executionName(batchId: string, number: number): string {
  return number === 0 ? batchId : `${batchId}-c${number}`;
}

/** How the audit trail tells of a lock that an execution has acquired; the line is the execution's. */
export function acquiredAction(fence: number): string {
  return `${ACQUIRED}${fence}`;
}

/** How the audit trail tells of the decision to continue a batch under a name. */
export function continuedAction(name: string): string {
  return `${CONTINUED}${name}`;
}

/**
 * The executions that a batch's audit trail tells of, by their numbers. A continuation is announced before it is
 * started, so none is missing; of the first one it tells once that has acquired the lock. Steps and functions make
 * these lines' words, never a person: what a person is called or gives as a reason names no execution.
 */
export class TrailOfExecutions {
  /** The instant of the first line of each, in epoch milliseconds. */
  readonly #acquired = new Map<number, number>();
  readonly #announced = new Map<number, number>();

  constructor(batchId: string, events: readonly EventItem[]) {
    for (const { action, by, at } of events) {
      if (action.startsWith(ACQUIRED)) first(this.#acquired, numberOf(batchId, by), at);
      if (action.startsWith(CONTINUED)) {
        first(this.#announced, numberOf(batchId, action.slice(CONTINUED.length)), at);
      }
    }
  }

  /** Whether it tells of none. */
  get isEmpty(): boolean {
    return this.#acquired.size + this.#announced.size === 0;
  }

  /** The highest number of which the trail tells; 0 if of none. */
  get last(): number {
    return Math.max(0, ...this.#acquired.keys(), ...this.#announced.keys());
  }

  /**
   * The highest number that was used for sure, or may have been and is forgotten. One that was announced and that
   * Step Functions does not know within the time that it remembers was never started: it is still free.
   */
  used(now: number): number {
    const old = [...this.#announced].filter(([, at]) => now - at >= REMEMBERED_MS).map(([number]) => number);
    return Math.max(0, ...this.#acquired.keys(), ...old);
  }

  /** Whether this one has acquired the lock so lately that Step Functions need not show it yet. */
  isYoung(number: number, now: number): boolean {
    const at = this.#acquired.get(number);
    return at !== undefined && now - at < SHOWN_WITHIN_MS;
  }
}

/** 0 for the batch's first execution, k for `-c<k>`, undefined for any other name. */
export function numberOf(batchId: string, name: string): number | undefined {
  if (name === batchId) return 0;
  const [, k] = /^-c([1-9]\d?)$/.exec(name.startsWith(batchId) ? name.slice(batchId.length) : "") ?? [];
  return k === undefined ? undefined : Number(k);
}

function first(found: Map<number, number>, number: number | undefined, at: string): void {
  if (number === undefined) return;
  found.set(number, Math.min(found.get(number) ?? Number.POSITIVE_INFINITY, Date.parse(at)));
}
