import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stepFunctionsExecutions } from "../../lambdas/adapters/executions.ts";
import { acquireLock } from "../../lambdas/billing-batch/acquire-lock/acquire-lock.ts";
import { closeBatch } from "../../lambdas/billing-batch/close-batch/close-batch.ts";
import { submitBankFile } from "../../lambdas/billing-batch/submit-bank-file/submit-bank-file.ts";
import { BatchUnknown, ExecutionNotEnded, StreamPaused, StreamUnknown } from "../../lambdas/domain/faults.ts";
import { abandonBatch } from "../../lambdas/operations/abandon-batch/abandon-batch.ts";
import { pauseStream } from "../../lambdas/operations/pause-stream/pause-stream.ts";
import { redriveBatch } from "../../lambdas/operations/redrive-batch/redrive-batch.ts";
import { resumeStream } from "../../lambdas/operations/resume-stream/resume-stream.ts";
import { showBatch } from "../../lambdas/operations/show-batch/show-batch.ts";
import type { Executions } from "../../lambdas/ports.ts";
import { AT, dueList, row } from "../builders.ts";
import { type EmbeddedStores, embeddedStores } from "../embedded-stores.ts";
import { answerLost, failing, lost, sdkError } from "../port-faults.ts";
import { ALIAS_ARN, MACHINE_ARN, stateMachine, type StateMachine } from "../state-machine.ts";
import { composed, itemOf, layList, memory, reconciled, type World, worldOn } from "../world.ts";

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

const ANN = { by: "ann", reason: "a drill" };
const BOB = { by: "bob", reason: "it is over" };

const pause = (world: World, who = ANN) => pauseStream({ stream: world.stream.name, ...who }, world.ports());
const resume = (world: World, who = BOB) =>
  resumeStream({ stream: world.stream.name, ...who }, world.ports());
const show = (world: World, number = 1) =>
  showBatch({ batchId: world.id(number) }, { ...world.ports(), executions });
const redrive = (world: World) =>
  redriveBatch({ batchId: world.id(), ...ANN }, { ...world.ports(), executions });

