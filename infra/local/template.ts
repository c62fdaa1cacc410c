import { z } from "zod";
import { LocalFault } from "./local-fault.ts";
import { LOCAL_AWS_ACCOUNT, LOCAL_REGION } from "./loopback.ts";

/** The parts of a CloudFormation template that a local run reads. */
export const templateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      Properties: z.record(z.string(), z.unknown()).default({}),
      Metadata: z.record(z.string(), z.unknown()).default({}),
    }),
  ),
  Outputs: z
    .record(z.string(), z.object({ Value: z.unknown(), Export: z.object({ Name: z.string() }).optional() }))
    .default({}),
});

export type Template = z.output<typeof templateSchema>;
export type Resource = Template["Resources"][string];

/** All stacks of an app, by name. */
export type Templates = ReadonlyMap<string, Template>;

/** Names and ARNs that resources have on this machine. */
export interface LocalNames {
  /** What `Ref` of the resource gives. */
  ref(stack: string, logicalId: string): string;
  /** What the resource's `Arn` attribute gives. */
  arn(stack: string, logicalId: string): string;
}

const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  "AWS::AccountId": LOCAL_AWS_ACCOUNT,
  "AWS::Partition": "aws",
  "AWS::Region": LOCAL_REGION,
  "AWS::URLSuffix": "amazonaws.com",
};

/** `DueListsBucket924CA009` is `due-lists-bucket`: CDK's hash says nothing here, a folder's name should. */
export function plainName(logicalId: string): string {
  return logicalId
    .replace(/[0-9A-F]{8}$/, "")
    .replace(/(?<=[a-z0-9])([A-Z])/g, "-$1")
    .toLowerCase();
}

/** The local names of the resources that the code of the app refers to; those of any other type are a fault. */
export function localNames(templates: Templates): LocalNames {
  const find = (stack: string, logicalId: string) => {
    const resource = templates.get(stack)?.Resources[logicalId];
    if (!resource) throw misfit(`${stack} refers to ${logicalId}, which it does not define.`);
    return resource;
  };
  const names: LocalNames = {
    ref(stack, logicalId) {
      const resource = find(stack, logicalId);
      switch (resource.Type) {
        case "AWS::S3::Bucket":
        case "AWS::DynamoDB::Table":
        case "AWS::DynamoDB::GlobalTable":
        case "AWS::IAM::Role":
        case "AWS::SSM::Document":
          return plainName(logicalId);
        case "AWS::Lambda::Function":
          return functionName(resource) ?? plainName(logicalId);
        case "AWS::Lambda::Version":
          return `${names.arn(stack, functionOf(resource))}:1`;
        case "AWS::StepFunctions::StateMachine":
        case "AWS::StepFunctions::StateMachineAlias":
        case "AWS::StepFunctions::StateMachineVersion":
          return names.arn(stack, logicalId);
        default:
          throw misfit(`A local run has no name for ${logicalId} (${resource.Type}).`);
      }
    },
    arn(stack, logicalId) {
      const resource = find(stack, logicalId);
      const arn = (service: string, name: string) =>
        `arn:aws:${service}:${LOCAL_REGION}:${LOCAL_AWS_ACCOUNT}:${name}`;
      switch (resource.Type) {
        case "AWS::S3::Bucket":
          return `arn:aws:s3:::${names.ref(stack, logicalId)}`;
        case "AWS::DynamoDB::Table":
        case "AWS::DynamoDB::GlobalTable":
          return arn("dynamodb", `table/${names.ref(stack, logicalId)}`);
        case "AWS::Lambda::Function":
          return arn("lambda", `function:${names.ref(stack, logicalId)}`);
        case "AWS::IAM::Role":
          return `arn:aws:iam::${LOCAL_AWS_ACCOUNT}:role/${names.ref(stack, logicalId)}`;
        case "AWS::StepFunctions::StateMachine": {
          const given = resource.Properties.StateMachineName;
          return arn("states", `stateMachine:${typeof given === "string" ? given : plainName(logicalId)}`);
        }
        case "AWS::StepFunctions::StateMachineVersion":
          // There is one version here, today's.
          return `${names.ref(stack, refIn(resource.Properties.StateMachineArn))}:1`;
        case "AWS::StepFunctions::StateMachineAlias": {
          const { Name, RoutingConfiguration } = aliasProperties.parse(resource.Properties);
          const [{ StateMachineVersionArn: version }] = RoutingConfiguration;
          return `${names.ref(stack, version.Ref).replace(/:1$/, "")}:${Name}`;
        }
        default:
          throw misfit(`A local run has no ARN for ${logicalId} (${resource.Type}).`);
      }
    },
  };
  return names;
}

/** The name that our own Lambdas carry in their metadata. */
export function functionName(resource: Resource): string | undefined {
  const name = resource.Metadata["debit-once:function"];
  return typeof name === "string" ? name : undefined;
}

/** An alias with all its weight on one version: which of two runs, nobody could tell here. */
const aliasProperties = z.object({
  Name: z.string(),
  RoutingConfiguration: z.tuple([
    z.object({ StateMachineVersionArn: z.object({ Ref: z.string() }), Weight: z.literal(100) }),
  ]),
});

/** The logical id of a version's function. */
function functionOf(version: Resource): string {
  return refIn(version.Properties.FunctionName);
}

/** The logical id that a property refers to. */
function refIn(property: unknown): string {
  return z.object({ Ref: z.string() }).parse(property).Ref;
}

/** The value with every reference in it replaced by the local name; what cannot be replaced is a fault. */
export function resolve(templates: Templates, names: LocalNames, stack: string, value: unknown): unknown {
  const inner = (part: unknown) => resolve(templates, names, stack, part);
  if (Array.isArray(value)) return value.map(inner);
  if (typeof value !== "object" || value === null) return value;
  const [name, argument] = Object.entries(value)[0] ?? [];
  if (name === "Ref") {
    return PSEUDO_PARAMETERS[String(argument)] ?? names.ref(stack, String(argument));
  }
  if (name === "Fn::GetAtt") {
    const [logicalId, attribute] = Array.isArray(argument)
      ? argument.map(String)
      : String(argument).split(".");
    if (attribute !== "Arn") throw misfit(`A local run has no ${attribute} of ${logicalId}.`);
    return names.arn(stack, logicalId ?? "");
  }
  if (name === "Fn::Join") {
    const [separator, parts] = argument as [string, unknown[]];
    return parts.map((part) => String(inner(part))).join(separator);
  }
  if (name === "Fn::ImportValue") {
    const [from, output] = exported(templates, String(inner(argument)));
    return resolve(templates, names, from, output);
  }
  if (name?.startsWith("Fn::")) throw misfit(`A local run does not know ${name}.`);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inner(part)]));
}

function exported(templates: Templates, name: string): [stack: string, value: unknown] {
  for (const [stack, { Outputs }] of templates) {
    for (const { Export, Value } of Object.values(Outputs)) if (Export?.Name === name) return [stack, Value];
  }
  throw misfit(`No stack exports ${name}.`);
}

/** The app was changed in a way that the local run does not follow. */
export function misfit(message: string): LocalFault {
  return new LocalFault(
    message,
    "Teach infra/local/ what the app now does, or keep the app to what runs locally.",
  );
}
