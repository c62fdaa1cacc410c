import { systemClock } from "../../lambdas/adapters/clock.ts";
import { EXIT } from "../ops/exit-code.ts";
import { callerOf } from "./caller.ts";
import { decide, undecided } from "./decide.ts";
import { deployGate } from "./deploy-gate.ts";
import { CHECK_HELP, checkOptions } from "./deploy-options.ts";
import type { Surroundings } from "./surroundings.ts";
import { exitOf, verdictText } from "./verdict.ts";

/** `npm run deploy:check`. Answers its exit code. */
export async function checkStage(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { aws, print, tell } = surroundings;
  const options = checkOptions(args);
  if (options === "help") {
    print(CHECK_HELP);
    return EXIT.done;
  }
  const { stage, json } = options;
  try {
    const caller = await callerOf(aws);
    const { gated: _gated, ...verdict } = await decide(options, deployGate(stage, aws, caller), aws, caller);
    const result = { stage, ...verdict };
    print(json ? object(result) : verdictText(result, `${caller.account} ${caller.region}`));
    return exitOf(verdict);
  } catch (error) {
    // For a script that reads one object and nothing else: not allowed, in the same fields.
    if (json && error instanceof Error && error.name !== "WrongInput") {
      const checkedAt = new Date(systemClock.now()).toISOString();
      const nothing = { allowed: false, firstDeployment: false, checkedAt, reasons: [], nextOpening: null };
      print(object({ stage, ...nothing, error: { name: error.name, message: error.message } }));
      return EXIT.fault;
    }
    return undecided(error, tell);
  }
}

const object = (value: object) => `${JSON.stringify(value, undefined, 2)}\n`;
