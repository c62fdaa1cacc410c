import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Instant } from "../../lambdas/ports.ts";

/** The file's name under the local folder. */
export const CLOCK_FILE = "clock.json";

/**
 * What the local clock showed when a command last ended, by the billing day that it was about, such as
 * `au-cba 2026-03-02`. The next command about that day goes on from there, so that events of two commands stand in
 * their order. A file that is missing or cannot be read is one that knows of no day: it decides nothing.
 */
export function lastShown(folder: string, day: string): number {
  const known = read(folder)[day];
  return typeof known === "number" && Number.isSafeInteger(known) ? known : 0;
}

/** Keeps what the clock shows at the end of a command. */
export function keepShown(folder: string, day: string, now: Instant): void {
  writeFileSync(join(folder, CLOCK_FILE), `${JSON.stringify({ ...read(folder), [day]: now })}\n`);
}

function read(folder: string): Record<string, unknown> {
  try {
    const content: unknown = JSON.parse(readFileSync(join(folder, CLOCK_FILE), "utf8"));
    return typeof content === "object" && content !== null ? { ...content } : {};
  } catch {
    return {};
  }
}
