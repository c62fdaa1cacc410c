import type { Configuration } from "../lambdas/domain/stream.ts";
import { machineName } from "./batch-machine.ts";
import { objectKeys } from "./object-keys.ts";
import type { Stage } from "./stage.ts";

/** One finding of cdk-nag (AwsSolutions) that stays, where it is, and why a reviewer may accept it. */
export interface Acknowledgement {
  /** The finding, not the rule: another star in the same policy is another finding. */
  readonly id: string;
  /** The construct that it is found on, as a path below `DebitOnce-<stage>-`. */
  readonly on: string;
  readonly reason: string;
}

/** The policy of a Lambda's role. */
const policyOf = (lambda: string) => `Billing/${lambda}Role/DefaultPolicy/Resource`;
const MACHINE = "Billing/Batch/Machine";

const STEPS = [
  "AcquireLock",
  "PlanSegments",
  "StageSegment",
  "ComposeBankFile",
  "Reconcile",
  "SubmitBankFile",
  "CloseBatch",
];
const OTHERS = [
  "StartBatch",
  "Watch",
  "ShowBatch",
  "ShowOverrides",
  "RedriveBatch",
  "ContinueBatch",
  "AbandonBatch",
  "PauseStream",
  "ResumeStream",
  "Propose",
  "Approve",
];
/** In a stack of their own, which is deployed before the batch's. */
const DEPLOYERS = ["DeployGate", "DeployHook"];
const deployerPolicyOf = (lambda: string) => `Blackout/${lambda}Role/DefaultPolicy/Resource`;

const TRACES =
  "Traces have no resource that a policy could name; the statement allows to send them, no more.";
const BATCHES =
  "The keys hold batch ids, segment and file numbers and hashes that nobody knows before the batch runs; the" +
  " kind of object, and where there is one the stream or the bank's user id, is fixed.";
const VERSIONS =
  "An execution calls the versions that its own definition names, also after later deployments made others.";
const EXECUTIONS = "Executions are named by batch ids, which nobody knows before; the machine is fixed.";
const ONE_STACK =
  "It is one stack by its name; what follows is an id that CloudFormation gives it when it is made.";
const CHILDREN =
  "Children of the map are named by Step Functions, which runs them itself; machine and map are fixed.";

/**
 * Every finding that is not mended, in either stage. One that is found on no such construct fails the tests, as one
 * that is found and not in here fails them and the deployment.
 */
