import { z } from "zod";
import { lambda } from "../../adapters/lambda.ts";
import { stepPorts } from "../../adapters/ports.ts";
import { composeBankFile } from "./compose-bank-file.ts";

export const handler = lambda({
  name: "ComposeBankFile",
  event: z.strictObject({ batchId: z.string(), fence: z.int() }),
  ports: stepPorts,
  step: composeBankFile,
});
