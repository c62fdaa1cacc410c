import { z } from "zod";
import { decided } from "../../adapters/decided.ts";
import { lambda } from "../../adapters/lambda.ts";
import { stepPorts } from "../../adapters/ports.ts";
import { resumeStream } from "./resume-stream.ts";

export const handler = lambda({
  name: "ResumeStream",
  event: z.strictObject({ stream: z.string(), ...decided }),
  ports: stepPorts,
  step: resumeStream,
});
