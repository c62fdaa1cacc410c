import { z } from "zod";
import { lambda } from "../../adapters/lambda.ts";
import { stepPorts } from "../../adapters/ports.ts";
import { showOverrides } from "./show-overrides.ts";

export const handler = lambda({
  name: "ShowOverrides",
  event: z.strictObject({}),
  ports: stepPorts,
  step: showOverrides,
});
