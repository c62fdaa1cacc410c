import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stepFunctionsExecutions } from "../../lambdas/adapters/executions.ts";
import { acquiredAction, continuedAction, executionName } from "../../lambdas/domain/execution-name.ts";
import { continueBatch } from "../../lambdas/operations/continue-batch/continue-batch.ts";
import { redriveBatch } from "../../lambdas/operations/redrive-batch/redrive-batch.ts";
import { showBatch } from "../../lambdas/operations/show-batch/show-batch.ts";
import { startedList } from "../../lambdas/due-list-identity.ts";
import type { Execution, Executions, Instant } from "../../lambdas/ports.ts";
import { AT, batchItem, BILLING_DATE, MORNING } from "../builders.ts";
import { type EmbeddedStores, embeddedStores } from "../embedded-stores.ts";
import { answerLost, failing, lost, sdkError } from "../port-faults.ts";
import { ALIAS_ARN, MACHINE_ARN, stateMachine, type StateMachine } from "../state-machine.ts";
import { memory, type World, worldOn } from "../world.ts";

const ANN = { by: "ann", reason: "mended" };
const DAY = 24 * 60 * 60_000;
type Known = Record<string, Pick<Execution, "status" | "input">>;

/** Executions by their names as Step Functions knows them; those that are started run. */
function machineWith(known: Known): Executions & { readonly started: [string, object][] } {
  const started: [string, object][] = [];
  return {
    started,
    describe: async (name) => (known[name] ? { name, ...known[name] } : undefined),
    start: async (name, input) => {
      if (known[name]) return "exists";
      known[name] = { status: "RUNNING", input: JSON.stringify(input) };
      started.push([name, input]);
      return "started";
    },
    redrive: async () => {},
  };
}

/** What the starter starts a batch with. */
const startedWith = (world: World) => ({
  batchId: world.id(),
  stream: world.stream.name,
  billingDate: BILLING_DATE,
  number: 1,
  list: { sha256: "a".repeat(64), count: 2, mark: "b".repeat(64) },
});
const failedOf = (world: World) => ({ status: "FAILED", input: JSON.stringify(startedWith(world)) }) as const;
const open = (world: World) => world.ledger.writeBatch(batchItem({ stream: world.stream.name }), undefined);
const goOn = (world: World, executions: Executions, who = ANN) =>
  continueBatch({ batchId: world.id(), ...who }, { ...world.ports(), executions });
const trailOf = async (world: World) =>
  (await world.ledger.readEvents(world.id())).map(({ action }) => action);
const acquired = (world: World, number: number, ago = DAY) =>
  world.ledger.createEvent({
    batchId: world.id(),
    at: new Date(world.now - ago).toISOString(),
    action: acquiredAction(number + 1),
    by: executionName(world.id(), number),
    nonce: `acquired-${number}`,
  });
const announced = (world: World, number: number, ago = DAY) =>
  world.ledger.createEvent({
    batchId: world.id(),
    at: new Date(world.now - ago).toISOString(),
    action: continuedAction(executionName(world.id(), number)),
    ...ANN,
    nonce: `announced-${number}`,
  });

