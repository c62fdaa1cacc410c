import { App } from "aws-cdk-lib";
import { addressesOf } from "./config/alarm-addresses.ts";
import { configuration } from "./config/configuration.ts";
import { BillingStack } from "./stacks/billing.ts";
import { DataStack } from "./stacks/data.ts";
import { stageOf } from "./stage.ts";
import { refuseExampleAddresses } from "./topics.ts";
import { WrongInput } from "./wrong-input.ts";

try {
  const app = new App();
  const stage = stageOf(app);
  const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
  // Without an account the templates fit any; the CLI alone may still name a region.
  const env = account && region ? { account, region } : undefined;
  const data = new DataStack(app, `DebitOnce-${stage}-Data`, { env, stage });
  const deployment = { stage, configuration: configuration(stage) };
  const addresses = addressesOf(stage);
  const billing = new BillingStack(app, `DebitOnce-${stage}-Billing`, { env, deployment, data, addresses });
  for (const stack of [data, billing]) refuseExampleAddresses(stack, addresses);
} catch (error) {
  if (!(error instanceof WrongInput)) throw error;
  console.error(error.message);
  process.exit(1);
}
