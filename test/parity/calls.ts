import type { Configuration } from "../../lambdas/domain/stream.ts";
import type { CallRecord, SeenCall } from "./call-record.ts";
import type { Request } from "./iam.ts";
import { ACCOUNT, type Json, REGION, type Resource, type Synthesized, stackId } from "./templates.ts";

/** A request with the reason why it is made. */
export interface Call extends Request {
  /** For people: `<who> · <action> · <what>`. */
  readonly text: string;
  readonly because: string;
}

/** One stage of the app, and what the whole-batch tests have made its functions do. */
export interface World {
  readonly app: Synthesized;
  readonly configuration: Configuration;
  /** Each kind of request once. */
  readonly seen: readonly SeenCall[];
  /** The functions that ran, as the app has them. */
  readonly ran: readonly Resource[];
}

/** @throws Error if a function ran that the app has not */
export function worldOf(
  app: Synthesized,
  configuration: Configuration,
  records: readonly CallRecord[],
): World {
  const seen = new Map(records.flatMap(({ calls }) => calls.map(({ call }) => [JSON.stringify(call), call])));
  const names = new Set(records.flatMap(({ functions }) => functions));
  return {
    app,
    configuration,
    seen: [...seen.values()],
    ran: [...names].map((name) => functionOf(app, name)),
  };
}

export function functionOf(app: Synthesized, name: string): Resource {
  const found = app.ofType("AWS::Lambda::Function").find(({ label }) => label === name);
  if (!found) throw new Error(`the app has no function ${name}`);
  return found;
}

/** A call by the role of something that the app has. */
export function roleCall(
  role: Resource | string,
  call: Omit<Call, "principal" | "context" | "text"> & Some,
): Call {
  const arn = typeof role === "string" ? role : role.arn;
  return made({ kind: "role", arn }, { "aws:PrincipalArn": [arn], "aws:PrincipalAccount": [ACCOUNT] }, call);
}

/** A call by a service of AWS that acts for something of the app. */
export function serviceCall(name: string, call: Omit<Call, "principal" | "context" | "text"> & Some): Call {
  return made({ kind: "service", name }, { "aws:SourceAccount": [ACCOUNT] }, call);
}

/** A call by somebody in the account, with permissions from elsewhere. */
export function personCall(call: Omit<Call, "principal" | "context" | "text"> & Some): Call {
  return made({ kind: "person" }, {}, call);
}

/** A call by somebody for whom an identity provider vouches. */
export function federatedCall(
  provider: string,
  call: Omit<Call, "principal" | "context" | "text"> & Some,
): Call {
  return made({ kind: "federated", provider }, {}, call);
}

interface Some {
  readonly context?: Readonly<Record<string, readonly string[]>>;
}

function made(
  principal: Request["principal"],
  always: Request["context"],
  { context = {}, ...call }: Omit<Call, "principal" | "context" | "text"> & Some,
): Call {
  const who =
    principal.kind === "service"
      ? principal.name
      : principal.kind === "role"
        ? principal.arn
        : principal.kind === "federated"
          ? principal.provider
          : "somebody";
  const about = Object.entries(context)
    .filter(([key]) => key === "dynamodb:LeadingKeys" || key === "s3:prefix")
    .map(([, values]) => ` (${values.join(", ")})`);
  return {
    principal,
    ...call,
    // The SDK speaks TLS 1.2 or newer with AWS, and http only with this machine.
    context: { "aws:SecureTransport": ["true"], "s3:TlsVersion": ["1.3"], ...always, ...context },
    text: `${labelled(who.split("/").at(-1) ?? "")} · ${call.action} · ${call.resource.replace(/^arn:aws:/, "")}${about.join("")}`,
  };
}

/** A role without the stack and the hashes in its name. */
function labelled(role: string): string {
  return role.replace(/^DebitOnce-\w+-\w+-(.*?)(?:[0-9A-F]{8})?-RANDOM$/, "$1");
}

/** What a function sent to a store or to Step Functions, as AWS would be asked it. */
export function recordedCalls(world: World): Call[] {
  return world.seen.flatMap((seen) => {
    const lambda = functionOf(world.app, seen.functionName);
    const because = `${seen.functionName} sent it`;
    return targetsOf(world, lambda, seen).flatMap(({ resource, context }) =>
      actionsOf(seen, world.seen).map((action) =>
        roleCall(lambda.properties.Role, { action, resource, context, because }),
      ),
    );
  });
}

