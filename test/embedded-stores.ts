import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { openStores } from "../infra/local/stores.ts";
import { type ClientSettings, loopback } from "../infra/local/loopback.ts";
import { ledgerOn } from "../lambdas/adapters/ledger.ts";
import { s3Objects } from "../lambdas/adapters/objects.ts";
import { dynamodbTable, type Table } from "../lambdas/adapters/table.ts";
import type { Area } from "../lambdas/ports.ts";
import type { Backing } from "./world.ts";

const AREAS: readonly Area[] = ["due", "work", "bankFiles", "outbound", "reports"];
/** S3 names hold no capitals. */
const bucket = (area: Area) => area.toLowerCase();

/** The real adapters on DynamoDB and S3 as the local run embeds them, with a folder that is gone afterwards. */
export interface EmbeddedStores extends Backing {
  readonly table: Table;
  /** With which the SDK's clients reach the stores. */
  readonly settings: ClientSettings;
  close(): Promise<void>;
}

/**
 * Starts the embedded stores for one test file. The tests in it keep apart by stream and mandate.
 * @param states the Step Functions endpoint, for tests that have a state machine
 */
export async function embeddedStores(states?: { readonly port: number }): Promise<EmbeddedStores> {
  const folder = await mkdtemp(join(tmpdir(), "debit-once-"));
  const stores = await openStores({ folder, buckets: AREAS.map(bucket), storage: "memory" });
  const settings = loopback({ ...stores.ports, sfn: () => states?.port ?? 0 });
  const dynamodb = new DynamoDBClient(settings.dynamodb);
  await dynamodb.send(createTable("ledger", ["pk", "HASH"], ["sk", "RANGE"]));
  await dynamodb.send(createTable("idempotency", ["id", "HASH"]));
  const table = dynamodbTable("ledger", settings.dynamodb);
  const s3 = new S3Client(settings.s3);
  return {
    table,
    settings,
    ledger: ledgerOn(table),
    objects: s3Objects(bucket, settings.s3),
    overwrite: async (area, name, bytes) => {
      await s3.send(new PutObjectCommand({ Bucket: bucket(area), Key: name, Body: bytes }));
    },
    close: async () => {
      settings.close();
      await stores.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function createTable(
  name: string,
  ...keys: readonly (readonly [string, "HASH" | "RANGE"])[]
): CreateTableCommand {
  return new CreateTableCommand({
    TableName: name,
    BillingMode: "PAY_PER_REQUEST",
    KeySchema: keys.map(([AttributeName, KeyType]) => ({ AttributeName, KeyType })),
    AttributeDefinitions: keys.map(([AttributeName]) => ({ AttributeName, AttributeType: "S" })),
  });
}
