import { beforeAll, describe, expect, test } from "vitest";
import {
  type Json,
  lambdasOf,
  ofType,
  type Synthesized,
  synthesize,
  type Template,
  textOf,
} from "./synthesized.ts";

let dev: Synthesized;
let prod: Synthesized;
let unknown: Synthesized;

beforeAll(async () => {
  [dev, prod, unknown] = await Promise.all([
    synthesize(undefined),
    synthesize("prod", "with validation"),
    synthesize("test"),
  ]);
}, 120_000);

const bothStages = () => [dev, prod];

/** What stays when its stack goes, by kind and the construct's name. */
function retained(template: Template): string[] {
  return Object.entries(template.Resources)
    .filter(
      ([, { DeletionPolicy, UpdateReplacePolicy }]) =>
        DeletionPolicy === "Retain" && UpdateReplacePolicy === "Retain",
    )
    .map(([id, { Type }]) => `${Type.split("::").at(-1)} ${id.replace(/[0-9A-F]{8}[0-9a-f]*$/, "")}`)
    .toSorted();
}

const LAMBDAS = [
  "AbandonBatch",
  "AcquireLock",
  "CloseBatch",
  "ComposeBankFile",
  "PauseStream",
  "PlanSegments",
  "Reconcile",
  "RedriveBatch",
  "ResumeStream",
  "ShowBatch",
  "StageSegment",
  "StartBatch",
  "SubmitBankFile",
  "Watch",
];
const STEPS = [
  "AcquireLock",
  "CloseBatch",
  "ComposeBankFile",
  "PlanSegments",
  "Reconcile",
  "StageSegment",
  "SubmitBankFile",
];
const VERSIONS = STEPS.map((name) => `Version ${name}CurrentVersion`);

describe("both stages", () => {
  test("are synthesized without a word of warning, prod judged by CloudFormation's schemas too; without a stage it is dev", () => {
    for (const { exitCode, stderr, remarks } of bothStages()) {
      expect([exitCode, stderr, remarks]).toEqual([0, "", []]);
    }
    expect(textOf(dev.billing.Outputs.StateMachineArn?.Value)).toMatch(/^<BatchMachine/);
    const machines = bothStages().map(({ billing }) => ofType(billing, "AWS::StepFunctions::StateMachine"));
    expect(machines.map(([machine]) => machine?.[1].Properties.StateMachineName)).toEqual([
      "debit-once-dev-billing-batch",
      "debit-once-prod-billing-batch",
    ]);
  });

  test("fit any account and region, since they name none", () => {
    for (const { billing, data } of bothStages()) {
      const fixed = JSON.stringify([billing, data]).match(/\b\d{12}\b|\b[a-z]{2}-[a-z]+-\d\b/g);
      expect(fixed).toBeNull();
    }
  });

  test("tell the names by which operators find the functions", () => {
    for (const { billing } of bothStages()) {
      const lambdas = lambdasOf(billing);
      for (const name of [
        "StartBatch",
        "ShowBatch",
        "RedriveBatch",
        "AbandonBatch",
        "PauseStream",
        "ResumeStream",
      ]) {
        expect(textOf(billing.Outputs[`${name}FunctionName`]?.Value)).toBe(`<${lambdas.get(name)?.id}>`);
      }
    }
  });

  test("another stage is refused with a sentence and nothing else", () => {
    expect(unknown).toMatchObject({
      exitCode: 1,
      stderr: 'There is no stage "test": -c stage=… takes dev or prod, and is dev when left out.\n',
      billing: {},
    });
  });
});

describe("what outlives a stack", () => {
  test("in dev: the ledger, and the versions of the steps", () => {
    expect(retained(dev.data)).toEqual(["GlobalTable LedgerTable"]);
    expect(retained(dev.billing)).toEqual(VERSIONS);
  });

  test("in prod: ledger, buckets and key, versions, machine and logs", () => {
    expect(retained(prod.data)).toEqual([
      "Bucket BankFilesBucket",
      "Bucket DueListsBucket",
      "Bucket OutboundBucket",
      "Bucket ReportsBucket",
      "Bucket WorkBucket",
      "GlobalTable LedgerTable",
      "Key Key",
    ]);
    const logs = ["Batch", ...LAMBDAS].map((name) => `LogGroup ${name}Logs`);
    expect(retained(prod.billing)).toEqual([...logs, "StateMachine BatchMachine", ...VERSIONS].toSorted());
  });
});

