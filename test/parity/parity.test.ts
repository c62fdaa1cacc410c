import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { configuration } from "../../infra/config/configuration.ts";
import { synthesize } from "../../infra/local/synthesis.ts";
import { STAGES, type Stage } from "../../infra/stage.ts";
import { TEMPLATES } from "../batch/local-batch.ts";
import { type CallRecord, keptRecords } from "./call-record.ts";
import { worldOf } from "./calls.ts";
import { EXCEPTIONS, exceptedIn } from "./exceptions.ts";
import { type Forbidden, forbiddenIn, isMeant } from "./forbidden.ts";
import { decide, type Grant, type Policies, type Request } from "./iam.ts";
import { type Parity, parityOf } from "./parity.ts";
import { policiesOf } from "./policies.ts";
import { readTemplates, type Synthesized } from "./templates.ts";

const BATCH_TESTS = fileURLToPath(new URL("../batch", import.meta.url));
const HOW = "Run this test with the whole batches: npx vitest run test/batch test/parity";

interface Judged {
  readonly app: Synthesized;
  readonly policies: Policies;
  readonly parity: Parity;
}

let records: CallRecord[];
const judged = new Map<Stage, Judged>();
const of = (stage: Stage) => judged.get(stage) as Judged;

beforeAll(async () => {
  records = keptRecords();
  if (records.length === 0) throw new Error(`This run has recorded no call of a whole batch. ${HOW}`);
  for (const stage of STAGES) {
    const app = readTemplates(await synthesize({ stage, outdir: TEMPLATES }));
    const policies = policiesOf(app);
    const parity = parityOf(worldOf(app, configuration(stage), records), policies);
    judged.set(stage, { app, policies, parity });
  }
});

const distinct = () => new Set(records.flatMap(({ calls }) => calls.map(({ call }) => JSON.stringify(call))));

/** Our own functions; those that CDK brings along run at deployments only, and have a rule of their own. */
function ourFunctions({ app }: Judged): string[] {
  const served = app.ofType("Custom::S3AutoDeleteObjects").map(({ properties }) => properties.ServiceToken);
  return app
    .ofType("AWS::Lambda::Function")
    .filter(({ arn }) => !served.includes(arn))
    .map(({ label }) => label);
}

describe("the record", () => {
  test("is of every whole-batch test", () => {
    const files = readdirSync(BATCH_TESTS).filter((file) => file.endsWith(".test.ts"));
    const recorded = new Set(records.map(({ testFile }) => testFile));
    expect(
      files.filter((file) => !recorded.has(file)),
      HOW,
    ).toEqual([]);
    expect(files.length).toBeGreaterThanOrEqual(10);
    expect(distinct().size).toBeGreaterThan(100);
  });

  test.each([...STAGES])("is of every function that the app has in %s", (stage) => {
    const ran = new Set(records.flatMap(({ functions }) => functions));
    expect([...ran].toSorted()).toEqual(ourFunctions(of(stage)).toSorted());
    expect(ran.size).toBeGreaterThanOrEqual(13);
  });
});

describe.each([...STAGES])("in %s", (stage) => {
  test("no call is without a grant, and none is denied", () => {
    const { recorded, derived, refused } = of(stage).parity;
    expect(refused).toEqual([]);
    expect(recorded.length).toBeGreaterThan(100);
    expect(derived.length).toBeGreaterThan(100);
  });

  test("no grant is without a call, but for those that are listed with their reason", () => {
    const unneeded = new Set(of(stage).parity.unneeded.map(({ text }) => text));
    expect([...unneeded].toSorted()).toEqual(exceptedIn(stage).toSorted());
  });

  test("each single grant leaves a call refused when it is taken away", () => {
    const { policies, parity } = of(stage);
    const excepted = new Set(exceptedIn(stage));
    const taken = policies.grants.filter(({ text }) => !excepted.has(text));
    expect(taken.length).toBeGreaterThan(200);
    const covers = coverage(policies, parity);
    const missed = taken.filter((grant) => {
      const without = { ...policies, grants: policies.grants.filter((other) => other !== grant) };
      return (covers.get(grant) ?? []).every((call) => decide(without, call).allowed);
    });
    expect(missed.map(({ text }) => text)).toEqual([]);
  });

  test("every role has grants, and is taken by whom the app means it for", () => {
    const { app, policies } = of(stage);
    const roles = app.ofType("AWS::IAM::Role");
    expect(roles.length).toBeGreaterThanOrEqual(15);
    for (const { arn, label } of roles) {
      expect(policies.grants.filter(({ holder }) => holder === arn).length, label).toBeGreaterThan(0);
      const trusted = policies.grants.filter(({ principal, resource }) => principal && resource === arn);
      expect(trusted.length, label).toBeGreaterThan(0);
    }
  });
});

