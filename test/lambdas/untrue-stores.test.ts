import { describe, expect, it } from "vitest";
import { storeReport } from "../../lambdas/batch-report.ts";
import { acquireLock } from "../../lambdas/billing-batch/acquire-lock/acquire-lock.ts";
import { closeBatch } from "../../lambdas/billing-batch/close-batch/close-batch.ts";
import { composeBankFile } from "../../lambdas/billing-batch/compose-bank-file/compose-bank-file.ts";
import { planBatch } from "../../lambdas/billing-batch/plan-segments/plan-segments.ts";
import { stageSegment } from "../../lambdas/billing-batch/stage-segment/stage-segment.ts";
import { submitBankFile } from "../../lambdas/billing-batch/submit-bank-file/submit-bank-file.ts";
import { DueListMismatch, DueListMissing, LedgerBroken, NotReconciled } from "../../lambdas/domain/faults.ts";
import type { BatchItem, FileItem, Resolution, StreamItem } from "../../lambdas/domain/records.ts";
import type { Stream } from "../../lambdas/domain/stream.ts";
import { dueListIdentity } from "../../lambdas/due-list-identity.ts";
import { abandonBatch } from "../../lambdas/operations/abandon-batch/abandon-batch.ts";
import { pauseStream } from "../../lambdas/operations/pause-stream/pause-stream.ts";
import { showBatch } from "../../lambdas/operations/show-batch/show-batch.ts";
import type { Ledger } from "../../lambdas/ports.ts";
import { type Asker, settleDoubt } from "../../lambdas/settle-doubt.ts";
import { type HeldStream } from "../../lambdas/stream-change.ts";
import { movedFile } from "../../lambdas/submission.ts";
import {
  AT,
  begun,
  batchItem,
  dueList,
  fileItem,
  gateReport,
  heldBy,
  row,
  segmentItem,
  sha256,
  streamItem,
} from "../builders.ts";
import { ledgerInMemory } from "../ledger-in-memory.ts";
import { objectsInMemory } from "../objects-in-memory.ts";
import { answerLost, failing, intercepted, lost, type Mishap, sdkError } from "../port-faults.ts";
import { composed, itemOf, layList, pickUp, reconciled, staged, type World, worldOn } from "../world.ts";

/** What the steps do when a store says what cannot be: the branches that no sound ledger ever takes. */

const ENTERED = "2026-10-05T20:00:00.000Z";
const WHO = { by: "ann", reason: "the list was wrong" };
const THREE = dueList(["m-1", "m-2", "m-3"].map((mandate_id) => row({ mandate_id })));

/** A world in memory together with the hands that the steps do not have. */
function inMemory(over: Partial<Stream> = {}) {
  const [ledger, objects] = [ledgerInMemory(), objectsInMemory()];
  const overwrite: World["overwrite"] = async (area, key, bytes) => void objects.put(area, key, bytes);
  return { ledger, objects, world: worldOn({ ledger, objects, overwrite }, over) };
}

const acquire = (world: World, ports = world.ports()) =>
  acquireLock({ batchId: world.id(), execution: "x", entered: ENTERED, retry: 0 }, ports);

async function recordOf(world: World): Promise<BatchItem> {
  const record = await world.ledger.readBatch(world.id());
  if (record === undefined) throw new Error("the batch has no record");
  return record;
}

/** The batch's record without the due list that every batch that began has. */
function withoutList({ dueList: _list, ...record }: BatchItem): BatchItem {
  return record;
}

/** The ledger from whose reads of the stream's item, from the n-th on, something is gone or changed. */
function misreading(ledger: Ledger, from: number, change: (item: StreamItem) => StreamItem): Ledger {
  let reads = 0;
  return intercepted(ledger, async ({ method, reach }) => {
    const answer = await reach();
    if (method !== "readStream") return answer;
    reads += 1;
    return reads >= from ? change(answer as StreamItem) : answer;
  });
}

