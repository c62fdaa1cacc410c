/**
 * As much of IAM's evaluation as the templates of this app need: allow and deny, identity and resource policies,
 * wildcards and conditions. What it does not know it refuses, since a guess would prove nothing.
 */

/** Who calls. Everybody is in the one account of the app. */
export type Principal =
  | { readonly kind: "role"; readonly arn: string }
  /** Such as `lambda.amazonaws.com`, which acts for the app. */
  | { readonly kind: "service"; readonly name: string }
  /** Somebody in the account, whose own permissions stand outside the templates. */
  | { readonly kind: "person" }
  /** Somebody for whom an identity provider vouches, known by the provider's ARN. */
  | { readonly kind: "federated"; readonly provider: string };

export interface Request {
  readonly principal: Principal;
  readonly action: string;
  readonly resource: string;
  /** The keys of {@link KNOWN_KEYS} that this call has. */
  readonly context: Readonly<Record<string, readonly string[]>>;
}

/** One operator and one key of a statement's Condition. */
export interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

/** Whom a resource policy is about: an ARN (also of the account), a service, an identity provider, or anybody. */
export type PolicyPrincipal =
  | { readonly kind: "aws" | "service" | "federated"; readonly value: string }
  | "anybody";

/** A permission that cannot be taken apart any further. */
export interface Grant {
  /** The role that has it by its own policies; absent in the policy of a resource. */
  readonly holder?: string;
  /** Whom the policy of a resource names; absent in a policy of a role. */
  readonly principal?: PolicyPrincipal;
  readonly action: string;
  readonly resource: string;
  readonly conditions: readonly Condition[];
  /** For people, without hashes: `<who> · <action> · <what>`. */
  readonly text: string;
}

/** A Deny statement of either kind of policy. */
export interface Denial {
  readonly holder?: string;
  readonly principal?: PolicyPrincipal;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: readonly Condition[];
  readonly text: string;
}

export interface Policies {
  readonly account: string;
  readonly grants: readonly Grant[];
  readonly denials: readonly Denial[];
}

/** Whether a request is let through, and by what. */
export interface Decision {
  readonly allowed: boolean;
  /** The statements that forbid it, whatever allows it. */
  readonly denials: readonly Denial[];
  /** The grants that let it through, or would if nothing denied it. */
  readonly matching: readonly Grant[];
  /** Those of them without which it would be refused. */
  readonly needed: readonly Grant[];
}

/** What the key's own policy must have let the account's roles do, before a policy of theirs counts. */
const ASKS_KEY_POLICY = /^kms:/i;

/** @throws Error for an operator, a condition key or a policy variable that this evaluation does not know */
export function decide({ account, grants, denials }: Policies, request: Request): Decision {
  const denying = denials.filter(
    (denial) =>
      denial.actions.some((action) => matches(action, request.action, "any case")) &&
      denial.resources.some((resource) => matches(resource, request.resource)) &&
      isAbout(denial, request.principal, account) &&
      holds(denial.conditions, request),
  );
  const matching = grants.filter(
    (grant) =>
      matches(grant.action, request.action, "any case") &&
      matches(grant.resource, request.resource) &&
      isAbout(grant, request.principal, account) &&
      holds(grant.conditions, request),
  );
  const allowed = denying.length === 0 && suffice(matching, request, account);
  const needed = allowed
    ? matching.filter(
        (grant) =>
          !suffice(
            matching.filter((other) => other !== grant),
            request,
            account,
          ),
      )
    : [];
  return { allowed, denials: denying, matching, needed };
}

/** Whether grants that all match the request are enough for it. */
function suffice(matching: readonly Grant[], { action, principal }: Request, account: string): boolean {
  const delegating = matching.filter((grant) => isAccount(grant.principal, account));
  const named = matching.some((grant) => grant.principal && !delegating.includes(grant));
  if (named) return true;
  // The account's own say is enough for whoever has permissions of his own from elsewhere.
  if (principal.kind === "person") return delegating.length > 0;
  const own = matching.some(({ holder }) => holder !== undefined);
  return own && (!ASKS_KEY_POLICY.test(action) || delegating.length > 0);
}

function isAbout(
  { holder, principal: named }: Pick<Grant, "holder" | "principal">,
  principal: Principal,
  account: string,
): boolean {
  if (named === undefined) return principal.kind === "role" && principal.arn === holder;
  if (named === "anybody") return true;
  if (named.kind === "service") return principal.kind === "service" && principal.name === named.value;
  if (named.kind === "federated") return principal.kind === "federated" && principal.provider === named.value;
  if (principal.kind === "service" || principal.kind === "federated") return false;
  if (isAccount(named, account)) return true;
  return principal.kind === "role" && principal.arn === named.value;
}

