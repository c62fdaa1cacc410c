import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import {
  BatchGetItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import {
  DescribeExecutionCommand,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { GetCalendarStateCommand, SSMClient } from "@aws-sdk/client-ssm";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { configuration } from "../../../infra/config/configuration.ts";
import type { Assembly } from "../../../infra/local/assembly.ts";
import { type LocalApp, openLocalApp } from "../../../infra/local/local-app.ts";
import { type RecordedCall, recording } from "../../../infra/local/recorded-calls.ts";
import type { Instant } from "../../../lambdas/ports.ts";
import { temporaryFolder } from "./folders.ts";
import { machine, task } from "./machines.ts";

const MACHINE = "arn:aws:states:ap-southeast-2:000000000000:stateMachine:billing";
const EXECUTION = "arn:aws:states:ap-southeast-2:000000000000:execution:billing:b-01";
const table = (name: string, key: string) => ({
  TableName: name,
  KeySchema: [{ AttributeName: key, KeyType: "HASH" as const }],
  AttributeDefinitions: [{ AttributeName: key, AttributeType: "S" as const }],
  BillingMode: "PAY_PER_REQUEST" as const,
});
const ASSEMBLY: Assembly = {
  definition: machine({ Only: task("Only") }),
  stateMachineArn: MACHINE,
  functions: new Map([
    [
      "Only",
      {
        handler: "test/infra/local/handlers/step.ts",
        env: { LEDGER_TABLE: "ledger-table", DUE_BUCKET: "due-bucket" },
        timeoutSeconds: 60,
      },
    ],
  ]),
  tables: [table("ledger-table", "pk"), table("starts-table", "id")],
  buckets: ["due-bucket"],
  names: {},
};

let app: LocalApp;
let calls: RecordedCall[];

beforeEach(async () => {
  calls = [];
  app = await openLocalApp({
    folder: await temporaryFolder(),
    assembly: ASSEMBLY,
    configuration: configuration("dev"),
    startAt: 0 as Instant,
    storage: "memory",
    onCall: (call) => calls.push(call),
  });
  onTestFinished(() => app.close());
});

/** What was told of each call but the sizes. */
const told = () => calls.map(({ requestBytes: _sent, responseBytes: _got, ...call }) => call);
const settings = () => recording(app.clients, "Teller", (call) => calls.push(call));

describe("requests to the buckets", () => {
  const KEY = "au cba/2026-03-02/ü+%&=.csv";
  const at = { Bucket: "due-bucket", Key: KEY };
  const s3 = () => new S3Client({ ...settings().s3, maxAttempts: 1 });

  test("are told with their keys as they are, and with what they ask for", async () => {
    const client = s3();
    await client.send(new PutObjectCommand({ ...at, Body: "abc", IfNoneMatch: "*" }));
    await client.send(new PutObjectCommand({ ...at, Body: "abcd" }));
    await client.send(new GetObjectCommand(at)).then(({ Body }) => Body?.transformToByteArray());
    await client
      .send(new GetObjectCommand({ ...at, VersionId: "null" }))
      .then(({ Body }) => Body?.transformToByteArray());
    await client.send(new HeadObjectCommand(at));
    await client.send(new ListObjectsV2Command({ Bucket: "due-bucket", Prefix: "au cba/ü" }));
    await client.send(new ListObjectVersionsCommand({ Bucket: "due-bucket", Prefix: KEY }));
    await client.send(new DeleteObjectCommand(at));
    const on = { functionName: "Teller", resource: "due-bucket", key: KEY, status: 200 };
    expect(told()).toEqual([
      { ...on, action: "s3:PutObject", ifNoneMatch: true },
      { ...on, action: "s3:PutObject", ifNoneMatch: false },
      { ...on, action: "s3:GetObject" },
      { ...on, action: "s3:GetObjectVersion" },
      { ...on, action: "s3:GetObject" },
      { ...on, action: "s3:ListBucket", key: "au cba/ü" },
      { ...on, action: "s3:ListBucketVersions" },
      { ...on, action: "s3:DeleteObject", status: 204 },
    ]);
    expect(calls.map(({ requestBytes }) => requestBytes).slice(0, 3)).toEqual([3, 4, 0]);
    expect(calls[2]?.responseBytes).toBe(4);
  });

  test("are told with the answer also where it is a refusal, each attempt by itself", async () => {
    const client = s3();
    await expect(client.send(new GetObjectCommand(at))).rejects.toMatchObject({ name: "NoSuchKey" });
    await client.send(new PutObjectCommand({ ...at, Body: "abc" }));
    await expect(client.send(new PutObjectCommand({ ...at, Body: "x", IfNoneMatch: "*" }))).rejects.toThrow(
      /pre-conditions/,
    );
    await expect(client.send(new HeadBucketCommand({ Bucket: "due-bucket" }))).rejects.toThrow(/HEAD/);
    expect(told().map(({ action, status }) => [action, status])).toEqual([
      ["s3:GetObject", 404],
      ["s3:PutObject", 200],
      ["s3:PutObject", 412],
    ]);
  });

  test("are told without a status where no answer came, and once for each time that the SDK tries", async () => {
    const handle = () => Promise.reject(Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }));
    const deaf = { ...app.clients, s3: { ...app.clients.s3, requestHandler: { handle, metadata: {} } } };
    const client = new S3Client({
      ...recording(deaf, "Teller", (call) => calls.push(call)).s3,
      maxAttempts: 2,
    });
    await expect(client.send(new GetObjectCommand(at))).rejects.toThrow("ECONNRESET");
    const call = { functionName: "Teller", action: "s3:GetObject", resource: "due-bucket", key: KEY };
    expect(told()).toEqual([call, call]);
  });
});

