import { z } from "zod";
import { lambda } from "../../adapters/lambda.ts";
import { executionsOf, stepPorts } from "../../adapters/ports.ts";
import { continueBatch } from "./continue-batch.ts";

export const handler = lambda({
  name: "ContinueBatch",
  event: z.strictObject({ batchId: z.string(), by: z.string().min(1), reason: z.string().min(1) }),
  ports: (runtime) => ({ ...stepPorts(runtime), executions: executionsOf(runtime) }),
  step: continueBatch,
});
