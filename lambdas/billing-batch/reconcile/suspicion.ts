import type { Check } from "../../domain/report.ts";
import type { SuspicionName } from "../../domain/suspicion.ts";

/** A check that two people may accept once it has failed. */
export function suspicion(
  name: SuspicionName,
  passed: boolean,
  expected: string,
  found: string,
  note?: string,
): Check {
  return { name, kind: "suspicion", passed, expected, found, ...(note !== undefined && { note }) };
}

/** A suspicion that there was nothing to judge by. Whether that lets it pass is its caller's to say. */
export function notJudged(
  name: SuspicionName,
  passed: boolean,
  expected: string,
  found: string,
  why: string,
): Check {
  return { ...suspicion(name, passed, expected, found, `not judged: ${why}`), judged: false };
}
