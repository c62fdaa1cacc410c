/** Milliseconds since 1970 of the simulation's own time. Nothing else has a clock but by it. */
export type Time = number;

/** Bank modes: whether the bank itself refuses a file that it has had before. Both must pass. */
export type BankMode = "deduplicates" | "books-everything";

/** Who makes a port call: one call of one function, alive until it returns, dies, or is forgotten. */
export interface Caller {
  /** `p17`, in the order of their beginning. */
  readonly id: string;
  /** The function's name in the app, such as `SubmitBankFile`. */
  readonly name: string;
  /** Absent for calls that belong to no execution, such as an operator's. */
  readonly execution?: string;
  readonly event: unknown;
  /** Of the configuration that its release runs with; absent where nobody's code writes. */
  readonly epoch?: number;
}

/** What reached a port, at the instant at which it took effect. */
export interface Effect {
  readonly type: "effect";
  readonly at: Time;
  readonly caller: Caller;
  readonly port: "ledger" | "objects" | "executions" | "changeCalendar" | "stacks";
  /** The port's method. */
  readonly method: string;
  readonly args: readonly unknown[];
  /** Of a write of one item or object: what stood there before, as it is stored; undefined if nothing did. */
  readonly before?: unknown;
  /** What the port answered, if it did. */
  readonly value?: unknown;
  /** What the port threw, if it did: then nothing was written. */
  readonly error?: unknown;
  /** The second arrival of a request that the network has doubled, or one whose caller no longer hears. */
  readonly unheard: boolean;
}

/** Everything that observers are told, in the order in which it happens. */
export type SimulationEvent =
  | Effect
  | { readonly type: "began"; readonly at: Time; readonly caller: Caller }
  | {
      /** A call ended in the eyes of whoever made it; a time-out may come long before its process is over. */
      readonly type: "ended";
      readonly at: Time;
      readonly caller: Caller;
      readonly value?: unknown;
      /** The name of the error that the caller saw. */
      readonly error?: string;
    }
  | {
      /** A fault that was injected; it counts if its caller has seen something else than without it. */
      readonly type: "fault";
      readonly at: Time;
      readonly caller: Caller;
      readonly kind: string;
      readonly label: string;
    }
  | {
      readonly type: "log";
      readonly at: Time;
      readonly caller: Caller;
      readonly line: { readonly state: string; readonly outcome: string; readonly [detail: string]: unknown };
    }
  | {
      readonly type: "count";
      readonly at: Time;
      readonly caller: Caller;
      readonly name: string;
      readonly stream: string;
      readonly value: number;
    }
  | {
      readonly type: "execution";
      readonly at: Time;
      readonly name: string;
      readonly status: "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";
      /** The release whose definition and functions it runs, pinned at its start. */
      readonly release: string;
      /** How often it has been redriven. */
      readonly redrives: number;
      readonly error?: string;
    }
  | {
      /** Something that a person, a schedule, a deployment or the bank does. */
      readonly type: "action";
      readonly at: Time;
      readonly who: string;
      readonly what: string;
      readonly target: string;
    };

/** A broken invariant: its name, and what was seen. Never thrown where a step could swallow it. */
export interface Violation {
  readonly invariant: string;
  readonly what: string;
}

/** Sees every event, and says what it breaks. Must be synchronous: nothing else happens meanwhile. */
export interface Observer {
  see(event: SimulationEvent): readonly Violation[];
}
