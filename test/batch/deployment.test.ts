import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { onLocal } from "../../infra/ops/on-local.ts";
import type { LocalAccount } from "../../infra/local/account-endpoint.ts";
import type { Begun } from "../../lambdas/deploy-gate/begin.ts";
import type { Checked } from "../../lambdas/deploy-gate/deploy-gate.ts";
import type { Ended } from "../../lambdas/deploy-gate/end.ts";
import type { HookAnswer } from "../../lambdas/deploy-hook/deploy-hook.ts";
import type { Proposal } from "../../lambdas/operations/propose/propose.ts";
import { expectClosed, LocalBilling } from "./local-batch.ts";
import { expectDebited } from "./bank-inbox.ts";
import { dueList } from "./due-list.ts";

/** The two functions that judge deployments, beside batches that really run. */

let billing: LocalBilling;
/** What the account says; open and deployed, unless a test says otherwise. */
let account: Partial<LocalAccount> = {};
beforeAll(async () => {
  billing = await LocalBilling.open(undefined, undefined, {
    calendar: (at) => account.calendar?.(at) ?? { state: "OPEN" },
    stackStatus: (name) => (account.stackStatus ?? (() => "UPDATE_COMPLETE"))(name),
  });
});
beforeEach(() => {
  account = {};
});
afterAll(() => billing.close());

let made = 0;
const newDeployment = () => `deploy-20260302-070000-${String((made += 1)).padStart(8, "0")}`;
const check = async (override?: string) =>
  (await billing.app.invoke("DeployGate", { action: "check", ...(override && { override }) })) as Checked;
const begin = async (deployment: string, override?: string) =>
  (await billing.app.invoke("DeployGate", {
    action: "begin",
    deployment,
    by: "ci",
    ...(override && { override }),
  })) as Begun;
const end = async (deployment: string) =>
  (await billing.app.invoke("DeployGate", {
    action: "end",
    deployment,
    by: "ci",
    reason: "cdk deploy is over",
  })) as Ended;
const codes = ({ reasons }: Checked) => reasons.map(({ code }) => code);

/** What CloudFormation asks before it changes a stack. */
const asked = async (changeSet: string | undefined, stack = "Billing") =>
  (await billing.app.invoke("DeployHook", {
    clientRequestToken: "token",
    awsAccountId: "000000000000",
    stackId: `arn:aws:cloudformation:ap-southeast-2:000000000000:stack/DebitOnce-dev-${stack}/1a2b`,
    changeSetId:
      changeSet === undefined
        ? ""
        : `arn:aws:cloudformation:ap-southeast-2:000000000000:changeSet/${changeSet}/3c4d`,
    hookTypeName: "DebitOnce::Dev::Blackout",
    hookTypeVersion: "00000001",
    hookModel: {},
    actionInvocationPoint: "UPDATE_PRE_PROVISION",
    requestData: { targetName: "STACK", targetType: "STACK", targetLogicalId: stack },
    requestContext: { invocation: 1, callbackContext: null },
  })) as HookAnswer;

describe("a check", () => {
  test("allows before a batch and after it, and refuses while it runs, for that alone", async () => {
    const stream = billing.stream();
    expect(await check()).toMatchObject({ allowed: true, firstDeployment: false, reasons: [] });
    const during: Checked[] = [];
    stream.around = async (name, _event, call) => {
      if (name === "Reconcile") during.push(await check());
      return call();
    };
    expectClosed(await stream.run(dueList(stream.rows(2))), 2);
    expect(during.map(codes)).toEqual([["BatchOpen"]]);
    expect(during[0]?.reasons[0]?.text).toBe(
      `batch ${stream.id()} holds stream ${stream.stream.name}, and its execution is running`,
    );
    expect(await check()).toMatchObject({ allowed: true, reasons: [] });
  });

  test("refuses while a batch has failed and may be redriven", async () => {
    const stream = billing.stream();
    const run = await stream.run(dueList([stream.row(1, { bsb: "?" })]));
    expect(run.status).toBe("FAILED");
    expect(codes(await check())).toEqual(["BatchOpen"]);
    await stream.abandon();
    expect(codes(await check())).toEqual([]);
  });

  test("refuses when the calendar is closed or not to be read, and not on a first deployment", async () => {
    account = { calendar: () => ({ state: "CLOSED" }) };
    expect(codes(await check())).toEqual(["CalendarClosed"]);
    account = {
      calendar: () => {
        throw Object.assign(new Error("no"), { name: "InvalidDocument" });
      },
    };
    expect(codes(await check())).toEqual(["CalendarUnreadable"]);
    account = { ...account, stackStatus: () => undefined };
    expect(await check()).toMatchObject({ allowed: true, firstDeployment: true, reasons: [] });
  });

  test("refuses under an override that nobody has proposed", async () => {
    expect(codes(await check(`override.${"0".repeat(32)}`))).toEqual(["OverrideInvalid"]);
  });
});

