import { describe, expect, test } from "vitest";
import { REFUSED_BY_MINISTACK } from "./refused-types.ts";
import { checkList, type DeployedTemplate, type TakeOut, takeOut } from "./take-out.ts";

const MACHINE = { Type: "AWS::StepFunctions::StateMachine", Properties: { DefinitionString: "{}" } };
const VERSION = {
  Type: "AWS::StepFunctions::StateMachineVersion",
  Properties: { StateMachineArn: { Ref: "Machine" }, StateMachineRevisionId: "1" },
};
const ALIAS = {
  Type: "AWS::StepFunctions::StateMachineAlias",
  Properties: {
    Name: "live",
    RoutingConfiguration: [{ StateMachineVersionArn: { Ref: "Version" }, Weight: 100 }],
  },
};
const CALENDAR = {
  Type: "AWS::SSM::Document",
  Properties: { DocumentType: "ChangeCalendar", Content: "BEGIN:VCALENDAR" },
};
const HOOK = {
  Type: "AWS::CloudFormation::LambdaHook",
  Properties: { LambdaFunction: { "Fn::GetAtt": ["DeployHook", "Arn"] } },
};

const lambda = (variables: object, more: object = {}) => ({
  Type: "AWS::Lambda::Function",
  Properties: { Environment: { Variables: variables } },
  ...more,
});

const taken = (template: object, list: readonly TakeOut[] = REFUSED_BY_MINISTACK) =>
  takeOut("Stack", template as DeployedTemplate, list);

describe("the list", () => {
  test("names no type that computes, keeps, or says who may do what", () => {
    expect(() => checkList(REFUSED_BY_MINISTACK)).not.toThrow();
    for (const type of [
      "AWS::Lambda::Function",
      "AWS::Lambda::Version",
      "AWS::Lambda::Permission",
      "AWS::IAM::Role",
      "AWS::IAM::Policy",
      "AWS::DynamoDB::GlobalTable",
      "AWS::S3::Bucket",
      "AWS::S3::BucketPolicy",
      "AWS::SQS::QueuePolicy",
      "AWS::KMS::Key",
      "AWS::StepFunctions::StateMachine",
      "Custom::S3AutoDeleteObjects",
    ]) {
      expect(() => taken({ Resources: {} }, [{ type, probe: {} }]), type).toThrow("must never be taken out");
    }
  });

  test("names each type once", () => {
    const twice = { type: "AWS::SSM::Document", probe: {} };
    expect(() => checkList([twice, twice])).toThrow("twice");
  });
});

