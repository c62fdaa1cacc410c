import { beforeAll, describe, expect, test } from "vitest";
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
let data: Template;

beforeAll(async () => {
  ({ billing, data } = await synthesize("prod"));
}, 120_000);

const asList = (value: Json): Json[] => (Array.isArray(value) ? value : [value]);

interface Allowed {
  readonly action: string;
  readonly on: string;
}

/** Which thing of the data stack an ARN means; the objects of a bucket count as the bucket. */
function thing(arn: string): string {
  const parts =
    /^<[\w-]+-Data:ExportsOutput(?:FnGetAtt|Ref)([A-Za-z]+?)(?:Table|Bucket)?[0-9A-F]{8}(?:Arn)?[0-9A-F]{8}>(?:\/\*)?$/;
  const found = parts.exec(arn);
  return found ? String(found[1]) : arn;
}

/** All that the policies of a role allow. */
function allowedTo(role: string): Allowed[] {
  return ofType(billing, "AWS::IAM::Policy")
    .filter(([, policy]) => asList(policy.Properties.Roles).some((held) => held.Ref === role))
    .flatMap(([, policy]) => asList(policy.Properties.PolicyDocument.Statement))
    .flatMap((statement) => {
      expect(statement.Effect).toBe("Allow");
      return asList(statement.Action).flatMap((action) =>
        asList(statement.Resource).map((resource) => ({ action, on: thing(textOf(resource)) })),
      );
    });
}

function allowedToLambda(lambda: Resource): Allowed[] {
  return allowedTo(lambda.Properties.Role["Fn::GetAtt"][0]);
}

const READ_LEDGER = ["Ledger: dynamodb:BatchGetItem dynamodb:GetItem dynamodb:Query"];
const DECIDE = ["Ledger: dynamodb:BatchGetItem dynamodb:GetItem dynamodb:PutItem dynamodb:Query"];
const read = (store: string) =>
  `${store}: s3:GetObject s3:GetObjectVersion s3:ListBucket s3:ListBucketVersions`;
const readAndCreate = (store: string) => `${read(store)} s3:PutObject`;
const DECRYPT = "Key: kms:Decrypt";
const BOTH_WAYS = "Key: kms:Decrypt kms:GenerateDataKey";
const EXECUTIONS = "the batch's executions: ";

const EXPECTED: Record<string, string[]> = {
  AcquireLock: [...DECIDE, read("DueLists"), DECRYPT],
  PlanSegments: [...DECIDE, read("DueLists"), readAndCreate("Work"), BOTH_WAYS],
  StageSegment: [...DECIDE, read("DueLists"), readAndCreate("Work"), BOTH_WAYS],
  ComposeBankFile: [...DECIDE, read("Work"), readAndCreate("BankFiles"), BOTH_WAYS],
  Reconcile: [
    ...DECIDE,
    read("DueLists"),
    read("Work"),
    read("BankFiles"),
    readAndCreate("Reports"),
    BOTH_WAYS,
  ],
  SubmitBankFile: [...DECIDE, read("BankFiles"), readAndCreate("Outbound"), BOTH_WAYS],
  CloseBatch: [...DECIDE, read("Work"), readAndCreate("Reports"), BOTH_WAYS],
  StartBatch: [
    "Idempotency: dynamodb:DeleteItem dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem",
    read("DueLists"),
    DECRYPT,
    "the batch's machine: states:StartExecution",
    `${EXECUTIONS}states:DescribeExecution`,
    "the missed starts: sqs:GetQueueAttributes sqs:GetQueueUrl sqs:SendMessage",
  ],
  ShowBatch: [...READ_LEDGER, `${EXECUTIONS}states:DescribeExecution`, read("Reports"), DECRYPT],
  RedriveBatch: [...DECIDE, `${EXECUTIONS}states:DescribeExecution states:RedriveExecution`],
  AbandonBatch: [...DECIDE, read("Outbound"), DECRYPT],
  PauseStream: DECIDE,
  ResumeStream: DECIDE,
  Watch: [
    ...READ_LEDGER,
    read("DueLists"),
    DECRYPT,
    "the missed looks: sqs:GetQueueAttributes sqs:GetQueueUrl sqs:SendMessage",
  ],
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
  "the batch's machine": "STATE_MACHINE_ARN",
  "the batch's executions": "STATE_MACHINE_ARN",
};

function named(on: string): string {
  if (
    /^arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<BatchMachine\w+.Name>:\*$/.test(
      on,
    )
  ) {
    return "the batch's executions";
  }
  return on
    .replace(/^<BatchMachine\w+>$/, "the batch's machine")
    .replace(/^<MissedStarts\w+.Arn>$/, "the missed starts")
    .replace(/^<MissedLooks\w+.Arn>$/, "the missed looks");
}

