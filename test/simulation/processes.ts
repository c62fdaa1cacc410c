import { clockFrom } from "../../lambdas/adapters/clock.ts";
import type { Configuration } from "../../lambdas/domain/stream.ts";
import type {
  ChangeCalendar,
  Clock,
  Executions,
  Instant,
  Ledger,
  Objects,
  Stacks,
} from "../../lambdas/ports.ts";
import type { Caller, Effect, SimulationEvent } from "./events.ts";
import {
  type CallName,
  type Fault,
  type FaultKind,
  type FaultSource,
  type Injected,
  thrown,
} from "./faults.ts";
import { callFunction, type EveryPort } from "./functions.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

/** The stores and the state machine as they are, without a network before them. */
export interface Backing {
  readonly ledger: Ledger;
  readonly objects: Objects;
  readonly executions: Executions;
}

export interface ProcessesOptions {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly faults: FaultSource;
  readonly backing: Backing;
  readonly configurationOf: (release: string) => Configuration;
  readonly timeoutSecondsOf: (functionName: string) => number;
  readonly emit: (event: SimulationEvent) => void;
  /** What a process makes of a port's answer: the answer itself, unless its code is mistaken. */
  readonly misread: (caller: Caller, method: string, args: readonly unknown[], answer: unknown) => unknown;
  /** Whether a starter's idempotency record is there: it may be forgotten, since it guards nothing. */
  readonly startedBefore: Map<string, string>;
}

/** A Lambda invocation from its beginning until nothing of it moves any more. */
interface Process {
  readonly caller: Caller;
  /** Function, batch and which of these: the same when other processes come or go. */
  readonly key: string;
  readonly random: Random;
  /** What decides about faults, apart: a stored list of faults draws nothing, and must find the same latencies. */
  readonly chance: Random;
  readonly endsAt: number;
  readonly skewMs: number;
  /** Calls so far by label. */
  readonly calls: Map<string, number>;
  alive: boolean;
  /** Until then it neither hears nor does anything. */
  asleepUntil: number;
  /** Whether whoever has called it still waits. */
  heard: boolean;
  /** Tells whoever waits, once. */
  end: (told: Arrived) => void;
}

const SKEW_MS = 60_000;
/** A delivery that is under way arrives within this time after it was sent, or never. */
const LATEST_DELIVERY_MS = 10 * 60_000;

/** Runs the app's functions as processes whose every port call travels, and may come to grief on its way. */
export class Processes {
  readonly #options: ProcessesOptions;
  readonly #occurrences = new Map<string, number>();
  readonly #told = new Map<string, unknown>();
  #begun = 0;
  readonly injected: Injected[] = [];

  constructor(options: ProcessesOptions) {
    this.#options = options;
  }

