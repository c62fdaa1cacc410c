import { z } from "zod";
import { functionUrl } from "../../adapters/function-url.ts";
import { stepPorts } from "../../adapters/ports.ts";
import { approve } from "./approve.ts";

export const handler = functionUrl({
  name: "Approve",
  role: "APPROVER_ROLE_ARN",
  body: z.strictObject({ proposal: z.string() }),
  ports: stepPorts,
  step: approve,
});