export function acknowledgements(stage: Stage, configuration: Configuration): Acknowledgement[] {
  const keys = objectKeys(configuration);
  const exported = (name: string) => `DebitOnce-${stage}-Data:ExportsOutputFnGetAtt${name}`;
  const objects = (bucket: string, found: readonly string[], ...lambdas: readonly string[]) =>
    found.flatMap((key) =>
      lambdas.map((lambda) => wildcard(`${exported(bucket)}/${key}`, policyOf(lambda), BATCHES)),
    );
  const executions = (machine: string) =>
    `arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:${machine}`;
  const machineSelected = '{"Fn::Select":[6,{"Fn::Split":[":",{"Ref":"BatchMachineAF41ABEC"}]}]}';
  return [
    ...[...STEPS, ...OTHERS].map((lambda) => wildcard("*", policyOf(lambda), TRACES)),
    wildcard(
      "*",
      `${MACHINE}/Role/DefaultPolicy/Resource`,
      `${TRACES} The delivery of logs by Step Functions cannot be limited to a resource either.`,
    ),

    ...objects("DueListsBucket924CA009Arn67F44B3E", keys.manifests, "StartBatch", "AcquireLock", "Reconcile"),
    ...objects(
      "DueListsBucket924CA009Arn67F44B3E",
      keys.dueRows,
      "PlanSegments",
      "StageSegment",
      "Reconcile",
    ),
    ...objects("WorkBucket6D724B36Arn105F46FF", keys.plans, "PlanSegments", "StageSegment"),
    ...objects("WorkBucket6D724B36Arn105F46FF", keys.staged, "StageSegment", "ComposeBankFile"),
    ...objects("WorkBucket6D724B36Arn105F46FF", keys.exclusions, "StageSegment", "Reconcile", "CloseBatch"),
    ...objects(
      "BankFilesBucket5D16C427ArnBECED859",
      keys.bankFiles,
      "ComposeBankFile",
      "Reconcile",
      "SubmitBankFile",
    ),
    ...objects("BankFilesBucket5D16C427ArnBECED859", keys.indexes, "ComposeBankFile", "Reconcile"),
    ...objects("OutboundBucketB8911E18ArnC56FFC09", keys.deliveries, "SubmitBankFile", "AbandonBatch"),
    ...objects(
      "ReportsBucket95FE29A2Arn81EE02E6",
      keys.reports,
      "Reconcile",
      "CloseBatch",
      "ShowBatch",
      "Propose",
    ),
    ...objects("ReportsBucket95FE29A2Arn81EE02E6", keys.evidence, "Propose", "Approve"),
    ...objects("ReportsBucket95FE29A2Arn81EE02E6", keys.reportParts, "Reconcile", "CloseBatch"),
    ...[...keys.reports, ...keys.reportParts].map((key) =>
      wildcard(
        `<ReportsBucket95FE29A2.Arn>/${key}`,
        "Data/ReportReaders/DefaultPolicy/Resource",
        "The role is for reading every report, and reaches no other bucket.",
      ),
    ),
    ...keys.evidence.map((key) =>
      wildcard(
        `${exported("ReportsBucket95FE29A2Arn81EE02E6")}/${key}`,
        "Billing/Approver/DefaultPolicy/Resource",
        "Who approves reads what the bank has stated, of whichever batch; the kind of object is fixed.",
      ),
    ),

    ...[
      "AcquireLock64B196B4",
      "PlanSegments72808080",
      "StageSegmentAE96131A",
      "ComposeBankFile9DA91FB3",
      "ReconcileD51D4F4F",
      "SubmitBankFileA14665CE",
      "CloseBatchBA66125F",
    ].map((step) => wildcard(`<${step}.Arn>:*`, `${MACHINE}/Role/DefaultPolicy/Resource`, VERSIONS)),
    wildcard(`${executions(machineSelected)}:*`, `${MACHINE}/DistributedMapPolicy/Resource`, CHILDREN),
    wildcard(
      `${executions(machineSelected)}/StageSegments:*`,
      `${MACHINE}/DistributedMapPolicy/Resource`,
      CHILDREN,
    ),
    ...["StartBatch", "ShowBatch", "RedriveBatch", "ContinueBatch"].map((lambda) =>
      wildcard(`${executions("<BatchMachineAF41ABEC.Name>")}:*`, policyOf(lambda), EXECUTIONS),
    ),

    ...["Proposer", "Approver"].map((role) =>
      wildcard(
        `arn:<AWS::Partition>:cloudformation:<AWS::Region>:<AWS::AccountId>:stack/DebitOnce-${stage}-Billing/*`,
        `Billing/${role}/DefaultPolicy/Resource`,
        ONE_STACK,
      ),
    ),
    ...DEPLOYERS.flatMap((lambda) => [
      wildcard("*", deployerPolicyOf(lambda), TRACES),
      wildcard(`${executions(machineName(stage))}:*`, deployerPolicyOf(lambda), EXECUTIONS),
      wildcard(
        `arn:<AWS::Partition>:cloudformation:<AWS::Region>:<AWS::AccountId>:stack/DebitOnce-${stage}-Billing/*`,
        deployerPolicyOf(lambda),
        ONE_STACK,
      ),
    ]),

    ...["MissedStarts", "MissedLooks"].map((queue) => ({
      id: "AwsSolutions-SQS3",
      on: `Billing/${queue}/Resource`,
      reason:
        "It is a dead-letter queue itself, of a schedule or of a Lambda too, which the rule does not see.",
    })),
  ];
}

function wildcard(resource: string, on: string, reason: string): Acknowledgement {
  return { id: `AwsSolutions-IAM5[Resource::${resource}]`, on, reason };
}
