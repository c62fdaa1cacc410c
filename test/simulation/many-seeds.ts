import type { SimulatedApp } from "./simulated-app.ts";
import type { BankMode } from "./events.ts";
import { MODES } from "./modes.ts";
import type { Chunk, ChunkDone } from "./seed-worker.ts";
import { NOTHING, type Summary, together } from "./summary.ts";
import { LARGE_NURSERY, onThreads } from "./threads.ts";

/** Seeds that are run together and reported at once. */
const CHUNK_SEEDS = 50;

/**
 * Runs chunks of seeds on several threads, and adds up what they come to.
 * @param onDone told after each chunk
 * @throws if a thread ends by itself: then something is wrong with the simulation
 */
export async function runChunks(
  app: SimulatedApp,
  chunks: readonly Chunk[],
  threads: number,
  onDone: (done: ChunkDone, all: Summary) => void = () => {},
): Promise<Summary> {
  let all: Summary = NOTHING;
  const options = { workerData: app, resourceLimits: LARGE_NURSERY };
  const worker = new URL("./seed-worker.ts", import.meta.url);
  await onThreads(worker, options, chunks, threads, (answer) => {
    const done = answer as ChunkDone;
    all = together(all, done.summary);
    onDone(done, all);
  });
  return all;
}

/**
 * Seeds from one to another, both included, in chunks.
 * @param deployers whether CI jobs deploy beside the batches
 */
export function chunksOf(
  from: number,
  to: number,
  modes: readonly BankMode[] = MODES,
  deployers = false,
): Chunk[] {
  const chunks: Chunk[] = [];
  for (let first = from; first <= to; first += CHUNK_SEEDS) {
    chunks.push({ from: first, to: Math.min(first + CHUNK_SEEDS - 1, to), modes, deployers });
  }
  return chunks;
}
