import type { FileStateName } from "../../../lambdas/domain/records.ts";
import type { ErrorKind } from "../../port-faults.ts";

/** What the code must do when a port call throws: the decisions, written by hand, from the design's rules. */

/**
 * How a call of a step must end.
 * - "that error": with the very thing that was thrown, and nothing is written any more
 * - "goes on": as if nothing had been thrown
 * - "believed": as if nothing had been thrown, though a truthful store could not have said so and nothing was written
 * - "doubt": as SubmissionUnknown with the file begun, and nothing is sent any more, nor called failed or withdrawn
 * - "left in doubt": an abandoned batch's file stays as it is, and is told to be in doubt; the others are withdrawn
 * - "refused": a deployment is refused by an answer, and nothing is written any more
 * - "given back": a deployment is refused, or ends with the very thing that was thrown, and holds nothing
 * - a fault's name: with that fault, and nothing is written any more
 */
export type End =
  | "that error"
  | "goes on"
  | "believed"
  | "doubt"
  | "left in doubt"
  | "refused"
  | "given back"
  | "LedgerBusy"
  | "LedgerBroken"
  | "BankFileDamaged"
  | "BatchUnknown"
  | "SubmissionUnknown";

/** One end for whatever was thrown, or others for what a store has judged. */
export type Ends = End | ({ readonly others: End } & Partial<Record<ErrorKind, End>>);

/** What is to be decided about one call. */
export interface Decision {
  /** The call never reached its port. */
  readonly lost: Ends;
  /** It did, and its answer was lost. Every write has this one, and no read: its loss leaves the same. */
  readonly landed?: Ends;
  /** The call and all later ones of its method throw. */
  readonly always?: { readonly lost: Ends; readonly landed?: Ends };
  /** Before an ObjectExists somebody else's bytes were put under the key. */
  readonly otherBytes?: End;
  /** The states of the files after it where they are not as if nothing had been thrown. */
  readonly files?: readonly FileStateName[];
  /** The states of the files after a second, undisturbed call, where that cannot mend it. */
  readonly afterwards?: readonly FileStateName[];
}

/** The end that the error must lead to. */
export function endOf(ends: Ends, kind: ErrorKind): End {
  return typeof ends === "string" ? ends : (ends[kind] ?? ends.others);
}

/** A read that has no answer decides nothing: neither "absent" nor "free" nor "mine". */
export const AS_IT_IS: Decision = { lost: "that error" };

/** A fact that cannot be read blocks: the same as a no, and told as one. */
export const BLOCKED: Decision = { lost: "refused" };

/** A write that may be made again by a second call as if for the first time. */
export const WRITE_AS_IT_IS: Decision = { lost: "that error", landed: "that error" };

/**
 * A decision on a stream's item or a batch's record: only what stands there afterwards says whether it was taken. Not
 * taken, it is taken again on what stands there now, a bounded number of times, and then the error goes on.
 */
export const PROVEN_BY_READING: Decision = {
  lost: "goes on",
  landed: "goes on",
  always: { lost: { condition: "LedgerBusy", others: "that error" }, landed: "goes on" },
};

/** A record that is put once: it stands there, or the error goes on. */
export const READ_BACK: Decision = { lost: "that error", landed: "goes on" };

/** A record under a key that nobody else can have: a refusal can only mean that it is there. */
export const MINE: Decision = {
  lost: { condition: "believed", others: "that error" },
  landed: { condition: "goes on", others: "that error" },
};

/** Bytes under a key that is made of their hash: what lies there is read and proven. */
export const BYTES_PROVEN: Decision = {
  lost: { exists: "BankFileDamaged", others: "that error" },
  landed: { exists: "goes on", others: "that error" },
  otherBytes: "BankFileDamaged",
};

/** A permanent record that may have been put by an earlier try: a refusal is no proof that it is there. */
export const RECORD_PROVEN: Decision = {
  lost: { condition: "LedgerBroken", others: "that error" },
  landed: { condition: "goes on", others: "that error" },
};

/** The object that decides a report's number: taken, the next number is tried. */
export const NUMBERED: Decision = {
  lost: { exists: "goes on", others: "that error" },
  landed: { exists: "goes on", others: "that error" },
};

/** Only a refusal means that somebody was faster, and then it is read who; a row is never excluded for an error. */
export const CLAIM: Decision = {
  lost: { condition: "goes on", others: "that error" },
  landed: "goes on",
  always: { lost: { condition: "LedgerBusy", others: "that error" }, landed: "goes on" },
};

/** A segment's record: refused and yet not there cannot be. */
export const SEGMENT: Decision = {
  lost: { condition: "LedgerBroken", others: "that error" },
  landed: "goes on",
};

/** A store that does not say what became of a begun file: it stays in doubt, and keeps the error as the cause. */
export function doubt(files: readonly FileStateName[], afterwards?: readonly FileStateName[]): Decision {
  return { lost: "doubt", files, ...(afterwards && { afterwards }) };
}
