import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { growth } from "../../lambdas/billing-batch/reconcile/growth.ts";
import { DebitsByPayer } from "../../lambdas/billing-batch/reconcile/debits-by-payer.ts";
import { reconcile } from "../../lambdas/billing-batch/reconcile/reconcile.ts";
import { DueTable } from "../../lambdas/billing-batch/reconcile/due-table.ts";
import type { FileStateName } from "../../lambdas/domain/records.ts";
import { SUSPICIONS } from "../../lambdas/domain/suspicion.ts";
import { FILE_STATES, sha256 as sha } from "../builders.ts";
import { type ClosedBatch, closed, type SentDebit, sentFile } from "./closed-batches.ts";
import { BATCH, check, GateCase, row, rows, soundCase, stream } from "./gate-case.ts";

/** What ten sound rows add up to, and the debits of the first four, which make the first file. */
const TEN = { count: 10, cents: 10_315 };

/** Judges a batch of ten sound rows after these batches of its stream have closed. */
async function judgedAfter(batches: readonly ClosedBatch[], over: Parameters<typeof stream>[0] = {}) {
  const gate = await soundCase(10, over);
  for (const batch of batches) await closed(gate, batch);
  const { failed, report, message } = await gate.judge();
  return { gate, failed, report, message, check: (name: string) => check(report, name) };
}

const sums = (...values: readonly (readonly [number, number])[]) =>
  values.map(([count, cents]) => ({ count, cents }));

