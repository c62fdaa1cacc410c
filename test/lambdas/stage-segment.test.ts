import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acquireLock } from "../../lambdas/billing-batch/acquire-lock/acquire-lock.ts";
import { planBatch } from "../../lambdas/billing-batch/plan-segments/plan-segments.ts";
import { stageSegment } from "../../lambdas/billing-batch/stage-segment/stage-segment.ts";
import { BankFileDamaged, LedgerBroken, StaleFence } from "../../lambdas/domain/faults.ts";
import type { Exclusion } from "../../lambdas/domain/exclusion.ts";
import { hasLine } from "../../lambdas/domain/line-set.ts";
import type { Claim, StagedRow } from "../../lambdas/domain/records.ts";
import type { Stream } from "../../lambdas/domain/stream.ts";
import { ConditionRefused, type Ledger, type Objects } from "../../lambdas/ports.ts";
import { batchItem, BILLING_DATE, claim, dueList, type Row, row } from "../builders.ts";
import { type EmbeddedStores, embeddedStores } from "../embedded-stores.ts";
import {
  answerLost,
  befallen,
  callsOf,
  SOME_ERRORS,
  failing,
  intercepted,
  lost,
  sdkError,
} from "../port-faults.ts";
import { layList, memory, type World, worldOn, type WorldPorts } from "../world.ts";

let stores: EmbeddedStores;
beforeAll(async () => {
  stores = await embeddedStores();
});
afterAll(() => stores.close());

/** A world whose batch has planned these rows; mandates are the world's own. */
async function planned(
  rows: readonly Partial<Row>[],
  over: Partial<Stream> = {},
  backing?: Parameters<typeof worldOn>[0],
) {
  const world = worldOn(backing ?? stores, over);
  const named = rows.map((one, index) => row({ mandate_id: mandate(world, index + 1), ...one }));
  await layList(world, dueList(named));
  const { fence } = await acquireLock(
    { batchId: world.id(), execution: "x", entered: "2026-10-05T20:00:00.000Z", retry: 0 },
    world.ports(),
  );
  await planBatch({ batchId: world.id(), fence }, world.ports());
  return { world, fence };
}

const mandate = (world: World, line: number) => `${world.stream.name}.m-${line}`;

const stage = (world: World, fence: number, ports: WorldPorts = world.ports(), segment = 1) =>
  stageSegment({ batchId: world.id(), fence, segment }, ports);

async function lines<T>(world: World, key: string | undefined): Promise<T[]> {
  const stored = await world.objects.read("work", key ?? "");
  const text = stored?.bytes.toString("utf8") ?? "";
  return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as T]));
}

async function claimsOf(world: World, rows: number): Promise<Claim[]> {
  const names = Array.from({ length: rows }, (_, index) => claim({ mandateId: mandate(world, index + 1) }));
  return (await world.ledger.readClaimsNamed(names)).sort((a, b) => a.line - b.line);
}

