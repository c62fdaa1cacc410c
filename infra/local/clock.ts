import { performance } from "node:perf_hooks";
import { clockFrom } from "../../lambdas/adapters/clock.ts";
import type { Clock, Instant } from "../../lambdas/ports.ts";

/**
 * The local run's own clock: it shows `startAt` now and runs on in real time. It counts on a timer that only
 * goes forward, so a correction of the machine's clock in the middle of a batch does not reach the batch.
 *
 * @param startAt epoch milliseconds
 * @param elapsed milliseconds since some fixed moment
 */
export function localClock(startAt: Instant, elapsed: () => number = () => performance.now()): Clock {
  const origin = elapsed();
  return clockFrom(() => (startAt + Math.floor(elapsed() - origin)) as Instant);
}
