import { describe, expect, it } from "vitest";
import { reconcile } from "../../lambdas/billing-batch/reconcile/reconcile.ts";
import { GateFailed, StaleFence } from "../../lambdas/domain/faults.ts";
import type { FileStateName } from "../../lambdas/domain/records.ts";
import { SUSPICIONS } from "../../lambdas/domain/suspicion.ts";
import { ConditionRefused } from "../../lambdas/ports.ts";
import { BATCH, check, csv, GateCase, manifestOf, row, rows, soundCase, stream } from "./gate-case.ts";

const PROOFS = [
  "due-list-bytes",
  "manifest-count",
  "manifest-cents",
  "segments-complete",
  "file-bytes",
  "file-structure",
  "file-header",
  "processing-date",
  "file-limits",
  "debit-limit",
  "batch-limit",
  "entries",
  "index",
  "no-row-missing",
  "no-row-surplus",
  "exclusions",
  "ledger-refusals",
  "dishonours",
  "claims",
  "merchants",
  "totals",
  "excluded-share",
];
const CHECKS = [...PROOFS, ...SUSPICIONS];

/** One row for every reason that lies in the list, among sound ones. */
const badRows = [
  row({ mandate_id: "bad 1" }),
  row({ mandate_id: "bad-2", bsb: "083-17" }),
  row({ mandate_id: "bad-3", account_number: "0" }),
  row({ mandate_id: "bad-4", account_title: "<b>" }),
  row({ mandate_id: "bad-5", amount_cents: "1.5" }),
  row({ mandate_id: "bad-6", amount_cents: "2000001" }),
  row({ mandate_id: "bad-7", due_date: "2026-02-30" }),
  row({ mandate_id: "bad-8", due_date: "2025-12-01" }),
  row({ mandate_id: "bad-9", attempt: "0" }),
  row({ mandate_id: "bad-10", merchant_name: "" }),
  row({ mandate_id: "bad-11", merchant_name: "A name of a merchant" }),
  row({ mandate_id: "twice" }),
  row({ mandate_id: "twice" }),
  row({ mandate_id: "conflict", amount_cents: "1" }),
  row({ mandate_id: "conflict", amount_cents: "2" }),
  row({ mandate_id: "near", due_date: "2026-02-20" }),
  row({ mandate_id: "near", due_date: "2026-02-24" }),
  row({ mandate_id: "attempt", attempt: "2" }),
  row({ mandate_id: "long", merchant_id: "m-long", merchant_name: "A name of a merchant" }),
  ["one field"],
];

