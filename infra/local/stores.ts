import { setTimeout } from "node:timers/promises";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  type KeySchemaElement,
  ResourceInUseException,
  type TableDescription,
} from "@aws-sdk/client-dynamodb";
import { faultOf, freshAdvice, LocalFault } from "./local-fault.ts";
import { serveObjects } from "./object-server.ts";
import { serveTables } from "./table-server.ts";
import { serveInThread } from "./table-thread.ts";

/** Where the tables live: in LevelDB under the folder, or in memory, which opens ten times as fast. */
export type Storage = "disk" | "memory";

export interface Stores {
  readonly ports: { readonly dynamodb: number; readonly s3: number };
  /** What ended the tables' server while it was in use. */
  fault(): LocalFault | undefined;
  close(): Promise<void>;
}

/**
 * Starts DynamoDB (dynalite) and S3 (s3rver) on free ports of the loopback address, with their data under
 * `<folder>/tables` and `<folder>/objects`.
 *
 * @throws LocalFault for a folder that cannot be written, and for a store that is damaged or in use
 */
export async function openStores(options: {
  readonly folder: string;
  readonly buckets: readonly string[];
  readonly storage: Storage;
}): Promise<Stores> {
  const { folder, storage, buckets } = options;
  const objects = join(folder, "objects");
  await writable(folder, [objects]);
  let lost: LocalFault | undefined;
  const tables =
    storage === "memory"
      ? await serveTables(undefined)
      : await serveInThread(folder, (error) => {
          lost = faultOf(folder, error);
        });
  try {
    const s3 = await serveObjects(objects, buckets);
    return {
      ports: { dynamodb: tables.port, s3: s3.port },
      fault: () => lost,
      close: async () => {
        await Promise.all([tables.close(), s3.close()]);
      },
    };
  } catch (error) {
    await tables.close();
    throw error;
  }
}

/** Makes the folders, and proves by a file that they can be written. */
async function writable(folder: string, folders: readonly string[]): Promise<void> {
  const probe = join(folder, `.probe-${process.pid}`);
  try {
    for (const path of [folder, ...folders]) await mkdir(path, { recursive: true });
    await writeFile(probe, "");
    await rm(probe);
  } catch (error) {
    throw faultOf(folder, error);
  }
}

/** Makes the tables that are absent; a table of other keys than wanted is refused. */
export async function createTables(
  settings: DynamoDBClientConfig,
  tables: readonly CreateTableCommandInput[],
  folder: string,
): Promise<void> {
  const client = new DynamoDBClient(settings);
  try {
    await Promise.all(tables.map((table) => createTable(client, table, folder)));
  } finally {
    client.destroy();
  }
}

async function createTable(
  client: DynamoDBClient,
  wanted: CreateTableCommandInput,
  folder: string,
): Promise<void> {
  try {
    await client.send(new CreateTableCommand(wanted));
    await active(client, wanted.TableName);
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
    const { Table: found } = await client.send(new DescribeTableCommand({ TableName: wanted.TableName }));
    if (shape(found) !== shape(wanted)) {
      const message = `The table ${wanted.TableName} under ${folder} was made with other keys than today's.`;
      throw new LocalFault(message, freshAdvice(folder));
    }
  }
}

/** A table is not there for its first writes until it is ACTIVE, here as on AWS. */
async function active(client: DynamoDBClient, TableName: string | undefined): Promise<void> {
  for (let tries = 0; tries < 1000; tries += 1) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    if (Table?.TableStatus === "ACTIVE") return;
    await setTimeout(5);
  }
  throw new Error(`the table ${TableName} does not become active`);
}

/** What cannot be changed of a table that exists: keys and indexes, in an order of their own. */
function shape(table: TableDescription | CreateTableCommandInput | undefined): string {
  const keys = (schema: KeySchemaElement[] | undefined) =>
    schema?.map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`);
  return JSON.stringify([
    keys(table?.KeySchema),
    table?.AttributeDefinitions?.map(({ AttributeName, AttributeType }) => [
      AttributeName,
      AttributeType,
    ]).sort(),
    table?.GlobalSecondaryIndexes?.map(({ IndexName, KeySchema }) => [IndexName, keys(KeySchema)]).sort() ??
      [],
  ]);
}
