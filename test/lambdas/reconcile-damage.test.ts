import { describe, expect, it } from "vitest";
import type { Case } from "../../lambdas/billing-batch/reconcile/case.ts";
import { cell } from "../../lambdas/billing-batch/reconcile/cell.ts";
import { DueTable } from "../../lambdas/billing-batch/reconcile/due-table.ts";
import type { FileEntries } from "../../lambdas/billing-batch/reconcile/file-entries.ts";
import { judgeLimits } from "../../lambdas/billing-batch/reconcile/file-form.ts";
import { Findings } from "../../lambdas/billing-batch/reconcile/findings.ts";
import { readList } from "../../lambdas/billing-batch/reconcile/list-evidence.ts";
import { readDueRows, readFields } from "../../lambdas/billing-batch/reconcile/list-reading.ts";
import { PackedTexts } from "../../lambdas/billing-batch/reconcile/packed-texts.ts";
import { reconcile } from "../../lambdas/billing-batch/reconcile/reconcile.ts";
import { judgeRefusal, type RefusalFacts } from "../../lambdas/billing-batch/reconcile/refusals.ts";
import { COLUMNS, type Exclusion } from "../../lambdas/domain/exclusion.ts";
import { BatchUnknown, LedgerBroken, StreamUnknown } from "../../lambdas/domain/faults.ts";
import { lodgementReference } from "../../lambdas/domain/lodgement-reference.ts";
import { calendarDate } from "../../lambdas/domain/calendar-date.ts";
import type { Ledger } from "../../lambdas/ports.ts";
import { fileItem, heldBy } from "../builders.ts";
import { objectsInMemory } from "../objects-in-memory.ts";
import { type Call, intercepted } from "../port-faults.ts";
import { closed, sentFile } from "./closed-batches.ts";
import { BATCH, BILLING_DATE, check, GateCase, row, rows, soundCase, stream } from "./gate-case.ts";

/** What the gate says of things that staging, composing and the stores never leave so. */

const MANIFEST = "au-test/2026-03-02/01/manifest.json";
const DUE = "au-test/2026-03-02/01/due.csv";
const RECORD = 122;

describe("the gate opens no case", () => {
  it.each([
    ["au-test", BatchUnknown, "the batch id is not <stream>-<yyyy-mm-dd>-<nn>"],
    ["au-else-2026-03-02-01", StreamUnknown, "there is no stream au-else in the configuration"],
    ["constructor-2026-03-02-01", StreamUnknown, "there is no stream constructor in the configuration"],
  ])("for the batch %s", async (batchId, fault, message) => {
    const gate = await soundCase(2);
    await expect(reconcile({ ...gate.event, batchId }, gate.ports)).rejects.toThrow(new fault(message));
  });

  it("for a batch that has the lock and no record", async () => {
    const gate = new GateCase(stream());
    gate.ledger.putStream(heldBy(BATCH, { files: [] }));
    await expect(reconcile({ batchId: BATCH, fence: 1 }, gate.ports)).rejects.toThrow(
      new BatchUnknown(`the ledger has no record of batch ${BATCH}`),
    );
  });
});

describe("a manifest that cannot be read any more", () => {
  it.each([
    ["is gone", undefined],
    ["is no JSON", "{"],
    ["is null", "null"],
    ["is a number", "12"],
    ["counts no number", '{"count":"10","totalCents":10315,"sha256":"x"}'],
    ["has a broken total", '{"count":10,"totalCents":1.5,"sha256":"x"}'],
    ["has no hash", '{"count":10,"totalCents":10315}'],
  ])("fails both of its checks, which say that they miss one: it %s", async (_, json) => {
    const gate = await soundCase();
    if (json === undefined) gate.objects.drop("due", MANIFEST);
    else gate.objects.put("due", MANIFEST, Buffer.from(json));
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["manifest-count", "manifest-cents"]);
    expect(check(report, "manifest-count")).toMatchObject({ expected: "a manifest", found: "10" });
    expect(check(report, "manifest-cents")).toMatchObject({ expected: "a manifest", found: "$103.15" });
  });

  it("tells neither total where one row has an amount that may be a bank account", async () => {
    const gate = await new GateCase(stream()).prepare([...rows(3), row({ amount_cents: "123456789" })]);
    const found = async () => check((await gate.judge()).report, "manifest-cents").found;
    expect(await found()).toBe("the same, with 1 untold");
    gate.objects.drop("due", MANIFEST);
    expect(await found()).toBe("another one, with 1 untold");
    expect(JSON.stringify(await gate.report())).not.toContain("1,234,567.89");
  });
});