describe("growth", () => {
  const three = sums([100, 5000], [100, 5000], [100, 5000]);
  const isPassed = (count: number, cents: number, before = three, factor = 3) =>
    growth({ count, cents }, before, factor).passed;

  it("passes at exactly factor × median, and fails with one debit or one cent more", () => {
    expect(isPassed(300, 15_000)).toBe(true);
    expect(isPassed(301, 15_000)).toBe(false);
    expect(isPassed(300, 15_001)).toBe(false);
    expect(isPassed(1, 1)).toBe(true);
    expect(isPassed(0, 0)).toBe(true);
  });

  it("is measured against the middle value, and the mean of the middle two of an even number", () => {
    const odd = sums([1, 900], [50, 100], [10, 500]);
    expect(isPassed(30, 1500, odd)).toBe(true);
    expect(isPassed(31, 1500, odd)).toBe(false);
    expect(isPassed(30, 1501, odd)).toBe(false);
    const even = sums([1, 1], [10, 100], [11, 103], [99, 9999]);
    // 3 × 10.5 is 31.5, and 3 × 101.5 is 304.5: whole debits and cents end below.
    expect(isPassed(31, 304, even)).toBe(true);
    expect(isPassed(32, 304, even)).toBe(false);
    expect(isPassed(31, 305, even)).toBe(false);
    expect(isPassed(21, 203, even, 2)).toBe(true);
    expect(isPassed(22, 203, even, 2)).toBe(false);
  });

  it("sorts by value, not by text, and takes equal values as they come", () => {
    expect(isPassed(27, 27, sums([9, 9], [10, 10], [9, 9]))).toBe(true);
    expect(isPassed(28, 27, sums([9, 9], [10, 10], [9, 9]))).toBe(false);
    expect(isPassed(300, 300, sums([9, 9], [100, 100], [1000, 1000]))).toBe(true);
    expect(isPassed(301, 300, sums([9, 9], [100, 100], [1000, 1000]))).toBe(false);
  });

  it("takes the factor as it is written, where a float would be off by a cent", () => {
    const hundred = sums([100, 100], [100, 100], [100, 100]);
    // 4.35 × 100 is 434.99999999999994 to a computer.
    expect(isPassed(435, 435, hundred, 4.35)).toBe(true);
    expect(isPassed(436, 435, hundred, 4.35)).toBe(false);
    expect(isPassed(110, 110, hundred, 1.1)).toBe(true);
    expect(isPassed(111, 110, hundred, 1.1)).toBe(false);
    expect(isPassed(100, 100, hundred, 1)).toBe(true);
    expect(isPassed(10 ** 6, 10 ** 6, hundred, 1e21)).toBe(true);
  });

  it("says its limit, what it found and with how much it compared", () => {
    expect(growth({ count: 301, cents: 15_001 }, three, 3)).toEqual({
      name: "growth",
      kind: "suspicion",
      passed: false,
      expected: "at most 3 × the median of the last 8 closed batches: 300 debits, $150.00",
      found: "301 debits, $150.01",
      note: "more than 300 debits; more than $150.00; compared with 3 closed batches",
    });
  });

  it("is not judged with two closed batches, says so, and is with three", async () => {
    const two = await judgedAfter([{ daysAgo: 20 }, { daysAgo: 21 }]);
    expect(two.failed).toEqual([]);
    expect(two.check("growth")).toEqual({
      name: "growth",
      kind: "suspicion",
      passed: true,
      judged: false,
      expected: "at most 3 × the median of the last 8 closed batches",
      found: "10 debits, $103.15",
      note: "not judged: 2 closed batches with debits to compare with, and it takes 3",
    });
    const one = await judgedAfter([{ daysAgo: 20 }]);
    expect(one.check("growth").note).toContain("1 closed batch with");
    const three = await judgedAfter([{ daysAgo: 20 }, { daysAgo: 21 }, { daysAgo: 22 }]);
    expect(three.failed).toEqual(["growth"]);
    expect(three.check("growth").judged).toBeUndefined();
  });

  it("judges what the bank files hold, in debits and in cents", async () => {
    const three = (count: number, cents: number) =>
      [20, 21, 22].map((daysAgo) => ({ daysAgo, submitted: { count, cents } }));
    const over = { growthFactor: 1 };
    expect((await judgedAfter(three(TEN.count, TEN.cents), over)).failed).toEqual([]);
    expect((await judgedAfter(three(TEN.count - 1, TEN.cents), over)).failed).toEqual(["growth"]);
    expect((await judgedAfter(three(TEN.count, TEN.cents - 1), over)).failed).toEqual(["growth"]);
  });

  it("looks at the last eight, and at no ninth", async () => {
    // Four large ones and four small ones in eight: their median is large enough. A ninth small one would tip it.
    const large = [1, 2, 3, 4].map((daysAgo) => ({ daysAgo, submitted: { count: 10, cents: 10_000 } }));
    const small = [5, 6, 7, 8].map((daysAgo) => ({ daysAgo, submitted: { count: 1, cents: 100 } }));
    const ninth = { daysAgo: 9, submitted: { count: 1, cents: 100 } };
    const { failed, check: found } = await judgedAfter([...large, ...small, ninth]);
    expect(failed).toEqual([]);
    expect(found("growth").note).toBe("compared with 8 closed batches");
    const withoutOne = await judgedAfter([...large.slice(1), ...small, ninth]);
    expect(withoutOne.failed).toEqual(["growth"]);
  });

  it("goes back years for its eight, by billing date and number", async () => {
    const years = [400, 800, 1200].map((daysAgo) => ({ daysAgo, submitted: { count: 10, cents: 10_000 } }));
    const { failed, check: found } = await judgedAfter(years);
    expect([failed, found("growth").judged]).toEqual([[], undefined]);
    const sameDay = Array.from({ length: 9 }, (_, index) => ({
      daysAgo: 1,
      number: index + 1,
      // The first one is the ninth to look at.
      submitted: index === 0 ? { count: 1, cents: 1 } : { count: 10 + index, cents: 10_000 + index },
    }));
    expect((await judgedAfter(sameDay)).check("growth").expected).toContain("43 debits, $300.13");
  });

  it("passes over batches that submitted nothing, that are open or abandoned, later, or this one itself", async () => {
    const good = [20, 21, 22].map((daysAgo) => ({ daysAgo, submitted: { count: 10, cents: 10_000 } }));
    const others: ClosedBatch[] = [
      ...[1, 2, 3, 4].map((daysAgo) => ({ daysAgo, submitted: { count: 0, cents: 0 } })),
      ...[5, 6, 7, 8].map((daysAgo) => ({ daysAgo, state: "OPEN" as const })),
      ...[9, 10, 11, 12].map((daysAgo) => ({ daysAgo, state: "ABANDONED" as const })),
      ...[2, 3, 4, 5].map((number) => ({ daysAgo: 0, number })),
      ...[-1, -2, -3, -4].map((daysAgo) => ({ daysAgo })),
    ];
    const { failed, check: found } = await judgedAfter([...good, ...others]);
    expect(failed).toEqual([]);
    expect(found("growth").note).toBe("compared with 3 closed batches");
  });

  it("does not compare a batch with its own closing, of a close that came half way", async () => {
    const gate = await soundCase(10, { growthFactor: 1 });
    for (const daysAgo of [20, 21, 22])
      await closed(gate, { daysAgo, submitted: { count: 9, cents: 99_999 } });
    const own = await gate.ledger.readBatch(BATCH);
    await closed(gate, { daysAgo: 0, number: 1, submitted: { count: 99, cents: 99_999 } });
    const ending = (await gate.ledger.readBatch(BATCH))?.ending;
    if (own && ending) gate.ledger.putBatch({ ...own, state: "CLOSED", ending });
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["growth"]);
    expect(check(report, "growth").note).toContain("compared with 3 closed batches");
  });
});

