import { Duration, TimeZone } from "aws-cdk-lib";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import {
  ContextAttribute,
  Schedule,
  ScheduleExpression,
  ScheduleTargetInput,
  TimeWindow,
} from "aws-cdk-lib/aws-scheduler";
import { LambdaInvoke } from "aws-cdk-lib/aws-scheduler-targets";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { Stream } from "../lambdas/domain/stream.ts";
import { cronDays, latestStartMinutes } from "./config/start-times.ts";
import type { Stage } from "./stage.ts";

/** How often a delivery is tried again, with the scheduler's growing waits; its own default is 185 over a day. */
const RETRIES = 3;

interface StartTarget {
  readonly starter: IFunction;
  readonly missedStarts: IQueue;
  readonly role: IRole;
}

/** The start of one stream on its days, at its own local time. What cannot be delivered in time ends in the queue. */
export function streamSchedule(
  scope: Construct,
  stage: Stage,
  stream: Stream,
  { starter, missedStarts, role }: StartTarget,
): Schedule {
  const [hour, minute] = stream.schedule.time.split(":").map(Number);
  return new Schedule(scope, `Schedule-${stream.name}`, {
    // A name of our own: were the construct renamed, a second schedule under another name would start batches beside
    // the first until that is deleted; under the same name its creation fails.
    scheduleName: `debit-once-${stage}-${stream.name}`,
    description: `Starts the batch of stream ${stream.name}`,
    // A dev stage bills only when somebody starts a batch there.
    enabled: stage === "prod",
    schedule: ScheduleExpression.cron({
      minute: String(minute),
      hour: String(hour),
      weekDay: cronDays(stream),
      timeZone: TimeZone.of(stream.timeZone),
    }),
    timeWindow: TimeWindow.off(),
    target: new LambdaInvoke(starter, {
      input: ScheduleTargetInput.fromObject({
        stream: stream.name,
        scheduledTime: ContextAttribute.scheduledTime,
      }),
      maxEventAge: Duration.minutes(latestStartMinutes(stream)),
      retryAttempts: RETRIES,
      deadLetterQueue: missedStarts,
      role,
    }),
  });
}
