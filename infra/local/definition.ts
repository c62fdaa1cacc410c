import { StateMachine, type StateMachineDefinition } from "aws-local-stepfunctions";
import { misfit } from "./template.ts";

/** A state machine in the Amazon States Language, as far as the local run looks into it. */
export interface Definition {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
  readonly TimeoutSeconds?: number;
  readonly [field: string]: unknown;
}

export interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly TimeoutSeconds?: number;
  readonly ItemsPath?: string;
  readonly ItemProcessor?: Definition & {
    readonly ProcessorConfig?: { readonly Mode?: string; readonly ExecutionType?: string };
  };
  readonly [field: string]: unknown;
}

const ANY = ["Type", "Comment", "QueryLanguage", "Next", "End", "InputPath", "OutputPath"];
const WAYS_OUT = ["ResultPath", "ResultSelector", "Retry", "Catch"];

const MAP_FIELDS = [
  "ItemsPath",
  "ItemSelector",
  "ItemProcessor",
  "MaxConcurrency",
  "MaxConcurrencyPath",
  "Label",
];

/** What the interpreter heeds. It ignores all else without a word, so anything else is refused here. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  Task: [...ANY, ...WAYS_OUT, "Resource", "Parameters", "TimeoutSeconds"],
  Map: [...ANY, ...WAYS_OUT, ...MAP_FIELDS],
  Pass: [...ANY, "Parameters", "Result", "ResultPath"],
  Choice: [...ANY, "Choices", "Default"],
  Wait: [...ANY, "Seconds", "SecondsPath", "Timestamp", "TimestampPath"],
  Succeed: ANY,
  Fail: [...ANY, "Error", "ErrorPath", "Cause", "CausePath"],
};
const MACHINE_FIELDS = [
  "StartAt",
  "States",
  "Comment",
  "QueryLanguage",
  "TimeoutSeconds",
  "ProcessorConfig",
  "Version",
];

const CONTEXT_PATH = /\$\$[^"', )]*/g;
const KNOWN_CONTEXT_PATH =
  /^\$\$\.(Execution\.(Id|Name|Input|StartTime|RedriveCount)|State\.(Name|EnteredTime|RetryCount)|StateMachine\.(Id|Name)|Map\.Item\.(Index|Value))(?![A-Za-z])/;

/**
 * Proves that the interpreter runs this definition as Step Functions would: JSONPath only, no field that the
 * interpreter ignores, a time-out for the whole and for every task, and a local function for every task.
 *
 * @param functionOf the local function that an ARN names
 */
export function checkDefinition(
  definition: Definition,
  functionOf: (arn: string) => string | undefined,
): void {
  if (!(Number(definition.TimeoutSeconds) > 0)) throw misfit("The state machine has no TimeoutSeconds.");
  checkMachine(definition, "the state machine");
  for (const [name, state] of Object.entries(definition.States)) {
    checkState(name, state, functionOf);
    checkContextPaths(name, { ...state, ItemProcessor: undefined }, KNOWN_CONTEXT_PATH);
    if (!state.ItemProcessor) continue;
    checkMachine(state.ItemProcessor, `the item processor of ${name}`);
    for (const [child, inner] of Object.entries(state.ItemProcessor.States)) {
      if (inner.Type === "Map") throw misfit(`${child} is a map inside a map.`);
      checkState(child, inner, functionOf);
      // On AWS a child is an execution of its own, with its own context; here it sees its parent's.
      checkContextPaths(child, inner, /^$/);
    }
  }
}

/** The interpreter's own validation, which takes a third of a second; it throws a message of its own. */
export function validate(definition: Definition): void {
  // A copy, since the validator writes defaults into what it is given.
  new StateMachine(structuredClone(definition) as unknown as StateMachineDefinition);
}

function checkMachine(machine: Definition, what: string): void {
  for (const field of Object.keys(machine)) {
    if (!MACHINE_FIELDS.includes(field)) throw misfit(`The interpreter ignores ${field} of ${what}.`);
  }
  if ((machine.QueryLanguage ?? "JSONPath") !== "JSONPath")
    throw misfit(`The query language of ${what} is not JSONPath.`);
}

function checkState(name: string, state: State, functionOf: (arn: string) => string | undefined): void {
  const fields = FIELDS[state.Type];
  if (!fields) throw misfit(`The local run does not know the type of the state ${name} (${state.Type}).`);
  for (const field of Object.keys(state)) {
    if (!fields.includes(field)) throw misfit(`The interpreter ignores ${field} of the state ${name}.`);
  }
  if ((state.QueryLanguage ?? "JSONPath") !== "JSONPath") {
    throw misfit(`The query language of the state ${name} is not JSONPath.`);
  }
  if (state.Type === "Map" && (state.Retry || state.Catch)) {
    // On a distributed map they would match the child's error here, and States.ExceedToleratedFailureThreshold
    // on AWS; and calls of a map that has failed are halted for good.
    throw misfit(`The map ${name} has Retry or Catch, which do other things here than on AWS.`);
  }
  if (state.Type !== "Task") return;
  if (!(Number(state.TimeoutSeconds) > 0)) throw misfit(`The task ${name} has no TimeoutSeconds.`);
  if (functionOf(state.Resource ?? "") !== name) {
    throw misfit(`The task ${name} does not call the Lambda function of the same name.`);
  }
}

function checkContextPaths(name: string, state: State, known: RegExp): void {
  for (const [path] of JSON.stringify(state).matchAll(CONTEXT_PATH)) {
    if (!known.test(path))
      throw misfit(`The state ${name} asks for ${path}, which is another thing here than on AWS.`);
  }
}

/** Whether the children of the map are executions of their own on AWS. */
export function isDistributed(state: State): boolean {
  return state.ItemProcessor?.ProcessorConfig?.Mode === "DISTRIBUTED";
}
