import { z } from "zod";
import { lambda } from "../../adapters/lambda.ts";
import { stepPorts } from "../../adapters/ports.ts";
import { reconcile } from "./reconcile.ts";

export const handler = lambda({
  name: "Reconcile",
  event: z.strictObject({ batchId: z.string(), fence: z.int() }),
  ports: stepPorts,
  step: reconcile,
});
