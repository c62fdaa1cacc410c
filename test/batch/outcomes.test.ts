import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectDebited } from "./bank-inbox.ts";
import { type DueRow, dueList, HEADER, listOfBytes } from "./due-list.ts";
import { type BilledStream, DATE, LocalBilling } from "./local-batch.ts";

let billing: LocalBilling;
beforeAll(async () => {
  billing = await LocalBilling.open();
});
afterAll(() => billing.close());

const second = { number: 2 };
const cents = (rows: readonly DueRow[]) => rows.reduce((sum, row) => sum + BigInt(row.amount_cents), 0n);

/** Nothing of the batch is in the bank's hands or in the ledger's claims. */
async function expectUntouched(stream: BilledStream): Promise<void> {
  expect(await stream.inbox()).toEqual([]);
  expect(await stream.claims()).toEqual([]);
}

describe("nothing to debit", () => {
  test("an empty list closes without a bank file and says that it was empty", async () => {
    const stream = billing.stream();
    const run = await stream.run(dueList([]));
    const none = { count: 0, cents: 0 };
    expect(run).toMatchObject({
      status: "SUCCEEDED",
      view: {
        files: [],
        record: {
          state: "CLOSED",
          ending: { due: none, staged: none, submitted: none, note: expect.stringContaining("empty") },
        },
        report: { content: { status: "CLOSED" } },
      },
    });
    await expectUntouched(stream);
  });

  test("a list whose rows other batches have claimed closes without a bank file and says so", async () => {
    const stream = billing.stream({ toleratedExcludedShare: 0 });
    const rows = stream.rows(3);
    await stream.run(dueList(rows));
    const run = await stream.run(dueList(rows.toReversed()), second);
    expect(run).toMatchObject({
      status: "SUCCEEDED",
      view: {
        files: [],
        record: {
          state: "CLOSED",
          ending: {
            staged: { count: 0 },
            submitted: { count: 0 },
            excluded: { count: 3, cents: Number(cents(rows)), byReason: { "already-claimed": 3 } },
            note: expect.stringContaining("claimed by other batches"),
          },
        },
      },
    });
    expectDebited(await stream.inbox(), rows);
  });
});

describe("rows excluded for their content", () => {
  const list = (stream: BilledStream, bad: number) =>
    dueList([
      ...stream.rows(10 - bad),
      ...Array.from({ length: bad }, (_, n) => stream.row(50 + n, { bsb: "?" })),
    ]);

  test("the gate fails beyond the tolerated share, and nothing reaches the bank", async () => {
    const stream = billing.stream({ toleratedExcludedShare: 0.2 });
    const run = await stream.run(list(stream, 3));
    expect(run).toMatchObject({ status: "FAILED", failure: { state: "Reconcile", error: "GateFailed" } });
    expect(run.failure?.message).toContain("1 of 25 checks");
    expect(run.failure?.message).toContain("excluded-share");
    expect(run.view.stream?.lock?.batchId).toBe(run.id);
    expect(await stream.inbox()).toEqual([]);
  });

  test("exactly the tolerated share passes", async () => {
    const stream = billing.stream({ toleratedExcludedShare: 0.2 });
    const run = await stream.run(list(stream, 2));
    expect(run.status).toBe("SUCCEEDED");
    expectDebited(await stream.inbox(), stream.rows(8));
  });

  test("duplicates, conflicts and spacing do not count in it, however many there are", async () => {
    const stream = billing.stream({ toleratedExcludedShare: 0 });
    const [one, two, three, four] = stream.rows(4) as [DueRow, DueRow, DueRow, DueRow];
    const conflict = { ...two, amount_cents: "1" };
    const near = { ...three, due_date: "2026-03-01" };
    const run = await stream.run(dueList([one, one, one, two, conflict, three, near, four]));
    expect(run.status).toBe("SUCCEEDED");
    expect(run.view.record?.ending?.excluded.byReason).toEqual({
      "duplicate-in-list": 2,
      "conflicting-in-list": 2,
      "too-near": 2,
    });
    expectDebited(await stream.inbox(), [one, four]);
  });
});

