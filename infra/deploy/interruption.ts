import type { EventEmitter } from "node:events";
import { systemClock } from "../../lambdas/adapters/clock.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Within this time the same signal once more is the same wish: one Ctrl-C reaches this process from the terminal, and
 * again from npm, which passes it on.
 */
const SAME_MS = 1000;

/**
 * The signals that ask this process to stop. While one of these objects listens, none of them ends the process: what is
 * held must be given back first.
 */
export class Interruption {
  #first: NodeJS.Signals | undefined;
  #last: { readonly signal: NodeJS.Signals; readonly at: number } | undefined;
  readonly #controller = new AbortController();
  readonly #listeners = new Set<(signal: NodeJS.Signals) => void>();

  readonly #clock: { now(): number };
  readonly #source: EventEmitter;

  /**
   * @param clock in milliseconds
   * @param source what the signals come from
   */
  constructor(clock: { now(): number } = systemClock, source: EventEmitter = process) {
    this.#clock = clock;
    this.#source = source;
    for (const signal of SIGNALS) source.on(signal, this.#receive);
  }

  /** The first signal that came, if one did. */
  get first(): NodeJS.Signals | undefined {
    return this.#first;
  }

  /** Aborted by the first signal: for what may be broken off at any moment. */
  get abortSignal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Calls back at every signal from now on, until the returned function is called. */
  onSignal(listener: (signal: NodeJS.Signals) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Lets signals end the process again. */
  stop(): void {
    for (const signal of SIGNALS) this.#source.off(signal, this.#receive);
  }

  readonly #receive = (signal: NodeJS.Signals): void => {
    const at = this.#clock.now();
    if (this.#last?.signal === signal && at - this.#last.at < SAME_MS) return;
    this.#last = { signal, at };
    this.#first ??= signal;
    this.#controller.abort(new Error(`interrupted by ${signal}`));
    for (const listener of this.#listeners) listener(signal);
  };
}
