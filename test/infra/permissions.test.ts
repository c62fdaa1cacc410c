import { beforeAll, describe, expect, test } from "vitest";
import { githubRepository } from "../../infra/config/github.ts";
import {
  type Json,
  lambdasOf,
  ofType,
  type Resource,
  synthesize,
  type Template,
  textOf,
} from "./synthesized.ts";

let billing: Template;
let blackout: Template;
let data: Template;

beforeAll(async () => {
  ({ billing, blackout, data } = await synthesize("prod"));
}, 120_000);

/** All Lambdas of the app by their names. */
const lambdas = () => new Map([...lambdasOf(blackout), ...lambdasOf(billing)]);

const asList = (value: Json): Json[] => (Array.isArray(value) ? value : [value]);

interface Allowed {
  readonly action: string;
  readonly on: string;
  /** What a condition limits it to: subjects of items, prefixes of keys. */
  readonly only?: readonly string[];
}

/** Which thing of the data stack an ARN means, with what follows it. */
function thing(arn: string): string {
  const parts =
    /^<[\w-]+-Data:ExportsOutput(?:FnGetAtt|Ref)([A-Za-z]+?)(?:Table|Bucket)?[0-9A-F]{8}(?:Arn)?[0-9A-F]{8}>(\/.*)?$/;
  const found = parts.exec(arn);
  return found ? `${found[1]}${found[2] ?? ""}` : arn;
}

function bucketOf(on: string): string {
  return String(on.split("/")[0]);
}

/** All statements of a role's policies. */
function statementsOf(role: string): Json[] {
  return [billing, blackout]
    .flatMap((template) => ofType(template, "AWS::IAM::Policy"))
    .filter(([, policy]) => asList(policy.Properties.Roles).some((held) => held.Ref === role))
    .flatMap(([, policy]) => asList(policy.Properties.PolicyDocument.Statement));
}

/** What a statement's condition means; a condition of any other form is a failure. */
function limitOf({ Action, Resource, Condition }: Json): Partial<Allowed> {
  // What limits the calls of functions is told beside the functions that are called.
  if (Condition === undefined || asList(Action).every((action) => action.startsWith("lambda:"))) return {};
  const { "ForAllValues:StringLike": all, Null: none, StringLike: like, StringEquals: equals } = Condition;
  if (all !== undefined) {
    // Without "Null" the condition would hold for a call that names no key at all.
    expect(Condition).toEqual({ "ForAllValues:StringLike": all, Null: { "dynamodb:LeadingKeys": "false" } });
    return { only: asList(all["dynamodb:LeadingKeys"]) };
  }
  const started = Condition["ForAnyValue:StringEquals"];
  if (started !== undefined) {
    expect([Action, Condition]).toEqual([
      "states:StartExecution",
      { "ForAnyValue:StringEquals": { "states:StateMachineQualifier": ["live"] } },
    ]);
    return { only: ["through live"] };
  }
  if (like["s3:prefix"] !== undefined) {
    expect(Condition).toEqual({ StringLike: { "s3:prefix": like["s3:prefix"] } });
    return { only: asList(like["s3:prefix"]) };
  }
  expect([none, thing(textOf(Resource))]).toEqual([undefined, "Key"]);
  for (const action of asList(Action)) expect(action).toMatch(/^kms:/);
  expect(equals).toEqual({ "kms:ViaService": expect.anything() });
  expect(textOf(equals["kms:ViaService"])).toBe("s3.<AWS::Region>.amazonaws.com");
  const [bucket, objects, ...more] = asList(like["kms:EncryptionContext:aws:s3:arn"]).map((arn) =>
    thing(textOf(arn)),
  );
  expect([objects, more]).toEqual([`${bucket}/*`, []]);
  return { on: `Key for ${bucket}` };
}

/** All that the policies of a role allow. */
function allowedTo(role: string): Allowed[] {
  return statementsOf(role).flatMap((statement) => {
    expect(statement.Effect).toBe("Allow");
    const limit = limitOf(statement);
    return asList(statement.Action).flatMap((action) =>
      asList(statement.Resource).map((resource) => ({ action, on: thing(textOf(resource)), ...limit })),
    );
  });
}

function roleOf(lambda: Resource): string {
  return lambda.Properties.Role["Fn::GetAtt"][0];
}