describe("continuing a batch", () => {
  it("starts <batch>-c1 with what the starter would start it with, told before it is started", async () => {
    const world = worldOn(memory());
    await open(world);
    const machine = machineWith({ [world.id()]: failedOf(world) });
    const name = `${world.id()}-c1`;
    const refused = failing(machine, "start", lost(sdkError("TimeoutError")));
    await expect(goOn(world, refused)).rejects.toThrow("TimeoutError");
    expect(await world.ledger.readEvents(world.id())).toEqual([
      { batchId: world.id(), at: AT, action: `continue as ${name}`, ...ANN, nonce: "nonce-1" },
    ]);
    expect(world.counts).toEqual([]);
    expect(await goOn(world, machine)).toEqual({ outcome: "CONTINUED", execution: name });
    const { dueList } = batchItem({ stream: world.stream.name });
    expect(machine.started).toEqual([
      [name, { ...startedWith(world), list: dueList && startedList(dueList) }],
    ]);
    expect(world.counts).toEqual([["BatchContinued", world.stream.name]]);
    expect(world.lines.at(-1)).toEqual({
      state: "ContinueBatch",
      batchId: world.id(),
      stream: world.stream.name,
      nonce: "nonce-2",
      outcome: "CONTINUED",
      execution: name,
    });
  });

  it("passes on what its execution was started with where the ledger has no record yet, of older starters too", async () => {
    const { list, ...names } = startedWith(worldOn(memory()));
    const { mark: _mark, ...unmarked } = list;
    for (const more of [{ list }, { list: unmarked }, {}]) {
      const world = worldOn(memory());
      const input = { ...names, batchId: world.id(), stream: world.stream.name, ...more };
      const machine = machineWith({ [world.id()]: { status: "FAILED", input: JSON.stringify(input) } });
      await goOn(world, machine);
      expect(machine.started).toEqual([[`${world.id()}-c1`, input]]);
    }
  });

  it("starts nothing with an input that no starter has made", async () => {
    const world = worldOn(memory());
    const good = startedWith(world);
    const strange = [
      "not JSON, but a secret",
      "null",
      "{}",
      ...[
        { ...good, more: "a secret" },
        { ...good, batchId: `${world.stream.name}-2026-10-06-02` },
        { ...good, number: 2 },
        { ...good, billingDate: "2026-10-07" },
        { ...good, stream: "another" },
        { ...good, list: { ...good.list, sha256: "a secret" } },
        { ...good, list: { ...good.list, mark: "a secret" } },
        { ...good, list: { ...good.list, rows: [] } },
      ].map((input) => JSON.stringify(input)),
    ];
    for (const input of strange) {
      const machine = machineWith({ [world.id()]: { status: "FAILED", input } });
      await expect(goOn(world, machine), input).rejects.toMatchObject({
        name: "LedgerBroken",
        message: `execution ${world.id()} was not started as batch ${world.id()} is started`,
      });
      expect([machine.started, await trailOf(world)]).toEqual([[], []]);
    }
    // Once there is a record, nothing of it matters.
    await open(world);
    const machine = machineWith({ [world.id()]: { status: "FAILED", input: "null" } });
    expect(await goOn(world, machine)).toMatchObject({ outcome: "CONTINUED" });
  });

  it.each(["FAILED", "TIMED_OUT", "ABORTED"] as const)(
    "goes on after an execution that is %s",
    async (status) => {
      const world = worldOn(memory());
      const machine = machineWith({ [world.id()]: { ...failedOf(world), status } });
      // Without a record too: AcquireLock itself may be what has failed.
      expect(await goOn(world, machine)).toMatchObject({ execution: `${world.id()}-c1` });
    },
  );

  it.each([
    ["RUNNING", "ExecutionNotEnded", "is RUNNING"],
    ["PENDING_REDRIVE", "ExecutionNotEnded", "is PENDING_REDRIVE"],
    ["SUCCEEDED", "BatchClosed", "has SUCCEEDED: there is nothing to continue"],
  ] as const)(
    "is refused while the newest execution is %s, and leaves no trace",
    async (status, name, why) => {
      const world = worldOn(memory());
      await open(world);
      const machine = machineWith({
        [world.id()]: failedOf(world),
        [`${world.id()}-c1`]: { ...failedOf(world), status },
      });
      const message = `execution ${world.id()}-c1 ${why}`;
      await expect(goOn(world, machine)).rejects.toMatchObject({ name, message });
      expect([machine.started, await trailOf(world)]).toEqual([[], []]);
    },
  );

  it("is refused for a batch that was abandoned, whatever its execution ended with", async () => {
    const world = worldOn(memory());
    await world.ledger.writeBatch(batchItem({ stream: world.stream.name, state: "ABANDONED" }), undefined);
    const machine = machineWith({ [world.id()]: failedOf(world) });
    await expect(goOn(world, machine)).rejects.toMatchObject({
      name: "BatchAbandoned",
      message: `batch ${world.id()} was abandoned; its due list needs a new number`,
    });
    expect([machine.started, await trailOf(world)]).toEqual([[], []]);
  });

  it("finishes the close of a batch whose execution failed behind its record, and is refused without one", async () => {
    const world = worldOn(memory());
    await world.ledger.writeBatch(batchItem({ stream: world.stream.name, state: "CLOSED" }), undefined);
    await expect(goOn(world, machineWith({}))).rejects.toMatchObject({
      name: "BatchClosed",
      message: `batch ${world.id()} is closed: there is nothing to continue`,
    });
    const machine = machineWith({ [world.id()]: failedOf(world) });
    expect(await goOn(world, machine)).toMatchObject({ execution: `${world.id()}-c1` });
  });

  it("is refused for what is no batch, of no stream, or known to nobody", async () => {
    const world = worldOn(memory());
    const machine = machineWith({});
    const ports = { ...world.ports(), executions: machine };
    await expect(goOn(world, machine)).rejects.toMatchObject({
      name: "BatchUnknown",
      message: `batch ${world.id()} has no execution, and the ledger has no open record of it`,
    });
    for (const [batchId, name, message] of [
      [`${world.id()}-c1`, "BatchUnknown", "the batch id is not <stream>-<yyyy-mm-dd>-<nn>"],
      ["nobody-2026-03-02-01", "StreamUnknown", "there is no stream nobody in the configuration"],
    ] as const) {
      await expect(continueBatch({ batchId, ...ANN }, ports)).rejects.toMatchObject({ name, message });
    }
    expect([machine.started, await trailOf(world)]).toEqual([[], []]);
  });
});

