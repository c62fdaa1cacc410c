import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeBatch } from "../../lambdas/billing-batch/close-batch/close-batch.ts";
import { proveEnding } from "../../lambdas/billing-batch/close-batch/ending.ts";
import {
  BatchAbandoning,
  BatchUnknown,
  LedgerBroken,
  NotReconciled,
  StaleFence,
  SubmissionStopped,
  SumNotProven,
} from "../../lambdas/domain/faults.ts";
import { IllegalMove } from "../../lambdas/domain/moves.ts";
import { ConditionRefused, type Instant } from "../../lambdas/ports.ts";
import type { FileItem, FileStateName, SegmentItem } from "../../lambdas/domain/records.ts";
import {
  AT,
  batchItem,
  BILLING_DATE,
  FILE_STATES,
  fileItem,
  gateReport,
  heldBy,
  segmentItem,
} from "../builders.ts";
import { type EmbeddedStores, embeddedStores } from "../embedded-stores.ts";
import {
  answerLost,
  befallen,
  callsOf,
  SOME_ERRORS,
  failing,
  LateCalls,
  lost,
  numbered,
  sdkError,
} from "../port-faults.ts";
import { itemOf, memory, reconciled, type World, worldOn, type WorldPorts } from "../world.ts";

let stores: EmbeddedStores;
beforeAll(async () => {
  stores = await embeddedStores();
});
afterAll(() => stores.close());

const close = (world: World, fence = 1, ports: WorldPorts = world.ports()) =>
  closeBatch({ batchId: world.id(), fence }, ports);

async function ready(
  states: readonly FileStateName[] = ["SUBMITTED"],
  over: Parameters<typeof reconciled>[2] = {},
) {
  const world = worldOn(stores);
  await reconciled(world, states, over);
  return world;
}

async function inMemory(states: readonly FileStateName[] = ["SUBMITTED"]) {
  const world = worldOn(memory());
  await reconciled(world, states);
  return world;
}

const record = (world: World) => world.ledger.readBatch(world.id());
const closings = (world: World) => world.ledger.readClosings(world.stream.name, BILLING_DATE, BILLING_DATE);
const reports = (world: World) => world.objects.list("reports", `${world.id()}/report-`);

