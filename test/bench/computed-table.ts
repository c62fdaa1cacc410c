import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Condition, Item, Key, Table } from "../../lambdas/adapters/table.ts";
import { SCHEMA } from "../../lambdas/domain/records.ts";
import { ConditionRefused } from "../../lambdas/ports.ts";
import { BATCH, centsOf, dueDateOf, lineOf, mandateOf, STREAM } from "./made-batch.ts";

type Attributes = Record<string, AttributeValue>;

/**
 * The ledger's table for batches of any size: a claim is one bit per line and is told from the line when it is asked
 * for, everything else is kept. It serves as the table itself, or as what lies behind the SDK's DynamoDB client.
 */
export class ComputedTable implements Table {
  readonly #kept: Map<string, Map<string, Item>>;
  readonly #claimed: Uint8Array;

  /** @param kept what {@link kept} once told */
  constructor(rows: number, kept: readonly Item[] = []) {
    this.#claimed = new Uint8Array(rows + 1);
    this.#kept = new Map();
    for (const item of kept) this.#keep(item);
  }

  /** Everything but the claims. */
  get kept(): Item[] {
    return [...this.#kept.values()].flatMap((items) => [...items.values()]);
  }

  /** Lets the batch hold the claim of that line. */
  claim(line: number): void {
    this.#claimed[line] = 1;
  }

  async get(key: Key): Promise<Item | undefined> {
    return this.#at(key);
  }

  async getMany(keys: readonly Key[]): Promise<Item[]> {
    return keys.flatMap((key) => this.#at(key) ?? []);
  }

  async query(pk: string, from: string, to: string): Promise<Item[]> {
    const line = claimLine(pk);
    const items = line > 0 ? [this.#claim(line)] : [...(this.#kept.get(pk)?.values() ?? [])];
    return items
      .filter((item) => item !== undefined)
      .filter(({ sk }) => from <= sk && sk <= to)
      .sort((a, b) => (a.sk < b.sk ? -1 : 1));
  }

  async put(item: Item, condition: Condition): Promise<void> {
    const seen = this.#at(item);
    const holds =
      condition === "absent"
        ? seen === undefined
        : Object.entries(condition).every(([name, value]) => seen?.[name] === value);
    if (!holds) throw new ConditionRefused(`the condition on ${item.pk} ${item.sk} was false`);
    const line = claimLine(item.pk);
    if (line > 0) this.claim(line);
    else this.#keep(item);
  }

  /** What DynamoDB answers: the body of its JSON, and whether the condition of a put was true. */
  async answer(action: string, request: Record<string, unknown>): Promise<{ holds: boolean; body: string }> {
    const items = (found: readonly Item[]) => `[${found.map(attributesOf).join(",")}]`;
    if (action === "GetItem") {
      const item = this.#at(keyOf(request["Key"] as Attributes));
      return { holds: true, body: item ? `{"Item":${attributesOf(item)}}` : "{}" };
    }
    if (action === "BatchGetItem") {
      const [[name, { Keys }] = ["", { Keys: [] }]] = Object.entries(
        request["RequestItems"] as Record<string, { Keys: Attributes[] }>,
      );
      const found = Keys.flatMap((key) => this.#at(keyOf(key)) ?? []);
      return { holds: true, body: `{"Responses":{"${name}":${items(found)}},"UnprocessedKeys":{}}` };
    }
    if (action === "Query") {
      const asked = unmarshall(request["ExpressionAttributeValues"] as Attributes);
      const found = await this.query(String(asked[":pk"]), String(asked[":from"]), String(asked[":to"]));
      return { holds: true, body: `{"Items":${items(found)}}` };
    }
    if (action !== "PutItem") throw new Error(`the computed table has no ${action}`);
    try {
      await this.put(unmarshall(request["Item"] as Attributes) as Item, conditionOf(request));
      return { holds: true, body: "{}" };
    } catch (error) {
      if (error instanceof ConditionRefused) return { holds: false, body: "{}" };
      throw error;
    }
  }

  #keep(item: Item): void {
    const items = this.#kept.get(item.pk) ?? new Map<string, Item>();
    this.#kept.set(item.pk, items.set(item.sk, item));
  }

  #at({ pk, sk }: Key): Item | undefined {
    const line = claimLine(pk);
    if (line === 0) return this.#kept.get(pk)?.get(sk);
    const claim = this.#claim(line);
    return claim?.sk === sk ? claim : undefined;
  }

  #claim(line: number): Item | undefined {
    if (this.#claimed[line] !== 1) return undefined;
    const [mandateId, dueDate] = [mandateOf(line), dueDateOf(line)];
    return {
      pk: `MANDATE#${mandateId}`,
      sk: `DEBIT#${dueDate}#01`,
      schema: SCHEMA,
      mandateId,
      dueDate,
      attempt: 1,
      batchId: BATCH,
      line,
      segment: Math.ceil(line / STREAM.segmentRows),
      cents: centsOf(line),
      stream: STREAM.name,
    };
  }
}

/** The line whose mandate's partition it is; 0 for any other partition. */
function claimLine(pk: string): number {
  return pk.startsWith("MANDATE#") ? lineOf(pk) : 0;
}

function keyOf({ pk, sk }: Attributes): Key {
  return { pk: pk?.S ?? "", sk: sk?.S ?? "" };
}

/** An item in DynamoDB's JSON. A claim has texts and numbers alone; marshalling a million would cost minutes. */
function attributesOf(item: Item): string {
  if (claimLine(item.pk) === 0) return JSON.stringify(marshall(item, { removeUndefinedValues: true }));
  const attributes = Object.entries(item).map(([name, value]) =>
    typeof value === "number" ? `"${name}":{"N":"${value}"}` : `"${name}":{"S":"${String(value)}"}`,
  );
  return `{${attributes.join(",")}}`;
}

/** The condition as the ledger's adapter writes it. */
function conditionOf(request: Record<string, unknown>): Condition {
  if (request["ConditionExpression"] === "attribute_not_exists(pk)") return "absent";
  const names = Object.entries(request["ExpressionAttributeNames"] as Record<string, string>);
  const values = unmarshall(request["ExpressionAttributeValues"] as Attributes) as Record<string, string>;
  return Object.fromEntries(names.map(([sign, name]) => [name, values[`:${sign.slice(1)}`] ?? ""]));
}
