import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acquireLock } from "../../lambdas/billing-batch/acquire-lock/acquire-lock.ts";
import { closeBatch } from "../../lambdas/billing-batch/close-batch/close-batch.ts";
import { submitBankFile } from "../../lambdas/billing-batch/submit-bank-file/submit-bank-file.ts";
import {
  BatchAbandoned,
  BatchAbandoning,
  BatchClosed,
  BatchUnknown,
  DeployInProgress,
  EpochMismatch,
  LedgerBroken,
  LockHeld,
  StreamUnknown,
  SubmissionUnknown,
} from "../../lambdas/domain/faults.ts";
import type { FileStateName } from "../../lambdas/domain/records.ts";
import { abandonBatch } from "../../lambdas/operations/abandon-batch/abandon-batch.ts";
import { AT, batchItem, dueList, fileItem, heldBy, row, streamItem } from "../builders.ts";
import { type EmbeddedStores, embeddedStores } from "../embedded-stores.ts";
import { answerLost, failing, lost, sdkError } from "../port-faults.ts";
import {
  bytesOf,
  composed,
  filesOf,
  itemOf,
  layList,
  memory,
  pickUp,
  reconciled,
  type World,
  worldOn,
  type WorldPorts,
} from "../world.ts";

let stores: EmbeddedStores;
beforeAll(async () => {
  stores = await embeddedStores();
});
afterAll(() => stores.close());

const WHY = { by: "ann", reason: "the list was wrong" };
const DECISION = { ...WHY, at: AT };
const DEPLOYING = { id: "d-1", at: AT, by: "ci", streams: [] };

const abandon = (world: World, ports: WorldPorts = world.ports(), number = 1) =>
  abandonBatch({ batchId: world.id(number), ...WHY }, ports);
const submit = (world: World, fence = 1) =>
  submitBankFile({ batchId: world.id(), fence, timeLimitMs: 1000 }, world.ports());
const close = (world: World, fence = 1) => closeBatch({ batchId: world.id(), fence }, world.ports());
const record = (world: World, number = 1) => world.ledger.readBatch(world.id(number));
const kinds = async (world: World, files: readonly number[]) =>
  Promise.all(files.map(async (file) => (await world.ledger.readSubmission(world.id(), file))?.kind));

async function ready(states: readonly FileStateName[], over: Parameters<typeof reconciled>[2] = {}) {
  const world = worldOn(stores);
  await reconciled(world, states, over);
  return world;
}

const doubt = (world: World, why: string) =>
  new SubmissionUnknown(`file 01 of batch ${world.id()} may or may not be with the bank: ${why}`);

async function withIntent(world: World, file: number): Promise<void> {
  await world.ledger.createSubmission({
    batchId: world.id(),
    number: file,
    kind: "INTENT",
    nonce: "before",
    sha256: "x",
    at: AT,
  });
}

