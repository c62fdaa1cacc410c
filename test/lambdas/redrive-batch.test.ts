import { describe, expect, it } from "vitest";
import { BatchClosed, BatchUnknown, ExecutionNotEnded } from "../../lambdas/domain/faults.ts";
import { redriveBatch } from "../../lambdas/operations/redrive-batch/redrive-batch.ts";
import type { Execution } from "../../lambdas/ports.ts";
import { memory, type World, worldOn } from "../world.ts";

const WHO = { by: "ann", reason: "a drill" };

/** Redrives on a state machine whose only execution has that status, or that knows none. */
async function redrive(world: World, status?: Execution["status"], batchId: string = world.id()) {
  const redriven: string[] = [];
  const executions = {
    describe: async (name: string) => (status && name === world.id() ? { name, status } : undefined),
    redrive: async (name: string) => void redriven.push(name),
    start: async () => "started" as const,
  };
  const told = await redriveBatch({ batchId, ...WHO }, { ...world.ports(), executions }).catch(
    (error: unknown) => error,
  );
  return { told, redriven };
}

describe("redriving a batch", () => {
  it("says why not, and touches nothing", async () => {
    const world = worldOn(memory());
    const name = world.id();
    const refusals: [Execution["status"] | undefined, Error][] = [
      ["RUNNING", new ExecutionNotEnded(`execution ${name} is RUNNING`)],
      ["PENDING_REDRIVE", new ExecutionNotEnded(`execution ${name} is PENDING_REDRIVE`)],
      ["SUCCEEDED", new BatchClosed(`execution ${name} has SUCCEEDED: there is nothing to redrive`)],
      [undefined, new BatchUnknown(`batch ${name} has no execution`)],
    ];
    for (const [status, fault] of refusals) {
      expect(await redrive(world, status)).toEqual({ told: fault, redriven: [] });
    }
    const malformed = new BatchUnknown("the batch id is not <stream>-<yyyy-mm-dd>-<nn>");
    expect((await redrive(world, "FAILED", "x")).told).toEqual(malformed);
    expect(await world.ledger.readEvents(name)).toEqual([]);
  });

  it.each(["FAILED", "TIMED_OUT", "ABORTED"] as const)(
    "is done where its execution is %s",
    async (status) => {
      const world = worldOn(memory());
      const name = world.id();
      expect(await redrive(world, status)).toEqual({ told: { execution: name }, redriven: [name] });
    },
  );
});
