import { z } from "zod";
import { lambda } from "../../adapters/lambda.ts";
import { stepPorts } from "../../adapters/ports.ts";
import { planBatch } from "./plan-segments.ts";

export const handler = lambda({
  name: "PlanSegments",
  event: z.strictObject({ batchId: z.string(), fence: z.int() }),
  ports: stepPorts,
  step: planBatch,
});