describe("abandoning a batch of which nothing was sent", () => {
  it("voids every file, ends the batch, frees the lock and keeps who decided it and why", async () => {
    const world = await ready(["RECONCILED", "COMPOSED"]);
    expect(await abandon(world)).toEqual({ outcome: "ABANDONED", withdrawn: [1, 2], kept: [], inDoubt: [] });
    expect(await kinds(world, [1, 2])).toEqual(["VOID", "VOID"]);
    expect(await record(world)).toMatchObject({ state: "ABANDONED", version: 2, abandoned: DECISION });
    expect((await world.ledger.readFiles(world.id())).map(({ state }) => state)).toEqual([
      "WITHDRAWN",
      "WITHDRAWN",
    ]);
    expect((await itemOf(world)).batch).toBeUndefined();
    expect(await world.ledger.readEvents(world.id())).toMatchObject([{ action: "abandon", ...WHY }]);
  });

  it("never ends a batch of which a file is anything but withdrawn", async () => {
    for (const state of ["SUBMITTED", "ACKNOWLEDGED", "REJECTED"] as const) {
      // A file that went so far without the mark of its submission cannot be: who finds it releases nothing.
      const { submitting: _forgotten, ...file } = fileItem({ state });
      const world = await ready([], { files: [file, fileItem({ number: 2 })] });
      await expect(abandon(world)).rejects.toThrow(LedgerBroken);
      await expect(abandon(world)).rejects.toThrow(`01 is ${state}, not WITHDRAWN`);
      expect((await record(world))?.state).toBe("OPEN");
      expect((await itemOf(world)).batch?.id).toBe(world.id());
      expect(await world.ledger.readFiles(world.id())).toEqual([]);
    }
  });

  it("ends a batch that never froze a file, and one whose record is missing", async () => {
    const early = await ready([], { files: undefined, verdict: undefined });
    expect(await abandon(early)).toEqual({ outcome: "ABANDONED", withdrawn: [], kept: [], inDoubt: [] });
    expect((await record(early))?.state).toBe("ABANDONED");

    const world = worldOn(stores);
    await world.ledger.writeStream(heldBy(world.id()), undefined);
    expect(await abandon(world)).toMatchObject({ outcome: "ABANDONED" });
    expect(await record(world)).toEqual({
      id: world.id(),
      version: 1,
      stream: world.stream.name,
      billingDate: "2026-10-06",
      number: 1,
      state: "ABANDONED",
      abandoned: DECISION,
    });
    expect((await itemOf(world)).batch).toBeUndefined();
  });

  it("ends a batch that never began, and it can never begin", async () => {
    const world = worldOn(stores);
    await layList(world, dueList([row()]));
    expect(await abandon(world)).toMatchObject({ outcome: "ABANDONED" });
    await expect(
      acquireLock(
        { batchId: world.id(), execution: "x", entered: "2026-10-05T20:00:00.000Z", retry: 0 },
        world.ports(),
      ),
    ).rejects.toThrow(BatchAbandoned);
    expect((await itemOf(world)).fence).toBe(1);
  });

  it("does not burn an id of which there is neither a record nor a due list", async () => {
    const world = worldOn(stores);
    await layList(world, dueList([row()]), 2);
    const [id, prefix] = [world.id(), `${world.stream.name}/2026-10-06/01/`];
    await expect(abandon(world)).rejects.toEqual(
      new BatchUnknown(`the ledger has no record of batch ${id}, and no due list lies under ${prefix}`),
    );
    expect(await world.ledger.readStream(world.stream.name)).toBeUndefined();
    expect(await record(world)).toBeUndefined();
    expect(await world.ledger.readEvents(world.id())).toEqual([]);
  });

  it("ends an open batch that has lost the lock, though its due list is gone", async () => {
    const world = worldOn(memory());
    await world.ledger.writeBatch(batchItem({ stream: world.stream.name }), undefined);
    expect(await abandon(world)).toMatchObject({ outcome: "ABANDONED" });
    expect((await record(world))?.state).toBe("ABANDONED");
  });

  it("takes the lock of a batch that is over, not of one that is open", async () => {
    for (const state of ["CLOSED", "ABANDONED"] as const) {
      const world = worldOn(stores);
      await world.ledger.writeStream(heldBy(world.id(1), {}, { fence: 4 }), undefined);
      await world.ledger.writeBatch(batchItem({ stream: world.stream.name, state }), undefined);
      await layList(world, dueList([row()]), 2);
      expect(await abandon(world, world.ports(), 2)).toMatchObject({ outcome: "ABANDONED" });
      expect(await itemOf(world)).toMatchObject({ fence: 5 });
    }
    const open = worldOn(stores);
    await open.ledger.writeStream(heldBy(open.id(1)), undefined);
    const before = await itemOf(open);
    await expect(abandon(open, open.ports(), 2)).rejects.toEqual(
      new LockHeld(`batch ${open.id(1)} has held the lock of stream ${open.stream.name} since ${AT}`),
    );
    expect(await itemOf(open)).toEqual(before);
    expect(await record(open, 2)).toBeUndefined();
  });

  it("takes no lock over that has a file in doubt on it, whatever its batch's record says", async () => {
    const world = worldOn(stores);
    const files = [fileItem({ state: "UNKNOWN" })];
    await world.ledger.writeStream(heldBy(world.id(1), { files }), undefined);
    await world.ledger.writeBatch(batchItem({ stream: world.stream.name, state: "CLOSED" }), undefined);
    await layList(world, dueList([row()]), 2);
    const before = await itemOf(world);
    await expect(abandon(world, world.ports(), 2)).rejects.toThrow(/^file 01 of batch .* is in doubt/);
    expect(await itemOf(world)).toEqual(before);
  });

  it("may be asked for again: nothing changes, and another batch that has the lock keeps it", async () => {
    const world = await ready(["RECONCILED"]);
    await abandon(world);
    expect(await abandon(world)).toEqual({ outcome: "ABANDONED", withdrawn: [], kept: [], inDoubt: [] });
    const { version } = await itemOf(world);
    await world.ledger.writeStream({ ...heldBy(world.id(2)), version: version + 1 }, version);
    const before = await itemOf(world);
    expect(await abandon(world)).toMatchObject({ outcome: "ABANDONED" });
    expect(await itemOf(world)).toEqual(before);
  });

  it("works while the stream is paused or deploying, and lifts neither", async () => {
    const world = await ready(["RECONCILED"], { paused: DECISION });
    const before = await itemOf(world);
    await world.ledger.writeStream({ ...before, version: 2, deploying: DEPLOYING }, 1);
    await abandon(world);
    const after = await itemOf(world);
    expect(after).toMatchObject({ paused: DECISION, deploying: DEPLOYING });
    expect(after).not.toHaveProperty("batch");
  });

  it("takes no free lock while a deployment holds the stream, and says which", async () => {
    const world = worldOn(stores);
    await layList(world, dueList([row()]));
    const held = streamItem({ stream: world.stream.name, deploying: DEPLOYING });
    await world.ledger.writeStream(held, undefined);
    await expect(abandon(world)).rejects.toThrow(
      new DeployInProgress(`deployment d-1 holds stream ${world.stream.name}`),
    );
    expect(await itemOf(world)).toEqual(held);
    expect(await record(world)).toBeUndefined();
    const { deploying: _, ...free } = held;
    await world.ledger.writeStream({ ...free, version: 2 }, 1);
    expect(await abandon(world)).toMatchObject({ outcome: "ABANDONED" });
  });

  it("releases its claims to the next batch, which debits each once", async () => {
    const world = worldOn(stores);
    const list = dueList([row({ mandate_id: `${world.stream.name}.m` })]);
    await layList(world, list, 1);
    await layList(world, list, 2);
    await composed(world, 1);
    await abandon(world);
    await composed(world, 2);
    const [claim] = await world.ledger.readClaimsNamed([
      { mandateId: `${world.stream.name}.m`, dueDate: "2026-10-06", attempt: 1 },
    ]);
    expect(claim).toMatchObject({ batchId: world.id(2), line: 1, attempt: 1 });
    expect((await filesOf(world)).map(({ debits }) => debits)).toEqual([1]);
  });
});