  /**
   * Invokes a function and waits for its answer. It rejects with what the function has thrown, or as the Lambda
   * service does when the process has died or its time is over; the process may live on.
   */
  invoke(name: string, event: unknown, release: string, execution?: string): Promise<unknown> {
    const { scheduler, random, emit, timeoutSecondsOf } = this.#options;
    this.#begun += 1;
    const subject = subjectOf(event);
    const occurrence = (this.#occurrences.get(`${name}:${subject}`) ?? 0) + 1;
    this.#occurrences.set(`${name}:${subject}`, occurrence);
    const key = `${name}:${subject}:${occurrence}`;
    const own = random.fork(key);
    const caller: Caller = {
      id: `p${this.#begun}`,
      name,
      event,
      epoch: this.#options.configurationOf(release).epoch,
      ...(execution !== undefined && { execution }),
    };
    const startUp = own.int(5, 150);
    const limitMs = timeoutSecondsOf(name) * 1000;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const process: Process = {
      caller,
      key,
      random: own,
      chance: own.fork("faults"),
      endsAt: scheduler.now + startUp + limitMs,
      skewMs: own.int(-SKEW_MS, SKEW_MS),
      calls: new Map(),
      alive: true,
      asleepUntil: 0,
      heard: true,
      end: (told) => {
        if (!process.heard) return;
        process.heard = false;
        const said = "error" in told ? { error: errorName(told.error) } : { value: told.value };
        emit({ type: "ended", at: scheduler.now, caller, ...said });
        if ("error" in told) reject(told.error);
        else resolve(told.value);
      },
    };
    scheduler.after(startUp, `${key} begins`, () => {
      emit({ type: "began", at: scheduler.now, caller });
      void this.#run(process, release, limitMs);
    });
    scheduler.after(startUp + limitMs, `${key} times out`, () => {
      if (!process.heard) return;
      // The service stops what it times out; one that it only freezes wakes when nobody waits for it any more.
      if (process.asleepUntil <= scheduler.now || own.chance(0.3)) process.alive = false;
      process.end({ error: named("Sandbox.Timedout", `${name} timed out`) });
    });
    return promise;
  }

  /** The function from its first instruction to its last; a process that dies or sleeps for ever never comes to it. */
  async #run(process: Process, release: string, limitMs: number): Promise<void> {
    const { name, event } = process.caller;
    let told: Arrived;
    try {
      told = { value: await callFunction(name, event, this.#ports(process, release), limitMs) };
    } catch (error) {
      told = { error };
    }
    await this.#awake(process);
    process.end(told);
  }

  #ports(process: Process, release: string): EveryPort {
    const { scheduler, emit, backing, configurationOf, startedBefore } = this.#options;
    const { caller } = process;
    let nonces = 0;
    const clock = clockFrom(() => (scheduler.now + process.skewMs) as Instant);
    return {
      configuration: configurationOf(release),
      ledger: this.#travelling(process, "ledger", backing.ledger),
      objects: this.#travelling(process, "objects", backing.objects),
      executions: this.#travelling(process, "executions", {
        start: (name, input) => backing.executions.start(name, input),
        describe: (name) => backing.executions.describe(name),
        redrive: (name) => backing.executions.redrive(name),
      }),
      clock: {
        now: clock.now,
        instantOf: (date, time, zone) =>
          remembered(instants, `${date} ${time} ${zone}`, () => clock.instantOf(date, time, zone)),
        // Offsets are whole quarters of an hour, so that midnight never falls inside of one.
        dateAt: (instant, zone) =>
          remembered(dates, `${Math.floor(instant / QUARTER_MS)} ${zone}`, () => clock.dateAt(instant, zone)),
      },
      nonce: () => {
        nonces += 1;
        return `${caller.id}-${nonces}`;
      },
      log: { decision: (line) => emit({ type: "log", at: scheduler.now, caller, line }) },
      metrics: {
        count: (name, stream, value = 1) =>
          emit({ type: "count", at: scheduler.now, caller, name, stream, value }),
      },
      changeCalendar: this.#travelling(process, "changeCalendar", OPEN_CALENDAR),
      stacks: this.#travelling(process, "stacks", STANDING_STACKS),
      billingStack: "DebitOnce-prod-Billing",
      // Without schedules nothing is due, so that deployments come as near to batches as they can.
      schedules: false,
      once: async (key, fingerprint, _remainingMs, run) => {
        const before = startedBefore.get(key);
        if (before === fingerprint && process.random.chance(0.7)) return "repeated";
        await run();
        startedBefore.set(key, fingerprint);
        return before === undefined ? "ran" : "repeated";
      },
    };
  }

  /** The port with each of its calls on a journey of its own. */
  #travelling<Port extends object>(process: Process, port: Effect["port"], target: Port): Port {
    const methods = Object.entries(target).map(([method, original]) => [
      method,
      (...args: unknown[]) => {
        const reach = () => (original as (...given: unknown[]) => Promise<unknown>).apply(target, args);
        return this.#travel(process, { port, method, args, reach });
      },
    ]);
    return Object.fromEntries(methods) as Port;
  }

  /** A call from its process to the port and back, with the fault that may befall it on its way. */
  async #travel(process: Process, call: PortCall): Promise<unknown> {
    const { scheduler, faults } = this.#options;
    const label = labelOf(call);
    const nth = (process.calls.get(label) ?? 0) + 1;
    process.calls.set(label, nth);
    if (!process.alive) return never();
    const name: CallName = { process: process.key, label, nth };
    const out = latency(process.random);
    const back = latency(process.random);
    const fault = faults.next(name, process.chance);
    if (fault) this.injected.push({ ...name, ...fault });
    const told = await this.#journey(process, call, { ...name, out, back, fault });
    if (told === undefined) return never();
    await scheduler.sleep(told.after, label);
    await this.#awake(process);
    if (told.counts) this.#count(process, told.counts, label);
    if ("error" in told) throw told.error;
    return told.value;
  }

  /** What the process will be told of its call, and how long after; undefined if never anything. */
  async #journey(
    process: Process,
    call: PortCall,
    { out, back, fault, ...name }: Way,
  ): Promise<Told | undefined> {
    const { scheduler } = this.#options;
    const { label } = name;
    const later = (ms: number) =>
      scheduler.after(ms, label, () => {
        void this.#arrive(process, call, true);
      });
    const landed = async (unheard = false) => {
      await scheduler.sleep(out, label);
      return this.#arrive(process, call, unheard);
    };
    if (fault === undefined) return { ...(await landed()), after: back };
    const { kind, error } = fault;
    const refused = { error: thrown(kind, error), counts: kind };
    // A client waits for its answer before it gives up.
    const givenUp = 2_000 + 5 * (out + back);
    switch (kind) {
      case "drop":
        return { ...refused, after: givenUp };
      case "throttle":
        return { ...refused, after: out + back };
      case "error":
      case "unknown":
        if (fault.landed) later(out);
        return { ...refused, after: out + back };
      case "lose":
        later(out);
        return { ...refused, after: givenUp };
      case "late": {
        const ms = label === "objects.create.outbound" ? Math.min(fault.ms, LATEST_DELIVERY_MS) : fault.ms;
        later(Math.max(ms, givenUp + 1));
        return { ...refused, after: givenUp };
      }
      case "twice": {
        const first = await landed(true);
        await scheduler.sleep(100 + back, label);
        const second = await this.#arrive(process, call, false);
        const differs = "error" in first !== "error" in second;
        return { ...second, after: back, ...(differs && { counts: kind }) };
      }
      case "crash-before":
        this.#die(process, label, kind);
        return undefined;
      case "crash-after":
        await landed(true);
        this.#die(process, label, kind);
        return undefined;
      case "pause": {
        await scheduler.sleep(out, label);
        process.asleepUntil = Math.max(process.asleepUntil, scheduler.now + fault.ms);
        if (process.heard && process.asleepUntil > process.endsAt) this.#count(process, kind, label);
        return { ...(await this.#arrive(process, call, false)), after: back };
      }
      case "corrupt":
        return { ...this.#corrupted(process, name, await landed()), after: back };
      case "stale": {
        await scheduler.sleep(out, label);
        // Before this very call is told what is true.
        const older = this.#told.get(String(call.args[0]));
        const found = await this.#arrive(process, call, false);
        const isOlder = "value" in found && JSON.stringify(found.value) !== JSON.stringify(older);
        return isOlder ? { value: older, after: back, counts: kind } : { ...found, after: back };
      }
    }
  }

  /** The call takes effect: all of it in one instant. */
  async #arrive(process: Process, call: PortCall, unheard: boolean): Promise<Arrived> {
    const { port, method, args, reach } = call;
    const { scheduler, emit, backing } = this.#options;
    const before = await standing(backing.ledger, port, method, args);
    const effect = {
      type: "effect",
      at: scheduler.now,
      caller: process.caller,
      port,
      method,
      args,
      unheard,
    } as const;
    const had = before === undefined ? {} : { before };
    // Only what the port says is caught: what a judge throws must not look like an answer of the store.
    const said = await answered(reach);
    if ("value" in said && method === "describe") this.#told.set(String(args[0]), said.value);
    emit({ ...effect, ...had, ...said });
    return "value" in said ? { value: this.#misread(process, call, said.value) } : said;
  }

  /** When the process can hear again: at once, when it wakes, or, if it is dead, never. */
  async #awake(process: Process): Promise<void> {
    const { scheduler, emit } = this.#options;
    if (!process.alive) return never();
    if (process.asleepUntil <= scheduler.now) return undefined;
    await scheduler.sleep(process.asleepUntil - scheduler.now, `${process.key} wakes`);
    if (!process.alive) return never();
    if (!process.heard) {
      const { id } = process.caller;
      emit({ type: "action", at: scheduler.now, who: id, what: "wake", target: id });
    }
    return undefined;
  }

  #die(process: Process, label: string, kind: FaultKind): void {
    process.alive = false;
    if (!process.heard) return;
    this.#count(process, kind, label);
    this.#options.scheduler.after(500, `${process.key} is found dead`, () =>
      process.end({ error: named("Runtime.ExitError", `${process.caller.name} exited`) }),
    );
  }

  #corrupted(process: Process, { label, nth }: CallName, found: Arrived): Arrived {
    const stored = "value" in found ? (found.value as { bytes: Buffer } | undefined) : undefined;
    if (stored === undefined || stored.bytes.length === 0) return found;
    const bytes = Buffer.from(stored.bytes);
    const random = process.random.fork(`${label} ${nth}`);
    const at = random.int(0, bytes.length - 1);
    const kept = random.chance(0.7) ? bytes : bytes.subarray(0, at);
    if (kept.length === bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << random.int(0, 7));
    this.#count(process, "corrupt", label);
    return { value: { ...stored, bytes: kept } };
  }

  #misread(process: Process, call: PortCall, answer: unknown): unknown {
    const read = this.#options.misread(process.caller, call.method, call.args, answer);
    if (read !== answer) this.#count(process, "corrupt", labelOf(call));
    return read;
  }

  #count(process: Process, kind: FaultKind, label: string): void {
    const { emit, scheduler } = this.#options;
    emit({ type: "fault", at: scheduler.now, caller: process.caller, kind, label });
  }
}

