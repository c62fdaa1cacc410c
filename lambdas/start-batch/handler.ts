import { z } from "zod";
import { powertoolsOnce } from "../adapters/idempotency.ts";
import { lambda } from "../adapters/lambda.ts";
import { powertoolsMetrics } from "../adapters/metrics.ts";
import { decisionLog, executionsOf, objectsOf } from "../adapters/ports.ts";
import { startBatch } from "./start-batch.ts";

export const handler = lambda({
  name: "StartBatch",
  event: z.strictObject({
    stream: z.string(),
    scheduledTime: z.iso.datetime({ offset: true }),
    number: z.int().min(1).max(99).optional(),
  }),
  ports: (runtime) => ({
    configuration: runtime.configuration,
    objects: objectsOf(runtime),
    clock: runtime.clock,
    nonce: runtime.nonce,
    log: decisionLog(runtime),
    metrics: powertoolsMetrics(runtime),
    executions: executionsOf(runtime),
    once: powertoolsOnce(runtime),
  }),
  step: (event, ports, context) =>
    startBatch({ ...event, remainingMs: context.getRemainingTimeInMillis() }, ports),
});
