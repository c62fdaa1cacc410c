import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readAssembly } from "../../infra/local/assembly.ts";
import { tasksOf } from "../../infra/local/task-calls.ts";
import { synthesis } from "../batch/local-batch.ts";
import { compiled } from "./compiled.ts";
import { load, loadDefinition, loadTimeouts } from "./definition.ts";

test("the definition and the time-outs are those of the synthesized app, made or found again", async () => {
  const folder = await synthesis();
  const { definition, functions } = await readAssembly(folder);
  await rm(join(folder, "simulated.json"), { force: true });
  const made = await load();
  expect(made.definition).toEqual(definition);
  expect(made.timeoutSeconds).toEqual(
    Object.fromEntries([...functions].map(([name, { timeoutSeconds }]) => [name, timeoutSeconds])),
  );
  expect(JSON.parse(await readFile(join(folder, "simulated.json"), "utf8"))).toEqual(made);
  expect(await load()).toEqual(made);
  expect([await loadDefinition(), await loadTimeouts()]).toEqual([made.definition, made.timeoutSeconds]);
});

test("the definition is loaded and translated once in a process", async () => {
  expect(await loadDefinition()).toBe(await loadDefinition());
  expect(compiled(await loadDefinition())).toBe(compiled(await loadDefinition()));
});

test("every task has a function with a time-out of its own, which the state machine outlives", async () => {
  const [definition, timeouts] = [await loadDefinition(), await loadTimeouts()];
  const tasks = tasksOf(definition);
  expect(tasks).toHaveLength(7);
  for (const { task, inMap } of tasks) {
    const within = inMap ? definition.States["StageSegments"]?.ItemProcessor : definition;
    expect(within?.States[task]?.TimeoutSeconds, task).toBeGreaterThan(timeouts[task] ?? 9999);
  }
});
