import {
  CloudFormationClient,
  type CloudFormationClientConfig,
  CloudFormationServiceException,
  DescribeStacksCommand,
} from "@aws-sdk/client-cloudformation";
import type { HttpHandlerOptions } from "@smithy/types";
import type { Stacks } from "../ports.ts";

/**
 * The stacks of the account and region in which this runs.
 * @param options of every request, such as a signal that breaks it off
 */
export function cloudFormationStacks(
  config: CloudFormationClientConfig,
  options: HttpHandlerOptions = {},
): Stacks {
  const client = new CloudFormationClient(config);
  return {
    async status(name) {
      try {
        const { Stacks: [stack] = [] } = await client.send(
          new DescribeStacksCommand({ StackName: name }),
          options,
        );
        const status = stack?.StackStatus;
        // An answer without a stack is not the answer that there is none.
        if (status === undefined) throw new Error(`CloudFormation tells no status of stack ${name}`);
        return status;
      } catch (error) {
        if (saysAbsent(error, name)) return undefined;
        throw error;
      }
    },
  };
}

/** CloudFormation has no error of its own for it: a ValidationError, with these words. */
function saysAbsent(error: unknown, name: string): boolean {
  return (
    error instanceof CloudFormationServiceException &&
    error.name === "ValidationError" &&
    error.message === `Stack with id ${name} does not exist`
  );
}