describe("a template", () => {
  test("without any of the types is the same object, with nothing to tell", () => {
    const template = { Resources: { Machine: MACHINE } };
    const result = taken(template);
    expect(result.template).toBe(template);
    expect(result.lines).toEqual([]);
    expect([...result.types]).toEqual([]);
  });

  test("loses version and alias, and what started them starts the state machine", () => {
    const policy = {
      Type: "AWS::IAM::Policy",
      Properties: { PolicyDocument: { Statement: [{ Resource: { Ref: "Alias" } }, { Resource: "*" }] } },
    };
    const result = taken({
      Resources: {
        Machine: MACHINE,
        Version: VERSION,
        Alias: ALIAS,
        Start: lambda({ START_ARN: { Ref: "Alias" } }),
        Policy: policy,
      },
      Outputs: { LiveArn: { Value: { "Fn::GetAtt": ["Alias", "Arn"] } } },
    });
    expect(result.template).toEqual({
      Resources: {
        Machine: MACHINE,
        Start: lambda({ START_ARN: { Ref: "Machine" } }),
        Policy: {
          ...policy,
          Properties: {
            PolicyDocument: { Statement: [{ Resource: { Ref: "Machine" } }, { Resource: "*" }] },
          },
        },
      },
      Outputs: { LiveArn: { Value: { Ref: "Machine" } } },
    });
    expect(result.lines).toEqual([
      "Stack: Version (AWS::StepFunctions::StateMachineVersion) is taken out; references become its state machine",
      "Stack: Alias (AWS::StepFunctions::StateMachineAlias) is taken out; references become the state machine of its version",
      'Stack: Start.Properties.Environment.Variables.START_ARN: Alias → {"Ref":"Machine"}',
      'Stack: Policy.Properties.PolicyDocument.Statement.0.Resource: Alias → {"Ref":"Machine"}',
      'Stack: template.Outputs.LiveArn.Value: Alias → {"Ref":"Machine"}',
    ]);
  });

  test("loses an alias that moves by a deployment preference too", () => {
    const alias = {
      Type: ALIAS.Type,
      Properties: {
        DeploymentPreference: { StateMachineVersionArn: { Ref: "Version" }, Type: "ALL_AT_ONCE" },
      },
    };
    const { template } = taken({
      Resources: { Machine: MACHINE, Version: VERSION, Alias: alias, Start: lambda({ A: { Ref: "Alias" } }) },
    });
    expect(template.Resources).toEqual({ Machine: MACHINE, Start: lambda({ A: { Ref: "Machine" } }) });
  });

  test("loses the calendar, and whoever asks for it asks for one that is not there", () => {
    const { template, lines } = taken({
      Resources: { Calendar: CALENDAR, Gate: lambda({ CHANGE_CALENDAR: { Ref: "Calendar" } }) },
    });
    expect(template.Resources).toEqual({ Gate: lambda({ CHANGE_CALENDAR: "debit-once-no-calendar-here" }) });
    expect(lines).toHaveLength(2);
  });

  test("loses the hook, which leaves its function as it was", () => {
    const { template, types } = taken({ Resources: { Hook: HOOK, DeployHook: lambda({}) } });
    expect(template.Resources).toEqual({ DeployHook: lambda({}) });
    expect([...types]).toEqual(["AWS::CloudFormation::LambdaHook"]);
  });

  test("waits no longer for what is gone, and says so", () => {
    const Resources = {
      Hook: HOOK,
      One: lambda({}, { DependsOn: "Hook" }),
      Two: lambda({}, { DependsOn: ["Hook", "Other"] }),
      Other: lambda({}, { DependsOn: ["One"] }),
    };
    const { template, lines } = taken({ Resources });
    expect(template.Resources).toEqual({
      One: lambda({}),
      Two: lambda({}, { DependsOn: ["Other"] }),
      Other: Resources.Other,
    });
    expect(lines.slice(1)).toEqual([
      "Stack: One: does not wait any more for Hook, which is not there",
      "Stack: Two: does not wait any more for Hook, which is not there",
    ]);
  });

  test("that refers to something without a stand-in is refused", () => {
    expect(() => taken({ Resources: { Hook: HOOK, User: lambda({ HOOK: { Ref: "Hook" } }) } })).toThrow(
      "User.Properties.Environment.Variables.HOOK refers to Hook",
    );
  });

  test("whose alias leads to no state machine, or round in a circle, is refused", () => {
    const Alias = { Type: ALIAS.Type, Properties: {} };
    const Start = lambda({ A: { Ref: "Alias" } });
    expect(() => taken({ Resources: { Alias, Start } })).toThrow("does not say what to put there");
    const Version = { Type: VERSION.Type, Properties: { StateMachineArn: { Ref: "Alias" } } };
    expect(() => taken({ Resources: { Alias: ALIAS, Version, Start } })).toThrow("does not say");
  });

  test("that names what is gone within a text is refused", () => {
    for (const text of ["${Version}", "arn:${Version.Arn}:x"]) {
      const User = lambda({ A: { "Fn::Sub": text } });
      expect(() => taken({ Resources: { Machine: MACHINE, Version: VERSION, User } }), text).toThrow(
        "within a text",
      );
    }
  });

  test("whose state machine would have to change is refused", () => {
    const Machine = {
      ...MACHINE,
      Properties: { DefinitionString: { "Fn::Join": ["", [{ Ref: "Calendar" }]] } },
    };
    expect(() => taken({ Resources: { Calendar: CALENDAR, Machine } })).toThrow("nothing may be rewritten");
    expect(() =>
      taken({ Resources: { Calendar: CALENDAR, Machine: { ...MACHINE, DependsOn: "Calendar" } } }),
    ).toThrow("nothing may be rewritten");
  });
});
