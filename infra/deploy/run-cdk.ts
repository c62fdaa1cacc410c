import { type ChildProcess, spawn } from "node:child_process";
import type { Interruption } from "./interruption.ts";

/** How a run of the CDK's command line ended; a signal counts as no code. */
export interface CdkEnded {
  readonly code: number | undefined;
  /** In words, for the audit trail. */
  readonly words: string;
}

/**
 * Runs the CDK's command line, which npm puts on the path, and waits until it has ended. The first signal that comes
 * meanwhile is passed on to it; one more kills it, because it may be waiting for something that never comes. It leads a
 * process group of its own, so that a terminal's Ctrl-C reaches it only through here, and once.
 * @throws Error where it cannot be started
 */
export async function runCdk(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  interruption: Interruption,
): Promise<CdkEnded> {
  if (interruption.first !== undefined) {
    return { code: undefined, words: `interrupted by ${interruption.first} before cdk ${args[0]}` };
  }
  const child = spawn("cdk", args, { stdio: "inherit", env: { ...env }, detached: true });
  let asked = false;
  const stopListening = interruption.onSignal((signal) => {
    signalGroup(child, asked ? "SIGKILL" : signal);
    asked = true;
  });
  try {
    const { promise, resolve, reject } = Promise.withResolvers<CdkEnded>();
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      const how = code === null ? `ended by ${signal}` : `ended with exit code ${code}`;
      const asked = interruption.first === undefined ? "" : `, interrupted by ${interruption.first}`;
      resolve({ code: code ?? undefined, words: `cdk ${args[0]} ${how}${asked}` });
    });
    return await promise;
  } finally {
    stopListening();
  }
}

/** Signals a group by its leader, with what that has started itself: `cdk synth` runs the app as a process of its own. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended meanwhile, and how is told already.
  }
}
