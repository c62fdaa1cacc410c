import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  RedriveExecutionCommand,
  SFNClient,
  type SFNClientConfig,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import type { Executions } from "../ports.ts";

/**
 * The executions of one state machine. Their ARNs name the machine, whatever they were started through.
 *
 * @param alias the ARN through which they are started, which names the newest version; asked for only then
 */
export function stepFunctionsExecutions(
  stateMachineArn: string,
  alias: () => string,
  config: SFNClientConfig,
): Executions {
  const client = new SFNClient(config);
  const arn = (name: string) => `${stateMachineArn.replace(":stateMachine:", ":execution:")}:${name}`;
  return {
    async start(name, input) {
      try {
        await client.send(
          new StartExecutionCommand({ stateMachineArn: alias(), name, input: JSON.stringify(input) }),
        );
        return "started";
      } catch (error) {
        if (error instanceof ExecutionAlreadyExists) return "exists";
        throw error;
      }
    },

    async describe(name) {
      try {
        const answer = await client.send(new DescribeExecutionCommand({ executionArn: arn(name) }));
        return {
          name,
          status: answer.status ?? "RUNNING",
          ...(answer.input !== undefined && { input: answer.input }),
          ...(answer.error !== undefined && { error: answer.error }),
          ...(answer.cause !== undefined && { cause: answer.cause }),
        };
      } catch (error) {
        if (error instanceof ExecutionDoesNotExist) return undefined;
        throw error;
      }
    },

    async redrive(name) {
      await client.send(new RedriveExecutionCommand({ executionArn: arn(name) }));
    },
  };
}
