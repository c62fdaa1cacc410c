import { fileName } from "./domain/batch.ts";
import { isInDoubt } from "./domain/moves.ts";
import type { FileItem, SubmissionItem } from "./domain/records.ts";
import { openBatch } from "./frozen-set.ts";
import type { Ledger } from "./ports.ts";

/** A file of which nobody can tell whether the bank has it, and the intent that makes it so. */
export interface InDoubt {
  readonly file: FileItem;
  readonly intent: SubmissionItem;
}

/**
 * The file, if it is in doubt: begun and not settled, and its intent stands. Also while the batch is being abandoned,
 * which leaves such a file alone.
 * @returns a sentence that says why it is not in doubt, otherwise
 * @throws as {@link openBatch}
 */
export async function fileInDoubt(
  ports: { readonly ledger: Ledger },
  batch: { readonly id: string; readonly stream: string },
  number: number,
): Promise<InDoubt | string> {
  const { files = [] } = await openBatch(ports, batch);
  const name = fileName(batch.id, number);
  const file = files.find((one) => one.number === number);
  if (file === undefined) return `there is no ${name}`;
  if (!isInDoubt(file.state)) return `${name} is not in doubt: it is ${file.state}`;
  const intent = await ports.ledger.readSubmission(batch.id, number);
  if (intent?.kind !== "INTENT") {
    return `no intent of ${name} stands, so a redrive proves without anybody that it was not sent`;
  }
  if (intent.sha256 !== file.sha256) return `the intent that stands is not of the bytes of ${name}`;
  return { file, intent };
}
