import { readFile } from "../simulation/bank.ts";
import type { Caller, SimulationEvent, Time } from "../simulation/events.ts";
import { B, LOCK_ERROR, secondName } from "./day.ts";

export type Batch = "A" | "B";
export type Instance = 1 | 2;

/** One thing that happened, as it can be told. Plain data, so that threads can hand it on. */
export type Moment = { readonly at: Time; readonly batch: Batch } & (
  | { readonly what: "started" | "locked"; readonly instance: Instance }
  | {
      /** Acquiring the lock threw, so often; the call took it for success, or has ended in that error. */
      readonly what: "lock threw";
      readonly instance: Instance;
      readonly error: string;
      readonly tries: number;
      readonly wentOn: boolean;
    }
  | { readonly what: "lost answer"; readonly instance: Instance }
  | {
      readonly what: "composed";
      readonly instance: Instance;
      readonly debits: number;
      readonly cents: number;
    }
  | { readonly what: "judged"; readonly instance: Instance; readonly failed: number; readonly checks: number }
  | { readonly what: "delivered"; readonly instance: Instance; readonly debits: number }
  | {
      readonly what: "stopped";
      readonly instance: Instance;
      readonly state: string;
      readonly error: string;
    }
  | { readonly what: "closed"; readonly instance: Instance; readonly due: number; readonly submitted: number }
  | { readonly what: "redriven" }
);

/** What of the simulation's events can be told, in the order in which it happened. */
export function moments(events: readonly SimulationEvent[]): Moment[] {
  const failures = new Map<string, number>();
  return events.flatMap((event) => momentOf(event, failures) ?? []);
}

/** @param failures how often the ledger has thrown at each call that acquires the lock */
function momentOf(event: SimulationEvent, failures: Map<string, number>): Moment | undefined {
  const { at } = event;
  switch (event.type) {
    case "execution":
      if (event.status !== "RUNNING" || event.redrives > 0) return undefined;
      return { at, ...executionOf(event.name), what: "started" };
    case "action":
      return { at, batch: batchOf(event.target), what: "redriven" };
    case "fault":
      if (event.caller.name === "AcquireLock") {
        failures.set(event.caller.id, (failures.get(event.caller.id) ?? 0) + 1);
        return undefined;
      }
      return event.kind === "lose" ? { at, ...ownerOf(event.caller), what: "lost answer" } : undefined;
    case "ended":
      return endOf(event, failures.get(event.caller.id) ?? 0);
    case "log":
      return decisionOf(event);
    case "effect": {
      if (event.method !== "create" || event.args[0] !== "outbound" || "error" in event) return undefined;
      const file = readFile(event.args[2] as Buffer);
      const debits = typeof file === "string" ? 0 : file.debits.length;
      return { at, ...ownerOf(event.caller), what: "delivered", debits };
    }
    case "began":
    case "count":
      return undefined;
  }
}

function endOf(
  { at, caller, error }: Extract<SimulationEvent, { type: "ended" }>,
  tries: number,
): Moment | undefined {
  if (caller.execution === undefined) return undefined;
  const owner = ownerOf(caller);
  if (caller.name === "AcquireLock" && tries > 0) {
    const threw = { what: "lock threw", error: LOCK_ERROR, tries } as const;
    return { at, ...owner, ...threw, wentOn: error === undefined };
  }
  if (error !== undefined) return { at, ...owner, what: "stopped", state: caller.name, error };
  return caller.name === "AcquireLock" ? { at, ...owner, what: "locked" } : undefined;
}

function decisionOf({ at, caller, line }: Extract<SimulationEvent, { type: "log" }>): Moment | undefined {
  if (caller.execution === undefined) return undefined;
  const owner = ownerOf(caller);
  const number = (field: string) => Number(line[field]);
  if (line.state === "ComposeBankFile" && line.outcome === "frozen") {
    return { at, ...owner, what: "composed", debits: number("debits"), cents: number("cents") };
  }
  if (line.state === "Reconcile" && line["checks"] !== undefined) {
    return { at, ...owner, what: "judged", failed: number("failed"), checks: number("checks") };
  }
  if (line.state === "CloseBatch" && line.outcome === "CLOSED") {
    return { at, ...owner, what: "closed", due: number("due"), submitted: number("submitted") };
  }
  return undefined;
}

/** Whose call it is. */
export function ownerOf({ execution = "" }: Caller): { readonly batch: Batch; readonly instance: Instance } {
  return executionOf(execution);
}

export function executionOf(name: string): { readonly batch: Batch; readonly instance: Instance } {
  const batch = batchOf(name);
  return { batch, instance: name === secondName(batch) ? 2 : 1 };
}

/** The batch that a name or key speaks of. */
export function batchOf(text: string): Batch {
  return text.includes(B.batchId) ? "B" : "A";
}
