import { App } from "aws-cdk-lib";
import { acknowledgements } from "./acknowledgements.ts";
import { configuration } from "./config/configuration.ts";
import { debitOnce } from "./stacks/debit-once.ts";
import { stageOf } from "./stage.ts";
import { WrongInput } from "./wrong-input.ts";

try {
  const app = new App();
  const stage = stageOf(app);
  const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
  // Without an account the templates fit any; the CLI alone may still name a region.
  debitOnce(app, stage, account && region ? { account, region } : undefined);
  // Switched off together with the CDK's own validation, by the local run, which deploys nothing.
  if (process.env.CDK_VALIDATION !== "false") {
    const { review } = await import("./review.ts");
    review(app, stage, acknowledgements(stage, configuration(stage)));
  }
} catch (error) {
  if (!(error instanceof WrongInput)) throw error;
  console.error(error.message);
  process.exit(1);
}