/** What a deployment is not about here, but may fail to read. */
const OPEN_CALENDAR: ChangeCalendar = { at: async () => ({ state: "OPEN" }) };
const STANDING_STACKS: Stacks = { status: async () => "UPDATE_COMPLETE" };

const QUARTER_MS = 15 * 60_000;
/** The zone's rules are asked for the same few instants a thousand times, and are the same for all runs. */
const instants = new Map<string, ReturnType<Clock["instantOf"]>>();
const dates = new Map<string, ReturnType<Clock["dateAt"]>>();

function remembered<Value>(known: Map<string, Value>, key: string, find: () => Value): Value {
  const found = known.get(key) ?? find();
  known.set(key, found);
  return found;
}

/** One call of a port's method, before it has set out. */
interface PortCall {
  readonly port: Effect["port"];
  readonly method: string;
  readonly args: readonly unknown[];
  readonly reach: () => Promise<unknown>;
}

/** `objects.create.outbound`, `ledger.writeStream` */
function labelOf({ port, method, args }: PortCall): string {
  return port === "objects" ? `${port}.${method}.${String(args[0])}` : `${port}.${method}`;
}

/** Which call it is, how long it travels there and back (milliseconds), and what befalls it. */
interface Way extends CallName {
  readonly out: number;
  readonly back: number;
  readonly fault: Fault | undefined;
}

