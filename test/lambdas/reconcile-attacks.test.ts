import { describe, expect, it } from "vitest";
import type { FileDebit } from "../../lambdas/domain/bank-file-writer.ts";
import { reconcile } from "../../lambdas/billing-batch/reconcile/reconcile.ts";
import type { Case } from "../../lambdas/billing-batch/reconcile/case.ts";
import type { FileEntries } from "../../lambdas/billing-batch/reconcile/file-entries.ts";
import { judgeStructure } from "../../lambdas/billing-batch/reconcile/file-form.ts";
import { Findings } from "../../lambdas/billing-batch/reconcile/findings.ts";
import { type BankFileReading, readBankFile } from "../../lambdas/domain/bank-file-reader.ts";
import { GateFailed } from "../../lambdas/domain/faults.ts";
import { encodeLines } from "../../lambdas/domain/line-set.ts";
import { lodgementReference } from "../../lambdas/domain/lodgement-reference.ts";
import { calendarDate } from "../../lambdas/domain/calendar-date.ts";
import type { Claim } from "../../lambdas/domain/records.ts";
import { BATCH, check, GateCase, row, rows, sha256, soundCase, stream } from "./gate-case.ts";

const DUE = "au-test/2026-03-02/01/due.csv";
const RECORD = 122;

/** Changes one debit of a file. */
function with_(index: number, over: Partial<FileDebit>) {
  return (debits: FileDebit[]) => debits.map((debit, at) => (at === index ? { ...debit, ...over } : debit));
}

async function claimOf(gate: GateCase, line: number): Promise<Claim> {
  const claim = gate.ledger.allClaims().find((one) => one.line === line && one.batchId === BATCH);
  if (!claim) throw new Error(`line ${line} has no claim`);
  return claim;
}

describe("bytes on the disk", () => {
  it("a byte flipped anywhere in a file fails the gate", async () => {
    const gate = await soundCase(3);
    const { key } = await gate.file(1);
    const size = (await gate.objects.read("bankFiles", key))?.bytes.length ?? 0;
    for (const at of [
      0,
      20,
      64,
      75,
      119,
      121,
      RECORD + 3,
      RECORD + 40,
      RECORD * 4 + 30,
      RECORD * 5 + 25,
      size - 1,
    ]) {
      const flip = (bytes: Buffer) => {
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        return bytes;
      };
      gate.objects.tamper("bankFiles", key, flip);
      expect((await gate.judge()).failed, `byte ${at}`).toContain("file-bytes");
      gate.objects.tamper("bankFiles", key, flip);
    }
    expect((await gate.judge()).failed).toEqual([]);
  });

  it("a changed index fails, whatever line it was", async () => {
    const gate = await soundCase(3);
    gate.objects.tamper("bankFiles", (await gate.file(1)).indexKey, (bytes) =>
      Buffer.from(bytes.toString("utf8").replace('"cents":1007', '"cents":1008')),
    );
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["index"]);
    expect(check(report, "index").note).toBe(
      "file 1: the index has another SHA-256; file 1, line 2: the line is not that of the file's debit",
    );
  });
});