/** The debits of the judged batch's first file, as an earlier file may have had them for other people. */
const strangers = (count: number, cents: number): SentDebit[] =>
  Array.from({ length: count }, (_, index) => ({
    mandateId: `stranger-${index + 1}`,
    merchantId: "m-gym",
    bsb: "062-000",
    accountNumber: `${55_000 + index}`,
    cents: index === 0 ? cents - (count - 1) : 1,
  }));

/** Rows 1 to 4: $10.00, $10.07, $10.14 and $10.21. */
const FIRST_FILE = { count: 4, cents: 4042 };

describe("same-totals", () => {
  const twin = strangers(FIRST_FILE.count, FIRST_FILE.cents);

  it("fails for the count and total of a file that was sent, and names both files and the batch", async () => {
    const { failed, check: found } = await judgedAfter([{ daysAgo: 2, debits: twin }]);
    expect(failed).toEqual(["same-totals"]);
    expect(found("same-totals")).toEqual({
      name: "same-totals",
      kind: "suspicion",
      passed: false,
      expected: "0",
      found: "1",
      note: "file 1: same count and total as file 1 of batch au-test-2026-02-28-01",
    });
  });

  it("passes with one debit or one cent more or less", async () => {
    for (const [count, cents] of [
      [3, 4042],
      [5, 4042],
      [4, 4041],
      [4, 4043],
    ] as const) {
      const { failed } = await judgedAfter([{ daysAgo: 2, debits: strangers(count, cents) }]);
      expect(failed, `${count} debits, ${cents} cents`).toEqual([]);
    }
  });

  it("looks minDaysBetweenInstalments days back and ahead by billing date, the last one included", async () => {
    const at = async (daysAgo: number, number = 1, days = 5) =>
      (await judgedAfter([{ daysAgo, number, debits: twin }], { minDaysBetweenInstalments: days })).failed;
    expect(await at(5)).toEqual(["same-totals"]);
    expect(await at(6)).toEqual([]);
    expect(await at(6, 1, 6)).toEqual(["same-totals"]);
    // A list that was billed a day early comes again on its own day.
    expect(await at(-1)).toEqual(["same-totals"]);
    expect(await at(-5)).toEqual(["same-totals"]);
    expect(await at(-6)).toEqual([]);
    // The day itself, whichever number was sent first.
    expect(await at(0, 2)).toEqual(["same-totals"]);
    expect(await at(0, 2, 0)).toEqual(["same-totals"]);
    expect(await at(1, 1, 0)).toEqual([]);
  });

  it("counts only files that the bank has, of batches whose record says CLOSED", async () => {
    const failedWith: FileStateName[] = [];
    for (const fileState of FILE_STATES) {
      const { failed } = await judgedAfter([{ debits: twin, fileState }]);
      if (failed.includes("same-totals")) failedWith.push(fileState);
    }
    expect(failedWith.sort()).toEqual(["ACKNOWLEDGED", "SUBMITTED"]);
    for (const state of ["OPEN", "ABANDONED"] as const) {
      expect((await judgedAfter([{ debits: twin, state }])).failed, state).toEqual([]);
    }
  });

  it("finds every file of every batch, and the judged batch's own records are none", async () => {
    const gate = await soundCase(10);
    const id = await closed(gate, { daysAgo: 3, debits: strangers(9, 9999) });
    await sentFile(gate, id, strangers(4, 4042), "SUBMITTED", { number: 2 });
    await closed(gate, { daysAgo: 1, debits: strangers(2, 2119) });
    const own = await gate.ledger.readBatch(BATCH);
    await closed(gate, { daysAgo: 0, number: 1 });
    if (own) gate.ledger.putBatch({ ...own, state: "CLOSED" });
    for (const number of [1, 2, 3])
      await gate.ledger.createFile(BATCH, { ...(await gate.file(number)), state: "SUBMITTED" });
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["same-totals"]);
    expect(check(report, "same-totals").note).toBe(
      "file 1: same count and total as file 2 of batch au-test-2026-02-27-01; " +
        "file 3: same count and total as file 1 of batch au-test-2026-03-01-01",
    );
  });
});

