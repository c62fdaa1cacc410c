import { once } from "node:events";
import { Worker, type WorkerOptions } from "node:worker_threads";

/** Most of what a run makes is garbage at once: a small nursery would spend its time in moving it. */
export const LARGE_NURSERY = { maxYoungGenerationSizeMb: 96 };

/**
 * Gives pieces of work to several threads, one at a time, until none is left.
 * @param worker the module of each thread, which answers every message with one
 * @param onDone told of each answer, in the order in which they come
 * @throws if a thread ends by itself: then something is wrong with the simulation, and the others do not go on
 */
export async function onThreads(
  worker: URL,
  options: WorkerOptions,
  pieces: readonly object[],
  threads: number,
  onDone: (answer: unknown) => void,
): Promise<void> {
  const waiting = [...pieces];
  const thread = async () => {
    const one = new Worker(worker, options);
    try {
      for (let piece = waiting.shift(); piece !== undefined; piece = waiting.shift()) {
        one.postMessage(piece);
        const [answer] = (await once(one, "message")) as [unknown];
        onDone(answer);
      }
    } catch (error) {
      waiting.length = 0;
      throw error;
    } finally {
      await one.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(threads, pieces.length) }, thread));
}
