import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { alarms } from "../alarms.ts";
import { billingBatch } from "../billing-batch.ts";
import type { AlarmAddresses } from "../config/alarm-addresses.ts";
import { endedExecutions } from "../ended-executions.ts";
import type { Deployment } from "../handler.ts";
import { operations } from "../operations.ts";
import { startBatch } from "../start-batch.ts";
import { Topics } from "../topics.ts";
import { watch } from "../watch.ts";
import type { BlackoutStack } from "./blackout.ts";
import type { DataStack } from "./data.ts";

interface BillingStackProps extends StackProps {
  readonly deployment: Deployment;
  readonly data: DataStack;
  readonly blackout: BlackoutStack;
  readonly addresses: AlarmAddresses;
}

/** What runs: the state machine with its steps, the scheduled starts, what people may do, and what rings. */
export class BillingStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { deployment, data, blackout, addresses, ...props }: BillingStackProps,
  ) {
    super(scope, id, props);
    const batch = billingBatch(this, deployment, data);
    const { lambda: starter, missedStarts } = startBatch(this, deployment, data, batch);
    const lambdas = [starter, ...operations(this, deployment, data, batch)];
    // By these names the operators' command line finds what it invokes.
    for (const lambda of lambdas) {
      new CfnOutput(this, `${lambda.node.id}FunctionName`, { value: lambda.functionName });
    }
    new CfnOutput(this, "StateMachineArn", { value: batch.arn });
    const looks = watch(this, deployment, data);
    const topics = new Topics(this, "Topics", deployment.stage, addresses);
    const { machine } = batch;
    alarms(this, deployment, topics, { machine, starter, missedStarts, watch: looks, blackout });
    endedExecutions(this, deployment, topics, machine);
  }
}
