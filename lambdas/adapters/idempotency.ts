import {
  IdempotencyAlreadyInProgressError,
  IdempotencyConfig,
  IdempotencyValidationError,
  makeIdempotent,
} from "@aws-lambda-powertools/idempotency";
import { DynamoDBPersistenceLayer } from "@aws-lambda-powertools/idempotency/dynamodb";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DueListMismatch } from "../domain/faults.ts";
import type { Once } from "../ports.ts";
import type { Runtime } from "./lambda.ts";
import { required } from "./ports.ts";

/** Longer than an execution can be redriven (14 days), so that a late repetition still meets its record. */
const KEPT_SECONDS = 30 * 24 * 60 * 60;

/**
 * Powertools idempotency for the starter, where a second run would be harmless noise: it forgets its record when the
 * function throws, which is why it guards nothing on the way to the bank.
 *
 * The key is a string built in code and hashed with SHA-256; a missing key is an error; the same key with another
 * due list is an error too.
 * @throws Error at once if the environment switches Powertools idempotency off
 */
export function powertoolsOnce(runtime: Runtime): Once {
  const name = "POWERTOOLS_IDEMPOTENCY_DISABLED";
  if (runtime.env[name] !== undefined)
    throw new Error(`${name} is set: the starter does not run without its record`);
  const persistenceStore = new DynamoDBPersistenceLayer({
    tableName: required(runtime, "IDEMPOTENCY_TABLE"),
    awsSdkV3Client: new DynamoDBClient(runtime.dynamodb),
  });
  return async (key, fingerprint, remainingMs, run) => {
    const config = new IdempotencyConfig({
      eventKeyJmesPath: "key",
      payloadValidationJmesPath: "fingerprint",
      throwOnNoIdempotencyKey: true,
      expiresAfterSeconds: KEPT_SECONDS,
      hashFunction: "sha256",
    });
    // Powertools takes from the context only how long this call can still be in progress.
    config.registerLambdaContext({ getRemainingTimeInMillis: () => remainingMs });
    const first = { ran: false };
    const idempotent = makeIdempotent(
      async (_payload: Readonly<{ key: string; fingerprint: string }>) => {
        first.ran = true;
        await run();
        return { done: true };
      },
      { persistenceStore, config, keyPrefix: "start-batch" },
    );
    try {
      await idempotent(Object.freeze({ key, fingerprint }));
      return first.ran ? "ran" : "repeated";
    } catch (error) {
      if (error instanceof IdempotencyAlreadyInProgressError) {
        // Another call is at it, or this is our own record, whose answer was lost and which the SDK put again. Only
        // one of the two may be left to others, so it is run: the execution's name makes a second run harmless.
        await run();
        return "repeated";
      }
      if (error instanceof IdempotencyValidationError) {
        throw new DueListMismatch(`${key} was started for another due list`, { cause: error });
      }
      throw error;
    }
  };
}
