import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acquireLock } from "../../lambdas/billing-batch/acquire-lock/acquire-lock.ts";
import { planBatch } from "../../lambdas/billing-batch/plan-segments/plan-segments.ts";
import {
  BankFileDamaged,
  BatchUnknown,
  DueListMismatch,
  DueListMissing,
  LimitExceeded,
  StaleFence,
} from "../../lambdas/domain/faults.ts";
import { DueListFault } from "../../lambdas/domain/due-list.ts";
import { decodeSegment } from "../../lambdas/domain/plan.ts";
import type { Stream } from "../../lambdas/domain/stream.ts";
import { type DueList, dueList, row, sha256 } from "../builders.ts";
import { type EmbeddedStores, embeddedStores } from "../embedded-stores.ts";
import { answerLost, EVERY_ERROR, failing, LateCalls, lost } from "../port-faults.ts";
import { layList, memory, type World, worldOn, type WorldPorts } from "../world.ts";

let stores: EmbeddedStores;
beforeAll(async () => {
  stores = await embeddedStores();
});
afterAll(() => stores.close());

const THREE = dueList(["m-1", "m-2", "m-3"].map((mandate_id) => row({ mandate_id })));

/** A world whose batch holds the lock for that list. */
async function acquired(
  list: DueList,
  over: Partial<Stream> = {},
  backing = stores as Parameters<typeof worldOn>[0],
) {
  const world = worldOn(backing, over);
  await layList(world, list);
  const { fence } = await acquireLock(
    { batchId: world.id(), execution: "x", entered: "2026-10-05T20:00:00.000Z", retry: 0 },
    world.ports(),
  );
  return { world, fence };
}

const plan = (world: World, fence: number, ports: WorldPorts = world.ports()) =>
  planBatch({ batchId: world.id(), fence }, ports);