describe("CloseBatch", () => {
  it("proves the sum, closes the batch, frees the lock and writes the report", async () => {
    const world = await ready(["SUBMITTED", "WITHDRAWN", "REJECTED"]);
    const ending = await close(world);
    const one = { count: 1, cents: 100 };
    expect(ending).toEqual({
      at: AT,
      due: { count: 3, cents: 300 },
      staged: { count: 3, cents: 300 },
      excluded: { count: 0, cents: 0, byReason: {} },
      submitted: one,
      withdrawn: one,
      rejected: one,
      note: "Some bank files were not submitted: their instalments are not debited.",
      report: `${world.id()}/report-002.json`,
    });
    const { report: _, ...kept } = ending;
    expect(await record(world)).toMatchObject({ state: "CLOSED", version: 2, ending: kept });
    expect((await world.ledger.readFiles(world.id())).map(({ state }) => state)).toEqual([
      "SUBMITTED",
      "WITHDRAWN",
      "REJECTED",
    ]);
    expect(await itemOf(world)).toEqual({
      stream: world.stream.name,
      version: 2,
      fence: 1,
      epoch: 1,
      nonce: expect.any(String),
    });
    const stored = await world.objects.read("reports", ending.report);
    const report = JSON.parse(stored?.bytes.toString("utf8") ?? "");
    expect(report).toMatchObject({ status: "CLOSED", writtenBy: "CloseBatch", number: 2, ending: kept });
  });

  it("writes file records and closing first, then the batch's end, then frees the lock, and reports last", async () => {
    const world = await ready();
    const writes: string[] = [];
    const ports = numbered(world.ports(), (call) => {
      if (/^(create|write)/.test(call.method)) writes.push(call.method);
      return call.reach();
    });
    await close(world, 1, ports);
    expect(writes).toEqual([
      "createFile",
      "createClosing",
      "writeBatch",
      "writeStream",
      "create",
      "create",
      "create",
    ]);
  });

  it("leaves the closing by which later gates find the batch, with what it has submitted", async () => {
    const world = await ready(["SUBMITTED", "WITHDRAWN", "SUBMITTED"]);
    await close(world);
    expect(await closings(world)).toEqual([
      {
        stream: world.stream.name,
        billingDate: BILLING_DATE,
        number: 1,
        batchId: world.id(),
        closedAt: AT,
        submitted: { count: 2, cents: 200 },
      },
    ]);
  });

  it("closes after a try that died between the closing and the batch's record, and keeps the first closing", async () => {
    const world = await inMemory();
    const died = new Error("died");
    const ports = world.ports();
    const ledger = failing(ports.ledger, "writeBatch", lost(died), "always");
    await expect(close(world, 1, { ...ports, ledger })).rejects.toThrow("died");
    const [first] = await closings(world);
    expect([(await record(world))?.state, first?.closedAt]).toEqual(["OPEN", AT]);
    world.now = (world.now + 60_000) as Instant;
    await close(world);
    expect((await record(world))?.state).toBe("CLOSED");
    expect(await closings(world)).toEqual([first]);
  });

  it("says CLOSED only when its closing is read back, and never in the place of another batch's", async () => {
    const world = await inMemory();
    const ports = world.ports();
    const refused = failing(ports.ledger, "createClosing", lost(new ConditionRefused("no")));
    await expect(close(world, 1, { ...ports, ledger: refused })).rejects.toThrow(
      `the closing of batch ${world.id()} is missing or another batch's`,
    );
    expect((await record(world))?.state).toBe("OPEN");
    const strange = { stream: world.stream.name, billingDate: BILLING_DATE, number: 1, closedAt: AT };
    const submitted = { count: 0, cents: 0 };
    await world.ledger.createClosing({ ...strange, batchId: world.id(2), submitted });
    await expect(close(world)).rejects.toThrow(LedgerBroken);
    expect((await record(world))?.state).toBe("OPEN");
    expect((await itemOf(world)).batch?.id).toBe(world.id());
  });

  it("lets a fault of the store out when it puts the closing", async () => {
    const world = await inMemory();
    const error = sdkError("ThrottlingException");
    const ports = world.ports();
    const ledger = failing(ports.ledger, "createClosing", lost(error));
    await expect(close(world, 1, { ...ports, ledger })).rejects.toBe(error);
    expect((await record(world))?.state).toBe("OPEN");
  });

  it("reports what the verdict's report says, whatever a gate that woke up late has written since", async () => {
    const world = await ready(["SUBMITTED"]);
    const late = gateReport(world.id(), {
      number: 2,
      status: "GATE_FAILED",
      at: "2026-10-05T21:00:00.000Z",
      ledger: { count: 9, cents: 9 },
      checks: [{ name: "totals", kind: "proof", passed: false, expected: "0", found: "9" }],
    });
    const json = Buffer.from(JSON.stringify(late), "utf8");
    await world.objects.create("reports", `${world.id()}/report-002.json`, json, "application/json");
    const { report: key } = await close(world);
    expect(key).toBe(`${world.id()}/report-003.json`);
    const stored = await world.objects.read("reports", key);
    expect(JSON.parse(stored?.bytes.toString("utf8") ?? "")).toMatchObject({
      status: "CLOSED",
      ledger: { count: 0, cents: 0 },
      checks: [],
      timeline: expect.arrayContaining([{ at: AT, what: "Reconcile: the gate passed" }]),
    });
  });

  it("keeps pause and fence when it frees the lock", async () => {
    const world = await ready(["SUBMITTED"], { paused: { by: "ann", reason: "why", at: AT } });
    await close(world);
    expect(await itemOf(world)).toMatchObject({ fence: 1, paused: { by: "ann" } });
  });

  it("finds the batch closed and tells the same ending, also when another batch has the lock by then", async () => {
    const world = await ready();
    const first = await close(world);
    const item = await itemOf(world);
    await world.ledger.writeStream({ ...heldBy(world.id(2)), version: item.version + 1 }, item.version);
    const before = [await itemOf(world), await reports(world)];
    expect(await close(world, 7)).toEqual(first);
    expect([await itemOf(world), await reports(world)]).toEqual(before);
  });

  it("closes nothing while a file is not settled", async () => {
    for (const state of FILE_STATES) {
      const world = await inMemory(["SUBMITTED", state]);
      const settled = ["SUBMITTED", "ACKNOWLEDGED", "WITHDRAWN", "REJECTED"].includes(state);
      const told = await close(world).then(
        () => "closed",
        (error: unknown) => error,
      );
      if (settled) expect(told, state).toBe("closed");
      else expect(told, state).toEqual(new SubmissionStopped(`file 02 of batch ${world.id()} is ${state}`));
      expect((await record(world))?.state, state).toBe(settled ? "CLOSED" : "OPEN");
      expect((await itemOf(world)).batch?.id, state).toBe(settled ? undefined : world.id());
    }
  });

  it("closes nothing without a verdict, without a frozen set or while the batch is being abandoned", async () => {
    const cases: [Parameters<typeof reconciled>[2], new (message: string) => Error, string][] = [
      [{ verdict: undefined }, NotReconciled, "has no verdict of the gate"],
      [{ files: undefined }, NotReconciled, "has no verdict of the gate"],
      [{ abandoning: { by: "ann", reason: "why", at: AT } }, BatchAbandoning, "is being abandoned"],
    ];
    for (const [over, fault, why] of cases) {
      const world = await ready(["SUBMITTED"], over);
      await expect(close(world)).rejects.toEqual(new fault(`batch ${world.id()} ${why}`));
      expect((await record(world))?.state).toBe("OPEN");
      expect((await itemOf(world)).batch?.id).toBe(world.id());
    }
  });

  it("closes nothing whose sum is not proven, and keeps the lock", async () => {
    const world = await ready(["SUBMITTED"]);
    const seen = await record(world);
    const list = { prefix: "", sha256: "0", count: 2, totalCents: 100 };
    if (seen) await world.ledger.writeBatch({ ...seen, version: 2, dueList: list }, 1);
    const closed = close(world);
    await expect(closed).rejects.toThrow(SumNotProven);
    await expect(closed).rejects.toThrow(/due are 2 rows with 100 cents;.*are 1 with 100/);
    expect(await world.ledger.readFiles(world.id())).toEqual([]);
    expect((await itemOf(world)).batch?.id).toBe(world.id());
  });

  it("needs the lock with its own fence, a record, and a batch that was not abandoned", async () => {
    const world = await ready();
    for (const fence of [0, 2]) await expect(close(world, fence)).rejects.toThrow(StaleFence);
    await expect(closeBatch({ batchId: world.id(2), fence: 1 }, world.ports())).rejects.toThrow(BatchUnknown);
    const seen = await record(world);
    if (seen) await world.ledger.writeBatch({ ...seen, version: 2, state: "ABANDONED" }, 1);
    await expect(close(world)).rejects.toEqual(
      new IllegalMove(`batch ${world.id()} is ABANDONED: "close" leads nowhere from there`),
    );
    expect((await record(world))?.state).toBe("ABANDONED");
  });

  it("says that a closed batch without an ending cannot be", async () => {
    const world = worldOn(memory());
    await world.ledger.writeBatch(batchItem({ stream: world.stream.name, state: "CLOSED" }), undefined);
    await expect(close(world)).rejects.toEqual(
      new LedgerBroken(`batch ${world.id()} is closed without an ending`),
    );
  });

  it("closes nothing while a file's record cannot be read back, or is another file's", async () => {
    const strange = [{ ...fileItem(), sha256: "another" }, fileItem({ number: 2 })];
    for (const stored of [[], strange]) {
      const world = await inMemory();
      const ports = world.ports();
      const ledger = failing(ports.ledger, "readFiles", async () => stored);
      await expect(close(world, 1, { ...ports, ledger })).rejects.toEqual(
        new LedgerBroken(`the record of file 01 of batch ${world.id()} is missing or another file's`),
      );
      expect((await record(world))?.state).toBe("OPEN");
    }
  });

  it("finds its own end written when only the answer was lost", async () => {
    const world = await inMemory();
    const ports = world.ports();
    const ledger = failing(ports.ledger, "writeBatch", answerLost(sdkError("TimeoutError")));
    expect(await close(world, 1, { ...ports, ledger })).toMatchObject({ submitted: { count: 1 } });
    expect(await record(world)).toMatchObject({ state: "CLOSED", version: 2 });
  });

  it("tells in its report what happened in the order in which it happened, deliveries and resolutions included", async () => {
    const world = worldOn(memory());
    await reconciled(world, ["SUBMITTED", "REJECTED", "WITHDRAWN"]);
    const minute = (number: number) => `2026-10-05T20:0${number}:00.000Z`;
    const item = await itemOf(world);
    const resolved = { outcome: "rejected", proposal: "p-1", at: minute(4) } as const;
    const also: Partial<FileItem>[] = [
      { delivered: { key: "k", at: minute(2) } },
      { resolved: resolved as FileItem["resolved"] & object },
      {},
    ];
    const files = item.batch?.files?.map((file, index) => ({ ...file, ...also[index] })) ?? [];
    const batch = { ...(item.batch as NonNullable<typeof item.batch>), files };
    await world.ledger.writeStream({ ...item, batch, version: 2 }, 1);
    const event = { batchId: world.id(), reason: "why", nonce: "n" };
    for (const [at, action] of [
      [minute(3), "redrive"],
      [minute(2), "propose"],
    ] as const) {
      await world.ledger.createEvent({ ...event, at, action, by: "ann" });
    }
    world.now = Date.parse(minute(5)) as Instant;
    const { report: key } = await close(world);
    const stored = await world.objects.read("reports", key);
    const { timeline } = JSON.parse(stored?.bytes.toString("utf8") ?? "") as {
      timeline: { at: string; what: string }[];
    };
    expect(timeline.map(({ at, what }) => `${at.slice(14, 16)} ${what}`)).toEqual([
      "00 Reconcile: the gate passed",
      "02 propose (ann)",
      "02 file 1 submitted",
      "03 redrive (ann)",
      "04 file 2 resolved as rejected by proposal p-1",
      "05 closed",
    ]);
  });

  it("leaves alone what a file's record has become since an earlier try", async () => {
    const world = await ready();
    const [file] = (await itemOf(world)).batch?.files ?? [];
    await world.ledger.createFile(world.id(), { ...fileItem(), ...file, state: "ACKNOWLEDGED" });
    await close(world);
    expect((await world.ledger.readFiles(world.id())).map(({ state }) => state)).toEqual(["ACKNOWLEDGED"]);
  });
});

