import { z } from "zod";
import { functionUrl } from "../../adapters/function-url.ts";
import { stepPorts } from "../../adapters/ports.ts";
import { isReason, REASON_RULE } from "../../domain/reason.ts";
import { propose } from "./propose.ts";

export const handler = functionUrl({
  name: "Propose",
  role: "PROPOSER_ROLE_ARN",
  body: z.strictObject({
    action: z.literal("accept-suspicion"),
    batchId: z.string(),
    check: z.string().regex(/^[a-z][a-z-]{0,39}$/, "the name of a check"),
    reason: z.string().refine(isReason, REASON_RULE),
  }),
  ports: stepPorts,
  step: propose,
});