describe("a due list that is not what it says", () => {
  const stranger = "f".repeat(64);
  const wrongs = {
    "another number of rows": (rows: DueRow[]) => ({
      list: dueList(rows, { count: 4 }),
      says: ["4 rows", "has 3"],
    }),
    "another total": (rows: DueRow[]) => ({
      list: dueList(rows, { totalCents: Number(cents(rows)) + 1 }),
      says: ["1 cents more than the list has"],
    }),
    "another SHA-256": (rows: DueRow[]) => {
      const list = dueList(rows, { sha256: stranger });
      const { sha256 } = JSON.parse(dueList(rows).manifest.toString()) as { sha256: string };
      return { list, says: [stranger, sha256] };
    },
    "another header": (rows: DueRow[]) => {
      const { csv, count } = dueList(rows);
      const changed = Buffer.from(csv.toString().replace(HEADER, HEADER.replace("bsb,", "bsb_code,")));
      return { list: listOfBytes(changed, count, cents(rows)), says: ["header", "ten columns"] };
    },
    "invalid UTF-8": (rows: DueRow[]) => {
      const { csv, count } = dueList(rows);
      csv[csv.lastIndexOf("PAYER 003")] = 0xff;
      return { list: listOfBytes(csv, count, cents(rows)), says: ["line 3", "UTF-8"] };
    },
    "a quote that is never closed": (rows: DueRow[]) => {
      const { csv, count } = dueList(rows);
      csv[csv.lastIndexOf("PAYER 002")] = 0x22;
      return { list: listOfBytes(csv, count, cents(rows)), says: ["line 2", "not closed"] };
    },
  };

  test.each(Object.entries(wrongs))("%s stops the batch before any claim", async (_name, make) => {
    const stream = billing.stream();
    const { list, says } = make(stream.rows(3));
    const run = await stream.run(list);
    expect(run).toMatchObject({
      status: "FAILED",
      failure: { state: "PlanSegments", error: "DueListMismatch" },
    });
    for (const words of says) expect(run.failure?.message).toContain(words);
    await expectUntouched(stream);
  });

  test("a list that was wrong is abandoned, and the right one is billed under the next number", async () => {
    const stream = billing.stream();
    const rows = stream.rows(2);
    await stream.run(dueList(rows, { count: 3 }));
    await expect(stream.abandon()).resolves.toMatchObject({ outcome: "ABANDONED" });
    const run = await stream.run(dueList(rows), second);
    expect(run.status).toBe("SUCCEEDED");
    expectDebited(await stream.inbox(), rows);
  });

  test.each([
    ["no JSON", "count: 3"],
    ["no object", "[]"],
    ["without a hash", JSON.stringify({ count: 0, totalCents: 0, producedAt: "2026-03-02T00:00:00Z" })],
    ["with part of a cent", JSON.stringify({ ...figuresOf(dueList([])), totalCents: 0.5 })],
  ])("an unreadable manifest (%s) starts nothing", async (_name, text) => {
    const stream = billing.stream();
    await stream.upload({ ...dueList(stream.rows(2)), manifest: Buffer.from(text) });
    await expect(stream.start()).rejects.toMatchObject({
      name: "DueListMismatch",
      message: expect.stringContaining("manifest.json is unreadable"),
    });
    expect(billing.app.execution(stream.id())).toBeUndefined();
    await expectUntouched(stream);
  });

  test("without a list nothing starts", async () => {
    const stream = billing.stream();
    await expect(stream.start()).rejects.toMatchObject({ name: "DueListMissing" });
    await stream.stores.putObject(
      "due",
      `${stream.stream.name}/${DATE}/01/manifest.json`,
      dueList([]).manifest,
    );
    await expect(stream.start()).rejects.toMatchObject({ name: "DueListMissing" });
    expect(billing.app.execution(stream.id())).toBeUndefined();
  });
});

function figuresOf(list: { readonly manifest: Buffer }): object {
  return JSON.parse(list.manifest.toString()) as object;
}

describe("the same batch id with other bytes", () => {
  test("is refused by the starter once the batch was started, with the first list's debits standing", async () => {
    const stream = billing.stream();
    const rows = stream.rows(2);
    await stream.run(dueList(rows));
    await stream.upload(dueList(stream.rows(3)));
    await expect(stream.start()).rejects.toMatchObject({ name: "DueListMismatch" });
    expectDebited(await stream.inbox(), rows);
  });

  test("is refused by the lock of a batch that was opened for the first list, with both figures", async () => {
    const stream = billing.stream();
    stream.around = async (name, _, call) => {
      const result = await call();
      if (name === "AcquireLock") throw new Error("cut off after its work");
      return result;
    };
    await stream.run(dueList(stream.rows(2)));
    stream.around = undefined;
    await stream.upload(dueList(stream.rows(3)));
    const run = await stream.redrive();
    expect(run).toMatchObject({
      status: "FAILED",
      failure: { state: "AcquireLock", error: "DueListMismatch" },
    });
    expect(run.failure?.message).toMatch(/for another due list: 2 rows, .*; now there is 3 rows, /);
    await expectUntouched(stream);
  });
});

