import { describe, expect, it } from "vitest";
import { dueLineReader } from "../../lambdas/billing-batch/reconcile/batch-marks.ts";
import type { Case } from "../../lambdas/billing-batch/reconcile/case.ts";
import { cell } from "../../lambdas/billing-batch/reconcile/cell.ts";
import { DebitsByPayer } from "../../lambdas/billing-batch/reconcile/debits-by-payer.ts";
import { DistinctDebits } from "../../lambdas/billing-batch/reconcile/debit-key.ts";
import { DueTable } from "../../lambdas/billing-batch/reconcile/due-table.ts";
import { asExclusion } from "../../lambdas/billing-batch/reconcile/exclusion-reading.ts";
import { Findings } from "../../lambdas/billing-batch/reconcile/findings.ts";
import { judgeList } from "../../lambdas/billing-batch/reconcile/list-judgement.ts";
import { ListUnreadable, readDueRows } from "../../lambdas/billing-batch/reconcile/list-reading.ts";
import { PackedTexts } from "../../lambdas/billing-batch/reconcile/packed-texts.ts";
import { proof } from "../../lambdas/billing-batch/reconcile/proof.ts";
import { ReadClaims } from "../../lambdas/billing-batch/reconcile/read-claims.ts";
import { RecentBatches } from "../../lambdas/billing-batch/reconcile/recent-batches.ts";
import { judgeRefusal } from "../../lambdas/billing-batch/reconcile/refusals.ts";
import { Releases } from "../../lambdas/billing-batch/reconcile/released.ts";
import { judgeSegment, judgeTiling } from "../../lambdas/billing-batch/reconcile/segment-sums.ts";
import { readStagingRecord } from "../../lambdas/billing-batch/reconcile/staging-record.ts";
import { lineRanges } from "../../lambdas/billing-batch/reconcile/stored-bytes.ts";
import { suspicion } from "../../lambdas/billing-batch/reconcile/suspicion.ts";
import { addDays } from "../../lambdas/domain/calendar-date.ts";
import { COLUMNS, type Exclusion } from "../../lambdas/domain/exclusion.ts";
import { encodeLines } from "../../lambdas/domain/line-set.ts";
import { lodgementReference } from "../../lambdas/domain/lodgement-reference.ts";
import type { BatchItem, Claim, SegmentItem } from "../../lambdas/domain/records.ts";
import { batchItem, claim, fileItem, segmentItem } from "../builders.ts";
import { ledgerInMemory } from "../ledger-in-memory.ts";
import { type Call, intercepted } from "../port-faults.ts";
import { closed, sentFile } from "./closed-batches.ts";
import {
  BATCH,
  BILLING_DATE,
  check,
  csv,
  GateCase,
  row,
  rows,
  sha256,
  soundCase,
  stream,
} from "./gate-case.ts";

/** What each part of the gate decides at its boundaries. */

const DUE = "au-test/2026-03-02/01/due.csv";
const KEY = { mandateId: "m", dueDate: "2026-03-02", attempt: 1 };

describe("a lodgement reference", () => {
  const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const judged = { stream: stream(), billingDate: BILLING_DATE, batch: { number: 1 } } as unknown as Case;
  const lineIn = dueLineReader(judged);
  const referenceOf = (line: number) =>
    lodgementReference({ code: "TS", billingDate: BILLING_DATE, number: 1, line });
  /** A line whose reference ends with that check character. */
  const lineChecked = (character: string) => {
    for (let line = 1; line < 1000; line += 1) if (referenceOf(line).endsWith(character)) return line;
    throw new Error("there is no such line");
  };

  it("that is longer or shorter by a character names no line, also one that its last character checks", () => {
    const reference = referenceOf(123_456);
    for (const last of CROCKFORD) {
      expect(lineIn(reference + last)).toBe(0);
      expect(lineIn(reference.slice(0, -2) + last)).toBe(0);
    }
  });

  it("names no line with a check character that is no digit, whatever it would count as", () => {
    for (const character of CROCKFORD) {
      const reference = referenceOf(lineChecked(character));
      for (const other of "UILO!é") expect(lineIn(reference.slice(0, -1) + other)).toBe(0);
    }
  });
});

