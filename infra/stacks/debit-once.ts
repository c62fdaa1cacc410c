import type { App, Environment } from "aws-cdk-lib";
import { addressesOf } from "../config/alarm-addresses.ts";
import { configuration } from "../config/configuration.ts";
import { githubRepository } from "../config/github.ts";
import type { Stage } from "../stage.ts";
import { refuseExampleAddresses } from "../topics.ts";
import { BillingStack } from "./billing.ts";
import { BlackoutStack } from "./blackout.ts";
import { DataStack } from "./data.ts";

/** All stacks of a stage, in the order in which they are deployed. */
export function debitOnce(
  app: App,
  stage: Stage,
  env: Environment | undefined,
  repository = githubRepository(),
): void {
  const named = (name: string) => `DebitOnce-${stage}-${name}`;
  const billingStack = named("Billing");
  const data = new DataStack(app, named("Data"), {
    env,
    stage,
    writers: billingStack,
    deployer: `${named("Blackout")}-DeployGateRole`,
  });
  const deployment = { stage, configuration: configuration(stage) };
  const addresses = addressesOf(stage);
  const terminationProtection = stage === "prod";
  const blackout = new BlackoutStack(app, named("Blackout"), {
    env,
    deployment,
    data,
    billingStack,
    repository,
    terminationProtection,
  });
  const billing = new BillingStack(app, billingStack, {
    env,
    deployment,
    data,
    blackout,
    addresses,
    terminationProtection,
  });
  // Also where nothing refers to it: the hook must be there before there is something to guard.
  billing.addStackDependency(blackout);
  for (const stack of [data, blackout, billing]) refuseExampleAddresses(stack, addresses);
}
