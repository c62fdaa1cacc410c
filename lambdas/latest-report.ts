import type { BatchReport } from "./domain/report.ts";
import type { Objects } from "./ports.ts";

const REPORT = /\/report-\d+\.json$/;

export interface StoredReport {
  readonly key: string;
  readonly report: BatchReport;
}

/** The report under a key. Undefined if there is none. */
export async function readReport(objects: Objects, key: string): Promise<StoredReport | undefined> {
  const stored = await objects.read("reports", key);
  return stored && { key, report: JSON.parse(stored.bytes.toString("utf8")) as BatchReport };
}

/**
 * The report that speaks for a batch: the one written when it closed, whatever a gate that woke up late has written
 * since; otherwise the newest. Undefined if none was written yet.
 */
export async function latestReport(objects: Objects, batchId: string): Promise<StoredReport | undefined> {
  const keys = (await objects.list("reports", `${batchId}/report-`)).filter((name) => REPORT.test(name));
  let newest: StoredReport | undefined;
  for (const key of keys.reverse()) {
    const found = await readReport(objects, key);
    if (found?.report.status === "CLOSED") return found;
    newest ??= found;
  }
  return newest;
}
