import { describe, expect, it } from "vitest";
import { storeReport } from "../../lambdas/batch-report.ts";
import { Findings } from "../../lambdas/billing-batch/reconcile/findings.ts";
import { inFlight } from "../../lambdas/billing-batch/reconcile/in-flight.ts";
import { PackedTexts } from "../../lambdas/billing-batch/reconcile/packed-texts.ts";
import { LimitExceeded } from "../../lambdas/domain/faults.ts";
import type { ReportWithExclusions } from "../../lambdas/domain/report.ts";
import { objectsInMemory } from "../objects-in-memory.ts";

const BATCH = "au-test-2026-03-02-01";

function make(number: number): ReportWithExclusions {
  const none = { count: 0, cents: 0 };
  return {
    report: {
      schema: 1,
      batchId: BATCH,
      stream: "au-test",
      billingDate: "2026-03-02",
      timeZone: "Australia/Sydney",
      number,
      writtenBy: "Reconcile",
      at: "2026-03-01T20:00:00.000Z",
      status: "GATE_PASSED",
      dueList: none,
      ledger: none,
      bankFiles: none,
      excluded: { ...none, content: 0, byReason: {} },
      merchants: [],
      checks: [],
      files: [],
      timeline: [],
    },
    exclusions: [{ line: 7, reason: "bad-bsb", field: "bsb", cents: 5 }],
  };
}

describe("storing a report", () => {
  it("writes exclusions, page and JSON under the next free number", async () => {
    const objects = objectsInMemory();
    expect(await storeReport(objects, make)).toBe(`${BATCH}/report-001.json`);
    expect(await storeReport(objects, make)).toBe(`${BATCH}/report-002.json`);
    expect(await objects.list("reports", "")).toEqual([
      `${BATCH}/exclusions-001.csv`,
      `${BATCH}/exclusions-002.csv`,
      `${BATCH}/report-001.html`,
      `${BATCH}/report-001.json`,
      `${BATCH}/report-002.html`,
      `${BATCH}/report-002.json`,
    ]);
    const json = await objects.read("reports", `${BATCH}/report-002.json`);
    expect(JSON.parse(json?.bytes.toString("utf8") ?? "")).toEqual(make(2).report);
    const csv = await objects.read("reports", `${BATCH}/exclusions-001.csv`);
    expect(csv?.bytes.toString("utf8")).toBe("line,reason,field,mandate_id,due_date\r\n7,bad-bsb,bsb,,\r\n");
  });

  it("takes the next number when another report was faster, or died before its JSON", async () => {
    const objects = objectsInMemory();
    objects.put("reports", `${BATCH}/exclusions-001.csv`, Buffer.from("half"));
    const blind = { ...objects, list: async () => [] };
    expect(await storeReport(blind, make)).toBe(`${BATCH}/report-002.json`);
    expect((await objects.read("reports", `${BATCH}/exclusions-001.csv`))?.bytes.toString()).toBe("half");
    expect(await storeReport(objects, make)).toBe(`${BATCH}/report-003.json`);
  });

  it("does not count another batch's reports whose id begins alike", async () => {
    const objects = objectsInMemory();
    objects.put("reports", `${BATCH}0/report-041.json`, Buffer.from("{}"));
    expect(await storeReport(objects, make)).toBe(`${BATCH}/report-001.json`);
  });

  it("ends after 999 reports, and after a store that always says that there is one", async () => {
    const objects = objectsInMemory();
    objects.put("reports", `${BATCH}/report-999.json`, Buffer.from("{}"));
    await expect(storeReport(objects, make)).rejects.toEqual(
      new LimitExceeded(`batch ${BATCH} has too many reports, the last one is number 999`),
    );
    const full = objectsInMemory();
    for (let number = 1; number <= 20; number += 1) {
      full.put("reports", `${BATCH}/exclusions-${String(number).padStart(3, "0")}.csv`, Buffer.from(""));
    }
    await expect(storeReport({ ...full, list: async () => [] }, make)).rejects.toThrow(LimitExceeded);
  });

  it("lets a fault of the store through", async () => {
    const objects = { ...objectsInMemory(), create: async () => Promise.reject(new Error("no answer")) };
    await expect(storeReport(objects, make)).rejects.toThrow("no answer");
  });
});

describe("findings", () => {
  it("count everything and keep the first five places, whatever order they come in", () => {
    const findings = new Findings();
    for (const line of [9, 3, 8, 1, 7, 2, 6]) findings.add("claims", { line }, "not claimed");
    findings.add("claims", { file: 1, line: 2 }, "in a file");
    findings.add("claims", { segment: 4 }, "a segment");
    expect(findings.count("claims")).toBe(9);
    expect(findings.note("claims")).toBe(
      "due-list line 1: not claimed; due-list line 2: not claimed; due-list line 3: not claimed; " +
        "due-list line 6: not claimed; due-list line 7: not claimed; and 4 more",
    );
    expect(findings.count("index")).toBe(0);
    expect(findings.note("index")).toBeUndefined();
  });
});

describe("work in flight", () => {
  it("is never wider than asked, and does everything once", async () => {
    let [now, most] = [0, 0];
    const done: number[] = [];
    await inFlight([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      most = Math.max(most, (now += 1));
      await Promise.resolve();
      now -= 1;
      done.push(item);
    });
    expect(most).toBe(3);
    expect(done.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it("ends with the first fault, and begins nothing after it", async () => {
    const begun: number[] = [];
    const work = inFlight([1, 2, 3, 4, 5, 6], 2, async (item) => {
      begun.push(item);
      await Promise.resolve();
      if (item === 1) throw new Error("first");
    });
    await expect(work).rejects.toThrow("first");
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun.length).toBeLessThan(5);
  });
});

describe("packed texts", () => {
  it("come back as they went in, also when the block has grown, and empty where there is none", () => {
    const texts = new PackedTexts(3000, 8);
    for (let number = 1; number < 3000; number += 2) texts.set(number, `text ${number} `.repeat(6));
    expect(texts.get(1)).toBe("text 1 ".repeat(6));
    expect(texts.get(2999)).toBe("text 2999 ".repeat(6));
    expect(texts.get(2)).toBe("");
  });
});
