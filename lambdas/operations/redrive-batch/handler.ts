import { z } from "zod";
import { decided } from "../../adapters/decided.ts";
import { lambda } from "../../adapters/lambda.ts";
import { executionsOf, stepPorts } from "../../adapters/ports.ts";
import { redriveBatch } from "./redrive-batch.ts";

export const handler = lambda({
  name: "RedriveBatch",
  event: z.strictObject({ batchId: z.string(), ...decided }),
  ports: (runtime) => ({ ...stepPorts(runtime), executions: executionsOf(runtime) }),
  step: redriveBatch,
});
