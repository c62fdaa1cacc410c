import { beforeAll, describe, expect, test } from "vitest";
import { SUBMISSION_SECONDS } from "../../lambdas/domain/resolution.ts";
import { AFTER_MIDNIGHT_MS } from "../../lambdas/watch/watch.ts";
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

/**
 * What stays when its stack goes, by kind and the construct's name.
 * @param deletion `Retain` also stays when its creation is rolled back, `RetainExceptOnCreate` then goes
 */
function retained(template: Template, deletion: "Retain" | "RetainExceptOnCreate"): string[] {
  return Object.entries(template.Resources)
    .filter(
      ([, { DeletionPolicy, UpdateReplacePolicy }]) =>
        DeletionPolicy === deletion && UpdateReplacePolicy === "Retain",
    )
    .map(([id, { Type }]) => `${Type.split("::").at(-1)} ${id.replace(/[0-9A-F]{8}[0-9a-f]*$/, "")}`)
    .toSorted();
}

const LAMBDAS = [
  "AbandonBatch",
  "AcquireLock",
  "Approve",
  "CloseBatch",
  "ComposeBankFile",
  "ContinueBatch",
  "PauseStream",
  "PlanSegments",
  "Propose",
  "Reconcile",
  "RedriveBatch",
  "ResumeStream",
  "ShowBatch",
  "ShowOverrides",
  "StageSegment",
  "StartBatch",
  "SubmitBankFile",
  "Watch",
];
const DEPLOYERS = ["DeployGate", "DeployHook"];
const STEPS = [
  "AcquireLock",
  "CloseBatch",
  "ComposeBankFile",
  "PlanSegments",
  "Reconcile",
  "StageSegment",
  "SubmitBankFile",
];
const VERSIONS = [
  "StateMachineVersion BatchVersion",
  ...STEPS.map((name) => `Version ${name}CurrentVersion`),
];

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
    for (const { billing, blackout, data } of bothStages()) {
      const fixed = JSON.stringify([billing, blackout, data]).match(/\b\d{12}\b|\b[a-z]{2}-[a-z]+-\d\b/g);
      expect(fixed).toBeNull();
    }
  });

  test("tell the names by which operators find the functions", () => {
    for (const { billing } of bothStages()) {
      const lambdas = lambdasOf(billing);
      for (const name of [
        "StartBatch",
        "ShowBatch",
        "ShowOverrides",
        "RedriveBatch",
        "ContinueBatch",
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
  test("in dev: nothing but versions, which go with their Lambda or machine", () => {
    expect(retained(dev.data, "Retain")).toEqual([]);
    expect(retained(dev.blackout, "Retain")).toEqual([]);
    expect(retained(dev.billing, "Retain")).toEqual(VERSIONS);
    for (const template of [dev.data, dev.blackout, dev.billing]) {
      expect(retained(template, "RetainExceptOnCreate")).toEqual([]);
    }
  });

  test("in prod: tables, buckets with their policies and key, versions, machine with its alias, and logs", () => {
    expect(retained(prod.data, "Retain")).toEqual([
      "Bucket AccessLogs",
      "Bucket BankFilesBucket",
      "Bucket DueListsBucket",
      "Bucket OutboundBucket",
      "Bucket ReportsBucket",
      "Bucket WorkBucket",
      "BucketPolicy AccessLogsPolicy",
      "BucketPolicy BankFilesBucketPolicy",
      "BucketPolicy DueListsBucketPolicy",
      "BucketPolicy OutboundBucketPolicy",
      "BucketPolicy ReportsBucketPolicy",
      "BucketPolicy WorkBucketPolicy",
      "GlobalTable IdempotencyTable",
      "GlobalTable LedgerTable",
      "Key Key",
    ]);
    const logs = ["Batch", ...LAMBDAS].map((name) => `LogGroup ${name}Logs`);
    const machine = ["StateMachine BatchMachine", "StateMachineAlias BatchLive"];
    expect(retained(prod.billing, "Retain")).toEqual(VERSIONS);
    // The first creation, where it failed, leaves none of these: some have names of ours, which the second one needs.
    const gone = (template: Template) => retained(template, "RetainExceptOnCreate");
    expect(gone(prod.data)).toEqual([]);
    expect(gone(prod.blackout)).toEqual(DEPLOYERS.map((name) => `LogGroup ${name}Logs`));
    expect(gone(prod.billing)).toEqual([...logs, ...machine].toSorted());
    expect(retained(prod.blackout, "Retain")).toEqual([]);
  });

  test("nothing with a name of ours outlives a creation that is rolled back, so that it can be repeated", () => {
    for (const { data, blackout, billing } of bothStages()) {
      const named = [data, blackout, billing].flatMap(({ Resources }) =>
        Object.values(Resources).filter(({ Properties = {} }) =>
          ["LogGroupName", "StateMachineName", "FunctionName", "TableName", "BucketName", "Name"].some(
            (property) => typeof Properties[property] === "string",
          ),
        ),
      );
      expect(named.map(({ Type }) => Type)).toEqual(
        expect.arrayContaining(["AWS::Logs::LogGroup", "AWS::StepFunctions::StateMachine"]),
      );
      expect(named.filter(({ DeletionPolicy }) => DeletionPolicy === "Retain")).toEqual([]);
    }
  });
});

test("everything that holds something has the logical id that it always had: another one would be an empty new thing", () => {
  const holding =
    /^AWS::(S3::Bucket|DynamoDB::GlobalTable|KMS::Key|StepFunctions::StateMachine|SQS::Queue|SSM::Document)$/;
  for (const { data, blackout, billing } of bothStages()) {
    const ids = [data, blackout, billing].flatMap(({ Resources }) =>
      Object.entries(Resources).flatMap(([id, { Type }]) => (holding.test(Type) ? [id] : [])),
    );
    expect(ids.toSorted()).toEqual([
      "AccessLogs8B620ECA",
      "BankFilesBucket5D16C427",
      "BatchMachineAF41ABEC",
      "ChangeCalendarDocumentD1BAA5CF",
      "DueListsBucket924CA009",
      "IdempotencyTable48612DF4",
      "Key961B73FD",
      "LedgerTable9343E4AA",
      "MissedLooksB07C23E6",
      "MissedStartsDE601CED",
      "OutboundBucketB8911E18",
      "ReportsBucket95FE29A2",
      "TopicsKey64CE8550",
      "WorkBucket6D724B36",
    ]);
  }
});

test("everything that an execution of before a deployment still uses has the logical id that it always had", () => {
  // A function that is another takes its versions along, and a role that is another leaves them without leave.
  for (const { billing } of bothStages()) {
    const steps = STEPS.map((name) => lambdasOf(billing).get(name));
    const machines = ofType(billing, "AWS::StepFunctions::StateMachine").map(([, machine]) => machine);
    const roles = [
      ...steps.map((step) => step?.Properties.Role["Fn::GetAtt"][0]),
      ...machines.map(({ Properties }) => Properties.RoleArn["Fn::GetAtt"][0]),
    ];
    const versions = ofType(billing, "AWS::StepFunctions::StateMachineVersion").map(([id]) => id);
    const aliases = ofType(billing, "AWS::StepFunctions::StateMachineAlias").map(([id]) => id);
    expect([...steps.map((step) => step?.id), ...roles, ...versions, ...aliases]).toEqual([
      "AcquireLock64B196B4",
      "CloseBatchBA66125F",
      "ComposeBankFile9DA91FB3",
      "PlanSegments72808080",
      "ReconcileD51D4F4F",
      "StageSegmentAE96131A",
      "SubmitBankFileA14665CE",
      "AcquireLockRole305D92F4",
      "CloseBatchRoleAAB789E5",
      "ComposeBankFileRole3B3BB84F",
      "PlanSegmentsRole5A56C246",
      "ReconcileRole90F75AB5",
      "StageSegmentRoleFDE76E85",
      "SubmitBankFileRole6E838DCC",
      "BatchMachineRole980FA529",
      "BatchVersion6BB47BA4",
      "BatchLiveA4846DDF",
    ]);
  }
});

test("only what would otherwise be replaced, doubled or unknown to a policy has a name of its own", () => {
  const names =
    /^(Name|BucketName|TableName|RoleName|FunctionName|QueueName|TopicName|AlarmName|LogGroupName|StateMachineName|AliasName)$/;
  for (const { data, blackout, billing } of bothStages()) {
    const named = [data, blackout, billing].flatMap(({ Resources }) =>
      Object.values(Resources).flatMap(({ Type, Properties }) =>
        Object.entries<Json>(Properties).flatMap(([key, value]) =>
          names.test(key) && typeof value === "string" ? [`${Type} ${key}`] : [],
        ),
      ),
    );
    expect(named.toSorted()).toEqual([
      "AWS::Events::Rule Name",
      // CI, which may look nothing up, finds DeployGate by its name.
      "AWS::Lambda::Function FunctionName",
      "AWS::Logs::LogGroup LogGroupName",
      "AWS::Scheduler::Schedule Name",
      "AWS::Scheduler::Schedule Name",
      "AWS::StepFunctions::StateMachine StateMachineName",
      // Without one, a name made of the logical id, which no permission could name.
      "AWS::StepFunctions::StateMachineAlias Name",
    ]);
  }
});

test("all stacks refuse to be deleted in prod, and none does in dev", () => {
  expect(prod.protectedStacks.toSorted()).toEqual([
    "DebitOnce-prod-Billing",
    "DebitOnce-prod-Blackout",
    "DebitOnce-prod-Data",
  ]);
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
    for (const name of ["Ledger", "Idempotency"]) {
      expect(table(prod.data, name).Replicas[0].DeletionProtectionEnabled, name).toBe(true);
      expect(table(dev.data, name).Replicas[0].DeletionProtectionEnabled, name).toBe(false);
    }
  });

  test("the ledger itself refuses changes and deletes by anybody, and puts by anybody but the functions", () => {
    for (const [{ data }, stage] of [
      [dev, "dev"],
      [prod, "prod"],
    ] as const) {
      const { ResourcePolicy } = table(data, "Ledger").Replicas[0];
      const [never, functions, ...more] = ResourcePolicy.PolicyDocument.Statement;
      expect(never).toEqual({
        Sid: "NeverTakenBack",
        Effect: "Deny",
        Principal: { AWS: "*" },
        Action: [
          "dynamodb:BatchWriteItem",
          "dynamodb:DeleteItem",
          "dynamodb:PartiQLDelete",
          "dynamodb:PartiQLInsert",
          "dynamodb:PartiQLUpdate",
          "dynamodb:UpdateItem",
          "dynamodb:UpdateTimeToLive",
        ],
        Resource: "*",
      });
      expect(functions).toMatchObject({
        Effect: "Deny",
        Principal: { AWS: "*" },
        Action: "dynamodb:PutItem",
        Resource: "*",
      });
      expect(Object.keys(functions.Condition)).toEqual(["ArnNotLike"]);
      expect(functions.Condition.ArnNotLike["aws:PrincipalArn"].map(textOf)).toEqual([
        `arn:<AWS::Partition>:iam::<AWS::AccountId>:role/DebitOnce-${stage}-Billing-*`,
        `arn:<AWS::Partition>:iam::<AWS::AccountId>:role/DebitOnce-${stage}-Blackout-DeployGateRole*`,
      ]);
      expect(more).toEqual([]);
    }
  });

  test("the roles that put items are named by CloudFormation after the stack that the ledger knows", () => {
    for (const [{ billing, blackout, stacks }, stage] of [
      [dev, "dev"],
      [prod, "prod"],
    ] as const) {
      for (const [name, template] of [
        [`DebitOnce-${stage}-Billing`, billing],
        [`DebitOnce-${stage}-Blackout`, blackout],
      ] as const) {
        expect(stacks).toContain(name);
        // A longer name of the stack would be cut off in theirs.
        expect(name.length).toBeLessThanOrEqual(24);
        for (const [id, { Properties }] of ofType(template, "AWS::IAM::Role")) {
          expect([id, Properties.RoleName, Properties.Path]).toEqual([id, undefined, undefined]);
        }
      }
      const gate = textOf(lambdasOf(blackout).get("DeployGate")?.Properties.Role);
      expect(gate).toMatch(/^<DeployGateRole[0-9A-F]{8}\.Arn>$/);
      // Of stack, logical id and CloudFormation's own end: a name of 64 is not cut off.
      const length = `DebitOnce-${stage}-Blackout-DeployGateRole12345678-123456789012`.length;
      expect(length).toBeLessThanOrEqual(64);
    }
  });

  test("only what Powertools remembers of starts has a time to live, under the names that it expects", () => {
    for (const { data, blackout, billing } of bothStages()) {
      const tables = [data, blackout, billing].flatMap((template) =>
        ofType(template, "AWS::DynamoDB::GlobalTable"),
      );
      expect(tables).toHaveLength(2);
      expect(table(data, "Idempotency")).toMatchObject({
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
        TimeToLiveSpecification: { AttributeName: "expiration", Enabled: true },
      });
    }
  });
});

const STORES = ["BankFiles", "DueLists", "Outbound", "Reports", "Work"];
const LOCKED = ["BankFiles", "Outbound", "Reports"];

describe("the buckets", () => {
  const buckets = (template: Template): Map<string, Json> =>
    new Map(
      ofType(template, "AWS::S3::Bucket").map(([id, { Properties }]) => [
        id.replace(/(Bucket)?[0-9A-F]{8}$/, ""),
        { id, ...Properties },
      ]),
    );
  const statements = (template: Template, id: string): Json[] =>
    ofType(template, "AWS::S3::BucketPolicy").find(([, { Properties }]) => Properties.Bucket.Ref === id)?.[1]
      .Properties.PolicyDocument.Statement ?? [];

  test("are closed to the public, to other owners and to connections without TLS 1.2", () => {
    for (const { data } of bothStages()) {
      expect([...buckets(data).keys()].toSorted()).toEqual(["AccessLogs", ...STORES]);
      for (const [name, bucket] of buckets(data)) {
        expect(Object.values(bucket.PublicAccessBlockConfiguration), name).toEqual([true, true, true, true]);
        expect(bucket.OwnershipControls.Rules, name).toEqual([{ ObjectOwnership: "BucketOwnerEnforced" }]);
        const everything = [`<${bucket.id}.Arn>`, `<${bucket.id}.Arn>/*`];
        for (const condition of [
          { Bool: { "aws:SecureTransport": "false" } },
          { NumericLessThan: { "s3:TlsVersion": 1.2 } },
        ]) {
          const [deny] = statements(data, bucket.id).filter(
            ({ Condition }) => JSON.stringify(Condition) === JSON.stringify(condition),
          );
          expect(deny, name).toMatchObject({ Effect: "Deny", Principal: { AWS: "*" }, Action: "s3:*" });
          expect(deny.Resource.map(textOf), name).toEqual(everything);
        }
      }
    }
  });

  test("with what we store keep versions, encrypt with our key, by bucket, and note every access in a bucket apart", () => {
    for (const { data } of bothStages()) {
      const all = buckets(data);
      for (const name of STORES) {
        const bucket = all.get(name);
        expect(bucket.VersioningConfiguration, name).toEqual({ Status: "Enabled" });
        const [rule] = bucket.BucketEncryption.ServerSideEncryptionConfiguration;
        expect(rule.BucketKeyEnabled, name).toBe(true);
        expect(rule.ServerSideEncryptionByDefault.SSEAlgorithm, name).toBe("aws:kms");
        expect(textOf(rule.ServerSideEncryptionByDefault.KMSMasterKeyID), name).toMatch(/^<Key\w+\.Arn>$/);
        expect(bucket.LoggingConfiguration, name).toEqual({
          DestinationBucketName: { Ref: all.get("AccessLogs").id },
          LogFilePrefix: `${name}/`,
        });
      }
      const [[, key] = []] = ofType(data, "AWS::KMS::Key");
      expect(key?.Properties.EnableKeyRotation).toBe(true);
    }
  });

  test("of bank files, of what the bank was sent and of reports are locked, in prod for seven years and against everybody", () => {
    for (const [{ data }, lock] of [
      [dev, undefined],
      [
        prod,
        { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention: { Mode: "COMPLIANCE", Days: 2557 } } },
      ],
    ] as const) {
      for (const [name, bucket] of buckets(data)) {
        const isLocked = LOCKED.includes(name);
        expect(bucket.ObjectLockEnabled, name).toBe(isLocked ? true : undefined);
        expect(bucket.ObjectLockConfiguration, name).toEqual(isLocked ? lock : undefined);
      }
    }
  });

  test("are emptied by time but for bank files, reports when their lock has ended, the others after an execution of a year can no longer be continued", () => {
    for (const { data } of bothStages()) {
      const rules = [...buckets(data)].map(([name, { LifecycleConfiguration }]) => [
        name,
        LifecycleConfiguration?.Rules.map((rule: Json) => [
          rule.ExpirationInDays,
          rule.NoncurrentVersionExpiration?.NoncurrentDays,
          rule.AbortIncompleteMultipartUpload.DaysAfterInitiation,
        ]),
      ]);
      expect(Object.fromEntries(rules)).toEqual({
        AccessLogs: [[400, undefined, 7]],
        DueLists: [[400, 400, 7]],
        Work: [[400, 30, 7]],
        Reports: [[2557, 30, 7]],
        BankFiles: undefined,
        Outbound: undefined,
      });
    }
  });

  test("of bank files, of what the bank was sent and of reports refuse overwriting, deleting, and rules that would do it", () => {
    for (const [{ data }, spared] of [
      [dev, /^<CustomS3AutoDeleteObjectsCustomResourceProviderRole\w+\.Arn>$/],
      [prod, undefined],
    ] as const) {
      for (const name of LOCKED) {
        const { id } = buckets(data).get(name);
        const denied = statements(data, id).filter(({ Sid }) => Sid !== undefined);
        const objects = `<${id}.Arn>/*`;
        expect(
          denied.map(({ Sid, Effect, Principal, Action, Resource }) => [
            Sid,
            Effect,
            Principal,
            Action,
            textOf(Resource),
          ]),
          name,
        ).toEqual([
          ["PutByFunctionsOnly", "Deny", { AWS: "*" }, "s3:PutObject", objects],
          ["PutOnlyWhereThereIsNothing", "Deny", { AWS: "*" }, "s3:PutObject", objects],
          [
            "NoDeletes",
            "Deny",
            { AWS: "*" },
            ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ReplicateDelete"],
            objects,
          ],
          ["NoReplicas", "Deny", { AWS: "*" }, "s3:ReplicateObject", objects],
          [
            "NoChangeOfLocks",
            "Deny",
            { AWS: "*" },
            ["s3:BypassGovernanceRetention", "s3:PutObjectLegalHold", "s3:PutObjectRetention"],
            objects,
          ],
          [
            "NoRulesThatDelete",
            "Deny",
            { AWS: "*" },
            ["s3:PutBucketObjectLockConfiguration", "s3:PutLifecycleConfiguration"],
            `<${id}.Arn>`,
          ],
        ]);
        const [strangers, puts, deletes, ...others] = denied.map(({ Condition }) => Condition);
        expect(textOf(strangers.ArnNotLike["aws:PrincipalArn"]), name).toMatch(
          /^arn:<AWS::Partition>:iam::<AWS::AccountId>:role\/DebitOnce-(dev|prod)-Billing-\*$/,
        );
        expect(puts, name).toEqual({ Null: { "s3:if-none-match": "true" } });
        expect(others, name).toEqual([undefined, undefined, undefined]);
        if (spared === undefined) expect(deletes, name).toBeUndefined();
        else expect(textOf(deletes.ArnNotEquals["aws:PrincipalArn"]), name).toMatch(spared);
      }
    }
  });

  test("are emptied by a function of CloudFormation's in dev, and by nobody in prod", () => {
    const emptied = ({ data }: Synthesized) =>
      ofType(data, "Custom::S3AutoDeleteObjects").map(([, { Properties }]) => Properties.BucketName.Ref);
    expect(new Set(emptied(dev))).toEqual(new Set([...buckets(dev.data).values()].map(({ id }) => id)));
    expect(emptied(prod)).toEqual([]);
  });
});