describe("the name of a continuation", () => {
  it("follows the last one that was used, up to 99", async () => {
    const world = worldOn(memory());
    const known: Known = { [world.id()]: failedOf(world) };
    for (let k = 1; k <= 99; k += 1) {
      const name = `${world.id()}-c${k}`;
      expect(await goOn(world, machineWith(known))).toMatchObject({ outcome: "CONTINUED", execution: name });
      known[name] = failedOf(world);
    }
    await expect(goOn(world, machineWith(known))).rejects.toThrow(/was continued 99 times/);
    expect(await trailOf(world)).toHaveLength(99);
  });

  it("is above every name that the trail knows of, when Step Functions has forgotten them", async () => {
    const world = worldOn(memory());
    await open(world);
    await acquired(world, 0, 300 * DAY);
    await acquired(world, 1, 200 * DAY);
    await announced(world, 2, 100 * DAY);
    const machine = machineWith({});
    expect(await goOn(world, machine)).toMatchObject({ execution: `${world.id()}-c3` });
    const { dueList } = batchItem({ stream: world.stream.name });
    expect(machine.started[0]?.[1]).toEqual({
      batchId: world.id(),
      stream: world.stream.name,
      billingDate: BILLING_DATE,
      number: 1,
      list: dueList && startedList(dueList),
    });
  });

  it("is that of a continuation which was announced and never started", async () => {
    const world = worldOn(memory());
    await open(world);
    await announced(world, 1);
    const machine = machineWith({ [world.id()]: failedOf(world) });
    expect(await goOn(world, machine)).toMatchObject({ execution: `${world.id()}-c1` });
  });

  it("is not given while Step Functions does not show what has just acquired the lock", async () => {
    const world = worldOn(memory());
    await open(world);
    await acquired(world, 0);
    await acquired(world, 1, 60_000);
    const machine = machineWith({ [world.id()]: failedOf(world) });
    await expect(goOn(world, machine)).rejects.toThrow(/-c1 has just acquired the lock/);
    // Nor where it shows none at all.
    await expect(goOn(world, machineWith({}))).rejects.toThrow(/-c1 has just acquired the lock/);
    // What it does show is known to have ended, however lately it has acquired the lock.
    const shown = machineWith({ [world.id()]: failedOf(world), [`${world.id()}-c1`]: failedOf(world) });
    expect(await goOn(world, shown)).toMatchObject({ execution: `${world.id()}-c2` });
    world.now = (MORNING + 15 * 60_000) as Instant;
    expect(await goOn(world, machine)).toMatchObject({ execution: `${world.id()}-c2` });
  });
});