describe("a due list that cannot be read", () => {
  const HEADER = COLUMNS.join(",");
  const [first, second, ...others] = COLUMNS;
  it.each<[string, string | Buffer, string]>([
    ["is no UTF-8", Buffer.of(0xff, 0x0a), "the due list is not UTF-8"],
    ["is empty", "", "the due list has no header"],
    ["has another column", `${HEADER},extra\n`, "the due list has another header"],
    ["lacks a column", `${COLUMNS.slice(0, 9).join(",")}\n`, "the due list has another header"],
    ["has two columns exchanged", [second, first, ...others].join(","), "the due list has another header"],
    ["has other columns", COLUMNS.map((name) => `${name}s`).join(","), "the due list has another header"],
    ["has an open quote", `${HEADER}\na\n"b\n`, "line 2 of the due list has a quote that is never closed"],
    ["has text after a quote", `${HEADER}\n"a"b\n`, "line 1 of the due list has text after a closing quote"],
  ])("because it %s says so, and no word of what stands there", async (_, text, message) => {
    expect(() => readDueRows(Buffer.from(text), () => undefined)).toThrow(
      expect.objectContaining({ name: "ListUnreadable", message }) as ListUnreadable,
    );
  });

  it("proves nothing, also where it is the very one that the batch was opened for", async () => {
    const gate = await soundCase(4);
    const bytes = Buffer.from("no list");
    gate.objects.tamper("due", DUE, () => bytes);
    const batch = await gate.ledger.readBatch(BATCH);
    const sha256 = check((await gate.judge()).report, "due-list-bytes").found;
    if (batch?.dueList) gate.ledger.putBatch({ ...batch, dueList: { ...batch.dueList, sha256 } });
    const { report } = await gate.judge();
    expect(check(report, "due-list-bytes")).toMatchObject({
      passed: false,
      expected: sha256,
      found: sha256,
      note: "the due list has another header",
    });
  });
});

describe("the gate's judgement of a row", () => {
  /** What the gate makes of one row: why it is excluded, whether it may be named, and its claim's name. */
  const judged = (fields: readonly string[]) => {
    const table = judgeList(csv([fields]), stream(), BILLING_DATE);
    return {
      own: table.ownExclusion(1),
      names: [table.mandateId(1), table.dueDate(1), table.merchantId(1)],
      isNameable: table.nameable[1] === 1,
      merchant: table.reportedMerchant(1),
      key: table.key(1),
    };
  };

  it.each<[string, Parameters<typeof row>[0], string | undefined]>([
    ["a merchant's name of 16 characters", { merchant_name: "Sixteen letters." }, undefined],
    ["a merchant's name of 17 characters", { merchant_name: "Seventeen letters" }, "remitter-too-long"],
    [
      "an id that is the account of five digits",
      { mandate_id: "12345", account_number: "12345" },
      "malformed-row",
    ],
    ["an id that is the account of four digits", { mandate_id: "1234", account_number: "1234" }, undefined],
    [
      "an id that reads like the account, but has letters",
      { merchant_id: "merchant", account_number: "merchant" },
      "bad-account",
    ],
    ["an amount of the limit", { amount_cents: "2000000" }, undefined],
    ["an amount above the limit by a cent", { amount_cents: "2000001" }, "amount-over-limit"],
  ])("for %s", (_, over, reason) => {
    expect(judged(row(over)).own?.reason).toBe(reason);
  });

  it("names no row of other than ten fields, and asks for no claim of it", () => {
    for (const fields of [[...row(), "extra"], row().slice(0, 9)]) {
      expect(judged(fields)).toEqual({
        own: { reason: "malformed-row" },
        names: ["", "", ""],
        isNameable: false,
        merchant: undefined,
        key: undefined,
      });
    }
  });

  it("asks for no claim of a day that is none", () => {
    expect(judged(row({ due_date: "2026-02-30" })).key).toBeUndefined();
    expect(judged(row({ due_date: "2026-01-01" })).key).toEqual({
      mandateId: "mandate-1",
      dueDate: "2026-01-01",
      attempt: 1,
    });
  });

  it("lists a malformed row under no merchant, even one whose mandate it may name", () => {
    expect(judged(row({ customer_id: "c 1" }))).toMatchObject({ isNameable: true, merchant: undefined });
    expect(judged(row({ attempt: "0" }))).toMatchObject({ isNameable: true, merchant: "m-gym" });
  });

  it("names two numbers beside an account of nine digits, and not beside one of ten", () => {
    const numbers = { mandate_id: "777", merchant_id: "7", attempt: "0" };
    for (const [account_number, isNameable] of [
      ["123456789", true],
      ["12-345-6789", true],
      ["12-345-67890", false],
      ["1234567890", false],
    ] as const) {
      expect(judged(row({ ...numbers, account_number })).isNameable, account_number).toBe(isNameable);
    }
  });
});