describe("what may not run now", () => {
  test("a batch waits for the lock of an open one, and is debited when it is redriven after that one's end", async () => {
    const stream = billing.stream();
    const first = stream.rows(2);
    const other = [stream.row(1), stream.row(8), stream.row(9)];
    stream.around = async (name, _, call) => {
      if (name === "Reconcile") throw new Error("cut off");
      return call();
    };
    await stream.run(dueList(first));
    const held = await stream.run(dueList(other), second);
    expect(held).toMatchObject({ status: "FAILED", failure: { state: "AcquireLock", error: "LockHeld" } });
    expect(held.failure?.message).toContain(stream.id());
    expect(held.view.record).toBeUndefined();
    expect((await stream.redrive(second)).failure?.error).toBe("LockHeld");
    expect(await stream.inbox()).toEqual([]);

    stream.around = undefined;
    expect((await stream.redrive()).status).toBe("SUCCEEDED");
    const run = await stream.redriven(second);
    expect(run.status).toBe("SUCCEEDED");
    expect(run.view.record?.ending?.excluded.byReason).toEqual({ "already-claimed": 1 });
    expectDebited(await stream.inbox(), [...first, ...other.slice(1)]);
  });

  test("two streams hold their own locks", async () => {
    const [one, other] = [billing.stream(), billing.stream()];
    one.around = async (name, _, call) => {
      if (name === "Reconcile") throw new Error("cut off");
      return call();
    };
    await one.run(dueList(one.rows(1)));
    const run = await other.run(dueList(other.rows(2)));
    expect(run.status).toBe("SUCCEEDED");
    expectDebited(await other.inbox(), other.rows(2));
  });

  test("a paused stream acquires no lock until somebody resumes it", async () => {
    const stream = billing.stream();
    const rows = stream.rows(2);
    await stream.pause();
    const run = await stream.run(dueList(rows));
    expect(run).toMatchObject({ status: "FAILED", failure: { state: "AcquireLock", error: "StreamPaused" } });
    expect(run.failure?.message).toContain("ben");
    await expectUntouched(stream);
    await stream.resume();
    expect((await stream.redrive()).status).toBe("SUCCEEDED");
    expectDebited(await stream.inbox(), rows);
  });

  test.each([
    [
      "past its cut-off",
      { schedule: { time: "05:30", weekdays: [1] }, cutOff: "06:59" },
      DATE,
      "past-cut-off",
    ],
    ["two hours and a minute late", { schedule: { time: "04:59", weekdays: [1] } }, DATE, "too-late"],
    ["for a Saturday", {}, "2026-03-07", "not-a-business-day"],
    ["for Good Friday", {}, "2026-04-03", "not-a-business-day"],
    ["for a day after the end of the holiday list", {}, "2030-01-02", "not-a-business-day"],
  ])("a start %s is refused", async (_name, changes, date, reason) => {
    const stream = billing.stream(changes);
    await stream.upload(dueList(stream.rows(1)), { date });
    await expect(stream.start({ date })).resolves.toMatchObject({ outcome: "REFUSED", reason });
    expect(billing.app.execution(stream.id({ date }))).toBeUndefined();
    await expectUntouched(stream);
  });

  test("a start not quite two hours late is not", async () => {
    const stream = billing.stream({ schedule: { time: "05:15", weekdays: [1] } });
    const run = await stream.run(dueList(stream.rows(1)));
    expect(run.status).toBe("SUCCEEDED");
    expectDebited(await stream.inbox(), stream.rows(1));
  });

  test("a batch too close to the cut-off submits nothing; it is abandoned, and its rows are billed the next day", async () => {
    // Five minutes are the longest that a submission may take, and four are left.
    const stream = billing.stream({ schedule: { time: "06:30", weekdays: [1, 2] }, cutOff: "07:04" });
    const rows = stream.rows(2);
    const late = await stream.run(dueList(rows));
    expect(late).toMatchObject({
      status: "FAILED",
      failure: { state: "SubmitBankFile", error: "CutOffPassed" },
    });
    expect(late.failure?.message).toContain("07:04");
    expect(await stream.inbox()).toEqual([]);
    await expect(stream.abandon()).resolves.toEqual({
      outcome: "ABANDONED",
      withdrawn: [1],
      kept: [],
      inDoubt: [],
    });

    const run = await stream.run(dueList(rows), { date: "2026-03-03" });
    expect(run.status).toBe("SUCCEEDED");
    expectDebited(await stream.inbox(), rows);
  });
});