/** The same for what a lost answer to a write of the item is read back as. */
function misreadBack(ledger: Ledger, from: number, change: (item: StreamItem) => StreamItem): Ledger {
  return misreading(failing(ledger, "writeStream", answerLost(sdkError("TimeoutError"))), from, change);
}

function withBatch(item: StreamItem, over: Partial<NonNullable<StreamItem["batch"]>>): StreamItem {
  return item.batch ? { ...item, batch: { ...item.batch, ...over } } : item;
}

function withoutFiles(item: StreamItem): StreamItem {
  const { files: _files, ...batch } = item.batch ?? heldBy("au-cba-2026-10-06-01").batch ?? neverHere();
  return { ...item, batch };
}

function neverHere(): never {
  throw new Error("the stream is free");
}

describe("AcquireLock", () => {
  it("knows its lock although its answer was lost and a pause landed on top: the fence rises once", async () => {
    const { ledger, world } = inMemory();
    await layList(world, THREE);
    const paused: Mishap = async ({ reach }) => {
      await reach();
      await pauseStream({ stream: world.stream.name, ...WHO }, world.ports());
      throw sdkError("TimeoutError");
    };
    const ports = world.ports({ ledger: failing(ledger, "writeStream", paused) });
    expect(await acquire(world, ports)).toEqual({ outcome: "ACQUIRED", fence: 1 });
    expect(await itemOf(world)).toMatchObject({ version: 2, fence: 1, paused: WHO });
    expect(await recordOf(world)).toMatchObject({ state: "OPEN" });
  });

  it("is not acquired where its own write is read back without the lock in it", async () => {
    const { ledger, world } = inMemory();
    await layList(world, THREE);
    for (const change of [
      ({ batch: _batch, ...item }: StreamItem) => item,
      (item: StreamItem) => withBatch(item, { id: world.id(2) }),
      (item: StreamItem) => withBatch(item, { nonce: "another" }),
    ]) {
      ledger.putStream(streamItem({ stream: world.stream.name, fence: 0 }));
      const ports = world.ports({ ledger: misreadBack(ledger, 2, change) });
      await expect(acquire(world, ports)).rejects.toThrow(
        new LedgerBroken(`the lock of stream ${world.stream.name} does not name the call that acquired it`),
      );
      expect(await ledger.readBatch(world.id())).toBeUndefined();
    }
  });

  it("refuses a record that has forgotten its due list, rather than pin today's", async () => {
    const { ledger, world } = inMemory();
    await layList(world, THREE);
    ledger.putBatch(withoutList(batchItem({ stream: world.stream.name })));
    const acquiring = acquire(world);
    await expect(acquiring).rejects.toThrow(DueListMismatch);
    await expect(acquiring).rejects.toThrow(/was opened for another due list: none; now there is 3 rows/);
    expect((await ledger.readStream(world.stream.name))?.batch).toBeUndefined();
  });

  it("takes its batch's lock over where the lock does not say whose turn it was", async () => {
    const { ledger, world } = inMemory();
    await layList(world, THREE);
    ledger.putStream(heldBy(world.id(), {}, { stream: world.stream.name, fence: 7 }));
    expect(await acquire(world)).toEqual({ outcome: "ACQUIRED", fence: 8 });
    expect((await itemOf(world)).batch?.turn).toEqual({ entered: ENTERED, retry: 0 });
  });
});

