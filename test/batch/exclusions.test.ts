import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { EXCLUSION_REASONS } from "../../lambdas/domain/exclusion.ts";
import { expectDebited } from "./bank-inbox.ts";
import { type DueRow, dueList } from "./due-list.ts";
import { type BilledStream, DATE, LocalBilling, type Slot } from "./local-batch.ts";

let billing: LocalBilling;
beforeAll(async () => {
  billing = await LocalBilling.open();
});
afterEach(() => {
  billing.wire.hook = undefined;
});
afterAll(() => billing.close());

/** What the batch's newest `exclusions.csv` says, record by record without its header. */
async function excluded(stream: BilledStream, slot: Slot = {}): Promise<string[]> {
  const keys = await stream.stores.keys("reports", `${stream.id(slot)}/exclusions-`);
  const csv = (await stream.stores.object("reports", keys.at(-1) ?? "")) ?? Buffer.alloc(0);
  const [header, ...records] = csv.toString("utf8").trimEnd().split("\r\n");
  expect(header).toBe("line,reason,field,mandate_id,due_date");
  return records;
}

const fields = (row: DueRow): string => Object.values(row).join(",");

/** Puts the fact that an attempt was dishonoured, as the states that take returns in will. */
async function putReturn(stream: BilledStream, row: DueRow, attempt: number): Promise<void> {
  const { mandate_id: mandateId, due_date: dueDate } = row;
  await stream.stores.putItem({
    pk: `MANDATE#${mandateId}`,
    sk: `RETURN#${dueDate}#0${attempt}#returns-of-the-day`,
    schema: 1,
    mandateId,
    dueDate,
    attempt,
  });
}

describe("reasons that lie in the list", () => {
  test("each row that is wrong ends excluded for its one reason, and every other row is debited", async () => {
    const stream = billing.stream({ segmentRows: 4, toleratedExcludedShare: 1 });
    const row = (n: number, changes: Partial<DueRow> = {}) => stream.row(n, changes);
    const named = (n: number, dueDate = DATE) =>
      `M-${stream.stream.code}-${String(n).padStart(3, "0")},${dueDate}`;
    // Each row with what the report is to say of it; a good row with nothing.
    const judged: readonly [DueRow | string, string?][] = [
      [row(1)],
      [fields(row(2)).replace(/,[^,]*$/, ""), "malformed-row,,,"],
      [`${fields(row(3))},`, "malformed-row,,,"],
      ["", "malformed-row,,,"],
      [row(4, { mandate_id: "M 4" }), "malformed-row,mandate_id,,"],
      [row(5, { merchant_id: "x".repeat(65) }), `malformed-row,merchant_id,${named(5)}`],
      [row(6, { customer_id: "Nguyễn" }), `malformed-row,customer_id,${named(6)}`],
      [row(7, { due_date: "2026-02-30" }), "bad-due-date,due_date,,"],
      [row(8, { due_date: "2026-01-29" }), `outside-window,due_date,${named(8, "2026-01-29")}`],
      [row(9, { due_date: "2026-03-03" }), `outside-window,due_date,${named(9, "2026-03-03")}`],
      [row(10, { due_date: "2026-01-30" })],
      [row(11, { attempt: "0" }), `bad-attempt,attempt,${named(11)}`],
      [row(12, { merchant_name: "体育館" }), `bad-remitter,merchant_name,${named(12)}`],
      [row(13, { merchant_name: "Seventeen letters" }), `remitter-too-long,merchant_name,${named(13)}`],
      [row(14, { bsb: "06-2000" }), "bad-bsb,bsb,,"],
      [row(15, { account_number: "1234567890" }), `bad-account,account_number,${named(15)}`],
      [row(16, { account_number: "000-000" }), `bad-account,account_number,${named(16)}`],
      [row(17, { account_title: "{}" }), `bad-title,account_title,${named(17)}`],
      [row(18, { amount_cents: "0" }), `bad-amount,amount_cents,${named(18)}`],
      [row(19, { amount_cents: "-100" }), `bad-amount,amount_cents,${named(19)}`],
      [row(20, { amount_cents: "2000001" }), `amount-over-limit,amount_cents,${named(20)}`],
      [row(21, { amount_cents: "2000000" })],
      // The first of two equal rows stays, far from the other one; of two different ones neither does.
      [row(22)],
      [row(23), `conflicting-in-list,,${named(23)}`],
      [row(24, { due_date: "2026-02-26" }), `too-near,,${named(24, "2026-02-26")}`],
      [row(25, { due_date: "2026-02-25" })],
      // Wrong twice over: the repeat is judged first, and then the first column.
      [row(26, { attempt: "x", bsb: "?" }), "conflicting-in-list,,,"],
      [row(22), `duplicate-in-list,,${named(22)}`],
      [row(23, { amount_cents: "1" }), `conflicting-in-list,,${named(23)}`],
      [row(24, { due_date: DATE }), `too-near,,${named(24)}`],
      [row(25, { due_date: DATE })],
      [row(26, { attempt: "x" }), `conflicting-in-list,,${named(26)}`],
      [row(27, { attempt: "x", account_number: "x" }), `bad-attempt,attempt,${named(27)}`],
      [row(28, { attempt: "2" }), `no-proven-dishonour,,${named(28)}`],
    ];
    const list = dueList(judged.map(([given]) => given));
    const run = await stream.run(list);

    expect(run.status).toBe("SUCCEEDED");
    const good = judged.flatMap(([given, said]) => (said === undefined ? [given as DueRow] : []));
    expectDebited(await stream.inbox(), good);
    const expected = judged.flatMap(([, said], index) =>
      said === undefined ? [] : [`${index + 1},${said}`],
    );
    expect(await excluded(stream)).toEqual(expected);
    const { ending } = run.view.record ?? {};
    // Amounts of rows whose columns may be shifted, and those above the limit, are in no sum.
    const untold = [4, 7, 14, 20, 26].map((n) => Number(stream.row(n).amount_cents)).with(3, 2_000_001);
    const told = Number(list.cents) - untold.reduce((sum, cents) => sum + cents, 0);
    const goodCents = good.reduce((sum, { amount_cents: cents }) => sum + BigInt(cents), 0n);
    expect(ending).toMatchObject({
      due: { count: list.count, cents: told },
      staged: { count: good.length, cents: Number(goodCents) },
      excluded: { count: expected.length, cents: told - Number(goodCents) },
    });
    // Only the ledger's claims of an earlier batch are missing here.
    expect(Object.keys(ending?.excluded.byReason ?? {}).toSorted()).toEqual(
      EXCLUSION_REASONS.filter((reason) => reason !== "already-claimed").toSorted(),
    );
    expect((await stream.claims()).map(({ line }) => line)).toEqual(
      judged.flatMap(([, said], index) => (said === undefined ? [index + 1] : [])),
    );
  });
});

