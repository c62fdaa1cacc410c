import { describe, expect, test } from "vitest";
import {
  type Condition,
  type Denial,
  decide,
  type Grant,
  matches,
  type Principal,
  type Request,
} from "./iam.ts";

const ACCOUNT = "000000000000";
const ROLE: Principal = { kind: "role", arn: "arn:aws:iam::000000000000:role/Reader" };
const OTHER: Principal = { kind: "role", arn: "arn:aws:iam::000000000000:role/Other" };
const LAMBDA: Principal = { kind: "service", name: "lambda.amazonaws.com" };
const PERSON: Principal = { kind: "person" };
const ROOT = { kind: "aws", value: "arn:aws:iam::000000000000:root" } as const;
const BUCKET = "arn:aws:s3:::bucket";
const KEY = "arn:aws:kms:ap-southeast-2:000000000000:key/k";

const grant = (more: Partial<Grant> = {}): Grant => ({
  holder: ROLE.arn,
  action: "s3:GetObject",
  resource: `${BUCKET}/*`,
  conditions: [],
  text: "",
  ...more,
});
/** In the policy of a resource: nobody holds it. */
const offer = ({ holder: _nobody, ...more }: Partial<Grant>): Grant => {
  const { holder: _own, ...rest } = grant(more);
  return rest;
};
const denial = (more: Partial<Denial> = {}): Denial => ({
  principal: "anybody",
  actions: ["s3:*"],
  resources: [`${BUCKET}/*`],
  conditions: [],
  text: "no",
  ...more,
});
const request = (more: Partial<Request> = {}): Request => ({
  principal: ROLE,
  action: "s3:GetObject",
  resource: `${BUCKET}/a/b`,
  context: {},
  ...more,
});
const allowed = (grants: Grant[], asked: Request = request(), denials: Denial[] = []) =>
  decide({ account: ACCOUNT, grants, denials }, asked).allowed;

describe("a pattern", () => {
  test.each<[pattern: string, text: string, fits: boolean]>([
    ["*", "anything/at:all", true],
    ["a/*/c", "a/b/b/c", true],
    ["a/*/c", "a/c", false],
    ["a?c", "abc", true],
    ["a?c", "ac", false],
    ["a.c", "abc", false],
    ["a+(b)[c]", "a+(b)[c]", true],
    ["abc", "abcd", false],
    ["abc*", "abc", true],
    ["ABC", "abc", false],
    ["a*", "a\nb", true],
  ])("%s fits %s: %s", (pattern, text, fits) => {
    expect(matches(pattern, text)).toBe(fits);
  });

  test("of an action takes any case, and one with a variable is refused", () => {
    expect(matches("S3:getobject", "s3:GetObject", "any case")).toBe(true);
    expect(matches("S3:get*", "s3:GetObject", "any case")).toBe(true);
    expect(() => matches("a/${aws:username}/*", "a/b")).toThrow(/variable/);
  });
});

describe("a request", () => {
  test("is refused where nothing allows it, and allowed to the role that has the grant alone", () => {
    expect(allowed([])).toBe(false);
    expect(allowed([grant()])).toBe(true);
    expect(allowed([grant()], request({ principal: OTHER }))).toBe(false);
    expect(allowed([grant()], request({ principal: LAMBDA }))).toBe(false);
    expect(allowed([grant()], request({ action: "s3:GetObjectVersion" }))).toBe(false);
    expect(allowed([grant()], request({ resource: BUCKET }))).toBe(false);
  });

  test("is refused where anything denies it, whatever allows it, and the denial is told", () => {
    expect(allowed([grant()], request(), [denial()])).toBe(false);
    expect(allowed([grant()], request(), [denial({ resources: [BUCKET] })])).toBe(true);
    expect(allowed([grant()], request(), [denial({ actions: ["s3:Put*"] })])).toBe(true);
    const { holder } = grant();
    const own = { ...denial(), holder } as Denial;
    const { principal: _anybody, ...ofRole } = own;
    expect(allowed([grant()], request(), [ofRole])).toBe(false);
    const { denials } = decide({ account: ACCOUNT, grants: [grant()], denials: [denial()] }, request());
    expect(denials.map(({ text }) => text)).toEqual(["no"]);
  });

  test("is allowed by the policy of the resource to whom it names: a role, a service, anybody", () => {
    const role = offer({ principal: { kind: "aws", value: ROLE.arn } });
    expect(allowed([role])).toBe(true);
    expect(allowed([role], request({ principal: OTHER }))).toBe(false);
    const service = offer({ principal: { kind: "service", value: "lambda.amazonaws.com" } });
    expect(allowed([service], request({ principal: LAMBDA }))).toBe(true);
    expect(allowed([service])).toBe(false);
    expect(allowed([offer({ principal: "anybody" })], request({ principal: OTHER }))).toBe(true);
  });

  test("is not allowed to a role because the resource trusts the account, but to somebody with permissions from elsewhere", () => {
    const account = offer({ principal: ROOT });
    expect(allowed([account])).toBe(false);
    expect(allowed([account], request({ principal: PERSON }))).toBe(true);
    expect(allowed([account], request({ principal: LAMBDA }))).toBe(false);
    expect(allowed([account, grant()])).toBe(true);
  });

  test("to a KMS key needs the role's grant, and the key's trust in the account", () => {
    const asked = request({ action: "kms:Decrypt", resource: KEY });
    const own = grant({ action: "kms:Decrypt", resource: KEY });
    const trust = offer({ principal: ROOT, action: "kms:*", resource: KEY });
    expect(allowed([own], asked)).toBe(false);
    expect(allowed([trust], asked)).toBe(false);
    expect(allowed([own, trust], asked)).toBe(true);
    expect(
      allowed(
        [offer({ principal: { kind: "aws", value: ROLE.arn }, action: "kms:Decrypt", resource: KEY })],
        asked,
      ),
    ).toBe(true);
  });

  test("tells the grants that it cannot do without: none of two that are alike", () => {
    const [one, two] = [grant(), grant({ resource: `${BUCKET}/a/*` })];
    const needed = (grants: Grant[]) => decide({ account: ACCOUNT, grants, denials: [] }, request()).needed;
    expect(needed([one])).toEqual([one]);
    expect(needed([one, two])).toEqual([]);
    expect(needed([two, grant({ action: "s3:PutObject" })])).toEqual([two]);
    const asked = request({ action: "kms:Decrypt", resource: KEY });
    const own = grant({ action: "kms:Decrypt", resource: KEY });
    const trust = offer({ principal: ROOT, action: "kms:*", resource: KEY });
    expect(decide({ account: ACCOUNT, grants: [own, trust], denials: [] }, asked).needed).toEqual([
      own,
      trust,
    ]);
  });
});