describe("StageSegment", () => {
  it("claims every good row, excludes the others by name, and stores both with their sums", async () => {
    const { world, fence } = await planned([
      { amount_cents: "100" },
      { bsb: "x", amount_cents: "200" },
      { amount_cents: "300", account_title: "  Zoë Œuvre  " },
      { attempt: "2", amount_cents: "400" },
      { customer_id: "no good", amount_cents: "500" },
    ]);
    expect(await stage(world, fence)).toEqual({ segment: 1 });
    const item = await world.ledger.readSegment(world.id(), 1);
    expect(item).toMatchObject({
      firstLine: 1,
      rows: 5,
      staged: { count: 2, cents: 400 },
      excluded: { count: 3, cents: 900 },
      byReason: { "bad-bsb": 1, "no-proven-dishonour": 1, "malformed-row": 1 },
    });
    expect([1, 2, 3, 4, 5, 6].filter((line) => hasLine(item?.stagedLines ?? "", 1, 5, line))).toEqual([1, 3]);
    const staged = await lines<StagedRow>(world, item?.key);
    expect(staged.map(({ line, title, cents }) => [line, title, cents])).toEqual([
      [1, "NGUYEN Thi Hoa", 100],
      [3, "Zoe OEuvre", 300],
    ]);
    const excluded = await lines<Exclusion>(world, item?.exclusionsKey);
    expect(excluded).toEqual([
      { line: 2, reason: "bad-bsb", field: "bsb", cents: 0 },
      {
        line: 4,
        reason: "no-proven-dishonour",
        cents: 400,
        mandateId: mandate(world, 4),
        dueDate: BILLING_DATE,
      },
      expect.objectContaining({ line: 5, reason: "malformed-row", field: "customer_id", cents: 500 }),
    ]);
    expect(await claimsOf(world, 5)).toEqual(
      [1, 3].map((line) => ({
        ...claim({ mandateId: mandate(world, line), batchId: world.id(), line, cents: line * 100 }),
        stream: world.stream.name,
      })),
    );
  });

  it("leaves no bank account, no title and no payer's id in record and exclusions", async () => {
    const { world, fence } = await planned([{}, { bsb: "12345678" }, { account_number: "987654321000" }]);
    await stage(world, fence);
    const item = await world.ledger.readSegment(world.id(), 1);
    const exclusions = await world.objects.read("work", item?.exclusionsKey ?? "");
    const text = JSON.stringify(item) + (exclusions?.bytes.toString("utf8") ?? "");
    expect(item?.excluded.count).toBe(2);
    expect(text).not.toMatch(/12345678|987654321|083-170|NGUYEN|c-1/);
  });

  it("excludes for the list's reasons what the plan has found, and claims the first of equal rows", async () => {
    const same = { mandate_id: "stage.same" };
    const two = { mandate_id: "stage.two", amount_cents: "1" };
    const { world, fence } = await planned([same, same, two, { ...two, amount_cents: "2" }], {
      segmentRows: 2,
    });
    await stage(world, fence, world.ports(), 1);
    await stage(world, fence, world.ports(), 2);
    const segments = await world.ledger.readSegments(world.id());
    expect(segments.map(({ byReason }) => byReason)).toEqual([
      { "duplicate-in-list": 1 },
      { "conflicting-in-list": 2 },
    ]);
    const exclusions = await lines<Exclusion>(world, segments[1]?.exclusionsKey);
    expect(exclusions.map(({ line, otherLine, cents }) => [line, otherLine, cents])).toEqual([
      [3, 4, 1],
      [4, 3, 2],
    ]);
    const named = ["stage.same", "stage.two"].map((mandateId) => claim({ mandateId }));
    expect((await world.ledger.readClaimsNamed(named)).map(({ line }) => line)).toEqual([1]);
  });

  it("names the claim that stands in the way", async () => {
    const { world, fence } = await planned([{}]);
    const other = claim({ mandateId: mandate(world, 1), batchId: world.id(7), line: 3 });
    await world.ledger.writeClaim(other, undefined);
    await stage(world, fence);
    const item = await world.ledger.readSegment(world.id(), 1);
    const { mandateId, dueDate, attempt, batchId, line } = other;
    expect(await lines<Exclusion>(world, item?.exclusionsKey)).toEqual([
      {
        line: 1,
        reason: "already-claimed",
        cents: 4995,
        mandateId,
        dueDate,
        claim: { mandateId, dueDate, attempt, batchId, line },
      },
    ]);
  });

  it("finds its segment staged, and touches neither list nor claims again", async () => {
    const { world, fence } = await planned([{}, {}]);
    await stage(world, fence);
    const methods = await callsOf(world.ports(), (ports) => stage(world, fence, ports));
    expect(methods).toEqual(["readBatch", "readStream", "readSegment"]);
  });

  it("stages a segment without a good row, and one whose rows are claimed already", async () => {
    const { world, fence } = await planned([{ bsb: "" }]);
    await stage(world, fence);
    expect(await world.ledger.readSegment(world.id(), 1)).toMatchObject({
      staged: { count: 0, cents: 0 },
      stagedLines: "AA==",
    });
  });

  it("needs the lock with its own fence", async () => {
    const { world, fence } = await planned([{}]);
    for (const other of [fence - 1, fence + 1]) await expect(stage(world, other)).rejects.toThrow(StaleFence);
    expect(await claimsOf(world, 1)).toEqual([]);
  });

  it("refuses a segment that is not in the plan, a plan that is damaged, and rows that are not the planned ones", async () => {
    const { world, fence } = await planned([{}, {}]);
    for (const segment of [0, 2, -1]) {
      await expect(stage(world, fence, world.ports(), segment)).rejects.toThrow(LedgerBroken);
    }
    const ports = world.ports();
    const short = failing(ports.objects, "read", async () => ({ bytes: Buffer.alloc(0) }), 2);
    await expect(stage(world, fence, { ...ports, objects: short })).rejects.toThrow(LedgerBroken);
    const record = await world.ledger.readBatch(world.id());
    await world.overwrite("work", record?.plan?.key ?? "", Buffer.from("{}"));
    await expect(stage(world, fence)).rejects.toThrow(BankFileDamaged);
  });
});

