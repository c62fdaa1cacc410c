import type { App, Environment } from "aws-cdk-lib";
import { configuration } from "../config/configuration.ts";
import type { Stage } from "../stage.ts";
import { BillingStack } from "./billing.ts";
import { DataStack } from "./data.ts";

/** All stacks of a stage. */
export function debitOnce(app: App, stage: Stage, env: Environment | undefined): void {
  const billing = `DebitOnce-${stage}-Billing`;
  const data = new DataStack(app, `DebitOnce-${stage}-Data`, { env, stage, writers: billing });
  const deployment = { stage, configuration: configuration(stage) };
  new BillingStack(app, billing, { env, deployment, data, terminationProtection: stage === "prod" });
}
