import { ArnFormat, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { machineName } from "./batch-machine.ts";
import type { ChangeCalendar } from "./change-calendar.ts";
import { type Grant, granting } from "./grant.ts";
import type { DataStack } from "./stacks/data.ts";
import type { Stage } from "./stage.ts";

/** What a deployment is judged by. */
export interface DeployFacts {
  readonly data: DataStack;
  readonly calendar: ChangeCalendar;
  /** The name of the stack that runs batches: while there is none, nothing can start one. */
  readonly billingStack: string;
}

/**
 * Reading all that decides whether a deployment may begin, and nothing else: consistent reads of the ledger, the
 * calendar, and what execution and stack say. Machine and billing stack are known by their names, which are fixed: they
 * are deployed after this, and a reference to them would go round in a circle.
 */
export function deployFacts(
  scope: Construct,
  stage: Stage,
  { data, calendar, billingStack }: DeployFacts,
): Grant[] {
  const stack = Stack.of(scope);
  const ofMachine = (resource: string, resourceName: string) =>
    stack.formatArn({ service: "states", resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  const machine = machineName(stage);
  return [
    data.ledger.may({ get: ["STREAM", "BATCH"], query: ["BATCH"] }),
    calendar.ask,
    granting({ STATE_MACHINE_ARN: ofMachine("stateMachine", machine) }, [
      { actions: ["states:DescribeExecution"], on: [ofMachine("execution", `${machine}:*`)] },
    ]),
    granting({ BILLING_STACK: billingStack }, [
      {
        actions: ["cloudformation:DescribeStacks"],
        // By its name; what follows in a stack's ARN is an id that CloudFormation gives it when it is made.
        on: [
          stack.formatArn({
            service: "cloudformation",
            resource: "stack",
            resourceName: `${billingStack}/*`,
          }),
        ],
      },
    ]),
    // Dev's schedules are switched off: nothing is ever due there.
    granting({ SCHEDULES: stage === "prod" ? "on" : "off" }, []),
  ];
}
