import { describe, expect, it } from "vitest";
import { reconcile } from "../../lambdas/billing-batch/reconcile/reconcile.ts";
import type { FileDebit } from "../../lambdas/domain/bank-file-writer.ts";
import { calendarDate } from "../../lambdas/domain/calendar-date.ts";
import { lodgementReference } from "../../lambdas/domain/lodgement-reference.ts";
import type { Claim, FileItem } from "../../lambdas/domain/records.ts";
import type { BatchReport } from "../../lambdas/domain/report.ts";
import type { Stream } from "../../lambdas/domain/stream.ts";
import { approved, closed, proposed } from "./closed-batches.ts";
import { BATCH, check, csv, GateCase, row, rows, sha256, soundCase, stream } from "./gate-case.ts";

/** What people read in a report of the gate, word for word: who is called at night has nothing else to go by. */

const RECORD = 122;
const DUE = "au-test/2026-03-02/01/due.csv";
const DUE_SHA256 = sha256(csv(rows(4)));

/** The failed checks as one line each: the name, what was found for what was expected, and the note. */
function failures({ checks }: BatchReport): string[] {
  return checks
    .filter(({ passed }) => !passed)
    .map(({ name, expected, found, note }) => {
      return `${name}: ${found} for ${expected}${note === undefined ? "" : ` (${note})`}`;
    });
}

/** Writes into a file's bytes at a column of a record, both from 1 as the layout counts them. */
const write = (record: number, column: number, text: string) => (gate: GateCase) =>
  gate.replaceBytes(1, (bytes) => {
    bytes.write(text, (record - 1) * RECORD + column - 1, "latin1");
    return bytes;
  });

/** Changes one debit of the first file. */
const change = (index: number, over: Partial<FileDebit>) => (gate: GateCase) =>
  gate.recompose(1, (debits) => debits.map((debit, at) => (at === index ? { ...debit, ...over } : debit)));

const refreeze = (over: Partial<FileItem>) => (gate: GateCase) =>
  gate.refreeze(1, (file) => ({ ...file, ...over }));

const configure =
  (over: Partial<Stream>, profile: Partial<Stream["bankProfile"]> = {}) =>
  async (gate: GateCase) => {
    Object.assign(gate.stream, over);
    Object.assign(gate.stream.bankProfile, profile);
  };

const reference = (line: number) =>
  lodgementReference({ code: "TS", billingDate: calendarDate("2026-03-02"), number: 1, line });

const claimed = (over: Partial<Claim>) => async (gate: GateCase) => {
  const claim = gate.ledger.allClaims().find(({ line, batchId }) => line === 2 && batchId === BATCH);
  if (claim) gate.ledger.putClaim({ ...claim, ...over });
};

/** Replaces the index of the first file and freezes its hash. */
const index = (text: string) => async (gate: GateCase) => {
  const { indexKey } = await gate.file(1);
  const bytes = Buffer.from(text);
  const { version = "" } = gate.objects.put("bankFiles", indexKey, bytes);
  await gate.refreeze(1, (file) => ({ ...file, indexSha256: sha256(bytes), indexVersion: version }));
};

type Damage = (gate: GateCase) => unknown;