describe("requests to the tables", () => {
  test("are told with the partition keys that they are about", async () => {
    const client = new DynamoDBClient(settings().dynamodb);
    const pk = (of: string) => ({ pk: { S: of } });
    const TableName = "ledger-table";
    const send = client.send.bind(client);
    await send(new PutItemCommand({ TableName, Item: { ...pk("STREAM#a"), note: { S: "pk" } } }));
    await send(new GetItemCommand({ TableName, Key: pk("STREAM#a") }));
    await send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": { S: "BATCH#b" } },
      }),
    );
    await send(
      new BatchGetItemCommand({
        RequestItems: { [TableName]: { Keys: [pk("MANDATE#1"), pk("MANDATE#2")] } },
      }),
    );
    const id = { id: { S: "start-batch#x" } };
    await send(new UpdateItemCommand({ TableName: "starts-table", Key: id }));
    await send(new DeleteItemCommand({ TableName: "starts-table", Key: id }));
    const on = { functionName: "Teller", resource: TableName, status: 200 };
    expect(told()).toEqual([
      { ...on, action: "dynamodb:PutItem", leadingKeys: ["STREAM#a"] },
      { ...on, action: "dynamodb:GetItem", leadingKeys: ["STREAM#a"] },
      { ...on, action: "dynamodb:Query", leadingKeys: ["BATCH#b"] },
      { ...on, action: "dynamodb:BatchGetItem", leadingKeys: ["MANDATE#1", "MANDATE#2"] },
      { ...on, resource: "starts-table", action: "dynamodb:UpdateItem", leadingKeys: ["start-batch#x"] },
      { ...on, resource: "starts-table", action: "dynamodb:DeleteItem", leadingKeys: ["start-batch#x"] },
    ]);
    expect(calls.every(({ requestBytes, responseBytes }) => requestBytes > 0 && responseBytes > 0)).toBe(
      true,
    );
  });

  test("are refused where nobody could tell their keys", async () => {
    const client = new DynamoDBClient({ ...settings().dynamodb, maxAttempts: 1 });
    await expect(client.send(new ScanCommand({ TableName: "ledger-table" }))).rejects.toThrow(/Scan/);
    expect(calls).toEqual([]);
  });
});