function linesOf(allowed: readonly Allowed[]): string[] {
  const actions = Map.groupBy(allowed, ({ on }) => named(on));
  return [...actions].map(
    ([on, all]) => `${on}: ${[...new Set(all.map(({ action }) => action))].toSorted().join(" ")}`,
  );
}

describe("a Lambda", () => {
  test("may do exactly what its step needs", () => {
    const found = [...lambdasOf(billing)].map(([name, lambda]) => [
      name,
      linesOf(allowedToLambda(lambda)).toSorted(),
    ]);
    const expected = Object.entries(EXPECTED).map(([name, lines]) => [name, lines.toSorted()]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  });

  test("knows by a variable each thing that it may touch, and nothing else", () => {
    for (const [name, lambda] of lambdasOf(billing)) {
      const touched = linesOf(allowedToLambda(lambda)).flatMap(
        (line) => VARIABLES[String(line.split(": ")[0])] ?? [],
      );
      const known = Object.keys(lambda.Properties.Environment?.Variables ?? {});
      expect(known.toSorted(), name).toEqual([...new Set(touched)].toSorted());
    }
  });

  test("finds under each variable the thing that the variable means", () => {
    for (const [name, lambda] of lambdasOf(billing)) {
      for (const [variable, value] of Object.entries<Json>(lambda.Properties.Environment.Variables)) {
        const found = named(thing(textOf(value)));
        expect(VARIABLES[found], `${name} ${variable}`).toBe(variable);
      }
    }
  });

  test("is never given a whole service, nor everything of a kind", () => {
    for (const [name, lambda] of lambdasOf(billing)) {
      for (const { action, on } of allowedToLambda(lambda)) {
        expect(action, name).not.toContain("*");
        expect(on, name).not.toBe("*");
      }
    }
  });
});

describe("the ledger", () => {
  test("can be read and added to by nobody's hand but by keyed reads and puts", () => {
    const actions = ofType(billing, "AWS::IAM::Role")
      .flatMap(([role]) => allowedTo(role))
      .filter(({ on }) => on === "Ledger")
      .map(({ action }) => action);
    expect([...new Set(actions)].toSorted()).toEqual([
      "dynamodb:BatchGetItem",
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "dynamodb:Query",
    ]);
    expect(ofType(data, "AWS::IAM::Policy")).toEqual([]);
  });

  test("is decided upon only by the steps and the operations that decide", () => {
    const deciding = [...lambdasOf(billing)].filter(([, lambda]) =>
      allowedToLambda(lambda).some(({ action, on }) => on === "Ledger" && action === "dynamodb:PutItem"),
    );
    expect(deciding.map(([name]) => name)).not.toContain("ShowBatch");
    expect(deciding.map(([name]) => name)).not.toContain("StartBatch");
    expect(deciding.map(([name]) => name)).not.toContain("Watch");
    expect(deciding).toHaveLength(11);
  });
});

test("SubmitBankFile alone can put a file where the bank picks it up", () => {
  const roles = ofType(billing, "AWS::IAM::Role").map(([role]) => role);
  const putting = roles.filter((role) =>
    allowedTo(role).some(({ action, on }) => on === "Outbound" && !/^s3:(Get|List)/.test(action)),
  );
  const submitter = lambdasOf(billing).get("SubmitBankFile");
  expect(putting).toEqual([submitter?.Properties.Role["Fn::GetAtt"][0]]);
});

test("no role but the Lambdas', the machine's and the scheduler's exists, and each is assumed by its service only", () => {
  const roles = ofType(billing, "AWS::IAM::Role").map(([, role]) => {
    const [statement, ...more] = role.Properties.AssumeRolePolicyDocument.Statement;
    expect(more).toEqual([]);
    return statement.Principal.Service;
  });
  expect(
    [...Map.groupBy(roles, (service) => service)].map(([service, all]) => [service, all.length]),
  ).toEqual([
    ["lambda.amazonaws.com", 14],
    ["states.amazonaws.com", 1],
    ["scheduler.amazonaws.com", 2],
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
  ].map(([name = "", queue]) => {
    const id = lambdasOf(billing).get(name)?.id;
    return [
      `<${id}.Arn>: lambda:InvokeFunction`,
      `<${id}.Arn>:*: lambda:InvokeFunction`,
      `${queue}: sqs:SendMessage`,
    ].toSorted();
  });
  expect(roles.map(([role]) => linesOf(allowedTo(role)).toSorted())).toEqual(expected);
});