describe("the identity of a due list", () => {
  it("names the object that is missing: the rows, where the manifest is there", async () => {
    const { objects } = inMemory();
    const missing = (name: string) => new DueListMissing(`a/01/${name} is not in the due bucket`);
    await expect(dueListIdentity(objects, "a/01/")).rejects.toThrow(missing("manifest.json"));
    objects.put("due", "a/01/manifest.json", THREE.manifest);
    await expect(dueListIdentity(objects, "a/01/")).rejects.toThrow(missing("due.csv"));
  });

  it.each(["null", "7", "[]", '"12345678"'])("is refused for a manifest that is %s", async (json) => {
    const { objects } = inMemory();
    objects.put("due", "a/01/due.csv", THREE.csv);
    objects.put("due", "a/01/manifest.json", Buffer.from(json, "utf8"));
    await expect(dueListIdentity(objects, "a/01/")).rejects.toThrow(
      new DueListMismatch("a/01/manifest.json is unreadable (manifest: invalid_type)"),
    );
  });
});

describe("PlanSegments", () => {
  const plan = (world: World, fence: number) => planBatch({ batchId: world.id(), fence }, world.ports());

  it("plans nothing for a record that names no due list", async () => {
    const { ledger, world } = inMemory();
    await layList(world, THREE);
    const { fence } = await acquire(world);
    ledger.putBatch(withoutList(await recordOf(world)));
    await expect(plan(world, fence)).rejects.toThrow(
      new LedgerBroken(`batch ${world.id()} has no due list in its record`),
    );
  });

  it.each([
    [14_984, "1 cents less"],
    [14_986, "1 cents more"],
  ])("says of a manifest of %d cents by how many it departs, and which way", async (totalCents, words) => {
    const { world } = inMemory();
    await layList(
      world,
      dueList(
        ["m-1", "m-2", "m-3"].map((mandate_id) => row({ mandate_id })),
        { totalCents },
      ),
    );
    const { fence } = await acquire(world);
    await expect(plan(world, fence)).rejects.toThrow(
      new DueListMismatch(`the manifest says ${words} than the list has`),
    );
  });

  it("lets a fault that is none of the list's go on as it is", async () => {
    const { ledger, world } = inMemory();
    await layList(world, THREE);
    const { fence } = await acquire(world);
    ledger.putBatch({ ...(await recordOf(world)), billingDate: "never" });
    await expect(plan(world, fence)).rejects.toThrow(
      new RangeError("not a calendar date of the form yyyy-mm-dd"),
    );
  });
});

describe("StageSegment", () => {
  async function planned() {
    const { ledger, objects, world } = inMemory();
    await layList(world, THREE);
    const { fence } = await acquire(world);
    await planBatch({ batchId: world.id(), fence }, world.ports());
    const stage = () => stageSegment({ batchId: world.id(), fence, segment: 1 }, world.ports());
    return { ledger, objects, world, stage };
  }

  it("claims nothing for a record that names no plan, or no due list", async () => {
    const { ledger, world, stage } = await planned();
    const record = await recordOf(world);
    const { plan: _plan, ...unplanned } = record;
    ledger.putBatch(unplanned);
    await expect(stage()).rejects.toThrow(new LedgerBroken(`batch ${world.id()} has no plan`));
    ledger.putBatch(withoutList(record));
    await expect(stage()).rejects.toThrow(
      new LedgerBroken(`batch ${world.id()} has no due list in its record`),
    );
    expect(ledger.allClaims()).toEqual([]);
  });

  it("claims nothing once the list is gone from its bucket", async () => {
    const { ledger, objects, world, stage } = await planned();
    const { prefix } = (await recordOf(world)).dueList ?? neverHere();
    objects.drop("due", `${prefix}due.csv`);
    await expect(stage()).rejects.toThrow(new DueListMissing(`${prefix}due.csv is not in the due bucket`));
    expect(ledger.allClaims()).toEqual([]);
  });
});

