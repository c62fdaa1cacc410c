import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sameList } from "../../lambdas/due-list-identity.ts";
import { acquireLock } from "../../lambdas/billing-batch/acquire-lock/acquire-lock.ts";
import {
  BatchAbandoned,
  BatchAbandoning,
  BatchUnknown,
  DeployInProgress,
  DueListMismatch,
  DueListMissing,
  EpochMismatch,
  LedgerBroken,
  LockHeld,
  StaleFence,
  StreamPaused,
  StreamUnknown,
} from "../../lambdas/domain/faults.ts";
import type { StreamItem } from "../../lambdas/domain/records.ts";
import { ConditionRefused } from "../../lambdas/ports.ts";
import { AT, batchItem, dueList, fileItem, heldBy, row, streamItem } from "../builders.ts";
import { type EmbeddedStores, embeddedStores } from "../embedded-stores.ts";
import {
  answerLost,
  befallen,
  callsOf,
  failing,
  LateCalls,
  lost,
  sdkError,
  SOME_ERRORS,
} from "../port-faults.ts";
import { itemOf, layList, memory, type World, worldOn, type WorldPorts } from "../world.ts";

let stores: EmbeddedStores;
beforeAll(async () => {
  stores = await embeddedStores();
});
afterAll(() => stores.close());

const LIST = dueList([row()]);
const OTHER_LIST = dueList([row({ amount_cents: "4996" })]);

const acquire = (world: World, ports: WorldPorts = world.ports(), number = 1) =>
  acquireLock(
    {
      batchId: world.id(number),
      execution: `execution of ${world.id(number)}`,
      entered: "2026-10-05T20:00:00.000Z",
      retry: 0,
    },
    ports,
  );

async function worldWithLists(...numbers: number[]): Promise<World> {
  const world = worldOn(stores);
  for (const number of numbers) await layList(world, LIST, number);
  return world;
}

const write = (world: World, over: Partial<StreamItem>) =>
  world.ledger.writeStream(streamItem({ stream: world.stream.name, ...over }), undefined);

