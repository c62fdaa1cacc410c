import { z } from "zod";
import { lambda } from "../../adapters/lambda.ts";
import { stepPorts } from "../../adapters/ports.ts";
import { closeBatch } from "./close-batch.ts";

export const handler = lambda({
  name: "CloseBatch",
  event: z.strictObject({ batchId: z.string(), fence: z.int() }),
  ports: stepPorts,
  step: closeBatch,
});
