import type { WriteStream } from "node:tty";
import type { ExecutionEvent } from "./execution-run.ts";

const WIDTH = 30;

/**
 * Shows each state with its time, and a bar while segments are staged; plain lines where there is no terminal.
 * Times are differences of the local clock, in seconds.
 */
export function progressPrinter(
  out: Pick<WriteStream, "write"> & { readonly isTTY?: boolean },
): (event: ExecutionEvent) => void {
  const since = new Map<string, number>();
  let shownTenths = 0;
  const progress = (done: number, total: number) => {
    const tenths = Math.floor((10 * done) / total);
    if (out.isTTY) {
      const filled = Math.round((WIDTH * done) / total);
      const bar = `[${"#".repeat(filled)}${".".repeat(WIDTH - filled)}]`;
      out.write(
        done === total ? `\r${" ".repeat(WIDTH + 40)}\r` : `\r  staging ${bar} ${done}/${total} segments`,
      );
    } else if (total >= 10 && tenths > shownTenths && done < total) {
      shownTenths = tenths;
      out.write(`  staging ${done}/${total} segments\n`);
    }
  };
  return (event) => {
    if (event.type === "progress") {
      if (event.total) progress(event.done, event.total);
    } else if (event.type === "entered") {
      since.set(event.state, event.at);
      shownTenths = 0;
    } else {
      const seconds = ((event.at - (since.get(event.state) ?? event.at)) / 1000).toFixed(2);
      out.write(
        `  ${event.type === "exited" ? "ok  " : "FAIL"}  ${event.state.padEnd(16)} ${seconds.padStart(7)} s\n`,
      );
    }
  };
}