describe("AcquireLock", () => {
  it("takes a free lock with the first fence, pins the due list and says who took it", async () => {
    const world = await worldWithLists(1);
    expect(await acquire(world)).toEqual({ outcome: "ACQUIRED", fence: 1 });
    const item = await itemOf(world);
    expect(item).toMatchObject({
      version: 1,
      fence: 1,
      epoch: 1,
      batch: { id: world.id(), nonce: item.nonce },
    });
    const record = await world.ledger.readBatch(world.id());
    expect(record).toMatchObject({
      state: "OPEN",
      version: 1,
      number: 1,
      stream: world.stream.name,
      openedAt: AT,
    });
    const { sha256, count, totalCents } = JSON.parse(LIST.manifest.toString("utf8"));
    expect(record?.dueList).toEqual({
      prefix: `${world.stream.name}/2026-10-06/01/`,
      sha256,
      count,
      totalCents,
    });
    expect(await world.ledger.readEvents(world.id())).toMatchObject([
      { action: "acquired with fence 1", by: `execution of ${world.id()}` },
    ]);
  });

  it("raises the fence of its own batch with every acquire, and keeps what the batch has decided", async () => {
    const world = await worldWithLists(1);
    await acquire(world);
    const before = await itemOf(world);
    await world.ledger.writeStream(
      { ...before, version: 2, batch: { ...before.batch, files: [] } as never },
      1,
    );
    expect(await acquire(world)).toEqual({ outcome: "ACQUIRED", fence: 2 });
    expect((await itemOf(world)).batch).toMatchObject({
      id: world.id(),
      since: before.batch?.since,
      files: [],
    });
    expect((await itemOf(world)).batch?.nonce).not.toBe(before.batch?.nonce);
  });

  it("takes no lock from a batch that is open, nor from one whose record is missing", async () => {
    const world = await worldWithLists(1, 2);
    await acquire(world);
    const held = await itemOf(world);
    await expect(acquire(world, world.ports(), 2)).rejects.toThrow(LockHeld);
    expect(await itemOf(world)).toEqual(held);

    const other = await worldWithLists(2);
    await other.ledger.writeStream(heldBy(other.id(1)), undefined);
    await expect(acquire(other, other.ports(), 2)).rejects.toThrow(LockHeld);
    expect((await itemOf(other)).batch?.id).toBe(other.id(1));
  });

  it("counts the lock of a batch that is closed or abandoned as free, and takes nothing over but the fence", async () => {
    for (const state of ["CLOSED", "ABANDONED"] as const) {
      const world = await worldWithLists(2);
      const over = { abandoning: { by: "ann", reason: "why", at: AT }, files: [] };
      await world.ledger.writeStream(heldBy(world.id(1), over, { fence: 7, version: 4 }), undefined);
      await world.ledger.writeBatch(batchItem({ stream: world.stream.name, state }), undefined);
      expect(await acquire(world, world.ports(), 2)).toEqual({ outcome: "ACQUIRED", fence: 8 });
      const { batch, version } = await itemOf(world);
      expect(version).toBe(5);
      expect(batch).toEqual({
        id: world.id(2),
        nonce: expect.any(String),
        since: AT,
        turn: { entered: "2026-10-05T20:00:00.000Z", retry: 0 },
      });
    }
  });

  it.each(["SUBMITTING", "UNKNOWN"] as const)(
    "takes no lock over that has a file %s on it, whatever its batch's record says",
    async (state) => {
      for (const over of ["CLOSED", "ABANDONED"] as const) {
        const world = await worldWithLists(2);
        const files = [fileItem({ number: 1, state: "SUBMITTED" }), fileItem({ number: 2, state })];
        await world.ledger.writeStream(heldBy(world.id(1), { files }), undefined);
        await world.ledger.writeBatch(batchItem({ stream: world.stream.name, state: over }), undefined);
        const before = await itemOf(world);
        await expect(acquire(world, world.ports(), 2)).rejects.toThrow(
          new LockHeld(`file 02 of batch ${world.id(1)} is in doubt, and keeps its lock`),
        );
        expect(await itemOf(world)).toEqual(before);
      }
    },
  );

  it("reads the stream's item before any batch record", async () => {
    const world = await worldWithLists(1);
    const methods = await callsOf(world.ports(), (ports) => acquire(world, ports));
    const ledger = methods.filter(
      (method) => method.startsWith("readStream") || method.startsWith("readBatch"),
    );
    expect(ledger[0]).toBe("readStream");
  });

  it("does not acquire a batch again that was closed and released between its two reads", async () => {
    const world = await worldWithLists(1);
    await acquire(world);
    const ports = world.ports();
    const ledger = failing(ports.ledger, "readStream", async ({ reach }) => {
      const seen = await reach();
      // The twin closes the batch and frees the lock here, between the two reads.
      const record = await world.ledger.readBatch(world.id());
      if (record) await world.ledger.writeBatch({ ...record, version: 2, state: "CLOSED" }, 1);
      const { batch: _, ...free } = await itemOf(world);
      await world.ledger.writeStream({ ...free, version: 2 }, 1);
      return seen;
    });
    expect(await acquire(world, { ...ports, ledger })).toMatchObject({ outcome: "ALREADY_CLOSED" });
    expect((await itemOf(world)).batch).toBeUndefined();
  });

  it("says of a closed batch with the same list that it is closed, also while another holds the lock", async () => {
    const world = await worldWithLists(1, 2);
    await acquire(world);
    const record = await world.ledger.readBatch(world.id());
    if (record) await world.ledger.writeBatch({ ...record, version: 2, state: "CLOSED" }, 1);
    await acquire(world, world.ports(), 2);
    expect(await acquire(world)).toEqual({ outcome: "ALREADY_CLOSED", fence: 2 });
    expect((await itemOf(world)).batch?.id).toBe(world.id(2));
  });

  it("refuses the same batch id with other bytes, open or closed, and names both figures", async () => {
    const world = await worldWithLists(1);
    await acquire(world);
    await layList(world, OTHER_LIST);
    await expect(acquire(world)).rejects.toThrow(DueListMismatch);
    await expect(acquire(world)).rejects.toThrow(
      /1 rows, SHA-256 [0-9a-f]{12}…, mark .*1 rows, SHA-256 [0-9a-f]{12}…, mark [0-9a-f]{12}…$/,
    );
    const record = await world.ledger.readBatch(world.id());
    if (record) await world.ledger.writeBatch({ ...record, version: 2, state: "CLOSED" }, 1);
    await expect(acquire(world)).rejects.toThrow(DueListMismatch);
    expect((await itemOf(world)).fence).toBe(1);
  });

  it("refuses a batch that was abandoned, with or without the same list", async () => {
    const world = await worldWithLists(1);
    const { dueList: _, ...neverBegan } = batchItem({ stream: world.stream.name, state: "ABANDONED" });
    await world.ledger.writeBatch(neverBegan, undefined);
    await expect(acquire(world)).rejects.toThrow(BatchAbandoned);
    expect(await world.ledger.readStream(world.stream.name)).toBeUndefined();
  });

  it("refuses while its batch is being abandoned, its stream is paused, a deployment is on or the epoch is another", async () => {
    const decision = { by: "ann", reason: "why", at: AT };
    const refusals: [Partial<StreamItem>, new (message: string) => Error][] = [
      [{ paused: decision }, StreamPaused],
      [{ deploying: { id: "d-1", at: AT, by: "ci", streams: [] } }, DeployInProgress],
      [{ epoch: 2 }, EpochMismatch],
    ];
    for (const [over, fault] of refusals) {
      const world = await worldWithLists(1);
      await write(world, over);
      const before = await itemOf(world);
      await expect(acquire(world)).rejects.toThrow(fault);
      expect(await itemOf(world)).toEqual(before);
      expect(await world.ledger.readBatch(world.id())).toBeUndefined();
    }
    const world = await worldWithLists(1);
    await world.ledger.writeStream(heldBy(world.id(), { abandoning: decision }), undefined);
    await expect(acquire(world)).rejects.toThrow(BatchAbandoning);
  });

  it("refuses an epoch that the ledger has not reached, also on a stream without an item", async () => {
    const world = await worldWithLists(1);
    const ports = world.ports({ configuration: { ...world.configuration, epoch: 2 } });
    await expect(acquire(world, ports)).rejects.toThrow(EpochMismatch);
    expect(await world.ledger.readStream(world.stream.name)).toBeUndefined();
  });

  it("refuses a batch id that is none, and a stream that is not configured, even one that every object has", async () => {
    const world = await worldWithLists(1);
    const run = (batchId: string) =>
      acquireLock({ batchId, execution: "x", entered: "2026-10-05T20:00:00.000Z", retry: 0 }, world.ports());
    for (const id of ["", "au-cba", `${world.id()}x`, "au-cba-2026-02-30-01", "au-cba-2026-10-06-00"]) {
      await expect(run(id)).rejects.toThrow(BatchUnknown);
    }
    await expect(run("nobody-2026-10-06-01")).rejects.toThrow(StreamUnknown);
    await expect(run("constructor-2026-10-06-01")).rejects.toThrow(StreamUnknown);
  });

  it("refuses a list without manifest or rows, and a manifest that cannot be read, before it touches the lock", async () => {
    const prefix = (world: World) => `${world.stream.name}/2026-10-06/01/`;
    const world = worldOn(stores);
    await expect(acquire(world)).rejects.toThrow(DueListMissing);
    await world.overwrite("due", `${prefix(world)}due.csv`, LIST.csv);
    await expect(acquire(world)).rejects.toThrow(/manifest\.json is not in the due bucket/);
    for (const over of [
      { count: -1 },
      { totalCents: "300" },
      { sha256: "ABC" },
      { producedAt: "yesterday" },
    ]) {
      await layList(world, dueList([row()], over));
      await expect(acquire(world)).rejects.toThrow(DueListMismatch);
    }
    await world.overwrite("due", `${prefix(world)}manifest.json`, Buffer.from("{ 083-170"));
    await expect(acquire(world)).rejects.toThrow(DueListMismatch);
    await expect(acquire(world)).rejects.not.toThrow(/083-170/);
    expect(await world.ledger.readStream(world.stream.name)).toBeUndefined();
  });
});