describe("ComposeBankFile", () => {
  async function ready() {
    const { ledger, objects, world } = inMemory();
    await layList(world, THREE);
    const fence = await staged(world);
    const compose = (over: Parameters<World["ports"]>[0] = {}) =>
      composeBankFile({ batchId: world.id(), fence }, world.ports(over));
    return { ledger, objects, world, compose };
  }

  it("makes no file of a segment that holds other rows than its record counts", async () => {
    const { ledger, world, compose } = await ready();
    const [segment] = await ledger.readSegments(world.id());
    ledger.putSegment({ ...(segment ?? neverHere()), staged: { count: 2, cents: 9990 } });
    await expect(compose()).rejects.toThrow(new LedgerBroken("segment 1 holds 3 rows, not 2"));
    expect((await itemOf(world)).batch?.files).toBeUndefined();
  });

  it("does not call a set that is read back as none a set without files", async () => {
    const { ledger, world, compose } = await ready();
    await expect(compose({ ledger: misreadBack(ledger, 3, withoutFiles) })).rejects.toThrow(
      new LedgerBroken(`the files of batch ${world.id()} were frozen and are not there`),
    );
    expect(await compose()).toEqual({ files: 1, debits: 3, cents: 14_985 });
  });
});

describe("SubmitBankFile", () => {
  it("sends nothing of a file that has left the frozen set since the call began", async () => {
    const { ledger, objects, world } = inMemory();
    const fence = await reconciled(world);
    const ports = world.ports({ ledger: misreading(ledger, 2, (item) => withBatch(item, { files: [] })) });
    const submitting = submitBankFile({ batchId: world.id(), fence, timeLimitMs: 1000 }, ports);
    await expect(submitting).rejects.toThrow(
      new NotReconciled(`file 01 of batch ${world.id()} is not in the frozen set`),
    );
    expect(await objects.list("outbound", "")).toEqual([]);
    expect(await ledger.readSubmission(world.id(), 1)).toBeUndefined();
  });
});

describe("a file's move", () => {
  it.each([
    ["has another file", [fileItem({ number: 2 })]],
    ["has no file", []],
    ["is not there", undefined],
  ])("is refused where the frozen set %s, rather than write a set without it", (_, files) => {
    const item = heldBy("au-cba-2026-10-06-01", files ? { files } : {}) as HeldStream;
    expect(() => movedFile(item, 1, "withdraw")).toThrow(
      new LedgerBroken("file 01 of batch au-cba-2026-10-06-01 is not in the frozen set"),
    );
  });
});

describe("a file in doubt", () => {
  async function doubtful(state: FileItem["state"]) {
    const { ledger, world } = inMemory();
    await reconciled(world, [state]);
    const [file] = (await itemOf(world)).batch?.files ?? [];
    const { sha256 } = file ?? neverHere();
    const intent = { batchId: world.id(), number: 1, nonce: "before", sha256, at: AT };
    await ledger.createSubmission({ ...intent, kind: "INTENT" });
    const asker: Asker = {
      stream: world.stream.name,
      batchId: world.id(),
      nonce: "mine",
      fence: 1,
    };
    const submitting = begun(1, pickUp(world));
    return { world, asker, seen: { ...(file ?? neverHere()), state: "UNKNOWN" as const, submitting } };
  }

  it.each(["WITHDRAWN", "REJECTED"] as const)(
    "is %s where another call has proven it meanwhile, and not with the bank",
    async (state) => {
      const { world, asker, seen } = await doubtful(state);
      expect(await settleDoubt(world.ports(), asker, seen)).toBe(state);
      expect((await itemOf(world)).version).toBe(1);
    },
  );

  it.each(["SUBMITTED", "ACKNOWLEDGED"] as const)(
    "is with the bank where it is %s meanwhile",
    async (state) => {
      const { world, asker, seen } = await doubtful(state);
      expect(await settleDoubt(world.ports(), asker, seen)).toBe("SUBMITTED");
    },
  );

  it("is a broken ledger's where the frozen set has lost it", async () => {
    const { world, asker, seen } = await doubtful("UNKNOWN");
    await expect(settleDoubt(world.ports(), { ...asker }, { ...seen, number: 9 })).rejects.toThrow(
      new LedgerBroken(`file 09 of batch ${world.id()} is not in the frozen set`),
    );
  });
});