describe("reasons that lie in the ledger", () => {
  const NEXT = "2026-03-06";
  const later = { date: NEXT };

  test("what an earlier batch debited is claimed, and instalments too near it wait", async () => {
    const stream = billing.stream({ toleratedExcludedShare: 0, segmentRows: 2 });
    const earlier = stream.rows(4);
    await stream.run(dueList(earlier));
    const rows = [
      stream.row(1),
      stream.row(2, { amount_cents: "99" }),
      // Four days apart is too near, five is not.
      stream.row(3, { due_date: NEXT }),
      stream.row(4, { due_date: "2026-02-25" }),
      stream.row(5, { due_date: NEXT }),
    ];
    const run = await stream.run(dueList(rows), later);
    expect(run.status).toBe("SUCCEEDED");
    const named = (n: number, dueDate: string) => `M-${stream.stream.code}-00${n},${dueDate}`;
    expect(await excluded(stream, later)).toEqual([
      `1,already-claimed,,${named(1, DATE)}`,
      `2,already-claimed,,${named(2, DATE)}`,
      `3,too-near,,${named(3, NEXT)}`,
    ]);
    expectDebited(await stream.inbox(), [...earlier, ...rows.slice(3)]);
  });

  test("a second attempt is debited once the first one's dishonour is recorded, and never before", async () => {
    const stream = billing.stream({ toleratedExcludedShare: 0 });
    const first = stream.rows(2);
    await stream.run(dueList(first));
    await putReturn(stream, stream.row(1), 1);
    const again = [1, 2].map((n) => stream.row(n, { attempt: "2" }));
    const run = await stream.run(
      dueList([...again, stream.row(1, { attempt: "3", due_date: "2026-02-10" })]),
      later,
    );
    expect(run.status).toBe("SUCCEEDED");
    expect(await excluded(stream, later)).toEqual([
      `2,no-proven-dishonour,,M-${stream.stream.code}-002,${DATE}`,
      `3,no-proven-dishonour,,M-${stream.stream.code}-001,2026-02-10`,
    ]);
    expectDebited(await stream.inbox(), [...first, again[0] as DueRow]);
  });

  test("of two claims for one debit at the same instant the one that came first stands", async () => {
    const stream = billing.stream();
    const rows = stream.rows(3);
    const [raced] = rows as [DueRow];
    const rival = {
      pk: `MANDATE#${raced.mandate_id}`,
      sk: `DEBIT#${DATE}#01`,
      schema: 1,
      mandateId: raced.mandate_id,
      dueDate: DATE,
      attempt: 1,
      batchId: `${stream.stream.name}-${DATE}-77`,
      line: 4,
      segment: 1,
      cents: 5,
      stream: stream.stream.name,
    };
    billing.wire.hook = async (request, send) => {
      // Between the reading of the mandate's claims and the write there is room for somebody else's write.
      if (request.target === `${rival.pk} ${rival.sk}`) {
        billing.wire.hook = undefined;
        await stream.stores.putItem(rival);
      }
      return send();
    };
    const run = await stream.run(dueList(rows));
    expect(billing.wire.hook).toBeUndefined();
    expect(run.status).toBe("SUCCEEDED");
    expect(await stream.stores.item(rival.pk, rival.sk)).toEqual(rival);
    expect(await excluded(stream)).toEqual([`1,already-claimed,,${raced.mandate_id},${DATE}`]);
    expectDebited(await stream.inbox(), rows.slice(1));
  });
});
