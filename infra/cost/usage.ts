import type { RecordedCall } from "../local/recorded-calls.ts";
import { ASSUMED } from "./assumptions.ts";
import type { CapacityMeter } from "./capacity.ts";
import { chargeOf, type StorageName, Unpriced, type UsageName } from "./prices.ts";

/** What one batch has used, by name: every priced quantity, and under `requests` each action of AWS by its own. */
export interface Usage {
  readonly quantities: Readonly<Record<UsageName | StorageName, number>>;
  readonly requests: Readonly<Record<string, number>>;
}

/** What was seen of one batch. */
export interface Seen {
  readonly calls: readonly RecordedCall[];
  /** How often each function was called. */
  readonly made: ReadonlyMap<string, number>;
  readonly meter: CapacityMeter;
  /** Of the functions, by name. */
  readonly memoryMb: ReadonlyMap<string, number>;
  /** Bytes of the due list. */
  readonly list: number;
  readonly transitions: number;
  /** Bytes that the functions wrote to the log. */
  readonly logged: number;
}

/** Adds up what was seen. @throws Unpriced for a request without a price */
export function usageOf(run: Seen): Usage & { readonly assumedSeconds: number } {
  const requests: Record<string, number> = {};
  // The billing system puts the list and its manifest before anything of ours runs.
  const objects = { objectWrites: 2, objectReads: 0 };
  const stored = new Map<string, number>();
  for (const { action, resource, key, status, requestBytes } of run.calls) {
    requests[action] = (requests[action] ?? 0) + 1;
    const charge = chargeOf(action);
    if (charge.as === "objectWrites" || charge.as === "objectReads") objects[charge.as] += 1;
    if (action === "s3:PutObject" && status === 200) stored.set(`${resource}/${key}`, requestBytes);
  }
  const made = [...run.made.values()].reduce((sum, times) => sum + times, 0);
  const time = timeOf(run.calls, run.made, run.memoryMb);
  return {
    requests,
    assumedSeconds: time.seconds,
    quantities: {
      ...run.meter.units,
      ...objects,
      calls: made,
      gigabyteSeconds: time.gigabyteSeconds,
      transitions: run.transitions,
      keyRequests: objects.objectWrites + objects.objectReads,
      logBytes: run.logged + made * ASSUMED.logBytesPerCall + run.transitions * ASSUMED.logBytesPerTransition,
      // The execution's trace holds those of its calls; each is counted as one of its own.
      traces: made,
      schedules: 1,
      itemBytes: run.meter.itemBytes,
      objectBytes: run.list + [...stored.values()].reduce((sum, bytes) => sum + bytes, 0),
    },
  };
}

/** The functions' time on AWS, which nothing here measures, from what they were recorded to do. */
function timeOf(
  calls: readonly RecordedCall[],
  made: ReadonlyMap<string, number>,
  memoryMb: ReadonlyMap<string, number>,
): { readonly seconds: number; readonly gigabyteSeconds: number } {
  let [seconds, gigabyteSeconds] = [0, 0];
  for (const [name, times] of made) {
    const own = calls.filter(({ functionName }) => functionName === name);
    const bytes = own.reduce((sum, call) => sum + call.requestBytes + call.responseBytes, 0);
    const time =
      times * ASSUMED.secondsPerCall +
      own.length * ASSUMED.secondsPerRequest +
      bytes / ASSUMED.bytesPerSecond;
    const memory = memoryMb.get(name);
    if (memory === undefined) throw new Unpriced(`the template does not say how much memory ${name} has`);
    seconds += time;
    gigabyteSeconds += (time * memory) / 1024;
  }
  return { seconds, gigabyteSeconds };
}