describe("CloseBatch", () => {
  const close = (world: World) => closeBatch({ batchId: world.id(), fence: 1 }, world.ports());

  it("proves no sum for a record that names no due list", async () => {
    const { ledger, world } = inMemory();
    await reconciled(world, ["SUBMITTED"]);
    ledger.putBatch(withoutList(await recordOf(world)));
    await expect(close(world)).rejects.toThrow(
      new LedgerBroken(`batch ${world.id()} has no due list in its record`),
    );
    expect((await itemOf(world)).batch?.id).toBe(world.id());
  });

  it("closes and frees the lock, and then stops, where the report of the verdict is gone", async () => {
    const { objects, world } = inMemory();
    await reconciled(world, ["SUBMITTED"]);
    objects.drop("reports", `${world.id()}/report-001.json`);
    const missing = new NotReconciled(`the report of batch ${world.id()}'s verdict is missing`);
    await expect(close(world)).rejects.toThrow(missing);
    expect(await recordOf(world)).toMatchObject({ state: "CLOSED" });
    expect((await itemOf(world)).batch).toBeUndefined();
    await expect(close(world)).rejects.toThrow(missing);
  });

  it("reports each file as its record is, and a file without one as the gate left it", async () => {
    const { ledger, objects, world } = inMemory();
    await reconciled(world, ["SUBMITTED", "WITHDRAWN"]);
    const judged = [1, 2, 3].map((number) => {
      const { sha256, debits, cents, firstLine, lastLine } = fileItem({ number });
      return { number, sha256, debits, cents, firstLine, lastLine, state: "RECONCILED" as const };
    });
    const verdict = gateReport(world.id(), { files: judged, at: "2026-10-05T20:01:00.000Z" });
    objects.put("reports", `${world.id()}/report-001.json`, Buffer.from(JSON.stringify(verdict)));
    for (const [at, action] of [
      ["2026-10-05T20:02:00.000Z", "paused"],
      ["2026-10-05T20:00:30.000Z", "acquired"],
    ] as const) {
      await ledger.createEvent({ batchId: world.id(), at, action, by: "x", nonce: action });
    }
    world.now = (world.now + 600_000) as typeof world.now;
    const { report } = await close(world);
    const stored = await objects.read("reports", report);
    const content = JSON.parse(stored?.bytes.toString("utf8") ?? "") as typeof verdict;
    expect(content.files.map(({ state }) => state)).toEqual(["SUBMITTED", "WITHDRAWN", "RECONCILED"]);
    expect(content.timeline.map(({ what }) => what)).toEqual([
      "acquired (x)",
      "Reconcile: the gate passed",
      "paused (x)",
      "closed",
    ]);
  });
});

