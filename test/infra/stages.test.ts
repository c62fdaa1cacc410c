import { beforeAll, describe, expect, test } from "vitest";
import { githubRepository } from "../../infra/config/github.ts";
import { type Json, type Synthesized, synthesize, type Template } from "./synthesized.ts";

let dev: Synthesized;
let prod: Synthesized;

beforeAll(async () => {
  [dev, prod] = await Promise.all([synthesize("dev"), synthesize("prod")]);
}, 120_000);

/** A template without what its stage's name and a version's hash put into it. */
function plain(template: Template, stage: string): Template {
  const text = JSON.stringify(template)
    .replaceAll(`DebitOnce-${stage}-`, "DebitOnce-STAGE-")
    .replaceAll(`debit-once-${stage}-`, "debit-once-STAGE-")
    .replaceAll(`debit-once ${stage}`, "debit-once STAGE")
    .replaceAll(/(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}/g, "$1")
    // Without bundling, an asset's hash is made of the stack's name.
    .replaceAll(/"S3Key":"[0-9a-f]{64}/g, '"S3Key":"');
  return JSON.parse(text) as Template;
}

const isObject = (value: Json) => value !== null && typeof value === "object";

/** Each place at which two values differ, and how. */
function differences(a: Json, b: Json, at: string[] = []): string[] {
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  if (isObject(a) && isObject(b)) {
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
      differences(a[key], b[key], [...at, key]),
    );
  }
  const place = at.join(".").replace("Properties.", "").replace("PolicyDocument.Statement.", "");
  if (b === undefined && isObject(a)) return [`${place} in dev only`];
  return [`${place}: ${JSON.stringify(a) ?? "none"} → ${JSON.stringify(b) ?? "none"}`];
}

/** A list's own elements, so that one statement more is one difference and not a whole policy. */
function byElement(value: Json): Json {
  if (value === null || typeof value !== "object") return value;
  if (!Array.isArray(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, byElement(inner)]));
  }
  const named = value.map((element, index) => [
    String(element?.Sid ?? element?.Key ?? JSON.stringify(element?.Action ?? index)),
    byElement(element),
  ]);
  return Object.fromEntries(named);
}

const withoutHash = (id: string) => id.replace(/[0-9A-F]{8}$/, "");

/** The differences of two templates; one that all resources of a type share is said once, of "every" such. */
function compared(a: Template, b: Template): string[] {
  const ids = [...new Set([...Object.keys(a.Resources), ...Object.keys(b.Resources)])];
  const typeOf = (id: string) => (a.Resources[id] ?? b.Resources[id])?.Type;
  const ofEach = ids.map((id): [string, string[]] => {
    const [left, right] = [a.Resources[id], b.Resources[id]];
    if (left === undefined || right === undefined) return [id, [left ? "in dev only" : "in prod only"]];
    return [id, differences(byElement(left), byElement(right))];
  });
  const lines = ofEach.flatMap(([id, found]) =>
    found.map((what) => {
      const alike = ofEach.filter(([other]) => typeOf(other) === typeOf(id));
      const shared = alike.length > 1 && alike.every(([, all]) => all.includes(what));
      return `${shared ? `every ${typeOf(id)}` : withoutHash(id)}: ${what}`;
    }),
  );
  const outputs = differences(a.Outputs, b.Outputs).map((what) => `output ${what}`);
  return [...new Set([...lines, ...outputs])].toSorted();
}

const EMPTYING = '["s3:DeleteObject*","s3:GetBucket*","s3:List*","s3:PutBucketPolicy"] in dev only';
const LOCK =
  'ObjectLockConfiguration: none → {"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Days":2557,"Mode":"COMPLIANCE"}}}';
const kept = (what: string, deletion = "Retain") => [
  `${what}: DeletionPolicy: "Delete" → "${deletion}"`,
  `${what}: UpdateReplacePolicy: "Delete" → "Retain"`,
];
/** What a creation that is rolled back takes along, so that it can be repeated under the same names. */
const EXCEPT_ON_CREATE = "RetainExceptOnCreate";

