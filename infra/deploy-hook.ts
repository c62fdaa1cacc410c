import { Aws, Stack } from "aws-cdk-lib";
import { CfnLambdaHook } from "aws-cdk-lib/aws-cloudformation";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import type { Construct } from "constructs";
import { type DeployFacts, deployFacts } from "./deploy-facts.ts";
import { type Deployment, handlerLambda } from "./handler.ts";
import type { Stage } from "./stage.ts";

/**
 * CloudFormation asks before it touches one of the guarded stacks, whoever called it: a `cdk deploy` from a laptop is
 * stopped as one from CI is. The function only reads. Prod is refused then, dev warned.
 *
 * The stack that this stands in is never among the guarded ones: broken, the hook would block its own repair.
 */
export function deployHook(
  scope: Construct,
  deployment: Deployment,
  facts: DeployFacts,
  guarded: readonly string[],
): NodejsFunction {
  const { stage } = deployment;
  const stack = Stack.of(scope);
  if (guarded.includes(stack.stackName)) throw new Error(`${stack.stackName} would block its own repair`);
  const lambda = handlerLambda(scope, "DeployHook", "lambdas/deploy-hook", deployment, {
    does: "Refuses CloudFormation every change of a guarded stack but those of a deployment that holds all streams.",
    // After half a minute CloudFormation takes silence for a failure, asks again thrice, and then refuses.
    timeoutSeconds: 25,
    memoryMb: 512,
    may: deployFacts(scope, stage, facts),
  });
  const alias = hookAlias(stage);
  // With a star: a version's id may follow in the ARN of a hook.
  const hookArn = stack.formatArn({
    service: "cloudformation",
    resource: "type",
    resourceName: `hook/${alias.replaceAll("::", "-")}*`,
  });
  const role = new Role(scope, "DeployHookCaller", {
    description: `debit-once ${stage}: lets CloudFormation call DeployHook, and nothing else`,
    assumedBy: new ServicePrincipal("hooks.cloudformation.amazonaws.com", {
      conditions: {
        StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID },
        ArnLike: { "aws:SourceArn": hookArn },
      },
    }),
  });
  role.addToPolicy(
    new PolicyStatement({ actions: ["lambda:InvokeFunction"], resources: [lambda.functionArn] }),
  );
  const hook = new CfnLambdaHook(scope, "Hook", {
    alias,
    executionRole: role.roleArn,
    // The function without a version: a repaired one answers at once.
    lambdaFunction: lambda.functionArn,
    failureMode: stage === "prod" ? "FAIL" : "WARN",
    hookStatus: "ENABLED",
    targetOperations: ["STACK"],
    stackFilters: { filteringCriteria: "ALL", stackNames: { include: [...guarded] } },
  });
  // CDK's type knows only the other form of these filters, one that names resource types.
  hook.addPropertyOverride("TargetFilters", {
    Actions: ["CREATE", "UPDATE", "DELETE"],
    InvocationPoints: ["PRE_PROVISION"],
  });
  // Before the hook is asked for the first time, its role must be able to call.
  hook.node.addDependency(role);
  return lambda;
}

/** One name per account and region, so each stage has its own; another alias is another hook. */
function hookAlias(stage: Stage): string {
  return `DebitOnce::${stage === "prod" ? "Prod" : "Dev"}::Blackout`;
}