test("the stack of the ledger refuses to be deleted in prod", () => {
  expect(prod.protectedStacks).toEqual(["DebitOnce-prod-Data"]);
  expect(dev.protectedStacks).toEqual([]);
});

describe("the tables", () => {
  const table = (template: Template, name: string): Json =>
    ofType(template, "AWS::DynamoDB::GlobalTable").find(([id]) => id.startsWith(name))?.[1].Properties;

  test("the ledger forgets nothing: no time to live, recovery to any second, and prod refuses its deletion", () => {
    for (const { data } of bothStages()) {
      const ledger = table(data, "Ledger");
      expect(ledger.TimeToLiveSpecification).toBeUndefined();
      expect(ledger.BillingMode).toBe("PAY_PER_REQUEST");
      expect(ledger.KeySchema).toEqual([
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ]);
      expect(ledger.Replicas).toHaveLength(1);
      expect(ledger.Replicas[0].PointInTimeRecoverySpecification).toEqual({
        PointInTimeRecoveryEnabled: true,
      });
    }
    expect(table(prod.data, "Ledger").Replicas[0].DeletionProtectionEnabled).toBe(true);
  });

  test("only what Powertools remembers of starts has a time to live, under the names that it expects", () => {
    for (const { data, billing } of bothStages()) {
      const tables = [data, billing].flatMap((template) => ofType(template, "AWS::DynamoDB::GlobalTable"));
      expect(tables).toHaveLength(2);
      expect(table(data, "Idempotency")).toMatchObject({
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
        TimeToLiveSpecification: { AttributeName: "expiration", Enabled: true },
      });
    }
  });
});

test("every bucket keeps versions, encrypts with our key, is closed to the public and to plain connections", () => {
  for (const { data } of bothStages()) {
    const buckets = ofType(data, "AWS::S3::Bucket");
    expect(buckets.map(([id]) => id.replace(/Bucket\w+$/, "")).toSorted()).toEqual([
      "BankFiles",
      "DueLists",
      "Outbound",
      "Reports",
      "Work",
    ]);
    const policies = ofType(data, "AWS::S3::BucketPolicy").map(([, policy]) => policy.Properties);
    for (const [id, { Properties: bucket }] of buckets) {
      expect(bucket.VersioningConfiguration, id).toEqual({ Status: "Enabled" });
      const [rule] = bucket.BucketEncryption.ServerSideEncryptionConfiguration;
      expect(rule.BucketKeyEnabled, id).toBe(true);
      expect(rule.ServerSideEncryptionByDefault.SSEAlgorithm, id).toBe("aws:kms");
      expect(textOf(rule.ServerSideEncryptionByDefault.KMSMasterKeyID), id).toMatch(/^<Key\w+\.Arn>$/);
      expect(Object.values(bucket.PublicAccessBlockConfiguration), id).toEqual([true, true, true, true]);
      const policy = policies.find(({ Bucket }) => Bucket.Ref === id);
      expect(policy.PolicyDocument.Statement, id).toContainEqual(
        expect.objectContaining({
          Effect: "Deny",
          Action: "s3:*",
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        }),
      );
    }
  }
});

describe("the Lambdas", () => {
  test("run on one runtime, log for a set time, and are not repeated when called without waiting", () => {
    for (const [{ billing }, days] of [
      [dev, 30],
      [prod, 365],
    ] as const) {
      const lambdas = lambdasOf(billing);
      expect([...lambdas.keys()].toSorted()).toEqual(LAMBDAS);
      const calls = ofType(billing, "AWS::Lambda::EventInvokeConfig").map(([, { Properties }]) => Properties);
      for (const [name, { id, Properties }] of lambdas) {
        expect(Properties, name).toMatchObject({
          Runtime: "nodejs24.x",
          Architectures: ["arm64"],
          Handler: "index.handler",
        });
        expect(Properties.Timeout, name).toBeLessThanOrEqual(900);
        expect(Properties.Description.length, name).toBeLessThanOrEqual(256);
        const logs = billing.Resources[textOf(Properties.LoggingConfig.LogGroup).slice(1, -1)];
        expect(logs?.Properties.RetentionInDays, name).toBe(days);
        const call = calls.find(({ FunctionName }) => FunctionName.Ref === id);
        expect(call?.MaximumRetryAttempts, name).toBe(0);
      }
    }
  });

  test("SubmitBankFile has a call per stream set aside in prod, and no Lambda has any in dev", () => {
    const reserved = ({ billing }: Synthesized) =>
      [...lambdasOf(billing)].flatMap(([name, { Properties }]) =>
        Properties.ReservedConcurrentExecutions === undefined
          ? []
          : [[name, Properties.ReservedConcurrentExecutions]],
      );
    expect(reserved(dev)).toEqual([]);
    expect(reserved(prod)).toEqual([["SubmitBankFile", 2]]);
  });
});

