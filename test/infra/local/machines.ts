import type { Definition, State } from "../../../infra/local/definition.ts";

/** A small definition; its states run in the order in which they are given, unless they say otherwise. */
export function machine(states: Record<string, Partial<State>>, more: Partial<Definition> = {}): Definition {
  const names = Object.keys(states);
  const inOrder = names.map((name, i) => {
    const next = names[i + 1];
    const state = states[name] as State;
    const goesOn = state.Next || state.End || ["Choice", "Succeed", "Fail"].includes(state.Type);
    return [name, { ...state, ...(goesOn ? {} : next === undefined ? { End: true } : { Next: next }) }];
  });
  return { StartAt: names[0] ?? "", TimeoutSeconds: 60, States: Object.fromEntries(inOrder), ...more };
}

/** A task that calls the local function of the given name. */
export function task(name: string, more: Partial<State> = {}): State {
  const Resource = `arn:aws:lambda:ap-southeast-2:000000000000:function:${name}:1`;
  return { Type: "Task", Resource, TimeoutSeconds: 30, ...more };
}

/** A distributed map over `$.items` with one task, two children at a time. */
export function map(child: string, more: Partial<State> = {}, childMore: Partial<State> = {}): State {
  return {
    Type: "Map",
    ItemsPath: "$.items",
    ItemSelector: { "item.$": "$$.Map.Item.Value", "batch.$": "$.batch" },
    MaxConcurrency: 2,
    ResultPath: null,
    ItemProcessor: {
      ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
      ...machine({ [child]: task(child, childMore) }, { TimeoutSeconds: undefined }),
    },
    ...more,
  };
}

/** An error with the name by which a definition knows it. */
export function named(name: string, message = "it went wrong"): Error {
  return Object.assign(new Error(message), { name });
}