describe("two people who continue at once", () => {
  it("take the same name, and start one execution, wherever the first one is with its decision", async () => {
    for (const at of ["describe", "start"] as const) {
      const world = worldOn(memory());
      await open(world);
      const machine = machineWith({ [world.id()]: failedOf(world) });
      let second: unknown;
      const slow = failing(machine, at, async ({ reach }) => {
        second = await goOn(world, machine, { by: "bob", reason: "mended too" });
        return reach();
      });
      const first = await goOn(world, slow).catch((error: Error) => error.name);
      const name = `${world.id()}-c1`;
      expect(second).toEqual({ outcome: "CONTINUED", execution: name });
      expect(first).toEqual(
        at === "start" ? { outcome: "ALREADY_CONTINUED", execution: name } : "ExecutionNotEnded",
      );
      expect(machine.started).toHaveLength(1);
      expect(world.counts).toHaveLength(1);
    }
  });

  it("get no second execution although the first has failed before the second asks for it", async () => {
    const world = worldOn(memory());
    await open(world);
    const known: Known = { [world.id()]: failedOf(world) };
    const machine = machineWith(known);
    const name = `${world.id()}-c1`;
    const slow = failing(machine, "start", async ({ reach }) => {
      await goOn(world, machine, { by: "bob", reason: "mended too" });
      known[name] = failedOf(world);
      return reach();
    });
    expect(await goOn(world, slow)).toEqual({ outcome: "ALREADY_CONTINUED", execution: name });
    expect(machine.started).toHaveLength(1);
  });
});

describe("on the Step Functions protocol", () => {
  let machine: StateMachine;
  let stores: EmbeddedStores;
  let executions: Executions;
  beforeAll(async () => {
    machine = await stateMachine();
    stores = await embeddedStores(machine);
    executions = stepFunctionsExecutions(MACHINE_ARN, () => ALIAS_ARN, stores.settings.sfn);
  });
  afterAll(async () => {
    await stores.close();
    await machine.close();
  });

  async function failed(world: World): Promise<void> {
    machine.release("GateFailed");
    await executions.start(world.id(), startedWith(world));
    await machine.ended(world.id());
  }

  it("one execution runs when two ask at once, also if an answer is lost", async () => {
    for (const mishap of [undefined, answerLost(sdkError("TimeoutError"))]) {
      const world = worldOn(stores);
      await failed(world);
      machine.hold();
      const runs = machine.inputs.length;
      const mine = mishap ? failing(executions, "start", mishap) : executions;
      const ends = await Promise.allSettled([goOn(world, mine), goOn(world, executions)]);
      machine.release();
      await machine.ended(`${world.id()}-c1`);
      expect(ends[1]).toMatchObject({ status: "fulfilled", value: { execution: `${world.id()}-c1` } });
      expect(machine.inputs.slice(runs)).toEqual([startedWith(world)]);
      await expect(executions.describe(`${world.id()}-c2`)).resolves.toBeUndefined();
    }
  });

  it("redrive and show go by the continuation, also where the first execution is forgotten", async () => {
    const world = worldOn(stores);
    await failed(world);
    await goOn(world, executions);
    await machine.ended(`${world.id()}-c1`);
    const forgetful = failing(
      executions,
      "describe",
      ({ args, reach }) => (args[0] === world.id() ? Promise.resolve(undefined) : reach()),
      "always",
    );
    const ports = { ...world.ports(), executions: forgetful };
    const view = await showBatch({ batchId: world.id() }, ports);
    expect(view.execution).toMatchObject({ name: `${world.id()}-c1`, status: "FAILED" });
    machine.release();
    expect(await redriveBatch({ batchId: world.id(), ...ANN }, ports)).toEqual({
      execution: `${world.id()}-c1`,
    });
    await machine.ended(`${world.id()}-c1`);
  });

  it("redrive points at continue where every execution is forgotten", async () => {
    const world = worldOn(stores);
    await acquired(world, 0, 300 * DAY);
    await expect(
      redriveBatch({ batchId: world.id(), ...ANN }, { ...world.ports(), executions }),
    ).rejects.toMatchObject({
      name: "ExecutionNotRedrivable",
      message: expect.stringContaining("continue it"),
    });
  });

  it("show finds the execution before a continuation that was announced and never started", async () => {
    const world = worldOn(stores);
    await failed(world);
    await announced(world, 1);
    const view = await showBatch({ batchId: world.id() }, { ...world.ports(), executions });
    expect(view.execution?.name).toBe(world.id());
  });
});