function allowedToLambda(lambda: Resource): Allowed[] {
  return allowedTo(roleOf(lambda));
}

const rows = ["DueLists/au-cba/*/due.csv", "DueLists/au-wbc/*/due.csv"];
const manifests = ["DueLists/au-cba/*/manifest.json", "DueLists/au-wbc/*/manifest.json"];
const bankFiles = ["BankFiles/*/*.aba", "BankFiles/*/*.index.jsonl"];
const deliveries = ["Outbound/999901/*.aba", "Outbound/999902/*.aba"];
const report = ["Reports/*/report-*.json"];
const wholeReport = ["Reports/*/exclusions-*.csv", "Reports/*/report-*.html", ...report];
const evidence = ["Reports/evidence/*"];
const plans = ["Work/*/plan-*.jsonl"];
const staged = ["Work/*/staged/*.jsonl"];
const exclusions = ["Work/*/exclusions/*.jsonl"];

const to = (action: string, things: readonly string[]) => things.map((on) => `${action} ${on}`);
const read = (...keys: readonly string[][]) => to("s3:GetObject", keys.flat());
const readVersions = (...keys: readonly string[][]) => to("s3:GetObjectVersion", keys.flat());
const create = (...keys: readonly string[][]) => to("s3:PutObject", keys.flat());
const absence = (...stores: readonly string[]) => to("s3:ListBucket", stores);
const decrypt = (...stores: readonly string[]) => stores.map((store) => `kms:Decrypt Key for ${store}`);
const encrypt = (...stores: readonly string[]) =>
  stores.map((store) => `kms:GenerateDataKey Key for ${store}`);
const versionsOfRows = "s3:ListBucketVersions DueLists (au-cba/*/due.csv, au-wbc/*/due.csv)";
const versionsOfDeliveries = "s3:ListBucketVersions Outbound (999901/*.aba, 999902/*.aba)";
const oneFolder = "s3:ListBucket Reports (*/*)";