describe("StageSegment, told and counted,", () => {
  it("writes one line of what it staged, and another word where it found that staged", async () => {
    const { world, fence } = await planned([{}, { bsb: "" }]);
    world.lines.length = 0;
    await stage(world, fence);
    await stage(world, fence);
    const told = { state: "StageSegment", batchId: world.id(), stream: world.stream.name, fence };
    const counted = { segment: 1, staged: 1, excluded: 1, nonce: expect.any(String) };
    expect(world.lines).toEqual([
      { ...told, ...counted, outcome: "staged" },
      { ...told, ...counted, outcome: "found staged" },
    ]);
  });

  it("counts rows by what became of them, and duplicates only where there are some", async () => {
    const same = { mandate_id: "stage.counted" };
    const { world, fence } = await planned([same, same, { bsb: "" }]);
    world.counts.length = 0;
    await stage(world, fence);
    const name = world.stream.name;
    expect(world.counts).toEqual([
      ["RowsStaged", name, 1],
      ["RowsExcluded", name, 2],
      ["DuplicateExcluded", name, 1],
    ]);
    const clean = await planned([{}]);
    clean.world.counts.length = 0;
    await stage(clean.world, clean.fence);
    expect(clean.world.counts.map(([counted]) => counted)).toEqual(["RowsStaged", "RowsExcluded"]);
  });

  it("stores rows and exclusions under keys with their kind, segment and hash", async () => {
    const { world, fence } = await planned([{}]);
    await stage(world, fence);
    const item = await world.ledger.readSegment(world.id(), 1);
    expect(item?.key).toBe(`${world.id()}/staged/1-${item?.sha256}.jsonl`);
    expect(item?.exclusionsKey).toBe(`${world.id()}/exclusions/1-${item?.exclusionsSha256}.jsonl`);
  });

  it("stores both as lines of JSON", async () => {
    const { world, fence } = await planned([{}]);
    const ports = world.ports();
    const kinds: unknown[] = [];
    const objects = intercepted<Objects>(ports.objects, (call) => {
      if (call.method === "create") kinds.push(call.args[3]);
      return call.reach();
    });
    await stage(world, fence, { ...ports, objects });
    expect(kinds).toEqual(["application/jsonl", "application/jsonl"]);
  });

  it("reads the rows in the version that the batch has pinned, whatever was laid there since", async () => {
    const { world, fence } = await planned([{ amount_cents: "100" }], {}, memory());
    const other = dueList([row({ mandate_id: mandate(world, 1), amount_cents: "999" })]);
    await world.overwrite("due", `${world.stream.name}/2026-10-06/01/due.csv`, other.csv);
    await stage(world, fence);
    expect((await world.ledger.readSegment(world.id(), 1))?.staged.cents).toBe(100);
  });

  it("says what is missing of plan, list or rows", async () => {
    const { world, fence } = await planned([{}, {}]);
    const id = world.id();
    const ports = world.ports();
    const without = (key: "plan" | "dueList") => ({
      ...ports,
      ledger: failing(ports.ledger, "readBatch", async () => {
        const { [key]: _, ...record } = (await world.ledger.readBatch(id)) ?? batchItem();
        return record;
      }),
    });
    await expect(stage(world, fence, without("plan"))).rejects.toThrow(`batch ${id} has no plan`);
    await expect(stage(world, fence, without("dueList"))).rejects.toThrow(
      `batch ${id} has no due list in its record`,
    );
    await expect(stage(world, fence, ports, 2)).rejects.toThrow(`the plan of batch ${id} has no segment 2`);
    const rows = (answer: { bytes: Buffer } | undefined) => ({
      ...ports,
      objects: failing(ports.objects, "read", async () => answer as never, 2),
    });
    await expect(stage(world, fence, rows({ bytes: Buffer.alloc(0) }))).rejects.toThrow(
      "segment 1 has 0 rows, its plan says 2",
    );
    await expect(stage(world, fence, rows(undefined))).rejects.toThrow(
      `${world.stream.name}/2026-10-06/01/due.csv is not in the due bucket`,
    );
  });

  it("calls the ledger broken that refuses its segment's record and has none", async () => {
    const { world, fence } = await planned([{}]);
    const ports = world.ports();
    const refusal = new ConditionRefused("there is one");
    const ledger = failing(ports.ledger, "createSegment", lost(refusal));
    await expect(stage(world, fence, { ...ports, ledger })).rejects.toMatchObject({
      name: "LedgerBroken",
      message: `segment 1 of batch ${world.id()} is there and is not`,
      cause: refusal,
    });
  });
});

