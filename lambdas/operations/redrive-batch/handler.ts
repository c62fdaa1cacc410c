import { z } from "zod";
import { lambda } from "../../adapters/lambda.ts";
import { executionsOf, stepPorts } from "../../adapters/ports.ts";
import { redriveBatch } from "./redrive-batch.ts";

export const handler = lambda({
  name: "RedriveBatch",
  event: z.strictObject({ batchId: z.string(), by: z.string().min(1), reason: z.string().min(1) }),
  ports: (runtime) => ({ ...stepPorts(runtime), executions: executionsOf(runtime) }),
  step: redriveBatch,
});
