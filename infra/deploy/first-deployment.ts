import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { isAbsent } from "../../lambdas/domain/may-deploy.ts";
import type { Stage } from "../stage.ts";
import type { AwsSettings, Caller } from "./caller.ts";

/**
 * Whether CloudFormation says positively that nothing of the billing stack is there. It is asked as the role with which
 * the CDK deploys: CI may assume that one and has no right of its own.
 */
export async function isFirstDeployment(
  stage: Stage,
  aws: AwsSettings,
  caller: Caller,
  abortSignal?: AbortSignal,
): Promise<boolean> {
  const options = abortSignal === undefined ? {} : { abortSignal };
  const { account, partition, region } = caller;
  const { Credentials } = await new STSClient(aws).send(
    new AssumeRoleCommand({
      RoleArn: `arn:${partition}:iam::${account}:role/cdk-hnb659fds-deploy-role-${account}-${region}`,
      RoleSessionName: "debit-once-deploy-check",
    }),
    options,
  );
  const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials ?? {};
  if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined) {
    throw new Error("AWS gives no credentials for the CDK's deploy role");
  }
  const client = new CloudFormationClient({
    ...aws,
    region,
    credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
  });
  const StackName = `DebitOnce-${stage}-Billing`;
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName }), options);
    const [stack, ...more] = Stacks ?? [];
    if (stack?.StackName !== StackName || stack.StackStatus === undefined || more.length > 0) {
      throw new Error(`CloudFormation does not say how ${StackName} is`);
    }
    return isAbsent(stack.StackStatus);
  } catch (error) {
    if (error instanceof Error && saysAbsent(error, StackName)) return isAbsent(undefined);
    throw error;
  }
}

/** CloudFormation has no error of its own for a stack that is not there: its words are all there is. */
function saysAbsent({ name, message }: Error, stack: string): boolean {
  return name === "ValidationError" && message === `Stack with id ${stack} does not exist`;
}
