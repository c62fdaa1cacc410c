import type { Clock, Instant } from "../../lambdas/ports.ts";
import type { Definition } from "./definition.ts";
import {
  ended,
  type ExecutionRecord,
  type ExecutionRecords,
  type HistoryEntry,
} from "./execution-records.ts";
import { type ExecutionContext, interpret, type Outcome, type Surroundings } from "./interpreter.ts";
import { jsonCopy } from "./states-errors.ts";

/** What a watcher of executions is told, when it happens; instants are the local clock's. */
export type ExecutionEvent =
  | {
      readonly type: "entered" | "exited" | "failed";
      readonly execution: string;
      readonly state: string;
      readonly at: Instant;
      /** With "failed". */
      readonly error?: string;
    }
  | {
      readonly type: "progress";
      readonly execution: string;
      readonly state: string;
      /** Children of the map that have succeeded, of how many. */
      readonly done: number;
      readonly total: number | undefined;
    };

export interface RunOptions {
  readonly definition: Definition;
  readonly stateMachineArn: string;
  readonly clock: Clock;
  /** Calls the Lambda function of a task. */
  readonly call: Surroundings["call"];
  readonly onEvent: (event: ExecutionEvent) => void;
  /** Ends the execution as ABORTED. */
  readonly signal: AbortSignal;
  /** Instead of the waits that the definition's Retry fields name. */
  readonly retryDelayMs?: number;
}

/**
 * Runs an execution from the place where its record stands to its end, and keeps the record of every step.
 * Rejects only when the record cannot be written.
 */
export async function runExecution(
  first: ExecutionRecord,
  records: ExecutionRecords,
  options: RunOptions,
): Promise<void> {
  const { definition, clock, onEvent, call, signal, retryDelayMs } = options;
  const { name, redriveCount: redrive } = first;
  let record = first;
  const note = async (event: HistoryEntry["event"], state: string, change: Partial<ExecutionRecord>) => {
    const at = clock.now();
    record = { ...record, ...change, history: [...record.history, { state, event, at, redrive }] };
    onEvent({ type: event, execution: name, state, at });
    await records.write(record);
  };
  const outcome = await interpret(definition, first.at, contextOf(first, options.stateMachineArn), {
    call,
    entered: (place) => note("entered", place.state, { at: place }),
    exited: (state) => note("exited", state, {}),
    progress: (state, done, total) => onEvent({ type: "progress", execution: name, state, done, total }),
    // The local clock starts anew with every process; the service's time never goes back, as on AWS: a state of a
    // redriven or continued execution is entered after all that went before.
    now: () => {
      const told = Math.max(clock.now(), records.latest() + 1) as Instant;
      record = { ...record, told };
      return iso(told);
    },
    signal,
    ...(retryDelayMs !== undefined && { retryDelayMs }),
  });
  const now = clock.now();
  if (outcome.status !== "SUCCEEDED") {
    onEvent({ type: "failed", execution: name, state: outcome.at.state, at: now, error: outcome.error });
  }
  await records.write(atEnd(record, outcome, now));
}

function atEnd(record: ExecutionRecord, outcome: Outcome, now: Instant): ExecutionRecord {
  if (outcome.status === "SUCCEEDED") {
    return { ...record, status: "SUCCEEDED", endedAt: now, output: jsonCopy(outcome.output) };
  }
  // The place again, since one that broke the limit on data was never entered.
  return ended({ ...record, at: outcome.at }, outcome.status, now, outcome);
}

function contextOf(record: ExecutionRecord, stateMachineArn: string): ExecutionContext {
  return {
    Execution: {
      Id: executionArn(stateMachineArn, record.name),
      Name: record.name,
      Input: JSON.parse(record.input) as unknown,
      StartTime: iso(record.startedAt),
      RedriveCount: record.redriveCount,
    },
    StateMachine: { Id: stateMachineArn, Name: stateMachineArn.split(":").at(-1) ?? "" },
  };
}

export function executionArn(stateMachineArn: string, name: string): string {
  return `${stateMachineArn.replace(":stateMachine:", ":execution:")}:${name}`;
}

function iso(instant: Instant): string {
  return new Date(instant).toISOString();
}
