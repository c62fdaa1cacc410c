import { z } from "zod";
import { deployPorts } from "../adapters/deploy-ports.ts";
import { decided } from "../adapters/decided.ts";
import { lambda } from "../adapters/lambda.ts";
import { DEPLOYMENT_ID } from "../domain/may-deploy.ts";
import { deployGate } from "./deploy-gate.ts";

const override = z.string().max(64).optional();
const deployment = z.string().regex(DEPLOYMENT_ID);
/** The caller's word, for the trail: nothing is decided by it. */
const by = z.string().regex(/^[!-~]{1,64}$/);

export const handler = lambda({
  name: "DeployGate",
  event: z.discriminatedUnion("action", [
    z.strictObject({ action: z.literal("check"), override }),
    z.strictObject({ action: z.literal("begin"), deployment, by, override }),
    z.strictObject({ action: z.literal("end"), deployment, by, reason: decided.reason }),
  ]),
  ports: deployPorts,
  step: deployGate,
});
