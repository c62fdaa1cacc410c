import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BatchView } from "../../lambdas/operations/show-batch/show-batch.ts";
import { isSent } from "../../lambdas/domain/moves.ts";
import type { Objects } from "../../lambdas/ports.ts";
import { LocalFault } from "./local-fault.ts";
import { sha256 } from "../../lambdas/stored-bytes.ts";

/** Where a person finds what a batch has written, as plain files. */
export interface Exported {
  readonly files: readonly {
    readonly path: string;
    readonly sha256: string;
    readonly debits: number;
    readonly cents: number;
  }[];
  /** The report as a page. */
  readonly report?: string;
  readonly exclusions?: string;
}

/**
 * Copies a batch's bank files and newest report out of the local stores into `<folder>/batches/<batch>/`. A bank
 * file is what the bank would pick up: it is read from the outbound bucket, and only files that were submitted are
 * copied.
 */
export async function exportBatch(objects: Objects, view: BatchView, folder: string): Promise<Exported> {
  const target = join(folder, "batches", view.batchId);
  const files: Exported["files"][number][] = [];
  for (const file of view.files) {
    if (!isSent(file.state) || file.delivered === undefined) continue;
    const { key, version } = file.delivered;
    const stored = await objects.read("outbound", key, version === undefined ? {} : { version });
    const found = stored && sha256(stored.bytes);
    if (stored === undefined || found !== file.sha256) {
      const what = stored ? "is not the file that was submitted" : "is missing";
      throw new LocalFault(
        `${key} in the local outbound bucket ${what}.`,
        `The ledger says SHA-256 ${file.sha256}. Keep ${folder} if its batches matter, and start afresh elsewhere.`,
      );
    }
    const path = join(target, key.slice(key.lastIndexOf("/") + 1));
    await put(path, stored.bytes);
    files.push({ path, sha256: file.sha256, debits: file.debits, cents: file.cents });
  }
  if (view.report === undefined) return { files };
  const copies = await Promise.all(
    [
      [".json", "report.json"],
      [".html", "report.html"],
      [".csv", "exclusions.csv"],
    ].map(async ([ending, name]) => {
      const key = (view.report?.key ?? "").replace(/\.json$/, ending as string);
      const stored = await objects.read(
        "reports",
        ending === ".csv" ? key.replace("/report-", "/exclusions-") : key,
      );
      if (stored === undefined) return undefined;
      const path = join(target, name as string);
      await put(path, stored.bytes);
      return path;
    }),
  );
  return {
    files,
    ...(copies[1] !== undefined && { report: copies[1] }),
    ...(copies[2] !== undefined && { exclusions: copies[2] }),
  };
}

/** Whole or not at all: a reader never meets half a file. */
async function put(path: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.part`, bytes);
  await rename(`${path}.part`, path);
}
