import { z } from "zod";
import { lambda } from "../../adapters/lambda.ts";
import { stepPorts } from "../../adapters/ports.ts";
import { pauseStream } from "./pause-stream.ts";

export const handler = lambda({
  name: "PauseStream",
  event: z.strictObject({ stream: z.string(), by: z.string().min(1), reason: z.string().min(1) }),
  ports: stepPorts,
  step: pauseStream,
});
