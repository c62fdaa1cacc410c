import { DEPLOY_GATE_SECONDS } from "../lambdas/domain/may-deploy.ts";
import type { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import type { Construct } from "constructs";
import { type DeployFacts, deployFacts } from "./deploy-facts.ts";
import { type Deployment, handlerLambda } from "./handler.ts";

/**
 * Check, begin and end of a deployment. It alone, of all that deploys, writes the ledger: the stream's items, on which a
 * deployment and a batch shut each other out, and the audit trail of each stream. It alone is told of overrides, too: a deployment begins under one or without.
 */
export function deployGate(scope: Construct, deployment: Deployment, facts: DeployFacts): NodejsFunction {
  const { ledger } = facts.data;
  return handlerLambda(scope, "DeployGate", "lambdas/deploy-gate", deployment, {
    // By this name CI finds it, which may look nothing up.
    functionName: `debit-once-${deployment.stage}-deploy-gate`,
    does: "Tells whether a deployment may begin, lets it hold every stream, and frees them again.",
    timeoutSeconds: DEPLOY_GATE_SECONDS,
    memoryMb: 512,
    may: [...deployFacts(scope, deployment.stage, facts), ledger.may({ query: ["DEPLOY"], put: ["STREAM"] })],
  });
}