describe("the Lambdas", () => {
  test("run on one runtime, log for a set time, and are not repeated when called without waiting", () => {
    for (const [template, days, names] of [
      [dev.billing, 30, LAMBDAS],
      [dev.blackout, 30, DEPLOYERS],
      [prod.billing, 365, LAMBDAS],
      [prod.blackout, 365, DEPLOYERS],
    ] as const) {
      const lambdas = lambdasOf(template);
      expect([...lambdas.keys()].toSorted()).toEqual(names);
      const calls = ofType(template, "AWS::Lambda::EventInvokeConfig").map(
        ([, { Properties }]) => Properties,
      );
      for (const [name, { id, Properties }] of lambdas) {
        expect(Properties, name).toMatchObject({
          Runtime: "nodejs24.x",
          Architectures: ["arm64"],
          Handler: "index.handler",
          TracingConfig: { Mode: "Active" },
        });
        expect(Properties.LoggingConfig.LogFormat, name).toBe("JSON");
        expect(Properties.Timeout, name).toBeLessThanOrEqual(900);
        expect(Properties.Description.length, name).toBeLessThanOrEqual(256);
        const logs = template.Resources[textOf(Properties.LoggingConfig.LogGroup).slice(1, -1)];
        expect(logs?.Properties.RetentionInDays, name).toBe(days);
        const call = calls.find(({ FunctionName }) => FunctionName.Ref === id);
        expect(call?.MaximumRetryAttempts, name).toBe(0);
      }
    }
  });

  test("SubmitBankFile runs as long as people reckon from its intent before the bank's word counts", () => {
    for (const { billing } of bothStages()) {
      expect(lambdasOf(billing).get("SubmitBankFile")?.Properties.Timeout).toBe(SUBMISSION_SECONDS);
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
          // In dev a batch is started by hand.
          State: stage === "prod" ? "ENABLED" : "DISABLED",
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
        return textOf(call?.DestinationConfig?.OnFailure.Destination ?? "").replace(/[0-9A-F]{8}/, "");
      });
      expect(failed).toEqual(["<MissedStarts.Arn>", "<MissedLooks.Arn>"]);
    }
  });

  test("the watch looks every quarter of an hour, and a look that is late makes way for the next one", () => {
    for (const [stage, { billing }] of [
      ["dev", dev],
      ["prod", prod],
    ] as const) {
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
          State: stage === "prod" ? "ENABLED" : "DISABLED",
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

  test("looks are closer to each other than what a day is given after midnight, so its last minutes are seen", () => {
    for (const { billing } of bothStages()) {
      const minutes = ofType(billing, "AWS::Scheduler::Schedule").flatMap(([, { Properties }]) => {
        const [, every] = /^rate\((\d+) minutes\)$/.exec(Properties.ScheduleExpression) ?? [];
        return every === undefined ? [] : [Number(every)];
      });
      expect(minutes).toHaveLength(1);
      expect(Math.max(...minutes) * 60_000).toBeLessThan(AFTER_MIDNIGHT_MS);
    }
  });
});