describe("the gate's own table", () => {
  it("has the lines from 1 to its last row, whole ones alone", () => {
    const table = new DueTable(5);
    table.rows = 3;
    expect([-1, 0, 1, 1.5, 3, 3.5, 4, NaN].filter((line) => table.has(line))).toEqual([1, 3]);
    expect(() => cell(table.cents, 7)).toThrow(new RangeError("there is no such line in the column"));
  });

  it("knows a row's claim by all three parts of its name, and its entry by all four fields", () => {
    const table = judgeList(csv([row()]), stream(), BILLING_DATE);
    const key = { mandateId: "mandate-1", dueDate: "2026-03-02", attempt: 1 };
    const entry = { bsb: "083-170", accountNumber: "12345678", title: "Zoe NGUYEN", remitter: "Bondi Gym" };
    expect([table.isKeyOf(1, key), table.isEntry(1, entry)]).toEqual([true, true]);
    for (const other of [{ mandateId: "mandate-2" }, { dueDate: "2026-03-01" }, { attempt: 2 }]) {
      expect(table.isKeyOf(1, { ...key, ...other })).toBe(false);
    }
    for (const field of Object.keys(entry)) expect(table.isEntry(1, { ...entry, [field]: "X" })).toBe(false);
  });

  it("keeps every text of a block that grows, also the one that makes it grow", () => {
    const texts = new PackedTexts(60, 1);
    const text = (number: number) => `${number} `.repeat(9);
    for (let number = 0; number < 60; number += 1) texts.set(number, text(number));
    for (let number = 0; number < 60; number += 1) expect(texts.get(number)).toBe(text(number));
  });
});

