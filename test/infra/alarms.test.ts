import { readFileSync } from "node:fs";
import { App, Stack } from "aws-cdk-lib";
import { beforeAll, describe, expect, test } from "vitest";
import { type AlarmAddresses, addressesOf, exampleAddresses } from "../../infra/config/alarm-addresses.ts";
import { streams } from "../../infra/config/streams.ts";
import { refuseExampleAddresses } from "../../infra/topics.ts";
import { METRICS } from "../../lambdas/domain/metrics.ts";
import { alarmsOf } from "./alarms-of.ts";
import { type Json, lambdasOf, ofType, ROOT, type Synthesized, synthesize, textOf } from "./synthesized.ts";

let dev: Synthesized;
let prod: Synthesized;
beforeAll(async () => {
  [dev, prod] = await Promise.all([synthesize("dev"), synthesize("prod")]);
}, 120_000);

const NAMES = streams.map(({ name }) => name);

/** Which topic each alarm rings, and how many of its periods it looks at. */
const RINGS: Readonly<Record<string, [topic: string, minutes: number]>> = {
  ExecutionFailed: ["page", 1],
  ExecutionTimedOut: ["page", 1],
  ExecutionAborted: ["page", 1],
  SubmissionUnknown: ["page", 30],
  GateFailed: ["page", 30],
  NothingSubmitted: ["page", 30],
  BatchMissing: ["page", 30],
  DueListMissing: ["page", 30],
  StartRefused: ["page", 30],
  DuplicateExcluded: ["duplicates", 30],
  StepFailed: ["ticket", 30],
  OverrideApproved: ["page", 1],
  StartMissed: ["page", 30],
  StarterFailed: ["ticket", 1],
  WatchSilent: ["page", 3],
  WatchMissed: ["ticket", 30],
  WatchFailed: ["ticket", 30],
  DeploymentLong: ["page", 30],
  DeployGateFailed: ["ticket", 30],
  DeployHookFailed: ["ticket", 30],
};

/** Both stages, and which of the alarms each has: where nobody looks unasked, silence would ring for ever. */
const stages = () =>
  [
    { ...prod, names: Object.keys(RINGS) },
    { ...dev, names: Object.keys(RINGS).filter((name) => name !== "WatchSilent") },
  ] as const;

