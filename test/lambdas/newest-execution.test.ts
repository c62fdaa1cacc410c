import { describe, expect, it } from "vitest";
import { newestExecution } from "../../lambdas/newest-execution.ts";
import type { Execution } from "../../lambdas/ports.ts";

const BATCH = "au-cba-2026-03-02-01";

/** The newest of the executions that Step Functions knows, and how often it was asked. */
async function newestOf(known: readonly string[], last: number) {
  let asked = 0;
  const describe = async (name: string) => {
    asked += 1;
    return known.includes(name.slice(BATCH.length)) ? ({ name, status: "FAILED" } as Execution) : undefined;
  };
  const newest = await newestExecution({ describe }, BATCH, { last });
  return { newest: newest?.name.slice(BATCH.length), asked };
}

describe("the newest execution of a batch", () => {
  it("is the batch's own, or the last continuation", async () => {
    expect(await newestOf([""], 0)).toEqual({ newest: "", asked: 2 });
    expect(await newestOf(["", "-c1", "-c2"], 2)).toEqual({ newest: "-c2", asked: 2 });
    expect((await newestOf([], 0)).newest).toBeUndefined();
  });

  it("is found behind forgotten ones, by the trail", async () => {
    expect((await newestOf(["-c2", "-c3"], 3)).newest).toBe("-c3");
    expect((await newestOf(["-c3"], 3)).newest).toBe("-c3");
  });

  it("is found before one that was announced and never started", async () => {
    expect((await newestOf(["", "-c1"], 2)).newest).toBe("-c1");
    expect((await newestOf([""], 2)).newest).toBe("");
  });

  it("is found beyond the trail, should somebody have started one by hand", async () => {
    expect((await newestOf(["", "-c1", "-c2"], 0)).newest).toBe("-c2");
    expect((await newestOf(["-c99"], 99)).newest).toBe("-c99");
    expect((await newestOf(["-c98", "-c99"], 98)).newest).toBe("-c99");
  });
});
