import { Aws, Duration, Stack, TimeZone } from "aws-cdk-lib";
import { type IRole, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
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

/**
 * The role in which the scheduler calls one Lambda, by no version, and leaves what it could not deliver in one queue.
 * It takes no more from a schedule that is given it: CDK would add leave to call every version.
 */
export function schedulerRole(scope: Construct, id: string, lambda: IFunction, undelivered: IQueue): IRole {
  const group = Stack.of(scope).formatArn({
    service: "scheduler",
    resource: "schedule-group",
    resourceName: "default",
  });
  const role = new Role(scope, id, {
    // For schedules of this account and group alone, or the service could be had to act for somebody else's.
    assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
      conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID, "aws:SourceArn": group } },
    }),
  });
  const allow = (action: string, resource: string) =>
    role.addToPolicy(new PolicyStatement({ actions: [action], resources: [resource] }));
  allow("lambda:InvokeFunction", lambda.functionArn);
  allow("sqs:SendMessage", undelivered.queueArn);
  return role.withoutPolicyUpdates();
}
