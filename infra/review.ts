import { type App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import type { Acknowledgement } from "./acknowledgements.ts";
import type { Stage } from "./stage.ts";

/**
 * Has cdk-nag judge the app whenever it is synthesized, so that nothing is deployed with a finding that nobody
 * has acknowledged.
 * @throws Error for an acknowledgement of something that is not there
 */
export function review(app: App, stage: Stage, acknowledged: readonly Acknowledgement[]): void {
  for (const { id, on, reason } of acknowledged) {
    const [stack = "", ...path] = `DebitOnce-${stage}-${on}`.split("/");
    let construct = app.node.findChild(stack);
    for (const name of path) construct = construct.node.findChild(name);
    Validations.of(construct).acknowledge({ id, reason });
  }
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}
