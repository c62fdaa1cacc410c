import { describe, expect, it } from "vitest";
import type { DeployPorts } from "../../lambdas/deploy-facts.ts";
import { deployGate } from "../../lambdas/deploy-gate/deploy-gate.ts";
import { deployHook } from "../../lambdas/deploy-hook/deploy-hook.ts";
import type { Instant } from "../../lambdas/ports.ts";
import { streamItem } from "../builders.ts";
import { failing, lost, sdkError } from "../port-faults.ts";
import {
  BILLING_STACK,
  DEPLOYMENT,
  type DeployWorld,
  deployWorld,
  holdOn,
  lockedBy,
  OTHER_DEPLOYMENT,
  OVERRIDDEN_UNTIL,
  overridden,
  STREAMS,
} from "./deploy-world.ts";
import { changeSetId, DOCUMENTED, stackId } from "./hook-events.ts";

const TOKEN = DOCUMENTED.clientRequestToken;
const PROPERLY = "Deploy with `npm run deploy -- --stage <stage>`";
const named = (name: string) => ({ ...DOCUMENTED, changeSetId: changeSetId(name) });
const NO_CHANGE_SET = "This operation has no change set, so it is part of no deployment.";

const asked = (world: DeployWorld, event: unknown, over: Partial<DeployPorts> = {}) =>
  deployHook(event, world.ports(over));
const begin = (world: DeployWorld, deployment = DEPLOYMENT) =>
  deployGate({ action: "begin", deployment, by: "ci" }, world.ports());
const end = (world: DeployWorld) =>
  deployGate(
    { action: "end", deployment: DEPLOYMENT, by: "ci", reason: "cdk deploy is over" },
    world.ports(),
  );