describe("AcquireLock, and a call that slept since an earlier try", () => {
  const turn = (world: World, entered: string, retry: number) =>
    acquireLock({ batchId: world.id(), execution: "x", entered, retry }, world.ports());

  it("does not fence out the living execution, whose states carry the fence that they were given", async () => {
    const world = await worldWithLists(1);
    const living = await turn(world, "2026-10-05T20:00:30.000Z", 0);
    await expect(turn(world, "2026-10-05T20:00:00.000Z", 3)).rejects.toThrow(StaleFence);
    expect((await world.ledger.readStream(world.stream.name))?.fence).toBe(living.fence);
  });

  it("is told by the count of retries where both were entered at once", async () => {
    const world = await worldWithLists(1);
    const living = await turn(world, "2026-10-05T20:00:30.000Z", 1);
    await expect(turn(world, "2026-10-05T20:00:30.000Z", 0)).rejects.toThrow(StaleFence);
    expect(await turn(world, "2026-10-05T20:00:30.000Z", 2)).toEqual({
      outcome: "ACQUIRED",
      fence: living.fence + 1,
    });
  });

  it("is none that was entered later, whose retries are counted anew", async () => {
    const world = await worldWithLists(1);
    const first = await turn(world, "2026-10-05T20:00:00.000Z", 3);
    expect(await turn(world, "2026-10-05T20:00:30.000Z", 0)).toEqual({
      outcome: "ACQUIRED",
      fence: first.fence + 1,
    });
  });

  it("gives way when it loses its write to a call of the same batch", async () => {
    const world = await worldWithLists(1);
    const ports = world.ports();
    let others = 0;
    const ledger: typeof ports.ledger = {
      ...ports.ledger,
      writeStream: async (next, seen) => {
        others += 1;
        if (others === 1) await acquire(world);
        return ports.ledger.writeStream(next, seen);
      },
    };
    await expect(acquire(world, { ...ports, ledger })).rejects.toThrow(StaleFence);
    expect((await world.ledger.readStream(world.stream.name))?.fence).toBe(1);
  });
});