/** As `call: subjects` in the order of the design's table. */
function ledger(use: Partial<Record<"GetItem" | "Query" | "BatchGetItem" | "PutItem", string>>): string[] {
  return Object.entries(use).map(
    ([call, subjects]) =>
      `dynamodb:${call} Ledger (${subjects
        .split(" ")
        .map((name) => `${name}#*`)
        .join(", ")})`,
  );
}

const EXPECTED: Record<string, string[]> = {
  AcquireLock: [
    ...ledger({ GetItem: "STREAM BATCH", PutItem: "STREAM BATCH" }),
    ...read(manifests),
    versionsOfRows,
    ...absence("DueLists"),
    ...decrypt("DueLists"),
  ],
  PlanSegments: [
    ...ledger({ GetItem: "STREAM BATCH", PutItem: "BATCH" }),
    ...readVersions(rows),
    ...absence("DueLists"),
    ...read(plans),
    ...create(plans),
    ...decrypt("DueLists", "Work"),
    ...encrypt("Work"),
  ],
  StageSegment: [
    ...ledger({
      GetItem: "STREAM BATCH",
      Query: "BATCH MANDATE",
      BatchGetItem: "MANDATE",
      PutItem: "BATCH MANDATE",
    }),
    ...readVersions(rows),
    ...read(plans, staged, exclusions),
    ...create(staged, exclusions),
    ...absence("DueLists", "Work"),
    ...decrypt("DueLists", "Work"),
    ...encrypt("Work"),
  ],
  ComposeBankFile: [
    ...ledger({ GetItem: "STREAM BATCH", Query: "BATCH", PutItem: "STREAM" }),
    ...read(staged, bankFiles),
    ...readVersions(bankFiles),
    ...create(bankFiles),
    ...absence("Work", "BankFiles"),
    ...decrypt("Work", "BankFiles"),
    ...encrypt("BankFiles"),
  ],
  Reconcile: [
    ...ledger({
      GetItem: "STREAM BATCH",
      Query: "STREAM BATCH MANDATE",
      BatchGetItem: "MANDATE",
      PutItem: "STREAM",
    }),
    ...read(manifests, exclusions),
    ...readVersions(rows, bankFiles),
    ...absence("DueLists", "Work", "BankFiles"),
    ...create(wholeReport),
    oneFolder,
    ...decrypt("DueLists", "Work", "BankFiles"),
    ...encrypt("Reports"),
  ],
  SubmitBankFile: [
    ...ledger({ GetItem: "STREAM BATCH SUBMISSION", Query: "BATCH", PutItem: "STREAM SUBMISSION" }),
    ...readVersions(["BankFiles/*/*.aba"], deliveries),
    ...absence("BankFiles"),
    versionsOfDeliveries,
    ...create(deliveries),
    ...decrypt("BankFiles", "Outbound"),
    ...encrypt("Outbound"),
  ],
  CloseBatch: [
    ...ledger({ GetItem: "STREAM BATCH", Query: "STREAM BATCH", PutItem: "STREAM BATCH" }),
    ...read(exclusions, report),
    ...absence("Work", "Reports"),
    ...create(wholeReport),
    ...decrypt("Work", "Reports"),
    ...encrypt("Reports"),
  ],
  StartBatch: [
    ...to("dynamodb:DeleteItem", ["Idempotency"]),
    ...to("dynamodb:GetItem", ["Idempotency"]),
    ...to("dynamodb:PutItem", ["Idempotency"]),
    ...to("dynamodb:UpdateItem", ["Idempotency"]),
    ...read(manifests),
    versionsOfRows,
    ...absence("DueLists"),
    ...decrypt("DueLists"),
    "states:StartExecution the batch's machine (through live)",
    "states:DescribeExecution the batch's executions",
    "sqs:SendMessage the missed starts",
  ],
  ShowBatch: [
    ...ledger({ GetItem: "STREAM BATCH SUBMISSION", Query: "STREAM BATCH" }),
    "states:DescribeExecution the batch's executions",
    ...read(report),
    oneFolder,
    ...decrypt("Reports"),
  ],
  ShowOverrides: ledger({ Query: "DEPLOY" }),
  RedriveBatch: [
    ...ledger({ Query: "BATCH", PutItem: "BATCH" }),
    "states:DescribeExecution the batch's executions",
    "states:RedriveExecution the batch's executions",
  ],
  ContinueBatch: [
    ...ledger({ GetItem: "BATCH", Query: "BATCH", PutItem: "BATCH" }),
    "states:DescribeExecution the batch's executions",
    "states:StartExecution the batch's machine (through live)",
  ],
  AbandonBatch: [
    ...ledger({
      GetItem: "STREAM BATCH SUBMISSION",
      Query: "BATCH",
      PutItem: "STREAM BATCH SUBMISSION",
    }),
    versionsOfDeliveries,
    ...readVersions(deliveries),
    ...decrypt("Outbound"),
    "s3:ListBucket DueLists (au-cba/*, au-wbc/*)",
  ],
  PauseStream: ledger({ GetItem: "STREAM", PutItem: "STREAM" }),
  ResumeStream: ledger({ GetItem: "STREAM", PutItem: "STREAM" }),
  DeployGate: [
    ...ledger({ GetItem: "STREAM BATCH", Query: "BATCH", PutItem: "STREAM" }),
    ...ledger({ Query: "DEPLOY" }),
    "cloudformation:DescribeStacks the billing stack",
    "ssm:GetCalendarState the change calendar",
    "states:DescribeExecution the batch's executions",
  ],
  // It refuses and allows, and changes nothing: what it could write, every deployment could.
  DeployHook: [
    ...ledger({ GetItem: "STREAM BATCH", Query: "BATCH" }),
    "cloudformation:DescribeStacks the billing stack",
    "ssm:GetCalendarState the change calendar",
    "states:DescribeExecution the batch's executions",
  ],
  Watch: [
    ...ledger({ GetItem: "STREAM BATCH", Query: "STREAM" }),
    "s3:ListBucket DueLists (au-cba/*, au-wbc/*)",
    "sqs:SendMessage the missed looks",
  ],
  Propose: [
    ...ledger({ GetItem: "STREAM BATCH SUBMISSION", PutItem: "BATCH DEPLOY" }),
    ...read(report, evidence),
    ...create(evidence),
    oneFolder,
    ...decrypt("Reports"),
    ...encrypt("Reports"),
  ],
  Approve: [
    ...ledger({ GetItem: "STREAM BATCH SUBMISSION", Query: "BATCH DEPLOY", PutItem: "BATCH DEPLOY" }),
    ...readVersions(evidence),
    ...decrypt("Reports"),
  ],
};

/** What every Lambda may do beside its work. */
const ALWAYS = [
  "logs:CreateLogStream its own log",
  "logs:PutLogEvents its own log",
  "xray:PutTelemetryRecords *",
  "xray:PutTraceSegments *",
];

/**
 * The variable of a function that names nothing that it may touch: the role in which it hears people, and whether the
 * stage's schedules are switched on.
 */
const TOLD: Record<string, string> = {
  Propose: "PROPOSER_ROLE_ARN",
  Approve: "APPROVER_ROLE_ARN",
  DeployGate: "SCHEDULES",
  DeployHook: "SCHEDULES",
};

/** The variable by which a Lambda finds each thing. */
const VARIABLES: Record<string, string> = {
  Ledger: "LEDGER_TABLE",
  Idempotency: "IDEMPOTENCY_TABLE",
  DueLists: "DUE_BUCKET",
  Work: "WORK_BUCKET",
  BankFiles: "BANK_FILES_BUCKET",
  Outbound: "OUTBOUND_BUCKET",
  Reports: "REPORTS_BUCKET",
  "the batch's machine": "STATE_MACHINE_ALIAS_ARN",
  "the batch's executions": "STATE_MACHINE_ARN",
  "the change calendar": "CHANGE_CALENDAR",
  "the billing stack": "BILLING_STACK",
};

/** The thing that each variable names: the start through an alias is a permission on the machine. */
const MEANT: Record<string, string> = {
  ...VARIABLES,
  "the batch's machine": "STATE_MACHINE_ARN",
  "the batch's alias": "STATE_MACHINE_ALIAS_ARN",
};

const ARN = "arn:<AWS::Partition>:\\w+:<AWS::Region>:<AWS::AccountId>:";
const MACHINE = "debit-once-prod-billing-batch";

function named(on: string): string {
  return on
    .replace(
      new RegExp(`^${ARN}execution:(<BatchMachine\\w+.Name>|${MACHINE}):\\*$`),
      "the batch's executions",
    )
    .replace(new RegExp(`^${ARN}stateMachine:${MACHINE}$`), "the batch's machine")
    .replace(new RegExp(`^(${ARN}document/)?<ChangeCalendarDocument\\w+>$`), "the change calendar")
    .replace(new RegExp(`^(${ARN}stack/)?DebitOnce-prod-Billing(/\\*)?$`), "the billing stack")
    .replace(/^<BatchMachine\w+>$/, "the batch's machine")
    .replace(/^<BatchLive\w+>$/, "the batch's alias")
    .replace(/^<MissedStarts\w+.Arn>$/, "the missed starts")
    .replace(/^<MissedLooks\w+.Arn>$/, "the missed looks");
}

function linesOf(allowed: readonly Allowed[]): string[] {
  return allowed
    .map(({ action, on, only }) => `${action} ${named(on)}${only ? ` (${only.join(", ")})` : ""}`)
    .toSorted();
}

describe("a Lambda", () => {
  test("may do exactly what its step needs: call by call, key by key", () => {
    const found = [...lambdas()].map(([name, lambda]) => {
      const log = textOf(lambda.Properties.LoggingConfig.LogGroup).slice(1, -1);
      return [
        name,
        linesOf(allowedToLambda(lambda)).map((line) => line.replace(`<${log}.Arn>`, "its own log")),
      ];
    });
    const expected = Object.entries(EXPECTED).map(([name, lines]) => [
      name,
      [...lines, ...ALWAYS].toSorted(),
    ]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  });

  test("knows by a variable each thing that it may touch, and nothing else", () => {
    for (const [name, lambda] of lambdas()) {
      const touched = allowedToLambda(lambda).flatMap(({ on }) => VARIABLES[bucketOf(named(on))] ?? []);
      const known = Object.keys(lambda.Properties.Environment?.Variables ?? {});
      const told = TOLD[name] ?? [];
      expect(known.toSorted(), name).toEqual([...new Set(touched)].concat(told).toSorted());
    }
  });

  test("finds under each variable the thing that the variable means", () => {
    for (const [name, lambda] of lambdas()) {
      for (const [variable, value] of Object.entries<Json>(lambda.Properties.Environment.Variables)) {
        if (variable === TOLD[name]) continue;
        const found = named(thing(textOf(value)));
        expect(MEANT[found], `${name} ${variable}`).toBe(variable);
      }
    }
  });

  test("has a role of its own, without a policy that somebody else manages", () => {
    const roles = [...lambdas().values()].map(roleOf);
    expect(new Set(roles).size).toBe(roles.length);
    for (const template of [billing, blackout, data]) {
      for (const [id, { Properties }] of ofType(template, "AWS::IAM::Role")) {
        expect([id, Properties.ManagedPolicyArns, Properties.Policies]).toEqual([id, undefined, undefined]);
      }
      expect(ofType(template, "AWS::IAM::ManagedPolicy")).toEqual([]);
    }
  });
});

/** Actions whose resource AWS does not let a policy name: traces, and the delivery of logs by a service. */
const NAMELESS = [
  "logs:CreateLogDelivery",
  "logs:DeleteLogDelivery",
  "logs:DescribeLogGroups",
  "logs:DescribeResourcePolicies",
  "logs:GetLogDelivery",
  "logs:ListLogDeliveries",
  "logs:PutResourcePolicy",
  "logs:UpdateLogDelivery",
  "xray:GetSamplingRules",
  "xray:GetSamplingTargets",
  "xray:PutTelemetryRecords",
  "xray:PutTraceSegments",
];

test("no policy of any stack allows an action with a star, or anything on everything but what AWS leaves nameless", () => {
  const statements = [billing, blackout, data].flatMap((template) =>
    ofType(template, "AWS::IAM::Policy").flatMap(([, { Properties }]) =>
      asList(Properties.PolicyDocument.Statement),
    ),
  );
  const onEverything = statements
    .filter(({ Resource }) => asList(Resource).some((resource) => textOf(resource) === "*"))
    .flatMap(({ Action }): string[] => asList(Action));
  expect([...new Set(onEverything)].toSorted()).toEqual(NAMELESS);
  for (const { Action } of statements) expect(JSON.stringify(Action)).not.toContain("*");
});

describe("the ledger", () => {
  test("can be read and added to by nobody's hand but by keyed reads and puts", () => {
    const actions = [billing, blackout]
      .flatMap((template) => ofType(template, "AWS::IAM::Role"))
      .flatMap(([role]) => allowedTo(role))
      .filter(({ on }) => on === "Ledger")
      .map(({ action }) => action);
    expect([...new Set(actions)].toSorted()).toEqual([
      "dynamodb:BatchGetItem",
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "dynamodb:Query",
    ]);
  });

  test("is decided upon only by the steps and the operations that decide", () => {
    const deciding = [...lambdas()].filter(([, lambda]) =>
      allowedToLambda(lambda).some(({ action, on }) => on === "Ledger" && action === "dynamodb:PutItem"),
    );
    expect(deciding.map(([name]) => name)).not.toContain("ShowBatch");
    expect(deciding.map(([name]) => name)).not.toContain("ShowOverrides");
    expect(deciding.map(([name]) => name)).not.toContain("StartBatch");
    expect(deciding.map(([name]) => name)).not.toContain("Watch");
    expect(deciding.map(([name]) => name)).not.toContain("DeployHook");
    expect(deciding).toHaveLength(15);
  });
});

test("SubmitBankFile alone can put a file where the bank picks it up", () => {
  const roles = ofType(billing, "AWS::IAM::Role").map(([role]) => role);
  const putting = roles.filter((role) =>
    allowedTo(role).some(({ action, on }) => bucketOf(on) === "Outbound" && !/^s3:(Get|List)/.test(action)),
  );
  const submitter = lambdasOf(billing).get("SubmitBankFile");
  expect(putting).toEqual([submitter?.Properties.Role["Fn::GetAtt"][0]]);
});

test("the blackout stack has no role but its functions' and the one in which CloudFormation calls the hook", () => {
  const services = ofType(blackout, "AWS::IAM::Role").map(([, role]) => {
    const [statement, ...more] = role.Properties.AssumeRolePolicyDocument.Statement;
    expect(more).toEqual([]);
    return statement.Principal.Service ?? "CI";
  });
  expect(services).toEqual([
    "lambda.amazonaws.com",
    "lambda.amazonaws.com",
    "hooks.cloudformation.amazonaws.com",
    // test/infra/blackout.test.ts tells who takes this one, and for what.
    ...(githubRepository() === undefined ? [] : ["CI"]),
  ]);
});

test("no role but the Lambdas', the machine's, the scheduler's, the rule's and two persons' exists; services assume theirs only", () => {
  const roles = ofType(billing, "AWS::IAM::Role").map(([id, role]) => {
    const [statement, ...more] = role.Properties.AssumeRolePolicyDocument.Statement;
    expect(more).toEqual([]);
    return statement.Principal.Service ?? id.replace(/[0-9A-F]{8}$/, "");
  });
  expect(
    [...Map.groupBy(roles, (service) => service)].map(([service, all]) => [service, all.length]),
  ).toEqual([
    ["lambda.amazonaws.com", 18],
    ["states.amazonaws.com", 1],
    ["scheduler.amazonaws.com", 2],
    // test/infra/two-persons.test.ts tells who may assume these.
    ["Proposer", 1],
    ["Approver", 1],
    // test/infra/alarms.test.ts tells for which rule, and what it may do.
    ["events.amazonaws.com", 1],
  ]);
});

test("the machine may call every version of its steps' Lambdas, so that an older execution still can", () => {
  const [[, machine] = []] = ofType(billing, "AWS::StepFunctions::StateMachine");
  const callable = allowedTo(machine?.Properties.RoleArn["Fn::GetAtt"][0])
    .filter(({ action }) => action === "lambda:InvokeFunction")
    .map(({ on }) => on);
  const steps = [...lambdasOf(billing).values()].filter(({ Metadata }) =>
    Metadata?.["debit-once:handler"]?.startsWith("lambdas/billing-batch/"),
  );
  expect(steps).toHaveLength(7);
  for (const { id } of steps) expect(callable).toContain(`<${id}.Arn>:*`);
});

test("the scheduler may call StartBatch and the watch, and leave a message in the queue of each, no more", () => {
  const roles = ofType(billing, "AWS::IAM::Role").filter(([, { Properties }]) =>
    JSON.stringify(Properties).includes("scheduler.amazonaws.com"),
  );
  const expected = [
    ["StartBatch", "the missed starts"],
    ["Watch", "the missed looks"],
  ].map(([name = "", queue]) => [
    `lambda:InvokeFunction <${lambdasOf(billing).get(name)?.id}.Arn>`,
    `sqs:SendMessage ${queue}`,
  ]);
  expect(roles.map(([role]) => linesOf(allowedTo(role)))).toEqual(expected);
  for (const [, { Properties }] of roles) {
    const [trust] = Properties.AssumeRolePolicyDocument.Statement;
    expect(textOf(trust.Condition.StringEquals["aws:SourceAccount"])).toBe("<AWS::AccountId>");
    expect(textOf(trust.Condition.StringEquals["aws:SourceArn"])).toMatch(/:schedule-group\/default$/);
  }
});

test("who reads reports takes on a role that reads every report, and no statement of the bank", () => {
  const roles = ofType(data, "AWS::IAM::Role");
  expect(roles).toHaveLength(1);
  const [[readers, { Properties }] = ["", { Properties: {} }]] = roles;
  const [trust, ...more] = Properties.AssumeRolePolicyDocument.Statement;
  expect([trust.Effect, trust.Action, more]).toEqual(["Allow", "sts:AssumeRole", []]);
  expect(textOf(trust.Principal.AWS)).toBe("arn:<AWS::Partition>:iam::<AWS::AccountId>:root");
  const policies = ofType(data, "AWS::IAM::Policy");
  expect(policies).toHaveLength(1);
  const [[, policy] = []] = policies;
  expect(policy?.Properties.Roles).toEqual([{ Ref: readers }]);
  const [read, list, decrypt, ...others] = policy?.Properties.PolicyDocument.Statement ?? [];
  const bucket = "<ReportsBucket95FE29A2.Arn>";
  expect([read.Action, ...read.Resource.map(textOf)]).toEqual([
    "s3:GetObject",
    ...["exclusions-*.csv", "report-*.html", "report-*.json"].map((key) => `${bucket}/*/${key}`),
  ]);
  expect([list.Action, textOf(list.Resource)]).toEqual(["s3:ListBucket", bucket]);
  expect([decrypt.Action, textOf(decrypt.Resource)]).toEqual(["kms:Decrypt", "<Key961B73FD.Arn>"]);
  expect(decrypt.Condition.StringLike["kms:EncryptionContext:aws:s3:arn"].map(textOf)).toEqual([
    bucket,
    `${bucket}/*`,
  ]);
  expect(others).toEqual([]);
});
