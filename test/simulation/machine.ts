import type { Definition } from "../../infra/local/definition.ts";
import { DATA_LIMIT } from "../../infra/local/states-errors.ts";
import type { Execution } from "../../lambdas/ports.ts";
import { compiled, type Program } from "./compiled.ts";
import type { Time } from "./events.ts";
import { named } from "./paths.ts";
import { type Context, Walk } from "./walk.ts";

/** An execution of the simulated service has no PENDING_REDRIVE: only a map's children have that one. */
export type Status = Exclude<Execution["status"], "PENDING_REDRIVE">;

export interface MachineHost {
  now(): Time;
  /** Runs `then` after that many virtual milliseconds; the result cancels it. */
  after(ms: number, what: string, then: () => void): () => void;
  /** Calls a function of a release; settles exactly once, or never. Rejections carry the error's name. */
  invoke(call: {
    readonly task: string;
    readonly input: unknown;
    /** A map's child has its parent's name here. */
    readonly execution: string;
    readonly release: string;
  }): Promise<unknown>;
  /** Told of every start, redrive and end. */
  changed(execution: {
    readonly name: string;
    readonly status: Status;
    readonly release: string;
    readonly redrives: number;
    readonly error?: string;
    readonly at: Time;
  }): void;
}

/** How long and how often an execution can be redriven; AWS's own unless told. */
export interface RedriveLimits {
  /** From its end on. https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html#redrive-eligibility */
  readonly periodMs: number;
  /** AWS has it for a map run; an execution's own end comes with its history, which is not kept here. */
  readonly redrives: number;
}

const AWS_LIMITS: RedriveLimits = { periodMs: 14 * 86_400_000, redrives: 1000 };
const MACHINE_ARN = "arn:aws:states:ap-southeast-2:000000000000:stateMachine:billing-batch";

interface Kept {
  readonly name: string;
  readonly input: string;
  readonly release: string;
  readonly program: Program;
  readonly startedAt: Time;
  readonly walk: Walk;
  status: Status;
  redrives: number;
  endedAt: Time;
  /** When a state was last entered. */
  enteredAt: Time;
  failure?: { readonly error: string; readonly cause: string };
  cancelTimeOut: () => void;
}

/**
 * The real definition in virtual time, and what of the Step Functions service stands around it: a Standard state
 * machine, the names of its executions, time-outs, redrive. Everything here happens at once; only calls and waits
 * take time, and both are the host's.
 *
 * Not modelled: the limit of 25,000 events of history, of 1,000,000 open executions (ExecutionLimitExceeded) and of
 * one year; children of a failed map that take their time to stop; DescribeExecution's eventual consistency.
 */
export class Machine {
  private readonly host: MachineHost;
  private readonly definitionOf: (release: string) => Definition;
  private readonly limits: RedriveLimits;
  private readonly kept = new Map<string, Kept>();

  constructor(
    host: MachineHost,
    definitionOf: (release: string) => Definition,
    limits: Partial<RedriveLimits> = {},
  ) {
    this.host = host;
    this.definitionOf = definitionOf;
    this.limits = { ...AWS_LIMITS, ...limits };
  }

  /**
   * Starts an execution: "started" also for one that is running with the very same input, "exists" for any other
   * whose name is taken (ExecutionAlreadyExists; see StartExecutionCommand of the SDK, and aws-facts 1.1).
   *
   * @param input JSON
   * @throws Error InvalidName, InvalidExecutionInput; or where the release's definition is not one for this machine
   */
  start(name: string, input: string, release: string): "started" | "exists" {
    if (!/^[0-9A-Za-z_-]{1,80}$/.test(name)) throw named("InvalidName", `Invalid Name: '${name}'`);
    const value = parsed(input);
    const existing = this.kept.get(name);
    if (existing) return existing.status === "RUNNING" && existing.input === input ? "started" : "exists";

    const program = compiled(this.definitionOf(release));
    const now = this.host.now();
    const ground = {
      after: (ms: number, what: string, then: () => void) => this.host.after(ms, `${name}: ${what}`, then),
      invoke: (task: string, sent: unknown) =>
        this.host.invoke({ task, input: sent, execution: name, release }),
      entered: (state: string) => contextOf(execution, value, state, this.host.now()),
    };
    const execution: Kept = {
      name,
      input,
      release,
      program,
      startedAt: now,
      walk: new Walk(program, value, ground, () => this.walked(execution)),
      status: "RUNNING",
      redrives: 0,
      endedAt: now,
      enteredAt: Number.NEGATIVE_INFINITY,
      cancelTimeOut: () => {},
    };
    this.kept.set(name, execution);
    this.run(execution);
    return "started";
  }

