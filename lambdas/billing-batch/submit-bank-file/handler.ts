import { z } from "zod";
import { lambda } from "../../adapters/lambda.ts";
import { stepPorts } from "../../adapters/ports.ts";
import { submitBankFile } from "./submit-bank-file.ts";

export const handler = lambda({
  name: "SubmitBankFile",
  event: z.strictObject({ batchId: z.string(), fence: z.int() }),
  ports: stepPorts,
  // What is left of this call is the longest time in which it can still send something.
  step: (event, ports, context) =>
    submitBankFile({ ...event, timeLimitMs: context.getRemainingTimeInMillis() }, ports),
});