test("requests to Step Functions are told with the machine or the execution", async () => {
  const client = new SFNClient({ ...settings().sfn, maxAttempts: 1 });
  const input = JSON.stringify({ id: "1" });
  await client.send(new StartExecutionCommand({ stateMachineArn: MACHINE, name: "b-01", input }));
  await app.waitFor("b-01");
  await client.send(new DescribeExecutionCommand({ executionArn: EXECUTION }));
  await expect(client.send(new RedriveExecutionCommand({ executionArn: EXECUTION }))).rejects.toThrow(
    /redriv/i,
  );
  expect(told().filter(({ functionName }) => functionName === "Teller")).toEqual([
    { functionName: "Teller", action: "states:StartExecution", resource: MACHINE, status: 200 },
    { functionName: "Teller", action: "states:DescribeExecution", resource: EXECUTION, status: 200 },
    { functionName: "Teller", action: "states:RedriveExecution", resource: EXECUTION, status: 400 },
  ]);
});

test("requests to Systems Manager and CloudFormation are told with the calendar or the stack", async () => {
  const { ssm, cloudformation } = settings();
  const calendars = new SSMClient({ ...ssm, maxAttempts: 1 });
  const stacks = new CloudFormationClient({ ...cloudformation, maxAttempts: 1 });
  const AtTime = "2026-03-02T00:00:00.000Z";
  await calendars.send(new GetCalendarStateCommand({ CalendarNames: ["changes"], AtTime }));
  await stacks.send(new DescribeStacksCommand({ StackName: "Billing" }));
  expect(told()).toEqual([
    { functionName: "Teller", action: "ssm:GetCalendarState", resource: "changes", status: 200 },
    { functionName: "Teller", action: "cloudformation:DescribeStacks", resource: "Billing", status: 200 },
  ]);
  // About two calendars, or about every stack: what would be granted is not what was told.
  const both = calendars.send(new GetCalendarStateCommand({ CalendarNames: ["a", "b"], AtTime }));
  await expect(both).rejects.toThrow("does not know what GetCalendarState is about");
  await expect(stacks.send(new DescribeStacksCommand({}))).rejects.toThrow("a form without a stack");
  expect(calls).toHaveLength(2);
});

test("the app tells what its functions send under the functions' names", async () => {
  await app.invoke("Only", { id: "STREAM#a" });
  expect(told().length).toBeGreaterThan(0);
  expect(new Set(told().map(({ functionName }) => functionName))).toEqual(new Set(["Only"]));
});

test("refuses what it would tell under another action's name, or only in part", async () => {
  const settings = recording(app.clients, "Teller", (call) => void calls.push(call));
  const s3 = new S3Client({ ...settings.s3, maxAttempts: 1 });
  const at = { Bucket: "due-bucket", Key: "a/b" };
  const copy = s3.send(new CopyObjectCommand({ ...at, CopySource: "due-bucket/other" }));
  const tags = s3.send(new PutObjectTaggingCommand({ ...at, Tagging: { TagSet: [] } }));
  const policy = s3.send(new PutBucketPolicyCommand({ Bucket: "due-bucket", Policy: "{}" }));
  for (const sent of [copy, tags, policy]) await expect(sent).rejects.toThrow(/does not know PUT/);
  const dynamodb = new DynamoDBClient({ ...settings.dynamodb, maxAttempts: 1 });
  const Keys = [{ pk: { S: "a" } }];
  const two = new BatchGetItemCommand({
    RequestItems: { "ledger-table": { Keys }, "starts-table": { Keys } },
  });
  await expect(dynamodb.send(two)).rejects.toThrow("several tables");
  expect(told().filter(({ functionName }) => functionName === "Teller")).toEqual([]);
});