describe("the report of a sound batch", () => {
  it("says of every check what was expected and what was found", async () => {
    const gate = await soundCase();
    const { report } = await gate.judge();
    const sum = { count: 10, cents: 10_315 };
    const none = { count: 0, cents: 0 };
    const list = sha256(csv(rows(10)));
    const file = (number: number, firstLine: number, lastLine: number, cents: number) => ({
      number,
      sha256: report.files[number - 1]?.sha256,
      debits: lastLine - firstLine + 1,
      cents,
      firstLine,
      lastLine,
      state: "COMPOSED",
    });
    const noDeparture = (name: string) => ({ name, kind: "proof", passed: true, expected: "0", found: "0" });
    const proof = (name: string, expected: string, found: string) => ({
      ...noDeparture(name),
      expected,
      found,
    });
    const suspicion = { kind: "suspicion", passed: true, expected: "0", found: "0" };
    const merchant = (merchantId: string, count: number, cents: number) => {
      return { merchantId, due: { count, cents }, excluded: none, inFiles: { count, cents } };
    };
    const at = "2026-03-01T20:00:00.000Z";
    expect(report).toStrictEqual({
      schema: 1,
      batchId: BATCH,
      stream: "au-test",
      billingDate: "2026-03-02",
      timeZone: "Australia/Sydney",
      number: 1,
      writtenBy: "Reconcile",
      at,
      status: "GATE_PASSED",
      dueList: sum,
      ledger: sum,
      bankFiles: sum,
      excluded: { ...none, content: 0, byReason: {} },
      merchants: [merchant("m-gym", 5, 5140), merchant("m-pool", 5, 5175)],
      checks: [
        proof("due-list-bytes", list, list),
        proof("manifest-count", "10", "10"),
        proof("manifest-cents", "$103.15", "$103.15"),
        noDeparture("segments-complete"),
        noDeparture("file-bytes"),
        noDeparture("file-structure"),
        noDeparture("file-header"),
        proof(
          "processing-date",
          "2026-03-02, a business day, at most 5 days ahead, before 16:00",
          "2026-03-02",
        ),
        // The largest count and the largest total, of whichever file.
        proof("file-limits", "at most 4 debits, $99,999,999.99", "4 debits, $41.54"),
        proof("debit-limit", "at most $20,000.00", "$10.63"),
        proof("batch-limit", "at most $100,000,000.00", "$103.15"),
        noDeparture("entries"),
        noDeparture("index"),
        noDeparture("no-row-missing"),
        noDeparture("no-row-surplus"),
        noDeparture("exclusions"),
        noDeparture("ledger-refusals"),
        noDeparture("dishonours"),
        noDeparture("claims"),
        noDeparture("merchants"),
        proof("totals", "10 debits, $103.15", "10 debits, $103.15"),
        proof("excluded-share", "at most 0.5 of the rows for their content", "0 of 10"),
        {
          ...suspicion,
          name: "growth",
          judged: false,
          expected: "at most 3 × the median of the last 8 closed batches",
          found: "10 debits, $103.15",
          note: "not judged: 0 closed batches with debits to compare with, and it takes 3",
        },
        { ...suspicion, name: "same-totals" },
        { ...suspicion, name: "same-debit" },
      ],
      files: [file(1, 1, 4, 4042), file(2, 5, 8, 4154), file(3, 9, 10, 2119)],
      timeline: [
        { at, what: `acquired with fence 1, by ${BATCH}` },
        { at, what: "Reconcile: the gate passed" },
      ],
    });
  });
});

