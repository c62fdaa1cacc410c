import type { CallName, Fault, FaultKind, Injected } from "./faults.ts";
import { MINUTE } from "./scene.ts";
import type { Inclination } from "./matrix-person.ts";

/** The id of the batch that every scenario begins with. */
export const FIRST = "matrix-2026-10-06-01";

/**
 * `start`: a second execution of the batch by hand. `abandon`: the decision to abandon it, while it runs. `stop`: its
 * execution is stopped and redriven at once, while the function that it has called goes on.
 */
export type Beside = "start" | "abandon" | "stop";

/** A run of the matrix in which nothing goes wrong but what it is named for. */
export interface Scenario {
  readonly key: string;
  readonly title: string;
  /** What goes wrong in it by itself. */
  readonly faults: readonly Injected[];
  readonly inclination: Inclination;
  /** The share of excluded rows that the gate lets pass. */
  readonly tolerated: number;
  /**
   * What somebody does beside the first execution: so long after the schedule's time (milliseconds), or just when that
   * operation has been begun.
   */
  readonly beside: { readonly what: Beside; readonly at: number | CallName } | undefined;
  /** Where pairs of faults are tried on it too: nowhere, in its first batch, or in its successor as well. */
  readonly paired: "nowhere" | "first batch" | "whole";
  /** Whether it is the first scenario until a fault comes: then what differs is what a person makes of the fault. */
  readonly isFirstOneToo: boolean;
}

const PLAIN = {
  faults: [],
  inclination: "redrive",
  tolerated: 1,
  beside: undefined,
  paired: "nowhere",
  isFirstOneToo: false,
} as const;

function submitting(label: string, nth: number, kind: FaultKind, ms = 0): Injected {
  return { process: `SubmitBankFile:${FIRST}:1`, label, nth, kind, error: "TimeoutError", landed: false, ms };
}

export const SCENARIOS: readonly Scenario[] = [
  { ...PLAIN, key: "a", title: "everything goes well", paired: "first batch" },
  {
    ...PLAIN,
    key: "b",
    title: "the sender dies between the intent and the delivery of file 2, and the bank never gets it",
    faults: [submitting("objects.create.outbound", 2, "crash-before")],
    paired: "whole",
  },
  {
    ...PLAIN,
    key: "c",
    title: "the delivery of file 2 arrives when everybody has given it up",
    faults: [submitting("objects.create.outbound", 2, "late", 9 * MINUTE)],
  },
  { ...PLAIN, key: "d", title: "the gate stops the batch, and it is abandoned as a whole", tolerated: 0 },
  {
    ...PLAIN,
    key: "e",
    title: "the sender dies between two files, and the rest is abandoned",
    faults: [submitting("objects.read.bankFiles", 2, "crash-before")],
    inclination: "abandon",
    paired: "first batch",
  },
  { ...PLAIN, key: "f", title: "two executions of the batch at once", beside: { what: "start", at: 170 } },
  {
    ...PLAIN,
    key: "g",
    title: "composing dies, and the batch is continued",
    faults: [
      {
        process: `ComposeBankFile:${FIRST}:1`,
        label: "ledger.writeStream",
        nth: 1,
        kind: "crash-after",
        error: "TimeoutError",
        landed: true,
        ms: 0,
      },
    ],
    inclination: "continue",
  },
  {
    ...PLAIN,
    key: "h",
    title: "another execution takes the lock while files are being sent",
    beside: { what: "start", at: 5_950 },
  },
  {
    ...PLAIN,
    key: "i",
    title: "whatever fails first is abandoned",
    inclination: "abandon",
    isFirstOneToo: true,
  },
  {
    ...PLAIN,
    key: "j",
    title: "whatever fails first is continued",
    inclination: "continue",
    isFirstOneToo: true,
  },
];

/** What decides whether something is debited: tried also with a person who abandons instead of redriving. */
export function isDecisive(row: string): boolean {
  return /^(?:StageSegment ledger\.(?:readClaims|writeClaim)|SubmitBankFile (?:ledger\.(?:writeStream|readStream|createSubmission)|objects\.(?:create|versions)))/.test(
    row,
  );
}

