import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { App, Stack } from "aws-cdk-lib";
import { Function } from "aws-cdk-lib/aws-lambda";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configuration } from "../../infra/config/configuration.ts";
import { githubRepository } from "../../infra/config/github.ts";
import { githubRole } from "../../infra/github-role.ts";
import { synthesize } from "../../infra/local/synthesis.ts";
import { BlackoutStack } from "../../infra/stacks/blackout.ts";
import { DataStack } from "../../infra/stacks/data.ts";
import { debitOnce } from "../../infra/stacks/debit-once.ts";
import { STAGES, type Stage } from "../../infra/stage.ts";
import { TEMPLATES } from "../batch/local-batch.ts";
import { worldOf } from "../parity/calls.ts";
import { decide, type Principal, type Request } from "../parity/iam.ts";
import { parityOf } from "../parity/parity.ts";
import { policiesOf } from "../parity/policies.ts";
import { ACCOUNT, REGION, type Synthesized as Evaluated, synthesizedOf } from "../parity/templates.ts";
import { type Json, lambdasOf, ofType, ROOT, type Template, textOf } from "./synthesized.ts";

interface Stacks {
  readonly data: Template;
  readonly blackout: Template;
  readonly billing: Template;
  /** The stacks that are deployed before each stack. */
  readonly after: Readonly<Record<string, readonly string[]>>;
}

const stages = new Map<Stage, Stacks>();
const folders: string[] = [];

beforeAll(async () => {
  for (const stage of STAGES) stages.set(stage, await stacksOf(stage));
}, 120_000);
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

async function stacksOf(stage: Stage): Promise<Stacks> {
  const folder = await synthesize({ stage, outdir: TEMPLATES });
  const read = (file: string): Json => JSON.parse(readFileSync(path.join(folder, file), "utf8"));
  const template = (name: string): Template => read(`DebitOnce-${stage}-${name}.template.json`);
  const artifacts = Object.entries<Json>(read("manifest.json").artifacts);
  const isStack = (name: string) => name.startsWith("DebitOnce-") && !name.endsWith(".assets");
  const after = artifacts
    .filter(([name]) => isStack(name))
    .map(([name, { dependencies }]) => [name, (dependencies ?? []).filter(isStack)]);
  return {
    data: template("Data"),
    blackout: template("Blackout"),
    billing: template("Billing"),
    after: Object.fromEntries(after),
  };
}

const blackoutOf = (stage: Stage) => (stages.get(stage) as Stacks).blackout;

/** An app in this process, whose Lambdas are not bundled. */
function bareApp(): App {
  const { context } = JSON.parse(readFileSync(path.join(ROOT, "cdk.json"), "utf8")) as { context: object };
  const outdir = mkdtempSync(path.join(tmpdir(), "debit-once-blackout-"));
  folders.push(outdir);
  return new App({ outdir, context: { ...context, "aws:cdk:bundling-stacks": [] } });
}

describe("the stacks", () => {
  test("are deployed in the order data, blackout, billing: the hook is there before there is something to guard", () => {
    for (const stage of STAGES) {
      const named = (name: string) => `DebitOnce-${stage}-${name}`;
      const after = stages.get(stage)?.after;
      expect(after?.[named("Data")]).toEqual([]);
      expect(after?.[named("Blackout")]).toEqual([named("Data")]);
      expect(after?.[named("Billing")]?.toSorted()).toEqual([named("Blackout"), named("Data")]);
    }
  });

  test("refer to the blackout stack from the billing stack alone, and never the other way", () => {
    for (const stage of STAGES) {
      const { data, blackout } = stages.get(stage) as Stacks;
      expect(JSON.stringify(blackout)).not.toContain(`DebitOnce-${stage}-Billing:`);
      expect(JSON.stringify(data)).not.toContain(`DebitOnce-${stage}-Blackout:`);
    }
  });
});

