import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acquireLock } from "../../lambdas/billing-batch/acquire-lock/acquire-lock.ts";
import { composeBankFile } from "../../lambdas/billing-batch/compose-bank-file/compose-bank-file.ts";
import { composeFiles } from "../../lambdas/billing-batch/compose-bank-file/compose-files.ts";
import { readBankFile } from "../../lambdas/domain/bank-file-reader.ts";
import { BankFileWriter } from "../../lambdas/domain/bank-file-writer.ts";
import type { IndexLine } from "../../lambdas/domain/bank-file.ts";
import {
  BankFileDamaged,
  BatchAbandoning,
  LedgerBroken,
  LimitExceeded,
  StaleFence,
} from "../../lambdas/domain/faults.ts";
import type { FileItem, FileStateName, StagedRow } from "../../lambdas/domain/records.ts";
import type { Stream } from "../../lambdas/domain/stream.ts";
import { readAhead } from "../../lambdas/read-ahead.ts";
import { AT, BILLING_DATE, dueList, PROFILE, row, sha256 } from "../builders.ts";
import { type EmbeddedStores, embeddedStores } from "../embedded-stores.ts";
import { answerLost, befallen, callsOf, SOME_ERRORS, failing, LateCalls, lost } from "../port-faults.ts";
import {
  type Backing,
  filesOf,
  itemOf,
  layList,
  memory,
  staged,
  type World,
  worldOn,
  type WorldPorts,
} from "../world.ts";

let stores: EmbeddedStores;
beforeAll(async () => {
  stores = await embeddedStores();
});
afterAll(() => stores.close());

/** A world with as many staged rows as amounts, in cents; an amount of 0 is excluded. */
async function stagedRows(amounts: readonly number[], over: Partial<Stream> = {}, backing: Backing = stores) {
  const world = worldOn(backing, { segmentRows: 2, ...over });
  const rows = amounts.map((amount, index) =>
    row({ mandate_id: `${world.stream.name}.m-${index + 1}`, amount_cents: String(amount) }),
  );
  await layList(world, dueList(rows));
  return { world, fence: await staged(world) };
}

const STAGED: Omit<StagedRow, "line"> = {
  mandateId: "m",
  dueDate: BILLING_DATE,
  attempt: 1,
  merchantId: "gym",
  remitter: "BONDI GYM",
  bsb: "083-170",
  accountNumber: "12345678",
  title: "NGUYEN THI HOA",
  cents: 1,
};

const compose = (world: World, fence: number, ports: WorldPorts = world.ports()) =>
  composeBankFile({ batchId: world.id(), fence }, ports);

/** The ports of a handler call under other limits. */
function under(world: World, limits: Partial<Stream>): WorldPorts {
  const ports = world.ports();
  const streams = { [world.stream.name]: { ...world.stream, ...limits } };
  return { ...ports, configuration: { ...ports.configuration, streams } };
}

const shape = (files: readonly FileItem[]) =>
  files.map(({ number, debits, cents, firstLine, lastLine, state }) => [
    number,
    debits,
    cents,
    firstLine,
    lastLine,
    state,
  ]);

