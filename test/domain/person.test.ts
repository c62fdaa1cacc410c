import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CallerRefused } from "../../lambdas/domain/faults.ts";
import { personOf, sessionArn } from "../../lambdas/domain/person.ts";
import { isSamePerson } from "../../lambdas/domain/proposal.ts";

const SEED = 20_261_122;
const ACCOUNT = "123456789012";
const ROLE = `arn:aws:iam::${ACCOUNT}:role/Approver-1A2B`;
const session = (name: string, role = "Approver-1A2B", account = ACCOUNT) =>
  `arn:aws:sts::${account}:assumed-role/${role}/${name}`;

const name = fc.stringMatching(/^[A-Za-z0-9_+=,.@-]{2,64}$/);
const roleName = fc.stringMatching(/^[A-Za-z0-9_+=,.@-]{1,64}$/);

describe("the person behind a caller", () => {
  test("is the session name in the role, in lower case, so that one person has one name", () => {
    expect(personOf(session("Ann.Lee@example.org"), ROLE)).toBe("ann.lee@example.org");
    fc.assert(
      fc.property(name, (given) => {
        const person = personOf(session(given), ROLE);
        expect(person).toBe(given.toLowerCase());
        expect(isSamePerson(personOf(session(given.toUpperCase()), ROLE), person)).toBe(true);
      }),
      { seed: SEED },
    );
  });

  test("is told whatever the role's path and partition are", () => {
    const arn = `arn:aws-us-gov:iam::${ACCOUNT}:role/people/two/Approver`;
    expect(personOf(sessionArn(arn, "ann"), arn)).toBe("ann");
    expect(sessionArn(ROLE, "ann")).toBe(session("ann"));
    expect(sessionArn(arn, "ann")).toBe(`arn:aws-us-gov:sts::${ACCOUNT}:assumed-role/Approver/ann`);
  });

  test.each([
    ["nothing that AWS has verified", undefined],
    ["an empty text", ""],
    ["a user of the account", `arn:aws:iam::${ACCOUNT}:user/ann`],
    ["the root of the account", `arn:aws:iam::${ACCOUNT}:root`],
    ["a role without a session", ROLE],
    ["a federated user", `arn:aws:sts::${ACCOUNT}:federated-user/ann`],
    ["a federated user with the role's name", session("ann").replace(":assumed-role/", ":federated-user/")],
    ["another role", session("ann", "Proposer-1A2B")],
    ["a role whose name begins the same", session("ann", "Approver-1A2B-more")],
    ["a role of that name in another account", session("ann", "Approver-1A2B", "210987654321")],
    ["the role in another partition", session("ann").replace("arn:aws:", "arn:aws-cn:")],
    ["a session without a name", session("")],
    ["a name of one character", session("a")],
    ["a name that goes on", session("ann/bob")],
    ["a name on two lines", session("ann\n")],
    ["a name in letters that only look like others", session("аnn")],
    ["something before the ARN", ` ${session("ann")}`],
  ])("is nobody for %s", (_what, arn) => {
    expect(() => personOf(arn, ROLE)).toThrow(CallerRefused);
  });

  test("is refused without a word of who called", () => {
    const none = "the caller is not in a session of an assumed role";
    expect(() => personOf(undefined, ROLE)).toThrow(new CallerRefused(none));
    expect(() => personOf(session("ann"), "no role")).toThrow(new CallerRefused(none));
    expect(() => personOf(session("ann", "Proposer-1A2B"), ROLE)).toThrow(
      new CallerRefused("the caller is not in the role Approver-1A2B"),
    );
  });

  test("is nobody in whichever other role, whatever it is called", () => {
    fc.assert(
      fc.property(name, roleName, (person, role) => {
        fc.pre(role !== "Approver-1A2B");
        expect(() => personOf(session(person, role), ROLE)).toThrow(CallerRefused);
      }),
      { seed: SEED },
    );
  });

  test("is nobody for any text that is not an ARN of a session", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(() => personOf(text, ROLE)).toThrow(CallerRefused);
        expect(() => personOf(session("ann"), text)).toThrow(CallerRefused);
      }),
      { seed: SEED },
    );
  });
});
