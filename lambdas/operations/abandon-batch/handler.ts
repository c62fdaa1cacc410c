import { z } from "zod";
import { lambda } from "../../adapters/lambda.ts";
import { stepPorts } from "../../adapters/ports.ts";
import { abandonBatch } from "./abandon-batch.ts";

export const handler = lambda({
  name: "AbandonBatch",
  event: z.strictObject({ batchId: z.string(), by: z.string().min(1), reason: z.string().min(1) }),
  ports: stepPorts,
  step: abandonBatch,
});