describe("the last report of a batch", () => {
  it("tells what two people have said of a file, when, and by which proposal, and of no other file", async () => {
    const { ledger, objects, world } = inMemory();
    await reconciled(world, ["REJECTED", "WITHDRAWN"]);
    const resolved: Resolution = {
      outcome: "rejected",
      proposal: `${world.id()}.${"a".repeat(32)}`,
      proposedBy: "ann",
      approvedBy: "ben",
      reason: "the bank says so",
      evidence: { key: "k", sha256: "e", reference: "CAS-1", channel: "email", statedAt: AT },
      at: "2026-10-05T20:03:00.000Z",
    };
    const judged = [1, 2].map((number) => {
      const { sha256: hash, debits, cents, firstLine, lastLine } = fileItem({ number });
      return { number, sha256: hash, debits, cents, firstLine, lastLine, state: "RECONCILED" as const };
    });
    const verdict = gateReport(world.id(), { files: judged });
    objects.put("reports", `${world.id()}/report-001.json`, Buffer.from(JSON.stringify(verdict)));
    const item = await itemOf(world);
    const files = item.batch?.files?.map((file) => (file.number === 1 ? { ...file, resolved } : file)) ?? [];
    ledger.putStream(withBatch(item, { files }));
    world.now = (world.now + 600_000) as typeof world.now;
    const { report } = await closeBatch({ batchId: world.id(), fence: 1 }, world.ports());
    const stored = await objects.read("reports", report);
    const content = JSON.parse(stored?.bytes.toString("utf8") ?? "") as typeof verdict;
    expect(content.files.map((file) => file.resolved)).toEqual([resolved, undefined]);
    expect(content.timeline.filter(({ what }) => what.includes("resolved"))).toEqual([
      { at: resolved.at, what: `file 1 resolved as rejected by proposal ${resolved.proposal}` },
    ]);
  });

  it("lists the rows that were excluded, segment by segment", async () => {
    const { ledger, objects, world } = inMemory();
    await reconciled(world, ["SUBMITTED"]);
    const exclusion = { line: 2, reason: "bad-bsb", field: "bsb", cents: 100, mandateId: "m-2" };
    const bytes = Buffer.from(`${JSON.stringify(exclusion)}\n`, "utf8");
    const exclusionsKey = `${world.id()}/exclusions/one.jsonl`;
    objects.put("work", exclusionsKey, bytes);
    ledger.putSegment(
      segmentItem(world.id(), [1], { rows: 2, exclusionsKey, exclusionsSha256: sha256(bytes) }),
    );
    const record = await recordOf(world);
    const { plan: _plan, dueList: list, ...unplanned } = record;
    ledger.putBatch({ ...unplanned, dueList: { ...(list ?? neverHere()), count: 2, totalCents: 200 } });
    const { report } = await closeBatch({ batchId: world.id(), fence: 1 }, world.ports());
    const csv = await objects.read(
      "reports",
      report.replace("report-", "exclusions-").replace("json", "csv"),
    );
    const rows = csv?.bytes.toString("utf8").trimEnd().split(/\r?\n/) ?? [];
    expect(rows).toHaveLength(2);
    expect(rows[1]).toContain("bad-bsb");
  });
});

describe("the number of a report", () => {
  it("is not taken by a stranger's object that lies beside the reports", async () => {
    const { objects } = inMemory();
    const make = (number: number) => ({
      report: gateReport("au-cba-2026-10-06-01", { number }),
      exclusions: [],
    });
    objects.put("reports", "au-cba-2026-10-06-01/minutes of the meeting.txt", Buffer.of());
    objects.put("reports", "au-cba-2026-10-06-01/report-1000.json", Buffer.of());
    expect(await storeReport(objects, make)).toBe("au-cba-2026-10-06-01/report-001.json");
    expect(await storeReport(objects, make)).toBe("au-cba-2026-10-06-01/report-002.json");
  });
});

describe("pausing", () => {
  it("that lost its race to another person's pause is not counted, and names the pause that stands", async () => {
    const { ledger, world } = inMemory();
    const pause = (by: string, over: Partial<Parameters<typeof pauseStream>[1]> = {}) =>
      pauseStream({ stream: world.stream.name, by, reason: "a drill" }, world.ports(over));
    const raced: Mishap = async ({ reach }) => {
      await pause("bob");
      return reach();
    };
    expect(await pause("ann", { ledger: failing(ledger, "writeStream", raced) })).toEqual({
      paused: { by: "bob", reason: "a drill", at: AT },
    });
    expect(world.counts).toEqual([["StreamPaused", world.stream.name]]);
    expect(world.lines.map((line) => line.outcome)).toEqual(["paused", "was paused"]);
  });

  it("that is found again after a lost answer is this call's own, and counted", async () => {
    const { ledger, world } = inMemory();
    const acquiredMeanwhile: Mishap = async ({ reach }) => {
      await reach();
      ledger.putStream({ ...(await itemOf(world)), version: 2, nonce: "another" });
      throw sdkError("TimeoutError");
    };
    const ports = world.ports({ ledger: failing(ledger, "writeStream", acquiredMeanwhile) });
    await pauseStream({ stream: world.stream.name, ...WHO }, ports);
    expect(world.counts).toEqual([["StreamPaused", world.stream.name]]);
  });
});