describe("CloseBatch, whatever its calls throw", () => {
  it("ends CLOSED with one ending and a free lock, when it is called again", async () => {
    const whole = await inMemory(["SUBMITTED", "WITHDRAWN"]);
    const { length } = await callsOf(whole.ports(), (ports) => close(whole, 1, ports));
    let faults = 0;
    for (const [what, error] of SOME_ERRORS) {
      for (let at = 1; at <= length + 1; at += 1) {
        const late = new LateCalls();
        for (const mishap of [lost(error), answerLost(error), late.late(error)]) {
          const world = await inMemory(["SUBMITTED", "WITHDRAWN"]);
          const told = await close(world, 1, befallen(world.ports(), at, mishap)).catch(() => "fault");
          if (told === "fault") faults += 1;
          await late.land();
          const item = await itemOf(world);
          // A lock that is free never speaks of an open batch.
          if (item.batch === undefined) expect((await record(world))?.state, what).toBe("CLOSED");
          const ending = await close(world);
          expect(ending, `${what} at call ${at}`).toMatchObject({
            submitted: { count: 1 },
            withdrawn: { count: 1 },
          });
          expect((await itemOf(world)).batch, `${what} at call ${at}`).toBeUndefined();
          expect(await closings(world), `${what} at call ${at}`).toMatchObject([
            { batchId: world.id(), submitted: { count: 1 } },
          ]);
          expect((await world.ledger.readFiles(world.id())).map(({ state }) => state)).toEqual([
            "SUBMITTED",
            "WITHDRAWN",
          ]);
          const stored = await world.objects.read("reports", ending.report);
          expect(JSON.parse(stored?.bytes.toString("utf8") ?? "").status).toBe("CLOSED");
        }
      }
    }
    expect(faults).toBeGreaterThan(50);
  });

  it("frees the lock of a closed batch that a zombie acquired once more in between", async () => {
    const world = await inMemory();
    const ports = world.ports();
    const ledger = failing(ports.ledger, "writeBatch", async ({ reach }) => {
      await reach();
      const item = await itemOf(world);
      await world.ledger.writeStream(
        { ...item, fence: 2, version: item.version + 1, nonce: "zombie" },
        item.version,
      );
    });
    await close(world, 1, { ...ports, ledger });
    expect(await itemOf(world)).toMatchObject({ fence: 2 });
    expect((await itemOf(world)).batch).toBeUndefined();
  });

  it("lets a fault of the store out as it is", async () => {
    const world = await inMemory();
    const error = sdkError("ThrottlingException");
    const ports = world.ports();
    const ledger = failing(ports.ledger, "createFile", lost(error));
    await expect(close(world, 1, { ...ports, ledger })).rejects.toBe(error);
  });
});

