import type { Stage } from "../../infra/stage.ts";

/** Grants that stay although no run needs them. One that a run needs, or that the app has not, is refused. */
export interface Exception {
  readonly stages: readonly Stage[];
  readonly reason: string;
  /** The grants' texts, as the evaluation prints them. */
  readonly grants: readonly string[];
}

const STEPS = [
  "AcquireLock",
  "PlanSegments",
  "StageSegment",
  "ComposeBankFile",
  "Reconcile",
  "SubmitBankFile",
  "CloseBatch",
];

const BUCKETS = [
  "AccessLogs",
  "BankFilesBucket",
  "DueListsBucket",
  "OutboundBucket",
  "ReportsBucket",
  "WorkBucket",
];
const EMPTYING = "CustomS3AutoDeleteObjectsCustomResourceProviderRole";

export const EXCEPTIONS: readonly Exception[] = [
  {
    stages: ["dev", "prod"],
    reason:
      "CDK's task adds the version that it names by itself. Our own grant on every version, which executions from " +
      "before a deployment need, covers it already.",
    grants: STEPS.map((step) => `BatchMachineRole · lambda:InvokeFunction · ${step}:1`),
  },
  {
    stages: ["dev"],
    reason:
      "CDK lets its emptying function do everything both on the bucket and on its objects, in one statement that " +
      "cannot be taken apart from outside; calls on a bucket have no object, and a delete has no bucket. It is only " +
      "in dev, and runs only when dev is destroyed.",
    grants: BUCKETS.flatMap((bucket) => [
      `policy of ${bucket} for ${EMPTYING} · s3:DeleteObject* · ${bucket}`,
      `policy of ${bucket} for ${EMPTYING} · s3:GetBucket* · ${bucket}/*`,
      `policy of ${bucket} for ${EMPTYING} · s3:List* · ${bucket}/*`,
      `policy of ${bucket} for ${EMPTYING} · s3:PutBucketPolicy · ${bucket}/*`,
    ]),
  },
];

/** The exceptions of one stage, by the grants' texts. */
export function exceptedIn(stage: Stage): string[] {
  return EXCEPTIONS.filter(({ stages }) => stages.includes(stage)).flatMap(({ grants }) => grants);
}
