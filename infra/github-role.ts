import { Aws, DefaultStackSynthesizer, Duration, Stack } from "aws-cdk-lib";
import { OpenIdConnectProvider, PolicyStatement, Role, WebIdentityPrincipal } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import type { Stage } from "./stage.ts";

const ISSUER = "token.actions.githubusercontent.com";

/**
 * The roles of `cdk bootstrap` that a deployment takes. Nothing here builds a container's image, and nothing is looked
 * up: the role for that reads the whole account, the ledger included. Where CDK would rather compare with it, it warns and
 * takes the deploying one.
 */
const BOOTSTRAP_ROLES = ["deploy-role", "file-publishing-role"];

/**
 * The role in which the repository's workflow deploys one stage, with no key that lasts: it calls DeployGate and takes
 * the roles of CDK's bootstrap, and that is all; by itself it reads no table and can neither propose nor approve. What
 * CloudFormation then makes of its templates is an administrator's power. Only a job in the GitHub environment that is
 * called as the stage gets it, so that the environment's rules (who approves, which branch) stand before it.
 * @param repository as `owner/name` or `owner@id/name@id`, just as the subject of its tokens has it
 */
export function githubRole(scope: Construct, stage: Stage, repository: string, gate: IFunction): Role {
  const provider = OpenIdConnectProvider.fromOpenIdConnectProviderArn(
    scope,
    "GitHub",
    // One per account, also where both stages are in one: nothing that a stack of a stage could own.
    `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:oidc-provider/${ISSUER}`,
  );
  const role = new Role(scope, "GitHubDeployer", {
    description: `debit-once ${stage}: deploys from the workflow of ${repository}`,
    assumedBy: new WebIdentityPrincipal(provider.openIdConnectProviderArn, {
      StringEquals: {
        [`${ISSUER}:aud`]: "sts.amazonaws.com",
        [`${ISSUER}:sub`]: `repo:${repository}:environment:${stage}`,
      },
    }),
    maxSessionDuration: Duration.hours(1),
  });
  role.addToPolicy(
    new PolicyStatement({ actions: ["lambda:InvokeFunction"], resources: [gate.functionArn] }),
  );
  role.addToPolicy(
    new PolicyStatement({
      actions: ["sts:AssumeRole"],
      resources: BOOTSTRAP_ROLES.map((name) => bootstrapRole(scope, name)),
    }),
  );
  return role;
}

function bootstrapRole(scope: Construct, name: string): string {
  const { partition, account, region, synthesizer } = Stack.of(scope);
  const qualifier = synthesizer.bootstrapQualifier ?? DefaultStackSynthesizer.DEFAULT_QUALIFIER;
  return `arn:${partition}:iam::${account}:role/cdk-${qualifier}-${name}-${account}-${region}`;
}
