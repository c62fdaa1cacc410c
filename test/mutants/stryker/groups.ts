import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** The parts of domain and steps in the order of what an error in them costs, each with the score it must reach. */
export const WANTED = {
  lock: 95,
  claim: 95,
  gate: 95,
  submission: 95,
  batch: 90,
  domain: 90,
  operations: 90,
} as const;
export type Group = keyof typeof WANTED;
export const GROUPS = Object.keys(WANTED) as Group[];
/** What all groups together must reach. */
export const WANTED_OVERALL = 90;

/** The first entry that a file's path begins with decides, so that no new file is forgotten. */
const OF: readonly (readonly [string, Group])[] = [
  ["lambdas/billing-batch/acquire-lock/", "lock"],
  ["lambdas/due-list-identity.ts", "lock"],
  ["lambdas/stream-change.ts", "lock"],
  ["lambdas/stream-of.ts", "lock"],
  ["lambdas/billing-batch/stage-segment/", "claim"],
  ["lambdas/domain/release.ts", "claim"],
  ["lambdas/billing-batch/reconcile/", "gate"],
  ["lambdas/billing-batch/submit-bank-file/", "submission"],
  ["lambdas/submission.ts", "submission"],
  ["lambdas/settle-doubt.ts", "submission"],
  ["lambdas/file-in-doubt.ts", "submission"],
  ["lambdas/stored-bytes.ts", "submission"],
  ["lambdas/domain/resolution.ts", "submission"],
  ["lambdas/domain/moves.ts", "submission"],
  ["lambdas/domain/", "domain"],
  ["lambdas/operations/abandon-batch/", "batch"],
  ["lambdas/operations/", "operations"],
  ["lambdas/start-batch/", "operations"],
  ["lambdas/watch/", "operations"],
  ["lambdas/", "batch"],
];

export function groupOf(file: string): Group | undefined {
  return OF.find(([beginning]) => file.startsWith(beginning))?.[1];
}

/** The beginnings of paths that sort files into groups. */
export const BEGINNINGS: readonly string[] = OF.map(([beginning]) => beginning);

/** Everything that is mutated, as for coverage: domain and steps, without adapters and without the wiring. */
export function mutatedFiles(): readonly string[] {
  return readdirSync(`${ROOT}lambdas`, { recursive: true, encoding: "utf8" })
    .map((file) => `lambdas/${file}`)
    .filter((file) => file.endsWith(".ts") && !file.endsWith("/handler.ts"))
    .filter((file) => !file.startsWith("lambdas/adapters/"))
    .sort();
}
