import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type SourceCopy, sourceCopy, type Stacks } from "./source-copy.ts";
import { fatesOf, isStillThere } from "./stack-update.ts";
import { type Json, lambdasOf, ofType, type Resource, type Template, textOf } from "./synthesized.ts";

/**
 * Two synths of prod: before and after a commit that changes one Lambda's code, and the definition besides. That dev
 * differs from prod in nothing that matters here, stages.test.ts shows.
 */
let before: Stacks;
let after: Stacks;
let copy: SourceCopy;

beforeAll(async () => {
  copy = await sourceCopy();
  before = await copy.synthesize("prod");
  // Without bundling another entry is other code; what is in it is not read.
  const closing = "lambdas/billing-batch/close-batch";
  await copy.move(`${closing}/handler.ts`, `${closing}/mended-handler.ts`);
  await copy.edit(
    "infra/handler.ts",
    "const handler = `${folder}/handler.ts`;",
    'const handler = `${folder}/${name === "CloseBatch" ? "mended-handler" : "handler"}.ts`;',
  );
  await copy.edit("infra/batch-machine.ts", "timeout: Duration.hours(6)", "timeout: Duration.hours(5)");
  after = await copy.synthesize("prod");
}, 120_000);

afterAll(() => copy.remove());

const asList = (value: Json): Json[] => (Array.isArray(value) ? value : [value]);

function stack(stacks: Stacks, name: string): Template {
  const found = stacks.get(name);
  if (!found) throw new Error(`there is no stack ${name}`);
  return found;
}

function only(template: Template, type: string): [string, Resource] {
  const [found, ...more] = ofType(template, type);
  if (!found || more.length > 0) throw new Error(`not one ${type}`);
  return found;
}

function machineOf(template: Template): Resource {
  return only(template, "AWS::StepFunctions::StateMachine")[1];
}

/** The logical id of the role in which a Lambda or a machine works. */
function roleOf(resource: Resource | undefined): string {
  const role = resource?.Properties.Role ?? resource?.Properties.RoleArn;
  return role["Fn::GetAtt"][0];
}

/** The Lambda versions that a machine's definition calls, with the function of each, by their logical ids. */
function versionsCalled(template: Template): { readonly version: string; readonly of: string }[] {
  return [...textOf(machineOf(template).Properties.DefinitionString).matchAll(/"Resource":"<(\w+)>"/g)].map(
    ([, version = ""]) => ({ version, of: template.Resources[version]?.Properties.FunctionName.Ref }),
  );
}

/** All statements that policies of the stack attach to a role. */
function statementsOf(template: Template, role: string): Json[] {
  return ofType(template, "AWS::IAM::Policy")
    .filter(([, { Properties }]) => asList(Properties.Roles).some(({ Ref }) => Ref === role))
    .flatMap(([, { Properties }]) => asList(Properties.PolicyDocument.Statement));
}

/** All that statements allow, one action on one thing each, with what limits it. */
function allowances(statements: readonly Json[]): string[] {
  return statements.flatMap(({ Effect, Action, Resource: on, ...limits }) => {
    expect(Effect).toBe("Allow");
    return asList(Action).flatMap((action) =>
      asList(on).map((each) => `${action} ${textOf(each)} ${JSON.stringify(limits)}`),
    );
  });
}

const plain = (name: string) => name.replace(/[0-9A-F]{8}(?:[0-9a-f]{32})?$/, "");

const bothOf = (name = "Billing") => [stack(before, name), stack(after, name)] as const;

