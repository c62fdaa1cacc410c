import {
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
} from "@aws-sdk/client-dynamodb";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import type { LocalApp } from "../../infra/local/local-app.ts";
import type { Area } from "../../lambdas/ports.ts";

/** An item of the ledger as it is stored: keys, schema and all. */
export type StoredItem = Record<string, unknown> & { readonly pk: string; readonly sk: string };

const BUCKETS: Record<Area, string> = {
  due: "DUE_BUCKET",
  work: "WORK_BUCKET",
  bankFiles: "BANK_FILES_BUCKET",
  outbound: "OUTBOUND_BUCKET",
  reports: "REPORTS_BUCKET",
};
export const AREAS = Object.keys(BUCKETS) as Area[];

/** The hands that no step has: the ledger's items and the buckets' objects, to look at and to tamper with. */
export class LocalStores {
  readonly #names: LocalApp["names"];
  readonly #db: DynamoDBClient;
  readonly #s3: S3Client;

  constructor({ names, clients }: Pick<LocalApp, "names" | "clients">) {
    this.#names = names;
    this.#db = new DynamoDBClient(clients.dynamodb);
    this.#s3 = new S3Client(clients.s3);
  }

  close(): void {
    this.#db.destroy();
    this.#s3.destroy();
  }

  async item(pk: string, sk: string): Promise<StoredItem | undefined> {
    const key = { pk: { S: pk }, sk: { S: sk } };
    const { Item } = await this.#db.send(
      new GetItemCommand({ TableName: this.#table, Key: key, ConsistentRead: true }),
    );
    return Item && (unmarshall(Item) as StoredItem);
  }

  async putItem(item: StoredItem): Promise<void> {
    const Item = marshall(item, { removeUndefinedValues: true });
    await this.#db.send(new PutItemCommand({ TableName: this.#table, Item }));
  }

  async dropItem(pk: string, sk: string): Promise<void> {
    await this.#db.send(
      new DeleteItemCommand({ TableName: this.#table, Key: { pk: { S: pk }, sk: { S: sk } } }),
    );
  }

  /** Every item of the ledger, in order of its keys. */
  async items(): Promise<StoredItem[]> {
    const { Items = [], LastEvaluatedKey } = await this.#db.send(
      new ScanCommand({ TableName: this.#table, ConsistentRead: true }),
    );
    if (LastEvaluatedKey) throw new Error("the ledger of a test is too large for one page");
    const keyOf = ({ pk, sk }: StoredItem) => `${pk} ${sk}`;
    return Items.map((item) => unmarshall(item) as StoredItem).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }

  async object(area: Area, key: string): Promise<Buffer | undefined> {
    try {
      const { Body } = await this.#s3.send(new GetObjectCommand({ Bucket: this.#bucket(area), Key: key }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }

  /** Puts an object whatever lies there. */
  async putObject(area: Area, key: string, bytes: Buffer): Promise<void> {
    await this.#s3.send(new PutObjectCommand({ Bucket: this.#bucket(area), Key: key, Body: bytes }));
  }

  async dropObject(area: Area, key: string): Promise<void> {
    await this.#s3.send(new DeleteObjectCommand({ Bucket: this.#bucket(area), Key: key }));
  }

  /** The keys of an area under a prefix, in their order. */
  async keys(area: Area, prefix = ""): Promise<string[]> {
    const { Contents = [] } = await this.#s3.send(
      new ListObjectsV2Command({ Bucket: this.#bucket(area), Prefix: prefix }),
    );
    return Contents.map(({ Key }) => Key ?? "").sort();
  }

  get #table(): string {
    return this.#names["LEDGER_TABLE"] ?? "";
  }

  #bucket(area: Area): string {
    return this.#names[BUCKETS[area]] ?? "";
  }
}