describe("a stored line of exclusions", () => {
  const sound = {
    line: 1,
    reason: "already-claimed",
    field: "bsb",
    cents: 0,
    mandateId: "m",
    dueDate: "2026-03-02",
    otherLine: 2,
    claim: { mandateId: "m", dueDate: "2026-03-02", attempt: 1, batchId: "b", line: 1 },
  };

  it("is one with all that an exclusion may say, and with as little as it must", () => {
    expect(asExclusion(sound)).toBe(sound);
    const least = { line: 0, reason: "bad-bsb", cents: 0 };
    expect(asExclusion(least)).toBe(least);
  });

  it.each<[string, unknown]>([
    ["is null", null],
    ["is a text", "line"],
    ["has a word too many", { ...sound, title: "NGUYEN" }],
    ["has no line", { ...sound, line: undefined }],
    ["has half a line", { ...sound, line: 1.5 }],
    ["has an amount below nought", { ...sound, cents: -1 }],
    ["has a reason that there is not", { ...sound, reason: "bad" }],
    ["has a field that there is not", { ...sound, field: "083-170" }],
    ["has a mandate that is no text", { ...sound, mandateId: 1 }],
    ["has a due date that is no text", { ...sound, dueDate: 1 }],
    ["has another line that is no number", { ...sound, otherLine: "2" }],
    ["names null as its claim", { ...sound, claim: null }],
    ["names a claim with a word too many", { ...sound, claim: { ...sound.claim, title: "NGUYEN" } }],
    ...Object.keys(sound.claim).map(
      (key) =>
        [
          `names a claim whose ${key} is of another kind`,
          { ...sound, claim: { ...sound.claim, [key]: true } },
        ] as [string, unknown],
    ),
  ])("is none that %s", (_, value) => {
    expect(asExclusion(value)).toBeUndefined();
  });

  it("goes on without the claim of another mandate, and with nothing that it does not say", async () => {
    const list = [
      row({ mandate_id: "bad", bsb: "1" }),
      row({ mandate_id: "twice" }),
      row({ mandate_id: "twice" }),
      row({ mandate_id: "second", attempt: "2" }),
    ];
    const gate = await new GateCase(stream()).prepare(list);
    const named = { ...sound.claim, mandateId: "second" };
    await gate.restage(1, (all) => all.map((one) => ({ ...one, claim: named })));
    const table = judgeList(csv(list), stream(), BILLING_DATE);
    const batch = await gate.ledger.readBatch(BATCH);
    const findings = new Findings();
    const record = await readStagingRecord({ case: { batch } as Case, table, findings }, gate.ports);
    const due = "2026-03-02";
    const second = { line: 4, reason: "no-proven-dishonour", cents: 4995, mandateId: "second", dueDate: due };
    expect(record.exclusions).toStrictEqual([
      { line: 1, reason: "bad-bsb", cents: 0, field: "bsb" },
      { line: 3, reason: "duplicate-in-list", cents: 4995, mandateId: "twice", dueDate: due, otherLine: 2 },
      { ...second, claim: named },
    ]);
    expect([...record.refusals.keys()]).toEqual([4]);
  });
});

describe("findings at one place", () => {
  it("stand in the order of segment, file and line, and then of their words", () => {
    const findings = new Findings();
    findings.add("entries", { segment: 2 }, "a");
    findings.add("entries", { segment: 1 }, "b");
    findings.add("entries", { segment: 1 }, "a");
    findings.add("entries", { segment: 1 }, "c");
    findings.add("entries", { file: 3, line: 9 }, "z");
    expect(findings.note("entries")).toBe(
      "file 3, line 9: z; segment 1: a; segment 1: b; segment 1: c; segment 2: a",
    );
    findings.add("entries", { segment: 1, file: 1 }, "d");
    expect(findings.note("entries")).toBe(
      "file 3, line 9: z; segment 1: a; segment 1: b; segment 1: c; segment 1, file 1: d; and 1 more",
    );
  });

  it("leave a check without a note no field for one", () => {
    expect(proof("totals", true, "0", "0")).toStrictEqual({
      name: "totals",
      kind: "proof",
      passed: true,
      expected: "0",
      found: "0",
    });
    expect(suspicion("growth", true, "0", "0")).toStrictEqual({
      name: "growth",
      kind: "suspicion",
      passed: true,
      expected: "0",
      found: "0",
    });
  });
});

describe("the lines of an object", () => {
  it.each<[string, [number, number][]]>([
    ["", []],
    ["\n", [[0, 0]]],
    [
      "a\nb",
      [
        [0, 1],
        [2, 3],
      ],
    ],
    [
      "a\n\nb\n",
      [
        [0, 1],
        [2, 2],
        [3, 4],
      ],
    ],
  ])("of %j", (text, expected) => {
    const found: (readonly number[])[] = [];
    for (const range of lineRanges(Buffer.from(text))) {
      // A reading that does not get on would never end.
      if (found.push(range) > expected.length) break;
    }
    expect(found).toEqual(expected);
  });
});

