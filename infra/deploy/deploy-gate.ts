import { LambdaClient } from "@aws-sdk/client-lambda";
import type { z } from "zod";
import { invokeFunction } from "../ops/invoke-function.ts";
import type { Stage } from "../stage.ts";
import type { AwsSettings, Caller } from "./caller.ts";
import { type Begun, BEGUN, CHECKED, ENDED, type Verdict } from "./verdict.ts";

/** Longer than the function may take. */
const LONGEST_ANSWER_MS = 120_000;

/** The function DeployGate of a stage. Whatever it throws means that nobody has decided. */
export interface DeployGate {
  /** Whether the stage may be deployed now; undefined where AWS says that there is no such function. */
  check(override: string | undefined, abortSignal?: AbortSignal): Promise<Verdict | undefined>;
  /** Holds every stream in the deployment's name, or none. Asked once: end frees what nobody has heard of. */
  begin(deployment: string, override: string | undefined): Promise<Begun>;
  /** Frees the streams that this deployment holds, and tells which; may be repeated. */
  end(deployment: string, reason: string): Promise<readonly string[]>;
}

/**
 * A stage's DeployGate by its fixed name, with the caller's own credentials. A lost answer is asked for again by the
 * SDK, three times in all, but for begin: check reads and end finds what it has done, while two calls of begin under one
 * id could give back what the other has taken.
 */
export function deployGate(stage: Stage, aws: AwsSettings, { name: by }: Caller): DeployGate {
  const requestHandler = { requestTimeout: LONGEST_ANSWER_MS, throwOnRequestTimeout: true };
  const repeating = new LambdaClient({ ...aws, maxAttempts: 3, requestHandler });
  const once = new LambdaClient({ ...aws, maxAttempts: 1, requestHandler });
  const ask = (event: object, abortSignal?: AbortSignal, lambda = repeating) =>
    invokeFunction(lambda, `debit-once-${stage}-deploy-gate`, event, abortSignal);
  return {
    check: async (override, abortSignal) => {
      try {
        const event = { action: "check", ...(override !== undefined && { override }) };
        return answered(CHECKED, await ask(event, abortSignal));
      } catch (error) {
        if (error instanceof Error && error.name === "ResourceNotFoundException") return undefined;
        throw error;
      }
    },
    begin: async (deployment, override) => {
      const event = { action: "begin", deployment, by, ...(override !== undefined && { override }) };
      return ofDeployment(deployment, answered(BEGUN, await ask(event, undefined, once)));
    },
    end: async (deployment, reason) => {
      const answer = answered(ENDED, await ask({ action: "end", deployment, by, reason }));
      return ofDeployment(deployment, answer).freed;
    },
  };
}

/** @throws Error for an answer of another form, which allows nothing; it is not repeated, since nobody knows what it is */
function answered<T>(form: z.ZodType<T>, answer: unknown): T {
  const parsed = form.safeParse(answer);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path, message }) => [...path, message].join(": "));
  throw new Error(`DeployGate has answered something else than a decision (${fields.join("; ")})`);
}

function ofDeployment<T extends { readonly deployment: string }>(deployment: string, answer: T): T {
  if (answer.deployment === deployment) return answer;
  throw new Error("DeployGate has answered for another deployment");
}