describe("the alarms", () => {
  test("are these, each rings its topic and says nothing when it falls back, and dev waits for no looks", () => {
    for (const { billing, names } of stages()) {
      const alarms = alarmsOf(billing);
      expect([...new Set(alarms.map(({ name }) => name))]).toEqual(names);
      for (const { id, name, rings, properties } of alarms) {
        expect([id, rings, properties.EvaluationPeriods]).toEqual([id, [RINGS[name]?.[0]], RINGS[name]?.[1]]);
        expect(properties.ActionsEnabled ?? true).toBe(true);
        expect([properties.OKActions, properties.InsufficientDataActions]).toEqual([undefined, undefined]);
      }
    }
  });

  test("of our own counts exist for every stream, under a name of the list and that dimension alone", () => {
    for (const { billing, names } of stages()) {
      const own = alarmsOf(billing).filter(({ namespace }) => namespace === "DebitOnce");
      const byName = Map.groupBy(own, ({ name }) => name);
      expect(byName.size).toBe(names.includes("WatchSilent") ? 12 : 11);
      for (const [name, alarms] of byName) {
        expect(
          alarms.map(({ dimensions }) => dimensions),
          name,
        ).toEqual(NAMES.map((Stream) => ({ Stream })));
      }
      for (const { metric } of own) expect(Object.keys(METRICS)).toContain(metric);
      for (const { name, metric } of own) expect(metric).toBe(name === "WatchSilent" ? "Watched" : name);
    }
  });

  test("of AWS's counts name the one machine, function or queue that they mean", () => {
    for (const { billing, blackout } of [dev, prod]) {
      const found = alarmsOf(billing)
        .filter(({ namespace }) => namespace !== "DebitOnce")
        .map(({ name, namespace, metric, dimensions }) => [name, namespace, metric, dimensions]);
      const only = (type: string, start: string) => {
        const [id, ...others] = ofType(billing, type).flatMap(([one]) =>
          one.startsWith(start) ? [one] : [],
        );
        expect(others).toEqual([]);
        return id ?? `no ${start}`;
      };
      const machine = { StateMachineArn: `<${only("AWS::StepFunctions::StateMachine", "Batch")}>` };
      const lambda = (name: string) => ({ FunctionName: `<${only("AWS::Lambda::Function", name)}>` });
      // In the stack that is deployed before: by the name that it exports.
      const deployer = (name: string) => {
        const exported = Object.values(blackout.Outputs).filter(({ Value, Export }) => {
          const refers = textOf(Value) === `<${lambdasOf(blackout).get(name)?.id}>`;
          return Export !== undefined && refers;
        });
        expect(exported).toHaveLength(1);
        return { FunctionName: `<${exported[0]?.Export?.Name}>` };
      };
      const queue = (name: string) => ({ QueueName: `<${only("AWS::SQS::Queue", name)}.QueueName>` });
      expect(found).toEqual([
        ["ExecutionFailed", "AWS/States", "ExecutionsFailed", machine],
        ["ExecutionTimedOut", "AWS/States", "ExecutionsTimedOut", machine],
        ["ExecutionAborted", "AWS/States", "ExecutionsAborted", machine],
        ["StartMissed", "AWS/SQS", "NumberOfMessagesSent", queue("MissedStarts")],
        ["StarterFailed", "AWS/Lambda", "Errors", lambda("StartBatch")],
        ["WatchMissed", "AWS/SQS", "NumberOfMessagesSent", queue("MissedLooks")],
        ["WatchFailed", "AWS/Lambda", "Errors", lambda("Watch")],
        ["DeployGateFailed", "AWS/Lambda", "Errors", deployer("DeployGate")],
        ["DeployHookFailed", "AWS/Lambda", "Errors", deployer("DeployHook")],
      ]);
    }
  });

  test("ring at the first count, within a minute of it, and not for what does not happen", () => {
    for (const { name, properties } of alarmsOf(prod.billing)) {
      if (name === "WatchSilent") continue;
      expect(properties, name).toMatchObject({
        Period: 60,
        DatapointsToAlarm: 1,
        Threshold: 1,
        ComparisonOperator: "GreaterThanOrEqualToThreshold",
        Statistic: "Sum",
        TreatMissingData: "notBreaching",
      });
    }
  });

  test("ring when the watch has been silent for 45 minutes, a gap being a zero and no data at all silence", () => {
    const silent = alarmsOf(prod.billing).filter(({ name }) => name === "WatchSilent");
    expect(silent).toHaveLength(2);
    for (const { properties } of silent) {
      const [filled, { Id, MetricStat, ReturnData }, ...more] = properties.Metrics;
      expect([more, filled.Expression, filled.ReturnData ?? true]).toEqual([[], `FILL(${Id}, 0)`, true]);
      expect([MetricStat.Period, MetricStat.Stat, ReturnData]).toEqual([900, "Sum", false]);
      expect(properties).toMatchObject({
        EvaluationPeriods: 3,
        DatapointsToAlarm: 3,
        Threshold: 1,
        ComparisonOperator: "LessThanThreshold",
        TreatMissingData: "breaching",
      });
    }
  });

  test("say in one sentence what it costs, name the stream, and link to a section of the runbook that there is", () => {
    const runbook = readFileSync(`${ROOT}infra/runbook.md`, "utf8");
    const sections = [...runbook.matchAll(/^### (\w+)\n\n- It means: .+?\n- Look at: .+?\n- Do: /gms)];
    expect(sections.map(([, name]) => name)).toEqual(Object.keys(RINGS));
    const anchors = sections.map(([, name]) => String(name).toLowerCase());
    for (const { name, description, dimensions } of alarmsOf(prod.billing)) {
      const said =
        /^(?:Stream (?<stream>[a-z0-9-]+): )?[A-Z][^.]{30,}\. See infra\/runbook\.md#(?<anchor>\w+)$/.exec(
          description,
        );
      expect(said?.groups?.anchor, description).toBe(name.toLowerCase());
      expect(anchors).toContain(said?.groups?.anchor);
      expect(said?.groups?.stream).toBe(dimensions.Stream);
      expect(description.length).toBeLessThanOrEqual(1024);
    }
  });

  test("stand in the README with their topics, and no others do", () => {
    const readme = readFileSync(`${ROOT}README.md`, "utf8");
    const rows = [...readme.matchAll(/^\| (page|ticket|duplicates) \| `(\w+)` \|/gm)].map(
      ([, topic, name]) => [name, topic],
    );
    expect(rows).toEqual(Object.entries(RINGS).map(([name, [topic]]) => [name, topic]));
  });
});

describe("an execution that ended without success", () => {
  const ruleOf = ({ billing }: Synthesized): [string, Json] => {
    const [[id, rule] = ["", { Properties: {} }], ...others] = ofType(billing, "AWS::Events::Rule");
    expect(others).toEqual([]);
    return [id, rule.Properties];
  };

  test("of our machine pages whatever other one did, by an event of its own", () => {
    for (const stage of [dev, prod]) {
      const [, { EventPattern, State, Targets, ...rest }] = ruleOf(stage);
      const [[machine] = [""]] = ofType(stage.billing, "AWS::StepFunctions::StateMachine");
      expect(EventPattern).toEqual({
        source: ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        detail: { status: ["FAILED", "TIMED_OUT", "ABORTED"], stateMachineArn: [{ Ref: machine }] },
      });
      expect([State, rest.EventBusName]).toEqual(["ENABLED", undefined]);
      expect(Targets.map(({ Arn }: Json) => textOf(Arn))).toEqual([
        expect.stringMatching(/^<Topicspage[0-9A-F]{8}>$/),
      ]);
    }
  });

  test("is told by its name and status, and by nothing else of the event, which holds its input too", () => {
    for (const stage of [dev, prod]) {
      const [{ Input, InputPath, InputTransformer }] = ruleOf(stage)[1].Targets;
      expect([Input, InputPath]).toEqual([undefined, undefined]);
      expect(InputTransformer.InputPathsMap).toEqual({
        "detail-name": "$.detail.name",
        "detail-status": "$.detail.status",
      });
      expect(JSON.parse(InputTransformer.InputTemplate)).toBe(
        "Execution <detail-name> has ended: <detail-status>. See infra/runbook.md#by-alarm",
      );
    }
  });

  test("is told in a role that only this rule of this account takes, and that publishes to page and no more", () => {
    for (const stage of [dev, prod]) {
      const [, { Name, Targets }] = ruleOf(stage);
      const role = textOf(Targets[0].RoleArn).replace(/^<(\w+)\.Arn>$/, "$1");
      const [trust, ...others] =
        stage.billing.Resources[role]?.Properties.AssumeRolePolicyDocument.Statement ?? [];
      expect(others).toEqual([]);
      expect(trust).toMatchObject({
        Effect: "Allow",
        Principal: { Service: "events.amazonaws.com" },
        Action: "sts:AssumeRole",
        Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
      });
      expect(textOf(trust.Condition.StringEquals["aws:SourceArn"])).toBe(
        `arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:rule/${Name}`,
      );
      const statements = ofType(stage.billing, "AWS::IAM::Policy")
        .filter(([, { Properties }]) => Properties.Roles.some(({ Ref }: Json) => Ref === role))
        .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement as Json[]);
      const [[key] = [""]] = ofType(stage.billing, "AWS::KMS::Key");
      expect(statements.map(({ Action, Resource }) => [Action, textOf(Resource)])).toEqual([
        ["sns:Publish", textOf(Targets[0].Arn)],
        [["kms:Decrypt", "kms:GenerateDataKey"], `<${key}.Arn>`],
      ]);
    }
  });
});

