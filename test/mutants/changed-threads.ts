import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { modeOf } from "../simulation/modes.ts";
import type { SimulatedApp } from "../simulation/simulated-app.ts";
import { LARGE_NURSERY } from "../simulation/threads.ts";
import type { ChangedSeed } from "./changed-run.ts";
import type { MutantRun } from "./verdict.ts";

/** Runs that one thread does one after the other: what is loaded for the first serves all of them. */
export interface MutantRuns {
  /** Of a mutant or a layer; undefined is the app as built. */
  readonly id: string | undefined;
  readonly seeds: readonly number[];
}

export interface MutantRunsDone extends MutantRuns {
  readonly bySeed: ReadonlyMap<number, MutantRun>;
}

/**
 * Has runs done on several threads. A run that ends its thread is told as failed, and another thread goes on: what a
 * slip does to the simulation itself must not hide what the others do.
 * @param onDone told of each piece, in the order in which they come
 */
export async function onChangedThreads(
  app: SimulatedApp,
  pieces: readonly MutantRuns[],
  threads: number,
  onDone: (done: MutantRunsDone) => void,
): Promise<void> {
  const waiting = [...pieces];
  const thread = async () => {
    const runner = new Runner(app);
    try {
      for (let piece = waiting.shift(); piece !== undefined; piece = waiting.shift()) {
        onDone(await runner.done(piece));
      }
    } finally {
      waiting.length = 0;
      await runner.end();
    }
  };
  await Promise.all(Array.from({ length: Math.min(threads, pieces.length) }, thread));
}

class Runner {
  readonly #app: SimulatedApp;
  #worker: Worker | undefined;

  constructor(app: SimulatedApp) {
    this.#app = app;
  }

  async done(piece: MutantRuns): Promise<MutantRunsDone> {
    const parts = piece.id === undefined ? [] : [piece.id];
    const bySeed = new Map<number, MutantRun>();
    for (const seed of piece.seeds) {
      bySeed.set(seed, await this.#run({ parts, seed, mode: modeOf(seed), judges: "all" }));
    }
    return { ...piece, bySeed };
  }

  async end(): Promise<void> {
    await this.#worker?.terminate();
  }

  async #run(piece: ChangedSeed): Promise<MutantRun> {
    this.#worker ??= new Worker(new URL("./changed-worker.ts", import.meta.url), {
      workerData: this.#app,
      resourceLimits: LARGE_NURSERY,
      // It strips the types of what it changes by a function of Node that is said to be experimental.
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    try {
      return await answerOf(this.#worker, piece);
    } catch (error) {
      this.#worker = undefined;
      return { violations: [], ran: [], failed: (error as Error).message };
    }
  }
}

/** @throws if the thread ends instead of answering */
async function answerOf(worker: Worker, piece: ChangedSeed): Promise<MutantRun> {
  const over = new AbortController();
  const { signal } = over;
  const exited = once(worker, "exit", { signal }).then(([code]) => {
    throw new Error(`the thread ended with ${code}`);
  });
  // Whoever comes second is not waited for any more.
  exited.catch(() => {});
  try {
    worker.postMessage(piece);
    const [answer] = (await Promise.race([once(worker, "message", { signal }), exited])) as [MutantRun];
    return answer;
  } finally {
    over.abort();
  }
}