describe("of a batch of four debits, the report says", () => {
  it.each<[string, Damage, string[]]>([
    [
      "a file that is gone",
      async (gate: GateCase) => gate.objects.drop("bankFiles", (await gate.file(1)).key),
      [
        "file-bytes: 1 for 0 (file 1: is not there)",
        "file-structure: 1 for 0 (file 1: the file is not there)",
        "file-header: 1 for 0 (file 1: the file is not there)",
        "entries: 1 for 0 (file 1: the file is not there)",
        "index: 5 for 0 (file 1: it has not one line for each debit; file 1, line 1: the line is not that of the file's debit; file 1, line 2: the line is not that of the file's debit; file 1, line 3: the line is not that of the file's debit; file 1, line 4: the line is not that of the file's debit)",
        "no-row-missing: 4 for 0 (due-list line 1: is neither in a bank file nor excluded; due-list line 2: is neither in a bank file nor excluded; due-list line 3: is neither in a bank file nor excluded; due-list line 4: is neither in a bank file nor excluded)",
        "claims: 4 for 0 (due-list line 1: is claimed by this batch, but no bank file carries it; due-list line 2: is claimed by this batch, but no bank file carries it; due-list line 3: is claimed by this batch, but no bank file carries it; due-list line 4: is claimed by this batch, but no bank file carries it)",
        "merchants: 2 for 0 (m-gym: 2 debits, $20.14 due and not excluded, 0 debits, $0.00 in the files; m-pool: 2 debits, $20.28 due and not excluded, 0 debits, $0.00 in the files)",
        "totals: 0 debits, $0.00 in the files, 4 debits, $40.42 claimed for 4 debits, $40.42 (the total records state $0.00, the ledger's file records 4 debits, $40.42)",
      ],
    ],
    [
      "a byte that has changed",
      async (gate: GateCase) =>
        gate.objects.tamper("bankFiles", (await gate.file(1)).key, (bytes) => {
          bytes.write("X", 30);
          return bytes;
        }),
      ["file-bytes: 1 for 0 (file 1: has another SHA-256)", "file-header: 1 for 0 (file 1: user name)"],
    ],
    ["an indicator", write(2, 18, "N"), ["entries: 1 for 0 (file 1, line 2: indicator)"]],
    [
      "withholding tax",
      write(2, 120, "5"),
      [
        "file-structure: 1 for 0 (file 1, line 2: column 113, withholding tax: withholding tax without the indicator W, X or Y)",
        "entries: 1 for 0 (file 1, line 2: withholding tax)",
      ],
    ],
    [
      "the branch of the trace account",
      write(2, 87, "3"),
      ["entries: 1 for 0 (file 1, line 2: trace account)"],
    ],
    [
      "the number of the trace account",
      write(2, 96, "9"),
      ["entries: 1 for 0 (file 1, line 2: trace account)"],
    ],
    [
      "the code of the balancing record",
      write(6, 19, "53"),
      ["entries: 1 for 0 (file 1, line 6: transaction code)"],
    ],
    [
      "the branch of the balancing record",
      write(6, 8, "3"),
      ["entries: 1 for 0 (file 1, line 6: bank account)"],
    ],
    [
      "the account of the balancing record",
      write(6, 17, "9"),
      ["entries: 1 for 0 (file 1, line 6: bank account)"],
    ],
    [
      "the amount of the balancing record",
      write(6, 30, "1"),
      [
        "file-structure: 3 for 0 (file 1: the total record is not the sum of the entries; file 1, line 7: column 21, net total: must be the difference of credits and debits, without a sign; file 1, line 7: column 31, credit total: must be the sum of the credits)",
        "entries: 1 for 0 (file 1, line 6: amount)",
      ],
    ],
    ["the title of the balancing record", write(6, 31, "D"), ["entries: 1 for 0 (file 1, line 6: title)"]],
    [
      "the reference of the balancing record",
      write(6, 63, "U"),
      ["entries: 1 for 0 (file 1, line 6: lodgement reference)"],
    ],
    [
      "the remitter of the balancing record",
      write(6, 97, "U"),
      ["entries: 1 for 0 (file 1, line 6: remitter)"],
    ],
    [
      "the indicator of the balancing record",
      write(6, 18, "N"),
      ["entries: 1 for 0 (file 1, line 6: indicator)"],
    ],
    [
      "the header's words",
      write(1, 21, "XYZ       BCME"),
      ["file-header: 1 for 0 (file 1: mnemonic, user name)"],
    ],
    [
      "the header's user id and description",
      write(1, 57, "999999TS0026320102"),
      ["file-header: 1 for 0 (file 1: user id, description of entries)"],
    ],
    [
      "the header's day",
      write(1, 75, "030326"),
      [
        "processing-date: 2026-03-02, a file for another day for 2026-03-02, a business day, at most 5 days ahead, before 16:00 (file 1: is not for the billing date)",
      ],
    ],
    [
      "a field of the wrong form",
      write(3, 19, "99"),
      [
        "file-structure: 5 for 0 (file 1: the total record is not the sum of the entries; file 1, line 3: column 19, transaction code: must be 13 or 50 to 57; file 1, line 7: column 21, net total: must be the difference of credits and debits, without a sign; file 1, line 7: column 31, credit total: must be the sum of the credits; file 1, line 7: column 41, debit total: must be the sum of the debits)",
        "entries: 2 for 0 (file 1: the ledger has other sums for the file; file 1, line 6: amount)",
        "index: 4 for 0 (file 1: it has not one line for each debit; file 1, line 2: the line is not that of the file's debit; file 1, line 3: the line is not that of the file's debit; file 1, line 4: the line is not that of the file's debit)",
        "no-row-missing: 1 for 0 (due-list line 2: is neither in a bank file nor excluded)",
        "claims: 1 for 0 (due-list line 2: is claimed by this batch, but no bank file carries it)",
        "merchants: 1 for 0 (m-pool: 2 debits, $20.28 due and not excluded, 1 debit, $10.21 in the files)",
        "totals: 3 debits, $30.35 in the files, 4 debits, $40.42 claimed for 4 debits, $40.42 (the total records state $40.42, the ledger's file records 4 debits, $40.42)",
      ],
    ],
    [
      "a frozen record with other sums",
      refreeze({ debits: 5, cents: 4043 }),
      [
        "entries: 1 for 0 (file 1: the ledger has other sums for the file)",
        "totals: 4 debits, $40.42 for 4 debits, $40.42 (the total records state $40.42, the ledger's file records 5 debits, $40.43)",
      ],
    ],
    [
      "a frozen record with other lines",
      refreeze({ firstLine: 5, lastLine: 3 }),
      [
        "entries: 5 for 0 (file 1: its lines do not follow those of the file before; file 1, line 2: outside the file's lines; file 1, line 3: outside the file's lines; file 1, line 4: outside the file's lines; file 1, line 5: outside the file's lines)",
      ],
    ],
    [
      "a frozen record with other marks",
      refreeze({ number: 2, description: "TS00263201" }),
      [
        "file-header: 2 for 0 (file 2: the ledger numbers it otherwise; file 2: the ledger's description of entries)",
      ],
    ],
    [
      "a frozen record of another day",
      refreeze({ processingDate: calendarDate("2026-03-03") }),
      [
        "processing-date: 2026-03-02, a file for another day for 2026-03-02, a business day, at most 5 days ahead, before 16:00 (file 1: is not for the billing date)",
      ],
    ],
    [
      "a bank that balances itself",
      configure({}, { selfBalancing: false }),
      ["entries: 1 for 0 (file 1: a credit in a file of debits alone)"],
    ],
    [
      "a bank that wants an account and no line end",
      configure({}, { headerAccount: true, lastLineEnd: false }),
      [
        "file-structure: 2 for 0 (file 1: the bank profile wants this: the header carries the user's bank account, an extension of the layout; file 1: the bank profile wants this: the last line has no line end)",
        "file-header: 1 for 0 (file 1: header account)",
      ],
    ],
    [
      "limits lowered since",
      configure({ maxFileDebits: 3, maxFileCents: 4041, maxBatchCents: 4041 }),
      [
        "file-limits: 4 debits, $40.42 for at most 3 debits, $40.41 (file 1: has too many debits; file 1: its total is too large)",
        "batch-limit: $40.42 for at most $40.41",
      ],
    ],
    [
      "the limit of one debit lowered since",
      configure({ maxDebitCents: 1020 }),
      [
        "segments-complete: 1 for 0 (segment 1: its sums are not those of its rows)",
        "debit-limit: $10.21 for at most $10.20 (file 1, line 5: the amount is above the stream's limit)",
        "entries: 1 for 0 (file 1, line 5: its row is amount-over-limit)",
        "exclusions: 1 for 0 (due-list line 4: it is in a bank file, but is amount-over-limit)",
        "claims: 1 for 0 (due-list line 4: its claim has another amount)",
        "merchants: 1 for 0 (m-pool: 2 debits, $10.07 due and not excluded, 2 debits, $20.28 in the files)",
        "totals: 4 debits, $40.42 for 4 debits, $30.21 (the total records state $40.42, the ledger's file records 4 debits, $40.42)",
      ],
    ],
    [
      "an entry with two fields changed",
      change(1, { title: "ELSE", remitter: "ELSE" }),
      ["entries: 1 for 0 (file 1, line 3: title, remitter)"],
    ],
    [
      "an entry under a reference of no due row",
      change(1, { reference: "TS263201NONE" }),
      [
        "entries: 1 for 0 (file 1, line 3: its lodgement reference is of no due row)",
        "index: 1 for 0 (file 1, line 2: the line is not that of the file's debit)",
        "no-row-missing: 1 for 0 (due-list line 2: is neither in a bank file nor excluded)",
        "no-row-surplus: 1 for 0 (file 1, line 3: a debit of no due row)",
        "claims: 1 for 0 (due-list line 2: is claimed by this batch, but no bank file carries it)",
        "merchants: 2 for 0 ((not to be named): 0 debits, $0.00 due and not excluded, 1 debit, $10.07 in the files; m-pool: 2 debits, $20.28 due and not excluded, 1 debit, $10.21 in the files)",
      ],
    ],
    [
      "an entry of another file's line",
      refreeze({ lastLine: 3 }),
      ["entries: 1 for 0 (file 1, line 5: outside the file's lines)"],
    ],
    [
      "entries beyond the due list",
      (gate) =>
        gate.recompose(1, (debits) => [...debits, { ...(debits[0] as FileDebit), reference: reference(5) }]),
      [
        "file-limits: 5 debits, $50.42 for at most 4 debits, $99,999,999.99 (file 1: has too many debits)",
        "entries: 1 for 0 (file 1, line 6: its lodgement reference is of no due row)",
        "index: 1 for 0 (file 1: it has not one line for each debit)",
        "no-row-surplus: 1 for 0 (file 1, line 6: a debit of no due row)",
        "merchants: 1 for 0 ((not to be named): 0 debits, $0.00 due and not excluded, 1 debit, $10.00 in the files)",
        "totals: 5 debits, $50.42 in the files, 4 debits, $40.42 claimed for 4 debits, $40.42 (the total records state $50.42, the ledger's file records 5 debits, $50.42)",
      ],
    ],
    [
      "an index of no JSON",
      index("null\n7\n"),
      [
        "index: 3 for 0 (file 1: it has not one line for each debit; file 1, line 1: the line is not that of the file's debit; file 1, line 2: the line is not that of the file's debit)",
      ],
    ],
    [
      "an index without its last line end",
      index("{}\n{}\n{}\n{}"),
      [
        "index: 4 for 0 (file 1, line 1: the line is not that of the file's debit; file 1, line 2: the line is not that of the file's debit; file 1, line 3: the line is not that of the file's debit; file 1, line 4: the line is not that of the file's debit)",
      ],
    ],
    [
      "a claim of another batch",
      claimed({ batchId: "au-test-2026-02-27-01" }),
      [
        "claims: 1 for 0 (due-list line 2: is in a bank file, but claimed by another batch)",
        "totals: 4 debits, $40.42 in the files, 3 debits, $30.35 claimed for 4 debits, $40.42 (the total records state $40.42, the ledger's file records 4 debits, $40.42)",
      ],
    ],
    [
      "a claim of another amount",
      claimed({ cents: 1008 }),
      [
        "claims: 1 for 0 (due-list line 2: its claim has another amount)",
        "totals: 4 debits, $40.42 in the files, 4 debits, $40.43 claimed for 4 debits, $40.42 (the total records state $40.42, the ledger's file records 4 debits, $40.42)",
      ],
    ],
    [
      "a claim of another stream",
      claimed({ stream: "au-other" }),
      ["claims: 1 for 0 (due-list line 2: its claim has another stream)"],
    ],
    [
      "a claim of another segment",
      claimed({ segment: 2 }),
      ["claims: 1 for 0 (due-list line 2: its claim has another segment)"],
    ],
    [
      "a claim of another line",
      claimed({ line: 3 }),
      ["claims: 1 for 0 (due-list line 2: its claim has another line)"],
    ],
    [
      "a day before",
      async (gate) => {
        gate.now = "2026-02-24T07:00";
      },
      [
        "processing-date: 2026-03-02, 6 days ahead for 2026-03-02, a business day, at most 5 days ahead, before 16:00",
      ],
    ],
    [
      "a list that is gone",
      (gate) => gate.objects.drop("due", DUE),
      [
        `due-list-bytes: no due list for ${DUE_SHA256} (the due list is not there)`,
        "manifest-count: 0 for 4 (the due list is not there)",
        "manifest-cents: $0.00 for $40.42 (the due list is not there)",
        "segments-complete: 3 for 0 (the due list is not there)",
        "entries: 4 for 0 (the due list is not there)",
        "index: 4 for 0 (the due list is not there)",
        "no-row-missing: 0 for 0 (the due list is not there)",
        "no-row-surplus: 4 for 0 (the due list is not there)",
        "exclusions: 0 for 0 (the due list is not there)",
        "ledger-refusals: 0 for 0 (the due list is not there)",
        "dishonours: 0 for 0 (the due list is not there)",
        "claims: 0 for 0 (the due list is not there)",
        "merchants: 1 for 0 (the due list is not there)",
        "totals: 4 debits, $40.42 in the files, 0 debits, $0.00 claimed for 0 debits, $0.00 (the due list is not there)",
        "excluded-share: 0 of 0 for at most 0.5 of the rows for their content (the due list is not there)",
        "growth: none for a due list to judge by (not judged: the due list is not there)",
        "same-totals: none for a due list to judge by (not judged: the due list is not there)",
        "same-debit: none for a due list to judge by (not judged: the due list is not there)",
      ],
    ],
    [
      "a list of exclusions that is gone",
      async (gate) =>
        gate.objects.drop("work", (await gate.ledger.readSegment(BATCH, 1))?.exclusionsKey ?? ""),
      ["exclusions: 1 for 0 (segment 1: its list of exclusions is not there)"],
    ],
    [
      "an exclusion of no line",
      (gate) => gate.restage(1, () => [{ line: 5, reason: "bad-bsb", cents: 0 }]),
      ["no-row-surplus: 1 for 0 (segment 1: excludes a line that the list has not)"],
    ],
    [
      "an exclusion of a row in a file",
      (gate) => gate.restage(1, () => [{ line: 2, reason: "bad-bsb", cents: 1 }]),
      [
        "segments-complete: 2 for 0 (segment 1: a row is not exactly one of staged and excluded; segment 1: its sums are not those of its rows)",
        "no-row-surplus: 1 for 0 (due-list line 2: is in the bank files once and excluded once)",
        "exclusions: 1 for 0 (due-list line 2: not as the gate judges the row: reason, amount, the names of the row)",
        "merchants: 1 for 0 (m-pool: 1 debit, $10.21 due and not excluded, 2 debits, $20.28 in the files)",
        "totals: 4 debits, $40.42 for 3 debits, $30.35 (the total records state $40.42, the ledger's file records 4 debits, $40.42)",
      ],
    ],
    [
      "a plan of fewer rows",
      async (gate) => {
        const batch = await gate.ledger.readBatch(BATCH);
        if (batch?.plan) gate.ledger.putBatch({ ...batch, plan: { ...batch.plan, rows: 3 } });
      },
      ["segments-complete: 1 for 0 (the plan has other numbers of segments and rows)"],
    ],
  ])("of %s", async (_, damage, expected) => {
    const gate = await soundCase(4);
    await damage(gate);
    const { report } = await gate.judge();
    expect(failures(report)).toEqual(expected);
  });
});

