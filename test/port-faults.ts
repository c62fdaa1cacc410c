import { ConditionRefused, type Ledger, ObjectExists, type Objects } from "../lambdas/ports.ts";

/** What can go wrong between a step and its ports, as thin wrappers around a port. */

type Method = (...args: unknown[]) => Promise<unknown>;

/** One call of a port's method, on its way to the port. */
export interface Call {
  readonly method: string;
  readonly args: readonly unknown[];
  /** Lets the call reach the port. */
  readonly reach: () => Promise<unknown>;
}

/** The port with every call going through `through`. */
export function intercepted<Port extends object>(
  port: Port,
  through: (call: Call) => Promise<unknown>,
): Port {
  const methods: Record<string, Method> = {};
  for (const [method, original] of Object.entries(port) as [string, Method][]) {
    methods[method] = async (...args) =>
      through({ method, args, reach: async () => original.apply(port, args) });
  }
  return methods as Port;
}

/** A mishap that befalls one call: what reaches the port, and what the step gets instead of an answer. */
export type Mishap = (call: Call) => Promise<unknown>;

/** The call never reaches the port. */
export function lost(error: unknown): Mishap {
  return async () => {
    throw error;
  };
}

/** The call reaches the port, but its answer does not come back. */
export function answerLost(error: unknown): Mishap {
  return async ({ reach }) => {
    await reach();
    throw error;
  };
}

/** Calls that reach the port only after their caller has given up, when `land` is called. */
export class LateCalls {
  readonly #late: (() => Promise<unknown>)[] = [];

  /** A mishap: the step gets the error now. */
  late(error: unknown): Mishap {
    return async ({ reach }) => {
      this.#late.push(reach);
      throw error;
    };
  }

  /** Lets everything that is late arrive, in order; what the port says to it nobody hears. */
  async land(): Promise<number> {
    const arriving = this.#late.splice(0);
    for (const reach of arriving) await reach().catch(() => "nobody hears");
    return arriving.length;
  }
}

/** The port with a mishap on one method's n-th call, counted from 1, or on each of its calls. */
export function failing<Port extends object>(
  port: Port,
  method: keyof Port & string,
  mishap: Mishap,
  at: number | "always" = 1,
): Port {
  let calls = 0;
  return intercepted(port, async (call) => {
    if (call.method !== method) return call.reach();
    calls += 1;
    return at === "always" || calls === at ? mishap(call) : call.reach();
  });
}

/** An error as the SDK throws it. */
export function sdkError(name: string): Error {
  return Object.assign(new Error(`the service says ${name}`), { name });
}

/**
 * What an error says to its catcher: `transient`, it may be otherwise in a moment; `permanent`, it will be the same
 * every time; `condition` and `exists`, the store has judged; `unknown`, nothing that anybody could have foreseen.
 */
export type ErrorKind = "transient" | "permanent" | "condition" | "exists" | "unknown";

/** Of DynamoDB, S3, Step Functions and the SDK itself: worth another try, as a rule. */
const TRANSIENT = [
  "TimeoutError",
  "AbortError",
  "RequestTimeout",
  "RequestTimeoutException",
  "ThrottlingException",
  "Throttling",
  "TooManyRequestsException",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "SlowDown",
  "InternalServerError",
  "InternalError",
  "ServiceUnavailable",
  "TransactionConflictException",
  "TransactionInProgressException",
  "OperationAborted",
  "CredentialsProviderError",
];

const PERMANENT = [
  "AccessDeniedException",
  "AccessDenied",
  "UnrecognizedClientException",
  "ExpiredTokenException",
  "ResourceNotFoundException",
  "NoSuchBucket",
  "ValidationException",
  "SerializationException",
  "ItemCollectionSizeLimitExceededException",
  "KMSAccessDeniedException",
  "KMSDisabledException",
  "InvalidObjectState",
  "ExecutionLimitExceeded",
  "ExecutionNotRedrivable",
  // What the store itself calls a refusal: only the adapters may turn it into ConditionRefused or ObjectExists.
  "ConditionalCheckFailedException",
  "TransactionCanceledException",
  "PreconditionFailed",
];

/** As Node throws them: all are called Error, and their codes tell them apart. */
const SOCKETS = ["ECONNRESET", "ECONNREFUSED", "EPIPE", "ETIMEDOUT", "ENOTFOUND"];

/** Everything that a port may throw, and some things that nothing should. */
export const EVERY_ERROR: readonly (readonly [what: string, error: unknown, kind: ErrorKind])[] = [
  ...TRANSIENT.map((name) => [name, sdkError(name), "transient"] as const),
  ...SOCKETS.map(
    (code) => [code, Object.assign(new Error(`socket: ${code}`), { code }), "transient"] as const,
  ),
  ...PERMANENT.map((name) => [name, sdkError(name), "permanent"] as const),
  ["ConditionRefused", new ConditionRefused("refused"), "condition"],
  ["ObjectExists", new ObjectExists("exists"), "exists"],
  ["an error without a name", Object.assign(new Error("?"), { name: "" }), "unknown"],
  ["an error", new Error("?"), "unknown"],
  ["a text", "a text", "unknown"],
  ["an empty object", {}, "unknown"],
  ["a number", 0, "unknown"],
  ["nothing at all", undefined, "unknown"],
  ["null", null, "unknown"],
];

type Touched = { readonly ledger: Ledger; readonly objects: Objects };

/** The ports with every call of ledger and objects, numbered from 1 in the order of their beginning, given to `through`. */
export function numbered<P extends Touched>(
  ports: P,
  through: (call: Call, number: number) => Promise<unknown>,
): P {
  let calls = 0;
  const next = (call: Call) => {
    calls += 1;
    return through(call, calls);
  };
  return {
    ...ports,
    ledger: intercepted(ports.ledger, next),
    objects: intercepted(ports.objects, next),
  };
}

/** The ports with a mishap on their n-th call. */
export function befallen<P extends Touched>(ports: P, at: number, mishap: Mishap): P {
  return numbered(ports, (call, number) => (number === at ? mishap(call) : call.reach()));
}

/** The ports of a call whose process dies before its n-th call: neither that one nor any later one gets through. */
export function dying<P extends Touched>(ports: P, before: number): P {
  return numbered(ports, async (call, number) => {
    if (number >= before) throw new Error("the process is dead");
    return call.reach();
  });
}

/** How many calls of ledger and objects `run` makes when nothing goes wrong, by their methods. */
export async function callsOf<P extends Touched>(
  ports: P,
  run: (ports: P) => Promise<unknown>,
): Promise<string[]> {
  const methods: string[] = [];
  await run(
    numbered(ports, (call) => {
      methods.push(call.method);
      return call.reach();
    }),
  );
  return methods;
}

/** One of each kind, where every one of them would say the same at a higher price. */
export const SOME_ERRORS = EVERY_ERROR.filter(([what]) =>
  ["TimeoutError", "ConditionRefused", "a text", "nothing at all"].includes(what),
);
