import { ExecutionError } from "aws-local-stepfunctions";

/** The most bytes of JSON, in UTF-8, that a state may take or give. */
export const DATA_LIMIT = 262_144;

/** How an execution or a child of it has failed. */
export interface Failure {
  readonly error: string;
  /** What DescribeExecution tells; for an error of a Lambda function JSON with its type and message, as on AWS. */
  readonly cause: string;
  /** The error's own message. */
  readonly message?: string;
}

/** A queued call that is not made, since its execution has failed or was stopped. Nothing repeats it. */
export class Halted extends Error {
  override readonly name = "Halted";
  readonly isRetryable = false;
  readonly isCatchable = false;
}

/** No Retry and no Catch matches this one on AWS either. */
export function dataLimitExceeded(): Error {
  const error = new Error(`A state takes or gives more than ${DATA_LIMIT} bytes.`);
  return Object.assign(error, { name: "States.DataLimitExceeded", isRetryable: false, isCatchable: false });
}

/** @throws an error by the name States.DataLimitExceeded if the value is more than a state may take or give */
export function dataLimit<Value>(value: Value): Value {
  if (Buffer.byteLength(JSON.stringify(value)) > DATA_LIMIT) throw dataLimitExceeded();
  return value;
}

/** What came out of the interpreter as Step Functions would put it. */
export function failureOf(thrown: unknown): Failure & { readonly message: string } {
  const error = thrown instanceof ExecutionError ? thrown.cause : thrown;
  if (!(error instanceof Error)) return { error: "Error", cause: String(error), message: String(error) };
  const { name, message } = error;
  if (name.startsWith("States.")) return { error: name, cause: message, message };
  return { error: name, cause: JSON.stringify({ errorType: name, errorMessage: message }), message };
}

/**
 * The value as it comes out at the other end of a JSON boundary; what JSON cannot carry is refused by the name
 * that Lambda gives it.
 */
export function jsonCopy(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value ?? null));
  } catch (error) {
    throw Object.assign(new Error((error as Error).message), { name: "Runtime.MarshalError" });
  }
}
