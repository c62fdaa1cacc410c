import type { Random } from "./random.ts";

/**
 * What may befall one port call. `drop`: it never arrives. `lose`: it takes effect, and no answer comes back. `late`: it
 * takes effect long after its caller has given up. `twice`: the SDK has sent it again because the first answer was lost,
 * and only the second answer is heard. `throttle`, `error`: the service refuses it. `unknown`: something that is no
 * Error is thrown. `crash-before`, `crash-after`: the process dies around the effect. `pause`: the process sleeps after
 * it, long beyond its time-out, and wakes as a zombie. `corrupt`: other bytes are read. `stale`: an older answer is given.
 */
export const FAULT_KINDS = [
  "drop",
  "lose",
  "late",
  "twice",
  "throttle",
  "error",
  "unknown",
  "crash-before",
  "crash-after",
  "pause",
  "corrupt",
  "stale",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** Of an error: its name, or for `unknown` which thing. */
  readonly error: string;
  /** Whether an error comes although the call took effect. */
  readonly landed: boolean;
  /** How long something takes that is late or asleep (milliseconds). */
  readonly ms: number;
}

/** Which call a fault befalls, in words that hold when other calls come or go. */
export interface CallName {
  /** The call's process: function, batch, and the how manieth of these. */
  readonly process: string;
  /** `ledger.writeStream`, `objects.create.outbound`. */
  readonly label: string;
  /** The how manieth call of that label in its process, from 1. */
  readonly nth: number;
}

/** A fault as it was injected: enough to do it again. */
export interface Injected extends Fault, CallName {}

export interface FaultSource {
  /** The fault of this call, if any. */
  next(call: CallName, random: Random): Fault | undefined;
}

/** Names under which DynamoDB, S3, Step Functions and the SDK report that something did not work. */
const ERROR_NAMES = [
  "TimeoutError",
  "AbortError",
  "RequestTimeout",
  "NetworkingError",
  "ECONNRESET",
  "EPIPE",
  "InternalServerError",
  "InternalError",
  "ServiceUnavailable",
  "SlowDown",
  "ThrottlingException",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ItemCollectionSizeLimitExceededException",
  "TransactionConflictException",
  "TransactionCanceledException",
  "ReplicatedWriteConflictException",
  "ConditionalRequestConflict",
  "AccessDeniedException",
  "AccessDenied",
  "ExpiredTokenException",
  "UnrecognizedClientException",
  "CredentialsProviderError",
  "KMSInvalidStateException",
  "ResourceNotFoundException",
  "NoSuchBucket",
  "ValidationException",
  "SerializationException",
  "Error",
] as const;
const THROTTLES = [
  "ThrottlingException",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "SlowDown",
];
const GIVEN_UP = ["TimeoutError", "AbortError", "RequestTimeout", "ECONNRESET", "NetworkingError"];
const UNKNOWN_THINGS = ["text", "object", "undefined", "null", "number"] as const;

/** The thing that is thrown under that name. */
export function thrown(kind: FaultKind, name: string): unknown {
  if (kind !== "unknown") return Object.assign(new Error(`the service says ${name}`), { name });
  return { text: "it did not work", object: {}, undefined: undefined, null: null, number: 42 }[name];
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/**
 * Draws faults: each run switches each kind on or off and gives it a rate of its own, so that some runs meet one kind
 * often and others many kinds seldom.
 */
export class DrawnFaults implements FaultSource {
  readonly #rates: readonly (readonly [FaultKind, number])[];
  readonly #sleeps = new Map<string, number>();
  #on = true;

  /** @param random of the run */
  constructor(random: Random) {
    const level = random.pick([0.2, 0.4, 0.4, 0.8, 0.8, 2]);
    this.#rates = FAULT_KINDS.filter(() => random.chance(0.6)).map(
      (kind) => [kind, level * 0.0022 * (0.2 + random.next() * 2)] as const,
    );
  }

  /** One call more whose process sleeps over the answer, so long (milliseconds). */
  sleepsOver(call: CallName, ms: number): void {
    this.#sleeps.set(nameOf(call), ms);
  }

  /** From now on nothing goes wrong. */
  stop(): void {
    this.#on = false;
  }

  next(call: CallName, random: Random): Fault | undefined {
    // Drawn also when nothing goes wrong any more, so that a process draws the same latencies.
    let draw = random.next();
    if (!this.#on) return undefined;
    const ms = this.#sleeps.size > 0 ? this.#sleeps.get(nameOf(call)) : undefined;
    if (ms !== undefined) return { kind: "pause", error: "", landed: false, ms };
    for (const [kind, rate] of this.#rates) {
      if (!isPossible(kind, call.label)) continue;
      // What decides is attacked more often than what is read by the hundred.
      const weighted = rate * weightOf(call.label);
      if (draw < weighted) return drawnFault(kind, random);
      draw -= weighted;
    }
    return undefined;
  }
}

/** Faults that a list names; everything else goes well. */
export class ListedFaults implements FaultSource {
  readonly #faults: ReadonlyMap<string, Fault>;

  constructor(faults: readonly Injected[]) {
    this.#faults = new Map(faults.map((fault) => [nameOf(fault), fault]));
  }

  next(call: CallName): Fault | undefined {
    return this.#faults.get(nameOf(call));
  }
}

export function nameOf({ process, label, nth }: CallName): string {
  return `${process}/${label}/${nth}`;
}

function weightOf(label: string): number {
  if (label.startsWith("objects.create.outbound") || label.startsWith("ledger.createSubmission")) return 12;
  if (label.startsWith("ledger.writeStream") || label.startsWith("ledger.writeBatch")) return 4;
  if (label.startsWith("objects.versions") || label.startsWith("ledger.readSubmission")) return 4;
  if (label.startsWith("executions.") || label.startsWith("ledger.createFile")) return 4;
  return 1;
}

/** Which kinds a call can meet. */
export function isPossible(kind: FaultKind, label: string): boolean {
  if (kind === "corrupt") return label.startsWith("objects.read");
  // The ledger and the buckets answer consistently; only the state machine's answers may be old.
  if (kind === "stale") return label === "executions.describe";
  // A delivery is sent once, with retries off.
  return kind !== "twice" || label !== "objects.create.outbound";
}

function drawnFault(kind: FaultKind, random: Random): Fault {
  const error =
    kind === "unknown"
      ? random.pick(UNKNOWN_THINGS)
      : kind === "throttle"
        ? random.pick(THROTTLES)
        : kind === "error"
          ? random.pick(ERROR_NAMES)
          : random.pick(GIVEN_UP);
  const ms =
    kind === "late" || kind === "pause"
      ? Math.round(
          random.pick([5_000, MINUTE, 5 * MINUTE, 20 * MINUTE, 3 * HOUR, 30 * HOUR]) * (0.3 + random.next()),
        )
      : 0;
  return { kind, error, landed: random.chance(0.5), ms };
}