describe("the sum of an ending", () => {
  const DUE = { count: 4, cents: 400 };
  const id = batchItem().id;
  const prove = (segments: readonly SegmentItem[], files: readonly FileItem[], due = DUE) =>
    proveEnding(due, segments, files, AT);
  const segment = (staged: readonly number[], rows = 4) => segmentItem(id, staged, { rows });

  it("is every due row exactly once, whichever way the files went", () => {
    for (const state of ["SUBMITTED", "ACKNOWLEDGED", "WITHDRAWN", "REJECTED"] as const) {
      const files = [fileItem({ state, debits: 3, cents: 300 })];
      const { submitted, withdrawn, rejected, excluded } = prove([segment([1, 2, 4])], files);
      expect(submitted.count + withdrawn.count + rejected.count).toBe(3);
      expect(excluded).toEqual({ count: 1, cents: 100, byReason: { "already-claimed": 1 } });
    }
  });

  it("is not proven by one row or one cent too few or too many", () => {
    const sent = (debits: number, cents: number) => [fileItem({ state: "SUBMITTED", debits, cents })];
    const staged = [segment([1, 2, 3])];
    expect(() => prove(staged, sent(3, 300))).not.toThrow();
    for (const [debits, cents] of [
      [2, 300],
      [4, 300],
      [3, 299],
      [3, 301],
      [0, 0],
    ] as const) {
      expect(() => prove(staged, sent(debits, cents)), `${debits} ${cents}`).toThrow(SumNotProven);
    }
    expect(() => prove([], sent(3, 300))).toThrow(SumNotProven);
    expect(() => prove(staged, [])).toThrow(SumNotProven);
    expect(() => prove([...staged, ...staged], sent(3, 300))).toThrow(SumNotProven);
  });

  it("counts no file whose fate is open", () => {
    for (const state of ["COMPOSED", "RECONCILED", "SUBMITTING", "UNKNOWN"] as const) {
      expect(() => prove([segment([1, 2, 3, 4])], [fileItem({ state, debits: 4, cents: 400 })])).toThrow(
        SumNotProven,
      );
    }
  });

  it("says so where the ending is not the usual one", () => {
    const note = (segments: readonly SegmentItem[], files: readonly FileItem[], due = DUE) =>
      prove(segments, files, due).note;
    const all = (state: FileStateName) => [fileItem({ state, debits: 4, cents: 400 })];
    expect(note([segment([1, 2, 3, 4])], all("SUBMITTED"))).toBeUndefined();
    expect(note([], [], { count: 0, cents: 0 })).toMatch(/list is empty/);
    expect(note([segment([1, 2, 3, 4])], all("WITHDRAWN"))).toMatch(/Nothing was submitted/);
    expect(note([segment([1, 2, 3, 4])], all("REJECTED"))).toMatch(/Nothing was submitted/);
    expect(note([segment([])], [])).toMatch(/claimed by other batches/);
    expect(note([{ ...segment([]), byReason: { "bad-bsb": 4 } }], [])).toMatch(/Every row was excluded/);
    const half = [
      fileItem({ state: "SUBMITTED", debits: 2, cents: 200 }),
      fileItem({ number: 2, state: "WITHDRAWN", debits: 2, cents: 200 }),
    ];
    expect(note([segment([1, 2, 3, 4])], half)).toMatch(/Some bank files were not submitted/);
  });
});
