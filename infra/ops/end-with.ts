import { LocalFault } from "../local/local-fault.ts";
import { WrongInput } from "../wrong-input.ts";
import { EXIT } from "./exit-code.ts";

/**
 * Runs a command and ends the process with its exit code. What a person can mend is one sentence on standard
 * error; anything else is a defect of ours and keeps its trace.
 */
export async function endWith(command: () => Promise<number>): Promise<void> {
  // Whoever reads the output may stop reading (`| head`); a batch does not end in the middle because of that.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  try {
    process.exitCode = await command();
  } catch (error) {
    if (error instanceof WrongInput) {
      process.stderr.write(`${error.message}\nTry --help.\n`);
      process.exitCode = EXIT.wrongInput;
    } else if (error instanceof LocalFault) {
      process.stderr.write(`${error.message}\n${error.next}\n`);
      process.exitCode = EXIT.fault;
    } else {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exitCode = EXIT.fault;
    }
  }
}