describe("ComposeBankFile", () => {
  it("writes the staged rows in the list's order, stores file and index, and freezes the set in one write", async () => {
    const { world, fence } = await stagedRows([100, 0, 300, 50]);
    const before = await itemOf(world);
    expect(await compose(world, fence)).toEqual({ files: 1, debits: 3, cents: 450 });
    expect((await itemOf(world)).version).toBe(before.version + 1);
    const [file] = await filesOf(world);
    expect(shape(file ? [file] : [])).toEqual([[1, 3, 450, 1, 4, "COMPOSED"]]);
    expect(file).toMatchObject({ description: "CB0026A60101", processingDate: "2026-10-06" });

    const bytes = (await world.objects.read("bankFiles", file?.key ?? ""))?.bytes ?? Buffer.of();
    expect(sha256(bytes)).toBe(file?.sha256);
    const amounts: number[] = [];
    const reading = readBankFile(bytes, (entry) => void (entry.code === "13" && amounts.push(entry.cents)));
    expect({ amounts, faults: reading.faults }).toEqual({ amounts: [100, 300, 50], faults: [] });
    const index = (await world.objects.read("bankFiles", file?.indexKey ?? ""))?.bytes ?? Buffer.of();
    expect(sha256(index)).toBe(file?.indexSha256);
    const lines = index
      .toString("utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as IndexLine);
    expect(lines.map(({ line, cents }) => [line, cents])).toEqual([
      [1, 100],
      [3, 300],
      [4, 50],
    ]);
    expect(index.toString("utf8")).not.toMatch(/12345678|083-170|NGUYEN/);
  });

  it("splits by the stream's limits on debits and cents, in the list's order", async () => {
    const amounts = [100, 100, 100, 100, 100];
    const byDebits = await stagedRows(amounts, { maxFileDebits: 2 });
    await compose(byDebits.world, byDebits.fence);
    expect(shape(await filesOf(byDebits.world))).toEqual([
      [1, 2, 200, 1, 2, "COMPOSED"],
      [2, 2, 200, 3, 4, "COMPOSED"],
      [3, 1, 100, 5, 5, "COMPOSED"],
    ]);
    const byCents = await stagedRows([100, 200, 1, 300], { maxFileCents: 300 });
    await compose(byCents.world, byCents.fence);
    expect(shape(await filesOf(byCents.world))).toEqual([
      [1, 2, 300, 1, 2, "COMPOSED"],
      [2, 1, 1, 3, 3, "COMPOSED"],
      [3, 1, 300, 4, 4, "COMPOSED"],
    ]);
    const descriptions = (await filesOf(byCents.world)).map(({ description }) => description);
    expect(descriptions).toEqual(["CB0026A60101", "CB0026A60102", "CB0026A60103"]);
  });

  it("freezes an empty set where nothing was staged, and finds it frozen", async () => {
    const { world, fence } = await stagedRows([0]);
    expect(await compose(world, fence)).toEqual({ files: 0, debits: 0, cents: 0 });
    expect((await itemOf(world)).batch?.files).toEqual([]);
    const { version } = await itemOf(world);
    await compose(world, fence);
    expect((await itemOf(world)).version).toBe(version);
  });

  it("only verifies a set that is frozen, also under other limits and without the staged rows", async () => {
    const { world, fence } = await stagedRows([100, 100]);
    await compose(world, fence);
    const frozen = await itemOf(world);
    const ports = under(world, { maxFileDebits: 1 });
    const methods = await callsOf(ports, (counted) => compose(world, fence, counted));
    expect(methods.filter((method) => method !== "read")).toEqual(["readBatch", "readStream"]);
    expect(await itemOf(world)).toEqual(frozen);
  });

  it("takes over the set that a twin has frozen under other limits", async () => {
    const { world, fence } = await stagedRows([100, 100]);
    const ports = world.ports();
    const ledger = failing(ports.ledger, "writeStream", async ({ reach }) => {
      await compose(world, fence, under(world, { maxFileDebits: 1 }));
      return reach();
    });
    expect(await compose(world, fence, { ...ports, ledger })).toEqual({ files: 2, debits: 2, cents: 200 });
    expect(shape(await filesOf(world)).map(([, debits]) => debits)).toEqual([1, 1]);
  });

  it("gives the same bytes however the rows are cut into segments", async () => {
    const hashes: (readonly string[])[] = [];
    const amounts = [1, 2, 3, 4, 5, 6, 7];
    for (const segmentRows of [1, 2, 3, 100]) {
      const { world, fence } = await stagedRows(
        amounts,
        { name: "same-name", segmentRows, maxFileDebits: 3 },
        memory(),
      );
      await compose(world, fence);
      hashes.push((await filesOf(world)).map((file) => file.sha256 + file.indexSha256));
    }
    expect(new Set(hashes.map((set) => set.join())).size).toBe(1);
  });

  it("refuses frozen bytes that are missing or damaged, file or index", async () => {
    for (const key of ["key", "indexKey"] as const) {
      const { world, fence } = await stagedRows([100]);
      await compose(world, fence);
      const [file] = await filesOf(world);
      await world.overwrite("bankFiles", file?.[key] ?? "", Buffer.from("flipped"));
      await expect(compose(world, fence)).rejects.toThrow(BankFileDamaged);
      const ports = world.ports();
      const missing = failing(ports.objects, "read", async () => undefined);
      await expect(compose(world, fence, { ...ports, objects: missing })).rejects.toThrow(BankFileDamaged);
    }
  });

  it("asks for no bytes of a set of which nothing can be sent any more, and for all while one file can", async () => {
    const { world, fence } = await stagedRows([100, 200], { maxFileDebits: 1 });
    await compose(world, fence);
    const before = await itemOf(world);
    const [first] = await filesOf(world);
    await world.overwrite("bankFiles", first?.key ?? "", Buffer.from("flipped"));
    const move = async (...states: FileStateName[]) => {
      const item = await itemOf(world);
      const files = before.batch?.files?.map((file, index) => ({
        ...file,
        state: states[index] ?? file.state,
      }));
      const batch = { ...(before.batch as NonNullable<typeof before.batch>), files: files ?? [] };
      await world.ledger.writeStream({ ...item, batch, version: item.version + 1 }, item.version);
    };
    await move("SUBMITTED", "RECONCILED");
    await expect(compose(world, fence)).rejects.toThrow(BankFileDamaged);
    await move("SUBMITTED", "WITHDRAWN");
    expect(await compose(world, fence)).toMatchObject({ files: 2, debits: 2 });
  });

  it("refuses to freeze while a segment is missing, or its rows are not those that were staged", async () => {
    const world = worldOn(stores, { segmentRows: 1 });
    await layList(world, dueList([row({ mandate_id: `${world.stream.name}.m` })]));
    const { fence } = await acquireLock(
      { batchId: world.id(), execution: "x", entered: "2026-10-05T20:00:00.000Z", retry: 0 },
      world.ports(),
    );
    await expect(compose(world, fence)).rejects.toThrow(LedgerBroken);

    const two = await stagedRows([100, 100, 100]);
    const ports = two.world.ports();
    // One too few, and as many as there should be, one of them twice.
    for (const [found, some] of [
      [1, (all: object[]) => all.slice(1)],
      [2, (all: object[]) => [all[0], all[0]]],
    ] as const) {
      const lacking = failing(ports.ledger, "readSegments", async ({ reach }) =>
        some((await reach()) as object[]),
      );
      await expect(compose(two.world, two.fence, { ...ports, ledger: lacking })).rejects.toEqual(
        new LedgerBroken(`batch ${two.world.id()}: ${found} of 2 segments are staged`),
      );
    }
    const [segment] = await two.world.ledger.readSegments(two.world.id());
    await two.world.overwrite("work", segment?.key ?? "", Buffer.from("{}\n"));
    await expect(compose(two.world, two.fence)).rejects.toThrow(BankFileDamaged);
    expect((await itemOf(two.world)).batch?.files).toBeUndefined();
  });

  it("writes ninety-nine files, and refuses more", async () => {
    const limits = { maxFileDebits: 1, segmentRows: 50 };
    const amounts = Array.from({ length: 100 }, () => 1);
    const { world, fence } = await stagedRows(amounts, limits, memory());
    await expect(compose(world, fence)).rejects.toEqual(
      new LimitExceeded(`batch ${world.id()} needs more than 99 files`),
    );
    expect((await itemOf(world)).batch?.files).toBeUndefined();
    const most = await stagedRows(amounts.slice(1), limits, memory());
    expect(await compose(most.world, most.fence)).toMatchObject({ files: 99 });
  });

  it("keeps the versions of file and index where the store has versions", async () => {
    for (const backing of [memory(), stores]) {
      const { world, fence } = await stagedRows([100], {}, backing);
      await compose(world, fence);
      const [file] = await filesOf(world);
      const versionOf = async (key = "") => (await world.objects.versions("bankFiles", key))[0]?.version;
      expect(file?.version).toBe(await versionOf(file?.key));
      expect(file?.indexVersion).toBe(await versionOf(file?.indexKey));
      const named = Object.keys(file ?? {}).filter((name) => /version$/i.test(name));
      expect(named).toEqual(file?.version === undefined ? [] : ["version", "indexVersion"]);
    }
  });

  it("tells each writer how many debits to expect: what is left, and no more than a file may hold", async () => {
    const expected: number[] = [];
    const rows = [1, 2, 3, 4, 5].map((line) => ({ ...STAGED, line }));
    const limits = { maxFileDebits: 2, maxFileCents: 1_000 };
    const header = { description: "CB0026A60101", processingDate: BILLING_DATE };
    const writer = (_file: number, expectedDebits: number) => {
      expected.push(expectedDebits);
      return new BankFileWriter(PROFILE, { ...header, expectedDebits });
    };
    const segments = readAhead([rows], 1, async (segment) => segment);
    for await (const _file of composeFiles(segments, rows.length, limits, String, writer));
    expect(expected).toEqual([2, 2, 1]);
  });

  it("freezes nothing for a batch that is being abandoned, has lost the lock or was acquired again", async () => {
    const { world, fence } = await stagedRows([100]);
    for (const other of [fence - 1, fence + 1])
      await expect(compose(world, other)).rejects.toThrow(StaleFence);
    const ports = world.ports();
    const abandoning = { by: "ann", reason: "why", at: AT };
    const meanwhile = failing(ports.ledger, "writeStream", async ({ reach }) => {
      const item = await itemOf(world);
      const batch = { ...item.batch, abandoning } as NonNullable<typeof item.batch>;
      await world.ledger.writeStream({ ...item, version: item.version + 1, batch }, item.version);
      return reach();
    });
    await expect(compose(world, fence, { ...ports, ledger: meanwhile })).rejects.toEqual(
      new BatchAbandoning(`batch ${world.id()} is being abandoned`),
    );
    expect((await itemOf(world)).batch?.files).toBeUndefined();
  });

  it("freezes one set whatever any of its calls threw", async () => {
    const whole = await stagedRows([100, 200, 300], { maxFileDebits: 2 }, memory());
    const { length } = await callsOf(whole.world.ports(), (ports) =>
      compose(whole.world, whole.fence, ports),
    );
    let faults = 0;
    for (const [what, error] of SOME_ERRORS) {
      for (let at = 1; at <= length + 1; at += 1) {
        const late = new LateCalls();
        for (const mishap of [lost(error), answerLost(error), late.late(error)]) {
          const { world, fence } = await stagedRows([100, 200, 300], { maxFileDebits: 2 }, memory());
          const told = await compose(world, fence, befallen(world.ports(), at, mishap)).catch(() => "fault");
          if (told === "fault") faults += 1;
          await late.land();
          const named = `${what} at call ${at}`;
          expect(await compose(world, fence), named).toEqual({ files: 2, debits: 3, cents: 600 });
          expect(shape(await filesOf(world)), named).toEqual([
            [1, 2, 300, 1, 2, "COMPOSED"],
            [2, 1, 300, 3, 3, "COMPOSED"],
          ]);
        }
      }
    }
    expect(faults).toBeGreaterThan(50);
  });
});
