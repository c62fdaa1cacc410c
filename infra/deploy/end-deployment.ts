import { EXIT } from "../ops/exit-code.ts";
import { callerOf } from "./caller.ts";
import { wordsOf } from "./decide.ts";
import { deployGate } from "./deploy-gate.ts";
import { END_HELP, endOptions } from "./deploy-options.ts";
import type { Surroundings } from "./surroundings.ts";
import { WrongInput } from "../wrong-input.ts";

/** `npm run deploy:end`, for a deployment whose process was killed. Answers its exit code. */
export async function endDeployment(
  args: readonly string[],
  { aws, print, tell }: Surroundings,
): Promise<number> {
  const options = endOptions(args);
  if (options === "help") {
    print(END_HELP);
    return EXIT.done;
  }
  const { stage, deployment, reason } = options;
  try {
    const freed = await deployGate(stage, aws, await callerOf(aws)).end(deployment, reason);
    print(`${deployment}  ${freedText(freed)}\n`);
    return EXIT.done;
  } catch (error) {
    if (error instanceof WrongInput || !(error instanceof Error)) throw error;
    tell(`Could not end, so what ${deployment} held may still be held: ${wordsOf(error)}\n`);
    return EXIT.fault;
  }
}

/** What an end has done, in words. */
export function freedText(freed: readonly string[]): string {
  return freed.length === 0 ? "held nothing any more" : `ended; free again: ${freed.join(", ")}`;
}