describe("the gate passes", () => {
  it("a sound batch: every check there, every file RECONCILED, the verdict naming the hashes it judged", async () => {
    const gate = await soundCase(10);
    const before = await gate.item();
    const result = await reconcile(gate.event, gate.ports);
    const { batch, version } = await gate.item();
    expect(result).toEqual({ verdict: "PASSED", report: `${BATCH}/report-001.json` });
    expect(batch?.files?.map((file) => file.state)).toEqual(["RECONCILED", "RECONCILED", "RECONCILED"]);
    expect(batch?.verdict).toEqual({
      sha256s: before.batch?.files?.map((file) => file.sha256),
      at: "2026-03-01T20:00:00.000Z",
      report: result.report,
    });
    expect(version).toBe(before.version + 1);
    const report = await gate.report();
    expect(report.checks.map(({ name, kind, passed }) => [name, kind, passed])).toEqual(
      CHECKS.map((name) => [name, PROOFS.includes(name) ? "proof" : "suspicion", true]),
    );
  });

  it("a batch with every reason for an exclusion that lies in the list, and reports the sums side by side", async () => {
    const gate = await new GateCase(stream({ toleratedExcludedShare: 0.9 })).prepare([
      ...rows(6),
      ...badRows,
    ]);
    const { failed, report } = await gate.judge();
    expect(failed).toEqual([]);
    expect(report.status).toBe("GATE_PASSED");
    expect(report.bankFiles).toEqual(report.ledger);
    expect(report.dueList.count - report.excluded.count).toBe(report.bankFiles.count);
    expect(report.dueList.cents - report.excluded.cents).toBe(report.bankFiles.cents);
    expect(report.excluded.byReason).toEqual({
      "malformed-row": 2,
      "bad-bsb": 1,
      "bad-account": 1,
      "bad-title": 1,
      "bad-amount": 1,
      "amount-over-limit": 1,
      "bad-due-date": 1,
      "outside-window": 1,
      "bad-attempt": 1,
      "bad-remitter": 1,
      "remitter-too-long": 1,
      "duplicate-in-list": 1,
      "conflicting-in-list": 2,
      "too-near": 2,
      "no-proven-dishonour": 1,
    });
    expect(report.excluded.content).toBe(12);
    expect(report.merchants.map((merchant) => merchant.merchantId)).toEqual([
      "(not to be named)",
      "m-gym",
      "m-long",
      "m-pool",
    ]);
  });

  it("an empty list: no file, and a verdict all the same", async () => {
    const gate = await new GateCase(stream()).prepare([]);
    const { failed } = await gate.judge();
    expect(failed).toEqual([]);
    expect((await gate.item()).batch?.verdict?.sha256s).toEqual([]);
  });

  it("a list in which everything is claimed by an earlier batch, and one debit crowds another's", async () => {
    const gate = new GateCase(stream());
    const list = [...rows(3), row({ mandate_id: "mandate-9", due_date: "2026-02-27" })];
    const earlier = { batchId: "au-test-2026-02-27-01", segment: 1, stream: "au-test", cents: 1 };
    for (const [index, fields] of list.entries()) {
      const [mandateId = "", dueDate = ""] = fields;
      // The last one was claimed for a due date three days off.
      const due = index === 3 ? "2026-03-02" : dueDate;
      gate.ledger.putClaim({ mandateId, dueDate: due, attempt: 1, line: index + 1, ...earlier });
    }
    await gate.prepare(list);
    const { failed, report } = await gate.judge();
    expect(failed).toEqual([]);
    expect(report.excluded.byReason).toEqual({ "already-claimed": 3, "too-near": 1 });
    expect(report.files).toEqual([]);
  });

  it("a second attempt whose first one was dishonoured", async () => {
    const gate = new GateCase(stream());
    gate.ledger.putReturn({ mandateId: "mandate-1", dueDate: "2026-03-02", attempt: 1 });
    await gate.prepare([row({ attempt: "2" })]);
    expect((await gate.judge()).failed).toEqual([]);
  });

  it.each([
    ["without balancing record", {}, { selfBalancing: false }],
    ["with an extended header", {}, { headerAccount: true }],
    ["without the last line end", {}, { lastLineEnd: false }],
    ["with both, and one file for all", { maxFileDebits: 100 }, { headerAccount: true, lastLineEnd: false }],
    ["cut by cents", { maxFileCents: 2100 }, {}],
    ["with a code of four characters", { code: "TEST" }, {}],
  ])("files of another bank profile or other limits: %s", async (_, over, profile) => {
    const gate = await new GateCase(stream(over, profile)).prepare(rows(9));
    expect((await gate.judge()).failed).toEqual([]);
  });

  it("on a store that keeps no versions", async () => {
    const gate = await new GateCase(stream(), { versions: false }).prepare(rows(5));
    expect((await gate.judge()).failed).toEqual([]);
  });

  it("twice: the second time nothing moves, the verdict stands, and a second report is written", async () => {
    const gate = await soundCase();
    await reconcile(gate.event, gate.ports);
    const first = await gate.item();
    const result = await reconcile(gate.event, gate.ports);
    expect(result.report).toBe(`${BATCH}/report-002.json`);
    expect(await gate.item()).toEqual(first);
  });

  it("files that went on since stay where they are, also past the cut-off", async () => {
    const gate = await soundCase();
    const states: FileStateName[] = ["SUBMITTED", "WITHDRAWN", "SUBMITTED"];
    for (const [index, state] of states.entries()) {
      await gate.refreeze(index + 1, (file) => ({ ...file, state }));
    }
    gate.now = "2026-03-04T18:00";
    const { failed, report } = await gate.judge();
    expect(failed).toEqual([]);
    expect(check(report, "processing-date").note).toBe("every file has left, or there is none");
    expect((await gate.item()).batch?.files?.map((file) => file.state)).toEqual(states);
  });
});

