import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { FileItem } from "../../lambdas/domain/records.ts";
import { expectDebited } from "./bank-inbox.ts";
import { dueList } from "./due-list.ts";
import { type BilledStream, DATE, expectClosed, LocalBilling } from "./local-batch.ts";
import type { StoredItem } from "./local-stores.ts";

let billing: LocalBilling;
beforeAll(async () => {
  billing = await LocalBilling.open();
});
afterEach(() => {
  billing.wire.hook = undefined;
});
afterAll(() => billing.close());

/** Changes something when the gate has passed, and before the submission looks. */
function afterGate(stream: BilledStream, act: () => Promise<void>): void {
  stream.around = async (name, _, call) => {
    if (name === "SubmitBankFile") {
      stream.around = undefined;
      await act();
    }
    return call();
  };
}

/** Changes the stream's item by hand. */
async function changeItem(stream: BilledStream, change: (item: StreamState) => void): Promise<void> {
  const item = (await stream.stores.item(`STREAM#${stream.stream.name}`, "STATE")) as StoredItem &
    StreamState;
  change(item);
  await stream.stores.putItem(item);
}

interface StreamState {
  epoch: number;
  deploying?: object;
  batch: { files: { -readonly [Key in keyof FileItem]: FileItem[Key] }[]; verdict?: object };
}

const fileOf = (item: StreamState) => item.batch.files[0] as StreamState["batch"]["files"][number];

describe("after the gate has passed, nothing is sent", () => {
  const refusals: Record<string, { change: (item: StreamState) => void; error: string }> = {
    "during a deployment": {
      change: (item) =>
        void (item.deploying = { id: "d-7", at: "2026-03-02T00:00:00Z", by: "ci", streams: [] }),
      error: "DeployInProgress",
    },
    "by a ledger of another epoch": { change: (item) => void (item.epoch = 2), error: "EpochMismatch" },
    "without the gate's verdict": {
      change: ({ batch }) => void delete batch.verdict,
      error: "NotReconciled",
    },
    "of a file that the gate has not passed": {
      change: (item) => void (fileOf(item).state = "COMPOSED"),
      error: "NotReconciled",
    },
  };

  test.each(Object.entries(refusals))("%s", async (_name, { change, error }) => {
    const stream = billing.stream();
    const rows = stream.rows(2);
    const id = `STREAM#${stream.stream.name}`;
    let before: StoredItem | undefined;
    afterGate(stream, async () => {
      before = await stream.stores.item(id, "STATE");
      await changeItem(stream, change);
    });
    const run = await stream.run(dueList(rows));
    expect(run.failure).toMatchObject({ state: "SubmitBankFile", error });
    expect(await stream.inbox()).toEqual([]);
    await stream.stores.putItem(before as StoredItem);
    expectClosed(await stream.redriven(), 2);
    expectDebited(await stream.inbox(), rows);
  });

  test("of a paused stream", async () => {
    const stream = billing.stream();
    afterGate(stream, () => stream.pause());
    const run = await stream.run(dueList(stream.rows(2)));
    expect(run.failure).toMatchObject({ state: "SubmitBankFile", error: "StreamPaused" });
    expect(await stream.inbox()).toEqual([]);
    await stream.resume();
    expectClosed(await stream.redriven(), 2);
    expectDebited(await stream.inbox(), stream.rows(2));
  });

  test("of bytes that are no longer those that were judged, whichever file they are of", async () => {
    const stream = billing.stream({ maxFileDebits: 1 });
    let [key, bytes]: [string, Buffer] = ["", Buffer.alloc(0)];
    afterGate(stream, async () => {
      [key = ""] = await stream.stores.keys("bankFiles", `${stream.id()}/02-`);
      bytes = (await stream.stores.object("bankFiles", key)) ?? bytes;
      const damaged = Buffer.from(bytes);
      damaged.write("9", 120 + 2 + 29);
      await stream.stores.putObject("bankFiles", key, damaged);
    });
    const run = await stream.run(dueList(stream.rows(3)));
    expect(run.failure).toMatchObject({ state: "SubmitBankFile", error: "BankFileDamaged" });
    expectDebited(await stream.inbox(), stream.rows(1));
    await stream.stores.putObject("bankFiles", key, bytes);
    expectClosed(await stream.redriven(), 3);
    expectDebited(await stream.inbox(), stream.rows(3));
  });

  test("of a file that was exchanged with its hash in the ledger", async () => {
    const stream = billing.stream();
    afterGate(stream, async () => {
      await changeItem(stream, (item) => void (fileOf(item).sha256 = "0".repeat(64)));
    });
    const run = await stream.run(dueList(stream.rows(1)));
    expect(run.failure?.state).toBe("SubmitBankFile");
    expect(await stream.inbox()).toEqual([]);
  });
});