describe("the report of a batch with excluded rows", () => {
  it("counts an amount that may be a bank account, and tells it in no sum", async () => {
    const list = [...rows(3), row({ mandate_id: "out", bsb: "1", amount_cents: "123456789" })];
    const gate = await new GateCase(stream()).prepare(list);
    const { failed, report } = await gate.judge();
    expect(failed).toEqual([]);
    expect(report.dueList).toEqual({ count: 4, cents: 3021 });
    expect(report.excluded).toEqual({
      count: 1,
      cents: 0,
      content: 1,
      byReason: { "bad-bsb": 1 },
      untold: 1,
    });
    expect(check(report, "manifest-cents")).toEqual({
      name: "manifest-cents",
      kind: "proof",
      passed: true,
      expected: "the manifest's total",
      found: "the same, with 1 untold",
    });
    expect(check(report, "excluded-share").found).toBe("1 of 4");
  });

  it("says what the batch was opened for, also where the list adds up to something else", async () => {
    const gate = await soundCase(4);
    const batch = await gate.ledger.readBatch(BATCH);
    if (batch?.dueList)
      gate.ledger.putBatch({ ...batch, dueList: { ...batch.dueList, count: 5, totalCents: 1 } });
    const { report } = await gate.judge();
    expect(report.dueList).toEqual({ count: 5, cents: 1 });
    expect(failures(report)).toEqual([
      "manifest-count: 4 for 4 (the batch was opened for 5)",
      "manifest-cents: $40.42 for $40.42 (the batch was opened for $0.01)",
    ]);
    expect(report.timeline.at(-1)?.what).toBe("Reconcile: the gate failed");
  });

  it("names five merchants that do not balance, and counts all of them", async () => {
    const merchant = (n: number) => ({ mandate_id: `mandate-${n}`, merchant_id: `m-${n}` });
    const gate = await new GateCase(stream({ maxFileDebits: 9 })).prepare(
      [1, 2, 3, 4, 5, 6].map((n) => row({ ...merchant(n), amount_cents: `${n}` })),
    );
    await gate.recompose(1, (debits) => debits.map((debit) => ({ ...debit, cents: debit.cents + 100 })));
    const { report } = await gate.judge();
    expect(check(report, "merchants")).toMatchObject({
      passed: false,
      expected: "0",
      found: "6",
      note: [1, 2, 3, 4, 5]
        .map((n) => `m-${n}: 1 debit, $0.0${n} due and not excluded, 1 debit, $1.0${n} in the files`)
        .join("; "),
    });
  });

  it("lists its exclusions in the order of the due list, each with the field and the names it may have", async () => {
    const list = [
      row({ mandate_id: "bad", bsb: "1" }),
      row({ mandate_id: "bad-2", attempt: "0" }),
      row({ mandate_id: "twice" }),
      row({ mandate_id: "twice" }),
    ];
    const gate = await new GateCase(stream({ toleratedExcludedShare: 1 })).prepare(list);
    await gate.restage(1, (exclusions) => exclusions.toReversed());
    expect((await gate.judge()).failed).toEqual([]);
    const csv = await gate.objects.read("reports", `${BATCH}/exclusions-001.csv`);
    expect(csv?.bytes.toString("utf8").split("\r\n")).toEqual([
      "line,reason,field,mandate_id,due_date",
      "1,bad-bsb,bsb,,",
      "2,bad-attempt,attempt,bad-2,2026-03-02",
      "4,duplicate-in-list,,twice,2026-03-02",
      "",
    ]);
  });

  it.each([
    ["mandate", { mandateId: "bad-2" }],
    ["due date", { dueDate: "2026-03-01" }],
  ])("finds an exclusion that names another %s than its row", async (_, over) => {
    const list = [...rows(3), row({ mandate_id: "twice" }), row({ mandate_id: "twice" })];
    const gate = await new GateCase(stream()).prepare(list);
    await gate.restage(2, ([one]) => [{ ...one, ...over }]);
    expect(failures((await gate.judge()).report)).toEqual([
      "exclusions: 1 for 0 (due-list line 5: not as the gate judges the row: the names of the row)",
    ]);
  });
});

