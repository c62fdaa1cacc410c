import { readFile, rename, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Definition } from "../../infra/local/definition.ts";
import { synthesize } from "../../infra/local/synthesis.ts";

/** Where the templates of the app are kept, for every process that wants them. */
export const TEMPLATES = fileURLToPath(
  new URL("../../node_modules/.cache/debit-once/cdk.out", import.meta.url),
);
const FILE = "simulated.json";

interface Simulated {
  readonly definition: Definition;
  /** Each function's own time-out, by the function's name. */
  readonly timeoutSeconds: Readonly<Record<string, number>>;
}

let simulated: Promise<Simulated> | undefined;

/** The state machine's definition as the app synthesizes it now. */
export async function loadDefinition(): Promise<Definition> {
  return (await (simulated ??= load())).definition;
}

/** How long Lambda lets each function run, in seconds, by the name that the app gives it. */
export async function loadTimeouts(): Promise<Readonly<Record<string, number>>> {
  return (await (simulated ??= load())).timeoutSeconds;
}

/** Kept beside the templates, whose folder is named by a hash of all sources, for the processes that come after. */
export async function load(): Promise<Simulated> {
  const folder = await synthesize({ stage: "dev", outdir: TEMPLATES });
  const kept = await readFile(join(folder, FILE), "utf8").catch(() => undefined);
  if (kept !== undefined) return JSON.parse(kept) as Simulated;
  const { readAssembly } = await import("../../infra/local/assembly.ts");
  const { definition, functions } = await readAssembly(folder);
  const made: Simulated = {
    definition,
    timeoutSeconds: Object.fromEntries(
      [...functions].map(([name, { timeoutSeconds }]) => [name, timeoutSeconds]),
    ),
  };
  const unfinished = join(folder, `${FILE}-${randomUUID()}`);
  await writeFile(unfinished, JSON.stringify(made));
  await rename(unfinished, join(folder, FILE));
  return made;
}
