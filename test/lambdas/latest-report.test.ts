import { describe, expect, it } from "vitest";
import { latestReport, readReport } from "../../lambdas/latest-report.ts";
import { BILLING_DATE, gateReport } from "../builders.ts";
import { objectsInMemory } from "../objects-in-memory.ts";

const BATCH = `au-cba-${BILLING_DATE}-01`;
const key = (number: number, batch = BATCH) => `${batch}/report-00${number}.json`;

/** A store with reports of those statuses, numbered from 1. */
function stored(...statuses: readonly ("GATE_FAILED" | "GATE_PASSED" | "CLOSED")[]) {
  const objects = objectsInMemory();
  for (const [index, status] of statuses.entries()) {
    const report = gateReport(BATCH, { number: index + 1, status });
    objects.put("reports", key(index + 1), Buffer.from(JSON.stringify(report)));
  }
  return objects;
}

describe("the report that speaks for a batch", () => {
  it("is the newest while the batch is open", async () => {
    expect(await latestReport(stored("GATE_FAILED", "GATE_PASSED"), BATCH)).toMatchObject({
      key: key(2),
      report: { status: "GATE_PASSED" },
    });
  });

  it("is the one that was written when it closed, whatever has been written since", async () => {
    for (const late of ["GATE_FAILED", "GATE_PASSED"] as const) {
      expect((await latestReport(stored("GATE_PASSED", "CLOSED", late), BATCH))?.key).toBe(key(2));
    }
  });

  it("is none of another batch, no page and no list of exclusions", async () => {
    const objects = objectsInMemory();
    const other = Buffer.from(JSON.stringify(gateReport("au-cba-2026-10-06-02", { status: "CLOSED" })));
    objects.put("reports", key(1, "au-cba-2026-10-06-02"), other);
    objects.put("reports", `${BATCH}/report-001.html`, Buffer.from("<html>"));
    objects.put("reports", `${BATCH}/exclusions-001.csv`, Buffer.from("line"));
    expect(await latestReport(objects, BATCH)).toBeUndefined();
  });

  it("is the one before, where the newest is listed and cannot be found", async () => {
    const objects = stored("GATE_PASSED");
    const list = async () => [key(1), key(2)];
    expect((await latestReport({ ...objects, list }, BATCH))?.key).toBe(key(1));
    expect(await readReport(objects, key(2))).toBeUndefined();
  });
});