/** A batch of these rows, judged after batches that have closed. */
async function judgedRows(list: readonly (readonly string[])[], batches: readonly ClosedBatch[] = []) {
  const gate = await new GateCase(stream()).prepare(list);
  for (const batch of batches) await closed(gate, batch);
  const { failed, report, message } = await gate.judge();
  return { gate, failed, report, message, check: (name: string) => check(report, name) };
}

const SAME = "under another mandate the same bank account, merchant and amount";

describe("same-debit within a batch", () => {
  const one = row({ mandate_id: "one" });
  const two = (over: Parameters<typeof row>[0] = {}) => row({ mandate_id: "two", ...over });

  it("fails for one bank account, merchant and amount under two mandates, and names the lines alone", async () => {
    const { failed, report, message, check: found } = await judgedRows([one, ...rows(5), two()]);
    expect(failed).toEqual(["same-debit"]);
    expect(found("same-debit")).toEqual({
      name: "same-debit",
      kind: "suspicion",
      passed: false,
      expected: "0",
      found: "1",
      note: `due-list line 7: ${SAME} as due-list line 1`,
    });
    expect(message).toBe(
      `1 of 25 checks of batch ${BATCH} failed: suspicion same-debit (1); see ${BATCH}/report-001.json`,
    );
    expect(JSON.stringify(report)).not.toMatch(/12345678|083-170|NGUYEN/);
  });

  it.each<[string, Parameters<typeof row>[0]]>([
    ["another branch", { bsb: "083-171" }],
    ["another account number", { account_number: "12345679" }],
    ["another merchant", { merchant_id: "m-pool" }],
    ["one cent more", { amount_cents: "4996" }],
  ])("passes for %s", async (_, over) => {
    expect((await judgedRows([one, two(over)])).failed).toEqual([]);
  });

  it("passes for two instalments under one mandate", async () => {
    const list = [one, row({ mandate_id: "one", due_date: "2026-02-20" })];
    expect((await judgedRows(list)).failed).toEqual([]);
  });

  it("knows a bank account by its digits, with or without hyphens and zeros in front", async () => {
    for (const over of [
      { account_number: "1234-5678" },
      { account_number: "012345678" },
      { bsb: "083170" },
      { account_title: "Somebody else" },
    ]) {
      expect((await judgedRows([one, two(over)])).failed, JSON.stringify(over)).toEqual(["same-debit"]);
    }
  });

  it("sees no row that is in no bank file", async () => {
    const list = [one, two({ attempt: "2" }), row({ mandate_id: "three", due_date: "2026-02-30" })];
    expect((await judgedRows(list)).failed).toEqual([]);
  });

  it("finds each further mandate of one bank account once, however many there are", async () => {
    const many = Array.from({ length: 7 }, (_, index) => row({ mandate_id: `m-${index + 1}` }));
    const { check: found } = await judgedRows([...many, row({ mandate_id: "m-1", due_date: "2026-02-20" })]);
    expect(found("same-debit").found).toBe("6");
    expect(found("same-debit").note).toContain("; and 1 more");
  });
});

