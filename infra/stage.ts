import type { App } from "aws-cdk-lib";
import { WrongInput } from "./wrong-input.ts";

export const STAGES = ["dev", "prod"] as const;

export type Stage = (typeof STAGES)[number];

/** The stage that `-c stage=…` names; `dev` without it. */
export function stageOf(app: App): Stage {
  const given: unknown = app.node.tryGetContext("stage") ?? "dev";
  const stage = STAGES.find((known) => known === given);
  if (stage === undefined) {
    throw new WrongInput(
      `There is no stage ${JSON.stringify(given)}: -c stage=… takes ${STAGES.join(" or ")}, and is dev when left out.`,
    );
  }
  return stage;
}
