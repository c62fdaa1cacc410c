import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { SFNClient, type SFNClientConfig } from "@aws-sdk/client-sfn";
import { type ClientSettings, LOCAL_REGION } from "./loopback.ts";
import { type RequestHandler, tappedHandler } from "./tapped-handler.ts";

/** One request that a function really sent, as IAM and the bill see it. SDK retries are requests of their own. */
export interface RecordedCall {
  /** The function's name in the app, such as `StageSegment`. */
  readonly functionName: string;
  /** As IAM names it, such as `dynamodb:PutItem` or `s3:ListBucketVersions`. */
  readonly action: string;
  /** The local name of a table, bucket, stack or calendar, or the ARN of a state machine or execution. */
  readonly resource: string;
  /** Of an object; of a listing its prefix. */
  readonly key?: string;
  /** Partition keys of the items concerned. */
  readonly leadingKeys?: readonly string[];
  /** Whether a put is allowed only where there is nothing (`If-None-Match: *`). */
  readonly ifNoneMatch?: boolean;
  /** HTTP status of the answer; absent where none came. */
  readonly status?: number;
  readonly requestBytes: number;
  /** Of the answer's body, as its header says. */
  readonly responseBytes: number;
}

type Handler = RequestHandler;
type Request = Parameters<Handler["handle"]>[0];

/** The same client settings for one function, with every request told to `onCall` when its answer has come. */
export function recording(
  settings: ClientSettings,
  functionName: string,
  onCall: (call: RecordedCall) => void,
): ClientSettings {
  const tapped = (inner: Handler): Handler => {
    const handle: Handler["handle"] = async (request, options) => {
      const call = { functionName, ...described(request) };
      try {
        const answer = await inner.handle(request, options);
        const { statusCode: status, headers } = answer.response as {
          statusCode: number;
          headers: Readonly<Record<string, string>>;
        };
        onCall({ ...call, status, responseBytes: Number(headers["content-length"] ?? 0) });
        return answer;
      } catch (error) {
        onCall({ ...call, responseBytes: 0 });
        throw error;
      }
    };
    return tappedHandler(inner, handle);
  };
  // A client turns settings of a request handler, or a handler that a test has put there, into the handler it uses.
  return {
    dynamodb: {
      ...settings.dynamodb,
      requestHandler: tapped(new DynamoDBClient(settings.dynamodb).config.requestHandler),
    },
    s3: { ...settings.s3, requestHandler: tapped(new S3Client(settings.s3).config.requestHandler) },
    sfn: { ...settings.sfn, requestHandler: tapped(handlerOf(settings.sfn)) },
    ssm: { ...settings.ssm, requestHandler: tapped(handlerOf(settings.ssm)) },
    cloudformation: {
      ...settings.cloudformation,
      requestHandler: tapped(handlerOf(settings.cloudformation)),
    },
  };
}

/** Every client makes the same one of what it is given, so one kind will do. */
function handlerOf({ requestHandler }: Pick<SFNClientConfig, "requestHandler">): Handler {
  return new SFNClient({ region: LOCAL_REGION, ...(requestHandler && { requestHandler }) }).config
    .requestHandler;
}

type Described = Omit<RecordedCall, "functionName" | "status" | "responseBytes">;

function described(request: Request): Described {
  const { headers, body } = request;
  const requestBytes = body instanceof Uint8Array || typeof body === "string" ? Buffer.byteLength(body) : 0;
  const [service, operation] = (headers["x-amz-target"] ?? "").split(".");
  if (service === undefined || operation === undefined) {
    return { ...(ofQuery(request) ?? ofBucket(request)), requestBytes };
  }
  const sent = JSON.parse(textOf(body)) as Sent;
  if (service === "AWSStepFunctions") {
    const resource = sent.stateMachineArn ?? sent.executionArn ?? "";
    return { action: `states:${operation}`, resource, requestBytes };
  }
  if (service === "AmazonSSM") {
    const [resource, ...others] = sent.CalendarNames ?? [];
    if (resource === undefined || others.length > 0) {
      throw new Error(`The record of calls does not know what ${operation} is about.`);
    }
    return { action: `ssm:${operation}`, resource, requestBytes };
  }
  if (!KEYED.has(operation))
    throw new Error(`The record of calls does not know where ${operation} has its keys.`);
  return { action: `dynamodb:${operation}`, ...ofTable(sent), requestBytes };
}

