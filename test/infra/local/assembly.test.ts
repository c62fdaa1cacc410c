import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { assemblyOf, readAssembly } from "../../../infra/local/assembly.ts";
import type { Definition, State } from "../../../infra/local/definition.ts";
import { LocalFault } from "../../../infra/local/local-fault.ts";
import { synthesize } from "../../../infra/local/synthesis.ts";
import { templateSchema } from "../../../infra/local/template.ts";
import { temporaryFolder } from "./folders.ts";
import { machine, map, task } from "./machines.ts";

/** The name under which the small app's executions are started. */
const alias = (weight: number) => ({
  Type: "AWS::StepFunctions::StateMachineAlias",
  Properties: {
    Name: "live",
    RoutingConfiguration: [{ StateMachineVersionArn: { Ref: "VersionA1B2C3D4" }, Weight: weight }],
  },
});

/** The two templates of a small app, with the references of the real one. */
function templates(definition: Definition, change: (resources: Record<string, object>) => void = () => {}) {
  const lambda = (name: string, Variables: object) => ({
    Type: "AWS::Lambda::Function",
    Metadata: { "debit-once:function": name, "debit-once:handler": `lambdas/${name}/handler.ts` },
    Properties: { Timeout: 60, Environment: { Variables } },
  });
  const version = (logicalId: string) => ({
    Type: "AWS::Lambda::Version",
    Properties: { FunctionName: { Ref: logicalId } },
  });
  const ledger = { LEDGER_TABLE: { "Fn::ImportValue": "Data:LedgerRef" } };
  const parts = JSON.stringify(definition).split(/(?<=")(arn:[^"]+)(?=")/);
  const versionOf = (arn: string) => ({ Ref: `${arn.split(":").at(-2)}CurrentVersion0a1b` });
  const billing: Record<string, object> = {
    StepA1B2C3D4: lambda("Step", { ...ledger, DUE_BUCKET: { "Fn::ImportValue": "Data:DueRef" } }),
    StepCurrentVersion0a1b: version("StepA1B2C3D4"),
    ChildA1B2C3D4: lambda("Child", ledger),
    ChildCurrentVersion0a1b: version("ChildA1B2C3D4"),
    StarterA1B2C3D4: lambda("Starter", {
      STATE_MACHINE_ARN: { Ref: "MachineA1B2C3D4" },
      STATE_MACHINE_ALIAS_ARN: { Ref: "LiveA1B2C3D4" },
      ROLE_ARN: { "Fn::GetAtt": ["RoleA1B2C3D4", "Arn"] },
    }),
    RoleA1B2C3D4: { Type: "AWS::IAM::Role" },
    Queue: { Type: "AWS::SQS::Queue" },
    CdkOwn: {
      Type: "AWS::Lambda::Function",
      Properties: { Environment: { Variables: { X: { Ref: "Role" } } } },
    },
    Role: { Type: "AWS::IAM::Role" },
    MachineA1B2C3D4: {
      Type: "AWS::StepFunctions::StateMachine",
      Properties: {
        DefinitionString: {
          "Fn::Join": ["", parts.map((part) => (part.startsWith("arn:") ? versionOf(part) : part))],
        },
      },
    },
  };
  billing["VersionA1B2C3D4"] = {
    Type: "AWS::StepFunctions::StateMachineVersion",
    Properties: { StateMachineArn: { Ref: "MachineA1B2C3D4" } },
  };
  billing["LiveA1B2C3D4"] = alias(100);
  change(billing);
  const data = {
    Resources: {
      LedgerTable9343E4AA: {
        Type: "AWS::DynamoDB::GlobalTable",
        Properties: {
          KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
          AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
          Replicas: [{ Region: { Ref: "AWS::Region" } }],
          TimeToLiveSpecification: { AttributeName: "expiration", Enabled: true },
        },
      },
      DueListsBucket924CA009: { Type: "AWS::S3::Bucket" },
    },
    Outputs: {
      LedgerRef: { Value: { Ref: "LedgerTable9343E4AA" }, Export: { Name: "Data:LedgerRef" } },
      DueRef: { Value: { Ref: "DueListsBucket924CA009" }, Export: { Name: "Data:DueRef" } },
    },
  };
  return new Map([
    ["Data", templateSchema.parse(data)],
    ["Billing", templateSchema.parse({ Resources: billing })],
  ]);
}

const GOOD = machine({ Step: task("Step"), M: map("Child") });

describe("what is read of a synthesized app", () => {
  test("is functions, tables and buckets under local names, with every reference resolved", () => {
    const assembly = assemblyOf(templates(GOOD));
    const arn = "arn:aws:states:ap-southeast-2:000000000000:stateMachine:machine";
    expect(Object.fromEntries(assembly.functions)).toEqual({
      Step: {
        handler: "lambdas/Step/handler.ts",
        env: { LEDGER_TABLE: "ledger-table", DUE_BUCKET: "due-lists-bucket" },
        timeoutSeconds: 60,
      },
      Child: {
        handler: "lambdas/Child/handler.ts",
        env: { LEDGER_TABLE: "ledger-table" },
        timeoutSeconds: 60,
      },
      Starter: {
        handler: "lambdas/Starter/handler.ts",
        env: {
          STATE_MACHINE_ARN: arn,
          STATE_MACHINE_ALIAS_ARN: `${arn}:live`,
          ROLE_ARN: "arn:aws:iam::000000000000:role/role",
        },
        timeoutSeconds: 60,
      },
    });
    expect(assembly.tables).toEqual([
      {
        TableName: "ledger-table",
        KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
        BillingMode: "PAY_PER_REQUEST",
      },
    ]);
    expect(assembly.buckets).toEqual(["due-lists-bucket"]);
    expect(assembly.stateMachineArn).toBe(arn);
    expect(assembly.names).toEqual({
      LEDGER_TABLE: "ledger-table",
      DUE_BUCKET: "due-lists-bucket",
      STATE_MACHINE_ARN: arn,
      STATE_MACHINE_ALIAS_ARN: `${arn}:live`,
      ROLE_ARN: "arn:aws:iam::000000000000:role/role",
    });
    expect(assembly.definition).toEqual(JSON.parse(JSON.stringify(GOOD)));
  });

  test("knows the one version that an alias names, and refuses to guess at one of two", () => {
    const split = templates(GOOD, (resources) => {
      resources["LiveA1B2C3D4"] = alias(50);
    });
    expect(() => assemblyOf(split)).toThrow(/Weight/);
  });

  const wrong: [string, Definition, string][] = [
    ["no time-out of the whole", { ...GOOD, TimeoutSeconds: undefined }, "no TimeoutSeconds"],
    ["no time-out of a task", withStep({ TimeoutSeconds: undefined }), "task Step has no TimeoutSeconds"],
    [
      "no time-out of a child",
      machine({ Step: task("Step"), M: map("Child", {}, { TimeoutSeconds: undefined }) }),
      "task Child has no",
    ],
    ["a machine in JSONata", { ...GOOD, QueryLanguage: "JSONata" }, "not JSONPath"],
    ["a state in JSONata", withStep({ QueryLanguage: "JSONata" }), "not JSONPath"],
    ["a field that the interpreter ignores", withStep({ HeartbeatSeconds: 5 }), "ignores HeartbeatSeconds"],
    [
      "a map that reads its items from S3",
      machine({ Step: task("Step"), M: map("Child", { ItemReader: {} }) }),
      "ignores ItemReader",
    ],
    [
      "a map that repeats its children",
      machine({ Step: task("Step"), M: map("Child", { Retry: [] }) }),
      "has Retry or Catch",
    ],
    [
      "a parallel state",
      machine({ Step: task("Step"), P: { Type: "Parallel", Branches: [] } }),
      "does not know the type",
    ],
    [
      "a context path that means another thing here",
      withStep({ Parameters: { "x.$": "$$.Execution.RoleArn" } }),
      "$$.Execution.RoleArn",
    ],
    [
      "a context path in a child",
      machine({ Step: task("Step"), M: map("Child", {}, { Parameters: { "x.$": "$$.Execution.Name" } }) }),
      "$$.Execution.Name",
    ],
    [
      "a task under another name than its function",
      machine({ Other: task("Step") }),
      "function of the same name",
    ],
    ["a task that is not a Lambda function", withStep({ Resource: "arn-less" }), "function of the same name"],
  ];

  test.each(wrong)("refuses %s", (_what, definition, sentence) => {
    expect(() => assemblyOf(templates(definition))).toThrow(LocalFault);
    expect(() => assemblyOf(templates(definition))).toThrow(sentence);
  });

  const changed: [string, (resources: Record<string, object>) => void, string][] = [
    [
      "a task without a function of ours",
      (all) => void Object.assign(all["ChildA1B2C3D4"] ?? {}, { Metadata: {} }),
      "Child",
    ],
    [
      "a reference to what is not there",
      (all) => void Object.assign(all, { StepCurrentVersion0a1b: undefined }),
      "StepCurrentVersion0a1b",
    ],
    [
      "a second state machine",
      (all) => void Object.assign(all, { More: all["MachineA1B2C3D4"] }),
      "exactly one",
    ],
    [
      "a variable that refers to what has no local name",
      (all) => variable(all, { Ref: "Queue" }),
      "AWS::SQS::Queue",
    ],
    ["a variable with an unknown function", (all) => variable(all, { "Fn::GetAZs": "" }), "Fn::GetAZs"],
    [
      "a variable from a stack that is not there",
      (all) => variable(all, { "Fn::ImportValue": "Other:X" }),
      "Other:X",
    ],
    ["a variable that differs between functions", (all) => variable(all, "other-table"), "LEDGER_TABLE"],
  ];

  test.each(changed)("refuses %s", (_what, change, sentence) => {
    const made = () =>
      assemblyOf(
        templates(GOOD, (all) => {
          change(all);
          for (const [name, resource] of Object.entries(all)) if (resource === undefined) delete all[name];
        }),
      );
    expect(made).toThrow(LocalFault);
    expect(made).toThrow(sentence);
  });
});

test("a definition that the interpreter's validation refuses is not read", async () => {
  const outdir = await temporaryFolder();
  const definition = machine({ Step: task("Step", { Next: "Nowhere" }), M: map("Child") });
  for (const [stack, template] of templates(definition)) {
    await writeFile(join(outdir, `${stack}.template.json`), JSON.stringify(template));
  }
  for (const _ of [1, 2])
    await expect(readAssembly(outdir)).rejects.toThrow("State machine definition is invalid");
});

function withStep(more: Partial<State>): Definition {
  return machine({ Step: task("Step", more), M: map("Child") });
}

function variable(all: Record<string, object>, value: unknown): void {
  const child = all["ChildA1B2C3D4"] as {
    Properties: { Environment: { Variables: Record<string, unknown> } };
  };
  child.Properties.Environment.Variables["LEDGER_TABLE"] = value;
}

describe("the app as it is", () => {
  test("is synthesized once for the same sources, and read", async () => {
    const outdir = await temporaryFolder();
    const [first, second] = await Promise.all([
      synthesize({ stage: "dev", outdir }),
      synthesize({ stage: "dev", outdir }),
    ]);
    expect(second).toBe(first);
    const { functions, definition, names } = await readAssembly(first);
    expect([...functions.keys()]).toEqual(
      expect.arrayContaining(
        Object.keys(definition.States).filter((name) => definition.States[name]?.Type === "Task"),
      ),
    );
    expect(Object.keys(names)).toEqual(
      expect.arrayContaining(["LEDGER_TABLE", "DUE_BUCKET", "STATE_MACHINE_ARN"]),
    );
    // Nothing half done is left, and the second reading finds the mark of the first.
    expect(await readdir(outdir)).toHaveLength(1);
    expect(await readdir(first)).toContain("valid-definition.sha256");
    const { mtimeMs } = await stat(outdir);
    const again = await readAssembly(await synthesize({ stage: "dev", outdir }));
    expect(again.definition).toEqual(definition);
    expect((await stat(outdir)).mtimeMs).toBe(mtimeMs);
  });

  test("is refused for a stage that there is not, in the app's own words, and leaves nothing", async () => {
    const outdir = join(await temporaryFolder(), "cdk.out");
    const fault = await synthesize({ stage: "moon", outdir }).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(LocalFault);
    expect((fault as LocalFault).message).toMatch(/^The app does not synthesize: .*moon/);
    expect(await readdir(outdir)).toEqual([]);
  });
});
