import { fileName } from "./domain/batch.ts";
import { Fault, LedgerBroken, LedgerBusy } from "./domain/faults.ts";
import type { FileEvent } from "./domain/moves.ts";
import type { FileItem, FileStateName, Resolution, SubmissionItem } from "./domain/records.ts";
import { arrivedBy, resolutionOf } from "./domain/resolution.ts";
import type { Ports } from "./ports.ts";
import { sha256OfText } from "./proposal-hash.ts";
import { changeStream, type HeldStream, held } from "./stream-change.ts";
import { deliveryKey, type Evidence, evidenceOf, movedFile, unknown, voidSubmission } from "./submission.ts";

/** Whose file it is and who asks. */
export interface Asker {
  readonly stream: string;
  readonly batchId: string;
  readonly nonce: string;
  /** The fence that the asker must still hold; a person who abandons holds whatever fence there is. */
  readonly fence: number | "any";
}

export type Settled = "SUBMITTED" | "WITHDRAWN" | "REJECTED";

/**
 * Rule 11, for a file that is found SUBMITTING or UNKNOWN: evidence makes it SUBMITTED; else a VOID that was won
 * makes it WITHDRAWN; else it is what two people have said of it on the bank's evidence; else it is UNKNOWN and
 * everything stops. What another call has proven meanwhile stands.
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
  const key = deliveryKey(batchId, file);
  const look = () =>
    evidenceOf(ports.objects, key, sha256).catch(inDoubt("the store does not say what lies under its key"));
  const confirmed = async (evidence: Evidence): Promise<Settled> => {
    await moved(ports, asker, number, "confirm", SENT, { delivered: { ...evidence, at } });
    return "SUBMITTED";
  };
  const found = await look();
  if (typeof found === "object") return confirmed(found);
  const kind = await voidSubmission(ports, { batchId, number, nonce, sha256, at }).catch(
    inDoubt("the ledger does not say whether its intent stands"),
  );
  if (kind === "VOID") {
    await moved(ports, asker, number, "void", ["WITHDRAWN"]);
    return "WITHDRAWN";
  }
  const doubted = await moved(ports, asker, number, "doubt", ["UNKNOWN", ...OVER]).catch((error: unknown) => {
    // A doubt that cannot be written down is no less a doubt; that somebody else holds the lock now says more.
    if (error instanceof Fault && !(error instanceof LedgerBusy)) throw error;
    return inDoubt("its intent stands, and the ledger does not take down that it is unknown")(error);
  });
  if (doubted !== "UNKNOWN") return settledAs(doubted);
  const { intent, said } = await saidOf(ports, batchId, number, sha256).catch(
    inDoubt("the ledger does not say whether it was resolved"),
  );
  if (said === undefined) {
    const why = "its intent stands, and no version with its SHA-256 lies under its key";
    const ask = intent ? `; ask the bank after ${arrivedBy(intent.at)}` : "";
    throw unknown(batchId, number, why + ask, cause);
  }
  if (said.outcome === "rejected") {
    // This call may have looked before a delivery arrived, and been held up until people had decided.
    const now = await look();
    if (typeof now === "object") return confirmed(now);
    // As long as anything lies there, whatever it reads as, nobody says that nothing does.
    if (now !== "nothing") {
      throw unknown(batchId, number, "it was resolved as rejected, and something lies under its key", cause);
    }
  }
  const resolved = { ...said, at: new Date(ports.clock.now()).toISOString() };
  const event = said.outcome === "rejected" ? "reject" : "confirm";
  return settledAs(await moved(ports, asker, number, event, OVER, { resolved }));
}

/** The intent that stands for the file, and what two people have said of it, as far as it counts. */
async function saidOf(
  { ledger }: Pick<Ports, "ledger">,
  batchId: string,
  number: number,
  sha256: string,
): Promise<{ readonly intent?: SubmissionItem; readonly said?: Omit<Resolution, "at"> | undefined }> {
  const [intent, proposals, approvals] = await Promise.all([
    ledger.readSubmission(batchId, number),
    ledger.readProposals(batchId),
    ledger.readApprovals(batchId),
  ]);
  if (intent?.kind !== "INTENT" || intent.sha256 !== sha256) return {};
  return { intent, said: resolutionOf(intent, proposals, approvals, sha256OfText) };
}

/** How a file's fate is settled that is in one of the states of {@link OVER}. */
function settledAs(state: FileStateName): Settled {
  // Only moves that are over come here: a file that is neither withdrawn nor rejected then is with the bank.
  return state === "WITHDRAWN" || state === "REJECTED" ? state : "SUBMITTED";
}

const SENT = ["SUBMITTED", "ACKNOWLEDGED"] as const;

/** What another call may have made of a file meanwhile: whatever it is, there was a proof of it. */
const OVER = ["SUBMITTED", "ACKNOWLEDGED", "WITHDRAWN", "REJECTED"] as const;

/** Moves the file unless it is in one of the states of `done`; returns the state in which it is then. */
async function moved(
  ports: Ports,
  asker: Asker,
  number: number,
  event: FileEvent,
  done: readonly FileStateName[],
  also: Pick<FileItem, "delivered" | "resolved"> = {},
): Promise<FileStateName> {
  const stateIn = (item: HeldStream) => {
    const file = item.batch.files?.find((one) => one.number === number);
    if (!file) throw new LedgerBroken(`${fileName(asker.batchId, number)} is not in the frozen set`);
    return file.state;
  };
  const item = await changeStream(ports, asker.stream, asker.nonce, (seen) => {
    const mine = held(seen, asker.batchId, asker.fence);
    const state = stateIn(mine);
    return done.includes(state) ? "done" : movedFile(mine, number, event, also);
  });
  return stateIn(held(item, asker.batchId, asker.fence));
}
