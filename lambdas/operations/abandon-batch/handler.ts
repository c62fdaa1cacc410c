import { z } from "zod";
import { decided } from "../../adapters/decided.ts";
import { lambda } from "../../adapters/lambda.ts";
import { stepPorts } from "../../adapters/ports.ts";
import { abandonBatch } from "./abandon-batch.ts";

export const handler = lambda({
  name: "AbandonBatch",
  event: z.strictObject({ batchId: z.string(), ...decided }),
  ports: stepPorts,
  step: abandonBatch,
});