describe("the hook", () => {
  const hookOf = (stage: Stage): [string, Json] => {
    const [[id, { Properties, DependsOn }] = ["", { Properties: {}, DependsOn: [] }], ...more] = ofType(
      blackoutOf(stage),
      "AWS::CloudFormation::LambdaHook",
    ) as [string, Json][];
    expect(more).toEqual([]);
    return [id, { ...Properties, DependsOn }];
  };

  test("is asked about every change of the data and the billing stack, and never about its own", () => {
    for (const stage of STAGES) {
      const [, hook] = hookOf(stage);
      expect(hook.StackFilters).toEqual({
        FilteringCriteria: "ALL",
        StackNames: { Include: [`DebitOnce-${stage}-Data`, `DebitOnce-${stage}-Billing`] },
      });
      expect(hook.TargetOperations).toEqual(["STACK"]);
      expect(hook.TargetFilters).toEqual({
        Actions: ["CREATE", "UPDATE", "DELETE"],
        InvocationPoints: ["PRE_PROVISION"],
      });
    }
  });

  test("cannot be made to guard the stack that it stands in, since it would block its own repair", () => {
    const deployment = { stage: "dev", configuration: configuration("dev") } as const;
    const app = bareApp();
    const data = new DataStack(app, "Data", {
      stage: "dev",
      writers: "Same",
      deployer: "Same-DeployGateRole",
    });
    const same = () =>
      new BlackoutStack(app, "Same", { deployment, data, billingStack: "Same", repository: undefined });
    expect(same).toThrow("Same would block its own repair");
  });

  test("refuses in prod and warns in dev, and is switched on in both", () => {
    const modes = STAGES.map((stage) => {
      const [, { FailureMode, HookStatus }] = hookOf(stage);
      return [stage, FailureMode, HookStatus];
    });
    expect(modes).toEqual([
      ["dev", "WARN", "ENABLED"],
      ["prod", "FAIL", "ENABLED"],
    ]);
  });

  test("has an alias of its own in each stage, of the form that CloudFormation takes", () => {
    const aliases = STAGES.map((stage) => hookOf(stage)[1].Alias);
    expect(aliases).toEqual(["DebitOnce::Dev::Blackout", "DebitOnce::Prod::Blackout"]);
    for (const alias of aliases) {
      expect(alias).toMatch(/^(?!aws)[A-Za-z0-9]{2,64}::[A-Za-z0-9]{2,64}::[A-Za-z0-9]{2,64}$/i);
    }
  });

  test("calls DeployHook in a role that CloudFormation's hooks alone take, for this hook alone, and that can do nothing else", () => {
    for (const stage of STAGES) {
      const [, hook] = hookOf(stage);
      const blackout = blackoutOf(stage);
      const lambda = `<${lambdasOf(blackout).get("DeployHook")?.id}.Arn>`;
      expect(textOf(hook.LambdaFunction)).toBe(lambda);
      const role = textOf(hook.ExecutionRole).slice(1, -".Arn>".length);
      const [trust, ...others] =
        blackout.Resources[role]?.Properties.AssumeRolePolicyDocument.Statement ?? [];
      expect(others).toEqual([]);
      expect(trust).toMatchObject({
        Effect: "Allow",
        Principal: { Service: "hooks.cloudformation.amazonaws.com" },
        Action: "sts:AssumeRole",
        Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
      });
      expect(textOf(trust.Condition.ArnLike["aws:SourceArn"])).toBe(
        `arn:<AWS::Partition>:cloudformation:<AWS::Region>:<AWS::AccountId>:type/hook/${hook.Alias.replaceAll("::", "-")}*`,
      );
      const policies = ofType(blackout, "AWS::IAM::Policy").filter(
        ([, { Properties }]) => Properties.Roles[0].Ref === role,
      );
      const [[policy, { Properties }] = ["", { Properties: {} }], ...more] = policies;
      expect(more).toEqual([]);
      const [call, ...further] = Properties.PolicyDocument.Statement;
      expect([call.Effect, call.Action, textOf(call.Resource), further]).toEqual([
        "Allow",
        "lambda:InvokeFunction",
        lambda,
        [],
      ]);
      // The hook is there only when its role may call: until then it would block everything.
      expect(hook.DependsOn).toContain(policy);
    }
  });

  test("answers before CloudFormation takes it for dead, which is after half a minute", () => {
    for (const stage of STAGES) {
      expect(lambdasOf(blackoutOf(stage)).get("DeployHook")?.Properties.Timeout).toBeLessThan(30);
    }
  });
});

