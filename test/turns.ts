import { type Call, intercepted } from "./port-faults.ts";
import type { WorldPorts } from "./world.ts";

/** One handler call that makes a step on its ports only when it is allowed to. */
export interface Actor {
  /** Lets it make that many port calls, and returns when it waits for the next one or has ended. */
  advance(calls: number): Promise<void>;
  /** How it has ended; undefined while it has not. */
  ended(): { readonly value: unknown } | { readonly error: unknown } | undefined;
}

/**
 * Starts a handler call on ports in memory, before its first port call. Its calls reach the ports one by one, so
 * that a test decides how two calls interleave.
 */
export function actor(ports: WorldPorts, run: (ports: WorldPorts) => Promise<unknown>): Actor {
  let allowed = 0;
  const state: { end: ReturnType<Actor["ended"]> } = { end: undefined };
  const waiting: (() => void)[] = [];
  const pass = async (call: Call) => {
    if (allowed === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else allowed -= 1;
    return call.reach();
  };
  const own = {
    ...ports,
    ledger: intercepted(ports.ledger, pass),
    objects: intercepted(ports.objects, pass),
  };
  const toItsEnd = async () => {
    try {
      state.end = { value: await run(own) };
    } catch (error) {
      state.end = { error };
    }
  };
  void toItsEnd();
  return {
    advance: async (calls) => {
      for (let made = 0; made < calls && state.end === undefined; made += 1) {
        const next = waiting.shift();
        if (next) next();
        else allowed += 1;
        await quiet();
      }
      allowed = 0;
    },
    ended: () => state.end,
  };
}

/** Everything that memory answers is answered when the event loop comes round. */
function quiet(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export const TO_THE_END = 1_000;