describe("the starts", () => {
  test("each stream starts at its local time on its days, and late ones are dropped into the queue", () => {
    for (const [{ billing }, stage] of [
      [dev, "dev"],
      [prod, "prod"],
    ] as const) {
      const schedules = ofType(billing, "AWS::Scheduler::Schedule")
        .map(([, { Properties }]) => Properties)
        .filter(({ ScheduleExpression }) => ScheduleExpression.startsWith("cron"));
      const [[queue] = []] = ofType(billing, "AWS::SQS::Queue");
      const starter = lambdasOf(billing).get("StartBatch");
      expect(schedules).toEqual(
        ["au-cba", "au-wbc"].map((stream) => ({
          Name: `debit-once-${stage}-${stream}`,
          Description: `Starts the batch of stream ${stream}`,
          ScheduleExpression: "cron(0 7 ? * MON,TUE,WED,THU,FRI *)",
          ScheduleExpressionTimezone: "Australia/Sydney",
          FlexibleTimeWindow: { Mode: "OFF" },
          State: "ENABLED",
          Target: expect.objectContaining({
            Arn: { "Fn::GetAtt": [starter?.id, "Arn"] },
            Input: JSON.stringify({ stream, scheduledTime: "<aws.scheduler.scheduled-time>" }),
            RetryPolicy: { MaximumEventAgeInSeconds: 7200, MaximumRetryAttempts: 3 },
            DeadLetterConfig: { Arn: { "Fn::GetAtt": [queue, "Arn"] } },
          }),
        })),
      );
    }
  });

  test("a start or a look that the Lambda itself failed lies in the same queue, which is encrypted on the way and at rest", () => {
    for (const { billing } of bothStages()) {
      const queues = ofType(billing, "AWS::SQS::Queue");
      expect(queues).toHaveLength(2);
      const policies = ofType(billing, "AWS::SQS::QueuePolicy").map(([, { Properties }]) => Properties);
      for (const [queue, { Properties }] of queues) {
        expect(Properties).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 86_400 });
        const policy = policies.find(({ Queues }) => Queues[0].Ref === queue);
        expect(policy?.PolicyDocument.Statement).toContainEqual(
          expect.objectContaining({
            Effect: "Deny",
            Condition: { Bool: { "aws:SecureTransport": "false" } },
          }),
        );
      }
      const calls = ofType(billing, "AWS::Lambda::EventInvokeConfig").map(([, call]) => call.Properties);
      const failed = ["StartBatch", "Watch"].map((name) => {
        const { id } = lambdasOf(billing).get(name) ?? {};
        const call = calls.find(({ FunctionName }) => FunctionName.Ref === id);
        return textOf(call?.DestinationConfig.OnFailure.Destination).replace(/[0-9A-F]{8}/, "");
      });
      expect(failed).toEqual(["<MissedStarts.Arn>", "<MissedLooks.Arn>"]);
    }
  });

  test("the watch looks every quarter of an hour, and a look that is late makes way for the next one", () => {
    for (const { billing } of bothStages()) {
      const looks = ofType(billing, "AWS::Scheduler::Schedule")
        .map(([, { Properties }]) => Properties)
        .filter(({ ScheduleExpression }) => ScheduleExpression.startsWith("rate"));
      const queue = ofType(billing, "AWS::SQS::Queue").find(([id]) => id.startsWith("MissedLooks"))?.[0];
      expect(looks).toEqual([
        {
          Description: "Lets the watch look at every stream",
          ScheduleExpression: "rate(15 minutes)",
          ScheduleExpressionTimezone: "Etc/UTC",
          FlexibleTimeWindow: { Mode: "OFF" },
          State: "ENABLED",
          Target: expect.objectContaining({
            Arn: { "Fn::GetAtt": [lambdasOf(billing).get("Watch")?.id, "Arn"] },
            Input: "{}",
            RetryPolicy: { MaximumEventAgeInSeconds: 900, MaximumRetryAttempts: 2 },
            DeadLetterConfig: { Arn: { "Fn::GetAtt": [queue, "Arn"] } },
          }),
        },
      ]);
    }
  });
});
