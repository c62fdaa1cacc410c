import type { Condition, Denial, Grant, Policies, PolicyPrincipal } from "./iam.ts";
import { ACCOUNT, type Json, QUALIFIED, type Resource, type Synthesized } from "./templates.ts";

/** AWS's own policies that a role may carry, as AWS publishes them. Any other is refused, not taken for nothing. */
const MANAGED: Readonly<Record<string, Json>> = {
  AWSLambdaBasicExecutionRole: {
    Statement: [
      {
        Effect: "Allow",
        Action: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
        Resource: "*",
      },
    ],
  },
};

/** Every permission of an app, taken apart, and every statement that denies one. */
export function policiesOf(app: Synthesized): Policies {
  const documents = app.resources.flatMap((resource) => documentsOf(app, resource));
  const statements = documents.flatMap((document) =>
    asList(document.body.Statement).map((statement) => ({ ...document, statement })),
  );
  return {
    account: ACCOUNT,
    grants: [
      ...statements.filter(({ statement }) => statement.Effect === "Allow").flatMap(grantsOf),
      ...app.ofType("AWS::Lambda::Permission").flatMap((permission) => lambdaPermission(app, permission)),
    ],
    denials: statements.filter(({ statement }) => statement.Effect === "Deny").flatMap(denialsOf),
  };
}

/** One policy and whose it is. */
interface PolicyDocument {
  /** The role, for its own policies; absent for the policy of a resource. */
  readonly holder?: string;
  /** What `Resource: "*"` means in a policy that stands on one thing. */
  readonly standsOn?: string;
  readonly label: string;
  readonly body: Json;
  /** Names instead of ARNs, for people. */
  readonly short: (arn: string) => string;
}

/** Where a type keeps its policies, and on what they stand. A type that is not here may have no statements at all. */
const HOLDERS: Readonly<
  Record<string, (app: Synthesized, resource: Resource) => Omit<PolicyDocument, "short">[]>
> = {
  "AWS::IAM::Policy": (app, { properties }) => ofRoles(app, properties),
  "AWS::IAM::ManagedPolicy": (app, { properties }) => ofRoles(app, properties),
  "AWS::IAM::Role": (app, role) => {
    const own = { holder: role.arn, label: holderLabel(app, role) };
    if (role.properties.PermissionsBoundary)
      throw new Error(`${role.logicalId}: boundaries are not known here`);
    const inline = asList(role.properties.Policies ?? []).map(({ PolicyDocument: body }) => ({
      ...own,
      body,
    }));
    const managed = asList(role.properties.ManagedPolicyArns ?? [])
      // A policy of the app's own is met at its resource.
      .filter((arn: string) => arn.startsWith("arn:aws:iam::aws:"))
      .map((arn: string) => {
        const body = MANAGED[arn.split("/").at(-1) ?? ""];
        if (!body) throw new Error(`${role.logicalId} carries ${arn}, of which nothing is known here`);
        return { ...own, body };
      });
    const trust = {
      standsOn: role.arn,
      label: `trust of ${own.label}`,
      body: role.properties.AssumeRolePolicyDocument,
    };
    return [...inline, ...managed, trust];
  },
  "AWS::KMS::Key": (_app, { arn, label, properties }) => [
    { standsOn: arn, label: `policy of ${label}`, body: properties.KeyPolicy },
  ],
  "AWS::S3::BucketPolicy": (app, { properties }) => standing(app, [properties.Bucket], properties),
  "AWS::SQS::QueuePolicy": (app, { properties }) => standing(app, properties.Queues, properties),
  "AWS::SNS::TopicPolicy": (app, { properties }) => standing(app, properties.Topics, properties),
  "AWS::DynamoDB::GlobalTable": (_app, { arn, label, properties }) =>
    asList(properties.Replicas)
      .filter(({ ResourcePolicy }: Json) => ResourcePolicy)
      .map(({ ResourcePolicy }: Json) => ({
        standsOn: arn,
        label: `policy of ${label}`,
        body: ResourcePolicy.PolicyDocument,
      })),
};

