import type { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { BatchMachine } from "./batch-machine.ts";
import { type Deployment, handlerLambda } from "./handler.ts";
import { objectKeys } from "./object-keys.ts";
import { streamSchedule } from "./schedule.ts";
import { deadLetters, schedulerRole } from "./scheduled-call.ts";
import type { DataStack } from "./stacks/data.ts";

/**
 * From the scheduler to a running batch. The scheduler delivers at least once and cannot name an execution, so a
 * Lambda derives the batch id from the scheduled time and starts the execution under that name.
 *
 * The schedules call the function itself, not a version of it. In a deployment an old and a new starter may both be
 * called for one start, whichever the schedules name: both derive the same name, so both start the same execution, of
 * the version that the alias names. A version would be one thing more that a schedule could find gone, and what
 * becomes of a failed call (not repeated, left in the queue) would have to be said of each version again.
 */
export function startBatch(
  scope: Construct,
  deployment: Deployment,
  data: DataStack,
  batch: BatchMachine,
): { readonly lambda: NodejsFunction; readonly missedStarts: IQueue } {
  const keys = objectKeys(deployment.configuration);
  // A start that never came is the fault to page on.
  const missedStarts = deadLetters(scope, "MissedStarts");
  const lambda = handlerLambda(scope, "StartBatch", "lambdas/start-batch", deployment, {
    does: "Starts the batch of a stream's billing date, unless the day or the hour speaks against it.",
    timeoutSeconds: 60,
    memoryMb: 512,
    may: [
      data.idempotency.use,
      data.dueLists.may({ read: keys.manifests, listVersions: keys.dueRows, absence: true }),
      batch.start,
      batch.describe,
    ],
    onFailure: missedStarts,
  });
  const role = schedulerRole(scope, "SchedulerRole", lambda, missedStarts);
  for (const stream of Object.values(deployment.configuration.streams)) {
    streamSchedule(scope, deployment.stage, stream, { starter: lambda, missedStarts, role });
  }
  return { lambda, missedStarts };
}
