import { clockFrom } from "../../lambdas/adapters/clock.ts";
import type { StreamItem, SubmissionItem } from "../../lambdas/domain/records.ts";
import type { Configuration } from "../../lambdas/domain/stream.ts";
import type { Executions, Instant, Ports } from "../../lambdas/ports.ts";
import { ledgerInMemory, type LedgerInMemory } from "../ledger-in-memory.ts";
import { Bank } from "./bank.ts";
import { type Buckets, buckets } from "./buckets.ts";
import type { SimulatedApp } from "./simulated-app.ts";
import type { BankMode, Effect, SimulationEvent, Time, Violation } from "./events.ts";
import type { FaultSource, Injected } from "./faults.ts";
import { type JudgedBy, Judges } from "./judges.ts";
import { Machine } from "./machine.ts";
import type { Misread } from "./mistakes.ts";
import { Processes } from "./processes.ts";
import type { Random } from "./random.ts";
import { Scheduler } from "./scheduler.ts";
import { Trace } from "./trace.ts";
import type { Workload } from "./workload.ts";

export interface SimulationOptions {
  readonly random: Random;
  readonly faults: FaultSource;
  readonly mode: BankMode;
  readonly workload: Workload;
  readonly app: SimulatedApp;
  readonly start: Time;
  /** Whether the trace's lines are kept to be read, only hashed, or not even made. */
  readonly traced: "kept" | "hashed" | "none";
  readonly judges?: JudgedBy;
}

/** More than any run has needed by far. */
const MOST_TASKS = 400_000;

/**
 * One world: the stores in memory, the state machine on the synthesized definition, the functions of the app as
 * processes whose calls travel, a bank, and everything that watches them. One thread, virtual time.
 */
export class Simulation {
  readonly scheduler: Scheduler;
  readonly ledger: LedgerInMemory = ledgerInMemory();
  readonly buckets: Buckets = buckets();
  readonly machine: Machine;
  readonly bank: Bank;
  readonly clock: Ports["clock"];
  readonly trace: Trace;
  readonly violations: Violation[] = [];
  /** Told of every object that reaches the bank's keys. */
  delivered: (key: string, version: string | undefined, bytes: Buffer) => void = () => {};
  /** Told of every event, after everybody who judges it. */
  happened: (event: SimulationEvent) => void = () => {};
  /** What a process makes of a port's answer. */
  misread: Misread = (_caller, _method, _args, answer) => answer;
  readonly #judges: Judges;
  /** Batches that have begun a submission, and those that went through UNKNOWN. */
  readonly #begun = new Set<string>();
  readonly #unknown = new Set<string>();
  /** Calls that have read a damaged report. */
  readonly #misread = new Set<string>();
  readonly #processes: Processes;
  readonly #releases: Configuration[];
  #counted = 0;
  #fault: { readonly error: unknown } | undefined;

