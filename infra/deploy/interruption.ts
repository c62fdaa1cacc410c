const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * The signals that ask this process to stop. While one of these objects listens, none of them ends the process: what is
 * held must be given back first.
 */
export class Interruption {
  #first: NodeJS.Signals | undefined;
  readonly #controller = new AbortController();
  readonly #listeners = new Set<(signal: NodeJS.Signals) => void>();

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#receive);
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
    for (const signal of SIGNALS) process.off(signal, this.#receive);
  }

  readonly #receive = (signal: NodeJS.Signals): void => {
    this.#first ??= signal;
    this.#controller.abort(new Error(`interrupted by ${signal}`));
    for (const listener of this.#listeners) listener(signal);
  };
}