describe("the debits to ask the ledger for", () => {
  it("are each asked for once, whichever of a mandate's comes again", () => {
    const debits = new DistinctDebits();
    for (const attempt of [1, 2]) debits.add({ ...KEY, attempt });
    debits.add({ ...KEY, mandateId: "other" });
    expect(debits.repeats).toBe(false);
    for (const attempt of [2, 3, 1, 3]) debits.add({ ...KEY, attempt });
    expect(debits.list.map(({ mandateId, attempt }) => [mandateId, attempt])).toEqual([
      ["m", 1],
      ["m", 2],
      ["other", 1],
      ["m", 3],
    ]);
    expect(debits.repeats).toBe(true);
  });

  it("are found by their whole name, though claims of other debits name the same line", () => {
    const own = claim({ ...KEY, line: 1 });
    const others = [
      claim({ ...KEY, line: 1, mandateId: "other" }),
      claim({ ...KEY, line: 1, dueDate: "2026-03-01" }),
      claim({ ...KEY, line: 1, attempt: 2 }),
    ];
    for (const other of others) {
      for (const claims of [
        [own, other],
        [other, own],
      ]) {
        expect(new ReadClaims(claims, [KEY], 1, false).of(0, KEY)).toBe(own);
      }
      expect(new ReadClaims([other], [KEY], 1, false).of(0, KEY)).toBeUndefined();
    }
  });

  it("are asked for in pieces, and a batch of more than one piece passes", async () => {
    const list = rows(501);
    const gate = new GateCase(stream({ segmentRows: 1000, maxFileDebits: 1000 }));
    await gate.prepare(list);
    const { failed, report } = await gate.judge();
    expect(failed).toEqual([]);
    expect(report.ledger).toEqual(report.bankFiles);
    expect(report.ledger.count).toBe(501);
  });
});

describe("a claim of another segment of the batch", () => {
  it.each([1, 3])("is none of a line of segment 2: segment %i", async (segment) => {
    const gate = await soundCase();
    const own = gate.ledger.allClaims().find(({ line }) => line === 5);
    gate.ledger.putClaim({ ...(own as Claim), segment });
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["claims"]);
    expect(check(report, "claims").note).toBe("due-list line 5: its claim has another segment");
  });
});

describe("a debit under three mandates", () => {
  it("is told with the first of the others", () => {
    const table = new DueTable(3);
    for (const [index, mandateId] of ["a", "b", "c"].entries()) {
      table.rows += 1;
      table.setIds(index + 1, mandateId, "2026-03-02", "m-gym");
      table.cents[index + 1] = 100;
    }
    const payers = new DebitsByPayer(table);
    expect([1, 2, 3].map((line) => payers.add(line, "083-170", "1"))).toEqual([0, 1, 1]);
    expect(["a", "b", "c"].map((mandateId) => payers.lineOfOther(1, mandateId))).toEqual([2, 1, 1]);
  });
});

describe("the batches that closed before", () => {
  const sum = (count: number) => ({ count, cents: count * 100 });
  const judged = (number: number) =>
    ({
      batch: { id: `${BATCH.slice(0, -1)}${number}`, number },
      billingDate: BILLING_DATE,
      stream: stream(),
    }) as unknown as Case;

  it("of the same day count up to the judged one's number, and no later", async () => {
    const gate = await soundCase(1);
    for (const number of [2, 3, 4]) await closed(gate, { daysAgo: 0, number, submitted: sum(number) });
    await closed(gate, { daysAgo: 1, submitted: sum(1) });
    const batches = await RecentBatches.read(judged(3), 5, gate.ledger);
    expect(await batches.lastSubmitted(8)).toEqual([sum(2), sum(1)]);
    expect(await batches.lastSubmitted(1)).toEqual([sum(2)]);
  });

  it("are passed over where the ledger has no record or no ending of them, and each is read once", async () => {
    const gate = await soundCase(1);
    const id = await closed(gate, { daysAgo: 2, submitted: sum(2) });
    const bare = await closed(gate, { daysAgo: 3 });
    const record = await gate.ledger.readBatch(bare);
    const { ending: _, ...unended } = record as BatchItem;
    gate.ledger.putBatch(unended);
    const at = addDays(BILLING_DATE, -4);
    const unknown = { stream: "au-test", billingDate: at, number: 1, batchId: `au-test-${at}-01` };
    await gate.ledger.createClosing({ ...unknown, closedAt: `${at}T00:00:00.000Z`, submitted: sum(1) });
    for (const batch of [id, bare]) await gate.ledger.createFile(batch, fileItem({ state: "SUBMITTED" }));
    const asked: unknown[] = [];
    const ledger = intercepted(gate.ledger, (call: Call) => {
      if (call.method === "readBatch") asked.push(call.args[0]);
      return call.reach();
    });
    const batches = await RecentBatches.read(judged(1), 5, ledger);
    expect(await batches.lastSubmitted(8)).toEqual([sum(2)]);
    expect((await batches.sentFiles()).map(({ batchId }) => batchId)).toEqual([bare, id]);
    expect(asked).toEqual([id, bare, unknown.batchId]);
  });
});

