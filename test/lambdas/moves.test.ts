import { describe, expect, it } from "vitest";
import {
  BATCH_MOVES,
  type BatchEvent,
  FILE_MOVES,
  type FileEvent,
  IllegalMove,
  isSent,
  isSettled,
  moveBatch,
  moveFile,
} from "../../lambdas/domain/moves.ts";
import type { BatchStateName, FileStateName } from "../../lambdas/domain/records.ts";
import { FILE_STATES } from "../builders.ts";

/** The design's page, once more: every legal move of a file. What is not here must be refused. */
const LEGAL_FILE = [
  "COMPOSED reconcile RECONCILED",
  "COMPOSED withdraw WITHDRAWN",
  "RECONCILED submit SUBMITTING",
  "RECONCILED withdraw WITHDRAWN",
  "SUBMITTING confirm SUBMITTED",
  "SUBMITTING doubt UNKNOWN",
  "SUBMITTING void WITHDRAWN",
  "UNKNOWN confirm SUBMITTED",
  "UNKNOWN reject REJECTED",
  "UNKNOWN void WITHDRAWN",
  "SUBMITTED acknowledge ACKNOWLEDGED",
  "SUBMITTED reject REJECTED",
];
const LEGAL_BATCH = ["OPEN abandon ABANDONED", "OPEN close CLOSED"];

const EVENTS: readonly FileEvent[] = [
  "reconcile",
  "withdraw",
  "submit",
  "confirm",
  "doubt",
  "void",
  "reject",
  "acknowledge",
];
const BATCH_STATES = Object.keys(BATCH_MOVES) as BatchStateName[];
const BATCH_EVENTS: readonly BatchEvent[] = ["close", "abandon"];

function tried<State extends string, Event extends string>(
  states: readonly State[],
  events: readonly Event[],
  move: (state: State, event: Event) => string,
): { legal: string[]; refused: number } {
  const legal: string[] = [];
  let refused = 0;
  for (const state of states) {
    for (const event of events) {
      try {
        legal.push(`${state} ${event} ${move(state, event)}`);
      } catch (error) {
        expect(error).toBeInstanceOf(IllegalMove);
        expect((error as Error).message).toBe(`thing 7 is ${state}: "${event}" leads nowhere from there`);
        refused += 1;
      }
    }
  }
  return { legal: legal.sort(), refused };
}

describe("the table of moves", () => {
  it("has the design's moves of a file and no other, over every state and every event", () => {
    const { legal, refused } = tried(FILE_STATES, EVENTS, (state, event) =>
      moveFile("thing 7", state, event),
    );
    expect(legal).toEqual([...LEGAL_FILE].sort());
    expect(refused).toBe(8 * 8 - LEGAL_FILE.length);
  });

  it("has the design's moves of a batch and no other", () => {
    const { legal, refused } = tried(BATCH_STATES, BATCH_EVENTS, (state, event) =>
      moveBatch("thing 7", state, event),
    );
    expect(legal).toEqual(LEGAL_BATCH);
    expect(refused).toBe(4);
  });

  it("lists every event that was tried here, and no other", () => {
    const listed = FILE_STATES.flatMap((state) => Object.keys(FILE_MOVES[state]));
    expect([...new Set(listed)].sort()).toEqual([...EVENTS].sort());
  });

  it("leads to SUBMITTING from RECONCILED alone, and away from it only by evidence, a void or doubt", () => {
    const into = LEGAL_FILE.filter((move) => move.endsWith(" SUBMITTING"));
    expect(into).toEqual(["RECONCILED submit SUBMITTING"]);
    expect(Object.keys(FILE_MOVES.SUBMITTING).sort()).toEqual(["confirm", "doubt", "void"]);
  });

  it("refuses a move by a name that the runbook knows, with the thing, where it was and what was tried", () => {
    const named = { name: "IllegalMove", message: `thing 7 is WITHDRAWN: "submit" leads nowhere from there` };
    expect(() => moveFile("thing 7", "WITHDRAWN", "submit")).toThrow(expect.objectContaining(named));
  });

  it("calls settled what can close, and sent what the bank has", () => {
    const names = (test: (state: FileStateName) => boolean) => FILE_STATES.filter(test).sort();
    expect(names(isSettled)).toEqual(["ACKNOWLEDGED", "REJECTED", "SUBMITTED", "WITHDRAWN"]);
    expect(names(isSent)).toEqual(["ACKNOWLEDGED", "SUBMITTED"]);
  });
});
