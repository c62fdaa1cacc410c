import {
  CloudFormationClient,
  DescribeStacksCommand,
  paginateListStackResources,
} from "@aws-sdk/client-cloudformation";
import { run } from "./child.ts";
import type { Endpoint } from "./endpoint.ts";

/** A stage that lets itself be destroyed, and whose schedules start nothing. */
export const STAGE = "dev";

/** What a stage's stacks name, so far as this test uses it. */
export interface Deployed {
  readonly ledgerTable: string;
  readonly dueBucket: string;
  readonly outboundBucket: string;
  readonly startBatch: string;
  readonly stateMachine: string;
}

/** A command of the CDK, on the environment of the endpoint. */
export async function cdk(root: string, { env }: Endpoint, args: readonly string[], seconds: number) {
  await run(process.execPath, ["node_modules/aws-cdk/bin/cdk", ...args], {
    cwd: root,
    env,
    seconds,
    show: 60,
  });
}

/** @throws Error naming the output or resource that is not there */
export async function deployed(client: CloudFormationClient): Promise<Deployed> {
  const data = await outputsOf(client, `DebitOnce-${STAGE}-Data`);
  const billing = await outputsOf(client, `DebitOnce-${STAGE}-Billing`);
  return {
    ledgerTable: await ledgerTable(client),
    dueBucket: data("DueListsBucketName"),
    outboundBucket: data("OutboundBucketName"),
    startBatch: billing("StartBatchFunctionName"),
    stateMachine: billing("StateMachineArn"),
  };
}

async function outputsOf(client: CloudFormationClient, StackName: string) {
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName }));
  return (name: string): string => {
    const value = Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === name)?.OutputValue;
    if (value === undefined) throw new Error(`${StackName} has no output ${name}`);
    return value;
  };
}

/** No output names the ledger, which nobody is meant to reach but the functions. */
async function ledgerTable(client: CloudFormationClient): Promise<string> {
  const pages = paginateListStackResources({ client }, { StackName: `DebitOnce-${STAGE}-Data` });
  for await (const { StackResourceSummaries = [] } of pages) {
    const found = StackResourceSummaries.find(
      ({ LogicalResourceId, ResourceType }) =>
        ResourceType === "AWS::DynamoDB::GlobalTable" && LogicalResourceId?.startsWith("Ledger"),
    );
    if (found?.PhysicalResourceId !== undefined) return found.PhysicalResourceId;
  }
  throw new Error("the data stack has no table of the ledger");
}
