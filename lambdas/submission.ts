import { fileName, twoDigits } from "./domain/batch.ts";
import { LedgerBroken, SubmissionUnknown } from "./domain/faults.ts";
import { type FileEvent, moveFile } from "./domain/moves.ts";
import type { FileItem, StreamItem, SubmissionItem } from "./domain/records.ts";
import type { Objects, Ports } from "./ports.ts";
import { sha256 } from "./stored-bytes.ts";
import type { HeldStream } from "./stream-change.ts";

/** The key under which the bank picks the file up. */
export function outboundKey(userId: string, batchId: string, file: number): string {
  return `${userId}/${batchId}-${twoDigits(file)}.aba`;
}

/** Where a file that was begun lies if it lies anywhere. Throws LedgerBroken for one that was not. */
export function deliveryKey(batchId: string, { number, submitting }: FileItem): string {
  if (submitting) return submitting.key;
  throw new LedgerBroken(
    `${fileName(batchId, number)} was never begun, so that there is no key to look under`,
  );
}

/** The stream's item after one file's move. Throws IllegalMove where the table has none, LedgerBroken without the file. */
export function movedFile(
  item: HeldStream,
  number: number,
  event: FileEvent,
  also: Partial<Pick<FileItem, "submitting" | "delivered" | "resolved">> = {},
): StreamItem {
  const { id, files: frozen } = item.batch;
  if (!frozen?.some((file) => file.number === number)) {
    throw new LedgerBroken(`${fileName(id, number)} is not in the frozen set`);
  }
  const files = frozen.map((file) =>
    file.number === number
      ? { ...file, ...also, state: moveFile(fileName(id, number), file.state, event) }
      : file,
  );
  return { ...item, batch: { ...item.batch, files } };
}

/** The proof that the bank has a file: a version under its key whose bytes have the judged SHA-256. */
export interface Evidence {
  readonly key: string;
  readonly version?: string;
}

/**
 * Looks through every version under the key, also those that the bank has removed since.
 * @returns the evidence; or whether something else lies there, or nothing at all
 */
export async function evidenceOf(
  objects: Objects,
  key: string,
  hash: string,
): Promise<Evidence | "something else" | "nothing"> {
  const versions = await objects.versions("outbound", key);
  for (const { version } of versions) {
    const stored = await objects.read("outbound", key, version === undefined ? {} : { version });
    if (stored && sha256(stored.bytes) === hash) return version === undefined ? { key } : { key, version };
  }
  return versions.length > 0 ? "something else" : "nothing";
}

/**
 * Puts a file's submission as VOID if it has none (rule 11): won is the proof that nothing was ever sent, and that
 * nothing ever will be, since every sender must first put INTENT in the same place.
 * @returns VOID, or the INTENT that was there first
 * @throws the store's error where the ledger does not say which of the two it is
 */
export async function voidSubmission(
  ports: Pick<Ports, "ledger">,
  submission: Omit<SubmissionItem, "kind">,
): Promise<SubmissionItem["kind"]> {
  try {
    await ports.ledger.createSubmission({ ...submission, kind: "VOID" });
    return "VOID";
  } catch (error) {
    const stored = await ports.ledger.readSubmission(submission.batchId, submission.number);
    if (stored === undefined) throw error;
    return stored.kind;
  }
}

/** The fault of a file of which nobody can tell whether the bank has it. */
export function unknown(batchId: string, file: number, why: string, cause?: unknown): SubmissionUnknown {
  return new SubmissionUnknown(`${fileName(batchId, file)} may or may not be with the bank: ${why}`, {
    cause,
  });
}
