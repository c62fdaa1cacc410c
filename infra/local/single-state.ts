import type { StateMachineDefinition } from "aws-local-stepfunctions";
import type { Definition, State } from "./definition.ts";

/** The definition with all states but one turned into ends. */
export function alone(definition: Definition, name: string): StateMachineDefinition {
  const ends = Object.keys(definition.States).map((other) => [other, { Type: "Succeed" }]);
  const state = JSON.parse(
    // The interpreter fills in $$.Execution itself, with the machine's clock and with the input of this state. A
    // map's children cannot be meant: definition.ts refuses the context object in them.
    JSON.stringify(definition.States[name]).replace(/\$\$\.(Execution|State|StateMachine)\b/g, "$$$$.Run.$1"),
  ) as State;
  return { StartAt: name, States: { ...Object.fromEntries(ends), [name]: state } };
}

/** How many items a map has, if they lie under a plain path. */
export function itemsOf(state: State, input: unknown): number | undefined {
  if (!state.ItemProcessor) return undefined;
  const path = state.ItemsPath ?? "$";
  if (!/^\$(\.\w+)*$/.test(path)) return undefined;
  let found: unknown = input;
  for (const field of path.split(".").slice(1)) found = (found as Record<string, unknown> | null)?.[field];
  return Array.isArray(found) ? found.length : undefined;
}
