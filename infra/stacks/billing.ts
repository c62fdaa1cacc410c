import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { billingBatch } from "../billing-batch.ts";
import type { Deployment } from "../handler.ts";
import { operations } from "../operations.ts";
import { startBatch } from "../start-batch.ts";
import type { DataStack } from "./data.ts";

interface BillingStackProps extends StackProps {
  readonly deployment: Deployment;
  readonly data: DataStack;
}

/** What runs: the state machine with its steps, the scheduled starts, and what people may do. */
export class BillingStack extends Stack {
  constructor(scope: Construct, id: string, { deployment, data, ...props }: BillingStackProps) {
    super(scope, id, props);
    const batch = billingBatch(this, deployment, data);
    const lambdas = [startBatch(this, deployment, data, batch), ...operations(this, deployment, data, batch)];
    // By these names the operators' command line finds what it invokes.
    for (const lambda of lambdas) {
      new CfnOutput(this, `${lambda.node.id}FunctionName`, { value: lambda.functionName });
    }
    new CfnOutput(this, "StateMachineArn", { value: batch.arn });
  }
}
