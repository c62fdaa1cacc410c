import type { Sum } from "../../domain/records.ts";

/**
 * A running count of debits and their cents. Numbers serve: amounts are never negative, so a sum that has left
 * the safe integers can never again equal a safe one, and the manifest's total is always safe.
 */
export class RunningSum implements Sum {
  count = 0;
  cents = 0;

  add(cents: number): void {
    this.count += 1;
    this.cents += cents;
  }
}

export function minus(a: Sum, b: Sum): Sum {
  return { count: a.count - b.count, cents: a.cents - b.cents };
}

export function isEqual(a: Sum, b: Sum): boolean {
  return a.count === b.count && a.cents === b.cents;
}

/** The sum as it stands, for a record. */
export function plain({ count, cents }: Sum): Sum {
  return { count, cents };
}