describe("a due list", () => {
  const read = (bytes: Buffer) => () => {
    const found: (readonly string[])[] = [];
    readDueRows(bytes, (fields) => found.push(fields));
    return found;
  };
  const [first, ...others] = COLUMNS;
  const list = (mark: string, header: string) =>
    Buffer.from(`${mark}${[header, ...others].join(",")}\n${row().join(",")}\n`, "utf8");

  it("has its quotes judged behind a byte-order mark just as without one", () => {
    for (const mark of ["", "\u{FEFF}"]) {
      expect(read(list(mark, `"${first}"`))()).toEqual([row()]);
      expect(read(list(mark, `"${first}"\0`))).toThrow(
        "line 0 of the due list has text after a closing quote",
      );
    }
  });

  it("has one empty field in a row of no bytes, as the parser reads a blank line", () => {
    expect(readFields(Buffer.of())).toEqual([""]);
    expect(readFields(Buffer.from("\n"))).toEqual([""]);
  });

  it("that can be read does not hide a fault of the gate's own", async () => {
    const objects = objectsInMemory();
    objects.put("due", DUE, list("", first));
    const dueList = { prefix: "au-test/2026-03-02/01/", sha256: "", count: 1, totalCents: 1 };
    const endless = stream({ dueWindowDays: { past: Number.NaN, ahead: 0 } });
    const judged = { batch: { dueList }, stream: endless, billingDate: BILLING_DATE } as unknown as Case;
    await expect(readList(judged, objects)).rejects.toThrow(RangeError);
  });
});

describe("a segment's list of exclusions", () => {
  const staged = async () =>
    new GateCase(stream()).prepare([...rows(3), row({ mandate_id: "out", bsb: "x" })]);
  const claim = { mandateId: "m", dueDate: "2026-03-02", attempt: 1, batchId: "b", line: 1 };

  it.each([
    ["cents that are none", { cents: -1 }],
    ["a reason that there is not", { reason: "no-reason" }],
    ["a claim that is text", { claim: "mandate-1" }],
    ["a claim that says too much", { claim: { ...claim, title: "NGUYEN" } }],
    ["a claim without its line", { claim: { ...claim, line: undefined } }],
  ])("is no list with %s", async (_, over) => {
    const gate = await staged();
    await gate.restage(1, (exclusions) => exclusions.map((one) => ({ ...one, ...over })));
    const { failed, report } = await gate.judge();
    expect(failed).toContain("exclusions");
    expect(failed).toContain("no-row-missing");
    expect(check(report, "exclusions").note).toBe("segment 1: a line is no exclusion");
  });

  it("that excludes what a file carries says so with how often both do", async () => {
    const gate = await staged();
    await gate.restage(1, (exclusions) => [
      { line: 2, reason: "too-near", cents: 1007, mandateId: "mandate-2", dueDate: "2026-03-02", claim },
      ...exclusions,
      ...exclusions,
    ]);
    const { failed, report } = await gate.judge();
    expect(failed).toContain("no-row-surplus");
    expect(check(report, "no-row-surplus").note).toBe(
      "due-list line 2: is in the bank files once and excluded once; due-list line 4: is excluded 2 times",
    );
  });

  it("with another amount for a reason that only the ledger can give departs in the amount alone", async () => {
    const gate = new GateCase(stream());
    await gate.prepare([...rows(3), row({ mandate_id: "mandate-4", attempt: "2" })]);
    await gate.restage(1, (exclusions) => exclusions.map((one) => ({ ...one, cents: 4994 })));
    const { failed, report } = await gate.judge();
    expect(failed).toContain("exclusions");
    expect(check(report, "exclusions").note).toBe("due-list line 4: not as the gate judges the row: amount");
  });
});