describe("the verdict under which files were sent", () => {
  /** A set that has passed and whose files then came to these states, under limits that no longer let it pass. */
  async function passedThen(...states: FileStateName[]): Promise<GateCase> {
    const gate = await soundCase(10);
    await gate.judge();
    for (const [index, state] of states.entries()) {
      await gate.refreeze(index + 1, (file) => ({ ...file, state }));
    }
    Object.assign(gate.stream, { maxFileDebits: 1 });
    return gate;
  }

  it.each<[FileStateName, FileStateName, FileStateName]>([
    ["SUBMITTED", "WITHDRAWN", "WITHDRAWN"],
    ["UNKNOWN", "WITHDRAWN", "WITHDRAWN"],
    ["SUBMITTING", "REJECTED", "ACKNOWLEDGED"],
  ])("stands when nothing is left to send: %s, %s, %s", async (...states) => {
    const gate = await passedThen(...states);
    const before = await gate.item();
    const result = await reconcile(gate.event, gate.ports);
    expect(result).toEqual({ verdict: "PASSED", report: before.batch?.verdict?.report });
    expect(await gate.item()).toEqual(before);
    expect(await gate.objects.list("reports", `${BATCH}/report-002`)).toEqual([]);
  });

  it.each<[FileStateName, FileStateName, FileStateName]>([
    ["SUBMITTED", "RECONCILED", "WITHDRAWN"],
    ["SUBMITTED", "WITHDRAWN", "COMPOSED"],
  ])("is judged anew while a file could still be sent: %s, %s, %s", async (...states) => {
    const gate = await passedThen(...states);
    expect((await gate.judge()).failed).toEqual(["file-limits"]);
  });

  it("is no verdict for another set of files", async () => {
    const gate = await passedThen("SUBMITTED", "SUBMITTED", "SUBMITTED");
    await gate.refreeze(2, (file) => ({ ...file, sha256: "0".repeat(64) }));
    expect((await gate.judge()).failed).toContain("file-bytes");
  });
});

describe("the gate is no longer this execution's", () => {
  it("when a later acquire raised the fence, and leaves the files alone", async () => {
    const gate = await soundCase();
    const event = { ...gate.event, fence: gate.fence - 1 };
    await expect(reconcile(event, gate.ports)).rejects.toThrow(StaleFence);
    expect((await gate.item()).batch?.verdict).toBeUndefined();
  });

  it("when the lock is free", async () => {
    const gate = await soundCase();
    const { batch: _, ...free } = await gate.item();
    gate.ledger.putStream(free);
    await expect(reconcile(gate.event, gate.ports)).rejects.toThrow(StaleFence);
  });

  it("when the fence rises while it judges", async () => {
    const gate = await soundCase();
    const { ports } = gate;
    const ledger = {
      ...ports.ledger,
      readEvents: async () => {
        const item = await gate.item();
        gate.ledger.putStream({ ...item, version: item.version + 1, fence: item.fence + 1 });
        return [];
      },
    };
    await expect(reconcile(gate.event, { ...ports, ledger })).rejects.toThrow(StaleFence);
    expect((await gate.item()).batch?.files?.map((file) => file.state)).toEqual([
      "COMPOSED",
      "COMPOSED",
      "COMPOSED",
    ]);
  });

  it("when the set of files is another one by the time of the verdict", async () => {
    const gate = await soundCase();
    const { ports } = gate;
    const ledger = {
      ...ports.ledger,
      readEvents: async () => {
        await gate.refreeze(2, (file) => ({ ...file, sha256: "0".repeat(64) }));
        return [];
      },
    };
    await expect(reconcile(gate.event, { ...ports, ledger })).rejects.toThrow(
      "no longer those that were judged",
    );
  });

  it("when the batch has no frozen files, or no due list in its record", async () => {
    const gate = await soundCase();
    const item = await gate.item();
    const { files: _, ...unfrozen } = item.batch ?? {};
    gate.ledger.putStream({ ...item, batch: unfrozen as NonNullable<typeof item.batch> });
    await expect(reconcile(gate.event, gate.ports)).rejects.toThrow("no frozen set of files");
    gate.ledger.putStream(item);
    const { dueList: __, ...bare } = (await gate.ledger.readBatch(BATCH)) ?? {};
    gate.ledger.putBatch(bare as Parameters<typeof gate.ledger.putBatch>[0]);
    await expect(reconcile(gate.event, gate.ports)).rejects.toThrow("names no due list");
  });

  it("when a person abandons the batch meanwhile", async () => {
    const gate = await soundCase();
    const item = await gate.item();
    const abandoning = { by: "kim", reason: "wrong list", at: "2026-03-01T20:00:00.000Z" };
    if (item.batch) gate.ledger.putStream({ ...item, batch: { ...item.batch, abandoning } });
    await expect(reconcile(gate.event, gate.ports)).rejects.toThrow("is being abandoned");
    expect((await gate.item()).batch?.files?.every((file) => file.state === "COMPOSED")).toBe(true);
  });
});

