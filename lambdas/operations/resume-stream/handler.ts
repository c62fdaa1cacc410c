import { z } from "zod";
import { lambda } from "../../adapters/lambda.ts";
import { stepPorts } from "../../adapters/ports.ts";
import { resumeStream } from "./resume-stream.ts";

export const handler = lambda({
  name: "ResumeStream",
  event: z.strictObject({ stream: z.string(), by: z.string().min(1), reason: z.string().min(1) }),
  ports: stepPorts,
  step: resumeStream,
});
