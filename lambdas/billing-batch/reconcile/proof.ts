import type { Check } from "../../domain/report.ts";

/** A check that nobody can pass once it has failed. */
export function proof(name: string, passed: boolean, expected: string, found: string, note?: string): Check {
  return { name, kind: "proof", passed, expected, found, ...(note !== undefined && { note }) };
}
