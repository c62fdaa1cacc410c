import type { App, Environment } from "aws-cdk-lib";
import { addressesOf } from "../config/alarm-addresses.ts";
import { configuration } from "../config/configuration.ts";
import type { Stage } from "../stage.ts";
import { refuseExampleAddresses } from "../topics.ts";
import { BillingStack } from "./billing.ts";
import { DataStack } from "./data.ts";

/** All stacks of a stage. */
export function debitOnce(app: App, stage: Stage, env: Environment | undefined): void {
  const name = `DebitOnce-${stage}-Billing`;
  const data = new DataStack(app, `DebitOnce-${stage}-Data`, { env, stage, writers: name });
  const deployment = { stage, configuration: configuration(stage) };
  const addresses = addressesOf(stage);
  const terminationProtection = stage === "prod";
  const billing = new BillingStack(app, name, { env, deployment, data, addresses, terminationProtection });
  for (const stack of [data, billing]) refuseExampleAddresses(stack, addresses);
}