describe("the verdict", () => {
  it("is written again after a lost race", async () => {
    const gate = await soundCase();
    const { ports } = gate;
    let races = 0;
    const ledger = {
      ...ports.ledger,
      writeStream: async (...[next, seen]: Parameters<typeof ports.ledger.writeStream>) => {
        if ((races += 1) > 2) return ports.ledger.writeStream(next, seen);
        throw new ConditionRefused("lost");
      },
    };
    await reconcile(gate.event, { ...ports, ledger });
    expect((await gate.item()).batch?.files?.every((file) => file.state === "RECONCILED")).toBe(true);
  });
});

describe("a failed gate", () => {
  it("throws with the failed checks and counts, after the report was stored, and moves nothing", async () => {
    const gate = await soundCase();
    gate.ledger.dropClaim({ mandateId: "mandate-2", dueDate: "2026-03-02", attempt: 1 });
    const before = await gate.item();
    const thrown: unknown = await reconcile(gate.event, gate.ports).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(GateFailed);
    expect((thrown as Error).message).toBe(
      `2 of 25 checks of batch ${BATCH} failed: claims (1), totals; see ${BATCH}/report-001.json`,
    );
    expect(await gate.item()).toEqual(before);
    expect((await gate.report()).status).toBe("GATE_FAILED");
    expect(await gate.objects.list("reports", "")).toEqual([
      `${BATCH}/exclusions-001.csv`,
      `${BATCH}/report-001.html`,
      `${BATCH}/report-001.json`,
    ]);
    expect(gate.decisions.at(-1)).toMatchObject({ state: "Reconcile", outcome: "FAILED", failed: 2 });
  });

  it("judges every other check although the due list is gone, and lets nothing pass for want of it", async () => {
    const gate = await soundCase();
    gate.objects.drop("due", "au-test/2026-03-02/01/due.csv");
    const { failed, report } = await gate.judge();
    expect(report.checks.map(({ name }) => name)).toEqual(CHECKS);
    expect(failed).toEqual(
      CHECKS.filter(
        (name) =>
          ![
            "file-bytes",
            "file-structure",
            "file-header",
            "processing-date",
            "file-limits",
            "debit-limit",
            "batch-limit",
          ].includes(name),
      ),
    );
    expect(check(report, "claims").note).toBe("the due list is not there");
  });

  it("judges every other check although a file is gone", async () => {
    const gate = await soundCase();
    gate.objects.drop("bankFiles", (await gate.file(2)).key);
    const { failed } = await gate.judge();
    expect(failed).toEqual([
      "file-bytes",
      "file-structure",
      "file-header",
      "entries",
      "index",
      "no-row-missing",
      "claims",
      "merchants",
      "totals",
    ]);
  });

  it("keeps the due list's values out of report, page, exclusions and message", async () => {
    const secret = row({
      mandate_id: "99887766",
      due_date: "not-a-date",
      merchant_id: "55443322",
      customer_id: "11223344",
      account_number: "66778899",
      account_title: "SECRET PAYER",
    });
    const gate = await new GateCase(stream()).prepare([...rows(3), secret]);
    await gate.recompose(1, (debits) => debits.slice(1));
    const { message } = await gate.judge();
    const texts = await Promise.all(
      (await gate.objects.list("reports", "")).map(async (key) =>
        (await gate.objects.read("reports", key))?.bytes.toString("utf8"),
      ),
    );
    const all = [message, ...texts].join("\n");
    expect(all).toContain("bad-due-date");
    for (const value of ["99887766", "55443322", "11223344", "66778899", "SECRET", "10000000", "NGUYEN"]) {
      expect(all).not.toContain(value);
    }
  });

  it("does not hide a store that does not answer behind a verdict", async () => {
    const gate = await soundCase();
    const { ports } = gate;
    const ledger = { ...ports.ledger, readClaimsNamed: async () => Promise.reject(new Error("throttled")) };
    await expect(reconcile(gate.event, { ...ports, ledger })).rejects.toThrow("throttled");
    expect(await gate.objects.list("reports", "")).toEqual([]);
  });
});

