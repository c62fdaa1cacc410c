import type { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import type { Construct } from "constructs";
import type { BatchMachine } from "./batch-machine.ts";
import type { Grant } from "./grant.ts";
import { type Deployment, handlerLambda, kebab } from "./handler.ts";
import { objectKeys } from "./object-keys.ts";
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
  const { ledger, dueLists, outbound, reports } = data;
  const keys = objectKeys(deployment.configuration);
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
      ledger.may({ get: ["STREAM", "BATCH", "SUBMISSION"], query: ["STREAM", "BATCH"] }),
      batch.describe,
      reports.may({ read: keys.reports, list: keys.folders }),
    ]),
    operation("ShowOverrides", "Tells what was proposed and approved to override the deploy blackout.", [
      ledger.may({ query: ["DEPLOY"] }),
    ]),
    operation("RedriveBatch", "Redrives a failed execution, once the decision is in the audit trail.", [
      ledger.may({ query: ["BATCH"], put: ["BATCH"] }),
      batch.describe,
      batch.redrive,
    ]),
    operation("ContinueBatch", "Starts a new execution of a batch whose last one has ended unclosed.", [
      ledger.may({ get: ["BATCH"], query: ["BATCH"], put: ["BATCH"] }),
      batch.describe,
      batch.start,
    ]),
    operation("AbandonBatch", "Decides that the unsent files of a batch are never sent.", [
      ledger.may({
        get: ["STREAM", "BATCH", "SUBMISSION"],
        query: ["BATCH"],
        put: ["STREAM", "BATCH", "SUBMISSION"],
      }),
      outbound.may({ listVersions: keys.deliveries, readVersions: keys.deliveries }),
      // That there is a list tells a batch that never got its lock from an id that was mistyped.
      dueLists.may({ list: keys.dueFolders }),
    ]),
    operation("PauseStream", "Pauses a stream: no lock is acquired and no file is submitted.", [
      ledger.may({ get: ["STREAM"], put: ["STREAM"] }),
    ]),
    operation("ResumeStream", "Lets a paused stream go on.", [
      ledger.may({ get: ["STREAM"], put: ["STREAM"] }),
    ]),
  ];
}
