import { checkDefinition, type Definition, isDistributed, type State } from "../../infra/local/definition.ts";
import {
  isObject,
  named,
  path,
  type Place,
  type Read,
  required,
  resultPlace,
  runtimeError,
  template,
} from "./paths.ts";

/** A definition as the machine runs it. */
export interface Program {
  readonly start: Step;
  /** For the whole of an execution; a map's children have none. */
  readonly timeoutMs: number | undefined;
}

export type Step = Task | Choice | DistributedMap | Succeed;

/** What a state that does something makes of its result. */
interface WayOut {
  readonly name: string;
  readonly place: Place;
  readonly output: Read;
  /** Absent where the state ends its machine. */
  next?: Step;
}

export interface Task extends WayOut {
  readonly type: "Task";
  /** The function's name. */
  readonly task: string;
  readonly parameters: Read;
  readonly timeoutMs: number;
  readonly retriers: readonly Retrier[];
}

export interface Retrier {
  readonly matches: (error: string) => boolean;
  readonly attempts: number;
  /** How long to wait before the retry, after so many that this retrier has made in the state. */
  readonly delayMs: (made: number) => number;
}

export interface Choice {
  readonly type: "Choice";
  readonly name: string;
  readonly output: Read;
  readonly rules: { readonly read: Read; readonly equals: string; next?: Step }[];
  default?: Step;
}

export interface DistributedMap extends WayOut {
  readonly type: "Map";
  readonly items: Read;
  readonly selector: (data: unknown, context: object, index: number, item: unknown) => unknown;
  readonly concurrency: (data: unknown, context: unknown) => number;
  readonly children: Program;
}

export interface Succeed {
  readonly type: "Succeed";
  readonly name: string;
  readonly output: Read;
}

const programs = new WeakMap<Definition, Program>();

/**
 * Translates a definition, once for each definition object.
 *
 * @throws Error for any state, field, path or error name of a retrier that this machine does not know
 */
export function compiled(definition: Definition): Program {
  let program = programs.get(definition);
  if (!program) {
    checkDefinition(definition, functionOf);
    program = machine(definition);
    programs.set(definition, program);
  }
  return program;
}

/** checkDefinition refuses what the local run ignores; of the rest this machine knows only these. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  Task: ["Next", "End", "Resource", "Parameters", "ResultPath", "OutputPath", "TimeoutSeconds", "Retry"],
  Map: [
    "Next",
    "End",
    "ItemsPath",
    "ItemSelector",
    "ItemProcessor",
    "MaxConcurrency",
    "MaxConcurrencyPath",
    "Label",
    "ResultPath",
    "OutputPath",
  ],
  Choice: ["Choices", "Default", "OutputPath"],
  Succeed: ["OutputPath"],
};
const RETRIER_FIELDS = ["ErrorEquals", "IntervalSeconds", "BackoffRate", "MaxAttempts", "MaxDelaySeconds"];

function refuse(object: object, known: readonly string[], what: string): void {
  for (const field of Object.keys(object)) {
    if (!["Type", "Comment", "QueryLanguage", ...known].includes(field))
      throw new Error(`This machine does not know ${field} of ${what}.`);
  }
}

function machine(definition: Definition): Program {
  const steps = new Map(
    Object.entries(definition.States).map(([name, state]): [string, Step] => [name, step(name, state)]),
  );
  const at = (name: unknown, from: string): Step => {
    const found = steps.get(String(name));
    if (!found) throw new Error(`${from} goes on to ${String(name)}, which is no state.`);
    return found;
  };
  for (const [name, found] of steps) {
    const state = definition.States[name] ?? { Type: "" };
    if (found.type === "Choice") {
      if (state.Default !== undefined) found.default = at(state.Default, name);
      for (const [i, rule] of found.rules.entries()) {
        rule.next = at((state.Choices as Record<string, unknown>[])[i]?.["Next"], name);
      }
    } else if (found.type !== "Succeed" && state.End !== true) found.next = at(state.Next, name);
  }
  const seconds = definition.TimeoutSeconds;
  return {
    start: at(definition.StartAt, "the machine"),
    timeoutMs: seconds === undefined ? undefined : seconds * 1000,
  };
}

function step(name: string, state: State): Step {
  const fields = FIELDS[state.Type];
  if (!fields) throw new Error(`This machine does not know the type of the state ${name} (${state.Type}).`);
  refuse(state, fields, `the state ${name}`);
  const output = outputOf(state.OutputPath);
  switch (state.Type) {
    case "Succeed":
      return { type: "Succeed", name, output };
    case "Choice":
      return { type: "Choice", name, output, rules: (state.Choices as object[]).map(rule) };
    case "Map":
      return { type: "Map", name, output, place: resultPlace(state.ResultPath), ...mapOf(name, state) };
    default:
      return {
        type: "Task",
        name,
        output,
        place: resultPlace(state.ResultPath),
        task: functionOf(state.Resource ?? "") ?? "",
        parameters: state.Parameters === undefined ? path("$") : template(state.Parameters),
        timeoutMs: Number(state.TimeoutSeconds) * 1000,
        retriers: ((state.Retry ?? []) as object[]).map(retrier),
      };
  }
}

/** The function of which an ARN names a version. */
function functionOf(arn: string): string | undefined {
  return /:function:([^:]+):\d+$/.exec(arn)?.[1];
}