describe("AcquireLock, to whoever is refused,", () => {
  const decision = { by: "ann", reason: "why", at: AT };

  it("says what stands against it", async () => {
    const said = async (over: Partial<StreamItem>) => {
      const world = await worldWithLists(1);
      await write(world, over);
      return acquire(world).then(
        () => "nothing",
        (error: Error) => error.message.replace(world.stream.name, "S"),
      );
    };
    expect(await said({ paused: decision })).toBe(`stream S was paused by ann at ${AT}`);
    expect(await said({ deploying: { id: "d-1", at: AT, by: "ci", streams: [] } })).toBe(
      "deployment d-1 holds stream S",
    );
    expect(await said({ epoch: 2 })).toBe("the ledger's epoch for S is 2, the configuration's is 1");
  });

  it("names the batch that holds the lock, is being abandoned, was abandoned, or is none", async () => {
    const world = await worldWithLists(1, 2);
    const [mine, theirs] = [world.id(1), world.id(2)];
    await world.ledger.writeStream(heldBy(theirs, {}, { version: 1 }), undefined);
    await expect(acquire(world)).rejects.toThrow(
      `batch ${theirs} has held the lock of stream ${world.stream.name} since ${AT}`,
    );
    await world.ledger.writeStream(heldBy(mine, { abandoning: decision }, { version: 2 }), 1);
    await expect(acquire(world)).rejects.toThrow(`batch ${mine} is being abandoned`);
    await world.ledger.writeBatch(batchItem({ stream: world.stream.name, state: "ABANDONED" }), undefined);
    await expect(acquire(world)).rejects.toThrow(
      `batch ${mine} was abandoned; its due list needs a new number`,
    );
    const run = (batchId: string) =>
      acquireLock({ batchId, execution: "x", entered: "2026-10-05T20:00:00.000Z", retry: 0 }, world.ports());
    await expect(run("none")).rejects.toThrow("the batch id is not <stream>-<yyyy-mm-dd>-<nn>");
    await expect(run("nobody-2026-10-06-01")).rejects.toThrow("there is no stream nobody in");
  });

  it("names the fence of the call that has come before it", async () => {
    const world = await worldWithLists(1);
    const turn = (entered: string, ports = world.ports()) =>
      acquireLock({ batchId: world.id(), execution: "x", entered, retry: 0 }, ports);
    await turn("2026-10-05T20:00:30.000Z");
    await expect(turn("2026-10-05T20:00:00.000Z")).rejects.toThrow(
      `batch ${world.id()} was acquired by a later try of its execution: fence 1`,
    );
    const ports = world.ports();
    const ledger = failing(ports.ledger, "writeStream", async ({ reach }) => {
      await turn("2026-10-05T20:00:40.000Z");
      return reach();
    });
    await expect(turn("2026-10-05T20:00:50.000Z", { ...ports, ledger })).rejects.toThrow(
      `batch ${world.id()} was acquired by a later call: fence 2`,
    );
  });

  it("writes one line that a closed batch was closed already", async () => {
    const world = await worldWithLists(1);
    await acquire(world);
    const record = await world.ledger.readBatch(world.id());
    if (record) await world.ledger.writeBatch({ ...record, version: 2, state: "CLOSED" }, 1);
    world.lines.length = 0;
    await acquire(world);
    const named = { batchId: world.id(), stream: world.stream.name, fence: 1, nonce: expect.any(String) };
    expect(world.lines).toEqual([{ ...named, state: "AcquireLock", outcome: "ALREADY_CLOSED" }]);
  });
});

