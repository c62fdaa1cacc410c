import { SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { z } from "zod";
import { lambda } from "../../../../lambdas/adapters/lambda.ts";

/** Starts an execution through the SDK, as the real starter does. */
export const handler = lambda({
  name: "Starter",
  event: z.strictObject({ name: z.string(), input: z.record(z.string(), z.unknown()) }),
  ports: ({ sfn, env, write }) => ({
    client: new SFNClient(sfn),
    stateMachineArn: env["STATE_MACHINE_ARN"],
    log: { decision: (line) => write(JSON.stringify(line)) },
    metrics: { count: () => {} },
  }),
  step: async ({ name, input }, { client, stateMachineArn }) => {
    const start = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
    return { arn: (await client.send(start)).executionArn };
  },
});
