import { StartExecutionCommand, SFNClient } from "@aws-sdk/client-sfn";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { expectDebited } from "./bank-inbox.ts";
import { type DueRow, dueList, HEADER, listOfBytes } from "./due-list.ts";
import { type BilledStream, DATE, LocalBilling } from "./local-batch.ts";
import { lostAnswer } from "./store-wire.ts";

let billing: LocalBilling;
beforeAll(async () => {
  billing = await LocalBilling.open();
});
afterEach(() => {
  billing.wire.hook = undefined;
});
afterAll(() => billing.close());

/** Starts an execution of today's definition under another name, as a person does who continues a batch. */
async function continued(stream: BilledStream, name: string): Promise<string> {
  const client = new SFNClient(billing.app.clients.sfn);
  const input = {
    batchId: stream.id(),
    stream: stream.stream.name,
    billingDate: DATE,
    number: 1,
  };
  const stateMachineArn = billing.app.names["STATE_MACHINE_ALIAS_ARN"];
  await client.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
  client.destroy();
  return (await billing.app.waitFor(name)).status;
}

describe("the example streams", () => {
  // Due rows as they come, and what the bank is to read of each of them.
  const spellings = ({ stream: { remitterNames } }: BilledStream): [Partial<DueRow>, Partial<DueRow>][] => [
    [
      { account_title: "Zoë O’Sullivan", bsb: "062000" },
      { account_title: "Zoe O'Sullivan", bsb: "062-000" },
    ],
    [
      {
        merchant_id: Object.keys(remitterNames)[0] ?? "",
        merchant_name: "A name of more than 16 characters",
      },
      { merchant_name: Object.values(remitterNames)[0] ?? "" },
    ],
    [
      { account_title: "The Trustee for the Illawarra Family Trust No. 2", account_number: "00-1234-5" },
      { account_title: "The Trustee for the Illawarra Fa", account_number: "00-1234-5" },
    ],
    [{ account_number: "123-456-789-" }, { account_number: "123456789" }],
  ];

  test.each([
    { name: "au-cba", mnemonic: "CBA", isBalanced: true, code: "CB", opening: "CB00" },
    { name: "au-wbc", mnemonic: "WBC", isBalanced: false, code: "WB", opening: "WB00" },
  ])("$name: the bank gets every due row once, and ledger and report say so", async (example) => {
    const stream = billing.example(example.name);
    const plain = stream.rows(3);
    const rows = [...plain, ...spellings(stream).map(([given], index) => stream.row(10 + index, given))];
    const shown = [...plain, ...spellings(stream).map(([, read], index) => stream.row(10 + index, read))];
    const list = dueList(rows);
    const run = await stream.run(list);

    expect(run.failure).toBeUndefined();
    expect(run).toMatchObject({ status: "SUCCEEDED", view: { record: { state: "CLOSED" } } });
    const inbox = await stream.inbox();
    expectDebited(inbox, shown);
    const [file] = inbox;
    expect(file).toMatchObject({
      key: `${stream.stream.bankProfile.userId}/${run.id}-01.aba`,
      mnemonic: example.mnemonic,
      processingDate: "020326",
      description: `${example.opening}26320101`,
      creditCents: example.isBalanced ? list.cents : 0n,
    });
    const line = /^(?<opening>.+)00000(?<line>\d).$/;
    expect(file?.debits.map(({ reference }) => line.exec(reference)?.groups)).toEqual(
      rows.map((_, index) => ({ opening: `${example.code}263201`, line: String(index + 1) })),
    );

    const sum = { count: rows.length, cents: Number(list.cents) };
    const { record, report, files, stream: item, events } = run.view;
    expect(item?.lock).toBeUndefined();
    expect(record?.ending).toMatchObject({ due: sum, staged: sum, submitted: sum, excluded: { count: 0 } });
    expect(files).toMatchObject([{ state: "SUBMITTED", sha256: file?.sha256, cents: sum.cents }]);
    expect(report?.content).toMatchObject({ status: "CLOSED", dueList: sum, ledger: sum, bankFiles: sum });
    expect(report?.content.checks.filter(({ passed }) => !passed)).toEqual([]);
    expect(events.map(({ action }) => action)).toEqual(["acquired with fence 1"]);
    const intent = await stream.stores.item(`SUBMISSION#${run.id}#01`, "INTENT");
    expect(intent).toMatchObject({ kind: "INTENT", sha256: file?.sha256 });
    const claims = (await stream.claims()).map(({ mandateId, cents, batchId }) => ({
      mandateId,
      cents,
      batchId,
    }));
    expect(claims).toEqual(
      rows.map((row) => ({ mandateId: row.mandate_id, cents: Number(row.amount_cents), batchId: run.id })),
    );
  });
});

describe("several files", () => {
  test("hold the due list in its order, each within the limit, and reach the bank one after the other", async () => {
    const stream = billing.stream({ maxFileDebits: 2, segmentRows: 3, concurrency: 3 });
    const rows = stream.rows(7);
    const sent: string[] = [];
    billing.wire.hook = (request, send) => {
      if (request.writes && request.target.startsWith("outbound")) sent.push(request.target.slice(-6, -4));
      return send();
    };
    const run = await stream.run(dueList(rows));
    expect(run.status).toBe("SUCCEEDED");
    const inbox = await stream.inbox();
    expectDebited(inbox, rows);
    expect(inbox.map(({ debits }) => debits.length)).toEqual([2, 2, 2, 1]);
    expect(new Set(inbox.map(({ description }) => description)).size).toBe(4);
    expect(sent).toEqual(["01", "02", "03", "04"]);
  });

  test("are cut by their amount too", async () => {
    const stream = billing.stream({ maxDebitCents: 5_000, maxFileCents: 5_000, segmentRows: 2 });
    const rows = ["3000", "2000", "1", "4999", "5000"].map((cents, index) =>
      stream.row(index + 1, { amount_cents: cents }),
    );
    await stream.run(dueList(rows));
    const inbox = await stream.inbox();
    expectDebited(inbox, rows);
    expect(inbox.map(({ debits }) => debits.map(({ cents }) => cents))).toEqual([
      [3000n, 2000n],
      [1n, 4999n],
      [5000n],
    ]);
  });
});