describe("a file that was sent", () => {
  const sent = {
    mandateId: "earlier",
    merchantId: "m-gym",
    bsb: "083-171",
    accountNumber: "12345678",
    cents: 4995,
  };
  const other = { ...sent, accountNumber: "777" };
  const today = async (over: Parameters<typeof row>[0] = {}) =>
    new GateCase(stream()).prepare([row({ mandate_id: "today", bsb: "083-171", ...over })]);
  const note = async (gate: GateCase) => check((await gate.judge()).report, "same-debit").note;

  it("is found by its first debit alone, of whatever branch", async () => {
    const gate = await today();
    const id = await closed(gate, { debits: [sent, other] });
    expect(await note(gate)).toBe(
      `due-list line 1: under another mandate the same bank account, merchant and amount as due-list line 100 of batch ${id}`,
    );
  });

  it("and has nothing in common with the set needs no index", async () => {
    const gate = await today();
    const id = await closed(gate, { debits: [other, other] });
    gate.objects.drop("bankFiles", `${id}/01.index.jsonl`);
    expect((await gate.judge()).failed).toEqual([]);
  });

  it.each<[string, unknown]>([
    ["null", null],
    ["a number", 7],
    ["no merchant", { line: 1, mandateId: "earlier", cents: 4995 }],
    ["half a line", { line: 1.5, mandateId: "earlier", merchantId: "m-gym", cents: 4995 }],
  ])("is not compared by an index that says %s", async (_, line) => {
    const gate = await today();
    const id = await closed(gate);
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    const { version = "" } = gate.objects.put("bankFiles", "index", bytes);
    const index = { indexKey: "index", indexSha256: sha256(bytes), indexVersion: version };
    await sentFile(gate, id, [sent], "SUBMITTED", index);
    expect(await note(gate)).toBe(
      `file 1 of batch ${id} has an index that is not its own, so it cannot be compared`,
    );
  });
});

