import type { Configuration } from "../domain/stream.ts";
import type { Area, Executions, Log, Objects, Ports } from "../ports.ts";
import { stepFunctionsExecutions } from "./executions.ts";
import type { Runtime } from "./lambda.ts";
import { ledgerOn } from "./ledger.ts";
import { powertoolsMetrics } from "./metrics.ts";
import { s3Objects } from "./objects.ts";
import { dynamodbTable } from "./table.ts";

const BUCKETS: Record<Area, string> = {
  due: "DUE_BUCKET",
  work: "WORK_BUCKET",
  bankFiles: "BANK_FILES_BUCKET",
  outbound: "OUTBOUND_BUCKET",
  reports: "REPORTS_BUCKET",
};

/** A variable that the stack sets together with the permission. Throws with its name where it is missing. */
export function required(runtime: Runtime, name: string): string {
  const value = runtime.env[name];
  if (value === undefined || value === "") throw new Error(`the environment variable ${name} is not set`);
  return value;
}

/** The ports of a step, and the configuration that its decisions need. */
export type StepPorts = Ports & { readonly configuration: Configuration };

/** Wires a step's ports to AWS. */
export function stepPorts(runtime: Runtime): StepPorts {
  return {
    configuration: runtime.configuration,
    ledger: ledgerOn(dynamodbTable(required(runtime, "LEDGER_TABLE"), runtime.dynamodb)),
    objects: objectsOf(runtime),
    clock: runtime.clock,
    nonce: runtime.nonce,
    log: decisionLog(runtime),
    metrics: powertoolsMetrics(runtime),
  };
}

/** The buckets. One that the Lambda was not given fails when it is used, by its variable's name. */
export function objectsOf(runtime: Runtime): Objects {
  return s3Objects((area) => required(runtime, BUCKETS[area]), runtime.s3);
}

/** The state machine's executions, for the functions that may start or describe them. */
export function executionsOf(runtime: Runtime): Executions {
  const machine = required(runtime, "STATE_MACHINE_ARN");
  // Only who may start an execution has the alias.
  return stepFunctionsExecutions(machine, () => required(runtime, "STATE_MACHINE_ALIAS_ARN"), runtime.sfn);
}

/** One JSON line per decision. A line that cannot be written is lost, as a count is: the decision it tells of is made. */
export function decisionLog(runtime: Pick<Runtime, "clock" | "write">): Log {
  return {
    decision: (line) => {
      const text = JSON.stringify({
        at: new Date(runtime.clock.now()).toISOString(),
        level: "INFO",
        ...line,
      });
      try {
        runtime.write(text);
      } catch {
        // Whom to tell? The line would go the way on which this one was lost.
      }
    },
  };
}
