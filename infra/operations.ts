import type { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import type { Construct } from "constructs";
import type { BatchMachine } from "./batch-machine.ts";
import type { Grant } from "./grant.ts";
import { type Deployment, handlerLambda, kebab } from "./handler.ts";
import type { DataStack } from "./stacks/data.ts";
import { twoPersons } from "./two-persons.ts";

/**
 * What people may do. They invoke these functions, which ask the ledger first; they never write the table, and
 * never touch an execution themselves. What takes two people is not among the functions returned, which one person
 * may invoke.
 */
export function operations(
  scope: Construct,
  deployment: Deployment,
  data: DataStack,
  batch: BatchMachine,
): NodejsFunction[] {
  const { ledger, outbound, reports } = data;
  twoPersons(scope, deployment, data);
  const operation = (name: string, does: string, may: readonly Grant[]) =>
    handlerLambda(scope, name, `lambdas/operations/${kebab(name)}`, deployment, {
      does,
      // Enough to read the largest bank file back where its fate is in doubt.
      timeoutSeconds: 300,
      memoryMb: 1769,
      may,
    });
  return [
    operation("ShowBatch", "Tells what ledger, execution and reports say of a batch.", [
      ledger.read,
      batch.describe,
      reports.read,
    ]),
    operation("RedriveBatch", "Redrives a failed execution, once the decision is in the audit trail.", [
      ledger.decide,
      batch.describe,
      batch.redrive,
    ]),
    operation("AbandonBatch", "Decides that the unsent files of a batch are never sent.", [
      ledger.decide,
      outbound.read,
    ]),
    operation("PauseStream", "Pauses a stream: no lock is acquired and no file is submitted.", [
      ledger.decide,
    ]),
    operation("ResumeStream", "Lets a paused stream go on.", [ledger.decide]),
  ];
}
