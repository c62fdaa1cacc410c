import { z } from "zod";
import { lambda } from "../../adapters/lambda.ts";
import { stepPorts } from "../../adapters/ports.ts";
import { acquireLock } from "./acquire-lock.ts";

export const handler = lambda({
  name: "AcquireLock",
  event: z.strictObject({
    batchId: z.string(),
    execution: z.string(),
    entered: z.iso.datetime({ offset: true }),
    retry: z.int().min(0),
  }),
  ports: stepPorts,
  step: acquireLock,
});
