import { z } from "zod";
import { deployPorts } from "../adapters/deploy-ports.ts";
import { lambda } from "../adapters/lambda.ts";
import { deployHook } from "./deploy-hook.ts";

export const handler = lambda({
  name: "DeployHook",
  // An event that it does not know is answered too: refused, in words.
  event: z.unknown(),
  ports: deployPorts,
  step: deployHook,
});