describe("a bank file", () => {
  it("whose index is gone fails the index, and nothing that the file itself proves", async () => {
    const gate = await soundCase(3);
    gate.objects.drop("bankFiles", (await gate.file(1)).indexKey);
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["index"]);
    expect(check(report, "index").note).toBe("file 1: the index is not there");
  });

  it.each(["mandateId", "dueDate", "attempt"])(
    "whose index holds no %s, or one of another kind, fails the index and nothing else",
    async (field) => {
      for (const value of [undefined, null, true, {}]) {
        const gate = await soundCase(3);
        gate.objects.tamper("bankFiles", (await gate.file(1)).indexKey, (bytes) => {
          const [first = "", ...others] = bytes.toString("utf8").split("\n");
          const line = { ...(JSON.parse(first) as object), [field]: value };
          return Buffer.from([JSON.stringify(line), ...others].join("\n"), "utf8");
        });
        expect((await gate.judge()).failed).toEqual(["index"]);
      }
    },
  );

  it("without a total record states no debits", async () => {
    const gate = await soundCase(3);
    await gate.replaceBytes(1, (bytes) => bytes.subarray(0, bytes.length - RECORD));
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["file-structure", "totals"]);
    expect(check(report, "file-structure").note).toContain("the total record is not the sum of the entries");
    expect(check(report, "totals").note).toBe(
      "the total records state $0.00, the ledger's file records 3 debits, $30.21",
    );
  });

  it("of more records than its total record can count is too large", () => {
    const found = (credits: number) => {
      const findings = new Findings();
      const entries = { debits: { count: 999_998, cents: 1 }, credits: { count: credits, cents: 1 } };
      const judged = { stream: stream({ maxFileDebits: 999_999 }) } as Case;
      judgeLimits(judged, fileItem(), entries as FileEntries, findings);
      return findings.note("file-limits");
    };
    expect(found(1)).toBeUndefined();
    expect(found(2)).toBe("file 1: has too many records");
  });

  it("that carries a row which can have no claim fails the claims", async () => {
    const gate = await new GateCase(stream()).prepare([...rows(3), row({ mandate_id: "no id" })]);
    await gate.recompose(1, (debits) => {
      const reference = { code: "TS", billingDate: calendarDate("2026-03-02"), number: 1, line: 4 };
      const last = debits.at(-1);
      return last ? [...debits, { ...last, reference: lodgementReference(reference) }] : debits;
    });
    const { failed, report } = await gate.judge();
    expect(failed).toContain("claims");
    expect(check(report, "claims").note).toBe("due-list line 4: is in a bank file, but can have no claim");
  });
});

describe("the ledger", () => {
  it("is asked for no claim where no row can have one: DynamoDB refuses to be asked for nothing", async () => {
    const gate = await new GateCase(stream({ toleratedExcludedShare: 1 })).prepare([
      row({ mandate_id: "no id" }),
      row({ attempt: "0" }),
    ]);
    const asked: Call[] = [];
    const ledger: Ledger = intercepted<Ledger>(gate.ledger, (call) => {
      if (call.method === "readClaimsNamed") asked.push(call);
      return call.reach();
    });
    await reconcile(gate.event, { ...gate.ports, ledger });
    expect((await gate.report()).status).toBe("GATE_PASSED");
    expect(asked).toEqual([]);
  });

  it("whose set of files is lost while the gate judges gets no verdict", async () => {
    for (const files of [undefined, []]) {
      const gate = await soundCase(3);
      let reads = 0;
      const ledger: Ledger = intercepted<Ledger>(gate.ledger, async ({ method, reach }) => {
        if (method === "readStream" && ++reads === 2) {
          const { batch, ...item } = await gate.item();
          const { files: _files, ...unfrozen } = batch ?? { id: BATCH, nonce: "", since: "" };
          gate.ledger.putStream({ ...item, batch: files ? { ...unfrozen, files } : unfrozen });
        }
        return reach();
      });
      await expect(reconcile(gate.event, { ...gate.ports, ledger })).rejects.toThrow(
        new LedgerBroken(`the files of batch ${BATCH} are no longer those that were judged`),
      );
      expect((await gate.item()).batch).not.toHaveProperty("verdict");
    }
  });
});

