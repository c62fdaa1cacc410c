/** What a command ended with, everywhere: start, ops, and whatever CI calls. */
export const EXIT = {
  done: 0,
  fault: 1,
  wrongInput: 2,
  refused: 3,
  gateFailed: 4,
  unknown: 5,
} as const;

export type Status = "CLOSED" | "ALREADY_CLOSED" | "FAILED" | "REFUSED" | "UNKNOWN";

/** Refusals: nothing is wrong, but not now. Everything else that fails is a fault. */
const REFUSALS: ReadonlySet<string> = new Set([
  "LockHeld",
  "StreamPaused",
  "DeployInProgress",
  "CutOffPassed",
  "BatchAbandoned",
  "BatchAbandoning",
  "BatchClosed",
  "ExecutionNotEnded",
  "ExecutionNotRedrivable",
  "CallerRefused",
  "NotAllowed",
  "ProposalRefused",
  "ApprovalRefused",
  "not-a-business-day",
  "too-late",
  "past-cut-off",
]);

/** What somebody gave us is wrong. */
const WRONG_INPUT: ReadonlySet<string> = new Set([
  "DueListMismatch",
  "BatchUnknown",
  "StreamUnknown",
  "ProposalUnknown",
  "RequestMalformed",
]);

/** The status that an error's name stands for. */
export function statusOf(errorName: string): Exclude<Status, "CLOSED" | "ALREADY_CLOSED"> {
  if (errorName === "SubmissionUnknown") return "UNKNOWN";
  return REFUSALS.has(errorName) ? "REFUSED" : "FAILED";
}

/** The exit code that follows a result object. */
export function exitCode(status: Status, errorName?: string): number {
  switch (status) {
    case "CLOSED":
    case "ALREADY_CLOSED":
      return EXIT.done;
    case "REFUSED":
      return EXIT.refused;
    case "UNKNOWN":
      return EXIT.unknown;
    case "FAILED":
      if (errorName === "GateFailed") return EXIT.gateFailed;
      return WRONG_INPUT.has(errorName ?? "") ? EXIT.wrongInput : EXIT.fault;
  }
}