describe("pausing a stream", () => {
  it("stops acquiring and submitting, until it is resumed", async () => {
    const world = worldOn(stores);
    await reconciled(world, ["RECONCILED"]);
    expect(await pause(world)).toEqual({ paused: { ...ANN, at: AT } });
    const submit = () => submitBankFile({ batchId: world.id(), fence: 1, timeLimitMs: 1 }, world.ports());
    await expect(submit()).rejects.toThrow(StreamPaused);
    await layList(world, dueList([row()]), 2);
    await expect(
      acquireLock(
        { batchId: world.id(2), execution: "x", entered: "2026-10-05T20:00:00.000Z", retry: 0 },
        world.ports(),
      ),
    ).rejects.toThrow(StreamPaused);
    expect(await resume(world)).toEqual({ ended: { ...ANN, at: AT } });
    expect((await itemOf(world)).paused).toBeUndefined();
    const about = { stream: world.stream.name, at: AT };
    expect(await world.ledger.readStreamEvents(world.stream.name)).toEqual([
      { ...about, action: "pause", ...ANN, nonce: expect.any(String) },
      { ...about, action: "resume", ...BOB, nonce: expect.any(String) },
    ]);
    expect((await show(world)).streamEvents).toMatchObject([{ action: "pause" }, { action: "resume" }]);
    expect(await submit()).toMatchObject({ submitted: 1 });
  });

  it("keeps the first pause when a second is asked for, and what the batch has decided", async () => {
    const world = worldOn(stores);
    await reconciled(world, ["RECONCILED"]);
    const { batch } = await itemOf(world);
    await pause(world);
    expect(await pause(world, BOB)).toEqual({ paused: { ...ANN, at: AT } });
    await resume(world);
    expect(await itemOf(world)).toMatchObject({ version: 3, fence: 1, batch });
    // What changed nothing leaves no trace of a decision.
    const trail = await world.ledger.readStreamEvents(world.stream.name);
    expect(trail.map(({ action, by }) => `${action} ${by}`)).toEqual(["pause ann", "resume bob"]);
  });

  it("works on a stream that the ledger has never heard of, and is ended only where there is one", async () => {
    const world = worldOn(stores);
    expect(await resume(world)).toEqual({});
    expect(await world.ledger.readStream(world.stream.name)).toBeUndefined();
    await pause(world);
    expect(await itemOf(world)).toMatchObject({ version: 1, fence: 0, paused: ANN });
  });

  it("is found done, whatever its answers were", async () => {
    for (const mishap of [lost(sdkError("TimeoutError")), answerLost(sdkError("TimeoutError"))]) {
      const world = worldOn(memory());
      const ports = world.ports();
      const ledger = failing(ports.ledger, "writeStream", mishap);
      await pauseStream({ stream: world.stream.name, ...ANN }, { ...ports, ledger });
      const again = failing(ports.ledger, "writeStream", mishap);
      expect(
        await resumeStream({ stream: world.stream.name, ...BOB }, { ...ports, ledger: again }),
      ).toMatchObject({ ended: ANN });
    }
  });

  it("is in the trail before it takes effect, once, whatever its answers were", async () => {
    const world = worldOn(memory());
    const ports = world.ports();
    const name = world.stream.name;
    const refused = failing(ports.ledger, "createStreamEvent", lost(sdkError("TimeoutError")));
    await expect(pauseStream({ stream: name, ...ANN }, { ...ports, ledger: refused })).rejects.toThrow(
      "TimeoutError",
    );
    expect(await world.ledger.readStream(name)).toBeUndefined();
    const busy = failing(ports.ledger, "writeStream", lost(sdkError("ThrottlingException")));
    await pauseStream({ stream: name, ...ANN }, { ...ports, ledger: busy });
    await expect(
      resumeStream({ stream: name, ...BOB }, { ...ports, ledger: refused }),
    ).resolves.toMatchObject({ ended: ANN });
    const trail = await world.ledger.readStreamEvents(name);
    expect(trail.map(({ action }) => action)).toEqual(["pause", "resume"]);
  });

  it("is refused for a stream that is not configured", async () => {
    const world = worldOn(memory());
    await expect(pauseStream({ stream: "nobody", ...ANN }, world.ports())).rejects.toThrow(StreamUnknown);
    await expect(resumeStream({ stream: "valueOf", ...ANN }, world.ports())).rejects.toThrow(StreamUnknown);
  });
});

describe("showing a batch", () => {
  it("tells what the ledger says while the batch is open", async () => {
    const world = worldOn(stores);
    await layList(
      world,
      dueList([row({ mandate_id: `${world.stream.name}.m` }), row({ bsb: "x", mandate_id: "x" })]),
    );
    await composed(world);
    const view = await show(world);
    expect(view).toMatchObject({
      batchId: world.id(),
      record: { state: "OPEN" },
      stream: { fence: 1, epoch: 1, lock: { batchId: world.id(), since: AT, abandoning: false } },
      files: [{ number: 1, state: "COMPOSED" }],
      staged: { count: 1, cents: 4995 },
      // The amount of a row whose BSB is none might be a bank account.
      excluded: { count: 1, cents: 0 },
      events: [{ action: "acquired with fence 1" }],
    });
    expect(view.execution).toBeUndefined();
    expect(view.report).toBeUndefined();
    // The manifest's total, less this, would be the amount that no sum tells.
    expect(view.record?.dueList?.cents).toBe(4995);
    expect(JSON.stringify(view)).not.toContain("totalCents");
    expect(JSON.stringify(view)).not.toMatch(/12345678|083-170|NGUYEN|c-1/);
  });

  it("tells a closed batch's files from its own records, though its lock is another's", async () => {
    const world = worldOn(stores);
    await reconciled(world, ["SUBMITTED"]);
    await closeBatch({ batchId: world.id(), fence: 1 }, world.ports());
    await layList(world, dueList([row()]), 2);
    await acquireLock(
      { batchId: world.id(2), execution: "x", entered: "2026-10-05T20:00:00.000Z", retry: 0 },
      world.ports(),
    );
    const view = await show(world);
    expect(view).toMatchObject({
      record: { state: "CLOSED", ending: { submitted: { count: 1 } } },
      stream: { lock: { batchId: world.id(2) } },
      files: [{ number: 1, state: "SUBMITTED" }],
      report: { content: { status: "CLOSED", number: 2 } },
    });
  });

  it("tells of a batch that is being abandoned, of one that was, and of one that nobody knows", async () => {
    const world = worldOn(stores);
    await reconciled(world, ["RECONCILED"], { abandoning: { ...ANN, at: AT } });
    expect(await show(world)).toMatchObject({ stream: { lock: { abandoning: true } } });
    await abandonBatch({ batchId: world.id(), ...ANN }, world.ports());
    expect(await show(world)).toMatchObject({
      record: { state: "ABANDONED", abandoned: ANN },
      files: [{ state: "WITHDRAWN" }],
    });
    const none = { count: 0, cents: 0 };
    const strange = worldOn(stores);
    expect(await show(strange)).toEqual({
      batchId: strange.id(),
      timeZone: "Australia/Sydney",
      files: [],
      inDoubt: [],
      staged: none,
      excluded: none,
      events: [],
      streamEvents: [],
      proposals: [],
    });
    await expect(showBatch({ batchId: "x" }, { ...world.ports(), executions })).rejects.toThrow(BatchUnknown);
  });

  it("tells the newest execution with its error", async () => {
    const world = worldOn(stores);
    machine.release("StaleFence");
    await executions.start(world.id(), {});
    await machine.ended(world.id());
    machine.release();
    await executions.start(`${world.id()}-c1`, {});
    await machine.ended(`${world.id()}-c1`);
    expect((await show(world)).execution).toEqual({
      name: `${world.id()}-c1`,
      status: "SUCCEEDED",
      input: "{}",
    });
    const first = await executions.describe(world.id());
    expect(first).toMatchObject({ name: world.id(), status: "FAILED", error: "StaleFence" });
  });
});

