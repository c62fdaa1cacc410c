import { SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { z } from "zod";
import { lambda } from "../../../../lambdas/adapters/lambda.ts";

/** Starts an execution through the SDK, as the real starter does. */
export const handler = lambda({
  event: z.strictObject({ name: z.string(), input: z.record(z.string(), z.unknown()) }),
  ports: ({ sfn, env }) => ({ client: new SFNClient(sfn), stateMachineArn: env["STATE_MACHINE_ARN"] }),
  step: async ({ name, input }, { client, stateMachineArn }) => {
    const start = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
    return { arn: (await client.send(start)).executionArn };
  },
});
