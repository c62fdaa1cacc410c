import { describe, expect, test } from "vitest";
import { configuration } from "../../infra/config/configuration.ts";
import type { SeenCall } from "./call-record.ts";
import { worldOf } from "./calls.ts";
import { parityOf } from "./parity.ts";
import { policiesOf } from "./policies.ts";
import { type Json, synthesizedOf } from "./templates.ts";

const arnOf = (id: string) => ({ "Fn::GetAtt": [id, "Arn"] });
const objectsOf = (bucket: object) => ({ "Fn::Join": ["", [bucket, "/*"]] });
const allow = (Action: Json, Resource: Json, more: object = {}) => ({
  Effect: "Allow",
  Action,
  Resource,
  ...more,
});
const policy = (...Statement: object[]) => ({
  Type: "AWS::IAM::Policy",
  Properties: { PolicyDocument: { Statement }, Roles: [{ Ref: "ReaderRole01234567" }] },
});
const trust = {
  Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "lambda.amazonaws.com" } }],
};
const importOf = (name: string) => ({ "Fn::ImportValue": name });

const DATA: Json = {
  Resources: {
    Key01234567: {
      Type: "AWS::KMS::Key",
      Properties: {
        KeyPolicy: {
          Statement: [
            allow("kms:*", "*", {
              Principal: {
                AWS: { "Fn::Join": ["", ["arn:", { Ref: "AWS::Partition" }, ":iam::000000000000:root"]] },
              },
            }),
          ],
        },
      },
    },
    DueBucket01234567: {
      Type: "AWS::S3::Bucket",
      Properties: {
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            {
              BucketKeyEnabled: true,
              ServerSideEncryptionByDefault: {
                KMSMasterKeyID: arnOf("Key01234567"),
                SSEAlgorithm: "aws:kms",
              },
            },
          ],
        },
      },
    },
  },
  Outputs: {
    Bucket: { Value: arnOf("DueBucket01234567"), Export: { Name: "bucket-arn" } },
    Name: { Value: { Ref: "DueBucket01234567" }, Export: { Name: "bucket-name" } },
    Key: { Value: arnOf("Key01234567"), Export: { Name: "key-arn" } },
  },
};

const billing = (statements: object[], more: Record<string, Json> = {}): Json => ({
  Resources: {
    Logs01234567: { Type: "AWS::Logs::LogGroup", Properties: {} },
    ReaderRole01234567: { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: trust } },
    Reader01234567: {
      Type: "AWS::Lambda::Function",
      Properties: {
        Role: arnOf("ReaderRole01234567"),
        LoggingConfig: { LogGroup: { Ref: "Logs01234567" } },
        Environment: { Variables: { DUE_BUCKET: importOf("bucket-name") } },
      },
      Metadata: { "debit-once:function": "Reader" },
    },
    Policy01234567: policy(...statements),
    ...more,
  },
});

const appOf = (statements: object[], more: Record<string, Json> = {}, data: Json = DATA) =>
  synthesizedOf(
    new Map([
      ["Data", data],
      ["Billing", billing(statements, more)],
    ]),
  );
const textsOf = (statements: object[], more: Record<string, Json> = {}) =>
  policiesOf(appOf(statements, more)).grants.map(({ text }) => text);

const BUCKET = importOf("bucket-arn");
const ALWAYS = [
  "trust of Reader for lambda.amazonaws.com · sts:AssumeRole · ReaderRole",
  "policy of Key for root · kms:* · Key",
];

describe("the policies of an app", () => {
  test("are taken apart into one grant for each action, each thing and each value that opens something", () => {
    const prefixes = { StringLike: { "s3:prefix": ["a/*", "b/*"] }, Bool: { "aws:SecureTransport": "true" } };
    const found = textsOf([
      allow(["s3:GetObject", "s3:PutObject"], [BUCKET, objectsOf(BUCKET)]),
      allow("s3:ListBucket", BUCKET, { Condition: prefixes }),
    ]);
    expect(found.toSorted()).toEqual(
      [
        ...ALWAYS,
        "Reader · s3:GetObject · DueBucket",
        "Reader · s3:GetObject · DueBucket/*",
        "Reader · s3:PutObject · DueBucket",
        "Reader · s3:PutObject · DueBucket/*",
        "Reader · s3:ListBucket · DueBucket (a/*)",
        "Reader · s3:ListBucket · DueBucket (b/*)",
      ].toSorted(),
    );
  });

  test("are found in a role, in AWS's own, on a function, a queue and a bucket", () => {
    const found = textsOf([], {
      ReaderRole01234567: {
        Type: "AWS::IAM::Role",
        Properties: {
          AssumeRolePolicyDocument: trust,
          Policies: [
            {
              PolicyName: "own",
              PolicyDocument: { Statement: allow("sqs:SendMessage", arnOf("Queue01234567")) },
            },
          ],
          ManagedPolicyArns: [
            { "Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole" },
          ],
        },
      },
      Queue01234567: { Type: "AWS::SQS::Queue" },
      QueuePolicy01234567: {
        Type: "AWS::SQS::QueuePolicy",
        Properties: {
          Queues: [{ Ref: "Queue01234567" }],
          PolicyDocument: {
            Statement: [allow("sqs:SendMessage", "*", { Principal: { Service: "events.amazonaws.com" } })],
          },
        },
      },
      Permission01234567: {
        Type: "AWS::Lambda::Permission",
        Properties: {
          Action: "lambda:InvokeFunction",
          FunctionName: arnOf("Reader01234567"),
          Principal: "events.amazonaws.com",
          SourceArn: "arn:aws:events:::rule/x",
        },
      },
    });
    expect(found).toEqual(
      expect.arrayContaining([
        ...ALWAYS,
        "Reader · sqs:SendMessage · Queue",
        "Reader · logs:CreateLogGroup · *",
        "policy of Queue for events.amazonaws.com · sqs:SendMessage · Queue",
        "policy of Reader for events.amazonaws.com · lambda:InvokeFunction · Reader",
      ]),
    );
  });

  const strange: readonly [what: string, RegExp, object[], Record<string, Json>][] = [
    ["a statement with NotAction", /NotAction/, [{ Effect: "Allow", NotAction: "s3:*", Resource: "*" }], {}],
    [
      "a principal of another kind",
      /CanonicalUser/,
      [allow("s3:*", "*", { Principal: { CanonicalUser: "x" } })],
      {},
    ],
    [
      "a managed policy of which nothing is known",
      /AdministratorAccess/,
      [],
      {
        R: {
          Type: "AWS::IAM::Role",
          Properties: {
            AssumeRolePolicyDocument: trust,
            ManagedPolicyArns: ["arn:aws:iam::aws:policy/AdministratorAccess"],
          },
        },
      },
    ],
    [
      "a policy on something that is not known to have one",
      /AWS::Events::EventBusPolicy/,
      [],
      {
        Bus: {
          Type: "AWS::Events::EventBusPolicy",
          Properties: { Statement: allow("events:PutEvents", "*") },
        },
      },
    ],
    [
      "a permissions boundary",
      /boundaries/,
      [],
      {
        R: {
          Type: "AWS::IAM::Role",
          Properties: { AssumeRolePolicyDocument: trust, PermissionsBoundary: "arn" },
        },
      },
    ],
  ];
  test.each(strange)("are refused with %s", (_what, message, statements, more) => {
    expect(() => policiesOf(appOf(statements, more))).toThrow(message);
  });
});

