import { Choice, Condition, DistributedMap, JsonPath, StateMachineType } from "aws-cdk-lib/aws-stepfunctions";
import type { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import type { Construct } from "constructs";
import { SUBMISSION_SECONDS } from "../lambdas/domain/resolution.ts";
import { BatchMachine } from "./batch-machine.ts";
import type { Deployment } from "./handler.ts";
import { objectKeys } from "./object-keys.ts";
import type { DataStack } from "./stacks/data.ts";
import { batchState, type StateProps } from "./state.ts";

/**
 * The billing batch, top to bottom. A step that fails throws, and nobody catches it: the execution stays failed at
 * that state, its batch keeps the stream's lock, and a person redrives, continues or abandons it. Every state
 * finds its own work done, half done or not begun, so a redrive is safe from each of them.
 */
export function billingBatch(scope: Construct, deployment: Deployment, data: DataStack): BatchMachine {
  const { ledger, dueLists, work, bankFiles, outbound, reports } = data;
  const keys = objectKeys(deployment.configuration);
  const lambdas: NodejsFunction[] = [];
  const state = (name: string, props: StateProps) => {
    const { lambda, task } = batchState(scope, name, deployment, props);
    lambdas.push(lambda);
    return task;
  };
  const batchAndFence = { batchId: "$.batchId", fence: "$.lock.fence" };

  const acquireLock = state("AcquireLock", {
    does: "Takes the stream's lock for this batch and pins its due list.",
    failureMeans:
      "Nothing has begun: another batch holds the stream, it is paused, a deployment is on, or the list is missing or wrong. Remove the cause and redrive.",
    repeat: "safe",
    timeoutSeconds: 60,
    memoryMb: 1024,
    takes: {
      batchId: "$.batchId",
      execution: "$$.Execution.Name",
      entered: "$$.State.EnteredTime",
      retry: "$$.State.RetryCount",
    },
    gives: "$.lock",
    may: [
      ledger.may({ get: ["STREAM", "BATCH"], put: ["STREAM", "BATCH"] }),
      dueLists.may({ read: keys.manifests, listVersions: keys.dueRows, absence: true }),
    ],
  });

  const planSegments = state("PlanSegments", {
    does: "Proves the due list against its manifest and cuts it into segments.",
    failureMeans:
      "The due list is not what its manifest says. Nothing is claimed. Abandon the batch, and deliver the right list under a new number.",
    repeat: "safe",
    timeoutSeconds: 300,
    memoryMb: 3008,
    takes: batchAndFence,
    gives: "$.plan",
    may: [
      ledger.may({ get: ["STREAM", "BATCH"], put: ["BATCH"] }),
      dueLists.may({ readVersions: keys.dueRows, absence: true }),
      work.may({ read: keys.plans, create: keys.plans }),
    ],
  });

  const stageSegment = state("StageSegment", {
    does: "Judges the rows of one segment, claims each debit and stores the staged rows.",
    failureMeans:
      "This segment is staged in part or not at all. The claims that were made are this batch's, and a redrive finds them.",
    repeat: "safe",
    timeoutSeconds: 300,
    memoryMb: 1769,
    takes: { batchId: "$.batchId", fence: "$.fence", segment: "$.segment" },
    gives: "nothing",
    may: [
      ledger.may({
        get: ["STREAM", "BATCH"],
        query: ["BATCH", "MANDATE"],
        getMany: ["MANDATE"],
        put: ["BATCH", "MANDATE"],
      }),
      dueLists.may({ readVersions: keys.dueRows, absence: true }),
      work.may({
        read: [...keys.plans, ...keys.staged, ...keys.exclusions],
        create: [...keys.staged, ...keys.exclusions],
        absence: true,
      }),
    ],
  });

  const stageSegments = new DistributedMap(scope, "StageSegments", {
    comment:
      "A segment failed, and no failure of a segment is tolerated. Its child execution says why. Redrive.",
    label: "StageSegments",
    mapExecutionType: StateMachineType.STANDARD,
    itemsPath: "$.plan.segments",
    itemSelector: {
      batchId: JsonPath.stringAt("$.batchId"),
      fence: JsonPath.stringAt("$.lock.fence"),
      segment: JsonPath.stringAt("$$.Map.Item.Value"),
    },
    maxConcurrencyPath: "$.plan.concurrency",
    resultPath: JsonPath.DISCARD,
  });

  const composeBankFile = state("ComposeBankFile", {
    does: "Writes the bank files of the staged segments and freezes their set.",
    failureMeans:
      "There is no frozen set of bank files, or the stored bytes are not the frozen ones. Nothing was sent. Redrive; if it fails again, abandon.",
    repeat: "safe",
    timeoutSeconds: 600,
    memoryMb: 3008,
    takes: batchAndFence,
    gives: "$.files",
    may: [
      ledger.may({ get: ["STREAM", "BATCH"], query: ["BATCH"], put: ["STREAM"] }),
      work.may({ read: keys.staged, absence: true }),
      bankFiles.may({
        read: [...keys.bankFiles, ...keys.indexes],
        readVersions: [...keys.bankFiles, ...keys.indexes],
        create: [...keys.bankFiles, ...keys.indexes],
        absence: true,
      }),
    ],
  });

  const reconcile = state("Reconcile", {
    does: "The gate: due list, ledger and bank files agree to the cent, or nothing goes out.",
    failureMeans:
      "The gate found a difference, or suspects something that two people have not accepted, and the report shows it first. Nothing was sent. Find the cause before anything else; files that are wrong stay wrong, so abandon their batch.",
    repeat: "safe",
    timeoutSeconds: 900,
    memoryMb: 3008,
    takes: batchAndFence,
    gives: "$.gate",
    may: [
      ledger.may({
        get: ["STREAM", "BATCH"],
        query: ["STREAM", "BATCH", "MANDATE"],
        getMany: ["MANDATE"],
        put: ["STREAM"],
      }),
      dueLists.may({ read: keys.manifests, readVersions: keys.dueRows, absence: true }),
      work.may({ read: keys.exclusions, absence: true }),
      bankFiles.may({ readVersions: [...keys.bankFiles, ...keys.indexes], absence: true }),
      reports.may({ create: [...keys.reports, ...keys.reportParts], list: keys.folders }),
    ],
  });

  const submitBankFile = state("SubmitBankFile", {
    does: "Hands the bank files to the bank, in order, each at most once.",
    failureMeans:
      "Either nothing was sent (paused, past the cut-off), or nobody knows whether the bank has a file. `show` tells which. A redrive looks for evidence and never sends again what may have been sent.",
    repeat: "once",
    // By it people reckon from when on the bank's "not found" proves something.
    timeoutSeconds: SUBMISSION_SECONDS,
    memoryMb: 3008,
    // One call per stream, set aside so that staging cannot crowd out the state that is not repeated. A new
    // account has no calls to set aside, and dev may live in one.
    reservedConcurrency:
      deployment.stage === "prod" ? Object.keys(deployment.configuration.streams).length : undefined,
    takes: batchAndFence,
    gives: "$.submission",
    may: [
      ledger.may({
        get: ["STREAM", "BATCH", "SUBMISSION"],
        query: ["BATCH"],
        put: ["STREAM", "SUBMISSION"],
      }),
      bankFiles.may({ readVersions: keys.bankFiles, absence: true }),
      outbound.may({
        listVersions: keys.deliveries,
        readVersions: keys.deliveries,
        create: keys.deliveries,
      }),
    ],
  });

  const closeBatch = state("CloseBatch", {
    does: "Proves the sum over every due row, closes the batch, frees the lock and writes the report.",
    failureMeans:
      "What was sent was sent, but the sum over the due rows is not proven or not yet recorded. The lock stays. Redrive.",
    repeat: "safe",
    timeoutSeconds: 900,
    memoryMb: 3008,
    takes: batchAndFence,
    gives: "$.ending",
    may: [
      ledger.may({ get: ["STREAM", "BATCH"], query: ["STREAM", "BATCH"], put: ["STREAM", "BATCH"] }),
      work.may({ read: keys.exclusions, absence: true }),
      reports.may({
        read: keys.reports,
        create: [...keys.reports, ...keys.reportParts],
        absence: true,
      }),
    ],
  });

  const definition = acquireLock.next(
    new Choice(scope, "IsBatchClosed", {
      comment:
        "Of a batch that was closed before, nothing runs again but its close, which may have died half way.",
    })
      .when(Condition.stringEquals("$.lock.outcome", "ALREADY_CLOSED"), closeBatch)
      .otherwise(
        planSegments
          .next(stageSegments.itemProcessor(stageSegment))
          .next(composeBankFile)
          .next(reconcile)
          .next(submitBankFile)
          .next(closeBatch),
      ),
  );
  const comment =
    "One billing batch, from a due list to submitted bank files: no instalment is debited twice.";
  return new BatchMachine(scope, "Batch", { stage: deployment.stage, comment, definition, lambdas });
}