describe("the change calendar", () => {
  test("is stored as a text, in versions of one document, and cfn-lint's wrong rule is ignored there alone", () => {
    for (const stage of STAGES) {
      const { data, billing, blackout } = stages.get(stage) as Stacks;
      const [[, { Properties, Metadata }] = ["", { Properties: {}, Metadata: {} }], ...more] = ofType(
        blackout,
        "AWS::SSM::Document",
      );
      expect(more).toEqual([]);
      expect(Properties).toEqual({
        Content: expect.stringMatching(/^BEGIN:VCALENDAR\r\n/),
        DocumentFormat: "TEXT",
        DocumentType: "ChangeCalendar",
        UpdateMethod: "NewVersion",
      });
      expect(Metadata).toEqual({ "cfn-lint": { config: { ignore_checks: ["E3051"] } } });
      const ignoring = [data, blackout, billing].flatMap(({ Resources }) =>
        Object.values(Resources).filter((resource) => JSON.stringify(resource).includes("ignore_checks")),
      );
      expect(ignoring).toHaveLength(1);
    }
  });
});

test("people and CI are told the names of what they ask", () => {
  for (const stage of STAGES) {
    const { Outputs, Resources } = blackoutOf(stage);
    const gate = textOf(Outputs.DeployGateFunctionName?.Value).slice(1, -1);
    expect(Resources[gate]?.Properties.FunctionName).toBe(`debit-once-${stage}-deploy-gate`);
    expect(textOf(Outputs.ChangeCalendarName?.Value)).toMatch(/^<ChangeCalendarDocument/);
  }
});

describe("the repository", () => {
  test("is none until somebody names one, and then is no pattern", () => {
    for (const right of ["bank-of-somewhere/debit-once.au", "bank-of-somewhere@123/debit-once.au@456"]) {
      expect(githubRepository(right)).toBe(right);
    }
    for (const wrong of [
      "",
      "bank",
      "bank/",
      "/debit-once",
      "bank/*",
      "*/debit-once",
      "bank/a/b",
      "-b/a",
      "b/a:x",
      // With an id of one alone no token ever comes.
      "bank@123/debit-once",
      "bank/debit-once@456",
      "bank@*/debit-once@456",
      "bank@123/debit-once@",
      "bank@123/debit-once@456:x",
    ]) {
      expect(() => githubRepository(wrong), wrong).toThrow("is not of the form owner/name");
    }
  });

  test("without one there is no role for it", () => {
    for (const stage of STAGES) {
      const { Outputs } = blackoutOf(stage);
      const isNamed = githubRepository() !== undefined;
      expect(JSON.stringify(blackoutOf(stage)).includes("githubusercontent")).toBe(isNamed);
      expect(Outputs.GitHubRoleArn !== undefined).toBe(isNamed);
    }
  });
});

