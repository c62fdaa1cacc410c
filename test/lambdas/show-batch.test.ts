import { describe, expect, it } from "vitest";
import { BatchUnknown } from "../../lambdas/domain/faults.ts";
import type { BatchItem } from "../../lambdas/domain/records.ts";
import { showBatch } from "../../lambdas/operations/show-batch/show-batch.ts";
import { propose } from "../../lambdas/operations/propose/propose.ts";
import { approve } from "../../lambdas/operations/approve/approve.ts";
import { AT, batchItem, fileItem, gateReport, heldBy } from "../builders.ts";
import { memory, reconciled, type World, worldOn } from "../world.ts";

const nobody = { describe: async () => undefined };
const show = (world: World, batchId: string = world.id()) =>
  showBatch({ batchId }, { ...world.ports(), executions: nobody });

/** A world whose stream's item has a file in doubt, in the name of that batch; another one is recorded of the first. */
async function worldWith(holder: number | undefined, record: Partial<BatchItem> | undefined): Promise<World> {
  const world = worldOn(memory());
  const stream = world.stream.name;
  if (holder !== undefined) {
    await world.ledger.writeStream(
      heldBy(world.id(holder), { files: [fileItem({ state: "UNKNOWN" })] }),
      undefined,
    );
  }
  if (record) await world.ledger.writeBatch(batchItem({ stream, ...record }), undefined);
  await world.ledger.createFile(world.id(), fileItem({ state: "WITHDRAWN" }));
  const item = { batchId: world.id(), number: 1, nonce: "before", sha256: "x", at: AT };
  await world.ledger.createSubmission({ ...item, kind: "INTENT" });
  return world;
}

describe("what is shown of a batch's files", () => {
  it("is what the stream's item says while the batch holds the lock and is open, or has no record yet", async () => {
    for (const record of [undefined, { state: "OPEN" }] as const) {
      const { files, inDoubt } = await show(await worldWith(1, record));
      expect(files.map(({ state }) => state)).toEqual(["UNKNOWN"]);
      expect(inDoubt).toMatchObject([{ number: 1, intentAt: AT }]);
    }
  });

  it("is what its own records say once it is over, though the lock is not free yet, or is another's", async () => {
    for (const [holder, state] of [
      [1, "CLOSED"],
      [1, "ABANDONED"],
      [2, "OPEN"],
      [2, "CLOSED"],
      [undefined, "OPEN"],
    ] as const) {
      const { files, inDoubt } = await show(await worldWith(holder, { state }));
      expect([files.map((file) => file.state), inDoubt], `${holder} ${state}`).toEqual([["WITHDRAWN"], []]);
    }
  });

  it("is none where the lock knows none yet", async () => {
    const world = worldOn(memory());
    await world.ledger.writeStream(heldBy(world.id()), undefined);
    expect((await show(world)).files).toEqual([]);
  });
});

describe("what else is shown of a batch", () => {
  it("is its record without cents of its due list before it is planned, and with what may be told after", async () => {
    const { plan: _none, ...unplanned } = batchItem();
    const planned = { ...batchItem().plan, cents: 250 } as NonNullable<BatchItem["plan"]>;
    for (const [plan, cents] of [
      [undefined, []],
      [batchItem().plan, []],
      [planned, [["cents", 250]]],
    ] as const) {
      const world = worldOn(memory());
      const own = { ...unplanned, id: world.id(), stream: world.stream.name, ...(plan && { plan }) };
      await world.ledger.writeBatch(own, undefined);
      const dueList = (await show(world)).record?.dueList ?? {};
      expect(Object.entries(dueList).filter(([name]) => /cents/i.test(name))).toEqual(cents);
    }
  });

  it("is the last six lines of its stream's trail", async () => {
    const world = worldOn(memory());
    for (let minute = 1; minute <= 8; minute += 1) {
      const line = { stream: world.stream.name, action: "pause", by: "ann", reason: "why" } as const;
      const at = `2026-10-05T20:0${minute}:00.000Z`;
      await world.ledger.createStreamEvent({ ...line, at, nonce: `n-${minute}` });
    }
    const { streamEvents } = await show(world);
    expect(streamEvents.map(({ nonce }) => nonce)).toEqual(["n-3", "n-4", "n-5", "n-6", "n-7", "n-8"]);
  });

  it("is each proposal with its own approval", async () => {
    const world = worldOn(memory());
    await reconciled(world, ["COMPOSED"]);
    const [file] = (await world.ledger.readStream(world.stream.name))?.batch?.files ?? [];
    const checks = ["growth", "same-totals"].map((name) => {
      return { name, kind: "suspicion", passed: false, expected: "0", found: "1" } as const;
    });
    const { number = 1, sha256 = "", debits = 1, cents = 1, firstLine = 1, lastLine = 1 } = file ?? {};
    const judged = { number, sha256, debits, cents, firstLine, lastLine, state: "COMPOSED" } as const;
    const report = gateReport(world.id(), { status: "GATE_FAILED", number: 2, files: [judged], checks });
    await world.overwrite("reports", `${world.id()}/report-002.json`, Buffer.from(JSON.stringify(report)));
    for (const check of ["growth", "same-totals"]) {
      const asked = { action: "accept-suspicion", batchId: world.id(), reason: "why", by: "ann" } as const;
      const { id } = await propose({ ...asked, check }, world.ports());
      if (check === "growth") await approve({ proposal: id, by: "bob" }, world.ports());
    }
    const { proposals } = await show(world);
    const standings = proposals.map((one) => [
      one.action === "accept-suspicion" && one.check,
      one.standing,
      one.approval?.by,
    ]);
    expect(standings.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))).toEqual([
      ["growth", "accepted", "bob"],
      ["same-totals", "open", undefined],
    ]);
  });

  it("is nothing of what is no batch", async () => {
    await expect(show(worldOn(memory()), "x")).rejects.toEqual(
      new BatchUnknown("the batch id is not <stream>-<yyyy-mm-dd>-<nn>"),
    );
  });
});