describe("the hook lets an operation pass", () => {
  it("whose change set is named after the deployment that holds every stream", async () => {
    const world = deployWorld();
    await begin(world);
    world.lines.splice(0);
    world.counts.splice(0);
    // A deployment that has begun goes on, whatever the calendar says by now.
    world.calendar = async () => ({ state: "CLOSED" });
    world.now = (world.now + 60 * 60_000) as Instant;
    expect(await asked(world, named(DEPLOYMENT))).toEqual({
      clientRequestToken: TOKEN,
      hookStatus: "SUCCESS",
      message: `Deployment ${DEPLOYMENT} holds every stream.`,
    });
    expect(world.lines).toEqual([
      { state: "DeployHook", outcome: "part of its deployment", deployment: DEPLOYMENT },
    ]);
    expect(world.counts).toEqual([]);
  });

  it("of a deployment that has begun under an override, also when that has run out since", async () => {
    const world = deployWorld();
    world.calendar = async () => ({ state: "CLOSED" });
    const { id: override, ledger } = overridden(world);
    const event = { action: "begin", deployment: DEPLOYMENT, by: "ci", override } as const;
    await deployGate(event, world.ports({ ledger }));
    world.now = (OVERRIDDEN_UNTIL + 1) as Instant;
    expect(await asked(world, named(DEPLOYMENT), { ledger })).toMatchObject({ hookStatus: "SUCCESS" });
    // The override alone opens nothing: without its deployment the operation is anybody's.
    world.now = OVERRIDDEN_UNTIL;
    expect(await asked(world, named(OTHER_DEPLOYMENT), { ledger })).toMatchObject({ hookStatus: "FAILED" });
  });

  it("of a deployment that itself brings a stream, or takes one away", async () => {
    const world = deployWorld();
    await begin(world);
    const { configuration } = deployWorld({}, [...STREAMS, "nz-asb"].slice(1)).ports();
    expect(await asked(world, named(DEPLOYMENT), { configuration })).toMatchObject({ hookStatus: "SUCCESS" });
  });

  it.each([undefined, "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "DELETE_COMPLETE"])(
    "on a first deployment, with or without a change set, where the billing stack is %s",
    async (status) => {
      const world = deployWorld();
      world.status = status;
      world.calendar = async () => Promise.reject(sdkError("AccessDeniedException"));
      for (const event of [DOCUMENTED, named(DEPLOYMENT), named("cdk-deploy-change-set")]) {
        expect(await asked(world, event, { schedules: true })).toEqual({
          clientRequestToken: TOKEN,
          hookStatus: "SUCCESS",
          message: "First deployment: there is nothing yet that could start a batch.",
        });
      }
    },
  );

  it("that creates the billing stack, whose status says so already", async () => {
    const world = deployWorld();
    world.status = "CREATE_IN_PROGRESS";
    const creates = { ...named(DEPLOYMENT), actionInvocationPoint: "CREATE_PRE_PROVISION" };
    const billing = { ...creates, stackId: stackId(BILLING_STACK) };
    expect(await asked(world, billing)).toMatchObject({ hookStatus: "SUCCESS" });
    // Another stack is created beside it, or it is updated: then it is there.
    expect(await asked(world, creates)).toMatchObject({ hookStatus: "FAILED" });
    const updates = { ...billing, actionInvocationPoint: "UPDATE_PRE_PROVISION" };
    expect(await asked(world, updates)).toMatchObject({ hookStatus: "FAILED" });
  });

  it("that takes a billing stack away whose first creation has failed, also beside the deployment that repeats it", async () => {
    const world = deployWorld();
    world.status = "ROLLBACK_COMPLETE";
    const { changeSetId: _, ...deletes } = {
      ...DOCUMENTED,
      actionInvocationPoint: "DELETE_PRE_PROVISION",
      stackId: stackId(BILLING_STACK),
    };
    expect(await asked(world, deletes)).toMatchObject({ hookStatus: "SUCCESS" });
    await begin(world);
    world.status = "DELETE_IN_PROGRESS";
    expect(await world.holders()).toEqual(STREAMS.map(() => DEPLOYMENT));
    expect(await asked(world, deletes)).toMatchObject({ hookStatus: "SUCCESS" });
    // Neither is the data stack taken away, nor what another deployment holds a part of.
    expect(await asked(world, { ...deletes, stackId: stackId("DebitOnce-prod-Data") })).toMatchObject({
      hookStatus: "FAILED",
    });
    holdOn(world, "au-nab", OTHER_DEPLOYMENT);
    expect(await asked(world, deletes)).toMatchObject({ hookStatus: "FAILED" });
  });

  it("that takes the billing stack away where nobody can read who holds the streams", async () => {
    const world = deployWorld();
    world.status = "DELETE_IN_PROGRESS";
    const ledger = failing(world.ledger, "readStream", lost(sdkError("AccessDeniedException")), "always");
    const deletes = {
      ...DOCUMENTED,
      actionInvocationPoint: "DELETE_PRE_PROVISION",
      stackId: stackId(BILLING_STACK),
    };
    expect(await asked(world, deletes, { ledger })).toMatchObject({ hookStatus: "FAILED" });
  });

  it("that takes the billing stack away only where no batch has ever acquired a lock", async () => {
    const world = deployWorld();
    world.status = "DELETE_IN_PROGRESS";
    await world.ledger.writeStream(streamItem({ stream: "au-anz", fence: 1 }), undefined);
    const deletes = {
      ...DOCUMENTED,
      actionInvocationPoint: "DELETE_PRE_PROVISION",
      stackId: stackId(BILLING_STACK),
    };
    expect(await asked(world, deletes)).toMatchObject({ hookStatus: "FAILED" });
  });
});

describe("the hook stops an operation", () => {
  it("without a change set, as the guide's own example is one, and says how to deploy properly", async () => {
    const world = deployWorld();
    for (const id of [null, undefined, ""]) {
      const told = await asked(world, { ...DOCUMENTED, changeSetId: id });
      expect(told).toMatchObject({
        clientRequestToken: TOKEN,
        hookStatus: "FAILED",
        errorCode: "NonCompliant",
      });
      expect(told.message).toContain(`${NO_CHANGE_SET} ${PROPERLY}`);
    }
    expect(world.lines[0]).toMatchObject({ state: "DeployHook", outcome: "refused" });
    expect(world.counts.slice(0, 3)).toEqual(STREAMS.map((name) => ["DeployRefused", name]));
  });

  it("of a deployment that has held the streams for longer than one may take", async () => {
    const world = deployWorld();
    await begin(world);
    world.now = (world.now + 60 * 60_000 + 1) as Instant;
    const told = await asked(world, named(DEPLOYMENT));
    expect(told.hookStatus).toBe("FAILED");
    expect(told.message).toContain(
      `Deployment ${DEPLOYMENT} has held the streams for more than 60 minutes. Deploy with`,
    );
  });

  it("of a deployment that has ended, or never began", async () => {
    const world = deployWorld();
    await begin(world);
    await end(world);
    const told = await asked(world, named(DEPLOYMENT));
    expect(told).toMatchObject({ hookStatus: "FAILED", errorCode: "NonCompliant" });
    expect(told.message).toContain(`Deployment ${DEPLOYMENT} does not hold every stream. ${PROPERLY}`);
  });

  it("of a deployment that holds two of three streams", async () => {
    for (const missing of STREAMS) {
      const world = deployWorld();
      for (const name of STREAMS.filter((one) => one !== missing)) holdOn(world, name, DEPLOYMENT);
      const told = await asked(world, named(DEPLOYMENT));
      expect(told.message, missing).toContain(`Deployment ${DEPLOYMENT} does not hold every stream.`);
      expect(told.hookStatus).toBe("FAILED");
      // What it holds itself is not in its way.
      expect(told.message).not.toContain("DeployInProgress");
    }
  });

  it("beside another deployment, with the words of the decision", async () => {
    const world = deployWorld();
    await begin(world, OTHER_DEPLOYMENT);
    const told = await asked(world, named(DEPLOYMENT));
    expect(told.hookStatus).toBe("FAILED");
    expect(told.message).toContain(`DeployInProgress: deployment ${OTHER_DEPLOYMENT} has held stream`);
  });

  it("whose change set bears another name, also where anybody might deploy now", async () => {
    const world = deployWorld();
    await begin(world);
    for (const id of [
      changeSetId("cdk-deploy-change-set"),
      changeSetId(`${DEPLOYMENT}-2`),
      DEPLOYMENT,
      `${changeSetId("x")}/${changeSetId(DEPLOYMENT)}`,
      changeSetId(`x:changeSet/${DEPLOYMENT}`),
    ]) {
      const told = await asked(world, { ...DOCUMENTED, changeSetId: id });
      expect(told.hookStatus, id).toBe("FAILED");
      expect(told.message).toContain("This change set is not named after a deployment.");
    }
  });

  it("while a batch is open, also one that may be redriven, on whatever stack it is", async () => {
    const world = deployWorld();
    const id = lockedBy(world, "au-cba");
    world.executions.set(id, "FAILED");
    const told = await asked(world, { ...DOCUMENTED, stackId: stackId(BILLING_STACK) });
    expect(told.hookStatus).toBe("FAILED");
    expect(told.message).toContain(`BatchOpen: batch ${id} holds stream au-cba`);
    world.status = undefined;
    expect(await asked(world, DOCUMENTED)).toMatchObject({ hookStatus: "FAILED" });
  });

  it.each(["CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED", "DELETE_IN_PROGRESS"])(
    "that is no part of a deployment while the billing stack is %s, which may start something yet",
    async (status) => {
      const world = deployWorld();
      world.status = status;
      expect(await asked(world, DOCUMENTED)).toMatchObject({ hookStatus: "FAILED" });
    },
  );

  it("that it does not know", async () => {
    const world = deployWorld();
    world.status = undefined;
    const { stackId: _stack, ...withoutStack } = DOCUMENTED;
    const { requestData: _data, ...withoutData } = DOCUMENTED;
    const { actionInvocationPoint: _point, ...withoutPoint } = DOCUMENTED;
    const unknown = [
      withoutStack,
      withoutData,
      withoutPoint,
      { ...DOCUMENTED, stackId: "MyStack" },
      { ...DOCUMENTED, changeSetId: 7 },
      { ...DOCUMENTED, actionInvocationPoint: "IMPORT_PRE_PROVISION" },
      { ...DOCUMENTED, requestData: { ...DOCUMENTED.requestData, targetName: "CHANGE_SET" } },
      { ...DOCUMENTED, requestData: { ...DOCUMENTED.requestData, targetType: "RESOURCE" } },
      { ...DOCUMENTED, requestData: { ...DOCUMENTED.requestData, targetName: "AWS::S3::Bucket" } },
    ];
    for (const event of unknown) {
      const told = await asked(world, event);
      expect(told, JSON.stringify(event)).toMatchObject({
        clientRequestToken: TOKEN,
        hookStatus: "FAILED",
        errorCode: "NonCompliant",
      });
      expect(told.message).toContain(`This is no stack operation that the hook knows. ${PROPERLY}`);
    }
    for (const event of [undefined, null, "a text", {}, { clientRequestToken: 7 }]) {
      expect(await asked(world, event)).toMatchObject({ clientRequestToken: "", hookStatus: "FAILED" });
    }
  });

  it("where ledger or calendar cannot be read, in the words of the decision", async () => {
    const world = deployWorld();
    await begin(world);
    const denied = lost(sdkError("AccessDeniedException"));
    const ledger = failing(world.ledger, "readStream", denied, "always");
    const blind = await asked(world, named(DEPLOYMENT), { ledger });
    expect(blind).toMatchObject({ hookStatus: "FAILED", errorCode: "NonCompliant" });
    expect(blind.message).toContain("LedgerUnreadable: the ledger cannot be read (AccessDeniedException)");
    await end(world);
    world.calendar = async () => Promise.reject(sdkError("ThrottlingException"));
    expect((await asked(world, DOCUMENTED)).message).toContain(
      "CalendarUnreadable: the change calendar cannot be read (ThrottlingException).",
    );
    const status = async () => Promise.reject(sdkError("AccessDenied"));
    expect(await asked(world, DOCUMENTED, { stacks: { status } })).toMatchObject({ hookStatus: "FAILED" });
  });

  it("when it fails itself, whatever is thrown", async () => {
    const world = deployWorld();
    world.status = undefined;
    const things: readonly (readonly [unknown, string])[] = [
      [new RangeError("x"), "RangeError"],
      ["a text", "an unknown thing was thrown"],
    ];
    for (const [thrown, name] of things) {
      const now = () => {
        throw thrown;
      };
      const told = await asked(world, named(DEPLOYMENT), { clock: { ...world.ports().clock, now } });
      expect(told).toEqual({
        clientRequestToken: TOKEN,
        hookStatus: "FAILED",
        errorCode: "InternalFailure",
        message: `It could not be decided whether this may be deployed (${name}), so it may not.`,
      });
      expect(world.lines.at(-1)).toEqual({ state: "DeployHook", outcome: name });
      expect(world.counts.splice(0).map((count) => count.slice(0, 2))).toEqual(
        STREAMS.toSorted().map((stream) => ["DeployHookFailed", stream]),
      );
    }
  });
});

it("the hook answers under the token that it was given, however the guide spells its name", async () => {
  const { clientRequestToken, ...rest } = DOCUMENTED;
  const told = await asked(deployWorld(), { ...rest, clientRequesttoken: clientRequestToken });
  expect(told.clientRequestToken).toBe(TOKEN);
});