describe("CI's role", () => {
  const stage = "prod";
  const ISSUER = "token.actions.githubusercontent.com";
  const PROVIDER = `arn:aws:iam::${ACCOUNT}:oidc-provider/${ISSUER}`;
  let app: Evaluated;
  let role: Evaluated["resources"][number];
  let mayDo: (request: Omit<Request, "context" | "principal"> & Partial<Request>) => boolean;

  beforeAll(() => {
    const cdk = bareApp();
    debitOnce(cdk, stage, undefined, "bank/debit-once");
    const { stacks } = cdk.synth({ skipValidation: true });
    app = synthesizedOf(new Map(stacks.map(({ stackName, template }) => [stackName, template])));
    role = app.find(
      `DebitOnce-${stage}-Blackout-${app.resources.find(({ label }) => label === "GitHubDeployer")?.logicalId}-RANDOM`,
    );
    const policies = policiesOf(app);
    const principal: Principal = { kind: "role", arn: role.arn };
    mayDo = (request) =>
      decide(policies, { principal, context: { "aws:PrincipalArn": [role.arn] }, ...request }).allowed;
  });

  const functionArn = (label: string) =>
    app.ofType("AWS::Lambda::Function").find((one) => one.label === label)?.arn ?? `no ${label}`;
  const bootstrapped = (name: string, account = ACCOUNT, region = REGION) =>
    `arn:aws:iam::${account}:role/cdk-hnb659fds-${name}-${account}-${region}`;

  test("calls DeployGate and takes the bootstrap's roles, by two statements that say nothing else", () => {
    expect(mayDo({ action: "lambda:InvokeFunction", resource: functionArn("DeployGate") })).toBe(true);
    for (const name of ["deploy-role", "file-publishing-role"]) {
      expect(mayDo({ action: "sts:AssumeRole", resource: bootstrapped(name) }), name).toBe(true);
    }
    const grants = policiesOf(app).grants.filter(({ holder }) => holder === role.arn);
    expect(grants.map(({ action, resource, conditions }) => [action, resource, conditions])).toEqual([
      ["lambda:InvokeFunction", functionArn("DeployGate"), []],
      ...["deploy-role", "file-publishing-role"].map((name) => ["sts:AssumeRole", bootstrapped(name), []]),
    ]);
    expect([role.properties.ManagedPolicyArns, role.properties.Policies]).toEqual([undefined, undefined]);
  });

  test("needs each of its rights to deploy, and no other one", () => {
    const { refused, unneeded } = parityOf(worldOf(app, configuration(stage), []), policiesOf(app));
    expect(refused.filter((text) => text.includes("GitHubDeployer"))).toEqual([]);
    expect(unneeded.filter(({ holder, resource }) => [holder, resource].includes(role.arn))).toEqual([]);
  });

  test("has no right on a table, neither by its own policies nor by the tables'", () => {
    const tables = app.ofType("AWS::DynamoDB::GlobalTable");
    expect(tables).toHaveLength(2);
    for (const { arn } of tables) {
      for (const call of [
        "GetItem",
        "BatchGetItem",
        "Query",
        "Scan",
        "PutItem",
        "UpdateItem",
        "DeleteItem",
      ]) {
        const context = { "dynamodb:LeadingKeys": ["STREAM#au-cba"], "aws:PrincipalArn": [role.arn] };
        expect(mayDo({ action: `dynamodb:${call}`, resource: arn, context }), call).toBe(false);
      }
    }
    // Even with a right on it, the ledger would not take its puts: its name is none of those that the table knows.
    const generous = policiesOf(app);
    const ledger = tables.find(({ label }) => label === "LedgerTable")?.arn ?? "";
    const grant = { holder: role.arn, action: "*", resource: "*", conditions: [], text: "everything" };
    const put = {
      principal: { kind: "role", arn: role.arn } as const,
      action: "dynamodb:PutItem",
      resource: ledger,
      context: { "dynamodb:LeadingKeys": ["STREAM#au-cba"], "aws:PrincipalArn": [role.arn] },
    };
    const decision = decide({ ...generous, grants: [...generous.grants, grant] }, put);
    expect([decision.allowed, decision.denials.map(({ text }) => text)]).toEqual([
      false,
      ["policy of LedgerTable: PutByFunctionsOnly"],
    ]);
  });

  test("calls no other function, and neither proposes nor approves, by URL or otherwise", () => {
    const lambdas = app.ofType("AWS::Lambda::Function").filter(({ label }) => label !== "DeployGate");
    expect(lambdas.map(({ label }) => label)).toEqual(
      expect.arrayContaining(["Propose", "Approve", "StartBatch"]),
    );
    for (const { arn, label } of lambdas) {
      for (const action of [
        "lambda:InvokeFunction",
        "lambda:InvokeFunctionUrl",
        "lambda:UpdateFunctionCode",
      ]) {
        const context = {
          "aws:PrincipalArn": [role.arn],
          "lambda:FunctionUrlAuthType": ["AWS_IAM"],
          "lambda:InvokedViaFunctionUrl": ["true"],
        };
        expect(mayDo({ action, resource: arn, context }), `${label} ${action}`).toBe(false);
      }
    }
  });

  test("takes no other role, and touches neither machine, stacks, calendar nor buckets by itself", () => {
    const roles = app.ofType("AWS::IAM::Role").map(({ arn }) => arn);
    const others = [
      bootstrapped("cfn-exec-role"),
      // It reads everything in the account.
      bootstrapped("lookup-role"),
      bootstrapped("deploy-role", ACCOUNT, "us-east-1"),
      bootstrapped("deploy-role", "111111111111"),
      `${bootstrapped("deploy-role")}-2`,
    ];
    for (const resource of [...roles, ...others]) {
      expect(mayDo({ action: "sts:AssumeRole", resource }), resource).toBe(false);
    }
    const machine = app.ofType("AWS::StepFunctions::StateMachine")[0]?.arn ?? "";
    const calendar = app.ofType("AWS::SSM::Document")[0]?.arn ?? "";
    const [bucket] = app.ofType("AWS::S3::Bucket");
    for (const [action, resource] of [
      ["states:StartExecution", machine],
      ["ssm:GetCalendarState", calendar],
      ["cloudformation:ExecuteChangeSet", `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/x/y`],
      ["s3:GetObject", `${bucket?.arn}/key`],
      ["iam:PassRole", role.arn],
    ] as const) {
      const context = { "aws:SecureTransport": ["true"], "s3:TlsVersion": ["1.3"] };
      expect(
        mayDo({ action, resource, context: { ...context, "aws:PrincipalArn": [role.arn] } }),
        action,
      ).toBe(false);
    }
  });

  test("in each stage is for a job in the environment of that stage", () => {
    const subs = STAGES.map((one) => {
      const stack = new Stack(new App(), "Stack");
      const gate = Function.fromFunctionName(stack, "Gate", "gate");
      githubRole(stack, one, "bank@123/debit-once@456", gate);
      const { template } = App.of(stack)?.synth().getStackByName("Stack") ?? { template: {} };
      return JSON.stringify(template).match(/"repo:[^"]+"/g);
    });
    expect(subs).toEqual(STAGES.map((one) => [`"repo:bank@123/debit-once@456:environment:${one}"`]));
  });

  test("is taken by a job of that repository in the environment of the stage alone", () => {
    const taken = (sub: string, aud = "sts.amazonaws.com", provider = PROVIDER) =>
      decide(policiesOf(app), {
        principal: { kind: "federated", provider },
        action: "sts:AssumeRoleWithWebIdentity",
        resource: role.arn,
        context: { [`${ISSUER}:sub`]: [sub], [`${ISSUER}:aud`]: [aud] },
      }).allowed;
    expect(taken(`repo:bank/debit-once:environment:${stage}`)).toBe(true);
    for (const sub of [
      `repo:bank/debit-once:environment:dev`,
      `repo:bank/debit-once:environment:${stage}-2`,
      `repo:bank/other:environment:${stage}`,
      `repo:somebody/debit-once:environment:${stage}`,
      "repo:bank/debit-once:ref:refs/heads/main",
      "repo:bank/debit-once:pull_request",
    ]) {
      expect(taken(sub), sub).toBe(false);
    }
    const good = `repo:bank/debit-once:environment:${stage}`;
    expect(taken(good, "somebody.else")).toBe(false);
    expect(
      taken(good, undefined, PROVIDER.replace("token.actions.githubusercontent.com", "evil.example")),
    ).toBe(false);
    const person = { kind: "person" } as const;
    expect(mayDo({ principal: person, action: "sts:AssumeRole", resource: role.arn })).toBe(false);
  });
});