/** What a request is about, once for each stream or user id that its key stands for. */
export function targetsOf(
  { app, configuration }: World,
  lambda: Resource,
  seen: SeenCall,
): { readonly resource: string; readonly context: Request["context"]; readonly bucket?: Resource }[] {
  const name: Json = lambda.properties.Environment?.Variables?.[seen.resource];
  if (name === undefined) throw new Error(`${lambda.label} does not know ${seen.resource}, and used it`);
  if (seen.action === "states:StartExecution") return [startOf(name)];
  if (seen.action.startsWith("states:")) {
    return [{ resource: `${name.replace(":stateMachine:", ":execution:")}:<batch>`, context: {} }];
  }
  if (seen.action.startsWith("cloudformation:")) return [{ resource: stackId(name), context: {} }];
  const { arn, ...found } = app.find(name);
  if (seen.action.startsWith("ssm:")) return [{ resource: arn, context: {} }];
  if (seen.action.startsWith("dynamodb:")) {
    // A request whose key is anything has one all the same.
    const leading = (seen.leadingKeys ?? []).map((key) => (key.endsWith("#") ? `${key}<id>` : key));
    return [{ resource: arn, context: { "dynamodb:LeadingKeys": leading } }];
  }
  const bucket = { arn, ...found };
  return spelledOut(seen.key ?? "", configuration).map((key) =>
    seen.action.startsWith("s3:List")
      ? { bucket, resource: arn, context: { "s3:prefix": [key] } }
      : { bucket, resource: `${arn}/${key}`, context: putContext(seen) },
  );
}

/** IAM is asked about the machine, and told beside it the version or alias that the request names, if it names one. */
function startOf(arn: string): { readonly resource: string; readonly context: Request["context"] } {
  const [machine = arn, qualifier] = /^(.*:stateMachine:[^:]+):(.+)$/.exec(arn)?.slice(1) ?? [];
  return {
    resource: machine,
    context: qualifier === undefined ? {} : { "states:StateMachineQualifier": [qualifier] },
  };
}

function putContext({ action, ifNoneMatch }: SeenCall): Request["context"] {
  if (action !== "s3:PutObject") return {};
  return {
    "s3:ObjectCreationOperation": ["true"],
    ...(ifNoneMatch && { "s3:if-none-match": ["*"] }),
  };
}

/** The tests' streams stand for the configured ones, their user ids for the configured ones: every one must be allowed. */
function spelledOut(key: string, { streams }: Configuration): string[] {
  const all = Object.values(streams);
  if (key.includes("<stream>")) return all.map(({ name }) => key.replace("<stream>", name));
  if (key.includes("<user id>")) {
    return [...new Set(all.map(({ bankProfile }) => key.replace("<user id>", bankProfile.userId)))];
  }
  return [key];
}

/**
 * The local store has no versions, so there no read names one. On AWS a read does where the code has been told a
 * version: by the listing (`due.csv`, pinned by AcquireLock; every object in the outbound bucket), or by the answer
 * to the put (bank files and indexes, frozen by ComposeBankFile; evidence, named by its proposal).
 */
const READ_BY_VERSION: readonly { readonly bucket: string; readonly key: RegExp }[] = [
  { bucket: "DUE_BUCKET", key: /\/due\.csv$/ },
  { bucket: "OUTBOUND_BUCKET", key: /./ },
  { bucket: "BANK_FILES_BUCKET", key: /./ },
  { bucket: "REPORTS_BUCKET", key: /^evidence\// },
];

/** Whether a read of such an object names a version on AWS, where the code knows one. */
export function isReadByVersion(variable: string, key: string): boolean {
  return READ_BY_VERSION.some((read) => read.bucket === variable && read.key.test(key));
}

function actionsOf(seen: SeenCall, all: readonly SeenCall[]): string[] {
  const { action, functionName, resource, key = "" } = seen;
  if (action !== "s3:GetObject" || !isReadByVersion(resource, key)) return [action];
  // Whoever meets an object where it wanted to put one reads that object back before it is told any version.
  const met = all.some(
    (put) =>
      put.action === "s3:PutObject" &&
      put.found === "something" &&
      put.functionName === functionName &&
      put.resource === resource &&
      put.key === key,
  );
  if (met && resource === "BANK_FILES_BUCKET") return ["s3:GetObject", "s3:GetObjectVersion"];
  // Who proposes reads no evidence but what it meets; who approves meets none.
  return [met && resource === "REPORTS_BUCKET" ? "s3:GetObject" : "s3:GetObjectVersion"];
}

/** With a bucket key the key's context is the bucket, without one the object. */
export function encryptionContext(bucket: Resource, objectArn: string): Request["context"] {
  const [rule] = bucket.properties.BucketEncryption.ServerSideEncryptionConfiguration;
  return {
    "kms:ViaService": [`s3.${REGION}.amazonaws.com`],
    "kms:CallerAccount": [ACCOUNT],
    "kms:EncryptionContext:aws:s3:arn": [rule.BucketKeyEnabled === true ? bucket.arn : objectArn],
  };
}

/** The key of a bucket's default encryption; undefined where S3 uses a key of its own. */
export function keyOf(bucket: Resource): string | undefined {
  const [rule] = bucket.properties.BucketEncryption?.ServerSideEncryptionConfiguration ?? [];
  return rule?.ServerSideEncryptionByDefault?.KMSMasterKeyID;
}