describe("a file that was frozen wrongly, with the right hash", () => {
  it("an entry lost", async () => {
    const gate = await soundCase();
    await gate.recompose(1, (debits) => debits.slice(0, -1));
    expect((await gate.judge()).failed).toEqual(["index", "no-row-missing", "claims", "merchants", "totals"]);
  });

  it("an entry doubled", async () => {
    const gate = await soundCase();
    await gate.recompose(2, (debits) => [...debits, debits.at(-1) as FileDebit]);
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["file-limits", "entries", "index", "no-row-surplus", "merchants", "totals"]);
    expect(check(report, "no-row-surplus").note).toBe("due-list line 8: is in the bank files 2 times");
  });

  it("a file of the set doubled under the next number", async () => {
    const gate = await soundCase(4);
    const item = await gate.item();
    const [file] = item.batch?.files ?? [];
    if (!item.batch || !file) throw new Error("there is no file");
    gate.ledger.putStream({ ...item, batch: { ...item.batch, files: [file, { ...file, number: 2 }] } });
    expect((await gate.judge()).failed).toEqual([
      "file-header",
      "entries",
      "no-row-surplus",
      "merchants",
      "totals",
    ]);
  });

  it("an entry added that is of no due row", async () => {
    const gate = await soundCase();
    const reference = lodgementReference({
      code: "TS",
      billingDate: calendarDate("2026-03-02"),
      number: 1,
      line: 11,
    });
    await gate.recompose(3, (debits) => [...debits, { ...(debits[0] as FileDebit), reference }]);
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["entries", "index", "no-row-surplus", "merchants", "totals"]);
    expect(check(report, "no-row-surplus").note).toBe("file 3, line 4: a debit of no due row");
  });

  it.each([
    ["another batch's number", { number: 2 }],
    ["another stream's code", { code: "TT" }],
    ["another day", { billingDate: calendarDate("2026-03-03") }],
  ])("an entry under a reference of %s", async (_, over) => {
    const gate = await soundCase();
    const origin = { code: "TS", billingDate: calendarDate("2026-03-02"), number: 1, line: 2, ...over };
    await gate.recompose(1, with_(1, { reference: lodgementReference(origin) }));
    const { failed } = await gate.judge();
    expect(failed).toEqual(["entries", "index", "no-row-missing", "no-row-surplus", "claims", "merchants"]);
  });

  it("an amount changed by a cent", async () => {
    const gate = await soundCase();
    await gate.recompose(1, with_(1, { cents: 1008 }));
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["entries", "index", "merchants", "totals"]);
    expect(check(report, "entries").note).toBe("file 1, line 3: amount");
  });

  it("cents moved between two entries of one merchant, with every total as it was", async () => {
    const gate = await soundCase();
    await gate.recompose(1, (debits) =>
      debits.map((debit, at) => {
        if (at === 0) return { ...debit, cents: debit.cents - 5 };
        return at === 2 ? { ...debit, cents: debit.cents + 5 } : debit;
      }),
    );
    expect((await gate.judge()).failed).toEqual(["entries", "index"]);
  });

  it("cents moved between two merchants", async () => {
    const gate = await soundCase();
    await gate.recompose(1, (debits) =>
      debits.map((debit, at) => ({ ...debit, cents: debit.cents + (at === 0 ? -5 : at === 1 ? 5 : 0) })),
    );
    expect((await gate.judge()).failed).toEqual(["entries", "index", "merchants"]);
  });

  it("two entries swapped", async () => {
    const gate = await soundCase();
    await gate.recompose(1, ([a, b, ...rest]) => [b, a, ...rest] as FileDebit[]);
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["entries", "index"]);
    expect(check(report, "entries").note).toBe("file 1, line 3: not in due-list order");
  });

  it("two entries that swapped their lodgement references", async () => {
    const gate = await soundCase();
    await gate.recompose(1, ([a, b, ...rest]) => {
      const [first, second] = [a as FileDebit, b as FileDebit];
      return [{ ...first, reference: second.reference }, { ...second, reference: first.reference }, ...rest];
    });
    expect((await gate.judge()).failed).toEqual(["entries", "index", "merchants"]);
  });

  it.each([
    ["BSB", { bsb: "083-171" }],
    ["bank account number", { accountNumber: "10000009" }],
    ["title", { title: "Zoe NGUYEM" }],
    ["remitter", { remitter: "Bondi Gyn" }],
  ])("the wrong %s in one entry", async (field, over) => {
    const gate = await soundCase();
    await gate.recompose(2, with_(0, over));
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["entries"]);
    expect(check(report, "entries")).toMatchObject({
      expected: "0",
      found: "1",
      note: `file 2, line 2: ${field}`,
    });
  });

  it.each([
    ["indicator", RECORD + 17, "N", ["entries"]],
    ["trace account", RECORD + 95, "9", ["entries"]],
    ["withholding tax", RECORD + 119, "5", ["file-structure", "entries"]],
    [
      "transaction code",
      RECORD + 19,
      "2",
      ["file-structure", "no-row-missing", "claims", "merchants", "totals", "entries", "index"],
    ],
    ["code of the balancing record", RECORD * 5 + 19, "3", ["entries"]],
    ["amount of the balancing record", RECORD * 5 + 29, "1", ["file-structure", "entries"]],
    ["title of the balancing record", RECORD * 5 + 31, "D", ["entries"]],
    ["bank account of the balancing record", RECORD * 5 + 16, "9", ["entries"]],
    ["reference of the balancing record", RECORD * 5 + 62, "U", ["entries"]],
    ["remitter of the balancing record", RECORD * 5 + 96, "U", ["entries"]],
    ["mnemonic", 20, "X", ["file-header"]],
    ["user name", 30, "X", ["file-header"]],
    ["user id", 56, "9", ["file-header"]],
    ["description", 73, "9", ["file-header"]],
    ["day", 75, "3", ["processing-date"]],
    ["total", RECORD * 6 + 49, "1", ["file-structure", "totals"]],
    ["reel number", 19, "2", ["file-structure", "file-header", "processing-date"]],
  ])("the wrong %s", async (_, at, character, expected) => {
    const gate = await soundCase(4);
    await gate.replaceBytes(1, (bytes) => {
      bytes.write(character, at, "latin1");
      return bytes;
    });
    expect([...(await gate.judge()).failed].sort()).toEqual([...expected].sort());
  });

  it("a balancing record that is not the last", async () => {
    const gate = await soundCase(4);
    await gate.replaceBytes(1, (bytes) => {
      const [last, balancing] = [
        bytes.subarray(RECORD * 4, RECORD * 5),
        bytes.subarray(RECORD * 5, RECORD * 6),
      ];
      return Buffer.concat([bytes.subarray(0, RECORD * 4), balancing, last, bytes.subarray(RECORD * 6)]);
    });
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["entries"]);
    expect(check(report, "entries").note).toBe(
      "file 1, line 5: amount; file 1, line 6: it follows the balancing record",
    );
  });

  it("ranges of lines that overlap", async () => {
    const gate = await soundCase(8);
    await gate.refreeze(2, (file) => ({ ...file, firstLine: 4 }));
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["entries"]);
    expect(check(report, "entries").note).toBe("file 2: its lines do not follow those of the file before");
  });

  it("returns among the debits, or a total record that only the gate's own sum refutes", async () => {
    const gate = await soundCase(4);
    const item = await gate.file(1);
    const key = await gate.objects.read("bankFiles", item.key);
    const reading = readBankFile(key?.bytes ?? Buffer.alloc(0));
    const sums = { debits: { count: 4, cents: 4042 }, credits: { count: 1, cents: 4042 } } as FileEntries;
    const judged = { stream: gate.stream } as Case;
    const found = (other: Partial<BankFileReading>) => {
      const findings = new Findings();
      judgeStructure(judged, item, { ...reading, ...other }, sums, findings);
      return findings.note("file-structure");
    };
    const { totals } = reading;
    if (!totals) throw new Error("there is no total record");
    expect(found({})).toBeUndefined();
    expect(found({ returns: [{}] as unknown as BankFileReading["returns"] })).toBe(
      "file 1: it has type 2 records",
    );
    for (const field of ["debitCents", "creditCents", "netCents", "count"] as const) {
      expect(found({ totals: { ...totals, [field]: totals[field] + 1 } })).toBe(
        "file 1: the total record is not the sum of the entries",
      );
    }
  });

  it("lines that end otherwise than the bank profile says", async () => {
    const gate = await soundCase(4);
    await gate.replaceBytes(1, (bytes) =>
      Buffer.from(bytes.toString("latin1").replaceAll("\r\n", "\n"), "latin1"),
    );
    expect((await gate.judge()).failed).toEqual(["file-structure"]);
    await gate.replaceBytes(1, (bytes) =>
      Buffer.from(bytes.toString("latin1").replaceAll("\n", "\r\n"), "latin1"),
    );
    expect((await gate.judge()).failed).toEqual([]);
    await gate.replaceBytes(1, (bytes) => bytes.subarray(0, -2));
    expect((await gate.judge()).failed).toEqual(["file-structure"]);
  });

  it.each([
    ["selfBalancing", ["entries"]],
    ["headerAccount", ["file-structure", "file-header"]],
    ["lastLineEnd", ["file-structure"]],
  ])("a file that was composed for another setting of %s", async (setting, expected) => {
    for (const composed of [true, false]) {
      const gate = await new GateCase(stream({}, { [setting]: composed })).prepare(rows(4));
      Object.assign(gate.stream.bankProfile, { [setting]: !composed });
      expect((await gate.judge()).failed).toEqual(expected);
    }
  });

  it.each([
    ["number", 7, ["file-header"]],
    ["debits", 5, ["entries", "totals"]],
    ["cents", 1, ["entries", "totals"]],
    ["firstLine", 2, ["entries"]],
    ["lastLine", 3, ["entries"]],
    ["description", "TS00263201", ["file-header"]],
    ["processingDate", "2026-03-03", ["processing-date"]],
    ["indexSha256", "0".repeat(64), ["index"]],
  ])("a frozen record with another %s", async (field, value, expected) => {
    const gate = await soundCase(4);
    await gate.refreeze(1, (file) => ({ ...file, [field]: value }));
    expect((await gate.judge()).failed).toEqual(expected);
  });

  it("an index that is consistent with a wrong hash but not with the file", async () => {
    const gate = await soundCase(4);
    const { indexKey } = await gate.file(1);
    const stored = await gate.objects.read("bankFiles", indexKey);
    const lines = (stored?.bytes.toString("utf8") ?? "").trimEnd().split("\n");
    const variants: [string, string[]][] = [
      ["a line lost", lines.slice(1)],
      ["a line doubled", [...lines, lines[3] ?? ""]],
      ["another merchant", lines.map((line) => line.replace("m-pool", "m-gym"))],
      ["another mandate", lines.map((line) => line.replace("mandate-1", "mandate-2"))],
      ["another line", lines.map((line) => line.replace('"line":2', '"line":3'))],
      ["another attempt", lines.map((line) => line.replace('"attempt":1', '"attempt":2'))],
      ["a word too many", lines.map((line) => line.replace("}", ',"bsb":"083-170"}'))],
      ["no JSON", [...lines.slice(0, 3), "{"]],
    ];
    for (const [name, changed] of variants) {
      const bytes = Buffer.from(`${changed.join("\n")}\n`);
      const { version = "" } = gate.objects.put("bankFiles", indexKey, bytes);
      await gate.refreeze(1, (file) => ({ ...file, indexSha256: sha256(bytes), indexVersion: version }));
      expect((await gate.judge()).failed, name).toEqual(["index"]);
    }
  });
});

