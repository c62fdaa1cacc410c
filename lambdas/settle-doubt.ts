import type { FileItem } from "./domain/records.ts";
import type { Ports } from "./ports.ts";
import { changeStream, held } from "./stream-change.ts";
import { evidenceOf, movedFile, outboundKey, unknown, voidSubmission } from "./submission.ts";

/** Whose file it is and who asks. */
export interface Asker {
  readonly stream: string;
  readonly userId: string;
  readonly batchId: string;
  readonly nonce: string;
  /** The fence that the asker must still hold; a person who abandons holds whatever fence there is. */
  readonly fence: number | "any";
}

/**
 * Rule 11, for a file that is found SUBMITTING or UNKNOWN: evidence makes it SUBMITTED; else a VOID that was won
 * makes it WITHDRAWN; else it is UNKNOWN and everything stops.
 * @param cause what a delivery of the caller's own ended with, if it threw
 * @returns the file's state afterwards, SUBMITTED or WITHDRAWN
 * @throws SubmissionUnknown
 */
export async function settleDoubt(
  ports: Ports,
  asker: Asker,
  file: FileItem,
  cause?: unknown,
): Promise<"SUBMITTED" | "WITHDRAWN"> {
  const at = new Date(ports.clock.now()).toISOString();
  const { batchId, nonce } = asker;
  const move = async (event: "confirm" | "void" | "doubt", also: Pick<FileItem, "delivered"> = {}) => {
    await changeStream(ports, asker.stream, nonce, (seen) => {
      const mine = held(seen, asker.batchId, asker.fence);
      const now = mine.batch.files?.find((item) => item.number === file.number);
      const settled = { confirm: "SUBMITTED", void: "WITHDRAWN", doubt: "UNKNOWN" }[event];
      return now?.state === settled ? "done" : movedFile(mine, file.number, event, also);
    });
  };
  const evidence = await evidenceOf(
    ports.objects,
    outboundKey(asker.userId, batchId, file.number),
    file.sha256,
  );
  if (evidence) {
    await move("confirm", { delivered: { ...evidence, at } });
    return "SUBMITTED";
  }
  const kind = await voidSubmission(ports, { batchId, number: file.number, nonce, sha256: file.sha256, at });
  if (kind === "VOID") {
    await move("void");
    return "WITHDRAWN";
  }
  await move("doubt");
  throw unknown(
    batchId,
    file.number,
    "its intent stands and no version with its SHA-256 lies under its key",
    cause,
  );
}