function textOf(body: unknown): string {
  return typeof body === "string" ? body : new TextDecoder().decode(body as Uint8Array);
}

type Attribute = { readonly S?: string };
type Keyed = Readonly<Record<string, Attribute>>;
interface Sent {
  readonly stateMachineArn?: string;
  readonly executionArn?: string;
  readonly CalendarNames?: readonly string[];
  readonly TableName?: string;
  readonly Item?: Keyed;
  readonly Key?: Keyed;
  readonly ExpressionAttributeValues?: Keyed;
  readonly RequestItems?: Readonly<Record<string, { readonly Keys: readonly Keyed[] }>>;
}

/** The requests whose partition keys {@link ofTable} finds; without them nobody could say what they ask for. */
const KEYED = new Set(["BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"]);

/** The partition key is called `pk` in the ledger and `id` in the starter's table. */
function ofTable(sent: Sent): Pick<RecordedCall, "resource" | "leadingKeys"> {
  const [first, ...others] = Object.entries(sent.RequestItems ?? {});
  if (others.length > 0) throw new Error("The record of calls does not know a request to several tables.");
  const [table, asked] = first ?? [sent.TableName ?? "", { Keys: [] }];
  const items = [sent.Item, sent.Key, ...asked.Keys].flatMap((item) => (item ? [item] : []));
  const named = items.map((item) => (item["pk"] ?? item["id"])?.S ?? "");
  // A query names its partition in the values of its expression, under the name that the ledger's table gives it.
  const queried = items.length === 0 ? [sent.ExpressionAttributeValues?.[":pk"]?.S ?? ""] : [];
  return { resource: table, leadingKeys: [...new Set([...named, ...queried])] };
}

/** What is asked of CloudFormation, which takes forms; undefined for a request to a bucket. */
function ofQuery({ headers, body }: Request): Omit<Described, "requestBytes"> | undefined {
  if (headers["content-type"] !== "application/x-www-form-urlencoded") return undefined;
  const asked = new URLSearchParams(textOf(body));
  const [action, resource] = [asked.get("Action"), asked.get("StackName")];
  if (action === null || resource === null)
    throw new Error("The record of calls does not know a form without a stack.");
  return { action: `cloudformation:${action}`, resource };
}

const OBJECT_VERBS = new Map([
  ["GET", "Get"],
  ["HEAD", "Get"],
  ["DELETE", "Delete"],
]);

/** What a request about objects may ask beside its key; anything else makes another action of it, such as a tagging. */
const KNOWN = new Set([
  "continuation-token",
  "delimiter",
  "encoding-type",
  "key-marker",
  "list-type",
  "max-keys",
  "prefix",
  "start-after",
  "version-id-marker",
  "versionId",
  "versions",
  "x-id",
]);
/** A copy reads another object too. */
const COPIED = "x-amz-copy-source";

function unknownRequest(method: string, path: string, asked: object): string {
  return `The record of calls does not know ${method} ${path} with ${Object.keys(asked).join(", ") || "no query"}.`;
}

function ofBucket({ method, path, query, headers }: Request): Omit<Described, "requestBytes"> {
  const [bucket = "", ...rest] = decodeURIComponent(path.slice(1)).split("/");
  const asked = query ?? {};
  const key = rest.join("/");
  const isStrange = Object.keys(asked).some((name) => !KNOWN.has(name)) || COPIED in headers;
  if (isStrange || (key === "" && method !== "GET")) throw new Error(unknownRequest(method, path, asked));
  if (key === "") {
    const action = "versions" in asked ? "s3:ListBucketVersions" : "s3:ListBucket";
    return { action, resource: bucket, key: String(asked["prefix"] ?? "") };
  }
  if (method === "PUT") {
    return { action: "s3:PutObject", resource: bucket, key, ifNoneMatch: headers["if-none-match"] === "*" };
  }
  const verb = OBJECT_VERBS.get(method);
  if (verb === undefined) throw new Error(unknownRequest(method, path, asked));
  return { action: `s3:${verb}Object${"versionId" in asked ? "Version" : ""}`, resource: bucket, key };
}
