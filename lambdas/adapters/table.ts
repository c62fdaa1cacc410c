import { setTimeout } from "node:timers/promises";
import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
  type DynamoDBClientConfig,
  type AttributeValue,
  GetItemCommand,
  type KeysAndAttributes,
  PutItemCommand,
  QueryCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { LedgerBusy } from "../domain/faults.ts";
import { ConditionRefused } from "../ports.ts";

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

export type Item = Key & Readonly<Record<string, unknown>>;

/** What a put asks of the stored item: that there is none, or that these attributes are still the same. */
export type Condition = "absent" | Readonly<Record<string, string | number>>;

/** One table, reduced to what the ledger needs: consistent reads and single-item conditional puts. */
export interface Table {
  get(key: Key): Promise<Item | undefined>;
  /** The items under these keys, in no order; absent ones are left out. */
  getMany(keys: readonly Key[]): Promise<Item[]>;
  /** One partition's items with `from` ≤ sk ≤ `to`, in order of sk. */
  query(pk: string, from: string, to: string): Promise<Item[]>;
  /** @throws ConditionRefused */
  put(item: Item, condition: Condition): Promise<void>;
}

/** BatchGetItem's own limit. */
const KEYS_PER_CALL = 100;
const CALLS_IN_FLIGHT = 8;
/** How often keys that DynamoDB left unprocessed are asked for again before it counts as a fault. */
const TRIES_UNPROCESSED = 8;
/** Doubled with each round: 10, 20, … 640 ms, well over a second in all. */
const FIRST_WAIT_MS = 5;

/** The table in DynamoDB. A call that has no answer after ten seconds is a fault, not a wait without end. */
export function dynamodbTable(name: string, config: DynamoDBClientConfig): Table {
  const client = new DynamoDBClient({
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
    ...config,
  });
  return {
    async get({ pk, sk }) {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: name, Key: { pk: { S: pk }, sk: { S: sk } }, ConsistentRead: true }),
      );
      return Item && (unmarshall(Item) as Item);
    },

    async getMany(keys) {
      const found: Item[] = [];
      const chunks: (readonly Key[])[] = [];
      for (let at = 0; at < keys.length; at += KEYS_PER_CALL) chunks.push(keys.slice(at, at + KEYS_PER_CALL));
      const work = chunks.values();
      const worker = async () => {
        for (const chunk of work) found.push(...(await getChunk(client, name, chunk)));
      };
      await Promise.all(Array.from({ length: CALLS_IN_FLIGHT }, worker));
      return found;
    },

    async query(pk, from, to) {
      const items: Item[] = [];
      let start: Record<string, AttributeValue> | undefined;
      do {
        const page = await client.send(
          new QueryCommand({
            TableName: name,
            ConsistentRead: true,
            KeyConditionExpression: "pk = :pk AND sk BETWEEN :from AND :to",
            ExpressionAttributeValues: { ":pk": { S: pk }, ":from": { S: from }, ":to": { S: to } },
            ...(start && { ExclusiveStartKey: start }),
          }),
        );
        items.push(...(page.Items ?? []).map((item) => unmarshall(item) as Item));
        start = page.LastEvaluatedKey;
      } while (start);
      return items;
    },

    async put(item, condition) {
      try {
        await client.send(
          new PutItemCommand({
            TableName: name,
            Item: marshall(item, { removeUndefinedValues: true }),
            ...conditionOf(condition),
          }),
        );
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) {
          throw new ConditionRefused(`the condition on ${item.pk} ${item.sk} was false`, { cause: error });
        }
        throw error;
      }
    },
  };
}

async function getChunk(client: DynamoDBClient, name: string, keys: readonly Key[]): Promise<Item[]> {
  const found: Item[] = [];
  let asked: KeysAndAttributes | undefined = {
    Keys: keys.map(({ pk, sk }) => ({ pk: { S: pk }, sk: { S: sk } })),
    ConsistentRead: true,
  };
  for (let tries = 0; asked?.Keys?.length; tries += 1) {
    // Each round gets further or the store is throttling; then the step's own retry waits longer than we should.
    if (tries === TRIES_UNPROCESSED) throw new LedgerBusy(`${asked.Keys.length} keys stayed unprocessed`);
    if (tries > 0) await setTimeout(FIRST_WAIT_MS * 2 ** tries);
    const answer: {
      Responses?: Record<string, Record<string, AttributeValue>[]>;
      UnprocessedKeys?: Record<string, KeysAndAttributes>;
    } = await client.send(new BatchGetItemCommand({ RequestItems: { [name]: asked } }));
    found.push(...(answer.Responses?.[name] ?? []).map((item) => unmarshall(item) as Item));
    const left = answer.UnprocessedKeys?.[name];
    // Consistent by our own word: what an answer says again of the question is not what the claims are decided on.
    asked = left && { ...left, ConsistentRead: true };
  }
  return found;
}

function conditionOf(condition: Condition) {
  if (condition === "absent") return { ConditionExpression: "attribute_not_exists(pk)" };
  const entries = Object.entries(condition);
  return {
    ConditionExpression: entries.map((_, i) => `#c${i} = :c${i}`).join(" AND "),
    ExpressionAttributeNames: Object.fromEntries(entries.map(([name], i) => [`#c${i}`, name])),
    ExpressionAttributeValues: marshall(Object.fromEntries(entries.map(([, value], i) => [`:c${i}`, value]))),
  };
}
