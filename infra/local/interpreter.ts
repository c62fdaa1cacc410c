import { StateMachine } from "aws-local-stepfunctions";
import { type Definition, isDistributed } from "./definition.ts";
import { alone, itemsOf } from "./single-state.ts";
import { dataLimit, type Failure, failureOf, jsonCopy } from "./states-errors.ts";
import { taskCalls, tasksOf } from "./task-calls.ts";

/** The place in a definition at which an execution stands. */
export interface Place {
  readonly state: string;
  readonly input: unknown;
}

export type Outcome =
  | { readonly status: "SUCCEEDED"; readonly output: unknown }
  | ({ readonly status: "FAILED" | "TIMED_OUT" | "ABORTED"; readonly at: Place } & Failure);

/** What an execution knows of itself; the definition reads it as `$$`. */
export interface ExecutionContext {
  readonly Execution: {
    readonly Id: string;
    readonly Name: string;
    readonly Input: unknown;
    readonly StartTime: string;
    readonly RedriveCount: number;
  };
  readonly StateMachine: { readonly Id: string; readonly Name: string };
}

export interface Surroundings {
  /** Calls the Lambda function of a task. */
  readonly call: (task: string, input: unknown) => Promise<unknown>;
  /** The execution has come to a state; awaited before the state does anything. */
  readonly entered: (place: Place) => Promise<void>;
  readonly exited: (state: string) => Promise<void>;
  /** Children of a map that have succeeded; `total` where the items are easily counted. */
  readonly progress: (state: string, done: number, total: number | undefined) => void;
  /** The time, for `$$.State.EnteredTime`; ISO 8601. */
  readonly now: () => string;
  /** Ends the execution as ABORTED when no call is in flight any more. */
  readonly signal: AbortSignal;
  /** Instead of the waits that the definition's Retry fields name. */
  readonly retryDelayMs?: number;
}

/**
 * Runs a definition from a place to its end with aws-local-stepfunctions, one state at a time: each time the
 * interpreter gets the definition with all other states turned into ends, so it evaluates the state itself with
 * its paths, retries and children, and tells where it went. Between two states lies what Step Functions has and
 * the interpreter lacks: the record of the place, the limit on data, the name of the state, a redrive.
 */
export async function interpret(
  definition: Definition,
  from: Place,
  context: ExecutionContext,
  surroundings: Surroundings,
): Promise<Outcome> {
  let place = from;
  // A delay longer than setTimeout takes would end at once.
  const seconds = Math.min(definition.TimeoutSeconds ?? Number.POSITIVE_INFINITY, 2_147_483);
  const timeOut = AbortSignal.timeout(seconds * 1000);
  const signal = AbortSignal.any([timeOut, surroundings.signal]);
  try {
    for (;;) {
      signal.throwIfAborted();
      await surroundings.entered(place);
      const { output, next } = await interpretState(definition, place, context, { ...surroundings, signal });
      dataLimit(output);
      await surroundings.exited(place.state);
      if (next === undefined) return { status: "SUCCEEDED", output };
      place = { state: next, input: output };
    }
  } catch (error) {
    const at = place;
    if (surroundings.signal.aborted) {
      return { status: "ABORTED", at, error: "States.Aborted", cause: "The execution was stopped." };
    }
    if (timeOut.aborted) {
      const cause = `The execution took longer than the ${seconds} seconds of the state machine.`;
      return { status: "TIMED_OUT", at, error: "States.Timeout", cause };
    }
    return { status: "FAILED", at, ...failureOf(error) };
  }
}

/** One state: its output, and the state that follows. Returns or throws when no call is in flight any more. */
async function interpretState(
  definition: Definition,
  { state: name, input }: Place,
  context: ExecutionContext,
  surroundings: Surroundings,
): Promise<{ output: unknown; next: string | undefined }> {
  const state = definition.States[name];
  if (!state) throw new Error(`The definition has no state ${name}.`);
  const tasks = taskCalls(surroundings.call);
  const machine = new StateMachine(alone(definition, name), { validationOptions: { noValidate: true } });
  const State = {
    Name: name,
    EnteredTime: surroundings.now(),
    // Read when a try's parameters are made, that is after as many calls as there were tries before.
    get RetryCount() {
      return tasks.calls();
    },
  };
  const { result, eventLogs, abort } = machine.run(jsonCopy(input) as never, {
    overrides: {
      taskResourceLocalHandlers: tasks.handlers(definition) as never,
      retryIntervalOverrides: retryDelays(definition, surroundings.retryDelayMs),
    },
    context: { Run: { ...context, State } },
  });
  const halt = () => {
    tasks.halt();
    abort();
  };
  surroundings.signal.addEventListener("abort", halt);
  if (surroundings.signal.aborted) halt();
  const items = itemsOf(state, input);
  const watched = watch(eventLogs, (done) => surroundings.progress(name, done, items));
  try {
    const output = await result;
    const last = await watched;
    // The interpreter may be done before it has told of its last children.
    if (items !== undefined) surroundings.progress(name, items, items);
    return { output: jsonCopy(output), next: last === name ? undefined : last };
  } catch (error) {
    tasks.halt();
    await watched;
    throw isDistributed(state) ? tasks.failedMap(error) : error;
  } finally {
    surroundings.signal.removeEventListener("abort", halt);
    await tasks.settled();
  }
}

/** Reads the interpreter's events to their end, and returns the last state that was entered. */
async function watch(
  events: AsyncIterable<{ type: string; index?: number; state?: { name: string } }>,
  progress: (done: number) => void,
): Promise<string | undefined> {
  let last: string | undefined;
  let done = 0;
  for await (const { type, index, state } of events) {
    if (type === "StateEntered" && index === undefined) last = state?.name;
    if (type === "MapIterationSucceeded") progress(++done);
  }
  return last;
}

function retryDelays(definition: Definition, delayMs: number | undefined): Record<string, number> {
  if (delayMs === undefined) return {};
  return Object.fromEntries(tasksOf(definition).map(({ task }) => [task, delayMs]));
}
