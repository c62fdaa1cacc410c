import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Where the ARNs of the evaluation say that they are. */
export const REGION = "ap-southeast-2";
export const ACCOUNT = "000000000000";

/** JSON of unknown depth, as templates are; reading past what is there gives undefined. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any;

/** A resource of a synthesized app, with every reference in its properties resolved to a name or an ARN. */
export interface Resource {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  /** What `Ref` gives: a name, or an ARN where the type has it so. */
  readonly name: string;
  /** What people read: the function's name, or the logical id without its hash. */
  readonly label: string;
  readonly arn: string;
  readonly properties: Json;
}

/** All resources of all stacks. */
export interface Synthesized {
  readonly resources: readonly Resource[];
  ofType(...types: string[]): Resource[];
  /** The resource with this name, ARN or logical id. */
  find(name: string): Resource;
}

interface Raw {
  readonly Type: string;
  readonly Properties?: Json;
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

interface Template {
  readonly Resources: Readonly<Record<string, Raw>>;
  readonly Outputs?: Readonly<
    Record<string, { readonly Value: Json; readonly Export?: { readonly Name: string } }>
  >;
}

const SUFFIX = ".template.json";

/** Reads what CDK has synthesized into a folder. Throws for an intrinsic function that it does not know. */
export function readTemplates(folder: string): Synthesized {
  const stacks = new Map(
    readdirSync(folder)
      .filter((file) => file.endsWith(SUFFIX))
      .map((file) => [
        file.slice(0, -SUFFIX.length),
        JSON.parse(readFileSync(join(folder, file), "utf8")) as Template,
      ]),
  );
  return synthesizedOf(stacks);
}

/** As {@link readTemplates}, from templates by their stacks' names. */
export function synthesizedOf(stacks: ReadonlyMap<string, Template>): Synthesized {
  const names = new Names(stacks);
  const resources = [...stacks].flatMap(([stack, { Resources }]) =>
    Object.entries(Resources).map(
      ([logicalId, raw]): Resource => ({
        stack,
        logicalId,
        type: raw.Type,
        name: names.ref(stack, logicalId),
        label: labelOf(logicalId, raw),
        arn: names.arn(stack, logicalId),
        properties: names.resolved(stack, raw.Properties ?? {}),
      }),
    ),
  );
  return {
    resources,
    ofType: (...types) => resources.filter(({ type }) => types.includes(type)),
    find: (name) => {
      const found = resources.filter((r) => r.name === name || r.arn === name || r.logicalId === name);
      const [only, ...more] = found;
      if (!only || more.length > 0) throw new Error(`${found.length} resources are called ${name}`);
      return only;
    },
  };
}

function labelOf(logicalId: string, { Metadata }: Raw): string {
  const name = Metadata?.["debit-once:function"];
  return typeof name === "string" ? name : logicalId.replace(/[0-9A-F]{8}$/, "");
}

const inRegion = (service: string, name: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${name}`;

/** Of the types that a policy can be about, or be of. */
const ARNS: Readonly<Record<string, (name: string) => string>> = {
  "AWS::CloudFormation::LambdaHook": (name) => inRegion("cloudformation", `type/hook/${name}`),
  "AWS::CloudWatch::Alarm": (name) => inRegion("cloudwatch", `alarm:${name}`),
  "AWS::DynamoDB::GlobalTable": (name) => inRegion("dynamodb", `table/${name}`),
  "AWS::DynamoDB::Table": (name) => inRegion("dynamodb", `table/${name}`),
  "AWS::Events::Rule": (name) => inRegion("events", `rule/${name}`),
  "AWS::IAM::ManagedPolicy": (name) => `arn:aws:iam::${ACCOUNT}:policy/${name}`,
  "AWS::IAM::Role": (name) => `arn:aws:iam::${ACCOUNT}:role/${name}`,
  "AWS::KMS::Key": (name) => inRegion("kms", `key/${name}`),
  "AWS::Lambda::Function": (name) => inRegion("lambda", `function:${name}`),
  "AWS::Logs::LogGroup": (name) => inRegion("logs", `log-group:${name}:*`),
  "AWS::S3::Bucket": (name) => `arn:aws:s3:::${name}`,
  "AWS::SNS::Topic": (name) => inRegion("sns", name),
  "AWS::SSM::Document": (name) => inRegion("ssm", `document/${name}`),
  "AWS::SQS::Queue": (name) => inRegion("sqs", name),
  "AWS::StepFunctions::StateMachine": (name) => inRegion("states", `stateMachine:${name}`),
};

/** Types whose `Ref` is their ARN. */
const REF_IS_ARN = new Set([
  "AWS::SNS::Topic",
  "AWS::StepFunctions::StateMachine",
  "AWS::IAM::ManagedPolicy",
]);

/** Types whose ARN is another resource's, with a number or name behind it. */
export const QUALIFIED = new Set([
  "AWS::Lambda::Version",
  "AWS::StepFunctions::StateMachineAlias",
  "AWS::StepFunctions::StateMachineVersion",
]);

/** Physical names that the app gives, by the property that holds them. */
const GIVEN_NAMES: Readonly<Record<string, string>> = {
  "AWS::Events::Rule": "Name",
  "AWS::IAM::Role": "RoleName",
  "AWS::Lambda::Function": "FunctionName",
  "AWS::Logs::LogGroup": "LogGroupName",
  "AWS::StepFunctions::StateMachine": "StateMachineName",
};

const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  "AWS::AccountId": ACCOUNT,
  "AWS::NoValue": "",
  "AWS::Partition": "aws",
  "AWS::Region": REGION,
  "AWS::URLSuffix": "amazonaws.com",
};

/** The ARN of a stack; its last part is CloudFormation's own. */
export function stackId(stack: string): string {
  return inRegion("cloudformation", `stack/${stack}/<id>`);
}

class Names {
  readonly #stacks: ReadonlyMap<string, Template>;

  constructor(stacks: ReadonlyMap<string, Template>) {
    this.#stacks = stacks;
  }

  ref(stack: string, logicalId: string): string {
    const raw = this.#raw(stack, logicalId);
    const qualified = this.#qualified(stack, raw);
    if (qualified !== undefined) return qualified;
    if (raw.Type === "AWS::Lambda::Version") return `${this.#functionOf(stack, raw)}:1`;
    return REF_IS_ARN.has(raw.Type) ? this.arn(stack, logicalId) : this.#physical(stack, logicalId);
  }

  /** Of a type that no policy is about, a text that fits no policy either. */
  arn(stack: string, logicalId: string): string {
    const raw = this.#raw(stack, logicalId);
    if (QUALIFIED.has(raw.Type)) return this.ref(stack, logicalId);
    const name = this.#physical(stack, logicalId);
    return ARNS[raw.Type]?.(name) ?? `${raw.Type} ${name}`;
  }

  resolved(stack: string, value: Json): Json {
    const inner = (part: Json): Json => this.resolved(stack, part);
    if (Array.isArray(value)) return value.map(inner);
    if (typeof value !== "object" || value === null) return value;
    const [name = "", argument] = Object.entries<Json>(value)[0] ?? [];
    switch (name) {
      case "Ref":
        if (argument === "AWS::StackId") return stackId(stack);
        if (argument === "AWS::StackName") return stack;
        return PSEUDO_PARAMETERS[argument] ?? this.ref(stack, argument);
      case "Fn::GetAtt":
        return this.#attribute(stack, argument[0], argument.slice(1).join("."));
      case "Fn::Join":
        return argument[1].map((part: Json) => String(inner(part))).join(argument[0]);
      case "Fn::Select":
        return inner(argument[1])[argument[0]];
      case "Fn::Split":
        return String(inner(argument[1])).split(argument[0]);
      case "Fn::ImportValue":
        return this.#imported(inner(argument));
      case "Fn::Sub":
        return this.#substituted(stack, argument);
      case "Fn::FindInMap":
      case "Fn::GetAZs":
      case "Fn::If":
        throw new Error(`${stack}: the evaluation does not know ${name}`);
      default:
        return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inner(part)]));
    }
  }

  #raw(stack: string, logicalId: string): Raw {
    const raw = this.#stacks.get(stack)?.Resources[logicalId];
    if (!raw) throw new Error(`${stack} refers to ${logicalId}, which it does not define`);
    return raw;
  }

  #physical(stack: string, logicalId: string): string {
    const { Type, Properties } = this.#raw(stack, logicalId);
    const given: Json = Properties?.[GIVEN_NAMES[Type] ?? ""];
    if (given !== undefined) return this.resolved(stack, given);
    // An ARN has its alias with single hyphens.
    if (Type === "AWS::CloudFormation::LambdaHook") return Properties.Alias.replaceAll("::", "-");
    // A policy may know roles by how CloudFormation calls them.
    return Type === "AWS::IAM::Role" ? `${stack}-${logicalId}-RANDOM` : logicalId;
  }

  #functionOf(stack: string, { Properties }: Raw): string {
    return this.arn(stack, Properties.FunctionName.Ref);
  }

  /** Of a machine's version or alias: the machine's ARN, and the number or name. */
  #qualified(stack: string, { Type, Properties }: Raw): string | undefined {
    if (Type === "AWS::StepFunctions::StateMachineVersion") {
      return `${this.resolved(stack, Properties.StateMachineArn)}:1`;
    }
    if (Type !== "AWS::StepFunctions::StateMachineAlias") return undefined;
    const version: string = this.resolved(stack, Properties.RoutingConfiguration[0].StateMachineVersionArn);
    return `${version.replace(/:1$/, "")}:${Properties.Name}`;
  }

  #attribute(stack: string, logicalId: string, attribute: string): string {
    if (["Arn", "TopicArn", "FunctionArn"].includes(attribute)) return this.arn(stack, logicalId);
    if (["Name", "QueueName", "TopicName"].includes(attribute)) return this.#physical(stack, logicalId);
    // Of something that no policy is about, such as a URL; a policy with it would fit nothing.
    return `${logicalId}.${attribute}`;
  }

  #imported(name: string): Json {
    for (const [stack, { Outputs = {} }] of this.#stacks) {
      for (const { Export, Value } of Object.values(Outputs)) {
        if (Export?.Name === name) return this.resolved(stack, Value);
      }
    }
    throw new Error(`no stack exports ${name}`);
  }

  #substituted(stack: string, text: Json): string {
    if (typeof text !== "string")
      throw new Error(`${stack}: the evaluation knows Fn::Sub with one text only`);
    return text.replace(/\$\{([^}]+)\}/g, (_whole, name: string) => {
      const [logicalId = "", attribute] = name.split(".");
      if (attribute !== undefined) return this.#attribute(stack, logicalId, attribute);
      return PSEUDO_PARAMETERS[name] ?? this.ref(stack, name);
    });
  }
}