describe("abandoning a batch of which something was sent", () => {
  it("withdraws the other files, keeps the lock without the flag, and lets the batch close", async () => {
    const world = await ready(["SUBMITTED", "RECONCILED", "RECONCILED"]);
    expect(await abandon(world)).toEqual({ outcome: "OPEN", withdrawn: [2, 3], kept: [1], inDoubt: [] });
    expect((await filesOf(world)).map(({ state }) => state)).toEqual(["SUBMITTED", "WITHDRAWN", "WITHDRAWN"]);
    const { batch } = await itemOf(world);
    expect(batch?.id).toBe(world.id());
    expect(batch?.abandoning).toBeUndefined();
    expect((await record(world))?.state).toBe("OPEN");
    expect(await submit(world)).toEqual({ submitted: 1, withdrawn: 2, rejected: 0 });
    expect(await close(world)).toMatchObject({ submitted: { count: 1 }, withdrawn: { count: 2 } });
    await expect(abandon(world)).rejects.toThrow(BatchClosed);
  });

  it("never ends a batch ABANDONED of which a file was ever past RECONCILED, though all are withdrawn", async () => {
    const world = await ready(["SUBMITTING", "RECONCILED"]);
    const begun = (await filesOf(world))[0]?.submitting;
    expect(begun).toBeDefined();
    expect(await abandon(world)).toEqual({ outcome: "OPEN", withdrawn: [1, 2], kept: [], inDoubt: [] });
    expect((await filesOf(world))[0]?.submitting).toEqual(begun);
    expect(await close(world)).toMatchObject({
      withdrawn: { count: 2 },
      note: expect.stringMatching(/Nothing was submitted/),
    });
    for (const state of ["SUBMITTED", "ACKNOWLEDGED", "REJECTED"] as const) {
      const sent = await ready([state]);
      expect(await abandon(sent)).toMatchObject({ outcome: "OPEN" });
      expect((await record(sent))?.state).toBe("OPEN");
    }
  });

  it("finds a delivery that nobody has confirmed", async () => {
    const world = await ready(["SUBMITTING", "RECONCILED"]);
    await withIntent(world, 1);
    await world.overwrite("outbound", pickUp(world), bytesOf(1));
    expect(await abandon(world)).toEqual({ outcome: "OPEN", withdrawn: [2], kept: [1], inDoubt: [] });
    expect((await filesOf(world)).map(({ state }) => state)).toEqual(["SUBMITTED", "WITHDRAWN"]);
  });

  it("leaves an intent alone of which nobody can tell, and voids the files behind it all the same", async () => {
    const world = await ready(["UNKNOWN", "RECONCILED"]);
    await withIntent(world, 1);
    expect(await abandon(world)).toEqual({ outcome: "OPEN", withdrawn: [2], kept: [1], inDoubt: [1] });
    expect((await record(world))?.state).toBe("OPEN");
    expect(await kinds(world, [1, 2])).toEqual(["INTENT", "VOID"]);
    expect((await filesOf(world)).map(({ state }) => state)).toEqual(["UNKNOWN", "WITHDRAWN"]);
    await expect(submit(world)).rejects.toThrow(SubmissionUnknown);
  });

  it("does not void a file whose bytes lie where the bank picks them up, though the ledger says it was never begun", async () => {
    const world = await ready(["RECONCILED"]);
    await world.overwrite("outbound", pickUp(world), bytesOf(1));
    await expect(abandon(world)).rejects.toEqual(
      doubt(world, "its bytes lie under its key although it was never begun"),
    );
    expect(await kinds(world, [1])).toEqual([undefined]);
    expect((await record(world))?.state).toBe("OPEN");
  });

  it("does not decide what an intent means that stands although its file was never begun", async () => {
    const world = await ready(["RECONCILED"]);
    await withIntent(world, 1);
    await expect(abandon(world)).rejects.toEqual(
      doubt(world, "it has an intent although it was never begun"),
    );
    expect((await record(world))?.state).toBe("OPEN");
    expect((await filesOf(world))[0]?.state).toBe("RECONCILED");
    await expect(submit(world)).rejects.toThrow(BatchAbandoning);
  });

  it("does not end a batch whose lock has forgotten its files although the ledger holds an intent", async () => {
    // As after a restore, or after an item was written by hand: the claims must not be released.
    const world = await ready([], { files: undefined, verdict: undefined });
    await withIntent(world, 1);
    await expect(abandon(world)).rejects.toEqual(
      doubt(world, "the ledger holds its intent, and the lock has forgotten its files"),
    );
    expect((await record(world))?.state).toBe("OPEN");
  });

  it("names a file in doubt that it could not even take down as UNKNOWN, and counts it", async () => {
    const world = worldOn(memory());
    await reconciled(world, ["SUBMITTING", "RECONCILED"]);
    const silent = failing(world.objects, "versions", lost(sdkError("TimeoutError")));
    expect(await abandon(world, world.ports({ objects: silent }))).toEqual({
      outcome: "OPEN",
      withdrawn: [2],
      kept: [1],
      inDoubt: [1],
    });
    expect((await filesOf(world)).map(({ state }) => state)).toEqual(["SUBMITTING", "WITHDRAWN"]);
    expect(world.counts).toContainEqual(["SubmissionUnknown", world.stream.name, 1]);
  });

  it("lets a fault out that says more than that a file is in doubt", async () => {
    const world = worldOn(memory());
    await reconciled(world, ["SUBMITTING"]);
    const [file] = await filesOf(world);
    const { submitting: _gone, ...rest } = file ?? fileItem();
    const item = await itemOf(world);
    const batch = { ...(item.batch as NonNullable<typeof item.batch>), files: [rest] };
    await world.ledger.writeStream({ ...item, batch, version: 2 }, 1);
    await expect(abandon(world)).rejects.toEqual(
      new LedgerBroken(
        `file 01 of batch ${world.id()} was never begun, so that there is no key to look under`,
      ),
    );
  });

  it("ends nothing while the ledger's epoch is not the configured one: it may have forgotten submissions", async () => {
    const world = await ready(["RECONCILED"]);
    const ports = world.ports({ configuration: { ...world.configuration, epoch: 2 } });
    await expect(abandon(world, ports)).rejects.toEqual(
      new EpochMismatch("the ledger's epoch is 1, the configuration's is 2"),
    );
    expect((await record(world))?.state).toBe("OPEN");
  });
});

