import { Readable } from "node:stream";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import type { S3ClientConfig } from "@aws-sdk/client-s3";
import type { Runtime } from "../../lambdas/adapters/lambda.ts";
import { ComputedTable } from "./computed-table.ts";
import { CONFIGURATION, stoppedClock } from "./made-batch.ts";
import { ObjectFolder } from "./object-folder.ts";

const BUCKETS = ["due", "work", "bank-files", "outbound", "reports"] as const;

/**
 * A runtime for the real handlers: the real adapters and the SDK's real clients, whose requests are answered inside
 * the process, DynamoDB's by computing and S3's from a folder. So a figure holds all that a Lambda does for a call
 * but the network.
 */
export function computedRuntime(folder: string, table: ComputedTable): Runtime {
  for (const bucket of BUCKETS) mkdirSync(join(folder, bucket), { recursive: true });
  let nonces = 0;
  return {
    env: {
      LEDGER_TABLE: "ledger",
      DUE_BUCKET: "due",
      WORK_BUCKET: "work",
      BANK_FILES_BUCKET: "bank-files",
      OUTBOUND_BUCKET: "outbound",
      REPORTS_BUCKET: "reports",
    },
    configuration: CONFIGURATION,
    clock: stoppedClock(),
    nonce: () => `nonce-${process.pid}-${(nonces += 1)}`,
    write: () => {},
    dynamodb: { ...NOWHERE, requestHandler: tableHandler(table) },
    s3: {
      ...NOWHERE,
      requestHandler: objectHandler(new ObjectFolder(folder)),
      forcePathStyle: true,
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    },
    sfn: NOWHERE,
  };
}

const NOWHERE = {
  region: "ap-southeast-2",
  endpoint: "http://127.0.0.1:9",
  credentials: { accessKeyId: "bench", secretAccessKey: "bench" },
} as const;

function tableHandler(table: ComputedTable): NonNullable<DynamoDBClientConfig["requestHandler"]> {
  return {
    async handle({ headers, body }: { headers: Record<string, string>; body?: unknown }) {
      const action = headers["x-amz-target"]?.split(".").at(-1) ?? "";
      const text = typeof body === "string" ? body : new TextDecoder().decode(body as Uint8Array);
      const request = JSON.parse(text) as Record<string, unknown>;
      const { holds, body: answer } = await table.answer(action, request);
      const refusal = '{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}';
      return {
        response: {
          statusCode: holds ? 200 : 400,
          headers: { "content-type": "application/x-amz-json-1.0" },
          body: Readable.from([Buffer.from(holds ? answer : refusal)]),
        },
      };
    },
  };
}

function objectHandler(folder: ObjectFolder): NonNullable<S3ClientConfig["requestHandler"]> {
  return {
    handle: async (request: Parameters<ObjectFolder["answer"]>[0]) => ({
      response: await folder.answer(request),
    }),
  };
}
