import type { Definition } from "../../infra/local/definition.ts";
import { loadDefinition, loadTimeouts } from "./definition.ts";

/** What the simulation takes from the synthesized app. Plain data, so that threads can be given it. */
export interface SimulatedApp {
  readonly definition: Definition;
  /** How long Lambda lets each function run, by its name in the app. */
  readonly timeoutSeconds: Readonly<Record<string, number>>;
}

export async function simulatedApp(): Promise<SimulatedApp> {
  return { definition: await loadDefinition(), timeoutSeconds: await loadTimeouts() };
}
