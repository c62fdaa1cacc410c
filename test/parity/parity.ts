import type { Call, World } from "./calls.ts";
import { recordedCalls } from "./calls.ts";
import { derivedCalls } from "./derived-calls.ts";
import { decide, type Grant, type Policies } from "./iam.ts";

export interface Parity {
  readonly recorded: readonly Call[];
  readonly derived: readonly Call[];
  /** Calls that no grant covers, or that a statement denies; for people. */
  readonly refused: readonly string[];
  /** Grants without which every call would still be covered. */
  readonly unneeded: readonly Grant[];
}

/** Holds what the runs asked of AWS against what the app grants, both ways. */
export function parityOf(world: World, policies: Policies): Parity {
  const [recorded, derived] = [distinct(recordedCalls(world)), distinct(derivedCalls(world))];
  const refused: string[] = [];
  const needed = new Set<Grant>();
  for (const call of [...recorded, ...derived]) {
    const decision = decide(policies, call);
    for (const grant of decision.needed) needed.add(grant);
    if (decision.allowed) continue;
    const by = decision.denials.map(({ text }) => ` denied by ${text}`).join();
    refused.push(`${call.text}: ${call.because}${by}`);
  }
  return { recorded, derived, refused, unneeded: policies.grants.filter((grant) => !needed.has(grant)) };
}

function distinct(calls: readonly Call[]): Call[] {
  const one = ({ principal, action, resource, context }: Call) =>
    JSON.stringify([principal, action, resource, context]);
  return [...new Map(calls.map((call) => [one(call), call])).values()];
}