describe("a deployment", () => {
  test("holds every stream until it ends, no batch begins meanwhile, and then each debit is made once", async () => {
    const stream = billing.stream();
    const id = newDeployment();
    const begun = await begin(id);
    expect(begun).toMatchObject({ allowed: true, deployment: id });
    expect(begun.held).toContain(stream.stream.name);
    expect(await begin(id)).toMatchObject({ allowed: true, held: begun.held });
    expect(codes(await begin(newDeployment()))).toEqual(["DeployInProgress"]);
    const stopped = await stream.run(dueList(stream.rows(2)));
    expect(stopped.failure).toMatchObject({ state: "AcquireLock", error: "DeployInProgress" });
    expect(await end(id)).toEqual({ deployment: id, freed: begun.held });
    expect(await end(id)).toEqual({ deployment: id, freed: [] });
    expectClosed(await stream.redriven(), 2);
    expectDebited(await stream.inbox(), stream.rows(2));
  });

  test("is all that CloudFormation lets change the stacks, as long as it lasts", async () => {
    const id = newDeployment();
    expect(await asked(id)).toMatchObject({ hookStatus: "FAILED", errorCode: "NonCompliant" });
    await begin(id);
    for (const stack of ["Data", "Billing"]) {
      expect(await asked(id, stack)).toMatchObject({ hookStatus: "SUCCESS", clientRequestToken: "token" });
    }
    for (const another of [undefined, "cdk-deploy-change-set", newDeployment()]) {
      const { hookStatus, message } = await asked(another);
      expect([another, hookStatus]).toEqual([another, "FAILED"]);
      expect(message).toContain("npm run deploy");
    }
    await end(id);
    expect(await asked(id)).toMatchObject({ hookStatus: "FAILED", errorCode: "NonCompliant" });
  });

  test("from a laptop is refused, and goes on where there is nothing yet that could start a batch", async () => {
    expect(await asked(undefined)).toMatchObject({ hookStatus: "FAILED" });
    account = { stackStatus: () => "REVIEW_IN_PROGRESS" };
    expect(await asked(undefined)).toMatchObject({ hookStatus: "SUCCESS" });
  });

  test("is refused by the hook while a batch is open, in the words of the decision", async () => {
    const stream = billing.stream();
    await stream.run(dueList([stream.row(1, { bsb: "?" })]));
    account = { stackStatus: () => undefined };
    const { hookStatus, message } = await asked("cdk-deploy-change-set");
    expect(hookStatus).toBe("FAILED");
    expect(message).toContain(`batch ${stream.id()} holds stream ${stream.stream.name}`);
    await stream.abandon();
  });
});

describe("a batch that the deployed version cannot finish", () => {
  test("is closed by mended code, which an override lets reach it, with each debit made once", async () => {
    const stream = billing.stream();
    const rows = stream.rows(3);
    let isMended = false;
    stream.around = async (name, event, call) => {
      // The first execution is pinned to the version that it was started with, also when it is redriven.
      const isPinned = (event as { readonly fence?: number }).fence === 1;
      if (name === "CloseBatch" && (isPinned || !isMended)) throw new TypeError("a slip in CloseBatch");
      return call();
    };
    expect((await stream.run(dueList(rows))).failure).toMatchObject({ state: "CloseBatch" });
    expect(codes(await begin(newDeployment()))).toEqual(["BatchOpen"]);

    const [ann, bob] = [onLocal(billing.app, "ann"), onLocal(billing.app, "bob")];
    const proposed = {
      action: "override-blackout",
      ticket: "INC-7",
      minutes: 30,
      reason: "CloseBatch is mended",
    };
    const { id: override } = (await ann.decide("Propose", proposed)) as Proposal;
    expect(codes(await begin(newDeployment(), override))).toEqual(["OverrideInvalid", "BatchOpen"]);
    await bob.decide("Approve", { proposal: override });
    expect(await check(override)).toMatchObject({ allowed: true, overrideId: override });

    const id = newDeployment();
    expect(await begin(id, override)).toMatchObject({ allowed: true, overrideId: override });
    expect(await asked(id)).toMatchObject({ hookStatus: "SUCCESS" });
    isMended = true;
    // Not before the deployment is over.
    expect((await stream.continued()).failure).toMatchObject({ error: "DeployInProgress" });
    await end(id);
    // What was pinned to the slip keeps it, however often it is redriven.
    await billing.app.redrive(stream.id());
    expect((await billing.app.waitFor(stream.id())).failure).toMatchObject({ state: "CloseBatch" });
    expectClosed(await stream.continued(), 3);
    expectDebited(await stream.inbox(), rows);
    expect(await check()).toMatchObject({ allowed: true, reasons: [] });
  });

  test("is not reached under any override while its execution runs", async () => {
    const stream = billing.stream();
    const ann = onLocal(billing.app, "ann");
    const proposed = {
      action: "override-blackout",
      ticket: "INC-8",
      minutes: 30,
      reason: "it takes too long",
    };
    const { id: override } = (await ann.decide("Propose", proposed)) as Proposal;
    await onLocal(billing.app, "bob").decide("Approve", { proposal: override });
    const during: Begun[] = [];
    stream.around = async (name, _event, call) => {
      if (name === "CloseBatch") during.push(await begin(newDeployment(), override));
      return call();
    };
    expectClosed(await stream.run(dueList(stream.rows(2))), 2);
    expect(during.map(codes)).toEqual([["BatchOpen"]]);
    expect(during.map(({ held }) => held)).toEqual([[]]);
  });
});
