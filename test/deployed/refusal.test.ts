import { CloudFormationServiceException, type CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { expect, test } from "vitest";
import { isOfType, refusalOf } from "./refusal.ts";

const TYPE = "AWS::SSM::Document";
const ENTRY = { type: TYPE, probe: {} };

/** A client whose every call ends like this, and the names of the calls that it got. */
function answering(message: string | undefined) {
  const calls: string[] = [];
  const send = async (command: object) => {
    calls.push(command.constructor.name);
    if (message === undefined) return {};
    throw new CloudFormationServiceException({
      name: "ValidationError",
      message,
      $fault: "client",
      $metadata: {},
    });
  };
  return { calls, client: { send } as unknown as CloudFormationClient };
}

test("a type that is refused is told in the endpoint's own words", async () => {
  const message = `Template format error: Unrecognized resource types: [${TYPE}]`;
  expect(await refusalOf(answering(message).client, ENTRY)).toBe(message);
});

test("a type that is no longer refused must leave the list, and its probe is removed", async () => {
  const { client, calls } = answering(undefined);
  await expect(refusalOf(client, ENTRY)).rejects.toThrow(`${TYPE} is no longer refused`);
  expect(calls).toEqual(["CreateStackCommand", "DeleteStackCommand"]);
});

test("a refusal for anything but the type shows nothing", async () => {
  await expect(refusalOf(answering("Stack already exists").client, ENTRY)).rejects.toThrow(
    "not for its type: Stack already exists",
  );
  expect(isOfType("Template format error: Unrecognized resource types: [AWS::SSM::Other]", TYPE)).toBe(false);
  expect(isOfType(`Properties validation failed for resource Probe of [${TYPE}]`, TYPE)).toBe(false);
});