describe("the permanent record of a submission", () => {
  const putSubmission = (stream: BilledStream, kind: "INTENT" | "VOID") =>
    stream.stores.putItem({
      pk: `SUBMISSION#${stream.id()}#01`,
      sk: "INTENT",
      schema: 1,
      batchId: stream.id(),
      number: 1,
      kind,
      nonce: "somebody else's",
      sha256: "0".repeat(64),
      at: "2026-03-02T00:00:00Z",
    });

  test("that is VOID keeps the file back for ever, and the batch closes with its sum withdrawn", async () => {
    const stream = billing.stream();
    afterGate(stream, () => putSubmission(stream, "VOID"));
    const run = await stream.run(dueList(stream.rows(2)));
    expect(run).toMatchObject({
      status: "SUCCEEDED",
      view: { files: [{ state: "WITHDRAWN" }], record: { ending: { withdrawn: { count: 2 } } } },
    });
    expect(await stream.inbox()).toEqual([]);
  });

  test("that is VOID stops the files behind it too, until somebody has abandoned them", async () => {
    const stream = billing.stream({ maxFileDebits: 1 });
    const rows = stream.rows(2);
    afterGate(stream, () => putSubmission(stream, "VOID"));
    const run = await stream.run(dueList(rows));
    expect(run.failure).toMatchObject({ state: "SubmitBankFile", error: "SubmissionStopped" });
    expect(run.view.files.map(({ state }) => state)).toEqual(["WITHDRAWN", "RECONCILED"]);
    expect(await stream.inbox()).toEqual([]);
    await expect(stream.abandon()).resolves.toEqual({
      outcome: "OPEN",
      withdrawn: [1, 2],
      kept: [],
      inDoubt: [],
    });
    expect((await stream.redriven()).view.record?.state).toBe("CLOSED");
    expectClosed(await stream.run(dueList(rows), { number: 2 }), 2);
    expectDebited(await stream.inbox(), rows);
  });

  test("that is another call's intent is doubt: nothing is sent, by this call or by any redrive", async () => {
    const stream = billing.stream();
    afterGate(stream, () => putSubmission(stream, "INTENT"));
    const run = await stream.run(dueList(stream.rows(2)));
    expect(run.failure).toMatchObject({ state: "SubmitBankFile", error: "SubmissionUnknown" });
    expect((await stream.redrive()).failure?.error).toBe("SubmissionUnknown");
    expect(await stream.inbox()).toEqual([]);
  });

  test("stands before the bank has the file", async () => {
    const stream = billing.stream();
    const stored: unknown[] = [];
    billing.wire.hook = async (request, send) => {
      if (request.operation === "PUT" && request.target.startsWith("outbound")) {
        const item = (await stream.stores.item(`STREAM#${stream.stream.name}`, "STATE")) as StoredItem &
          StreamState;
        const submission = await stream.stores.item(`SUBMISSION#${stream.id()}#01`, "INTENT");
        stored.push({ file: fileOf(item).state, submission: submission?.["kind"] });
      }
      return send();
    };
    const run = await stream.run(dueList(stream.rows(1)));
    billing.wire.hook = undefined;
    expectClosed(run, 1);
    expect(stored).toEqual([{ file: "SUBMITTING", submission: "INTENT" }]);
  });
});

describe("something that lies under the bank's key already", () => {
  const strange = Buffer.from("somebody else's file");
  const keyOf = (stream: BilledStream) => `${stream.stream.bankProfile.userId}/${stream.id()}-01.aba`;

  async function expectDoubt(stream: BilledStream): Promise<void> {
    const run = await stream.run(dueList(stream.rows(1)));
    expect(run.failure).toMatchObject({ state: "SubmitBankFile", error: "SubmissionUnknown" });
    expect(await stream.stores.object("outbound", keyOf(stream))).toEqual(strange);
  }

  test("is never written over, and the file is in doubt", async () => {
    const stream = billing.stream();
    afterGate(stream, () => stream.stores.putObject("outbound", keyOf(stream), strange));
    await expectDoubt(stream);
  });

  test("is not written over either when it came after the look under the key", async () => {
    const stream = billing.stream();
    billing.wire.hook = async (request, send) => {
      if (request.operation === "PUT" && request.target.startsWith("outbound")) {
        await stream.stores.putObject("outbound", keyOf(stream), strange);
      }
      return send();
    };
    await expectDoubt(stream);
  });
});

describe("the end of a batch", () => {
  test("is not written while the sum over the due rows is not proven, and the lock stays", async () => {
    const stream = billing.stream();
    const rows = stream.rows(3);
    let segment: StoredItem | undefined;
    stream.around = async (name, _, call) => {
      if (name === "CloseBatch" && segment === undefined) {
        segment = (await stream.stores.item(`BATCH#${stream.id()}`, "SEGMENT#000001")) as StoredItem;
        await stream.stores.putItem({ ...segment, excluded: { count: 0, cents: 1 } });
      }
      return call();
    };
    const run = await stream.run(dueList(rows));
    expect(run.failure).toMatchObject({ state: "CloseBatch", error: "SumNotProven" });
    expect(run.failure?.message).toMatch(/due are 3 rows with 3102 cents.*are 3 with 3103/);
    expect(run.view.record?.state).toBe("OPEN");
    expect(run.view.stream?.lock?.batchId).toBe(run.id);
    await stream.stores.putItem(segment as StoredItem);
    expectClosed(await stream.redriven(), 3);
    expectDebited(await stream.inbox(), rows);
  });

  test("is not written while a file is neither sent nor withdrawn", async () => {
    const stream = billing.stream();
    stream.around = async (name, _, call) => {
      const result = await call();
      if (name === "SubmitBankFile") {
        stream.around = undefined;
        await changeItem(stream, (item) => void (fileOf(item).state = "UNKNOWN"));
      }
      return result;
    };
    const run = await stream.run(dueList(stream.rows(1)));
    expect(run.failure).toMatchObject({ state: "CloseBatch", error: "SubmissionStopped" });
    expect(run.view.record?.state).toBe("OPEN");
    expect(run.view.stream?.lock?.batchId).toBe(`${stream.stream.name}-${DATE}-01`);
  });
});