describe("a row that must not be debited", () => {
  /** Puts a debit of the list's last row into the file, with an index that has these lines besides its own. */
  async function debited(last: string[], cents: number, indexLine?: object | string): Promise<GateCase> {
    const gate = await new GateCase(stream({ maxFileDebits: 9 })).prepare([...rows(3), last]);
    await gate.recompose(1, (debits) => [
      ...debits,
      { ...(debits[0] as FileDebit), cents, reference: reference(4) },
    ]);
    if (indexLine !== undefined) {
      const { indexKey } = await gate.file(1);
      const stored = (await gate.objects.read("bankFiles", indexKey))?.bytes.toString("utf8") ?? "";
      const text = typeof indexLine === "string" ? indexLine : JSON.stringify(indexLine);
      await index(`${stored}${text}\n`)(gate);
    }
    return gate;
  }
  const notes = async (gate: GateCase, ...names: string[]) => {
    const { report } = await gate.judge();
    return names.map((name) => check(report, name).note);
  };

  it("but is, is found by every part of the gate that could know it", async () => {
    const gate = await debited(row({ mandate_id: "out", bsb: "1" }), 4995);
    const { report } = await gate.judge();
    expect(failures(report)).toEqual([
      "entries: 1 for 0 (file 1, line 5: outside the file's lines, its row is bad-bsb)",
      "index: 1 for 0 (file 1: it has not one line for each debit)",
      "no-row-surplus: 1 for 0 (due-list line 4: is in the bank files once and excluded once)",
      "exclusions: 1 for 0 (due-list line 4: it is in a bank file, but is bad-bsb)",
      "claims: 1 for 0 (due-list line 4: is in a bank file, but not claimed)",
      "merchants: 1 for 0 ((not to be named): 0 debits, $0.00 due and not excluded, 1 debit, $49.95 in the files)",
      "totals: 4 debits, $80.16 in the files, 3 debits, $30.21 claimed for 3 debits, $30.21 (the total records state $80.16, the ledger's file records 4 debits, $80.16)",
    ]);
  });

  it("has no index line that could be its own, whatever its fields would read as", async () => {
    const merchant = 'm","bsb":"083-170';
    const key = { line: 4, mandateId: "out", dueDate: "2026-03-02", attempt: 1 };
    const fields = row({ mandate_id: "out", merchant_id: merchant });
    const forged = JSON.stringify({ ...key, merchantId: "M", cents: 4995 }).replace("M", merchant);
    expect(await notes(await debited(fields, 4995, forged), "index")).toEqual([
      "file 1, line 4: the line is not that of the file's debit",
    ]);
    const empty = { line: 4, mandateId: "", attempt: 0, merchantId: "", cents: 4995, bsb: "083-170" };
    expect(await notes(await debited(["one field"], 4995, empty), "index")).toEqual([
      "file 1, line 4: the line is not that of the file's debit",
    ]);
  });

  it("is no match for another one: what the list says of it is no bank account", async () => {
    const list = [...rows(2), row({ mandate_id: "a", bsb: "1" }), row({ mandate_id: "b", bsb: "1" })];
    const gate = await new GateCase(stream({ maxFileDebits: 9 })).prepare(list);
    await gate.recompose(1, (debits) => [
      ...debits,
      ...[3, 4].map((line) => ({ ...(debits[0] as FileDebit), reference: reference(line) })),
    ]);
    const { report } = await gate.judge();
    expect(check(report, "exclusions").passed).toBe(false);
    expect(check(report, "same-debit")).toMatchObject({ passed: true, found: "0" });
  });
});

