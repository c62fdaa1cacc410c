import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { type Condition, decide, type Denial, type Policies } from "../parity/iam.ts";
import { type Json, ROOT } from "./synthesized.ts";

/** The policy that the runbook gives to copy. */
function policy(): Json {
  const runbook = readFileSync(path.join(ROOT, "infra/runbook.md"), "utf8");
  const [, section = ""] = runbook.split("\n## Changes past CloudFormation\n");
  const [, text = ""] = /```json\n([\s\S]*?)\n```/.exec(section.split("\n## ")[0] ?? "") ?? [];
  return JSON.parse(text);
}

const asList = (value: Json): string[] => (Array.isArray(value) ? value : [value]);

/** Everybody may do everything here but what the policy denies: a service control policy allows nothing. */
function policies(): Policies {
  const denials = policy().Statement.map((statement: Json): Denial => {
    expect(Object.keys(statement)).toEqual(["Sid", "Effect", "Action", "Resource", "Condition"]);
    expect(statement.Effect).toBe("Deny");
    const conditions = Object.entries<Json>(statement.Condition).flatMap(([operator, keys]) =>
      Object.entries<Json>(keys).map(
        ([key, values]): Condition => ({ operator, key, values: asList(values) }),
      ),
    );
    return {
      principal: "anybody",
      actions: asList(statement.Action),
      resources: asList(statement.Resource),
      conditions,
      text: statement.Sid,
    };
  });
  const all = { principal: "anybody" as const, action: "*", resource: "*", conditions: [], text: "all" };
  return { account: "000000000000", grants: [all], denials };
}

const role = (name: string) => `arn:aws:iam::000000000000:role/${name}`;
const mayDo = (as: string, action: string, resource: string) =>
  decide(policies(), {
    principal: { kind: "role", arn: role(as) },
    action,
    resource,
    context: { "aws:PrincipalArn": [role(as)] },
  }).allowed;

const REGION = "ap-southeast-2:000000000000";
const STEP = `arn:aws:lambda:${REGION}:function:DebitOnce-prod-Billing-CloseBatchBA66125F-xYz`;
const GATE = `arn:aws:lambda:${REGION}:function:debit-once-prod-deploy-gate`;
const MACHINE = `arn:aws:states:${REGION}:stateMachine:debit-once-prod-billing-batch`;
const EXECUTION = `arn:aws:states:${REGION}:execution:debit-once-prod-billing-batch:au-cba-2026-03-02-01`;
const HOOK = `arn:aws:cloudformation:${REGION}:type/hook/DebitOnce-Prod-Blackout`;
const CLOUDFORMATION = `cdk-hnb659fds-cfn-exec-role-000000000000-ap-southeast-2`;
/** Whoever might go past CloudFormation, by hand or with `--hotswap`. */
const OTHERS = ["Admin", "cdk-hnb659fds-deploy-role-000000000000-ap-southeast-2", "DebitOnce-prod-Proposer"];

/** Each way past CloudFormation. */
const CHANGES = [
  ...[STEP, GATE].flatMap((on) => [
    ["lambda:UpdateFunctionCode", on],
    ["lambda:UpdateFunctionConfiguration", on],
    ["lambda:DeleteFunction", on],
    ["lambda:DeleteFunction", `${on}:3`],
  ]),
  ["states:UpdateStateMachine", MACHINE],
  ["states:UpdateStateMachineAlias", MACHINE],
  ["states:DeleteStateMachine", MACHINE],
  ["states:DeleteStateMachineAlias", MACHINE],
  ["states:DeleteStateMachineVersion", MACHINE],
] as [string, string][];

test.each(CHANGES)("the policy to copy leaves %s on %s to CloudFormation alone", (action, resource) => {
  expect(mayDo(CLOUDFORMATION, action, resource)).toBe(true);
  for (const other of OTHERS) expect(mayDo(other, action, resource), other).toBe(false);
  // Of somebody else's things it says nothing.
  expect(mayDo("Admin", action, resource.replace(/debit-?once/i, "Other"))).toBe(true);
});

test.each(["DeactivateType", "DeregisterType", "SetTypeConfiguration"])(
  "the policy to copy leaves cloudformation:%s, which takes the hook away, to administrators and to CloudFormation",
  (call) => {
    for (const hook of [HOOK, "*"]) {
      for (const may of ["Administrators", CLOUDFORMATION]) {
        expect(mayDo(may, `cloudformation:${call}`, hook), may).toBe(true);
      }
      for (const other of [...OTHERS, "Administrators-2"]) {
        expect(mayDo(other, `cloudformation:${call}`, hook), other).toBe(false);
      }
      // To see whether the hook is switched on takes nobody in particular.
      expect(mayDo("Admin", "cloudformation:DescribeType", hook)).toBe(true);
    }
  },
);

test("the policy to copy leaves executions to the app's own roles: its functions, and the machine for its map", () => {
  for (const [action, on] of [
    ["states:StartExecution", MACHINE],
    ["states:RedriveExecution", EXECUTION],
  ] as const) {
    expect(mayDo("DebitOnce-prod-Billing-StartBatchRole-xYz", action, on)).toBe(true);
    expect(mayDo("Admin", action, on)).toBe(false);
    expect(mayDo(CLOUDFORMATION, action, on)).toBe(false);
  }
});
