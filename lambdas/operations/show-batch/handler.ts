import { z } from "zod";
import { lambda } from "../../adapters/lambda.ts";
import { executionsOf, stepPorts } from "../../adapters/ports.ts";
import { showBatch } from "./show-batch.ts";

export const handler = lambda({
  name: "ShowBatch",
  event: z.strictObject({ batchId: z.string() }),
  ports: (runtime) => ({ ...stepPorts(runtime), executions: executionsOf(runtime) }),
  step: showBatch,
});