describe("the processing date", () => {
  it.each<[string, string[], string?]>([
    ["2026-03-02T15:59", []],
    ["2026-03-02T16:00", ["processing-date"]],
    ["2026-03-03T07:00", ["processing-date"], "2026-03-02, before today, past the cut-off"],
    ["2026-02-25T07:00", []],
    ["2026-02-24T23:59", ["processing-date"]],
  ])("judged at %s", async (now, expected, found) => {
    const gate = await soundCase(2);
    gate.now = now;
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(expected);
    if (found !== undefined) expect(check(report, "processing-date").found).toBe(found);
  });

  it("is no holiday, and is judged also for files that are RECONCILED but not sent", async () => {
    const gate = await soundCase(2);
    await gate.judge();
    gate.holidays = ["2026-03-02"];
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["processing-date"]);
    expect(check(report, "processing-date").found).toBe("2026-03-02, no business day");
  });
});

describe("the limits", () => {
  it.each([
    ["file-limits", { maxFileDebits: 3 }],
    ["file-limits", { maxFileCents: 4000 }],
    ["batch-limit", { maxBatchCents: 10_000 }],
  ])("%s fails when the stream's limit was lowered after composing: %o", async (name, over) => {
    const gate = await soundCase(10);
    Object.assign(gate.stream, over);
    expect((await gate.judge()).failed).toEqual([name]);
  });

  it("of one debit excludes the row, so that a file with it fails more than the limit", async () => {
    const gate = await soundCase(3);
    Object.assign(gate.stream, { maxDebitCents: 1010 });
    const { failed } = await gate.judge();
    expect(failed).toEqual([
      "segments-complete",
      "debit-limit",
      "entries",
      "exclusions",
      "claims",
      "merchants",
      "totals",
    ]);
  });

  it("of the excluded share knows content alone: duplicates and crowds may be the whole list", async () => {
    const twice = [
      row(),
      row(),
      row(),
      row({ mandate_id: "n", due_date: "2026-03-01" }),
      row({ mandate_id: "n" }),
    ];
    const gate = await new GateCase(stream({ toleratedExcludedShare: 0 })).prepare(twice);
    const { failed, report } = await gate.judge();
    expect(failed).toEqual([]);
    expect(report.excluded).toMatchObject({ count: 4, content: 0 });
  });

  it("of the excluded share is met when it is reached, and failed when it is passed by a row", async () => {
    const bad = (count: number) => rows(count).map((fields) => ["", ...fields.slice(1)]);
    const share = async (list: string[][]) =>
      (await (await new GateCase(stream({ toleratedExcludedShare: 0.29 })).prepare(list)).judge()).failed;
    expect(await share([...rows(71), ...bad(29)])).toEqual([]);
    expect(await share([...rows(70), ...bad(30)])).toEqual(["excluded-share"]);
  });
});

describe("the manifest", () => {
  it("must be the one that the batch was opened for", async () => {
    const gate = await soundCase(3);
    const batch = await gate.ledger.readBatch(BATCH);
    if (!batch?.dueList) throw new Error("there is no batch");
    gate.ledger.putBatch({ ...batch, dueList: { ...batch.dueList, count: 4 } });
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["manifest-count"]);
    expect(check(report, "manifest-count")).toMatchObject({
      expected: "3",
      found: "3",
      note: "the batch was opened for 4",
    });
    gate.ledger.putBatch({ ...batch, dueList: { ...batch.dueList, totalCents: 1 } });
    expect((await gate.judge()).failed).toEqual(["manifest-cents"]);
  });

  it.each([
    ["count", ["manifest-count"]],
    ["totalCents", ["manifest-cents"]],
    ["sha256", ["manifest-count"]],
  ])("fails when its %s was changed after the batch was opened", async (field, expected) => {
    const gate = await soundCase(3);
    gate.objects.tamper("due", "au-test/2026-03-02/01/manifest.json", (bytes) => {
      const manifest = JSON.parse(bytes.toString("utf8")) as Record<string, unknown>;
      return Buffer.from(JSON.stringify({ ...manifest, [field]: field === "sha256" ? "0".repeat(64) : 1 }));
    });
    expect((await gate.judge()).failed).toEqual(expected);
  });

  it("and a newer list beside it do not matter where the batch pinned its version, but a changed manifest does", async () => {
    const gate = await soundCase(3);
    const list = rows(2);
    gate.objects.put("due", "au-test/2026-03-02/01/due.csv", csv(list));
    expect((await gate.judge()).failed).toEqual([]);
    gate.objects.put("due", "au-test/2026-03-02/01/manifest.json", manifestOf(csv(list), list));
    expect((await gate.judge()).failed).toEqual(["manifest-count", "manifest-cents"]);
  });
});
