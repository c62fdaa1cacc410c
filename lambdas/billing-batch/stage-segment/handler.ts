import { z } from "zod";
import { lambda } from "../../adapters/lambda.ts";
import { stepPorts } from "../../adapters/ports.ts";
import { stageSegment } from "./stage-segment.ts";

export const handler = lambda({
  name: "StageSegment",
  event: z.strictObject({ batchId: z.string(), fence: z.int(), segment: z.int() }),
  ports: stepPorts,
  step: stageSegment,
});