  constructor({ random, faults, mode, workload, app, start, traced, judges }: SimulationOptions) {
    this.scheduler = new Scheduler(start, random.fork("turns").next);
    this.clock = clockFrom(() => this.scheduler.now as Instant);
    this.trace = new Trace(traced);
    this.bank = new Bank(mode);
    this.#judges = new Judges(workload, this.bank, judges);
    this.#releases = [workload.configuration];
    const configurationOf = (release: string) => {
      const found = this.#releases[Number(release.slice(1)) - 1];
      if (found === undefined) throw new Error(`there is no release ${release}`);
      return found;
    };
    this.machine = new Machine(
      {
        now: () => this.scheduler.now,
        after: (ms, what, then) => this.scheduler.after(ms, what, then),
        invoke: ({ task, input, execution, release }) =>
          this.#processes.invoke(task, input, release, execution),
        changed: ({ name, status, release, redrives, error, at }) =>
          this.#emit({
            type: "execution",
            at,
            name,
            status,
            release,
            redrives,
            ...(error !== undefined && { error }),
          }),
      },
      () => app.definition,
    );
    this.#processes = new Processes({
      scheduler: this.scheduler,
      random: random.fork("processes"),
      faults,
      backing: { ledger: this.ledger, objects: this.buckets, executions: this.#executions() },
      configurationOf,
      timeoutSecondsOf: (name) => {
        const seconds = app.timeoutSeconds[name];
        if (seconds === undefined) throw new Error(`the app has no function ${name}`);
        return seconds;
      },
      emit: (event) => this.#emit(event),
      misread: (...of) => this.misread(...of),
      startedBefore: new Map(),
    });
  }

  /** The release that a new execution gets. */
  get release(): string {
    return `r${this.#releases.length}`;
  }

  deploy(configuration: Configuration): void {
    this.#releases.push(configuration);
  }

  /** Faults whose caller has seen something else than without them. */
  get countedFaults(): number {
    return this.#counted;
  }

  /** Every fault that was injected, so that it can be done again. */
  get injected(): readonly Injected[] {
    return this.#processes.injected;
  }

  /** Calls a function of today's release. */
  call(name: string, event: object): Promise<unknown> {
    return this.#processes.invoke(name, event, this.release);
  }

  /** Writes on a stream's item that a deployment holds it, or that none does any more: at once, on what stands there. */
  async hold(stream: string, deployment: string | undefined): Promise<void> {
    const before = await this.ledger.readStream(stream);
    if (before === undefined) return;
    const { deploying: _, ...free } = before;
    const at = new Date(this.scheduler.now).toISOString();
    const held =
      deployment === undefined
        ? free
        : { ...free, deploying: { id: deployment, at, by: "ci", streams: [stream] } };
    this.#put("ci", "Deployment", before, held);
  }

  /** Writes an epoch on a stream's item, also of a stream that has none yet: at once, on what stands there. */
  async raise(stream: string, epoch: number): Promise<void> {
    const before = await this.ledger.readStream(stream);
    this.#put("ann", "Restore", before, {
      ...(before ?? { stream, version: 0, fence: 0, nonce: "" }),
      epoch,
    });
  }

  /** What is written past the app's functions, seen by everybody who judges. */
  #put(id: string, name: string, before: StreamItem | undefined, item: StreamItem): void {
    const seen = before?.version;
    const next = { ...item, version: (seen ?? 0) + 1, nonce: `${id}-${seen ?? 0}` };
    this.ledger.putStream(next);
    this.#emit({
      type: "effect",
      at: this.scheduler.now,
      caller: { id, name, event: {} },
      port: "ledger",
      method: "writeStream",
      args: [next, seen],
      ...(before && { before }),
      value: undefined,
      unheard: false,
    });
  }

  act(who: string, what: string, target: string): void {
    this.#emit({ type: "action", at: this.scheduler.now, who, what, target });
  }

  /** Runs until nothing is left to happen, or something is broken. */
  async run(): Promise<void> {
    await this.scheduler.run(() => this.violations.length > 0 || this.#fault !== undefined, MOST_TASKS);
    if (this.#fault) throw new Error("the simulation itself has failed", { cause: this.#fault.error });
  }

  /** What is wrong when nothing moves any more. */
  atRest(): readonly Violation[] {
    return this.#judges.atRest();
  }

  get marks(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#judges.marks.counts);
  }

  /** The same of what deployments have come through. */
  get deployMarks(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#judges.deployments);
  }

  /** Batches that have begun a submission, and those of which a file went through UNKNOWN. */
  get reached(): { readonly submission: number; readonly unknown: number } {
    return { submission: this.#begun.size, unknown: this.#unknown.size };
  }

  #executions(): Executions {
    const { machine } = this;
    return {
      start: async (name, input) => machine.start(name, JSON.stringify(input), this.release),
      describe: async (name) => machine.describe(name),
      redrive: async (name) => machine.redrive(name),
    };
  }

  /** A fault of the simulation itself: it ends the run, and is never taken for something that the app has done. */
  fail(error: unknown): void {
    this.#fault ??= { error };
  }

  #emit(event: SimulationEvent): void {
    try {
      this.#watch(event);
    } catch (error) {
      this.fail(error);
    }
  }

  #watch(event: SimulationEvent): void {
    this.trace.see(event);
    if (event.type === "fault") this.#counted += 1;
    this.violations.push(...this.#judges.see(event), ...this.#mistakes(event));
    if (event.type === "effect" && !("error" in event)) this.#note(event);
    if (
      event.type === "effect" &&
      event.method === "create" &&
      event.args[0] === "outbound" &&
      !("error" in event)
    ) {
      const [, key, bytes] = event.args as [string, string, Buffer];
      this.delivered(key, (event.value as { version?: string }).version, bytes);
    }
    this.happened(event);
  }

  /** A report has no hash that would prove it: whoever reads a damaged one may end in anything, and is run again. */
  #mistakes(event: SimulationEvent): Violation[] {
    if (event.type === "fault" && event.kind === "corrupt" && event.label === "objects.read.reports") {
      this.#misread.add(event.caller.id);
    }
    if (event.type !== "ended" || !MISTAKES.includes(event.error ?? "")) return [];
    if (this.#misread.has(event.caller.id)) return [];
    return [{ invariant: "no-mistake", what: `${event.caller.name} ended in a ${event.error}` }];
  }

  #note({ method, args: [first] }: Effect): void {
    if (method === "createSubmission") {
      const { batchId, kind } = first as SubmissionItem;
      if (kind === "INTENT") this.#begun.add(batchId);
    } else if (method === "writeStream") {
      const { batch } = first as StreamItem;
      if (batch?.files?.some(({ state }) => state === "UNKNOWN")) this.#unknown.add(batch.id);
    }
  }
}

/** Errors that no store gives and no step means: who sees one has found a mistake in the code. */
const MISTAKES = ["TypeError", "ReferenceError", "RangeError"];