describe("abandoning", () => {
  const abandon = (world: World, over: Parameters<World["ports"]>[0] = {}) =>
    abandonBatch({ batchId: world.id(), ...WHO }, world.ports(over));

  it("keeps this call's decision where its own flag is read back without one", async () => {
    const { ledger, world } = inMemory();
    await reconciled(world, ["COMPOSED"]);
    const blank = (item: StreamItem) => {
      const { abandoning: _flag, ...batch } = item.batch ?? neverHere();
      return { ...item, batch };
    };
    let reads = 0;
    const ledgerOnce = misreadBack(ledger, 1, (item) => {
      reads += 1;
      return reads === 2 ? blank(item) : item;
    });
    expect(await abandon(world, { ledger: ledgerOnce })).toMatchObject({ outcome: "ABANDONED" });
    expect((await recordOf(world)).abandoned).toEqual({ ...WHO, at: AT });
  });

  it("lets a fault of the store go on where the batch never got a record", async () => {
    const { ledger, world } = inMemory();
    ledger.putStream(heldBy(world.id(), {}, { stream: world.stream.name }));
    const ports = { ledger: failing(ledger, "writeBatch", lost(sdkError("ThrottlingException"))) };
    await expect(abandon(world, ports)).rejects.toThrow("the service says ThrottlingException");
    expect((await itemOf(world)).batch?.abandoning).toEqual({ ...WHO, at: AT });
    expect(await abandon(world)).toMatchObject({ outcome: "ABANDONED" });
    expect(await recordOf(world)).toMatchObject({ state: "ABANDONED", abandoned: WHO });
  });

  it("leaves the lock of a batch that goes on alone where another call has cleared the flag", async () => {
    const { ledger, world } = inMemory();
    await reconciled(world, ["SUBMITTED"]);
    const twin: Mishap = async ({ reach }) => {
      await abandon(world);
      return reach();
    };
    const raced = failing(ledger, "writeStream", twin, 2);
    expect(await abandon(world, { ledger: raced })).toMatchObject({ outcome: "OPEN", kept: [1] });
    const { batch, version } = await itemOf(world);
    expect(batch).toMatchObject({ id: world.id() });
    expect(batch).not.toHaveProperty("abandoning");
    expect(version).toBe(3);
  });
});

describe("showing a batch", () => {
  const executions = { describe: async () => undefined };
  const show = (world: World) => showBatch({ batchId: world.id() }, { ...world.ports(), executions });

  it("tells a pause and a deployment of its stream, and no files before there are any", async () => {
    const { ledger, world } = inMemory();
    const paused = { ...WHO, at: AT };
    const deploying = { id: "d-1", at: AT, by: "ci", streams: [] };
    ledger.putStream(heldBy(world.id(), {}, { stream: world.stream.name, paused, deploying }));
    ledger.putBatch(batchItem({ stream: world.stream.name }));
    expect(await show(world)).toMatchObject({ files: [], stream: { paused, deploying } });
  });

  it("shows the record of a batch that was abandoned before it had acquired its due list as it is", async () => {
    const { world } = inMemory();
    await layList(world, THREE);
    await abandonBatch({ batchId: world.id(), ...WHO }, world.ports());
    const { record } = await show(world);
    expect(record).toEqual(await recordOf(world));
    expect(record).not.toHaveProperty("dueList");
  });

  it("shows the files of the lock while the batch has it", async () => {
    const { world } = inMemory();
    await layList(world, THREE);
    await composed(world);
    expect((await show(world)).files).toEqual((await itemOf(world)).batch?.files);
  });
});