describe("the same list", () => {
  const list = { prefix: "p/", sha256: "a".repeat(64), count: 3, totalCents: 600 };

  it("is the same bytes with the same figures, wherever they lie", () => {
    expect(sameList(list, { ...list, prefix: "q/", csvVersion: "2" })).toBe(true);
    for (const other of [{ sha256: "b".repeat(64) }, { count: 4 }, { totalCents: 601 }]) {
      expect(sameList(list, { ...list, ...other })).toBe(false);
    }
    expect(sameList(undefined, list)).toBe(false);
  });
});

describe("AcquireLock, many at once", () => {
  it("lets one of ten batches win, and the nine others know that it is held", async () => {
    const numbers = Array.from({ length: 10 }, (_, index) => index + 1);
    const world = await worldWithLists(...numbers);
    const ends = await Promise.allSettled(numbers.map((number) => acquire(world, world.ports(), number)));
    const winners = numbers.filter((_, index) => ends[index]?.status === "fulfilled");
    expect(winners).toHaveLength(1);
    expect((await itemOf(world)).batch?.id).toBe(world.id(winners[0]));
    expect(await itemOf(world)).toMatchObject({ version: 1, fence: 1 });
    for (const end of ends) if (end.status === "rejected") expect(end.reason).toBeInstanceOf(LockHeld);
    const records = await Promise.all(numbers.map((number) => world.ledger.readBatch(world.id(number))));
    expect(records.filter((record) => record !== undefined).map(({ number }) => number)).toEqual(winners);
  });

  it("gives each of several calls for one batch a fence of its own, of which only the highest still stands", async () => {
    const world = await worldWithLists(1);
    const ends = await Promise.allSettled([1, 2, 3, 4].map(() => acquire(world)));
    const fences = ends.flatMap((end) => (end.status === "fulfilled" ? [end.value.fence] : []));
    expect(new Set(fences).size).toBe(fences.length);
    expect((await itemOf(world)).fence).toBe(Math.max(...fences));
  });
});