describe("the topics", () => {
  test("are three, encrypted by one key of our own, which CloudWatch may use for this account", () => {
    for (const { billing } of [dev, prod]) {
      const [[key, { Properties }] = ["", { Properties: {} }], ...others] = ofType(billing, "AWS::KMS::Key");
      expect(others).toEqual([]);
      expect(Properties.EnableKeyRotation).toBe(true);
      expect(Properties.KeyPolicy.Statement).toContainEqual({
        Effect: "Allow",
        Principal: { Service: "cloudwatch.amazonaws.com" },
        Action: ["kms:Decrypt", "kms:GenerateDataKey*"],
        Resource: "*",
        Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
      });
      const topics = ofType(billing, "AWS::SNS::Topic");
      expect(topics.map(([id]) => id.replace(/[0-9A-F]{8}$/, ""))).toEqual([
        "Topicspage",
        "Topicsticket",
        "Topicsduplicates",
      ]);
      for (const [, topic] of topics) expect(textOf(topic.Properties.KmsMasterKeyId)).toBe(`<${key}.Arn>`);
    }
  });

  test("take messages from alarms of this account alone, and over TLS alone", () => {
    for (const { billing } of [dev, prod]) {
      const policies = ofType(billing, "AWS::SNS::TopicPolicy").map(([, { Properties }]) => Properties);
      const topics = ofType(billing, "AWS::SNS::Topic").map(([id]) => id);
      expect(policies.map(({ Topics }) => Topics)).toEqual(topics.map((Ref) => [{ Ref }]));
      for (const { PolicyDocument, Topics } of policies) {
        const [deny, allow, ...more] = PolicyDocument.Statement;
        expect(more).toEqual([]);
        expect(deny).toMatchObject({
          Effect: "Deny",
          Principal: "*",
          Action: "sns:Publish",
          Resource: Topics[0],
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        });
        expect(allow).toMatchObject({
          Effect: "Allow",
          Principal: { Service: "cloudwatch.amazonaws.com" },
          Action: "sns:Publish",
          Resource: Topics[0],
          Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
        });
        expect(textOf(allow.Condition.ArnLike["aws:SourceArn"])).toBe(
          "arn:<AWS::Partition>:cloudwatch:<AWS::Region>:<AWS::AccountId>:alarm:*",
        );
      }
    }
  });

  test("are heard by the addresses of their stage", () => {
    const ears = ({ billing }: Synthesized) =>
      ofType(billing, "AWS::SNS::Subscription").map(([, { Properties }]) => [
        textOf(Properties.TopicArn).replace(/^<Topics(\w+)[0-9A-F]{8}>$/, "$1"),
        Properties.Protocol,
        Properties.Endpoint,
      ]);
    expect(ears(dev)).toEqual([]);
    expect(ears(prod)).toEqual(
      Object.entries(addressesOf("prod")).flatMap(([topic, addresses]) =>
        addresses.map((address) => [topic, "email", address]),
      ),
    );
  });
});

