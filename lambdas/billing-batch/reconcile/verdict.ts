import { BatchAbandoning, GateFailed, LedgerBroken } from "../../domain/faults.ts";
import { isSendable, moveFile } from "../../domain/moves.ts";
import type { Acceptance, FileItem, StreamItem, Verdict } from "../../domain/records.ts";
import { type Check, isStopping } from "../../domain/report.ts";
import { changeStream, held } from "../../stream-change.ts";
import type { Case, GatePorts } from "./case.ts";

/** The checks that stop the batch, with their counts, and which of them are suspicions. Throws nothing: the caller does. */
export function gateFailure(batchId: string, checks: readonly Check[], report: string): GateFailed {
  const failed = checks.filter(isStopping);
  const names = failed.map(({ name, kind, expected, found }) => {
    const named = kind === "suspicion" ? `suspicion ${name}` : name;
    return expected === "0" ? `${named} (${found})` : named;
  });
  return new GateFailed(
    `${failed.length} of ${checks.length} checks of batch ${batchId} failed: ${names.join(", ")}; see ${report}`,
  );
}

/**
 * The verdict for exactly these files, if none of them can be sent any more: each is past RECONCILED or withdrawn. Then
 * there is nothing to hold back, and judging again could only shut in what has already been sent: of a day that has
 * gone by, or under limits that came later, it would never pass, and its batch never close.
 */
export function standingVerdict({ files, verdict }: Case): Verdict | undefined {
  const sha256s = files.map((file) => file.sha256);
  const isOver = files.length > 0 && !files.some(({ state }) => isSendable(state));
  return isOver && isSame(verdict?.sha256s, sha256s) ? verdict : undefined;
}

/**
 * Moves every composed file to RECONCILED in one conditional write that names the SHA-256s that were judged.
 * Files further on stay where they are; a verdict that stands for the same files is not written again.
 * @param accepted the suspicions without which the set would not have passed
 * @throws StaleFence, BatchAbandoning; LedgerBroken if the set of files is no longer the one that was judged
 */
export async function passFiles(
  judged: Case,
  fence: number,
  nonce: string,
  report: string,
  accepted: readonly Acceptance[],
  ports: GatePorts,
): Promise<void> {
  const sha256s = judged.files.map((file) => file.sha256);
  const at = new Date(judged.now).toISOString();
  const verdict: Verdict = { sha256s, at, report, ...(accepted.length > 0 && { accepted }) };
  await changeStream(ports, judged.stream.name, nonce, (seen) => {
    const { batch } = held(seen, judged.batch.id, fence);
    const { files } = batch;
    const found = files?.map((file) => file.sha256);
    if (files === undefined || !isSame(found, sha256s)) {
      throw new LedgerBroken(`the files of batch ${judged.batch.id} are no longer those that were judged`);
    }
    if (isPassed(files, batch.verdict, sha256s)) return "done";
    if (batch.abandoning) throw new BatchAbandoning(`batch ${judged.batch.id} is being abandoned`);
    return {
      ...seen,
      batch: { ...batch, files: files.map((file) => passed(batch.id, file)), verdict },
    } satisfies StreamItem;
  });
}

function isPassed(
  files: readonly FileItem[],
  verdict: Verdict | undefined,
  sha256s: readonly string[],
): boolean {
  return isSame(verdict?.sha256s, sha256s) && files.every(({ state }) => state !== "COMPOSED");
}

function passed(batchId: string, file: FileItem): FileItem {
  if (file.state !== "COMPOSED") return file;
  return { ...file, state: moveFile(`file ${file.number} of batch ${batchId}`, file.state, "reconcile") };
}

function isSame(a: readonly string[] | undefined, b: readonly string[]): boolean {
  return a?.length === b.length && a.every((value, index) => value === b[index]);
}
