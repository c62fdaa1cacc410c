import type { DeployPorts } from "../deploy-facts.ts";
import { ssmChangeCalendar } from "./change-calendar.ts";
import type { Runtime } from "./lambda.ts";
import { ledgerOn } from "./ledger.ts";
import { powertoolsMetrics } from "./metrics.ts";
import { decisionLog, executionsOf, required } from "./ports.ts";
import { cloudFormationStacks } from "./stacks.ts";
import { dynamodbTable } from "./table.ts";

/** Wires the two functions that judge deployments to AWS. */
export function deployPorts(runtime: Runtime): DeployPorts {
  return {
    configuration: runtime.configuration,
    ledger: ledgerOn(dynamodbTable(required(runtime, "LEDGER_TABLE"), runtime.dynamodb)),
    executions: executionsOf(runtime),
    changeCalendar: ssmChangeCalendar(required(runtime, "CHANGE_CALENDAR"), runtime.ssm ?? {}),
    stacks: cloudFormationStacks(runtime.cloudformation ?? {}),
    billingStack: required(runtime, "BILLING_STACK"),
    schedules: isOn(required(runtime, "SCHEDULES")),
    clock: runtime.clock,
    nonce: runtime.nonce,
    log: decisionLog(runtime),
    metrics: powertoolsMetrics(runtime),
  };
}

/** Whether the stage's schedules start batches. */
function isOn(schedules: string): boolean {
  if (schedules !== "on" && schedules !== "off") throw new Error("SCHEDULES is neither on nor off");
  return schedules === "on";
}
