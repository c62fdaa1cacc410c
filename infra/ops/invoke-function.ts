import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { RemoteError } from "./remote-error.ts";

/** Invokes a function and waits for what it returns. @throws RemoteError under the name of what the function threw */
export async function invokeFunction(
  lambda: LambdaClient,
  functionName: string,
  event: object,
  abortSignal?: AbortSignal,
): Promise<unknown> {
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(event)) }),
    abortSignal === undefined ? {} : { abortSignal },
  );
  const payload: unknown = JSON.parse(Buffer.from(answer.Payload ?? []).toString("utf8") || "null");
  if (answer.FunctionError === undefined) return payload;
  const { errorType, errorMessage } = (payload ?? {}) as { errorType?: string; errorMessage?: string };
  throw new RemoteError(
    errorType ?? answer.FunctionError,
    errorMessage ?? "the function failed without a message",
  );
}
