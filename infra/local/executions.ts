import type { ExecutionRecord, ExecutionRecords } from "./execution-records.ts";
import { executionArn, runExecution, type RunOptions } from "./execution-run.ts";

/** A refusal of the Step Functions service, by the name of its exception. */
export class StatesRefusal extends Error {
  override readonly name: string;

  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

export interface ExecutionsOptions extends Omit<RunOptions, "signal"> {
  readonly records: ExecutionRecords;
}

/** The executions of one state machine: what of the Step Functions service the code of the app uses. */
export class Executions {
  private readonly options: ExecutionsOptions;
  private readonly running = new Map<string, Promise<void>>();
  private readonly stop = new AbortController();

  constructor(options: ExecutionsOptions) {
    this.options = options;
  }

  /**
   * Starts an execution and returns once its start is on record.
   *
   * @throws StatesRefusal ExecutionAlreadyExists, unless it is running with the very same input; InvalidName,
   *   InvalidExecutionInput
   */
  async start(name: string, input: string): Promise<ExecutionRecord> {
    if (!/^[0-9A-Za-z_-]{1,80}$/.test(name))
      throw new StatesRefusal("InvalidName", `Invalid Name: '${name}'`);
    const value = parsed(input);
    const { records, definition, clock } = this.options;
    const existing = records.read(name);
    if (existing?.status === "RUNNING" && existing.input === input) return existing;
    if (existing) {
      throw new StatesRefusal("ExecutionAlreadyExists", `Execution Already Exists: '${this.arn(name)}'`);
    }
    const record: ExecutionRecord = {
      name,
      status: "RUNNING",
      input,
      startedAt: clock.now(),
      redriveCount: 0,
      at: { state: definition.StartAt, input: value },
      history: [],
    };
    await this.begin(record);
    return record;
  }

  find(name: string): ExecutionRecord | undefined {
    return this.options.records.read(name);
  }

  /** @throws StatesRefusal ExecutionDoesNotExist */
  describe(name: string): ExecutionRecord {
    const record = this.find(name);
    if (!record) {
      throw new StatesRefusal("ExecutionDoesNotExist", `Execution Does Not Exist: '${this.arn(name)}'`);
    }
    return record;
  }

  /**
   * Runs an execution again from the state that failed, with that state's input; a map from its first item.
   *
   * @throws StatesRefusal ExecutionDoesNotExist, ExecutionNotRedrivable
   */
  async redrive(name: string): Promise<ExecutionRecord> {
    const { status, failure, output: _, endedAt: __, ...record } = this.describe(name);
    if (status === "RUNNING" || status === "SUCCEEDED") {
      throw new StatesRefusal("ExecutionNotRedrivable", `Execution is ${status} and cannot be redriven.`);
    }
    if (!this.options.definition.States[record.at.state]) {
      const message = `The state ${failure?.state ?? record.at.state} is not in today's definition.`;
      throw new StatesRefusal("ExecutionNotRedrivable", message);
    }
    const redriven: ExecutionRecord = {
      ...record,
      status: "RUNNING",
      redriveCount: record.redriveCount + 1,
      redrivenAt: this.options.clock.now(),
    };
    await this.begin(redriven);
    return redriven;
  }

  /** Waits for the end of an execution. Rejects if its record cannot be written. */
  async wait(name: string): Promise<ExecutionRecord> {
    await this.running.get(name);
    return this.describe(name);
  }

  /** Stops what runs, as soon as its calls in flight have ended; it is ABORTED then. */
  async close(): Promise<void> {
    this.stop.abort();
    await Promise.allSettled(this.running.values());
  }

  arn(name: string): string {
    return executionArn(this.options.stateMachineArn, name);
  }

  private async begin(record: ExecutionRecord): Promise<void> {
    if (this.stop.signal.aborted)
      throw new StatesRefusal("StateMachineDeleting", "The local run is closing.");
    // Taken before the first await, so that of two simultaneous calls the second finds it.
    const written = this.options.records.write(record);
    const options = { ...this.options, signal: this.stop.signal };
    const run = written.then(() => runExecution(record, this.options.records, options));
    this.running.set(record.name, run);
    // A run rejects only when its record cannot be written, and whoever waits for it is told.
    run.catch(() => {});
    await written;
  }
}

function parsed(input: string): unknown {
  try {
    return JSON.parse(input);
  } catch {
    throw new StatesRefusal("InvalidExecutionInput", "The input of an execution is JSON, and this is none.");
  }
}