function isAccount(principal: PolicyPrincipal | undefined, account: string): boolean {
  return (
    typeof principal === "object" &&
    (principal.value === account || principal.value === `arn:aws:iam::${account}:root`)
  );
}

/** Whether a pattern of a policy fits: `*` for anything, also slashes, and `?` for one character. */
export function matches(pattern: string, text: string, letters: "exact" | "any case" = "exact"): boolean {
  if (pattern === "*") return true;
  if (!/[*?]/.test(pattern)) {
    return letters === "exact" ? pattern === text : pattern.toLowerCase() === text.toLowerCase();
  }
  if (pattern.includes("${"))
    throw new Error(`a policy variable that this evaluation does not know: ${pattern}`);
  const source = pattern
    .replace(/[.+^$()|[\]{}\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, letters === "exact" ? "s" : "si").test(text);
}

function holds(conditions: readonly Condition[], request: Request): boolean {
  // All are looked at, so that one that is not known is refused even beside one that is false.
  return conditions.map((condition) => conditionHolds(condition, request)).every(Boolean);
}

/** The condition keys that a request of this app may have; one that it has not is absent from it. */
const KNOWN_KEYS = new Set(
  [
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalArn",
    "aws:PrincipalAccount",
    "aws:SecureTransport",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:username",
    "dynamodb:LeadingKeys",
    "kms:CallerAccount",
    "kms:EncryptionContext:aws:s3:arn",
    "kms:ViaService",
    "lambda:FunctionUrlAuthType",
    "lambda:InvokedViaFunctionUrl",
    "s3:if-none-match",
    "s3:ObjectCreationOperation",
    "s3:prefix",
    "s3:TlsVersion",
    "states:StateMachineQualifier",
    "sts:RoleSessionName",
    "token.actions.githubusercontent.com:aud",
    "token.actions.githubusercontent.com:sub",
  ].map((key) => key.toLowerCase()),
);

type Test = (given: string, wanted: string) => boolean;

const glob: Test = (given, wanted) => matches(wanted, given);
/** ARNs are compared part by part; only the last part may hold colons. */
const arn: Test = (given, wanted) => {
  const [a, b] = [given, wanted].map((text) => text.split(":"));
  const part = (parts: readonly string[] = [], i: number) => (i < 5 ? parts[i] : parts.slice(5).join(":"));
  return [0, 1, 2, 3, 4, 5].every((i) => matches(part(b, i) ?? "", part(a, i) ?? ""));
};
const POSITIVE: Readonly<Record<string, Test>> = {
  StringEquals: (given, wanted) => given === wanted,
  StringLike: glob,
  ArnEquals: arn,
  ArnLike: arn,
  Bool: (given, wanted) => given === wanted,
  NumericLessThan: (given, wanted) => Number(given) < Number(wanted),
};
const NEGATIVE: Readonly<Record<string, Test>> = {
  StringNotEquals: (given, wanted) => given === wanted,
  StringNotLike: glob,
  ArnNotEquals: arn,
  ArnNotLike: arn,
};

function conditionHolds({ operator, key, values: stated }: Condition, { context, action }: Request): boolean {
  const given = valuesOf(key, context);
  // A value with a variable that the request has not is no value.
  const values = stated.flatMap((value) => filledIn(value, context) ?? []);
  if (operator === "Null") return values.includes(String(given === undefined || given.length === 0));
  const [, set = "", name = "", ifExists] =
    /^(ForAllValues:|ForAnyValue:)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  const positive = POSITIVE[name];
  const negative = NEGATIVE[name];
  const test = positive ?? negative;
  if (!test) throw new Error(`a condition operator that is not known here: ${operator}`);
  const fits = (value: string) =>
    positive ? values.some((wanted) => test(value, wanted)) : values.every((wanted) => !test(value, wanted));
  if (set === "ForAllValues:") return (given ?? []).every(fits);
  if (set === "ForAnyValue:") return (given ?? []).some(fits);
  if (given === undefined) return ifExists !== undefined || negative !== undefined;
  if (given.length !== 1)
    throw new Error(`${action} has ${given.length} values of ${key}, and ${operator} takes one`);
  return fits(given[0] ?? "");
}

/** What a request has under a key, whose letters may be of any case. */
function valuesOf(key: string, context: Request["context"]): readonly string[] | undefined {
  if (!KNOWN_KEYS.has(key.toLowerCase())) throw new Error(`a condition key that is not known here: ${key}`);
  return Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
}

/** A value of a condition with its variables, such as `${aws:username}`, filled in. */
function filledIn(value: string, context: Request["context"]): string | undefined {
  const [variable, name = ""] = /\$\{([^}]*)\}/.exec(value) ?? [];
  if (variable === undefined) return value;
  const [given, ...more] = valuesOf(name, context) ?? [];
  return given === undefined || more.length > 0
    ? undefined
    : filledIn(value.replace(variable, given), context);
}