export function scenarioOf(key: string): Scenario {
  const found = SCENARIOS.find((one) => one.key === key);
  if (found === undefined) throw new Error(`the matrix has no scenario ${key}`);
  return found;
}

/** One way in which one kind of fault can be. */
export interface Variant {
  readonly name: string;
  readonly kind: FaultKind;
  readonly fault: (op: CallName, index: number, timeoutSeconds: number) => Fault;
}

/** Names that the state machine repeats by itself, and names that end an execution, in turn. */
const ERRORS = [
  "InternalServerError",
  "AccessDeniedException",
  "ServiceUnavailable",
  "Error",
  "SlowDown",
  "ValidationException",
  "TransactionConflictException",
  "ResourceNotFoundException",
];
const THINGS = ["text", "object", "undefined", "null", "number"];
const TEN_DAYS = 10 * 24 * 60 * MINUTE;

function plain(kind: FaultKind, over: Partial<Fault> = {}): Variant["fault"] {
  return () => ({ kind, error: "TimeoutError", landed: false, ms: 0, ...over });
}

export const VARIANTS: readonly Variant[] = [
  { name: "drop", kind: "drop", fault: plain("drop") },
  { name: "lose", kind: "lose", fault: plain("lose") },
  // Six seconds: the state machine has tried again. A quarter of a minute: a person has.
  { name: "late-6s", kind: "late", fault: plain("late", { ms: 6_000 }) },
  { name: "late-15s", kind: "late", fault: plain("late", { ms: 15_000 }) },
  { name: "late-end", kind: "late", fault: plain("late", { ms: TEN_DAYS }) },
  { name: "twice", kind: "twice", fault: plain("twice") },
  {
    name: "throttle",
    kind: "throttle",
    fault: plain("throttle", { error: "ProvisionedThroughputExceededException" }),
  },
  { name: "error", kind: "error", fault: (_op, index) => named("error", ERRORS, index, false) },
  { name: "error-landed", kind: "error", fault: (_op, index) => named("error", ERRORS, index + 1, true) },
  { name: "unknown", kind: "unknown", fault: (_op, index) => named("unknown", THINGS, index, false) },
  {
    name: "unknown-landed",
    kind: "unknown",
    fault: (_op, index) => named("unknown", THINGS, index + 1, true),
  },
  { name: "crash-before", kind: "crash-before", fault: plain("crash-before") },
  { name: "crash-after", kind: "crash-after", fault: plain("crash-after") },
  // The zombie wakes when a person has redriven what its time-out has ended.
  {
    name: "pause",
    kind: "pause",
    fault: (_op, _index, seconds) => ({
      kind: "pause",
      error: "",
      landed: false,
      ms: seconds * 1000 + 18_000,
    }),
  },
  { name: "pause-end", kind: "pause", fault: plain("pause", { ms: TEN_DAYS }) },
  { name: "corrupt", kind: "corrupt", fault: plain("corrupt") },
  { name: "stale", kind: "stale", fault: plain("stale") },
];

function named(kind: FaultKind, names: readonly string[], index: number, landed: boolean): Fault {
  return { kind, error: names[index % names.length] as string, landed, ms: 0 };
}

/** A call whose answer takes so long that others do much meanwhile, and not so long that its caller would be given up. */
export function slow(op: CallName): Injected {
  return { ...op, kind: "pause", error: "", landed: false, ms: 8_000 };
}

export function variantOf(name: string): Variant {
  const found = VARIANTS.find((one) => one.name === name);
  if (found === undefined) throw new Error(`the matrix has no fault ${name}`);
  return found;
}

/** Whether a call only reads: whether and when it arrives then makes no difference to anybody but its caller. */
export function isRead(label: string): boolean {
  return /^(?:ledger|objects|executions)\.(?:read|versions|list|describe)/.test(label);
}
