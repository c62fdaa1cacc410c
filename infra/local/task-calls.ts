import { setImmediate } from "node:timers/promises";
import type { Definition } from "./definition.ts";
import { DATA_LIMIT, dataLimit, dataLimitExceeded, failureOf, Halted, jsonCopy } from "./states-errors.ts";

/** The calls that one state makes of local functions: counted, bounded and, after a failure, halted. */
export interface TaskCalls {
  /** The interpreter's handler for every task of the definition. */
  handlers(definition: Definition): Record<string, (input: unknown) => Promise<unknown>>;
  /** How many calls were made. */
  calls(): number;
  /** From now on no call is made. */
  halt(): void;
  /** Waits for the calls in flight, also for those that nobody else waits for any more. */
  settled(): Promise<void>;
  /** What a distributed map fails with on AWS, whatever error its child has failed with. */
  failedMap(error: unknown): unknown;
}

export function taskCalls(call: (task: string, input: unknown) => Promise<unknown>): TaskCalls {
  const inFlight = new Set<Promise<unknown>>();
  let halted = false;
  let calls = 0;
  let childBytes = 0;
  let failedTask: string | undefined;
  const handler = (task: string, inMap: boolean) => async (input: unknown) => {
    // When a child fails, the interpreter starts the next before the map has failed: let that come first.
    if (inMap) await setImmediate();
    if (halted) throw new Halted();
    calls += 1;
    const running = call(task, dataLimit(jsonCopy(input)));
    const settled = running.catch(() => {});
    inFlight.add(settled);
    try {
      const output = dataLimit(jsonCopy(await running));
      // Step Functions collects the children's results before it drops them.
      if (inMap) childBytes += Buffer.byteLength(JSON.stringify(output));
      if (childBytes > DATA_LIMIT) throw dataLimitExceeded();
      return output;
    } catch (error) {
      failedTask = task;
      throw error;
    } finally {
      inFlight.delete(settled);
    }
  };
  return {
    handlers: (definition: Definition) =>
      Object.fromEntries(tasksOf(definition).map(({ task, inMap }) => [task, handler(task, inMap)])),
    calls: () => calls,
    halt: () => {
      halted = true;
    },
    settled: async () => {
      while (inFlight.size > 0) await Promise.all(inFlight);
    },
    failedMap: (error) => (calls > 0 ? childFailed(failedTask, error) : error),
  };
}

/** As AWS calls it when a child of a distributed map fails; the child's own error is in the cause here. */
function childFailed(task: string | undefined, thrown: unknown): unknown {
  const { error, message } = failureOf(thrown);
  if (error === "States.DataLimitExceeded") return thrown;
  const cause = `The specified tolerated failure threshold was exceeded: ${task ?? "a child"} failed with ${error}: ${message}`;
  return Object.assign(new Error(cause), { name: "States.ExceedToleratedFailureThreshold" });
}

/** The tasks of a machine and of its maps' children. */
export function tasksOf(machine: Definition, inMap = false): { task: string; inMap: boolean }[] {
  return Object.entries(machine.States).flatMap(([task, state]) => [
    ...(state.Type === "Task" ? [{ task, inMap }] : []),
    ...(state.ItemProcessor ? tasksOf(state.ItemProcessor, true) : []),
  ]);
}