describe("the gate's log", () => {
  it("tells of a verdict that stands, and of nothing else", async () => {
    const gate = await soundCase(4);
    await gate.judge();
    await refreeze({ state: "SUBMITTED" })(gate);
    gate.decisions = [];
    await reconcile(gate.event, gate.ports);
    expect(gate.decisions).toEqual([
      {
        state: "Reconcile",
        batchId: BATCH,
        stream: "au-test",
        fence: gate.fence,
        nonce: expect.stringMatching(/^nonce-\d+$/) as unknown,
        outcome: "STANDING",
      },
    ]);
  });
});

describe("an acceptance in the report", () => {
  it("stands at the suspicion that was raised alone, though two people have accepted every one", async () => {
    const gate = await soundCase(10);
    for (const daysAgo of [20, 21, 22]) await closed(gate, { daysAgo });
    for (const name of ["growth", "same-totals", "same-debit"]) {
      await approved(gate, await proposed(gate, { check: name }));
    }
    const { report } = await gate.judge();
    expect(report.checks.flatMap(({ name, accepted }) => (accepted ? [name] : []))).toEqual(["growth"]);
  });

  it("is not looked up where no suspicion was raised", async () => {
    const gate = await soundCase(4);
    const ledger = { ...gate.ports.ledger, readProposals: async () => Promise.reject(new Error("asked")) };
    expect((await reconcile(gate.event, { ...gate.ports, ledger })).verdict).toBe("PASSED");
  });
});

describe("the report says in words", () => {
  it("that a file has no balancing record, though its bank wants one", async () => {
    const gate = await new GateCase(stream({}, { selfBalancing: false })).prepare(rows(4));
    Object.assign(gate.stream.bankProfile, { selfBalancing: true });
    expect(failures((await gate.judge()).report)).toEqual([
      "entries: 1 for 0 (file 1: not exactly one balancing record)",
    ]);
  });

  it("that a second attempt has no return of the first", async () => {
    const gate = new GateCase(stream());
    gate.ledger.putReturn({ mandateId: "mandate-1", dueDate: "2026-03-02", attempt: 1 });
    await gate.prepare([row({ attempt: "2" })]);
    gate.ledger.dropReturns("mandate-1");
    expect(failures((await gate.judge()).report)).toEqual([
      "dishonours: 1 for 0 (due-list line 1: no return of the attempt before is recorded)",
    ]);
  });
});