describe("the due list", () => {
  it.each([
    [
      "an amount",
      "1007",
      "1008",
      ["due-list-bytes", "manifest-cents", "segments-complete", "entries", "claims", "merchants", "totals"],
    ],
    ["a bank account", "10000001", "10000002", ["due-list-bytes", "entries"]],
    [
      "a BSB, so that the row would be refused",
      "083-170,10000001",
      "083-17,10000001",
      ["due-list-bytes", "segments-complete", "entries", "exclusions", "claims", "merchants", "totals"],
    ],
    ["a mandate", "mandate-2,", "mandate-X,", ["due-list-bytes", "index", "claims", "totals"]],
  ])("edited after staging: %s", async (_, from, to, expected) => {
    const gate = await soundCase();
    gate.objects.tamper("due", DUE, (bytes) => Buffer.from(bytes.toString("utf8").replace(from, to)));
    expect((await gate.judge()).failed).toEqual(expected);
  });

  it("with a row added, or one lost, after staging", async () => {
    const gate = await soundCase();
    gate.objects.tamper("due", DUE, (bytes) => Buffer.concat([bytes, Buffer.from(`${row().join(",")}\n`)]));
    expect((await gate.judge()).failed).toEqual(
      expect.arrayContaining(["due-list-bytes", "manifest-count", "segments-complete", "no-row-missing"]),
    );
    gate.objects.tamper("due", DUE, (bytes) =>
      Buffer.from(bytes.toString("utf8").split("\n").slice(0, 10).join("\n")),
    );
    expect((await gate.judge()).failed).toEqual(
      expect.arrayContaining(["due-list-bytes", "manifest-count", "segments-complete", "no-row-surplus"]),
    );
  });

  it("with quotes that are not RFC 4180", async () => {
    const gate = await soundCase();
    gate.objects.tamper("due", DUE, (bytes) =>
      Buffer.from(bytes.toString("utf8").replace("mandate-4", '"mandate-4"x')),
    );
    const { report } = await gate.judge();
    expect(check(report, "due-list-bytes").note).toBe(
      "line 4 of the due list has text after a closing quote",
    );
  });
});

