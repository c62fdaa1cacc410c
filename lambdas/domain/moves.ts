import { Fault } from "./faults.ts";
import type { BatchStateName, FileStateName } from "./records.ts";

/**
 * Every legal move, as state × event: what is not listed cannot happen. A file's move is one conditional
 * write on the stream's item while its batch is open.
 */
export const FILE_MOVES = {
  COMPOSED: { reconcile: "RECONCILED", withdraw: "WITHDRAWN" },
  RECONCILED: { submit: "SUBMITTING", withdraw: "WITHDRAWN" },
  SUBMITTING: { confirm: "SUBMITTED", doubt: "UNKNOWN", void: "WITHDRAWN" },
  UNKNOWN: { confirm: "SUBMITTED", void: "WITHDRAWN", reject: "REJECTED" },
  SUBMITTED: { acknowledge: "ACKNOWLEDGED", reject: "REJECTED" },
  ACKNOWLEDGED: {},
  WITHDRAWN: {},
  REJECTED: {},
} as const satisfies Record<FileStateName, Partial<Record<string, FileStateName>>>;

export type FileEvent = {
  [State in FileStateName]: keyof (typeof FILE_MOVES)[State];
}[FileStateName];

export const BATCH_MOVES = {
  OPEN: { close: "CLOSED", abandon: "ABANDONED" },
  CLOSED: {},
  ABANDONED: {},
} as const satisfies Record<BatchStateName, Partial<Record<string, BatchStateName>>>;

export type BatchEvent = { [State in BatchStateName]: keyof (typeof BATCH_MOVES)[State] }[BatchStateName];

/** A move that the table does not list. Its message names the thing, where it was and what was tried. */
export class IllegalMove extends Fault {
  override readonly name = "IllegalMove";
}

/** The state that `event` leads to from `state`. Throws {@link IllegalMove}, naming `thing`. */
export function moveFile(thing: string, state: FileStateName, event: FileEvent): FileStateName {
  const next = (FILE_MOVES[state] as Partial<Record<FileEvent, FileStateName>>)[event];
  if (next === undefined) throw new IllegalMove(`${thing} is ${state}: "${event}" leads nowhere from there`);
  return next;
}

/** As {@link moveFile}, for a batch. */
export function moveBatch(thing: string, state: BatchStateName, event: BatchEvent): BatchStateName {
  const next = (BATCH_MOVES[state] as Partial<Record<BatchEvent, BatchStateName>>)[event];
  if (next === undefined) throw new IllegalMove(`${thing} is ${state}: "${event}" leads nowhere from there`);
  return next;
}

/** States in which a file's fate is settled as far as its batch is concerned. */
export function isSettled(state: FileStateName): boolean {
  return state === "SUBMITTED" || state === "ACKNOWLEDGED" || state === "WITHDRAWN" || state === "REJECTED";
}

/** States in which nobody knows whether the bank has the file. */
export function isInDoubt(state: FileStateName): boolean {
  return state === "SUBMITTING" || state === "UNKNOWN";
}

/** States from which a file could still be handed to the bank. */
export function isSendable(state: FileStateName): boolean {
  return state === "COMPOSED" || state === "RECONCILED";
}

/** States in which the bank has the file as far as anybody can prove. */
export function isSent(state: FileStateName): boolean {
  return state === "SUBMITTED" || state === "ACKNOWLEDGED";
}