/** An answer on its way, how long it takes, and the fault that it shows. */
type Told = Arrived & { readonly after: number; readonly counts?: FaultKind };

type Arrived = { readonly value: unknown } | { readonly error: unknown };

/** What a port answers or throws. */
async function answered(reach: () => Promise<unknown>): Promise<Arrived> {
  try {
    return { value: await reach() };
  } catch (error) {
    return { error };
  }
}

/** What a process waits for that is dead. */
function never(): Promise<never> {
  return new Promise(() => {});
}

/** A few milliseconds, and now and then seconds. */
function latency(random: Random): number {
  const draw = random.next();
  return draw < 0.02 ? 200 + draw * 100_000 : 1 + draw * 25;
}

/** What stands where a call is about to write one item. */
async function standing(
  ledger: Ledger,
  port: Effect["port"],
  method: string,
  args: readonly unknown[],
): Promise<unknown> {
  if (port !== "ledger") return undefined;
  switch (method) {
    case "writeStream":
      return ledger.readStream((args[0] as { stream: string }).stream);
    case "writeBatch":
      return ledger.readBatch((args[0] as { id: string }).id);
    case "writeClaim":
      return (await ledger.readClaimsNamed([args[0] as never]))[0];
    case "createSubmission": {
      const { batchId, number } = args[0] as { batchId: string; number: number };
      return ledger.readSubmission(batchId, number);
    }
    default:
      return undefined;
  }
}

/** What an event is about, as far as it has a name. */
function subjectOf(event: unknown): string {
  const { batchId, stream, proposal, segment, deployment } = event as {
    readonly batchId?: string;
    readonly stream?: string;
    readonly proposal?: string;
    readonly segment?: number;
    readonly deployment?: string;
  };
  const about = batchId ?? stream ?? proposal?.split(".")[0] ?? deployment ?? "";
  return segment === undefined ? about : `${about}/${segment}`;
}

export function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

function errorName(error: unknown): string {
  return error instanceof Error ? error.name : "an unknown thing";
}
