import { z } from "zod";
import { lambda } from "../adapters/lambda.ts";
import { stepPorts } from "../adapters/ports.ts";
import { watch } from "./watch.ts";

export const handler = lambda({
  name: "Watch",
  event: z.strictObject({}),
  ports: stepPorts,
  step: (_event, ports) => watch(ports),
});
