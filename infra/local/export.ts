import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BatchView } from "../../lambdas/operations/show-batch/show-batch.ts";
import { twoDigits } from "../../lambdas/domain/batch.ts";
import { isSent } from "../../lambdas/domain/moves.ts";
import type { FileItem, FileStateName } from "../../lambdas/domain/records.ts";
import type { Objects } from "../../lambdas/ports.ts";
import { LocalFault } from "./local-fault.ts";
import { sha256 } from "../../lambdas/stored-bytes.ts";

/** The copy of a file that is with the bank. */
export interface ExportedFile {
  readonly path: string;
  readonly sha256: string;
  readonly debits: number;
  readonly cents: number;
  readonly state: FileStateName;
  /**
   * Where its bytes were read. `bank-files` holds what was frozen: of a file that people have resolved as submitted
   * nothing may lie in the outbound bucket.
   */
  readonly from: "outbound" | "bank-files";
}

/** Where a person finds what a batch has written, as plain files. */
export interface Exported {
  /** Every file that is with the bank, as the ledger says. */
  readonly files: readonly ExportedFile[];
  /** The report as a page. */
  readonly report?: string;
  readonly exclusions?: string;
}

/**
 * Copies a batch's bank files and newest report out of the local stores into `<folder>/batches/<batch>/`: every file
 * that is with the bank by the ledger's states, as the bank would pick it up, or, where the bank alone has said that
 * it has it, as it was frozen.
 */
export async function exportBatch(objects: Objects, view: BatchView, folder: string): Promise<Exported> {
  const target = join(folder, "batches", view.batchId);
  const files: ExportedFile[] = [];
  for (const file of view.files) {
    if (isSent(file.state)) files.push(await exportFile(objects, view.batchId, file, folder, target));
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

async function exportFile(
  objects: Objects,
  batchId: string,
  file: FileItem,
  folder: string,
  target: string,
): Promise<ExportedFile> {
  const { state, sha256: expected, debits, cents, delivered } = file;
  const from = delivered ? "outbound" : "bank-files";
  const { key, version } = delivered ?? file;
  const area = delivered ? "outbound" : "bankFiles";
  const stored = await objects.read(area, key, version === undefined ? {} : { version });
  const found = stored && sha256(stored.bytes);
  if (stored === undefined || found !== expected) {
    const what = stored ? "is not the file that was submitted" : "is missing";
    throw new LocalFault(
      `${key} in the local ${from} bucket ${what}.`,
      `The ledger says SHA-256 ${expected}. Keep ${folder} if its batches matter, and start afresh elsewhere.`,
    );
  }
  const name = delivered ? key.slice(key.lastIndexOf("/") + 1) : `${batchId}-${twoDigits(file.number)}.aba`;
  const path = join(target, name);
  await put(path, stored.bytes);
  return { path, sha256: expected, debits, cents, state, from };
}

/** Whole or not at all: a reader never meets half a file. */
async function put(path: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.part`, bytes);
  await rename(`${path}.part`, path);
}
