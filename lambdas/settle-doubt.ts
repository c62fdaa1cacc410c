import { Fault, LedgerBroken, LedgerBusy } from "./domain/faults.ts";
import type { FileItem, FileStateName } from "./domain/records.ts";
import type { Ports } from "./ports.ts";
import { changeStream, type HeldStream, held } from "./stream-change.ts";
import { evidenceOf, fileName, movedFile, outboundKey, unknown, voidSubmission } from "./submission.ts";

/** Whose file it is and who asks. */
export interface Asker {
  readonly stream: string;
  readonly userId: string;
  readonly batchId: string;
  readonly nonce: string;
  /** The fence that the asker must still hold; a person who abandons holds whatever fence there is. */
  readonly fence: number | "any";
}

export type Settled = "SUBMITTED" | "WITHDRAWN" | "REJECTED";

/**
 * Rule 11, for a file that is found SUBMITTING or UNKNOWN: evidence makes it SUBMITTED; else a VOID that was won
 * makes it WITHDRAWN; else it is UNKNOWN and everything stops. What another call has proven meanwhile stands.
 * @param cause what a delivery of the caller's own ended with, if it threw
 * @throws SubmissionUnknown, also where a store gives no answer: while nobody can tell, it is doubt
 */
export async function settleDoubt(
  ports: Ports,
  asker: Asker,
  file: FileItem,
  cause?: unknown,
): Promise<Settled> {
  const at = new Date(ports.clock.now()).toISOString();
  const { batchId, nonce } = asker;
  const { number, sha256 } = file;
  const inDoubt =
    (why: string) =>
    (error: unknown): never => {
      throw unknown(batchId, number, why, error);
    };
  const evidence = await evidenceOf(ports.objects, outboundKey(asker.userId, batchId, number), sha256).catch(
    inDoubt("the store does not say what lies under its key"),
  );
  if (evidence) {
    await moved(ports, asker, number, "confirm", { delivered: { ...evidence, at } });
    return "SUBMITTED";
  }
  const kind = await voidSubmission(ports, { batchId, number, nonce, sha256, at }).catch(
    inDoubt("the ledger does not say whether its intent stands"),
  );
  if (kind === "VOID") {
    await moved(ports, asker, number, "void");
    return "WITHDRAWN";
  }
  const state = await moved(ports, asker, number, "doubt").catch((error: unknown) => {
    // A doubt that cannot be written down is no less a doubt; that somebody else holds the lock now says more.
    if (error instanceof Fault && !(error instanceof LedgerBusy)) throw error;
    return inDoubt("its intent stands, and the ledger does not take down that it is unknown")(error);
  });
  if (state === "UNKNOWN") {
    const why = "its intent stands, and no version with its SHA-256 lies under its key";
    throw unknown(batchId, number, why, cause);
  }
  return state === "WITHDRAWN" || state === "REJECTED" ? state : "SUBMITTED";
}

/** Where each event is already true, or no longer needs saying because another call has a proof. */
const DONE: Record<"confirm" | "void" | "doubt", readonly FileStateName[]> = {
  confirm: ["SUBMITTED", "ACKNOWLEDGED"],
  void: ["WITHDRAWN"],
  doubt: ["UNKNOWN", "SUBMITTED", "ACKNOWLEDGED", "WITHDRAWN", "REJECTED"],
};

/** Moves the file unless that is done; returns the state in which it is then. */
async function moved(
  ports: Ports,
  asker: Asker,
  number: number,
  event: keyof typeof DONE,
  also: Pick<FileItem, "delivered"> = {},
): Promise<FileStateName> {
  const stateIn = (item: HeldStream) => {
    const file = item.batch.files?.find((one) => one.number === number);
    if (!file) throw new LedgerBroken(`${fileName(asker.batchId, number)} is not in the frozen set`);
    return file.state;
  };
  const item = await changeStream(ports, asker.stream, asker.nonce, (seen) => {
    const mine = held(seen, asker.batchId, asker.fence);
    const state = stateIn(mine);
    return DONE[event].includes(state) ? "done" : movedFile(mine, number, event, also);
  });
  return stateIn(held(item, asker.batchId, asker.fence));
}