describe("a deployment of one Lambda's new code and a new definition", () => {
  test("touches these resources, and replaces nothing but the machine's version", () => {
    const fates = [...fatesOf(before, after)].map(([name, fate]) => `${plain(name)} ${fate}`);
    expect(fates.toSorted()).toEqual([
      "Billing BatchLive changed",
      "Billing BatchMachine changed",
      // It names the very versions, beside the functions' versions of all times.
      "Billing BatchMachineRoleDefaultPolicy changed",
      "Billing BatchVersion replaced",
      "Billing CloseBatch changed",
      "Billing CloseBatchCurrentVersion created",
      "Billing CloseBatchCurrentVersion removed",
    ]);
  });

  test("leaves every Lambda version that an execution of before calls, and makes another one of the changed code", () => {
    const [old, now] = bothOf();
    const called = versionsCalled(old);
    expect(called).toHaveLength(7);
    for (const { version } of called) {
      expect(isStillThere(before, after, `Billing ${version}`), version).toBe(true);
    }
    const calledNow = versionsCalled(now);
    const left = called.filter(({ version }) => !calledNow.some((other) => other.version === version));
    expect(left.map(({ version }) => plain(version))).toEqual(["CloseBatchCurrentVersion"]);
    const came = calledNow.filter(({ version }) => !called.some((other) => other.version === version));
    expect(came.map(({ version }) => plain(version))).toEqual(["CloseBatchCurrentVersion"]);
    expect(came[0]?.of).toBe(left[0]?.of);
    // The new one too, which a later deployment removes from the template.
    for (const { version } of calledNow) {
      const { DeletionPolicy, UpdateReplacePolicy } = now.Resources[version] ?? {};
      expect([version, DeletionPolicy, UpdateReplacePolicy]).toEqual([version, "Retain", "Retain"]);
    }
  });

  test("publishes another version of the machine, which the alias alone names, and keeps the one of before", () => {
    for (const template of bothOf()) {
      const [machine] = only(template, "AWS::StepFunctions::StateMachine");
      const [version, { Properties }] = only(template, "AWS::StepFunctions::StateMachineVersion");
      expect(Properties).toEqual({
        StateMachineArn: { Ref: machine },
        StateMachineRevisionId: { "Fn::GetAtt": [machine, "StateMachineRevisionId"] },
      });
      expect(only(template, "AWS::StepFunctions::StateMachineAlias")[1].Properties).toEqual({
        Name: "live",
        RoutingConfiguration: [{ StateMachineVersionArn: { Ref: version }, Weight: 100 }],
      });
    }
    const [version] = only(stack(before, "Billing"), "AWS::StepFunctions::StateMachineVersion");
    expect(fatesOf(before, after).get(`Billing ${version}`)).toBe("replaced");
    expect(isStillThere(before, after, `Billing ${version}`)).toBe(true);
  });

  test("lets the alias name a version only when its machine's role has all of its policies", () => {
    const [, now] = bothOf();
    const role = roleOf(machineOf(now));
    const policies = ofType(now, "AWS::IAM::Policy")
      .filter(([, { Properties }]) => asList(Properties.Roles).some(({ Ref }) => Ref === role))
      .map(([id]) => id);
    const alias: Json = only(now, "AWS::StepFunctions::StateMachineAlias")[1];
    expect(policies).toHaveLength(2);
    expect(alias.DependsOn).toEqual(expect.arrayContaining(policies));
  });

  test("leaves the machine's role, which an execution of before keeps, with leave to call every version", () => {
    const [old, now] = bothOf();
    const role = roleOf(machineOf(old));
    expect(roleOf(machineOf(now))).toBe(role);
    const [could, can] = [old, now].map((template) => new Set(allowances(statementsOf(template, role))));
    // No template knows the ARN of the version of before any more, so no policy can name that alone.
    for (const { of } of versionsCalled(old)) expect(can).toContain(`lambda:InvokeFunction <${of}.Arn>:* {}`);
    const lost = [...(could ?? [])].filter((allowed) => !can?.has(allowed)).map((text) => text.split(" ")[1]);
    const gone = versionsCalled(old).filter(({ version }) => now.Resources[version] === undefined);
    expect(lost).toEqual(gone.map(({ version }) => `<${version}>`));
  });

  test("leaves its Lambdas their roles with all that these were allowed, and the things that their variables name", () => {
    const [old, now] = bothOf();
    const [exportedBefore, exportedNow] = [before, after].map(exportsOf);
    for (const { of } of versionsCalled(old)) {
      const role = roleOf(old.Resources[of]);
      expect(roleOf(now.Resources[of]), of).toBe(role);
      const [could, can] = [old, now].map((template) => allowances(statementsOf(template, role)));
      expect(can, of).toEqual(expect.arrayContaining(could ?? []));
      const variables = Object.values<Json>(old.Resources[of]?.Properties.Environment.Variables);
      expect(variables.length, of).toBeGreaterThan(0);
      for (const { "Fn::ImportValue": name } of variables) {
        const [, id = ""] = /^<(\w+)>$/.exec(exportedBefore?.get(name) ?? "") ?? [];
        expect(stack(before, "Data").Resources[id]?.Type, name).toMatch(/GlobalTable|Bucket/);
        expect(exportedNow?.get(name)).toBe(`<${id}>`);
        expect(isStillThere(before, after, `Data ${id}`), id).toBe(true);
      }
    }
  });

  test("leaves no way to start an execution but the alias: the permissions, the targets and the variables say so", () => {
    for (const stacks of [before, after]) {
      const template = stack(stacks, "Billing");
      const [machine] = only(template, "AWS::StepFunctions::StateMachine");
      const [alias] = only(template, "AWS::StepFunctions::StateMachineAlias");
      const starters = ["ContinueBatch", "StartBatch"].map((name) => lambdasOf(template).get(name));
      const machineRole = roleOf(machineOf(template));
      const roles = starters.map(roleOf);

      const starts = [...stacks.values()].flatMap((each) =>
        ofType(each, "AWS::IAM::Policy").flatMap(([, { Properties }]) =>
          asList(Properties.PolicyDocument.Statement)
            .filter(({ Effect, Action, NotAction }) => {
              const actions = asList(Action).map(String);
              return Effect === "Allow" && (NotAction || actions.some(maySayStart));
            })
            .map((statement) => [asList(Properties.Roles).map(({ Ref }) => Ref), statement]),
        ),
      );
      const through = (role: Json, more: object) => [
        [role],
        { Effect: "Allow", Action: "states:StartExecution", Resource: { Ref: machine }, ...more },
      ];
      const condition = { "ForAnyValue:StringEquals": { "states:StateMachineQualifier": ["live"] } };
      expect(starts.toSorted(byText)).toEqual(
        [
          ...roles.map((role) => through(role, { Condition: condition })),
          // The children of the map, which Step Functions alone starts in this role: no task of the definition does.
          through(machineRole, {}),
        ].toSorted(byText),
      );
      const trusted = template.Resources[machineRole]?.Properties.AssumeRolePolicyDocument.Statement;
      expect(trusted).toHaveLength(1);
      expect(textOf(trusted[0].Principal.Service)).toBe("states.amazonaws.com");
      expect(textOf(machineOf(template).Properties.DefinitionString)).not.toMatch(/states:::/);

      for (const starter of starters) {
        expect(starter?.Properties.Environment.Variables.STATE_MACHINE_ALIAS_ARN).toEqual({ Ref: alias });
      }
      const targets = [...stacks.values()].flatMap((each) => [
        ...ofType(each, "AWS::Scheduler::Schedule").map(([, { Properties }]) => Properties.Target),
        ...ofType(each, "AWS::Events::Rule").flatMap(([, { Properties }]) => Properties.Targets),
      ]);
      expect(targets.length).toBeGreaterThan(3);
      for (const { Arn } of targets) expect(textOf(Arn)).not.toMatch(/Batch(Machine|Version|Live)|states/);
    }
  });

  test("leaves the schedules with the starter itself, whose newest code needs no version to wait for", () => {
    for (const stacks of [before, after]) {
      const template = stack(stacks, "Billing");
      const starter = lambdasOf(template).get("StartBatch");
      const starting = ofType(template, "AWS::Scheduler::Schedule").filter(([, { Properties }]) =>
        Properties.ScheduleExpression.startsWith("cron"),
      );
      expect(starting.map(([, { Properties }]) => textOf(Properties.Target.Arn))).toEqual([
        `<${starter?.id}.Arn>`,
        `<${starter?.id}.Arn>`,
      ]);
      const calls = ofType(template, "AWS::Lambda::EventInvokeConfig").filter(
        ([, { Properties }]) => Properties.FunctionName.Ref === starter?.id,
      );
      // What is not repeated, and where a failed start goes, holds for calls of that very qualifier alone.
      expect(calls.map(([, { Properties }]) => Properties.Qualifier)).toEqual(["$LATEST"]);
    }
  });
});

const byText = (a: Json, b: Json) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/** Whether an action of a policy, which may hold stars, covers the start of an execution of either kind. */
function maySayStart(action: string): boolean {
  const pattern = new RegExp(`^${action.replaceAll("*", ".*")}$`, "i");
  return ["states:StartExecution", "states:StartSyncExecution"].some((start) => pattern.test(start));
}

/** What the stacks give each other, by its name. */
function exportsOf(stacks: Stacks): Map<string, string> {
  return new Map(
    [...stacks.values()].flatMap(({ Outputs }) =>
      Object.values(Outputs).map(({ Export, Value }): [string, string] => [
        Export?.Name ?? "",
        textOf(Value),
      ]),
    ),
  );
}
