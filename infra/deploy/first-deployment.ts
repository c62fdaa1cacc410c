import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { cloudFormationStacks } from "../../lambdas/adapters/stacks.ts";
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
  const credentials = {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
  };
  const stacks = cloudFormationStacks({ ...aws, region, credentials }, options);
  return isAbsent(await stacks.status(`DebitOnce-${stage}-Billing`));
}
