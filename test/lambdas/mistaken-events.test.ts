import { expect, it } from "vitest";
import { z } from "zod";
import { type InvocationContext, lambda, type Runtime } from "../../lambdas/adapters/lambda.ts";

const ACCOUNT = "771234567";

/** What a function that is given this event throws, logs and counts. */
async function told(event: unknown) {
  const lines: object[] = [];
  const counts: unknown[] = [];
  const handler = lambda({
    name: "Step",
    event: z.strictObject({ stream: z.string(), fence: z.int() }),
    ports: () => ({
      log: { decision: (line: object) => void lines.push(line) },
      metrics: { count: (...counted: unknown[]) => void counts.push(counted) },
    }),
    step: async () => {
      throw new Error("the step has failed");
    },
  });
  const call = handler.on({} as Runtime)(event, {} as InvocationContext);
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown as Error,
  );
  return { error, lines, counts };
}

it("an event with unknown keys is refused by how many there are: of a row by mistake they may be its values", async () => {
  const { error } = await told({ stream: "au-cba", fence: 1, [ACCOUNT]: 1, "NGUYEN Thi Hoa": 1 });
  expect(error?.name).toBe("ZodError");
  expect(error?.message).toContain("2 unrecognized keys");
  expect(`${error?.message} ${error?.stack}`).not.toMatch(/NGUYEN|771234567/);
  expect((await told({ fence: "x" })).error?.message).toContain("stream");
});

it("an event that does not fit tells log and metrics its stream by name alone, and no number", async () => {
  const unfit = await told({ stream: "au-cba", fence: Number(ACCOUNT), [ACCOUNT]: 1 });
  expect(unfit.lines).toEqual([{ state: "Step", stream: "au-cba", outcome: "ZodError" }]);
  expect(unfit.counts).toEqual([["StepFailed", "au-cba"]]);
  const number = await told({ stream: ACCOUNT, fence: 1 });
  expect(number).toMatchObject({ lines: [{ state: "Step", fence: 1, outcome: "Error" }], counts: [] });
  expect(number.lines).toEqual([{ state: "Step", fence: 1, outcome: "Error" }]);
});