function documentsOf(app: Synthesized, resource: Resource): PolicyDocument[] {
  const found = HOLDERS[resource.type]?.(app, resource) ?? [];
  const inside = statementLists(resource.properties);
  if (inside > found.filter(({ body }) => !Object.values(MANAGED).includes(body)).length) {
    throw new Error(`${resource.logicalId} (${resource.type}) holds a policy that is not known here`);
  }
  return found.map((document) => ({ ...document, short: shortOf(app) }));
}

function ofRoles(app: Synthesized, properties: Json): Omit<PolicyDocument, "short">[] {
  if (properties.Users || properties.Groups)
    throw new Error("policies of users and groups are not known here");
  return asList(properties.Roles).map((name: string) => {
    const role = app.find(name);
    return { holder: role.arn, label: holderLabel(app, role), body: properties.PolicyDocument };
  });
}

function standing(
  app: Synthesized,
  names: readonly string[],
  properties: Json,
): Omit<PolicyDocument, "short">[] {
  return names.map((name) => {
    // A queue is named by its URL here, a bucket by its name, a topic by its ARN: all are found.
    const { arn, label } = app.find(name);
    return { standsOn: arn, label: `policy of ${label}`, body: properties.PolicyDocument };
  });
}

/** Roles of functions are called as their functions are. */
export function holderLabel(app: Synthesized, role: Resource): string {
  const [served] = app
    .ofType("AWS::Lambda::Function")
    .filter(({ properties }) => properties.Role === role.arn);
  return served?.label ?? role.label;
}

/** How many policies are written down somewhere in a resource. */
function statementLists(value: Json): number {
  if (typeof value !== "object" || value === null) return 0;
  const here = !Array.isArray(value) && value.Statement !== undefined ? 1 : 0;
  return here + Object.values(value).reduce((sum: number, part) => sum + statementLists(part), 0);
}

/** A permission of many values of these keys is as many permissions: each value opens something of its own. */
const OPENING_KEYS = new Set(["dynamodb:LeadingKeys", "s3:prefix"]);

type Stated = PolicyDocument & { readonly statement: Json };

function grantsOf({ statement, holder, standsOn, label, short }: Stated): Grant[] {
  refuseUnknown(statement, label);
  const grants: Grant[] = [];
  for (const principal of principalsOf(statement)) {
    for (const action of asList(statement.Action)) {
      for (const named of asList(statement.Resource ?? "*")) {
        const resource = named === "*" && standsOn !== undefined ? standsOn : named;
        for (const conditions of opened(conditionsOf(statement))) {
          const whom = principal === undefined ? label : `${label} for ${principalText(principal, short)}`;
          grants.push({
            ...(holder !== undefined && { holder }),
            ...(principal && { principal }),
            action,
            resource,
            conditions,
            text: `${whom} · ${action} · ${short(resource)}${conditionText(conditions)}`,
          });
        }
      }
    }
  }
  return grants;
}

function denialsOf({ statement, holder, standsOn, label }: Stated): Denial[] {
  refuseUnknown(statement, label);
  const resources = asList(statement.Resource ?? "*").map((named: string) =>
    named === "*" && standsOn !== undefined ? standsOn : named,
  );
  return principalsOf(statement).map((principal) => ({
    ...(holder !== undefined && { holder }),
    ...(principal && { principal }),
    actions: asList(statement.Action),
    resources,
    conditions: conditionsOf(statement),
    text: `${label}: ${statement.Sid ?? asList(statement.Action).join(" ")}`,
  }));
}

function refuseUnknown(statement: Json, label: string): void {
  for (const element of Object.keys(statement)) {
    if (!["Sid", "Effect", "Principal", "Action", "Resource", "Condition"].includes(element)) {
      throw new Error(`${label}: ${element} is not known here`);
    }
  }
}

const KINDS = new Map([
  ["AWS", "aws"],
  ["Service", "service"],
  ["Federated", "federated"],
] as const);

