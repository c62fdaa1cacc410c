import { beforeAll, describe, expect, test } from "vitest";
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
beforeAll(async () => {
  [dev, prod] = await Promise.all([synthesize("dev"), synthesize("prod")]);
}, 120_000);

const PAIRS = [
  { name: "Propose", role: "Proposer" },
  { name: "Approve", role: "Approver" },
] as const;

const asList = (value: Json): Json[] => (Array.isArray(value) ? value : [value]);

function roleOf(billing: Template, name: string): [string, Json] {
  const found = ofType(billing, "AWS::IAM::Role").find(([id]) => id.replace(/[0-9A-F]{8}$/, "") === name);
  if (!found) throw new Error(`there is no role ${name}`);
  return [found[0], found[1].Properties];
}

function statementsOf(billing: Template, role: string): Json[] {
  return ofType(billing, "AWS::IAM::Policy")
    .filter(([, { Properties }]) => asList(Properties.Roles).some(({ Ref }) => Ref === role))
    .flatMap(([, { Properties }]) => asList(Properties.PolicyDocument.Statement));
}

describe("the URLs of propose and approve", () => {
  test("are the only ones, and want every request signed", () => {
    for (const { billing } of [dev, prod]) {
      const lambdas = lambdasOf(billing);
      const urls = ofType(billing, "AWS::Lambda::Url").map(([, { Properties }]) => Properties);
      expect(urls).toEqual(
        PAIRS.map(({ name }) => ({
          AuthType: "AWS_IAM",
          InvokeMode: "BUFFERED",
          TargetFunctionArn: { "Fn::GetAtt": [lambdas.get(name)?.id, "Arn"] },
        })),
      );
    }
  });

  test("are opened by no policy of the functions' own, to anybody", () => {
    for (const { billing } of [dev, prod]) {
      const functions = PAIRS.map(({ name }) => lambdasOf(billing).get(name)?.id);
      const open = ofType(billing, "AWS::Lambda::Permission").filter(([, { Properties }]) =>
        functions.some((id) => JSON.stringify(Properties.FunctionName).includes(String(id))),
      );
      expect(open).toEqual([]);
    }
  });

  test("stand with the roles among the stack's outputs, and the functions' names do not", () => {
    for (const { billing } of [dev, prod]) {
      for (const { name, role } of PAIRS) {
        const [url = []] = ofType(billing, "AWS::Lambda::Url").filter(([id]) => id.startsWith(name));
        expect(textOf(billing.Outputs[`${name}Url`]?.Value)).toBe(`<${url[0]}.FunctionUrl>`);
        expect(textOf(billing.Outputs[`${role}RoleArn`]?.Value)).toBe(`<${roleOf(billing, role)[0]}.Arn>`);
        expect(billing.Outputs[`${name}FunctionName`]).toBeUndefined();
      }
    }
  });
});

describe("the two roles", () => {
  test("may each call one URL and nothing of the other's, never the function itself", () => {
    for (const { billing } of [dev, prod]) {
      for (const { name, role } of PAIRS) {
        const Resource = { "Fn::GetAtt": [lambdasOf(billing).get(name)?.id, "Arn"] };
        const [look, ...rest] = statementsOf(billing, roleOf(billing, role)[0]);
        const calls = rest.filter(({ Action }) => String(Action).startsWith("lambda:"));
        expect(calls, role).toEqual([
          {
            Action: "lambda:InvokeFunctionUrl",
            Effect: "Allow",
            Resource,
            Condition: { StringEquals: { "lambda:FunctionUrlAuthType": "AWS_IAM" } },
          },
          {
            Action: "lambda:InvokeFunction",
            Effect: "Allow",
            Resource,
            Condition: { Bool: { "lambda:InvokedViaFunctionUrl": true } },
          },
        ]);
        expect({ ...look, Resource: textOf(look.Resource) }, role).toEqual({
          Action: "cloudformation:DescribeStacks",
          Effect: "Allow",
          // Its own stack by name; what follows is CloudFormation's.
          Resource: expect.stringMatching(
            /^arn:<AWS::Partition>:cloudformation:<AWS::Region>:<AWS::AccountId>:stack\/DebitOnce-(dev|prod)-Billing\/\*$/,
          ),
        });
        const { ManagedPolicyArns, Policies } = roleOf(billing, role)[1];
        expect([ManagedPolicyArns, Policies], role).toEqual([undefined, undefined]);
      }
    }
  });

  test("read nothing, but the approver the bank's statements, in the version that was proposed", () => {
    for (const { billing } of [dev, prod]) {
      const readBy = (role: string) =>
        statementsOf(billing, roleOf(billing, role)[0])
          .filter(({ Action }) => !/^(lambda|cloudformation):/.test(Action))
          .map(({ Action, Resource, Condition }) => {
            const on = textOf(Resource).replace(/^.*(Reports|Key)[^/]*/, "$1");
            return `${asList(Action).join()} ${on} ${Object.keys(Condition ?? {}).join()}`.trim();
          });
      expect(readBy("Proposer")).toEqual([]);
      expect(readBy("Approver")).toEqual([
        "s3:GetObject,s3:GetObjectVersion Reports/evidence/*",
        "kms:Decrypt Key StringEquals,StringLike",
      ]);
    }
  });

  test("leave the evidence to the approver: who reads reports reads reports", () => {
    for (const { data } of [dev, prod]) {
      const read = statementsOf(data, roleOf(data, "ReportReaders")[0])
        .filter(({ Action }) => asList(Action).includes("s3:GetObject"))
        .flatMap(({ Resource }) => asList(Resource).map(textOf));
      expect(read.map((on) => on.replace(/^[^/]*[/]/, ""))).toEqual([
        "*/exclusions-*.csv",
        "*/report-*.html",
        "*/report-*.json",
      ]);
    }
  });

  test("are assumed by users of the account under their own names, for an hour, in prod with a second factor", () => {
    const own = { StringEquals: { "sts:RoleSessionName": ["$", "{aws:username}"].join("") } };
    for (const [{ billing }, conditions] of [
      [dev, own],
      [prod, { ...own, Bool: { "aws:MultiFactorAuthPresent": "true" } }],
    ] as const) {
      for (const { role } of PAIRS) {
        const { AssumeRolePolicyDocument, MaxSessionDuration } = roleOf(billing, role)[1];
        const [{ Principal, ...statement }, ...more] = AssumeRolePolicyDocument.Statement;
        expect(more, role).toEqual([]);
        expect(statement, role).toEqual({
          Action: "sts:AssumeRole",
          Effect: "Allow",
          Condition: conditions,
        });
        expect(Object.keys(Principal), role).toEqual(["AWS"]);
        expect(textOf(Principal.AWS), role).toBe("arn:<AWS::Partition>:iam::<AWS::AccountId>:root");
        expect(MaxSessionDuration, role).toBe(3600);
      }
    }
  });

  test("are each named to one function, which hears nobody else", () => {
    for (const { billing } of [dev, prod]) {
      const named = [...lambdasOf(billing)].flatMap(([name, { Properties }]) =>
        Object.entries<Json>(Properties.Environment.Variables)
          .filter(([variable]) => variable.endsWith("_ROLE_ARN"))
          .map(([variable, value]) => `${name} ${variable} ${textOf(value).replace(/[0-9A-F]{8}\.Arn/, "")}`),
      );
      expect(named).toEqual(["Propose PROPOSER_ROLE_ARN <Proposer>", "Approve APPROVER_ROLE_ARN <Approver>"]);
    }
  });
});