/** An OutputPath of null gives an empty object. */
function outputOf(text: unknown): Read {
  if (text === undefined || text === "$") return (data) => data;
  if (text === null) return () => ({});
  return required(text);
}

function rule(choice: object): Choice["rules"][number] {
  const { Variable, StringEquals, Next: _, ...others } = choice as Record<string, unknown>;
  refuse(others, [], "a choice rule");
  if (typeof Variable !== "string" || typeof StringEquals !== "string")
    throw new Error("This machine knows no rule of a choice but StringEquals.");
  return { read: required(Variable), equals: StringEquals };
}

function mapOf(name: string, state: State) {
  const processor = state.ItemProcessor;
  const config: unknown = processor?.ProcessorConfig;
  if (!processor || !isDistributed(state) || !isObject(config) || config.ExecutionType !== "STANDARD")
    throw new Error(
      `This machine knows maps with Standard executions as children only, and ${name} is none.`,
    );
  refuse(processor, ["StartAt", "States", "ProcessorConfig"], `the item processor of ${name}`);
  refuse(config, ["Mode", "ExecutionType"], `the item processor of ${name}`);
  const chosen = state.ItemSelector === undefined ? undefined : template(state.ItemSelector);
  return {
    items: required(state.ItemsPath ?? "$"),
    selector: (data: unknown, context: object, Index: number, Value: unknown) =>
      chosen ? chosen(data, { ...context, Map: { Item: { Index, Value } } }) : Value,
    concurrency: concurrencyOf(state),
    children: machine(processor),
  };
}

/** 0 or none is as many as Step Functions runs at most: https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html */
function concurrencyOf(state: State): DistributedMap["concurrency"] {
  const from = state.MaxConcurrencyPath;
  const read = from === undefined ? () => state.MaxConcurrency ?? 0 : path(from);
  return (data, context) => {
    const found = read(data, context);
    if (!Number.isInteger(found) || Number(found) < 0) {
      const value = JSON.stringify(found) ?? "undefined";
      throw runtimeError(`Path expression '${String(from)}' evaluated to ${value}, but expected an integer`);
    }
    return Number(found) || 10_000;
  };
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-retrying-after-an-error */
function retrier(fields: object, index: number, all: readonly object[]): Retrier {
  refuse(fields, RETRIER_FIELDS, "a retrier");
  const given = fields as { ErrorEquals: string[] } & Record<string, number | undefined>;
  const { ErrorEquals: names, IntervalSeconds = 1, BackoffRate = 2, MaxAttempts = 3 } = given;
  const most = given.MaxDelaySeconds ?? Number.POSITIVE_INFINITY;
  if (names.includes("States.ALL") && (names.length > 1 || index < all.length - 1))
    throw new Error("States.ALL stands alone, in the last retrier.");
  return {
    matches: (error) => names.some((name) => matches(name, error)),
    attempts: MaxAttempts,
    delayMs: (made) => Math.round(Math.min(IntervalSeconds * BackoffRate ** made, most) * 1000),
  };
}

/** Errors that no retrier repeats, whatever it names: they end the execution (see the page above). */
const TERMINAL = ["States.DataLimitExceeded", "States.Runtime"];

function matches(name: string, error: string): boolean {
  if (TERMINAL.includes(error)) return false;
  if (name === "States.ALL") return true;
  return name === "States.TaskFailed" ? error !== "States.Timeout" : name === error;
}

/** The state to which a choice goes. */
export function chosen(choice: Choice, data: unknown, context: unknown): Step {
  for (const { read, equals, next } of choice.rules) {
    if (read(data, context) === equals && next) return next;
  }
  if (!choice.default) throw named("States.NoChoiceMatched", `No rule of ${choice.name} fits.`);
  return choice.default;
}