describe("StageSegment, repeated and doubled", () => {
  it("stages what it has claimed before, whatever any of its calls threw: no row is lost or excluded for it", async () => {
    const rows = [{}, {}, {}];
    const whole = await planned(rows, {}, memory());
    const { length } = await callsOf(whole.world.ports(), (ports) => stage(whole.world, whole.fence, ports));
    let faults = 0;
    for (const [what, error] of SOME_ERRORS) {
      for (let at = 1; at <= length + 1; at += 1) {
        for (const mishap of [lost(error), answerLost(error)]) {
          const { world, fence } = await planned(rows, {}, memory());
          const told = await stage(world, fence, befallen(world.ports(), at, mishap)).catch(() => "fault");
          if (told === "fault") faults += 1;
          await stage(world, fence);
          const item = await world.ledger.readSegment(world.id(), 1);
          expect(item, `${what} at call ${at}`).toMatchObject({
            staged: { count: 3 },
            excluded: { count: 0 },
          });
          expect(await claimsOf(world, 3), `${what} at call ${at}`).toHaveLength(3);
        }
      }
    }
    expect(faults).toBeGreaterThan(20);
  });

  it("lets the first record stand when a twin has stored another", async () => {
    const { world, fence } = await planned([{}, {}]);
    // The twin meets a claim that is released by the time the second one reads it.
    const other = claim({ mandateId: mandate(world, 2), batchId: world.id(7) });
    await world.ledger.writeClaim(other, undefined);
    const ports = world.ports();
    const ledger = failing(ports.ledger, "createSegment", async ({ reach }) => {
      await world.ledger.writeBatch(
        batchItem({ stream: world.stream.name, number: 7, state: "ABANDONED" }),
        undefined,
      );
      await stage(world, fence);
      return reach();
    });
    await stage(world, fence, { ...ports, ledger });
    expect((await world.ledger.readSegment(world.id(), 1))?.staged.count).toBe(2);
    expect((await claimsOf(world, 2)).map(({ batchId }) => batchId)).toEqual([world.id(), world.id()]);
  });

  it("begins no claim any more once it has failed", async () => {
    const rows = Array.from({ length: 80 }, () => ({}));
    const { world, fence } = await planned(rows, {}, memory());
    const ports = world.ports();
    let begun = 0;
    const ledger = intercepted<Ledger>(ports.ledger, async (call) => {
      if (call.method !== "writeClaim") return call.reach();
      begun += 1;
      if (begun === 1) throw sdkError("ThrottlingException");
      return call.reach();
    });
    await expect(stage(world, fence, { ...ports, ledger })).rejects.toThrow("ThrottlingException");
    const after = begun;
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toBe(after);
    expect(after).toBeLessThanOrEqual(2 * 32);
    expect(await claimsOf(world, 80)).toHaveLength(after - 1);
    expect(await world.ledger.readSegment(world.id(), 1)).toBeUndefined();
  });
});