describe("same-debit across batches", () => {
  /** The debit of {@link row} as an earlier file may have had it. */
  const sent = (over: Partial<SentDebit> = {}): SentDebit => ({
    mandateId: "earlier-1",
    merchantId: "m-gym",
    bsb: "083-170",
    accountNumber: "12345678",
    cents: 4995,
    ...over,
  });
  const other = sent({ accountNumber: "777", mandateId: "earlier-0" });
  const judgedWith = (batch: ClosedBatch, list = [...rows(2), row({ mandate_id: "today" })]) =>
    judgedRows(list, [batch]);

  it("fails for a debit that was sent under another mandate, and names line and batch alone", async () => {
    const {
      failed,
      report,
      check: found,
    } = await judgedWith({ daysAgo: 3, debits: [other, sent(), sent({ cents: 1 })] });
    expect(failed).toEqual(["same-debit"]);
    expect(found("same-debit").note).toBe(
      `due-list line 3: ${SAME} as due-list line 101 of batch au-test-2026-02-27-01`,
    );
    expect(JSON.stringify(report)).not.toMatch(/12345678|083-170|earlier-1/);
  });

  it.each<[string, Partial<SentDebit>]>([
    ["under the same mandate", { mandateId: "today" }],
    ["of another branch", { bsb: "083-171" }],
    ["of another account number", { accountNumber: "12345679" }],
    ["of another merchant", { merchantId: "m-pool" }],
    ["of one cent less", { cents: 4994 }],
  ])("passes for a debit %s", async (_, over) => {
    expect((await judgedWith({ debits: [other, sent(over)] })).failed).toEqual([]);
  });

  it("looks as far back and ahead as same-totals does", async () => {
    const at = async (daysAgo: number, number = 1) =>
      (await judgedWith({ daysAgo, number, debits: [other, sent()] })).failed;
    expect(await at(5)).toEqual(["same-debit"]);
    expect(await at(6)).toEqual([]);
    expect(await at(0, 2)).toEqual(["same-debit"]);
    expect(await at(-5)).toEqual(["same-debit"]);
    expect(await at(-6)).toEqual([]);
  });

  it("looks at no file that the bank does not have, even one that is gone", async () => {
    const gate = await new GateCase(stream()).prepare([row({ mandate_id: "today" })]);
    const id = await closed(gate, { debits: [sent()], fileState: "WITHDRAWN" });
    gate.objects.drop("bankFiles", `${id}/01.aba`);
    expect((await gate.judge()).failed).toEqual([]);
  });

  it("finds the other mandate also where the first one of today's is the one that was sent", async () => {
    const list = [row({ mandate_id: "first" }), row({ mandate_id: "second" })];
    const { check: found } = await judgedWith({ debits: [other, sent({ mandateId: "first" })] }, list);
    expect(found("same-debit").found).toBe("2");
    expect(found("same-debit").note).toContain(`line 2: ${SAME} as due-list line 101`);
  });

  it("holds a debit against each merchant that its bank account pays as much", async () => {
    const list = [
      row({ mandate_id: "gym" }),
      row({ mandate_id: "pool", merchant_id: "m-pool", merchant_name: "Pool & Spa" }),
    ];
    const { check: found } = await judgedWith({ debits: [other, sent({ merchantId: "m-pool" })] }, list);
    expect(found("same-debit").note).toBe(
      `due-list line 2: ${SAME} as due-list line 101 of batch au-test-2026-03-01-01`,
    );
  });

  it("reads the version that was sent, whatever lies over it", async () => {
    const gate = await new GateCase(stream()).prepare([row({ mandate_id: "today" })]);
    const id = await closed(gate, { debits: [sent(), other] });
    for (const key of ["01.aba", "01.index.jsonl"])
      gate.objects.put("bankFiles", `${id}/${key}`, Buffer.from("x"));
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["same-debit"]);
    expect(check(report, "same-debit").note).toContain(`due-list line 100 of batch ${id}`);
  });

  it.each<[string, (gate: GateCase, id: string) => void, string]>([
    ["its file is gone", (gate, id) => gate.objects.drop("bankFiles", `${id}/01.aba`), "is not there"],
    [
      "one byte of its file is another",
      (gate, id) =>
        gate.objects.tamper("bankFiles", `${id}/01.aba`, (bytes) => {
          bytes.write("9", 200);
          return bytes;
        }),
      "has another SHA-256",
    ],
    [
      "its index is gone",
      (gate, id) => gate.objects.drop("bankFiles", `${id}/01.index.jsonl`),
      "has an index that is not there",
    ],
    [
      "one byte of its index is another",
      (gate, id) =>
        gate.objects.tamper("bankFiles", `${id}/01.index.jsonl`, (bytes) => {
          bytes.write("9", 9);
          return bytes;
        }),
      "has an index that has another SHA-256",
    ],
  ])("fails closed where %s", async (_, damage, words) => {
    const gate = await new GateCase(stream()).prepare([row({ mandate_id: "today" })]);
    const id = await closed(gate, { debits: [other, sent()] });
    damage(gate, id);
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["same-debit"]);
    expect(check(report, "same-debit").note).toBe(`file 1 of batch ${id} ${words}, so it cannot be compared`);
  });

  it.each<[string, Parameters<typeof sentFile>[4] & object, string]>([
    ["counts other debits", { debits: 3 }, "has not the debits that the ledger counts"],
    ["froze something that is no bank file", { key: "text" }, "is no bank file"],
    ["froze an index of fewer lines", { indexKey: "short" }, "has an index that is not its own"],
    ["froze an index of other amounts", { indexKey: "cents" }, "has an index that is not its own"],
    ["froze an index of no JSON", { indexKey: "text" }, "has an index that is not its own"],
    ["froze an index without mandates", { indexKey: "bare" }, "has an index that is not its own"],
  ])("fails closed where the ledger %s", async (_, over, words) => {
    const gate = await new GateCase(stream()).prepare([row({ mandate_id: "today" })]);
    const id = await closed(gate);
    const line = { line: 1, mandateId: "today", merchantId: "m-gym", cents: 4995 };
    const texts: Record<string, string> = {
      text: "some text",
      short: `${JSON.stringify(line)}\n`,
      cents: `${JSON.stringify({ ...line, cents: 1 })}\n`.repeat(2),
      bare: `${JSON.stringify({ line: 1, merchantId: "m-gym", cents: 4995 })}\n`.repeat(2),
    };
    const changed: Record<string, unknown> = { ...over };
    for (const [which, hash, version] of [
      ["key", "sha256", "version"],
      ["indexKey", "indexSha256", "indexVersion"],
    ] as const) {
      const key = over[which];
      if (key === undefined) continue;
      const bytes = Buffer.from(texts[key] ?? "");
      changed[version] = gate.objects.put("bankFiles", key, bytes).version;
      changed[hash] = sha(bytes);
    }
    await sentFile(gate, id, [sent(), other], "SUBMITTED", changed);
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["same-debit"]);
    expect(check(report, "same-debit").note).toContain(
      `file 1 of batch ${id} ${words}, so it cannot be compared`,
    );
  });

  it("lets a fault of the store out as it is", async () => {
    const gate = await new GateCase(stream()).prepare([row({ mandate_id: "today" })]);
    await closed(gate, { debits: [sent()] });
    const { ports } = gate;
    const error = new Error("no answer");
    const ledger = { ...ports.ledger, readClosings: async () => Promise.reject(error) };
    await expect(reconcile(gate.event, { ...ports, ledger })).rejects.toBe(error);
  });
});

