import { Aws, Duration, Stack } from "aws-cdk-lib";
import { type IRole, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { type IQueue, Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";

/** A queue for calls that were not delivered, or have failed: the scheduler and the Lambda leave theirs there. */
export function deadLetters(scope: Construct, id: string): Queue {
  return new Queue(scope, id, {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
}

/**
 * The role of a schedule: it may call one function and leave a message in one queue. CDK's own would also call every
 * version of the function, and gives it out again with every target, so this one takes no more policies.
 */
export function schedulerRole(scope: Construct, id: string, calls: IFunction, missed: IQueue): IRole {
  const role = new Role(scope, id, {
    assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
      // Schedules of this account and group alone, or the service could be had to act for somebody else's.
      conditions: {
        StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID, "aws:SourceArn": scheduleGroup(scope) },
      },
    }),
  });
  role.addToPolicy(
    new PolicyStatement({ actions: ["lambda:InvokeFunction"], resources: [calls.functionArn] }),
  );
  role.addToPolicy(new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [missed.queueArn] }));
  return role.withoutPolicyUpdates();
}

/** The account's group for schedules that name none. */
function scheduleGroup(scope: Construct): string {
  return Stack.of(scope).formatArn({
    service: "scheduler",
    resource: "schedule-group",
    resourceName: "default",
  });
}
