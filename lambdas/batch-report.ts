import { exclusionsCsv } from "./domain/exclusions-csv.ts";
import { LimitExceeded } from "./domain/faults.ts";
import { reportPage } from "./domain/report-page.ts";
import type { ReportWithExclusions } from "./domain/report.ts";
import { ObjectExists, type Objects } from "./ports.ts";

const MOST_REPORTS = 999;
const TRIES = 20;
const NUMBERED = /\/(?:report|exclusions)-(\d{3})\.(?:json|html|csv)$/;

/**
 * Stores the next report of a batch: exclusions, page and JSON, under one number that no other report has. The
 * first of the three decides the number; the JSON comes last, so that whoever finds it finds all three.
 * @param make the report under a given number; pure
 * @returns the key of the JSON
 * @throws LimitExceeded after 999 reports; a fault of the store as it is
 */
export async function storeReport(
  objects: Objects,
  make: (number: number) => ReportWithExclusions,
): Promise<string> {
  const { batchId } = make(1).report;
  const taken = await objects.list("reports", `${batchId}/`);
  let number = Math.max(0, ...taken.map((key) => Number(NUMBERED.exec(key)?.[1] ?? 0)));
  for (let tries = 0; tries < TRIES && number < MOST_REPORTS; tries += 1) {
    number += 1;
    const { report, exclusions } = make(number);
    const key = (name: string, ending: string) =>
      `${batchId}/${name}-${String(number).padStart(3, "0")}.${ending}`;
    const csv = Buffer.from(exclusionsCsv(exclusions));
    if (!(await isCreated(objects, key("exclusions", "csv"), csv, "text/csv; charset=utf-8"))) continue;
    const page = Buffer.from(reportPage(report, exclusions));
    await objects.create("reports", key("report", "html"), page, "text/html; charset=utf-8");
    const json = Buffer.from(`${JSON.stringify(report, null, 2)}\n`);
    await objects.create("reports", key("report", "json"), json, "application/json");
    return key("report", "json");
  }
  throw new LimitExceeded(`batch ${batchId} has too many reports, the last one is number ${number}`);
}

/** False where another report has taken the number. */
async function isCreated(
  objects: Objects,
  key: string,
  bytes: Buffer,
  contentType: string,
): Promise<boolean> {
  try {
    await objects.create("reports", key, bytes, contentType);
    return true;
  } catch (error) {
    if (error instanceof ObjectExists) return false;
    throw error;
  }
}
