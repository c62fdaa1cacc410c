import { systemClock } from "../../lambdas/adapters/clock.ts";
import { EXIT } from "../ops/exit-code.ts";
import type { Stage } from "../stage.ts";
import { WrongInput } from "../wrong-input.ts";
import type { AwsSettings, Caller } from "./caller.ts";
import type { DeployGate } from "./deploy-gate.ts";
import { isFirstDeployment } from "./first-deployment.ts";
import type { Verdict } from "./verdict.ts";

export interface Decided extends Verdict {
  /** Whether there is a gate: without one nothing can be held. */
  readonly gated: boolean;
}

/**
 * Whether a stage may be deployed now, as its gate says. Where AWS says that there is no such function, only
 * CloudFormation's positive word that no billing stack is there allows it.
 * @throws Error where nobody could decide
 */
export async function decide(
  { stage, override }: { readonly stage: Stage; readonly override?: string },
  gate: DeployGate,
  aws: AwsSettings,
  caller: Caller,
  abortSignal?: AbortSignal,
): Promise<Decided> {
  const verdict = await gate.check(override, abortSignal);
  if (verdict !== undefined) return { ...verdict, gated: true };
  if (!(await isFirstDeployment(stage, aws, caller, abortSignal))) {
    throw new Error(
      `stage ${stage} has its billing stack and no DeployGate, so nobody can tell whether a batch is open`,
    );
  }
  if (override !== undefined) {
    throw new Error(
      `stage ${stage} has no DeployGate that could read ${override}; a first deployment needs none`,
    );
  }
  return {
    allowed: true,
    firstDeployment: true,
    checkedAt: new Date(systemClock.now()).toISOString(),
    reasons: [],
    nextOpening: null,
    gated: false,
  };
}

/** Says that nobody could decide, and why. @throws what a person wrote wrongly, which is not that */
export function undecided(error: unknown, tell: (text: string) => void): number {
  if (error instanceof WrongInput || !(error instanceof Error)) throw error;
  tell(`Could not decide, which is the same as refused: ${wordsOf(error)}\n`);
  return EXIT.fault;
}

/** An error as one line, with the name under which AWS or a function has sent it. */
export function wordsOf({ name, message }: Error): string {
  return name === "Error" ? message : `${name}: ${message}`;
}
