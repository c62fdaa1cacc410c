import type { AwsSettings } from "./caller.ts";

/** What a command of this folder stands on. */
export interface Surroundings {
  readonly aws: AwsSettings;
  /** For the CDK's command line, and where it is found. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What was asked for: to standard output. */
  readonly print: (text: string) => void;
  /** What happens meanwhile: to standard error. */
  readonly tell: (text: string) => void;
}

/** This process: AWS as its environment names it, and its own output. */
export function ownSurroundings(): Surroundings {
  // A terminal that was closed takes no more words. That must not end a process that still has streams to free.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  return {
    aws: {},
    env: process.env,
    print: (text) => process.stdout.write(text),
    tell: (text) => process.stderr.write(text),
  };
}