  /** As DescribeExecution; undefined for a name that nobody has. */
  describe(name: string): Execution | undefined {
    const execution = this.kept.get(name);
    if (!execution) return undefined;
    const { status, input, failure } = execution;
    const { error, cause } = failure ?? {};
    return { name, status, input, ...(error && { error }), ...(cause && { cause }) };
  }

  /** What an execution that has SUCCEEDED has given. */
  output(name: string): unknown {
    return this.kept.get(name)?.walk.output;
  }

  /**
   * Goes on with an execution from where it failed, by its own definition and release, with a new machine time-out.
   *
   * @throws Error ExecutionDoesNotExist, ExecutionNotRedrivable
   */
  redrive(name: string): void {
    const execution = this.existing(name);
    const { status, endedAt, redrives } = execution;
    if (status === "RUNNING" || status === "SUCCEEDED")
      throw named("ExecutionNotRedrivable", `Execution is ${status} and cannot be redriven`);
    if (this.host.now() - endedAt > this.limits.periodMs)
      throw named("ExecutionNotRedrivable", "Execution redrivable period exceeded");
    if (redrives >= this.limits.redrives)
      throw named("ExecutionNotRedrivable", "Execution has been redriven too often");
    execution.redrives += 1;
    execution.status = "RUNNING";
    delete execution.failure;
    this.run(execution);
  }

  /**
   * StopExecution: the execution is ABORTED; nothing happens to one that has ended.
   *
   * @throws Error ExecutionDoesNotExist
   */
  stop(name: string): void {
    const execution = this.existing(name);
    if (execution.status === "RUNNING") this.end(execution, "ABORTED");
  }

  /** As 90 days after the end: the name is free, and nothing is known of its execution. */
  forget(name: string): void {
    if (this.kept.get(name)?.status === "RUNNING")
      throw new Error(`${name} is running, and never forgotten.`);
    this.kept.delete(name);
  }

  /** The names that are taken, in the order of their starts. */
  names(): string[] {
    return [...this.kept.keys()];
  }

  private existing(name: string): Kept {
    const execution = this.kept.get(name);
    if (!execution) throw named("ExecutionDoesNotExist", `Execution Does Not Exist: '${arn(name)}'`);
    return execution;
  }

  private run(execution: Kept): void {
    const { timeoutMs } = execution.program;
    if (timeoutMs !== undefined) {
      execution.cancelTimeOut = this.host.after(timeoutMs, `${execution.name}: time-out`, () => {
        const cause = `The execution took longer than the ${timeoutMs / 1000} seconds of the state machine.`;
        this.end(execution, "TIMED_OUT", { error: "States.Timeout", cause });
      });
    }
    const { redrives } = execution;
    this.tell(execution);
    // Whoever was told may have stopped it already, or stopped and redriven it.
    if (execution.status === "RUNNING" && execution.redrives === redrives) execution.walk.begin();
  }

  /** A task's time-out, if nothing repeats it, makes an execution FAILED; only its own makes it TIMED_OUT. */
  private walked(execution: Kept): void {
    const { failure } = execution.walk;
    if (failure) this.end(execution, "FAILED", failure);
    else this.end(execution, "SUCCEEDED");
  }

  private end(execution: Kept, status: Status, failure?: Kept["failure"]): void {
    execution.cancelTimeOut();
    execution.walk.abort();
    execution.status = status;
    execution.endedAt = this.host.now();
    if (failure) execution.failure = failure;
    this.tell(execution);
  }

  private tell({ name, status, release, redrives, failure }: Kept): void {
    const error = failure && { error: failure.error };
    this.host.changed({ name, status, release, redrives, ...error, at: this.host.now() });
  }
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html */
function contextOf(execution: Kept, input: unknown, state: string, now: Time): Context {
  // Later than before, also where no virtual time has passed: on AWS some always does before a redrive.
  execution.enteredAt = Math.max(now, execution.enteredAt + 1);
  return {
    Execution: {
      Id: arn(execution.name),
      Name: execution.name,
      Input: input,
      StartTime: iso(execution.startedAt),
      RedriveCount: execution.redrives,
    },
    State: { Name: state, EnteredTime: iso(execution.enteredAt) },
    StateMachine: { Id: MACHINE_ARN, Name: "billing-batch" },
  };
}

function arn(name: string): string {
  return `${MACHINE_ARN.replace(":stateMachine:", ":execution:")}:${name}`;
}

function iso(at: Time): string {
  return new Date(at).toISOString();
}

function parsed(input: string): unknown {
  try {
    if (Buffer.byteLength(input) > DATA_LIMIT) throw new Error("too long");
    return JSON.parse(input) as unknown;
  } catch {
    throw named("InvalidExecutionInput", "The input of an execution is JSON of at most 256 KiB.");
  }
}