describe("PlanSegments", () => {
  it("cuts the list into segments, stores the plan once and freezes it in the batch record", async () => {
    const { world, fence } = await acquired(THREE, { segmentRows: 2, concurrency: 4 });
    expect(await plan(world, fence)).toEqual({ segments: [1, 2], rows: 3, concurrency: 4 });
    const record = await world.ledger.readBatch(world.id());
    const stored = await world.objects.read("work", record?.plan?.key ?? "");
    expect(record).toMatchObject({
      version: 2,
      plan: { segments: 2, rows: 3, sha256: sha256(stored?.bytes ?? Buffer.of()) },
    });
    const segments = stored?.bytes.toString("utf8").trimEnd().split("\n").map(decodeSegment);
    expect(segments?.map(({ segment, firstLine, rows }) => [segment, firstLine, rows])).toEqual([
      [1, 1, 2],
      [2, 3, 1],
    ]);
  });

  it("finds its plan, though the list is gone and the stream has other limits by now", async () => {
    const { world, fence } = await acquired(THREE, { segmentRows: 2 });
    const first = await plan(world, fence);
    await layList(world, dueList([]));
    const ports = world.ports();
    const streams = { [world.stream.name]: { ...world.stream, segmentRows: 1 } };
    const changed = { ...ports, configuration: { ...ports.configuration, streams } };
    expect(await plan(world, fence, changed)).toEqual(first);
    expect((await world.ledger.readBatch(world.id()))?.version).toBe(2);
  });

  it("lets the first plan stand when a twin froze another under other limits", async () => {
    const { world, fence } = await acquired(THREE, { segmentRows: 1 });
    const ports = world.ports();
    const streams = { [world.stream.name]: { ...world.stream, segmentRows: 3 } };
    const twin = { ...ports, configuration: { ...ports.configuration, streams } };
    const ledger = failing(ports.ledger, "writeBatch", async ({ reach }) => {
      await plan(world, fence, twin);
      return reach();
    });
    expect(await plan(world, fence, { ...ports, ledger })).toMatchObject({ segments: [1] });
    expect((await world.ledger.readBatch(world.id()))?.plan?.segments).toBe(1);
  });

  it("plans no segment for an empty list", async () => {
    const { world, fence } = await acquired(dueList([]));
    expect(await plan(world, fence)).toMatchObject({ segments: [], rows: 0 });
    expect(await plan(world, fence)).toMatchObject({ segments: [], rows: 0 });
  });

  it("refuses a list that is not what its manifest says, with both figures and without a plan", async () => {
    const rows = [row(), row({ mandate_id: "m-2" })];
    const hash = "f".repeat(64);
    const header = Buffer.from("mandate_id,due_date\n");
    const broken = Buffer.concat([THREE.csv, Buffer.of(0xff, 0x0a)]);
    const wrong: [DueList, RegExp][] = [
      [
        dueList(rows, { sha256: hash }),
        new RegExp(`manifest says SHA-256 ${hash}, the rows have [0-9a-f]{64}`),
      ],
      [dueList(rows, { count: 3 }), /manifest says 3 rows, the list has 2/],
      [dueList(rows, { totalCents: 9991 }), /manifest says 1 cents more than the list has$/],
      [dueList(rows, { totalCents: 9988 }), /manifest says 2 cents less than the list has$/],
      [{ ...dueList([], { sha256: sha256(header) }), csv: header }, /header: not exactly the ten columns/],
      [{ ...dueList([], { sha256: sha256(broken) }), csv: broken }, /line 4: not valid UTF-8/],
    ];
    for (const [list, message] of wrong) {
      const { world, fence } = await acquired(list);
      const planned = plan(world, fence);
      await expect(planned).rejects.toThrow(DueListMismatch);
      await expect(planned).rejects.toThrow(message);
      // What the reader found stays with the fault, for whoever looks for the place.
      const fault: unknown = await planned.catch((error: unknown) => error);
      expect((fault as Error).cause instanceof DueListFault).toBe(
        /^.*(header|line \d)/.test(String(message)),
      );
      expect((await world.ledger.readBatch(world.id()))?.plan).toBeUndefined();
    }
  });

  it("reads the version of the list that the batch has pinned, whatever was uploaded since", async () => {
    const { world, fence } = await acquired(THREE, {}, memory());
    await layList(world, dueList([row()]));
    expect(await plan(world, fence)).toMatchObject({ rows: 3 });
  });

  it("says that the pinned list is gone, or is other bytes, where the store keeps no versions", async () => {
    const { world, fence } = await acquired(THREE);
    await layList(world, dueList([row()]));
    await expect(plan(world, fence)).rejects.toThrow(DueListMismatch);
    const ports = world.ports();
    const nothing = failing(ports.objects, "read", async () => undefined);
    await expect(plan(world, fence, { ...ports, objects: nothing })).rejects.toEqual(
      new DueListMissing(`${world.stream.name}/2026-10-06/01/due.csv is not in the due bucket`),
    );
  });

  it("refuses more segments than the state machine can carry", async () => {
    const rows = Array.from({ length: 10_001 }, (_, line) => row({ mandate_id: `m-${line}` }));
    const { world, fence } = await acquired(dueList(rows), { segmentRows: 1 }, memory());
    await expect(plan(world, fence)).rejects.toEqual(
      new LimitExceeded("10001 segments are more than 10000; raise segmentRows"),
    );
    const most = await acquired(dueList(rows.slice(1)), { segmentRows: 1 }, memory());
    expect((await plan(most.world, most.fence)).segments).toHaveLength(10_000);
  });

  it("needs the lock with its own fence, and a record", async () => {
    const { world, fence } = await acquired(THREE);
    for (const other of [fence - 1, fence + 1]) await expect(plan(world, other)).rejects.toThrow(StaleFence);
    await expect(planBatch({ batchId: world.id(2), fence }, world.ports())).rejects.toThrow(BatchUnknown);
  });

  it("refuses a plan under whose key other bytes lie", async () => {
    const { world, fence } = await acquired(THREE);
    await plan(world, fence);
    const { plan: frozen, ...record } = (await world.ledger.readBatch(world.id())) ?? {};
    await world.overwrite("work", frozen?.key ?? "", Buffer.from("other"));
    await world.ledger.writeBatch({ ...record, version: 3 } as never, 2);
    await expect(plan(world, fence)).rejects.toThrow(BankFileDamaged);
  });

  it("freezes one plan whatever its writes and answers met", async () => {
    for (const [what, error] of EVERY_ERROR) {
      const late = new LateCalls();
      for (const mishap of [lost(error), answerLost(error), late.late(error)]) {
        const { world, fence } = await acquired(THREE, { segmentRows: 2 }, memory());
        const ports = world.ports();
        const ledger = failing(ports.ledger, "writeBatch", mishap);
        expect((await plan(world, fence, { ...ports, ledger })).segments, what).toEqual([1, 2]);
        await late.land();
        expect((await world.ledger.readBatch(world.id()))?.version, what).toBe(2);
      }
    }
  });
});