describe("prod differs from dev in nothing but what is listed", () => {
  test("in the data stack: it keeps, locks and protects what dev lets go", () => {
    expect(compared(plain(dev.data, "dev"), plain(prod.data, "prod"))).toEqual(
      [
        ...kept("Key"),
        "Key: PendingWindowInDays: 7 → none",
        ...kept("every AWS::DynamoDB::GlobalTable"),
        "every AWS::DynamoDB::GlobalTable: Replicas.0.DeletionProtectionEnabled: false → true",
        ...kept("every AWS::S3::Bucket"),
        `BankFilesBucket: ${LOCK}`,
        `OutboundBucket: ${LOCK}`,
        `ReportsBucket: ${LOCK}`,
        'every AWS::S3::BucketPolicy: DeletionPolicy: none → "Retain"',
        'every AWS::S3::BucketPolicy: UpdateReplacePolicy: none → "Retain"',
        // The function that empties dev's buckets when they go, and the leave that it has.
        "CustomS3AutoDeleteObjectsCustomResourceProviderHandler: in dev only",
        "CustomS3AutoDeleteObjectsCustomResourceProviderRole: in dev only",
        "every Custom::S3AutoDeleteObjects: in dev only",
        "every AWS::S3::Bucket: Tags in dev only",
        `every AWS::S3::BucketPolicy: ${EMPTYING}`,
        "BankFilesBucketPolicy: NoDeletes.Condition in dev only",
        "OutboundBucketPolicy: NoDeletes.Condition in dev only",
        "ReportsBucketPolicy: NoDeletes.Condition in dev only",
      ].toSorted(),
    );
  });

  test("in the blackout stack: it keeps logs, closes at nights, and refuses where dev warns", () => {
    const [calendar = "", ...others] = compared(plain(dev.blackout, "dev"), plain(prod.blackout, "prod"));
    expect(calendar).toMatch(
      /^ChangeCalendarDocument: Content: "BEGIN:VCALENDAR.+always open.+ → "BEGIN:VCALENDAR.+UID:nights/,
    );
    expect(others).toEqual([
      'DeployHookCaller: AssumeRole"sts:AssumeRole".Condition.ArnLike.aws:SourceArn.Fn::Join.1.6: ' +
        '":type/hook/DebitOnce-Dev-Blackout*" → ":type/hook/DebitOnce-Prod-Blackout*"',
      // CI's job in one stage's environment never gets the other's role.
      ...(githubRepository() === undefined
        ? []
        : [expect.stringMatching(/^GitHubDeployer: .+:sub: ".+:environment:dev" → ".+:environment:prod"$/)]),
      'Hook: Alias: "DebitOnce::Dev::Blackout" → "DebitOnce::Prod::Blackout"',
      'Hook: FailureMode: "WARN" → "FAIL"',
      'every AWS::Lambda::Function: Environment.Variables.SCHEDULES: "off" → "on"',
      `every AWS::Logs::LogGroup: DeletionPolicy: "Delete" → "${EXCEPT_ON_CREATE}"`,
      "every AWS::Logs::LogGroup: RetentionInDays: 30 → 365",
      'every AWS::Logs::LogGroup: UpdateReplacePolicy: "Delete" → "Retain"',
    ]);
  });

  test("in the billing stack: it keeps machine and logs, sets calls aside, and starts by itself", () => {
    expect(compared(plain(dev.billing, "dev"), plain(prod.billing, "prod"))).toEqual(
      [
        ...kept("BatchMachine", EXCEPT_ON_CREATE),
        ...kept("BatchLive", EXCEPT_ON_CREATE),
        ...kept("every AWS::Logs::LogGroup", EXCEPT_ON_CREATE),
        "every AWS::Logs::LogGroup: RetentionInDays: 30 → 365",
        "SubmitBankFile: ReservedConcurrentExecutions: none → 2",
        'every AWS::Scheduler::Schedule: State: "DISABLED" → "ENABLED"',
        // Where the watch looks by itself, its silence rings.
        "WatchSilentAlarmaucba: in prod only",
        "WatchSilentAlarmauwbc: in prod only",
        // Who hears alarms is told per stage, and in prod a person's session begins with a second factor.
        "every AWS::SNS::Subscription: in prod only",
        ...["Approver", "Proposer"].map(
          (role) =>
            `${role}: AssumeRole"sts:AssumeRole".Condition.Bool: none → {"aws:MultiFactorAuthPresent":"true"}`,
        ),
      ].toSorted(),
    );
  });
});

/** A function or machine that is deleted takes them along, whatever the policy says. */
const VERSIONS = ["AWS::Lambda::Version", "AWS::StepFunctions::StateMachineVersion"];

test("nothing in dev outlives a destroyed stack but versions, which go with their Lambda or machine", () => {
  for (const template of [dev.data, dev.blackout, dev.billing]) {
    for (const [id, { Type, DeletionPolicy }] of Object.entries(template.Resources)) {
      const stays = DeletionPolicy !== undefined && DeletionPolicy !== "Delete";
      expect([id, stays]).toEqual([id, VERSIONS.includes(Type)]);
    }
  }
  expect(dev.protectedStacks).toEqual([]);
});