describe("abandoning", () => {
  it("refuses a batch that is closed, a batch id that is none and a stream that is not configured", async () => {
    const world = worldOn(memory());
    await world.ledger.writeBatch(batchItem({ stream: world.stream.name, state: "CLOSED" }), undefined);
    await expect(abandon(world)).rejects.toEqual(new BatchClosed(`batch ${world.id()} is closed`));
    await expect(abandonBatch({ batchId: "x", ...WHY }, world.ports())).rejects.toEqual(
      new BatchUnknown("the batch id is not <stream>-<yyyy-mm-dd>-<nn>"),
    );
    await expect(abandonBatch({ batchId: "nobody-2026-10-06-01", ...WHY }, world.ports())).rejects.toThrow(
      StreamUnknown,
    );
  });

  it("stops every later submission with its first write", async () => {
    const world = await ready(["RECONCILED", "RECONCILED"]);
    const ports = world.ports();
    const error = sdkError("the process dies");
    const ledger = failing(ports.ledger, "createEvent", answerLost(error));
    await expect(abandon(world, { ...ports, ledger })).rejects.toBe(error);
    await expect(submit(world)).rejects.toThrow(BatchAbandoning);
    await expect(close(world)).rejects.toThrow(BatchAbandoning);
    expect(await world.objects.versions("outbound", pickUp(world))).toEqual([]);
    expect(await abandon(world)).toMatchObject({ outcome: "ABANDONED" });
  });

  /** A world of which a call's write is overtaken by what somebody else has done in between. */
  async function overtaken(
    method: "createSubmission" | "writeBatch",
    meanwhile: (world: World) => Promise<void>,
    prepare: (world: World) => Promise<unknown> = (world) => reconciled(world, ["RECONCILED"]),
  ) {
    const world = worldOn(memory());
    await prepare(world);
    const ledger = failing(world.ledger, method, async ({ reach }) => {
      await meanwhile(world);
      return reach();
    });
    return { world, call: abandon(world, world.ports({ ledger })) };
  }

  it("finds a file withdrawn that another call has withdrawn in between", async () => {
    const { world, call } = await overtaken("createSubmission", async (other) => {
      const item = await itemOf(other);
      const files = item.batch?.files?.map((file) => ({ ...file, state: "WITHDRAWN" as const })) ?? [];
      const batch = { ...(item.batch as NonNullable<typeof item.batch>), files };
      await other.ledger.writeStream({ ...item, batch, version: item.version + 1 }, item.version);
    });
    expect(await call).toMatchObject({ outcome: "ABANDONED", withdrawn: [1] });
    expect((await record(world))?.state).toBe("ABANDONED");
  });

  it("finds the batch ended that another call has ended in between, with a record or without one", async () => {
    const end = async (other: World) => {
      const seen = await record(other);
      const ended = { ...(seen ?? batchItem({ stream: other.stream.name })), state: "ABANDONED" as const };
      await other.ledger.writeBatch({ ...ended, version: (seen?.version ?? 0) + 1 }, seen?.version);
    };
    const withoutRecord = (world: World) => world.ledger.writeStream(heldBy(world.id()), undefined);
    for (const [prepare, version] of [
      [undefined, 2],
      [withoutRecord, 1],
    ] as const) {
      const { world, call } = await overtaken("writeBatch", end, prepare);
      expect(await call).toMatchObject({ outcome: "ABANDONED" });
      expect(await record(world)).toMatchObject({ state: "ABANDONED", version });
      expect((await itemOf(world)).batch).toBeUndefined();
    }
  });

  it("does not end a batch that was closed in between", async () => {
    const { world, call } = await overtaken("writeBatch", async (other) => {
      const seen = (await record(other)) ?? batchItem();
      await other.ledger.writeBatch({ ...seen, state: "CLOSED", version: 2 }, 1);
    });
    await expect(call).rejects.toThrow(`batch ${world.id()} is CLOSED: "abandon" leads nowhere from there`);
  });

  it("gives back no lock that is another batch's by then, or free", async () => {
    for (const holder of ["another", "nobody"]) {
      const { world, call } = await overtaken("writeBatch", async (other) => {
        const { batch: _batch, ...item } = await itemOf(other);
        const next = holder === "nobody" ? item : { ...item, ...heldBy(other.id(2)) };
        await other.ledger.writeStream({ ...next, version: item.version + 1 }, item.version);
      });
      expect(await call).toMatchObject({ outcome: "ABANDONED" });
      expect((await itemOf(world)).batch?.id).toBe(holder === "nobody" ? undefined : world.id(2));
    }
  });

  it("is decided by whoever was first, when two people ask at once", async () => {
    const world = await ready(["RECONCILED"]);
    const ends = await Promise.allSettled([abandon(world), abandon(world)]);
    expect(ends.some(({ status }) => status === "fulfilled")).toBe(true);
    expect((await record(world))?.state).toBe("ABANDONED");
    expect((await itemOf(world)).batch).toBeUndefined();
    expect((await record(world))?.version).toBe(2);
  });
});