describe("AcquireLock when an answer or a write is lost", () => {
  it("acquires where its own write landed, whatever the answer was", async () => {
    for (const error of [sdkError("TimeoutError"), new ConditionRefused("met its own write"), "a text"]) {
      const world = await worldWithLists(1);
      const ports = world.ports();
      const ledger = failing(ports.ledger, "writeStream", answerLost(error));
      expect(await acquire(world, { ...ports, ledger })).toEqual({ outcome: "ACQUIRED", fence: 1 });
      expect(await itemOf(world)).toMatchObject({ version: 1, fence: 1, batch: { id: world.id() } });
    }
  });

  it("tries again where its write was lost, and gives up without the lock where every one is", async () => {
    const world = await worldWithLists(1);
    const ports = world.ports();
    const error = sdkError("ThrottlingException");
    const never = failing(ports.ledger, "writeStream", lost(error), "always");
    await expect(acquire(world, { ...ports, ledger: never })).rejects.toBe(error);
    expect(await world.ledger.readStream(world.stream.name)).toBeUndefined();
    const once = failing(ports.ledger, "writeStream", lost(error));
    expect(await acquire(world, { ...ports, ledger: once })).toMatchObject({ outcome: "ACQUIRED" });
  });

  it("gives its batch, and nobody else, a write that lands after it has given up", async () => {
    const world = await worldWithLists(1, 2);
    const late = new LateCalls();
    const ports = world.ports();
    const error = sdkError("TimeoutError");
    const ledger = failing(ports.ledger, "writeStream", late.late(error), "always");
    await expect(acquire(world, { ...ports, ledger })).rejects.toBe(error);
    expect(await late.land()).toBeGreaterThan(1);
    expect(await itemOf(world)).toMatchObject({ version: 1, batch: { id: world.id() } });
    await expect(acquire(world, world.ports(), 2)).rejects.toThrow(LockHeld);
    expect(await acquire(world)).toEqual({ outcome: "ACQUIRED", fence: 2 });
  });

  it("refuses its own late write once anybody has written since", async () => {
    const world = await worldWithLists(1, 2);
    const late = new LateCalls();
    const ports = world.ports();
    const ledger = failing(ports.ledger, "writeStream", late.late(sdkError("TimeoutError")), "always");
    await expect(acquire(world, { ...ports, ledger })).rejects.toThrow("TimeoutError");
    await acquire(world, world.ports(), 2);
    const before = await itemOf(world);
    await late.land();
    expect(await itemOf(world)).toEqual(before);
  });

  it("refuses to go on when the batch was closed while its lock was being acquired", async () => {
    const world = await worldWithLists(1);
    const ports = world.ports();
    const ledger = failing(ports.ledger, "writeStream", async ({ reach }) => {
      await reach();
      const list = { prefix: "x", ...JSON.parse(LIST.manifest.toString("utf8")), producedAt: undefined };
      const closed = batchItem({ stream: world.stream.name, state: "CLOSED", dueList: list });
      await world.ledger.writeBatch(closed, undefined);
    });
    const fault = acquire(world, { ...ports, ledger });
    await expect(fault).rejects.toThrow(LedgerBroken);
    await expect(fault).rejects.toThrow(`batch ${world.id()} was closed while its lock was being acquired`);
  });

  it("goes on where its batch record landed, whatever the answer was", async () => {
    const world = await worldWithLists(1);
    const ports = world.ports();
    const ledger = failing(ports.ledger, "writeBatch", answerLost(sdkError("TimeoutError")));
    expect(await acquire(world, { ...ports, ledger })).toEqual({ outcome: "ACQUIRED", fence: 1 });
  });

  it("pins the list of whoever was first, and refuses another", async () => {
    const world = await worldWithLists(1);
    const ports = world.ports();
    const late = new LateCalls();
    const ledger = failing(ports.ledger, "writeBatch", late.late(sdkError("TimeoutError")));
    await expect(acquire(world, { ...ports, ledger })).rejects.toThrow("TimeoutError");
    await late.land();
    await layList(world, OTHER_LIST);
    await expect(acquire(world)).rejects.toThrow(DueListMismatch);
    expect((await world.ledger.readBatch(world.id()))?.dueList?.totalCents).toBe(4995);
  });
});

