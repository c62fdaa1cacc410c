import { z } from "zod";
import { decided } from "../../adapters/decided.ts";
import { lambda } from "../../adapters/lambda.ts";
import { stepPorts } from "../../adapters/ports.ts";
import { pauseStream } from "./pause-stream.ts";

export const handler = lambda({
  name: "PauseStream",
  event: z.strictObject({ stream: z.string(), ...decided }),
  ports: stepPorts,
  step: pauseStream,
});
