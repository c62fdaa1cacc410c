import type { BatchReport } from "./domain/report.ts";
import type { Objects } from "./ports.ts";

const REPORT = /\/report-\d+\.json$/;

/** The newest report of a batch, as JSON; undefined if none was written yet. */
export async function latestReport(
  objects: Objects,
  batchId: string,
): Promise<{ readonly key: string; readonly report: BatchReport } | undefined> {
  const key = (await objects.list("reports", `${batchId}/report-`))
    .filter((name) => REPORT.test(name))
    .at(-1);
  const stored = key === undefined ? undefined : await objects.read("reports", key);
  if (key === undefined || stored === undefined) return undefined;
  return { key, report: JSON.parse(stored.bytes.toString("utf8")) as BatchReport };
}