describe("an app whose function reads a list", () => {
  const seen = (more: Partial<SeenCall> = {}): SeenCall => ({
    functionName: "Reader",
    action: "s3:GetObject",
    resource: "DUE_BUCKET",
    key: "<stream>/<date>/<n>/due.csv",
    ...more,
  });
  const record = (...calls: SeenCall[]) => [
    { testFile: "", functions: ["Reader"], calls: calls.map((call) => ({ call, times: 1 })) },
  ];
  const judged = (statements: object[], calls: SeenCall[], data: Json = DATA) => {
    const app = appOf([logs, ...statements], {}, data);
    const { refused, unneeded } = parityOf(
      worldOf(app, configuration("dev"), record(...calls)),
      policiesOf(app),
    );
    return {
      refused: refused.map((line) => line.split(": ").at(-1)),
      unneeded: unneeded.map(({ text }) => text),
    };
  };
  const logs = allow(["logs:CreateLogStream", "logs:PutLogEvents"], arnOf("Logs01234567"));
  const versions = allow("s3:GetObjectVersion", objectsOf(BUCKET));
  const decrypt = allow("kms:Decrypt", importOf("key-arn"), {
    Condition: {
      StringEquals: {
        "kms:ViaService": "s3.ap-southeast-2.amazonaws.com",
        "kms:EncryptionContext:aws:s3:arn": BUCKET,
      },
    },
  });
  const clean = { refused: [], unneeded: [] };

  test("needs leave for the version and for the key of the bucket, and no more", () => {
    expect(judged([versions, decrypt], [seen()])).toEqual(clean);
    const read = allow("s3:GetObject", objectsOf(BUCKET));
    expect(judged([versions, decrypt, read], [seen()]).unneeded).toEqual([
      "Reader · s3:GetObject · DueBucket/*",
    ]);
    expect(judged([read, decrypt], [seen()]).refused).toContain("Reader sent it");
    expect(judged([versions], [seen()]).refused).toContain(
      "S3 asks KMS, in the caller's name, to open the data key of an object that is read",
    );
  });

  test("needs the key's own trust in the account", () => {
    const { Key01234567: _without, ...others } = DATA.Resources;
    const deaf = { ...DATA.Resources.Key01234567, Properties: { KeyPolicy: { Statement: [] } } };
    const data = { ...DATA, Resources: { ...others, Key01234567: deaf } };
    expect(judged([versions, decrypt], [seen()], data).refused).not.toEqual([]);
  });

  test("needs leave to list the bucket where the list was missing, and no key", () => {
    const list = allow("s3:ListBucket", BUCKET);
    expect(judged([versions, list], [seen({ found: "nothing" })])).toEqual(clean);
    const underPrefix = allow("s3:ListBucket", BUCKET, { Condition: { StringLike: { "s3:prefix": "*" } } });
    expect(judged([versions, underPrefix], [seen({ found: "nothing" })]).refused).not.toEqual([]);
  });

  test("needs leave for every configured stream", () => {
    const under = (stream: string) =>
      allow("s3:GetObjectVersion", { "Fn::Join": ["", [BUCKET, `/${stream}/*`]] });
    const streams = Object.keys(configuration("dev").streams);
    expect(streams.length).toBeGreaterThan(1);
    expect(judged([...streams.map(under), decrypt], [seen()])).toEqual(clean);
    expect(judged([...streams.slice(1).map(under), decrypt], [seen()]).refused).toHaveLength(1);
    expect(judged([...[...streams, "nobody"].map(under), decrypt], [seen()]).unneeded).toHaveLength(1);
  });

  test("may not use what it does not know by a variable", () => {
    expect(() => judged([versions], [seen({ resource: "WORK_BUCKET" })])).toThrow(
      /Reader does not know WORK_BUCKET/,
    );
    expect(() => judged([versions], [seen({ functionName: "Nobody" })])).toThrow(/no function Nobody/);
  });
});