/** What may stand on the stream's item when an acquire begins. */
const BEFORE: readonly (readonly [string, "mine" | "theirs", (world: World) => Promise<void>])[] = [
  ["a stream that nobody has heard of", "mine", async () => {}],
  ["a free lock", "mine", (world) => write(world, { version: 3, fence: 2 })],
  [
    "the batch's own lock",
    "mine",
    async (world) => {
      await acquire(world);
    },
  ],
  [
    "the lock of a batch that is closed",
    "mine",
    async (world) => {
      await world.ledger.writeStream(heldBy(world.id(2), {}, { version: 3, fence: 2 }), undefined);
      await world.ledger.writeBatch(
        batchItem({ stream: world.stream.name, number: 2, state: "CLOSED" }),
        undefined,
      );
    },
  ],
  [
    "the lock of a batch that is open",
    "theirs",
    async (world) => {
      await world.ledger.writeStream(heldBy(world.id(2), {}, { version: 3, fence: 2 }), undefined);
      await world.ledger.writeBatch(batchItem({ stream: world.stream.name, number: 2 }), undefined);
    },
  ],
  [
    "the lock of a batch without a record",
    "theirs",
    (world) => world.ledger.writeStream(heldBy(world.id(2), {}, { version: 3, fence: 2 }), undefined),
  ],
];

describe("AcquireLock, whatever any of its calls throws", () => {
  it.each(BEFORE)(
    "is never told acquired without the ledger's proof, and takes nobody's lock: %s",
    async (_, whose, set) => {
      let failures = 0;
      let acquired = 0;
      const world = async () => {
        const fresh = worldOn(memory());
        await layList(fresh, LIST);
        await set(fresh);
        return fresh;
      };
      const whole = await world();
      const { length } = await callsOf(whole.ports(), (ports) =>
        acquire(whole, ports).catch(() => "refused"),
      );
      for (const [what, error] of SOME_ERRORS) {
        for (let at = 1; at <= length + 2; at += 1) {
          const late = new LateCalls();
          for (const mishap of [lost(error), answerLost(error), late.late(error)]) {
            const own = await world();
            const before = await own.ledger.readStream(own.stream.name);
            const told = await acquire(own, befallen(own.ports(), at, mishap)).catch(() => "fault" as const);
            const item = await own.ledger.readStream(own.stream.name);
            const named = `${what} at call ${at}`;
            if (told === "fault") failures += 1;
            else {
              acquired += 1;
              expect(item, named).toMatchObject({ fence: told.fence, batch: { id: own.id() } });
              expect((await own.ledger.readBatch(own.id()))?.state, named).toBe("OPEN");
            }
            await late.land();
            const after = await own.ledger.readStream(own.stream.name);
            expect(after?.fence ?? 0, named).toBeGreaterThanOrEqual(item?.fence ?? 0);
            if (whose === "theirs") {
              expect(told, named).toBe("fault");
              expect(after, named).toEqual(before);
            } else {
              // A redrive after the mishap acquires, with a fence above every one that was ever given.
              const again = await acquire(own);
              expect(again, named).toMatchObject({ outcome: "ACQUIRED" });
              expect(again.fence, named).toBeGreaterThan(told === "fault" ? 0 : told.fence);
              expect((await own.ledger.readStream(own.stream.name))?.batch?.id, named).toBe(own.id());
            }
          }
        }
      }
      expect(failures).toBeGreaterThan(20);
      expect(acquired > 20).toBe(whose === "mine");
    },
  );
});
