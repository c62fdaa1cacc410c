import {
  CloudFormationClient,
  CloudFormationServiceException,
  CreateStackCommand,
  DeleteStackCommand,
} from "@aws-sdk/client-cloudformation";
import type { TakeOut } from "./take-out.ts";

/**
 * Asks the endpoint for a stack of one resource of the type, and shows that it is refused for its type.
 * @returns the endpoint's own words
 * @throws Error where it is not refused, or for another reason
 */
export async function refusalOf(client: CloudFormationClient, { type, probe }: TakeOut): Promise<string> {
  const StackName = `debit-once-probe-${type.toLowerCase().replaceAll("::", "-")}`;
  const TemplateBody = JSON.stringify({ Resources: { Probe: { Type: type, Properties: probe } } });
  try {
    await client.send(new CreateStackCommand({ StackName, TemplateBody, OnFailure: "DELETE" }));
  } catch (error) {
    if (!(error instanceof CloudFormationServiceException)) throw error;
    if (isOfType(error.message, type)) return error.message;
    throw new Error(`${type} is refused, but not for its type: ${error.message}`, { cause: error });
  }
  await client.send(new DeleteStackCommand({ StackName }));
  throw new Error(`${type} is no longer refused: drop it from test/deployed/refused-types.ts`);
}

/** Whether CloudFormation's message says that it does not know this type. */
export function isOfType(message: string, type: string): boolean {
  return /unrecognized resource types?/i.test(message) && message.includes(`[${type}]`);
}
