import { announced } from "../../lambdas/announced.ts";
import { acquireLock } from "../../lambdas/billing-batch/acquire-lock/acquire-lock.ts";
import { closeBatch } from "../../lambdas/billing-batch/close-batch/close-batch.ts";
import { composeBankFile } from "../../lambdas/billing-batch/compose-bank-file/compose-bank-file.ts";
import { planBatch } from "../../lambdas/billing-batch/plan-segments/plan-segments.ts";
import { reconcile } from "../../lambdas/billing-batch/reconcile/reconcile.ts";
import { stageSegment } from "../../lambdas/billing-batch/stage-segment/stage-segment.ts";
import { submitBankFile } from "../../lambdas/billing-batch/submit-bank-file/submit-bank-file.ts";
import type { DeployPorts } from "../../lambdas/deploy-facts.ts";
import { deployGate } from "../../lambdas/deploy-gate/deploy-gate.ts";
import { abandonBatch } from "../../lambdas/operations/abandon-batch/abandon-batch.ts";
import { approve } from "../../lambdas/operations/approve/approve.ts";
import { continueBatch } from "../../lambdas/operations/continue-batch/continue-batch.ts";
import { pauseStream } from "../../lambdas/operations/pause-stream/pause-stream.ts";
import { propose } from "../../lambdas/operations/propose/propose.ts";
import { redriveBatch } from "../../lambdas/operations/redrive-batch/redrive-batch.ts";
import { resumeStream } from "../../lambdas/operations/resume-stream/resume-stream.ts";
import type { Executions, Once, Ports } from "../../lambdas/ports.ts";
import { startBatch } from "../../lambdas/start-batch/start-batch.ts";

/** All that any function of the app may be given. */
export type EveryPort = Ports &
  DeployPorts & {
    readonly executions: Executions;
    readonly once: Once;
  };

type Call = (event: never, ports: EveryPort, remainingMs: number) => Promise<unknown>;

/** The functions of the app by their names, as their handlers wire them: the step, on ports that are given. */
const FUNCTIONS = {
  AcquireLock: acquireLock,
  PlanSegments: planBatch,
  StageSegment: stageSegment,
  ComposeBankFile: composeBankFile,
  Reconcile: reconcile,
  SubmitBankFile: (event: { batchId: string; fence: number }, ports, timeLimitMs) =>
    submitBankFile({ ...event, timeLimitMs }, ports),
  CloseBatch: closeBatch,
  StartBatch: (event: { stream: string; scheduledTime: string; number?: number }, ports, remainingMs) =>
    startBatch({ ...event, remainingMs }, ports),
  AbandonBatch: abandonBatch,
  RedriveBatch: redriveBatch,
  ContinueBatch: continueBatch,
  PauseStream: pauseStream,
  ResumeStream: resumeStream,
  Propose: propose,
  Approve: approve,
  DeployGate: deployGate,
} satisfies Record<string, Call>;

export type FunctionName = keyof typeof FUNCTIONS;

/** Calls a function of the app: what ends it is announced as its handler would. */
export function callFunction(
  name: string,
  event: unknown,
  ports: EveryPort,
  remainingMs: number,
): Promise<unknown> {
  const step = FUNCTIONS[name as FunctionName] as Call | undefined;
  if (step === undefined) throw new Error(`the simulation has no function ${name}`);
  return announced(name, event, ports, (noted) => step(event as never, noted, remainingMs));
}
