import { z } from "zod";
import { decided } from "../../adapters/decided.ts";
import { lambda } from "../../adapters/lambda.ts";
import { executionsOf, stepPorts } from "../../adapters/ports.ts";
import { continueBatch } from "./continue-batch.ts";

export const handler = lambda({
  name: "ContinueBatch",
  event: z.strictObject({ batchId: z.string(), ...decided }),
  ports: (runtime) => ({ ...stepPorts(runtime), executions: executionsOf(runtime) }),
  step: continueBatch,
});