describe("suspicions without a due list", () => {
  it("are not judged, do not pass, and raise no suspicion", async () => {
    const gate = await soundCase(4);
    gate.objects.drop("due", "au-test/2026-03-02/01/due.csv");
    const { report } = await gate.judge();
    for (const name of SUSPICIONS) {
      expect(check(report, name)).toMatchObject({
        passed: false,
        judged: false,
        note: "not judged: the due list is not there",
      });
    }
    expect(gate.counts.filter(([name]) => name === "SuspicionRaised")).toEqual([]);
  });
});

describe("the debits of a set by payer", () => {
  const payer = (n: number) => ["083-170", String(10_000_000 + n)] as const;

  /** A table of rows under these mandates, all of one merchant and one amount but where told. */
  function tableOf(mandates: readonly string[], cents: readonly number[] = []): DueTable {
    const table = new DueTable(mandates.length);
    for (const [index, mandateId] of mandates.entries()) {
      table.rows += 1;
      table.setIds(index + 1, mandateId, "2026-03-02", "m-gym");
      table.cents[index + 1] = cents[index] ?? 100;
    }
    return table;
  }

  it("tells them apart by all of their figures, though every hash be the same", () => {
    const mandates = Array.from({ length: 40 }, (_, index) => `m-${index}`);
    const payers = new DebitsByPayer(
      tableOf(
        mandates,
        mandates.map((_, index) => (index < 20 ? 100 : 2 ** 32 + 100)),
      ),
      1,
    );
    for (const index of mandates.keys()) {
      expect(payers.add(index + 1, ...payer(index % 20))).toBe(0);
    }
    for (const index of mandates.keys()) {
      const cents = index < 20 ? 100 : 2 ** 32 + 100;
      expect(payers.linesOf(...payer(index % 20), cents)).toEqual([index + 1]);
      expect(payers.linesOf("083-171", payer(index % 20)[1], cents)).toEqual([]);
    }
    expect(payers.linesOf(...payer(41), 100)).toEqual([]);
  });

  it("finds among a thousand exactly the two that are alike", () => {
    const mandates = Array.from({ length: 1000 }, (_, index) => `m-${index}`);
    const payers = new DebitsByPayer(tableOf(mandates));
    const found = mandates.map((_, index) => payers.add(index + 1, ...payer(index === 999 ? 500 : index)));
    expect(found.filter((first) => first !== 0)).toEqual([501]);
    expect(payers.lineOfOther(501, "m-500")).toBe(1000);
    expect(payers.lineOfOther(501, "m-999")).toBe(501);
    expect(payers.lineOfOther(7, "m-6")).toBe(0);
  });

  it("finds what a comparison of each with each finds, however few slots its hash has", () => {
    const debit = fc.record({
      bsb: fc.constantFrom("083-170", "083-171"),
      account: fc.constantFrom("1", "2", "0-1"),
      cents: fc.constantFrom(100, 2 ** 32 + 100),
      merchantId: fc.constantFrom("m-gym", "m-pool"),
      mandateId: fc.constantFrom("a", "b", "c"),
    });
    fc.assert(
      fc.property(
        fc.array(debit, { maxLength: 30 }),
        debit,
        fc.constantFrom(1, 2, 64),
        (list, sent, slots) => {
          const isAlike = (a: typeof sent, b: typeof sent) =>
            a.bsb === b.bsb &&
            Number(a.account.replace("-", "")) === Number(b.account.replace("-", "")) &&
            a.cents === b.cents &&
            a.merchantId === b.merchantId;
          const table = new DueTable(list.length);
          for (const [index, one] of list.entries()) {
            table.rows += 1;
            table.setIds(index + 1, one.mandateId, "2026-03-02", one.merchantId);
            table.cents[index + 1] = one.cents;
          }
          const payers = new DebitsByPayer(table, slots);
          const found = list.map((one, index) => payers.add(index + 1, one.bsb, one.account));
          for (const [index, one] of list.entries()) {
            const group = list.filter((other) => isAlike(one, other));
            const first = list.indexOf(group[0] as typeof one);
            const isOther = one.mandateId !== group[0]?.mandateId;
            expect(found[index]).toBe(isOther ? first + 1 : 0);
          }
          const lines = payers
            .linesOf(sent.bsb, sent.account, sent.cents)
            .filter((line) => table.merchantId(line) === sent.merchantId);
          const others = lines.map((line) => payers.lineOfOther(line, sent.mandateId));
          const expected = list.findIndex((one) => isAlike(one, sent) && one.mandateId !== sent.mandateId);
          expect(Math.max(0, ...others)).toBe(expected + 1);
        },
      ),
      { numRuns: 500, seed: 20260302 },
    );
  });

  it("has room for a list of no rows", () => {
    expect(new DebitsByPayer(tableOf([])).linesOf(...payer(1), 100)).toEqual([]);
  });
});