describe("a report of the gate", () => {
  it("tells of a decision who made it and why, and of an event without a reason who", async () => {
    const gate = await soundCase(2);
    const event = { batchId: BATCH, at: "2026-03-01T20:00:00.000Z", by: "ann" };
    await gate.ledger.createEvent({ ...event, action: "redrive", nonce: "a" });
    await gate.ledger.createEvent({ ...event, action: "abandon", nonce: "b", reason: "the list was wrong" });
    const { report } = await gate.judge();
    expect(report.timeline.map(({ what }) => what)).toEqual(
      expect.arrayContaining(["redrive, by ann", "abandon, by ann: the list was wrong"]),
    );
  });

  it("counts a finding that comes again at the same place, and names the place as often", () => {
    const findings = new Findings();
    for (let i = 0; i < 7; i += 1) findings.add("entries", { file: 1, line: 2 }, "amount");
    findings.add("entries", { file: 1, line: 1 }, "title");
    const again = "file 1, line 2: amount";
    expect(findings.note("entries")).toBe(
      ["file 1, line 1: title", again, again, again, again, "and 3 more"].join("; "),
    );
  });
});

describe("a file that was sent", () => {
  it("is compared with every merchant of the judged set, however many share one bank account", async () => {
    const merchant = (n: number) => `m-${String(n).padStart(2, "0")}`;
    const list = Array.from({ length: 40 }, (_, index) =>
      row({ mandate_id: `mandate-${index + 1}`, merchant_id: merchant(index + 1) }),
    );
    const gate = await new GateCase(stream()).prepare(list);
    const id = await closed(gate);
    const payer = { bsb: "083-170", accountNumber: "12345678", cents: 4995 };
    const sent = [1, 20, 40].map((n) => ({ ...payer, mandateId: `other-${n}`, merchantId: merchant(n) }));
    await sentFile(gate, id, sent);
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["same-debit"]);
    const same = "under another mandate the same bank account, merchant and amount as due-list line";
    expect(check(report, "same-debit").note).toBe(
      [1, 20, 40]
        .map((line, index) => `due-list line ${line}: ${same} ${100 + index} of batch ${id}`)
        .join("; "),
    );
  });
});

describe("a refusal", () => {
  const key = { mandateId: "mandate-1", dueDate: "2026-03-02", attempt: 1 };
  const facts: RefusalFacts = {
    batchId: BATCH,
    key,
    minDays: 5,
    isReleased: async () => false,
    isDishonoured: async () => false,
  };
  const judged = (over: Partial<Exclusion>, changed: Partial<RefusalFacts> = {}) =>
    judgeRefusal({ line: 1, reason: "too-near", cents: 1, ...over }, new Map(), { ...facts, ...changed });
  const near = { ...key, dueDate: "2026-03-01", batchId: "au-test-2026-03-01-01", line: 7 };

  it("is none for a row that can have no claim, whatever the ledger holds", async () => {
    for (const reason of ["already-claimed", "too-near", "no-proven-dishonour"] as const) {
      expect(await judged({ reason, claim: near }, { key: undefined })).toBe("the row can have no claim");
    }
  });

  it("as too near names a claim of the row's own mandate, on a day of the calendar", async () => {
    const another = "the named claim is of another mandate";
    expect(await judged({ claim: near })).toBe("the named claim is not in the ledger");
    expect(await judged({ claim: { ...near, mandateId: "mandate-2" } })).toBe(another);
    expect(await judged({ claim: { ...near, dueDate: "2026-02-30" } })).toBe(another);
  });
});

describe("the gate's own table", () => {
  it("has no line beyond its end that would read as nought", () => {
    expect(cell(Uint8Array.of(7, 0), 1)).toBe(0);
    for (const line of [-1, 2, 0.5]) expect(() => cell(Uint8Array.of(7, 0), line)).toThrow(RangeError);
    const table = new DueTable(2);
    expect(() => table.key(3)).toThrow(RangeError);
    expect(() => table.ownReason(3)).toThrow(RangeError);
  });

  it("has empty names for a row whose fields have none", () => {
    const table = new DueTable(2);
    expect([table.mandateId(1), table.dueDate(1), table.merchantId(1)]).toEqual(["", "", ""]);
    expect(table.ownExclusion(1)).toBeUndefined();
    table.exclude(1, { reason: "malformed-row" });
    expect(table.ownExclusion(1)).toEqual({ reason: "malformed-row" });
  });

  it("takes two texts for two others only with a line feed between them, and to their ends", () => {
    const texts = new PackedTexts(3);
    texts.set(1, "axb");
    texts.set(2, "a", "b");
    expect([texts.is(1, "axb"), texts.is(1, "a", "b"), texts.is(1, "ax")]).toEqual([true, false, false]);
    expect([texts.is(2, "a", "b"), texts.is(2, "axb"), texts.is(2, "a", "bc")]).toEqual([true, false, false]);
  });
});
