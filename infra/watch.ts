import { Duration } from "aws-cdk-lib";
import type { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import { Schedule, ScheduleExpression, ScheduleTargetInput, TimeWindow } from "aws-cdk-lib/aws-scheduler";
import { LambdaInvoke } from "aws-cdk-lib/aws-scheduler-targets";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { type Deployment, handlerLambda } from "./handler.ts";
import { objectKeys } from "./object-keys.ts";
import { deadLetters, schedulerRole } from "./scheduled-call.ts";
import type { DataStack } from "./stacks/data.ts";

/** How far apart the looks are, in minutes. `lambdas/watch` needs them closer than what it adds to a day. */
export const WATCH_EVERY_MINUTES = 15;

export interface Watch {
  readonly lambda: NodejsFunction;
  /** Looks that were not delivered, or have failed. */
  readonly missedLooks: IQueue;
  /** Whether it looks unasked. */
  readonly isScheduled: boolean;
}

/** The watch: looks at every stream, all day, for what should be there by now and is not. It may only read. */
export function watch(scope: Construct, deployment: Deployment, data: DataStack): Watch {
  const keys = objectKeys(deployment.configuration);
  const missedLooks = deadLetters(scope, "MissedLooks");
  const lambda = handlerLambda(scope, "Watch", "lambdas/watch", deployment, {
    does: "Looks for due lists and closed batches that should be there by now, and for deployments that stay.",
    timeoutSeconds: 60,
    memoryMb: 512,
    may: [
      data.ledger.may({ get: ["STREAM", "BATCH"], query: ["STREAM"] }),
      data.dueLists.may({ list: keys.dueFolders }),
    ],
    onFailure: missedLooks,
  });
  // A dev stage bills only when somebody starts a batch there, and so misses none.
  const isScheduled = deployment.stage === "prod";
  new Schedule(scope, "WatchSchedule", {
    description: "Lets the watch look at every stream",
    enabled: isScheduled,
    schedule: ScheduleExpression.rate(Duration.minutes(WATCH_EVERY_MINUTES)),
    timeWindow: TimeWindow.off(),
    target: new LambdaInvoke(lambda, {
      input: ScheduleTargetInput.fromObject({}),
      // After that the next look is due.
      maxEventAge: Duration.minutes(WATCH_EVERY_MINUTES),
      retryAttempts: 2,
      deadLetterQueue: missedLooks,
      role: schedulerRole(scope, "WatchSchedulerRole", lambda, missedLooks),
    }),
  });
  return { lambda, missedLooks, isScheduled };
}