describe("staging's record", () => {
  /** Takes a row out of its file, its segment and the ledger, as if it had been excluded all along. */
  async function excludedInstead(line: number, exclusion: object): Promise<GateCase> {
    const gate = await soundCase(4);
    const { cents, ...claim } = await claimOf(gate, line);
    gate.ledger.dropClaim(claim);
    await gate.recompose(1, (debits) => debits.filter((_, index) => index !== line - 1));
    const { indexKey } = await gate.file(1);
    const stored = await gate.objects.read("bankFiles", indexKey);
    const kept = (stored?.bytes.toString("utf8") ?? "").split("\n").filter((_, index) => index !== line - 1);
    const bytes = Buffer.from(kept.join("\n"));
    const { version = "" } = gate.objects.put("bankFiles", indexKey, bytes);
    await gate.refreeze(1, (file) => ({ ...file, indexSha256: sha256(bytes), indexVersion: version }));
    await gate.restage(
      1,
      () => [{ line, cents, mandateId: claim.mandateId, dueDate: claim.dueDate, ...exclusion }],
      (segment) => ({
        ...segment,
        staged: { count: segment.staged.count - 1, cents: segment.staged.cents - cents },
        excluded: { count: 1, cents },
        byReason: { [(exclusion as { reason: string }).reason]: 1 },
        stagedLines: encodeLines(
          1,
          4,
          [1, 2, 3, 4].filter((one) => one !== line),
        ),
      }),
    );
    return gate;
  }

  it.each([
    [{ reason: "bad-bsb", field: "bsb" }, ["exclusions"]],
    [{ reason: "duplicate-in-list", otherLine: 1 }, ["exclusions"]],
    [{ reason: "too-near", otherLine: 1 }, ["exclusions", "ledger-refusals"]],
    [{ reason: "already-claimed" }, ["ledger-refusals"]],
    [{ reason: "too-near" }, ["ledger-refusals"]],
    [{ reason: "no-proven-dishonour" }, ["ledger-refusals"]],
  ])("an exclusion invented, and everything else made to fit: %o", async (exclusion, expected) => {
    const gate = await excludedInstead(2, exclusion);
    expect((await gate.judge()).failed).toEqual(expected);
  });

  it.each([
    ["already-claimed", "the named claim is not in the ledger", {}],
    ["already-claimed", "the named claim is of another debit", { attempt: 2 }],
    ["already-claimed", "the named claim is of another debit", { dueDate: "2026-03-01" }],
    // A claim of another mandate is none of the row's at all.
    ["already-claimed", "it names no claim", { mandateId: "mandate-3" }],
    ["too-near", "the named claim is of the same instalment", { attempt: 2 }],
    ["too-near", "the named claim is not too near", { dueDate: "2026-02-25" }],
    ["too-near", "the named claim is not in the ledger", { dueDate: "2026-02-26" }],
    ["no-proven-dishonour", "it names a claim", {}],
  ])("a refusal as %s for a claim that does not stand in the way: %s", async (reason, rule, over) => {
    const claim = {
      mandateId: "mandate-2",
      dueDate: "2026-03-02",
      attempt: 1,
      batchId: "au-test-2026-02-27-01",
      line: 1,
    };
    const gate = await excludedInstead(2, { reason, claim: { ...claim, ...over } });
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["ledger-refusals"]);
    expect(check(report, "ledger-refusals").note).toBe(`due-list line 2: ${reason}: ${rule}`);
  });

  it("a refusal for a claim of this very batch", async () => {
    const claim = { mandateId: "mandate-2", dueDate: "2026-03-02", attempt: 1, batchId: BATCH, line: 2 };
    const gate = await excludedInstead(2, { reason: "already-claimed", claim });
    gate.ledger.putClaim({ ...claim, segment: 1, cents: 1007, stream: "au-test" });
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["ledger-refusals", "claims", "totals"]);
    expect(check(report, "ledger-refusals").note).toContain("the named claim is this batch's own");
  });

  it("a reason, field, amount, name or other line that the gate does not find", async () => {
    const list = [row({ mandate_id: "bad", bsb: "1" }), ...rows(2), row({ mandate_id: "mandate-1" })];
    const variants: [string, object][] = [
      ["reason", { reason: "bad-account" }],
      ["field", { field: "account_number" }],
      ["amount", { cents: 4994 }],
      ["the names of the row", { mandateId: "bad", dueDate: "2026-03-02" }],
      ["the other line", { otherLine: 1 }],
      ["a claim", { claim: { mandateId: "m", dueDate: "2026-03-02", attempt: 1, batchId: "b", line: 1 } }],
    ];
    for (const [departure, over] of variants) {
      const gate = await new GateCase(stream()).prepare(list);
      const isReason = "reason" in over;
      await gate.restage(
        1,
        ([first, ...rest]) => [{ ...first, ...over }, ...rest],
        (segment) => ({
          ...segment,
          ...(isReason && { byReason: { "bad-account": 1, "conflicting-in-list": 2 } }),
        }),
      );
      const { failed, report } = await gate.judge();
      expect(failed).toEqual(["exclusions"]);
      expect(check(report, "exclusions").note).toBe(
        `due-list line 1: not as the gate judges the row: ${departure}`,
      );
    }
  });

  it("an exclusion lost, doubled, for a line that is not there, or with a word too many", async () => {
    const list = [...rows(3), row({ mandate_id: "bad", bsb: "1" })];
    const variants: [(exclusions: object[]) => object[], string[]][] = [
      [() => [], ["segments-complete", "no-row-missing", "merchants", "totals"]],
      [(all) => [...all, ...all], ["segments-complete", "no-row-surplus"]],
      [(all) => [...all, { ...all[0], line: 5 }], ["no-row-surplus"]],
      [
        ([first]) => [{ ...first, bsb: "083-170" }],
        ["segments-complete", "no-row-missing", "exclusions", "merchants", "totals"],
      ],
    ];
    for (const [change, expected] of variants) {
      const gate = await new GateCase(stream()).prepare(list);
      await gate.restage(1, change);
      expect((await gate.judge()).failed).toEqual(expected);
    }
  });

  it("a list of exclusions with another hash, or none", async () => {
    const gate = await soundCase(4);
    const segment = await gate.ledger.readSegment(BATCH, 1);
    const key = segment?.exclusionsKey ?? "";
    gate.objects.put("work", key, Buffer.from("\n"));
    expect((await gate.judge()).failed).toEqual(["exclusions"]);
    gate.objects.drop("work", key);
    expect((await gate.judge()).failed).toEqual(["exclusions"]);
  });

  it.each<[string, object]>([
    ["segment 2: does not follow the segment before", { firstLine: 6 }],
    ["segment 2: does not follow the segment before", { firstLine: 4 }],
    ["segment 3: does not follow the segment before", { rows: 3 }],
    ["segment 2: its sums are not those of its rows", { staged: { count: 4, cents: 1 } }],
    ["segment 2: its sums are not those of its rows", { excluded: { count: 1, cents: 0 } }],
    ["segment 2: its sums are not those of its rows", { byReason: { "bad-bsb": 1 } }],
    [
      "segment 2: a row is not exactly one of staged and excluded",
      { stagedLines: encodeLines(5, 4, [5, 6, 7]), staged: { count: 3, cents: 3105 } },
    ],
    ["segment 2: a row is not exactly one of staged and excluded", { stagedLines: "/w==" }],
    ["segment 2: a row is not exactly one of staged and excluded", { stagedLines: "DwA=" }],
  ])("a segment record with rows, sums or bits that are not the list's: %s: %o", async (note, over) => {
    const gate = await soundCase(10);
    await gate.restage(
      2,
      (all) => all,
      (segment) => ({ ...segment, ...over }),
    );
    const { failed, report } = await gate.judge();
    expect(failed[0]).toBe("segments-complete");
    expect(check(report, "segments-complete").note).toContain(note);
  });

  it("a segment too few, and a plan of other numbers", async () => {
    const gate = await soundCase(10);
    const { ports } = gate;
    const batch = await gate.ledger.readBatch(BATCH);
    if (!batch?.plan) throw new Error("there is no plan");
    gate.ledger.putBatch({ ...batch, plan: { ...batch.plan, segments: 4 } });
    expect((await gate.judge()).failed).toEqual(["segments-complete"]);
    gate.ledger.putBatch({ ...batch, plan: { ...batch.plan, segments: 2, rows: 10 } });
    const short = {
      ...ports.ledger,
      readSegments: async (id: string) => (await ports.ledger.readSegments(id)).slice(0, 2),
    };
    await expect(reconcile(gate.event, { ...ports, ledger: short })).rejects.toThrow(GateFailed);
    expect(check(await gate.report(), "segments-complete").note).toBe(
      "the segments do not end with the list",
    );
  });
});

