import type { Request } from "./iam.ts";
import { matches } from "./iam.ts";
import type { Resource, Synthesized } from "./templates.ts";

/** What nobody may do, whatever a policy allows him. */
export type Forbidden = Pick<Request, "action" | "resource" | "context">;

const PLAIN = { "aws:SecureTransport": ["false"] };
const OLD_TLS = { "s3:TlsVersion": ["1.1"] };

/** Bank files, what the bank picks up, and reports with the bank's statements: what lies there stays as it is. */
const LOCKED = ["BankFilesBucket", "OutboundBucket", "ReportsBucket"];

/** Every forbidden act, by the policy of the thing that it is done to. */
export function forbiddenIn(app: Synthesized): Forbidden[] {
  const labelled = (type: string, labels: readonly string[]): Resource[] => {
    const found = app.ofType(type).filter(({ label }) => labels.includes(label));
    if (found.length !== labels.length) throw new Error(`the app has not all of ${labels.join()}`);
    return found;
  };
  return [
    ...app.ofType("AWS::S3::Bucket").flatMap(({ arn }) => [
      { action: "s3:GetObject", resource: `${arn}/key`, context: PLAIN },
      { action: "s3:ListBucket", resource: arn, context: PLAIN },
      { action: "s3:GetObject", resource: `${arn}/key`, context: OLD_TLS },
      { action: "s3:ListBucket", resource: arn, context: OLD_TLS },
    ]),
    ...app
      .ofType("AWS::SQS::Queue")
      .map(({ arn }) => ({ action: "sqs:ReceiveMessage", resource: arn, context: PLAIN })),
    ...app
      .ofType("AWS::SNS::Topic")
      .map(({ arn }) => ({ action: "sns:Publish", resource: arn, context: PLAIN })),
    ...labelled("AWS::S3::Bucket", LOCKED).flatMap(({ arn }) => [
      ...ON_LOCKED_OBJECTS.map((action) => ({ action, resource: `${arn}/key`, context: {} })),
      // Where there is nothing, but by somebody who is no function; and by a function, but over what lies there.
      { action: "s3:PutObject", resource: `${arn}/key`, context: { "s3:if-none-match": ["*"] } },
      ...labelled("AWS::IAM::Role", ["SubmitBankFileRole"]).map((role) => ({
        action: "s3:PutObject",
        resource: `${arn}/key`,
        context: { "aws:PrincipalArn": [role.arn] },
      })),
      ...ON_LOCKED_BUCKETS.map((action) => ({ action, resource: arn, context: {} })),
    ]),
    ...labelled("AWS::DynamoDB::GlobalTable", ["LedgerTable"]).flatMap(({ arn }) =>
      ON_THE_LEDGER.map((action) => ({ action, resource: arn, context: {} })),
    ),
  ];
}

/** Without a condition on what lies there: the put would put it over. */
const ON_LOCKED_OBJECTS = [
  "s3:PutObject",
  "s3:DeleteObject",
  "s3:DeleteObjectVersion",
  "s3:ReplicateDelete",
  "s3:ReplicateObject",
  "s3:BypassGovernanceRetention",
  "s3:PutObjectLegalHold",
  "s3:PutObjectRetention",
];
/** Versions themselves cannot be switched off while there is a lock. */
const ON_LOCKED_BUCKETS = ["s3:PutBucketObjectLockConfiguration", "s3:PutLifecycleConfiguration"];
/** Also a put, by anybody but the functions. */
const ON_THE_LEDGER = [
  "dynamodb:PutItem",
  "dynamodb:BatchWriteItem",
  "dynamodb:DeleteItem",
  "dynamodb:PartiQLDelete",
  "dynamodb:PartiQLInsert",
  "dynamodb:PartiQLUpdate",
  "dynamodb:UpdateItem",
  "dynamodb:UpdateTimeToLive",
];

/** Whether an act is one of those that an action and a resource of a policy mean. */
export function isMeant({ action, resource }: Forbidden, actions: string, resources: string): boolean {
  return matches(actions, action, "any case") && matches(resources, resource);
}