describe("a segment's record", () => {
  const table = () => judgeList(csv(rows(4)), stream(), BILLING_DATE);
  const notes = (judge: (findings: Findings) => void) => {
    const findings = new Findings();
    judge(findings);
    return findings.note("segments-complete");
  };
  const out = (...lines: number[]): Exclusion[] =>
    lines.map((line) => ({ line, reason: "bad-bsb", cents: 0 }));
  const whole: SegmentItem = segmentItem(BATCH, [1, 2, 3], {
    rows: 4,
    staged: { count: 3, cents: 3021 },
    excluded: { count: 1, cents: 1021 },
    byReason: { "bad-bsb": 1 },
  });
  const judged = (over: Partial<SegmentItem>, exclusions = out(4)) =>
    notes((findings) => judgeSegment({ ...whole, ...over }, exclusions, table(), findings));
  const SPLIT = "segment 1: a row is not exactly one of staged and excluded";
  const SUMS = "segment 1: its sums are not those of its rows";

  it.each<[string, string | undefined, Partial<SegmentItem>, Exclusion[]?]>([
    ["is one", undefined, {}],
    [
      "excludes a row twice",
      SPLIT,
      { excluded: { count: 2, cents: 2042 }, byReason: { "bad-bsb": 2 } },
      out(4, 4),
    ],
    ["excludes a row of another segment", SPLIT, { rows: 3, stagedLines: encodeLines(1, 3, [1, 2, 3]) }],
    [
      "stages and excludes a row",
      SPLIT,
      { stagedLines: encodeLines(1, 4, [1, 2, 3, 4]), staged: { count: 4, cents: 4042 } },
    ],
    ["counts another reason", SUMS, { byReason: { "bad-account": 1 } }],
    ["counts a reason too many", SUMS, { byReason: { "bad-bsb": 1, "bad-account": 0 } }],
    ["counts a reason once more", SUMS, { byReason: { "bad-bsb": 2 } }],
    ["counts no reason", SUMS, { byReason: {} }],
    ["has a staged debit too many", SUMS, { staged: { count: 4, cents: 3021 } }],
    ["has an excluded cent too many", SUMS, { excluded: { count: 1, cents: 1022 } }],
  ])("that %s", (_, expected, over, exclusions) => {
    expect(judged(over, exclusions)).toBe(expected);
  });

  const plan = { key: "k", sha256: "s", segments: 1, rows: 4 };
  const PLAN = "the plan has other numbers of segments and rows";
  const FOLLOWS = "does not follow the segment before";
  it.each<[string, string | undefined, Partial<SegmentItem>[], Partial<BatchItem>?]>([
    ["as the plan says", undefined, [{}]],
    ["without a plan", PLAN, [{}], { plan: undefined as unknown as typeof plan }],
    ["with a plan of fewer rows", PLAN, [{}], { plan: { ...plan, rows: 3 } }],
    ["with a plan of more segments", PLAN, [{}], { plan: { ...plan, segments: 2 } }],
    ["that are another batch's", `segment 1: ${FOLLOWS}`, [{ batchId: "another" }]],
    [
      "of which one has no row",
      `segment 2: ${FOLLOWS}`,
      [{}, { segment: 2, firstLine: 5, rows: 0 }],
      { plan: { ...plan, segments: 2 } },
    ],
    ["that end too early", "the segments do not end with the list", [{ rows: 3 }]],
  ])("cuts the list %s", (_, expected, segments, over = {}) => {
    const records = segments.map((segment) => ({ ...whole, ...segment }));
    const batch = batchItem({ id: BATCH, plan, ...over });
    expect(notes((findings) => judgeTiling(records, batch, table(), findings))).toBe(expected);
  });
});

describe("a refusal", () => {
  const named = { ...KEY, batchId: "au-test-2026-02-27-01", line: 1 };
  const standing: Claim = claim(named);
  const judged = (over: Partial<Exclusion>, isReleased = false, key = KEY) =>
    judgeRefusal(
      { line: 1, reason: "already-claimed", cents: 1, ...over },
      new Map([["m 2026-03-02 1", standing]]),
      {
        batchId: BATCH,
        key,
        minDays: 5,
        isReleased: async () => isReleased,
        isDishonoured: async () => false,
      },
    );

  it("is right for a claim that stands, and wrong for one that is released", async () => {
    expect(await judged({ claim: named })).toBeUndefined();
    expect(await judged({ claim: named }, true)).toBe("the named claim is released");
  });

  it("for want of a dishonour is wrong for a first attempt", async () => {
    expect(await judged({ reason: "no-proven-dishonour" })).toBe("it is the first attempt");
    expect(await judged({ reason: "no-proven-dishonour" }, false, { ...KEY, attempt: 2 })).toBeUndefined();
  });
});

