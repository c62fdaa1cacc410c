import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clockFrom } from "../../lambdas/adapters/clock.ts";
import type { InvocationContext, Runtime } from "../../lambdas/adapters/lambda.ts";
import { acquireLock } from "../../lambdas/billing-batch/acquire-lock/acquire-lock.ts";
import { handler as gate } from "../../lambdas/deploy-gate/handler.ts";
import { handler as hook } from "../../lambdas/deploy-hook/handler.ts";
import { DeployInProgress } from "../../lambdas/domain/faults.ts";
import { AT, dueList, MORNING, row } from "../builders.ts";
import { type EmbeddedStores, embeddedStores } from "../embedded-stores.ts";
import { layList, type World, worldOn } from "../world.ts";
import { BILLING_STACK, DEPLOYMENT } from "./deploy-world.ts";
import { changeSetId, DOCUMENTED } from "./hook-events.ts";

/** The two functions as they are deployed: their events, their variables, and the ledger on DynamoDB. */

let stores: EmbeddedStores;
beforeAll(async () => {
  stores = await embeddedStores();
});
afterAll(() => stores.close());

const CONTEXT: InvocationContext = {
  functionName: "f",
  awsRequestId: "r",
  getRemainingTimeInMillis: () => 60_000,
};
const ENV = {
  LEDGER_TABLE: "ledger",
  STATE_MACHINE_ARN: "arn:aws:states:ap-southeast-2:123456789012:stateMachine:m",
  CHANGE_CALENDAR: "arn:calendar",
  BILLING_STACK,
  SCHEDULES: "off",
};

/** Client settings under which every request is answered so. */
function answered(body: string) {
  const bytes = () => Readable.from([Buffer.from(body)]);
  const handle = async () => ({ response: { statusCode: 200, headers: {}, body: bytes() } });
  const credentials = { accessKeyId: "x", secretAccessKey: "x" };
  return { region: "ap-southeast-2", credentials, maxAttempts: 1, requestHandler: { handle } } as never;
}

function runtimeOf(world: World, env: Runtime["env"] = ENV): Runtime {
  const { nonce } = world.ports();
  const stack = `<member><StackName>${BILLING_STACK}</StackName><StackStatus>UPDATE_COMPLETE</StackStatus></member>`;
  return {
    env,
    configuration: world.configuration,
    clock: clockFrom(() => MORNING),
    nonce,
    write: () => undefined,
    ...stores.settings,
    ssm: answered(JSON.stringify({ State: "OPEN" })),
    cloudformation: answered(
      `<DescribeStacksResponse><DescribeStacksResult><Stacks>${stack}</Stacks></DescribeStacksResult></DescribeStacksResponse>`,
    ),
  };
}

const NAMED = { deployment: DEPLOYMENT, by: "deploy/github-7" };

it("a batch waits for the deployment that holds its stream, and that for the batch", async () => {
  const world = worldOn(stores);
  const deploy = gate.on(runtimeOf(world));
  await layList(world, dueList([row()]));
  const acquire = () =>
    acquireLock({ batchId: world.id(), execution: "x", entered: AT, retry: 0 }, world.ports());
  const held = [world.stream.name];
  expect(await deploy({ action: "check" }, CONTEXT)).toMatchObject({ allowed: true, checkedAt: AT });
  expect(await deploy({ action: "begin", ...NAMED }, CONTEXT)).toMatchObject({ allowed: true, held });
  await expect(acquire()).rejects.toThrow(DeployInProgress);
  const event = { ...DOCUMENTED, changeSetId: changeSetId(DEPLOYMENT) };
  expect(await hook.on(runtimeOf(world))(event, CONTEXT)).toMatchObject({ hookStatus: "SUCCESS" });
  expect(await deploy({ action: "end", ...NAMED, reason: "it is done" }, CONTEXT)).toEqual({
    deployment: DEPLOYMENT,
    freed: held,
  });
  expect(await hook.on(runtimeOf(world))(event, CONTEXT)).toMatchObject({ hookStatus: "FAILED" });
  expect(await acquire()).toMatchObject({ outcome: "ACQUIRED" });
  expect(await deploy({ action: "begin", ...NAMED }, CONTEXT)).toMatchObject({
    allowed: false,
    reasons: [{ code: "BatchOpen" }],
    held: [],
  });
});

describe("an event or a variable that does not fit", () => {
  it.each([
    {},
    { action: "stop" },
    { action: "check", by: "ci" },
    { action: "check", override: 7 },
    { action: "begin", by: "ci" },
    { action: "begin", ...NAMED, deployment: "deploy-2026-10-05" },
    { action: "begin", ...NAMED, by: "" },
    { action: "begin", ...NAMED, by: "x".repeat(65) },
    { action: "begin", ...NAMED, by: "a\nb" },
    { action: "begin", ...NAMED, reason: "why" },
    { action: "end", deployment: DEPLOYMENT },
  ])("is refused before anything is read: %j", async (event) => {
    const world = worldOn(stores);
    await expect(gate.on(runtimeOf(world))(event, CONTEXT)).rejects.toMatchObject({ name: "ZodError" });
    expect(await world.ledger.readStream(world.stream.name)).toBeUndefined();
  });

  it("is refused as a reason that may hold a bank account", async () => {
    const event = { action: "end", ...NAMED, reason: "062-000 12345678" };
    await expect(gate.on(runtimeOf(worldOn(stores)))(event, CONTEXT)).rejects.toMatchObject({
      name: "RequestMalformed",
    });
  });

  it.each(Object.keys(ENV))("is told by the variable's name: %s", (name) => {
    const env = { ...ENV, [name]: "" };
    for (const one of [gate, hook]) {
      expect(() => one.on(runtimeOf(worldOn(stores), env))).toThrow(
        `the environment variable ${name} is not set`,
      );
    }
    const odd = runtimeOf(worldOn(stores), { ...ENV, SCHEDULES: "perhaps" });
    expect(() => gate.on(odd)).toThrow("SCHEDULES is neither on nor off");
  });
});