describe("redriving a batch", () => {
  it("starts the newest failed execution again, and keeps who wanted it and why before it does", async () => {
    const world = worldOn(stores);
    machine.release("GateFailed");
    await executions.start(world.id(), { batchId: world.id() });
    await machine.ended(world.id());
    const runs = machine.inputs.length;
    const refused = failing(executions, "redrive", lost(sdkError("TimeoutError")));
    const ports = { ...world.ports(), executions: refused };
    await expect(redriveBatch({ batchId: world.id(), ...ANN }, ports)).rejects.toThrow("TimeoutError");
    expect(await world.ledger.readEvents(world.id())).toMatchObject([{ action: "redrive", ...ANN }]);
    machine.release();
    expect(await redrive(world)).toEqual({ execution: world.id() });
    await machine.ended(world.id());
    expect(machine.inputs.slice(runs)).toEqual([{ batchId: world.id() }]);
    expect((await executions.describe(world.id()))?.status).toBe("SUCCEEDED");
  });

  it("is refused while the execution runs, and where there is none", async () => {
    const world = worldOn(stores);
    await expect(redrive(world)).rejects.toThrow(BatchUnknown);
    await expect(redriveBatch({ batchId: "x", ...ANN }, { ...world.ports(), executions })).rejects.toThrow(
      BatchUnknown,
    );
    machine.hold();
    await executions.start(world.id(), {});
    await expect(redrive(world)).rejects.toThrow(ExecutionNotEnded);
    machine.release();
    await machine.ended(world.id());
    expect(await world.ledger.readEvents(world.id())).toEqual([]);
  });

  it("is refused for an execution that has succeeded, and leaves no trace of a decision without effect", async () => {
    const world = worldOn(stores);
    machine.release();
    await executions.start(world.id(), {});
    await machine.ended(world.id());
    const runs = machine.inputs.length;
    await expect(redrive(world)).rejects.toThrow(/SUCCEEDED/);
    expect(machine.inputs.length).toBe(runs);
    expect(await world.ledger.readEvents(world.id())).toEqual([]);
  });

  it("runs once when two people ask at once", async () => {
    const world = worldOn(stores);
    machine.release("GateFailed");
    await executions.start(world.id(), {});
    await machine.ended(world.id());
    machine.hold();
    const runs = machine.inputs.length;
    const ends = await Promise.allSettled([redrive(world), redrive(world)]);
    machine.release();
    await machine.ended(world.id());
    expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(machine.inputs.length).toBe(runs + 1);
  });
});