describe("the addresses", () => {
  const none: AlarmAddresses = { page: [], ticket: [], duplicates: [] };
  const real: AlarmAddresses = { ...none, page: ["night-watch@bank.com.au"] };
  const refusal = (stage: "dev" | "prod", addresses: AlarmAddresses) => () =>
    addressesOf(stage, { dev: none, prod: none, [stage]: addresses });

  test("may be none in dev, and prod refuses to page nobody", () => {
    expect(refusal("dev", none)()).toEqual(none);
    expect(refusal("prod", real)()).toEqual(real);
    expect(refusal("prod", { ...real, page: [] })).toThrow(
      "There is no address to page for stage prod, so its worst alarms would ring for nobody: " +
        "name one in infra/config/alarm-addresses.ts.",
    );
  });

  test("are addresses, each once", () => {
    for (const wrong of ["", "night-watch", "a b@bank.com.au", "a@bank", "@bank.com.au", "a@b@bank.com.au"]) {
      expect(refusal("prod", { ...real, ticket: [wrong] }), wrong).toThrow(
        "The addresses of ticket for stage prod are not all of the form name@domain",
      );
    }
    expect(refusal("dev", { ...none, duplicates: ["a@bank.com.au", "a@bank.com.au"] })).toThrow(
      "An address of duplicates for stage dev is there twice",
    );
  });

  test("are examples in the committed configuration of prod, and dev has none", () => {
    expect(exampleAddresses(addressesOf("prod"))).toContain("on-call@example.com");
    expect(addressesOf("dev")).toEqual(none);
  });

  test("are known as examples by their domain", () => {
    const page = ["a@example.com", "a@EXAMPLE.org", "a@mail.example.net", "a@bank.example", "a@bank.test"];
    expect(exampleAddresses({ ...none, page })).toEqual(page);
    const own = ["a@bank.com.au", "example@bank.com.au", "a@notexample.com", "a@example.com.au"];
    expect(exampleAddresses({ ...none, page: own })).toEqual([]);
  });
});

describe("a deployment", () => {
  const rules = (template: unknown): Record<string, Json> => (template as Json).Rules ?? {};

  test("of prod as it is committed is refused by every stack before anything is touched", () => {
    for (const template of [prod.data, prod.blackout, prod.billing]) {
      const [{ Assert, AssertDescription }, ...more] = rules(template).AlarmAddressesAreReal.Assertions;
      expect(more).toEqual([]);
      // No stack can be called so: the assertion never holds.
      expect(Assert).toEqual({ "Fn::Equals": [{ Ref: "AWS::StackName" }, "on-call@example.com"] });
      for (const address of exampleAddresses(addressesOf("prod")))
        expect(AssertDescription).toContain(address);
      expect(AssertDescription).toContain("infra/config/alarm-addresses.ts");
      expect(rules(template).AlarmAddressesAreReal.RuleCondition).toBeUndefined();
    }
  });

  test("of dev is not", () => {
    for (const template of [dev.data, dev.blackout, dev.billing]) {
      expect(rules(template)).not.toHaveProperty("AlarmAddressesAreReal");
    }
  });

  test("is not refused with real addresses, and is with one that is left in any topic", () => {
    const ruled = (addresses: AlarmAddresses) => {
      const stack = new Stack(new App(), "Stack");
      refuseExampleAddresses(stack, addresses);
      return stack.node.tryFindChild("AlarmAddressesAreReal") !== undefined;
    };
    const real = { page: ["a@bank.com.au"], ticket: ["b@bank.com.au"], duplicates: [] };
    expect(ruled(real)).toBe(false);
    expect(ruled({ ...real, page: ["a@bank.com.au", "on-call@example.com"] })).toBe(true);
    expect(ruled({ ...real, duplicates: ["c@example.com"] })).toBe(true);
  });
});