/** Undefined in the policy of a role, which is about the role itself. */
function principalsOf({ Principal }: Json): (PolicyPrincipal | undefined)[] {
  if (Principal === undefined) return [undefined];
  if (Principal === "*") return ["anybody"];
  return Object.entries<Json>(Principal).flatMap(([kind, values]) =>
    asList(values).map((value: string): PolicyPrincipal => {
      if (value === "*") return "anybody";
      const known = KINDS.get(kind as "AWS");
      if (known === undefined) throw new Error(`principals of kind ${kind} are not known here`);
      return { kind: known, value };
    }),
  );
}

function conditionsOf({ Condition: stated = {} }: Json): Condition[] {
  return Object.entries<Json>(stated).flatMap(([operator, keys]) =>
    Object.entries<Json>(keys).map(([key, values]) => ({
      operator,
      key,
      values: asList(values).map(String),
    })),
  );
}

/** The conditions of one statement, once for each value of a key that opens something. */
function opened(conditions: readonly Condition[]): Condition[][] {
  const opening = conditions.find(
    ({ key, operator, values }) =>
      OPENING_KEYS.has(key) && /^(ForAllValues:)?String(Equals|Like)$/.test(operator) && values.length > 1,
  );
  if (!opening) return [[...conditions]];
  return opening.values.flatMap((value) =>
    opened(
      conditions.map((condition) => (condition === opening ? { ...opening, values: [value] } : condition)),
    ),
  );
}

function lambdaPermission(app: Synthesized, { properties, label }: Resource): Grant[] {
  const { Action, FunctionName, Principal, SourceArn, SourceAccount, FunctionUrlAuthType, ...more } =
    properties;
  const { InvokedViaFunctionUrl, ...unknown } = more;
  if (Object.keys(unknown).length > 0)
    throw new Error(`${label}: ${Object.keys(unknown).join()} is not known here`);
  const on = app.find(FunctionName);
  const given: [string, string, Json][] = [
    ["ArnLike", "aws:SourceArn", SourceArn],
    ["StringEquals", "aws:SourceAccount", SourceAccount],
    ["StringEquals", "lambda:FunctionUrlAuthType", FunctionUrlAuthType],
    ["Bool", "lambda:InvokedViaFunctionUrl", InvokedViaFunctionUrl],
  ];
  const conditions = given.flatMap(([operator, key, value]) =>
    value === undefined ? [] : [{ operator, key, values: [String(value)] }],
  );
  const principal: PolicyPrincipal = Principal.endsWith(".amazonaws.com")
    ? { kind: "service", value: Principal }
    : Principal === "*"
      ? "anybody"
      : { kind: "aws", value: Principal };
  const short = shortOf(app);
  const whom = `policy of ${on.label} for ${principalText(principal, short)}`;
  const text = `${whom} · ${Action} · ${short(on.arn)}${conditionText(conditions)}`;
  return [{ principal, action: Action, resource: on.arn, conditions, text }];
}

function principalText(principal: PolicyPrincipal, short: (arn: string) => string): string {
  if (principal === "anybody") return "anybody";
  return short(principal.value);
}

function conditionText(conditions: readonly Condition[]): string {
  const opening = conditions.filter(({ key }) => OPENING_KEYS.has(key) || key.startsWith("lambda:"));
  return opening
    .filter(({ operator }) => operator !== "Null")
    .map(({ values }) => ` (${values.join(", ")})`)
    .join("");
}

/** ARNs with the labels of their resources instead of names with hashes, longest first. */
function shortOf(app: Synthesized): (arn: string) => string {
  const known = app.resources
    .filter(({ arn, type }) => arn.startsWith("arn:") && !QUALIFIED.has(type))
    .map(({ arn, label }) => ({ arn: arn.replace(/:\*$/, ""), label }))
    .sort((a, b) => b.arn.length - a.arn.length);
  return (arn) => {
    const found = known.find((one) => arn.startsWith(one.arn));
    if (found) return found.label + arn.slice(found.arn.length);
    return arn.replace(/^arn:aws:[a-z-]+:[a-z0-9-]*:\d*:/, "");
  };
}

function asList<T>(value: T | readonly T[]): T[] {
  return Array.isArray(value) ? [...(value as T[])] : [value as T];
}
