import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { ChangeCalendar } from "../change-calendar.ts";
import { deployGate } from "../deploy-gate.ts";
import { deployHook } from "../deploy-hook.ts";
import { githubRole } from "../github-role.ts";
import type { Deployment } from "../handler.ts";
import type { DataStack } from "./data.ts";

interface BlackoutStackProps extends StackProps {
  readonly deployment: Deployment;
  readonly data: DataStack;
  /** The name of the stack that is deployed after this one, and guarded. */
  readonly billingStack: string;
  /** Whose workflow deploys, as `infra/config/github.ts` has it; without one people do. */
  readonly repository: string | undefined;
}

/**
 * What keeps deployments and running batches apart. It is a stack of its own, and its hook is not asked about it, so that it
 * can be repaired when it is broken. Its first deployment comes before there is anything that runs.
 */
export class BlackoutStack extends Stack {
  readonly gate: IFunction;
  readonly hook: IFunction;

  constructor(
    scope: Construct,
    id: string,
    { deployment, data, billingStack, repository, ...props }: BlackoutStackProps,
  ) {
    super(scope, id, props);
    const calendar = new ChangeCalendar(this, "ChangeCalendar", deployment.stage);
    const facts = { data, calendar, billingStack };
    this.gate = deployGate(this, deployment, facts);
    this.hook = deployHook(this, deployment, facts, [data.stackName, billingStack]);
    new CfnOutput(this, "ChangeCalendarName", { value: calendar.calendarName });
    new CfnOutput(this, "DeployGateFunctionName", { value: this.gate.functionName });
    if (repository !== undefined) {
      const role = githubRole(this, deployment.stage, repository, this.gate);
      // What the workflow is told to take.
      new CfnOutput(this, "GitHubRoleArn", { value: role.roleArn });
    }
  }
}
