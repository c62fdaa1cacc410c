import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RECORDS_FOLDER } from "./call-record.ts";

const ALL = fileURLToPath(new URL("../../node_modules/.cache/debit-once/calls", import.meta.url));

/**
 * Gives each test run an empty folder for what its functions send, so that no run is judged by another's calls.
 * Vitest runs this in one process, before the first test, once for each of its projects.
 */
export default function emptyFolder(): () => void {
  const folder = join(ALL, String(process.pid));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  process.env[RECORDS_FOLDER] = folder;
  for (const name of readdirSync(ALL)) {
    const path = join(ALL, name);
    // Of a run that was killed.
    if (Date.now() - statSync(path).mtimeMs > 3_600_000) rmSync(path, { recursive: true, force: true });
  }
  return () => rmSync(folder, { recursive: true, force: true });
}
