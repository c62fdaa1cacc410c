import { type App, Stack, Token, Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";
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
    Validations.of(construct).acknowledge({ id: foundId(id, construct), reason });
  }
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}

/**
 * The finding's id as cdk-nag writes it there. Where the command line has credentials, the stacks know partition,
 * region and account, and these stand in the ids as they are.
 */
export function foundId(id: string, construct: IConstruct): string {
  const { partition, region, account } = Stack.of(construct);
  const known = { "<AWS::Partition>": partition, "<AWS::Region>": region, "<AWS::AccountId>": account };
  return Object.entries(known).reduce(
    (text, [reference, value]) => (Token.isUnresolved(value) ? text : text.replaceAll(reference, value)),
    id,
  );
}