test("a list in every form that RFC 4180 allows is read the same, wherever it is cut", async () => {
  const stream = billing.stream({ segmentRows: 1, remitterNames: { "m-odd": "ODD GYM" } });
  const odd = { merchant_id: "m-odd", merchant_name: "ODD GYM" };
  const rows = [stream.row(1, odd), stream.row(2), stream.row(3, odd), stream.row(4), stream.row(5)];
  const written = (row: DueRow, name: string) => {
    const { merchant_name: _, ...rest } = row;
    const [mandate, due, attempt, merchant, ...others] = Object.values(rest);
    return [mandate, due, attempt, merchant, name, ...others].join(",");
  };
  const records = [
    written(rows[0] as DueRow, '"The ""Odd"" Gym,\r\nBondi\nand elsewhere"'),
    written(rows[1] as DueRow, '"Bondi Pools"'),
    written(rows[2] as DueRow, 'The "Odd" Gym'),
    Object.values(rows[3] as DueRow).join(","),
    Object.values(rows[4] as DueRow)
      .map((field) => `"${field}"`)
      .join(","),
  ];
  const [first, ...others] = [HEADER, ...records];
  const csv = Buffer.from(`\uFEFF${first}\r\n${others.join("\n")}`, "utf8");
  const cents = rows.reduce((sum, row) => sum + BigInt(row.amount_cents), 0n);
  const run = await stream.run(listOfBytes(csv, rows.length, cents));
  expect(run.status).toBe("SUCCEEDED");
  expectDebited(await stream.inbox(), rows);
});

describe("the same batch again", () => {
  test("two starts at once and a third one later make one execution", async () => {
    const stream = billing.stream();
    const rows = stream.rows(2);
    await stream.upload(dueList(rows));
    const outcomes = (await Promise.all([stream.start(), stream.start()])).map(({ outcome }) => outcome);
    expect(outcomes.toSorted()).toEqual(["ALREADY_STARTED", "STARTED"]);
    const run = await stream.viewed();
    await expect(stream.start()).resolves.toEqual({ outcome: "ALREADY_STARTED", batchId: run.id });
    expect(run.view.events.map(({ action }) => action)).toEqual(["acquired with fence 1"]);
    expectDebited(await stream.inbox(), rows);
  });

  test("a start is not called done while no execution exists, though an answer to it was lost", async () => {
    const stream = billing.stream();
    await stream.upload(dueList(stream.rows(2)));
    let writes = 0;
    // The starter's own record, which the SDK then puts again and finds there.
    billing.wire.hook = async (request, send) => {
      const answer = await send();
      if (request.writes && (writes += 1) === 1) throw lostAnswer();
      return answer;
    };
    const started = await stream.start().catch((error: Error) => error.name);
    billing.wire.hook = undefined;
    expect(writes).toBeGreaterThan(0);
    const exists = billing.app.execution(stream.id()) !== undefined;
    expect({ started, exists }).toEqual({ started, exists: typeof started === "object" });
  });

  test("is found closed when its execution's name is free again, and nothing is written", async () => {
    const stream = billing.stream();
    const rows = stream.rows(2);
    const run = await stream.run(dueList(rows));
    const left = async () => [await stream.stores.items(), await stream.stores.keys("reports")];
    const before = await left();
    const called: string[] = [];
    stream.around = (name, _, call) => {
      called.push(name);
      return call();
    };
    await expect(continued(stream, `${run.id}-again`)).resolves.toBe("SUCCEEDED");
    // Whoever closed it may have died before its report; this one had not.
    expect(called).toEqual(["AcquireLock", "CloseBatch"]);
    expect(await left()).toEqual(before);
    expectDebited(await stream.inbox(), rows);
  });

  test("a second execution of an open batch takes over, and the first one sends nothing any more", async () => {
    const stream = billing.stream({ maxFileDebits: 1 });
    const rows = stream.rows(3);
    const taker = `${stream.id()}-c1`;
    const submissions: string[] = [];
    stream.around = async (name, _, call) => {
      if (name === "SubmitBankFile" && submissions.push(name) === 1) {
        expect(await continued(stream, taker)).toBe("FAILED");
      } else if (name === "SubmitBankFile") {
        throw new Error("cut off");
      }
      return call();
    };
    await stream.upload(dueList(rows));
    await stream.start();
    const { failure } = await stream.ended();
    expect(failure).toMatchObject({ state: "SubmitBankFile", error: "StaleFence" });
    expect(await stream.inbox()).toEqual([]);
    // A redrive takes the newest execution of the batch.
    stream.around = undefined;
    await stream.redrive();
    expect((await billing.app.waitFor(taker)).status).toBe("SUCCEEDED");
    expectDebited(await stream.inbox(), rows);
  });
});