describe("the claims", () => {
  it("one missing", async () => {
    const gate = await soundCase();
    gate.ledger.dropClaim(await claimOf(gate, 5));
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["claims", "totals"]);
    expect(check(report, "claims").note).toBe("due-list line 5: is in a bank file, but not claimed");
  });

  it.each([
    ["batchId", "au-test-2026-02-27-01", ["claims", "totals"]],
    ["line", 6, ["claims"]],
    ["cents", 1, ["claims", "totals"]],
    ["segment", 1, ["claims"]],
    ["stream", "au-other", ["claims"]],
  ])("one with another %s", async (field, value, expected) => {
    const gate = await soundCase();
    gate.ledger.putClaim({ ...(await claimOf(gate, 5)), [field]: value });
    expect((await gate.judge()).failed).toEqual(expected);
  });

  it("one that was taken from a batch that holds it, also by way of others", async () => {
    const gate = await soundCase();
    const owners = [1, 2].map((number) => ({
      batchId: `au-test-2026-02-27-0${number}`,
      line: 2,
      segment: 1,
    }));
    const put = (number: number, state: "OPEN" | "ABANDONED") =>
      gate.ledger.putBatch({
        version: 1,
        stream: "au-test",
        billingDate: "2026-02-27",
        number,
        state,
        id: `au-test-2026-02-27-0${number}`,
      });
    gate.ledger.putClaim({ ...(await claimOf(gate, 5)), takenFrom: owners });
    put(1, "ABANDONED");
    put(2, "ABANDONED");
    expect((await gate.judge()).failed).toEqual([]);
    put(1, "OPEN");
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["claims"]);
    expect(check(report, "claims").note).toBe(
      "due-list line 5: its claim was taken from batch au-test-2026-02-27-01, which holds it",
    );
  });

  it("one of this batch that no file carries: for an excluded row, whichever way it was excluded", async () => {
    for (const over of [{ bsb: "1" }, { attempt: "2" }, { merchant_id: "no id" }]) {
      const gate = await new GateCase(stream()).prepare([...rows(3), row({ mandate_id: "out", ...over })]);
      const claim = await claimOf(gate, 1);
      const attempt = Number(over.attempt ?? 1);
      gate.ledger.putClaim({ ...claim, mandateId: "out", attempt, line: 4, cents: 4995 });
      const { failed, report } = await gate.judge();
      expect(failed).toEqual(["claims", "totals"]);
      expect(check(report, "claims").note).toBe(
        "due-list line 4: is claimed by this batch, but no bank file carries it",
      );
    }
  });

  it("one that a duplicate shares with its first row is judged once, and on the right line", async () => {
    const list = [...rows(2), row({ mandate_id: "twice" }), row({ mandate_id: "twice" })];
    const gate = await new GateCase(stream()).prepare(list);
    expect((await gate.judge()).failed).toEqual([]);
    gate.ledger.putClaim({ ...(await claimOf(gate, 3)), line: 4 });
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["claims"]);
    expect(check(report, "claims").note).toBe(
      "due-list line 3: is in a bank file, but claimed for another line; due-list line 4: is claimed by this batch, but no bank file carries it",
    );
  });

  it("a second attempt in a file without a dishonour of the first", async () => {
    const gate = new GateCase(stream());
    gate.ledger.putReturn({ mandateId: "mandate-1", dueDate: "2026-03-02", attempt: 1 });
    await gate.prepare([row({ attempt: "2" })]);
    gate.ledger.dropReturns("mandate-1");
    expect((await gate.judge()).failed).toEqual(["dishonours"]);
  });
});
