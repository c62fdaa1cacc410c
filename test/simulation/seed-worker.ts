import { parentPort, workerData } from "node:worker_threads";
import type { SimulatedApp } from "./simulated-app.ts";
import type { BankMode } from "./events.ts";
import { modeOf } from "./modes.ts";
import { runSeed } from "./run-seed.ts";
import { NOTHING, type Summary, summaryOf, together } from "./summary.ts";

/** Runs the seeds that it is sent, and answers with what they have come to. */
export interface Chunk {
  readonly from: number;
  readonly to: number;
  /** Seeds take them by turns: with both, every other seed runs in the other one. */
  readonly modes: readonly BankMode[];
  /** With CI jobs that deploy beside the batches. */
  readonly deployers: boolean;
}

export interface ChunkDone {
  readonly chunk: Chunk;
  readonly summary: Summary;
}

// Errors are made by the thousand here, and nobody reads where.
Error.stackTraceLimit = 1;

const app = workerData as SimulatedApp;

parentPort?.on("message", (chunk: Chunk) => {
  void answer(chunk);
});

/** What it throws ends the thread, and whoever has sent the seeds is told. */
async function answer(chunk: Chunk): Promise<void> {
  let summary: Summary = NOTHING;
  for (let seed = chunk.from; seed <= chunk.to; seed += 1) {
    const { modes, deployers } = chunk;
    summary = together(summary, summaryOf(await runSeed(seed, modeOf(seed, modes), { app, deployers })));
  }
  parentPort?.postMessage({ chunk, summary } satisfies ChunkDone);
}