/** The calls that each grant takes part in. */
function coverage(policies: Policies, { recorded, derived }: Parity): Map<Grant, Request[]> {
  const covers = new Map<Grant, Request[]>();
  for (const call of [...recorded, ...derived]) {
    for (const grant of decide(policies, call).matching) {
      covers.set(grant, [...(covers.get(grant) ?? []), call]);
    }
  }
  return covers;
}

describe.each([...STAGES])("somebody who may do everything in %s", (stage) => {
  const ADMIN = "arn:aws:iam::000000000000:role/Admin";
  const everything: Grant = { holder: ADMIN, action: "*", resource: "*", conditions: [], text: "everything" };

  const mayDo = ({ action, resource, context }: Forbidden, policies: Policies) => {
    const secure = { "aws:SecureTransport": ["true"], "s3:TlsVersion": ["1.3"], "aws:PrincipalArn": [ADMIN] };
    const asked = { action, resource, context: { ...secure, ...context } };
    const grants = [...policies.grants, everything];
    return decide({ ...policies, grants }, { principal: { kind: "role", arn: ADMIN }, ...asked }).allowed;
  };

  test("does none of what is forbidden, and could if it were not", () => {
    const { app, policies } = of(stage);
    const forbidden = forbiddenIn(app);
    expect(forbidden.length).toBeGreaterThan(40);
    expect(forbidden.filter((act) => mayDo(act, policies))).toEqual([]);
    expect(forbidden.filter((act) => !mayDo(act, { ...policies, denials: [] }))).toEqual([]);
  });

  test("does something forbidden when a single denial is taken away, or a single action of one", () => {
    const { app, policies } = of(stage);
    const forbidden = forbiddenIn(app);
    const parts = policies.denials.flatMap((denial) =>
      denial.actions.flatMap((action) => denial.resources.map((resource) => ({ denial, action, resource }))),
    );
    expect(parts.length).toBeGreaterThan(40);
    const idle = parts.filter(({ denial, action, resource }) => {
      // The rest of the statement stays: one action on one resource is what is taken away.
      const rest = parts
        .filter((part) => part.denial === denial && (part.action !== action || part.resource !== resource))
        .map((part) => ({ ...denial, actions: [part.action], resources: [part.resource] }));
      const denials = [...policies.denials.filter((other) => other !== denial), ...rest];
      return !forbidden
        .filter((act) => isMeant(act, action, resource))
        .some((act) => mayDo(act, { ...policies, denials }));
    });
    expect(idle.map(({ denial, action }) => `${denial.text}: ${action}`)).toEqual([]);
  });
});

test("every exception gives its reason", () => {
  expect(EXCEPTIONS.filter(({ reason, grants }) => reason.length < 40 || grants.length === 0)).toEqual([]);
  const grants = STAGES.flatMap((stage) => exceptedIn(stage).map((text) => `${stage} ${text}`));
  expect(new Set(grants).size).toBe(grants.length);
});

test("prints what it has compared", () => {
  const total = records.reduce((sum, { calls }) => sum + calls.reduce((n, { times }) => n + times, 0), 0);
  const figures = STAGES.map((stage) => {
    const { app, policies, parity } = of(stage);
    const roles = app.ofType("AWS::IAM::Role").length;
    return `${stage}: ${parity.recorded.length} calls recorded and ${parity.derived.length} derived, ${roles} roles, ${policies.grants.length} grants, ${exceptedIn(stage).length} of them listed exceptions, ${policies.denials.length} denials`;
  });
  const line = `permission parity: ${total} requests of ${records.length} runs, ${distinct().size} kinds; ${figures.join("; ")}`;
  console.log(line);
  expect(total).toBeGreaterThan(10_000);
});