describe("a release", () => {
  const [A, B] = ["au-test-2026-02-26-01", "au-test-2026-02-27-01"];
  const of = (batchId: string, line: number, segment = 1) => claim({ batchId, line, segment });

  it("is derived from the claim's own batch and segment, each of whose records is read once", async () => {
    const ledger = ledgerInMemory();
    for (const id of [A, B]) ledger.putBatch(batchItem({ id, stream: "au-test", state: "CLOSED" }));
    ledger.putSegment(segmentItem(A, [2], { rows: 2 }));
    ledger.putSegment(segmentItem(A, [4], { segment: 2, firstLine: 3, rows: 2 }));
    ledger.putSegment(segmentItem(B, [1, 2], { rows: 2 }));
    await ledger.createFile(A, fileItem({ firstLine: 1, lastLine: 4, state: "SUBMITTED" }));
    await ledger.createFile(B, fileItem({ firstLine: 1, lastLine: 2, state: "WITHDRAWN" }));
    const asked: string[] = [];
    const reads = intercepted(ledger, (call: Call) => {
      asked.push(`${call.method} ${call.args.join(" ")}`);
      return call.reach();
    });
    const releases = new Releases(reads);
    const claims = [of(A, 1), of(A, 2), of(A, 3, 2), of(A, 4, 2), of(B, 1), of(B, 2)];
    const released: boolean[] = [];
    for (const one of claims) released.push(await releases.isReleased(one));
    // The first line of a segment may be the excluded one.
    expect(released).toEqual([true, false, true, false, true, true]);
    expect(new Set(asked).size).toBe(asked.length);
  });

  it("is none where one of the files that carry the line may have been sent", async () => {
    const ledger = ledgerInMemory();
    ledger.putBatch(batchItem({ id: A, stream: "au-test", state: "CLOSED" }));
    ledger.putSegment(segmentItem(A, [1, 2], { rows: 2 }));
    await ledger.createFile(A, fileItem({ number: 1, firstLine: 1, lastLine: 2, state: "WITHDRAWN" }));
    await ledger.createFile(A, fileItem({ number: 2, firstLine: 1, lastLine: 1, state: "SUBMITTED" }));
    const released = async (line: number) => new Releases(ledger).isReleased(of(A, line));
    expect([await released(1), await released(2)]).toEqual([false, true]);
  });

  it.each([
    ["too short", ""],
    ["too long", "AAA="],
  ])("is none of a segment whose bits are %s", async (_, stagedLines) => {
    const ledger = ledgerInMemory();
    ledger.putBatch(batchItem({ id: A, stream: "au-test", state: "CLOSED" }));
    ledger.putSegment(segmentItem(A, [], { rows: 2, stagedLines }));
    expect(await new Releases(ledger).isReleased(of(A, 1))).toBe(false);
  });
});

describe("the limits and the day", () => {
  it("pass what reaches the limit and not what is a cent above", async () => {
    const gate = await soundCase(4);
    const limits = { maxDebitCents: 1021, maxFileDebits: 4, maxFileCents: 4042, maxBatchCents: 4042 };
    Object.assign(gate.stream, limits);
    const { failed, report } = await gate.judge();
    expect(failed).toEqual([]);
    expect(check(report, "debit-limit")).toEqual({
      name: "debit-limit",
      kind: "proof",
      passed: true,
      expected: "at most $10.21",
      found: "$10.21",
    });
    Object.assign(gate.stream, { ...limits, maxFileCents: 4041 });
    expect((await gate.judge()).failed).toEqual(["file-limits"]);
    Object.assign(gate.stream, { ...limits, maxBatchCents: 4041 });
    expect((await gate.judge()).failed).toEqual(["batch-limit"]);
  });

  it("are judged while one file is left to send, though others have gone", async () => {
    const gate = await soundCase();
    await gate.judge();
    await gate.refreeze(1, (file) => ({ ...file, state: "SUBMITTED" }));
    gate.now = "2026-03-02T16:00";
    const { report } = await gate.judge();
    expect(check(report, "processing-date")).toEqual({
      name: "processing-date",
      kind: "proof",
      passed: false,
      expected: "2026-03-02, a business day, at most 5 days ahead, before 16:00",
      found: "2026-03-02, past the cut-off",
    });
  });
});

describe("a verdict", () => {
  it("of no files is judged anew: there is nothing that it could hold back", async () => {
    const gate = await new GateCase(stream()).prepare([]);
    await gate.judge();
    expect((await gate.judge()).report.number).toBe(2);
  });

  it("that stands does not leave a file behind that is only composed", async () => {
    const gate = await soundCase();
    await gate.judge();
    await gate.refreeze(2, (file) => ({ ...file, state: "COMPOSED" }));
    await gate.judge();
    expect((await gate.item()).batch?.files?.map(({ state }) => state)).toEqual([
      "RECONCILED",
      "RECONCILED",
      "RECONCILED",
    ]);
  });
});
