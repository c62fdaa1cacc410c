import { spawn } from "node:child_process";

export interface Ended {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
}

/** A command that did not do what it was called for. */
export class ChildFailed extends Error {
  override readonly name = "ChildFailed";
}

/** Groups of processes that are running, so that whoever ends early ends them too. */
const running = new Set<number>();

/** Kills every child that still runs, and its children. */
export function killChildren(): void {
  for (const pid of running) killGroup(pid, "SIGKILL");
}

/** Sends a signal to a process and all that it has started; one that is gone already is fine. */
export function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/**
 * Runs a command to its end, in a process group of its own.
 * @param options.show how many of the last lines of its output are shown when it fails; `all` shows each as it comes
 * @param options.allowed exit codes that are no failure
 * @throws ChildFailed when it is not there, takes longer than that, or ends with another code
 */
export function run(
  command: string,
  args: readonly string[],
  options: {
    readonly env: Readonly<Record<string, string>>;
    readonly cwd: string;
    readonly seconds: number;
    readonly show: number | "all";
    readonly allowed?: readonly number[];
  },
): Promise<Ended> {
  const { env, cwd, seconds, show, allowed = [0] } = options;
  const name = [command.split("/").at(-1), ...args].join(" ").slice(0, 120);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const { pid } = child;
    if (pid !== undefined) running.add(pid);
    let [stdout, both, tooLong] = ["", "", false];
    const take = (text: string, stream: NodeJS.WriteStream) => {
      both = (both + text).slice(-200_000);
      if (show === "all") stream.write(text);
    };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      take(text, process.stdout);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => take(text, process.stderr));
    const timer = setTimeout(() => {
      tooLong = true;
      if (pid !== undefined) killGroup(pid, "SIGKILL");
    }, seconds * 1000);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(new ChildFailed(`${name}: ${error.message}`));
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (pid !== undefined) running.delete(pid);
      if (!tooLong && code !== null && allowed.includes(code)) return resolve({ code, stdout });
      const tail = show === "all" ? "" : `\n${both.trimEnd().split("\n").slice(-show).join("\n")}`;
      const why = tooLong ? `was not done after ${seconds} s` : `ended with ${code ?? signal}`;
      reject(new ChildFailed(`${name} ${why}${tail}`));
    });
  });
}
