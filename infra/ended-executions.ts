import { Aws, Stack } from "aws-cdk-lib";
import { EventField, Rule, RuleTargetInput } from "aws-cdk-lib/aws-events";
import { SnsTopic } from "aws-cdk-lib/aws-events-targets";
import { type IRole, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IStateMachine } from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import type { Deployment } from "./handler.ts";
import type { Topics } from "./topics.ts";

/**
 * Pages for each execution that failed, timed out or was aborted, by name. An alarm rings only when its state changes,
 * and so is silent about the second stream's batch that fails some minutes after the first's. Step Functions makes its
 * best effort to tell of an end, no more, so the alarms stay beside this.
 */
export function endedExecutions(
  scope: Construct,
  { stage }: Deployment,
  topics: Topics,
  machine: IStateMachine,
): void {
  // A name of our own, or the role that the rule takes could not know the rule.
  const ruleName = `debit-once-${stage}-ended-executions`;
  const [name, status] = [EventField.fromPath("$.detail.name"), EventField.fromPath("$.detail.status")];
  new Rule(scope, "EndedExecutions", {
    ruleName,
    description: "Pages for each execution that ended without success",
    eventPattern: {
      source: ["aws.states"],
      detailType: ["Step Functions Execution Status Change"],
      detail: {
        status: ["FAILED", "TIMED_OUT", "ABORTED"],
        // The children of the map run under another ARN, and end with their parent.
        stateMachineArn: [machine.stateMachineArn],
      },
    },
    targets: [
      new SnsTopic(topics.named.page, {
        // Name and status, and nothing of the rest: the event also holds the execution's input.
        message: RuleTargetInput.fromText(
          `Execution ${name} has ended: ${status}. See infra/runbook.md#by-alarm`,
        ),
        role: pagingRole(scope, ruleName, topics),
      }),
    ],
  });
}

/**
 * The role in which EventBridge pages, for this one rule of this account. Without a role the topic's and the key's
 * policies would have to let in EventBridge for everybody's rules: AWS supports no condition on the source there
 * (EventBridge's guide on policies of topics, SNS's on keys of topics), and such a condition would stop every message.
 */
function pagingRole(scope: Construct, ruleName: string, topics: Topics): IRole {
  const rule = Stack.of(scope).formatArn({ service: "events", resource: "rule", resourceName: ruleName });
  const role = new Role(scope, "EndedExecutionsRole", {
    assumedBy: new ServicePrincipal("events.amazonaws.com", {
      conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID, "aws:SourceArn": rule } },
    }),
  });
  role.addToPolicy(
    new PolicyStatement({ actions: ["sns:Publish"], resources: [topics.named.page.topicArn] }),
  );
  role.addToPolicy(
    new PolicyStatement({ actions: ["kms:Decrypt", "kms:GenerateDataKey"], resources: [topics.key.keyArn] }),
  );
  // CDK's target would add a second set, with stars.
  return role.withoutPolicyUpdates();
}
