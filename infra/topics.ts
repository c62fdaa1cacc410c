import { Arn, ArnFormat, Aws, CfnRule, Fn, RemovalPolicy, Stack } from "aws-cdk-lib";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { type IKey, Key } from "aws-cdk-lib/aws-kms";
import { type ITopic, Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { Construct } from "constructs";
import { type AlarmAddresses, exampleAddresses, TOPICS, type TopicName } from "./config/alarm-addresses.ts";
import type { Stage } from "./stage.ts";

/**
 * What alarms ring, and who hears it. The topics let in CloudWatch's alarms of this account alone, and only over TLS;
 * roles of this account may have leave of their own.
 */
export class Topics extends Construct {
  readonly named: Readonly<Record<TopicName, ITopic>>;
  /** Of all of them, and of nothing else. */
  readonly key: IKey;

  constructor(scope: Construct, id: string, stage: Stage, addresses: AlarmAddresses) {
    super(scope, id);
    const cloudWatch = new ServicePrincipal("cloudwatch.amazonaws.com");
    const ours = { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } };
    // A key of our own: with the one that SNS brings, an alarm may not publish to an encrypted topic at all.
    const masterKey = new Key(this, "Key", {
      description: `debit-once ${stage}: messages of alarms on their way`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.key = masterKey;
    masterKey.addToResourcePolicy(
      new PolicyStatement({
        principals: [cloudWatch],
        actions: ["kms:Decrypt", "kms:GenerateDataKey*"],
        resources: ["*"],
        conditions: ours,
      }),
    );
    const alarms = Arn.format(
      {
        service: "cloudwatch",
        resource: "alarm",
        resourceName: "*",
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      },
      Stack.of(this),
    );
    const topic = (name: TopicName): ITopic => {
      const made = new Topic(this, name, {
        displayName: `debit-once ${stage} ${name}`,
        masterKey,
        enforceSSL: true,
      });
      // A policy of our own takes the place of the default one, under which alarms could publish.
      made.addToResourcePolicy(
        new PolicyStatement({
          sid: "AllowAlarms",
          principals: [cloudWatch],
          actions: ["sns:Publish"],
          resources: [made.topicArn],
          conditions: { ...ours, ArnLike: { "aws:SourceArn": alarms } },
        }),
      );
      for (const address of addresses[name]) made.addSubscription(new EmailSubscription(address));
      return made;
    };
    this.named = Object.fromEntries(TOPICS.map((name) => [name, topic(name)])) as Record<TopicName, ITopic>;
  }
}

/**
 * Lets CloudFormation refuse the stack, before it touches a resource, as long as an alarm would ring for an address
 * that is nobody's. Synthesis works all the same, so that anybody can try and test the app as it is.
 */
export function refuseExampleAddresses(stack: Stack, addresses: AlarmAddresses): void {
  const examples = exampleAddresses(addresses);
  if (examples.length === 0) return;
  new CfnRule(stack, "AlarmAddressesAreReal", {
    assertions: [
      {
        // Never true: no stack can have such a name.
        assert: Fn.conditionEquals(Aws.STACK_NAME, examples[0]),
        assertDescription:
          `Alarms would ring for ${examples.join(", ")}, which nobody reads: ` +
          "put your own addresses into infra/config/alarm-addresses.ts.",
      },
    ],
  });
}