describe("a condition", () => {
  const holds = (condition: Condition, context: Request["context"]) =>
    allowed([grant({ conditions: [condition] })], request({ context }));
  const on = (operator: string, key: string, ...values: string[]): Condition => ({ operator, key, values });
  const LEADING = "dynamodb:LeadingKeys";

  test.each<[operator: string, values: string[], given: string[] | undefined, holds: boolean]>([
    ["StringEquals", ["a", "b"], ["b"], true],
    ["StringEquals", ["a"], ["A"], false],
    ["StringEquals", ["a*"], ["ab"], false],
    ["StringEquals", ["a"], undefined, false],
    ["StringEqualsIfExists", ["a"], undefined, true],
    ["StringEqualsIfExists", ["a"], ["b"], false],
    ["StringNotEquals", ["a", "b"], ["c"], true],
    ["StringNotEquals", ["a", "b"], ["b"], false],
    ["StringNotEquals", ["a"], undefined, true],
    ["StringLike", ["x", "a*"], ["ab"], true],
    ["StringLike", ["a*"], ["b"], false],
    ["StringNotLike", ["a*"], ["ab"], false],
    ["StringNotLike", ["a*"], ["b"], true],
    ["Bool", ["false"], ["false"], true],
    ["Bool", ["false"], undefined, false],
    ["NumericLessThan", ["1.2"], ["1.1"], true],
    ["NumericLessThan", ["1.2"], ["1.2"], false],
    ["NumericLessThan", ["1.2"], undefined, false],
    ["Null", ["true"], undefined, true],
    ["Null", ["true"], ["a"], false],
    ["Null", ["false"], ["a"], true],
    ["Null", ["false"], undefined, false],
    ["ForAllValues:StringLike", ["a#*", "b#*"], ["a#1", "b#2"], true],
    ["ForAllValues:StringLike", ["a#*"], ["a#1", "b#2"], false],
    ["ForAllValues:StringLike", ["a#*"], undefined, true],
    ["ForAnyValue:StringLike", ["a#*"], ["a#1", "b#2"], true],
    ["ForAnyValue:StringLike", ["a#*"], undefined, false],
    ["ArnLike", ["arn:aws:s3:::x*"], ["arn:aws:s3:::xy"], true],
    ["ArnLike", ["arn:aws:*:x"], ["arn:aws:s3:::x"], false],
    ["ArnNotLike", ["arn:aws:s3:::x*"], ["arn:aws:s3:::xy"], false],
  ])("%s %j on %j holds: %s", (operator, values, given, expected) => {
    expect(holds(on(operator, LEADING, ...values), given ? { [LEADING]: given } : {})).toBe(expected);
  });

  test("is refused with an operator or a key that is not known, also beside one that is false", () => {
    expect(() => holds(on("DateLessThan", LEADING, "2026"), {})).toThrow(/DateLessThan/);
    expect(() => holds(on("StringEquals", "s3:Whatever", "a"), {})).toThrow(/s3:Whatever/);
    const both = [on("StringEquals", "s3:prefix", "a"), on("StringEquals", "s3:Whatever", "a")];
    expect(() => allowed([grant({ conditions: both })])).toThrow(/s3:Whatever/);
    expect(() => holds(on("StringEquals", LEADING, "a"), { [LEADING]: ["a", "b"] })).toThrow(/2 values/);
  });

  test("counts with all others of its statement, and names its key in any case", () => {
    const conditions = [on("StringEquals", "S3:PREFIX", "a"), on("Bool", "aws:SecureTransport", "true")];
    const context = { "s3:prefix": ["a"], "aws:SecureTransport": ["true"] };
    expect(allowed([grant({ conditions })], request({ context }))).toBe(true);
    expect(allowed([grant({ conditions })], request({ context: { "s3:prefix": ["a"] } }))).toBe(false);
  });

  test("may name another key of the request in its value, and is false where the request has none", () => {
    // IAM's own variable, and nothing for TypeScript to fill in.
    // oxlint-disable-next-line no-template-curly-in-string
    const own = on("StringEquals", "sts:RoleSessionName", "${aws:username}");
    expect(holds(own, { "sts:RoleSessionName": ["anna"], "aws:username": ["anna"] })).toBe(true);
    expect(holds(own, { "sts:RoleSessionName": ["anna"], "aws:username": ["ben"] })).toBe(false);
    expect(holds(own, { "sts:RoleSessionName": ["anna"] })).toBe(false);
    expect(() => holds(on("StringEquals", "s3:prefix", "${aws:Whatever}"), {})).toThrow(/aws:Whatever/);
  });
});
