import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

export interface LogFile {
  /** Appends one line, at once: the last lines before a crash are the ones that one needs. */
  readonly write: (line: string) => void;
  readonly close: () => void;
}

/** The log of all functions, one line of JSON for each, as `lambda.jsonl` in that folder. */
export function openLog(folder: string): LogFile {
  mkdirSync(folder, { recursive: true });
  const file = openSync(join(folder, "lambda.jsonl"), "a");
  let open = true;
  return {
    // A zombie of a handler may still have something to say when the app is closed.
    write: (line) => void (open && writeSync(file, `${line}\n`)),
    close: () => {
      open = false;
      closeSync(file);
    },
  };
}
