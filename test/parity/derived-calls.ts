import {
  type Call,
  encryptionContext,
  federatedCall,
  functionOf,
  keyOf,
  personCall,
  roleCall,
  serviceCall,
  targetsOf,
  type World,
} from "./calls.ts";
import { ACCOUNT, type Json, REGION, type Resource, type Synthesized, stackId } from "./templates.ts";

/** Calls that AWS makes, or asks for, because of what the runs did; the local stores and the interpreter make none. */
interface Rule {
  readonly because: string;
  readonly calls: (world: World) => Omit<Call, "because">[];
}

/** All of them, each with the sentence of its rule. */
export function derivedCalls(world: World): Call[] {
  return RULES.flatMap(({ because, calls }) => calls(world).map((call) => ({ ...call, because })));
}

export const RULES: readonly Rule[] = [
  {
    because: "Lambda takes the function's role before it runs it",
    calls: ({ ran }) =>
      ran.map(({ properties, arn }) =>
        assumed("lambda.amazonaws.com", properties.Role, { "aws:SourceArn": [arn] }),
      ),
  },
  {
    because:
      "Lambda writes what a function logs into the function's own log group, in a stream of its making",
    calls: ({ app, ran }) =>
      ran.flatMap(({ properties }) => {
        const group = app.find(properties.LoggingConfig.LogGroup);
        const resource = group.arn.replace(/\*$/, "log-stream:<stream>");
        return ["logs:CreateLogStream", "logs:PutLogEvents"].map((action) =>
          as(properties.Role, action, resource),
        );
      }),
  },
  {
    because: "Lambda sends the traces of a function whose tracing is active",
    calls: ({ ran }) =>
      ran
        .filter(({ properties }) => properties.TracingConfig?.Mode === "Active")
        .flatMap(({ properties }) =>
          ["xray:PutTraceSegments", "xray:PutTelemetryRecords"].map((action) =>
            as(properties.Role, action, "*"),
          ),
        ),
  },
  {
    because: "S3 asks KMS, in the caller's name, to open the data key of an object that is read",
    calls: (world) => cipherCalls(world, "s3:GetObject", "kms:Decrypt"),
  },
  {
    because: "S3 asks KMS, in the caller's name, for a data key for an object that is put",
    calls: (world) => cipherCalls(world, "s3:PutObject", "kms:GenerateDataKey"),
  },
  {
    because:
      "somebody in the account must be able to change a key's policy; KMS makes no key that nobody can manage",
    calls: ({ app }) =>
      app
        .ofType("AWS::KMS::Key")
        .map(({ arn }) => personCall({ action: "kms:PutKeyPolicy", resource: arn, because: "" })),
  },
  {
    because:
      "S3 says that an object is missing only to who may list the bucket, and forbids to others; a read has no prefix",
    calls: (world) =>
      world.seen
        .filter(({ action, found }) => action === "s3:GetObject" && found === "nothing")
        .flatMap((seen) => {
          const lambda = functionOf(world.app, seen.functionName);
          return targetsOf(world, lambda, seen).flatMap(({ bucket }) =>
            bucket ? [as(lambda.properties.Role, "s3:ListBucket", bucket.arn)] : [],
          );
        }),
  },
  {
    because: "Step Functions takes the machine's role",
    calls: ({ app }) =>
      app
        .ofType("AWS::StepFunctions::StateMachine")
        .map(({ properties, arn }) =>
          assumed("states.amazonaws.com", properties.RoleArn, { "aws:SourceArn": [arn] }),
        ),
  },
  {
    because: "a task calls the version of its function that the definition names",
    calls: (world) => taskCalls(world, 1),
  },
  {
    because: "an execution from before a deployment calls the version that its own definition names",
    calls: (world) => taskCalls(world, 0),
  },
  {
    because:
      "a Distributed Map starts its children as executions of the machine, watches them and stops them when one fails",
    calls: ({ app }) =>
      mapsOf(app.ofType("AWS::StepFunctions::StateMachine")).flatMap(({ machine }) => [
        as(machine.properties.RoleArn, "states:StartExecution", machine.arn),
        // On these resources AWS's own page wants them.
        as(machine.properties.RoleArn, "states:DescribeExecution", `${executionsOf(machine)}:<child>`),
        as(machine.properties.RoleArn, "states:StopExecution", `${executionsOf(machine)}:<child>`),
      ]),
  },
  {
    because: "a redrive of an execution redrives the children of its Distributed Map that failed",
    calls: ({ app }) =>
      mapsOf(app.ofType("AWS::StepFunctions::StateMachine")).map(({ machine, label }) =>
        as(
          machine.properties.RoleArn,
          "states:RedriveExecution",
          `${executionsOf(machine)}/${label}:<child>`,
        ),
      ),
  },
  {
    because:
      "Step Functions sets up, looks at and removes the delivery of a machine's log with the machine's role",
    calls: ({ app }) =>
      app
        .ofType("AWS::StepFunctions::StateMachine")
        .filter(({ properties }) => properties.LoggingConfiguration !== undefined)
        .flatMap(({ properties }) => LOG_DELIVERY.map((action) => as(properties.RoleArn, action, "*"))),
  },
  {
    because: "Step Functions samples and sends the traces of a machine whose tracing is enabled",
    calls: ({ app }) =>
      app
        .ofType("AWS::StepFunctions::StateMachine")
        .filter(({ properties }) => properties.TracingConfiguration?.Enabled === true)
        .flatMap(({ properties }) => MACHINE_TRACING.map((action) => as(properties.RoleArn, action, "*"))),
  },
  {
    because: "the scheduler takes the role of a schedule's target",
    calls: ({ app }) =>
      app.ofType("AWS::Scheduler::Schedule").map(({ properties }) => {
        const group = `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule-group/${properties.GroupName ?? "default"}`;
        return assumed("scheduler.amazonaws.com", properties.Target.RoleArn, { "aws:SourceArn": [group] });
      }),
  },
  {
    because: "the scheduler calls the target of a schedule, as the tests do in its place",
    calls: ({ app, ran }) =>
      app
        .ofType("AWS::Scheduler::Schedule")
        .filter(({ properties }) => ran.some(({ arn }) => arn === properties.Target.Arn))
        .map(({ properties }) =>
          as(properties.Target.RoleArn, "lambda:InvokeFunction", properties.Target.Arn),
        ),
  },
  {
    because: "the scheduler leaves a start that it cannot deliver in the queue",
    calls: ({ app }) =>
      app
        .ofType("AWS::Scheduler::Schedule")
        .filter(({ properties }) => properties.Target.DeadLetterConfig)
        .map(({ properties: { Target } }) =>
          as(Target.RoleArn, "sqs:SendMessage", Target.DeadLetterConfig.Arn),
        ),
  },
  {
    because:
      "Lambda leaves an asynchronous call that failed at the function's destination, with the function's role",
    calls: ({ app }) =>
      app.ofType("AWS::Lambda::EventInvokeConfig").flatMap(({ properties }) => {
        const destination: Json = properties.DestinationConfig?.OnFailure?.Destination;
        if (destination === undefined) return [];
        const action = destination.includes(":sqs:") ? "sqs:SendMessage" : "sns:Publish";
        return [as(app.find(properties.FunctionName).properties.Role, action, destination)];
      }),
  },
  {
    because: "CloudWatch publishes the state of an alarm to the alarm's topics, which may be encrypted",
    calls: ({ app }) =>
      app.ofType("AWS::CloudWatch::Alarm").flatMap(({ arn, properties }) =>
        Object.entries<Json>(properties)
          .filter(([name, value]) => name.endsWith("Actions") && Array.isArray(value))
          .flatMap(([, topics]) => topics.map((topic: string) => app.find(topic)))
          .flatMap((topic: Resource) => {
            const context = { "aws:SourceArn": [arn] };
            return [
              ofService("cloudwatch.amazonaws.com", "sns:Publish", topic.arn, context),
              ...keyCalls(topic).map(({ action, key }) =>
                ofService("cloudwatch.amazonaws.com", action, key, context),
              ),
            ];
          }),
      ),
  },
  {
    because: "EventBridge takes the role of a rule's target",
    calls: ({ app }) =>
      ruleTargets(app).map(({ rule, target }) =>
        assumed("events.amazonaws.com", target.RoleArn, { "aws:SourceArn": [rule.arn] }),
      ),
  },
  {
    because: "EventBridge publishes what a rule tells to the target's topic, which may be encrypted",
    calls: ({ app }) =>
      ruleTargets(app).flatMap(({ target }) => {
        const topic = app.find(target.Arn);
        return [
          as(target.RoleArn, "sns:Publish", topic.arn),
          ...keyCalls(topic).map(({ action, key }) => as(target.RoleArn, action, key)),
        ];
      }),
  },
  {
    because: "CloudFormation takes the hook's role, for the hook alone, and calls its function",
    calls: ({ app }) =>
      app
        .ofType("AWS::CloudFormation::LambdaHook")
        .flatMap(({ arn, properties }) => [
          assumed("hooks.cloudformation.amazonaws.com", properties.ExecutionRole, { "aws:SourceArn": [arn] }),
          as(properties.ExecutionRole, "lambda:InvokeFunction", properties.LambdaFunction),
        ]),
  },
  {
    because:
      "where a repository is configured, a job of its workflow takes the deploying role, asks DeployGate and takes the roles of CDK's bootstrap",
    calls: ({ app }) =>
      app
        .ofType("AWS::IAM::Role")
        .filter(({ label }) => label === "GitHubDeployer")
        .flatMap(({ arn, properties }) => [
          byWorkflow(arn, properties.AssumeRolePolicyDocument.Statement[0]),
          as(arn, "lambda:InvokeFunction", functionOf(app, "DeployGate").arn),
          ...["deploy-role", "file-publishing-role"].map((name) =>
            as(
              arn,
              "sts:AssumeRole",
              `arn:aws:iam::${ACCOUNT}:role/cdk-hnb659fds-${name}-${ACCOUNT}-${REGION}`,
            ),
          ),
        ]),
  },
  {
    because: "S3 notes who asked a bucket for what in the bucket for access logs",
    calls: ({ app }) =>
      app.ofType("AWS::S3::Bucket").flatMap(({ arn, properties: { LoggingConfiguration } }) => {
        if (LoggingConfiguration === undefined) return [];
        const { DestinationBucketName, LogFilePrefix = "" } = LoggingConfiguration;
        const log = `${app.find(DestinationBucketName).arn}/${LogFilePrefix}<log>`;
        return [ofService("logging.s3.amazonaws.com", "s3:PutObject", log, { "aws:SourceArn": [arn] })];
      }),
  },
  {
    because:
      "finance and auditors take the readers' role, list the reports and read what the runs have put there",
    calls: (world) =>
      world.app
        .ofType("AWS::IAM::Role")
        .filter(({ label }) => label === "ReportReaders")
        .flatMap(({ arn }) => [taken(arn), ...readingOf(world, arn, REPORTS, ["s3:ListBucket", READ])]),
  },
  {
    because: "who approves reads the bank's statement first, in the version that was proposed",
    calls: (world) =>
      world.app
        .ofType("AWS::IAM::Role")
        .filter(({ label }) => label === "Approver")
        .flatMap(({ arn }) => readingOf(world, arn, EVIDENCE, [READ, "s3:GetObjectVersion"])),
  },
  {
    because:
      "a person takes the role that a function behind a URL asks for, looks its URL up in the stack's outputs and calls it",
    calls: ({ app, ran }) =>
      app.ofType("AWS::Lambda::Url").flatMap(({ stack, properties }) => {
        const served = ran.find(({ arn, name }) => [arn, name].includes(properties.TargetFunctionArn));
        if (!served) return [];
        const [[, role] = []] = Object.entries<Json>(served.properties.Environment.Variables).filter(
          ([name]) => name.endsWith("_ROLE_ARN"),
        );
        if (role === undefined) throw new Error(`${served.label} does not say whom its URL serves`);
        const auth = { "lambda:FunctionUrlAuthType": [properties.AuthType] };
        return [
          taken(role),
          as(role, "cloudformation:DescribeStacks", stackId(stack)),
          as(role, "lambda:InvokeFunctionUrl", served.arn, auth),
          as(role, "lambda:InvokeFunction", served.arn, { "lambda:InvokedViaFunctionUrl": ["true"] }),
        ];
      }),
  },
  {
    because: "Lambda makes the log group of CDK's emptying function itself, since CDK gives it none",
    calls: ({ app }) =>
      emptyingFunctions(app).flatMap(({ name, properties }) => {
        const group = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/lambda/${name}`;
        return [
          assumed("lambda.amazonaws.com", properties.Role, {}),
          as(properties.Role, "logs:CreateLogGroup", group),
          as(properties.Role, "logs:CreateLogStream", `${group}:log-stream:<stream>`),
          as(properties.Role, "logs:PutLogEvents", `${group}:log-stream:<stream>`),
        ];
      }),
  },
  {
    because:
      "CDK's emptying function, when a stage is destroyed, forbids writes to a bucket and deletes every version",
    calls: ({ app }) =>
      app.ofType("Custom::S3AutoDeleteObjects").flatMap(({ properties }) => {
        const emptying = app.find(properties.ServiceToken).properties.Role;
        const bucket = app.find(properties.BucketName);
        return [
          ...["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:GetBucketTagging", "s3:ListBucketVersions"].map(
            (action) => as(emptying, action, bucket.arn),
          ),
          ...["s3:DeleteObject", "s3:DeleteObjectVersion"].map((action) =>
            as(emptying, action, `${bucket.arn}/<key>`),
          ),
        ];
      }),
  },
];

/** As AWS's page on the logs of state machines lists them; none of them can be limited to one resource. */
const LOG_DELIVERY = [
  "logs:CreateLogDelivery",
  "logs:GetLogDelivery",
  "logs:UpdateLogDelivery",
  "logs:DeleteLogDelivery",
  "logs:ListLogDeliveries",
  "logs:PutResourcePolicy",
  "logs:DescribeResourcePolicies",
  "logs:DescribeLogGroups",
];
const MACHINE_TRACING = [
  "xray:PutTraceSegments",
  "xray:PutTelemetryRecords",
  "xray:GetSamplingRules",
  "xray:GetSamplingTargets",
];

type Bare = Omit<Call, "because">;

function as(role: string, action: string, resource: string, context: Call["context"] = {}): Bare {
  return roleCall(role, { action, resource, context, because: "" });
}

function ofService(service: string, action: string, resource: string, context: Call["context"]): Bare {
  return serviceCall(service, { action, resource, context, because: "" });
}

function assumed(service: string, role: string, context: Call["context"]): Bare {
  return ofService(service, "sts:AssumeRole", role, context);
}

/** A person takes a role under the person's own name, with a second factor. */
function taken(role: string): Bare {
  const context = {
    "aws:username": ["anna"],
    "aws:MultiFactorAuthPresent": ["true"],
    "sts:RoleSessionName": ["anna"],
  };
  return personCall({ action: "sts:AssumeRole", resource: role, context, because: "" });
}

/** A job takes a role with what GitHub says of it, which is what the role's trust asks for. */
function byWorkflow(role: string, { Principal, Condition }: Json): Bare {
  const context = Object.fromEntries(
    Object.entries<string>(Condition.StringEquals).map(([key, value]) => [key, [value]]),
  );
  const call = { action: "sts:AssumeRoleWithWebIdentity", resource: role, context, because: "" };
  return federatedCall(Principal.Federated, call);
}

/** What whoever publishes to a topic asks of its key. */
function keyCalls({ properties }: Resource): { readonly action: string; readonly key: string }[] {
  const key: Json = properties.KmsMasterKeyId;
  return key === undefined ? [] : ["kms:Decrypt", "kms:GenerateDataKey"].map((action) => ({ action, key }));
}

function ruleTargets(app: Synthesized): { readonly rule: Resource; readonly target: Json }[] {
  return app
    .ofType("AWS::Events::Rule")
    .flatMap((rule) => rule.properties.Targets.map((target: Json) => ({ rule, target })));
}

const READ = "s3:GetObject";
/** Whether an object in the reports' bucket is what the bank has stated, and not what a batch reports. */
const EVIDENCE = (resource: string) => resource.includes("/evidence/");
const REPORTS = (resource: string) => !EVIDENCE(resource);

/** What a role does that looks at what functions have put into the reports' bucket. */
function readingOf(
  world: World,
  role: string,
  isRead: (resource: string) => boolean,
  actions: readonly string[],
): Bare[] {
  return world.seen
    .filter((seen) => seen.action === "s3:PutObject" && seen.resource === "REPORTS_BUCKET")
    .flatMap((seen) => targetsOf(world, functionOf(world.app, seen.functionName), seen))
    .filter(({ resource }) => isRead(resource))
    .flatMap(({ bucket, resource }) => {
      const key = bucket && keyOf(bucket);
      if (!bucket || key === undefined) throw new Error("the reports' bucket has no key of ours");
      return [
        ...actions.map((action) => as(role, action, action === "s3:ListBucket" ? bucket.arn : resource)),
        as(role, "kms:Decrypt", key, encryptionContext(bucket, resource)),
      ];
    });
}

function emptyingFunctions(app: Synthesized): Resource[] {
  const tokens = app.ofType("Custom::S3AutoDeleteObjects").map(({ properties }) => properties.ServiceToken);
  return [...new Set<string>(tokens)].map((token) => app.find(token));
}

function cipherCalls(world: World, sent: string, action: string): Bare[] {
  return world.seen
    .filter((seen) => seen.action === sent && seen.found === undefined)
    .flatMap((seen) => {
      const lambda = functionOf(world.app, seen.functionName);
      return targetsOf(world, lambda, seen).flatMap(({ bucket, resource }) => {
        const key = bucket && keyOf(bucket);
        return bucket && key !== undefined
          ? [as(lambda.properties.Role, action, key, encryptionContext(bucket, resource))]
          : [];
      });
    });
}

/** The version that the definition names now, or an older one. */
function taskCalls({ app, ran }: World, version: 0 | 1): Bare[] {
  return app
    .ofType("AWS::StepFunctions::StateMachine")
    .flatMap(({ properties }) =>
      ran
        .filter(({ arn }) => String(properties.DefinitionString).includes(`"${arn}:1"`))
        .map(({ arn }) => as(properties.RoleArn, "lambda:InvokeFunction", `${arn}:${version}`)),
    );
}

function executionsOf({ arn }: Resource): string {
  return arn.replace(":stateMachine:", ":execution:");
}

/** The Distributed Maps of machines, by the labels under which their children run. */
function mapsOf(machines: readonly Resource[]): { readonly machine: Resource; readonly label: string }[] {
  return machines.flatMap((machine) => {
    const { States }: Json = JSON.parse(machine.properties.DefinitionString);
    return Object.entries<Json>(States)
      .filter(([, { ItemProcessor }]) => ItemProcessor?.ProcessorConfig?.Mode === "DISTRIBUTED")
      .map(([name, { Label }]) => ({ machine, label: String(Label ?? name) }));
  });
}
