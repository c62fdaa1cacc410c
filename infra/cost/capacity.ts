import { Readable } from "node:stream";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { ClientSettings } from "../local/loopback.ts";
import { ASSUMED } from "./assumptions.ts";
import { type RequestHandler, tappedHandler } from "../local/tapped-handler.ts";

type Attribute = Readonly<Record<string, unknown>>;
type Item = Readonly<Record<string, Attribute>>;
type Handler = RequestHandler;
type Request = Parameters<Handler["handle"]>[0];

interface Sent {
  readonly TableName?: string;
  readonly Item?: Item;
  readonly ConsistentRead?: boolean;
  readonly RequestItems?: Readonly<Record<string, { readonly Keys: readonly Item[] }>>;
}

interface Consumed {
  readonly CapacityUnits: number;
}

/** DynamoDB's own sizes: a unit writes this much, or reads four times as much consistently. */
const WRITE_UNIT_BYTES = 1024;

/**
 * Counts the request units of every request to the tables. They are asked of the store with each request, by the
 * field that DynamoDB has for it, except where DynamoDB bills what the answer does not say.
 */
export class CapacityMeter {
  /** Write and read request units since the last {@link reset}. */
  units = { writeUnits: 0, readUnits: 0 };
  readonly #items = new Map<string, number>();

  /** Puts itself into the settings; it must be made before the first call of a function, which reads them then. */
  constructor(settings: ClientSettings) {
    const inner = new DynamoDBClient(settings.dynamodb).config.requestHandler;
    Object.assign(settings.dynamodb, { requestHandler: this.#metered(inner) });
  }

  /** Bytes of the items that were put and are kept, with what DynamoDB adds to each. */
  get itemBytes(): number {
    return [...this.#items.values()].reduce((sum, bytes) => sum + bytes + ASSUMED.bytesPerItem, 0);
  }

  reset(): void {
    this.units = { writeUnits: 0, readUnits: 0 };
    this.#items.clear();
  }

  #metered(inner: Handler): Handler {
    const handle: Handler["handle"] = async (request, options) => {
      const sent = JSON.parse(new TextDecoder().decode(request.body as Uint8Array)) as Sent;
      const answer = await inner.handle(asking(request, sent), options);
      const response = answer.response as { statusCode: number; body: Readable };
      const bytes = Buffer.concat(await response.body.toArray());
      response.body = Readable.from(bytes);
      this.#count(request, sent, response.statusCode, JSON.parse(bytes.toString("utf8")) as Answer);
      return answer;
    };
    return tappedHandler(inner, handle);
  }

  #count({ headers }: Request, sent: Sent, status: number, answer: Answer): void {
    const operation = headers["x-amz-target"]?.split(".").at(-1) ?? "";
    const consumed = [answer.ConsumedCapacity ?? []].flat().reduce((sum, one) => sum + one.CapacityUnits, 0);
    if (/^(Put|Update|Delete)Item$/.test(operation)) {
      // A put whose condition is false is billed too, and its answer does not say how much.
      this.units.writeUnits += Math.max(1, consumed, Math.ceil(sizeOf(sent.Item ?? {}) / WRITE_UNIT_BYTES));
      if (sent.Item && status === 200) this.#items.set(keyOf(sent), sizeOf(sent.Item));
      return;
    }
    // Absent items are billed like small ones, and a query that finds nothing like one that finds one.
    const asked = Object.values(sent.RequestItems ?? {}).reduce((sum, { Keys }) => sum + Keys.length, 0);
    this.units.readUnits += Math.max(1, asked, consumed);
  }
}

interface Answer {
  readonly ConsumedCapacity?: Consumed | readonly Consumed[];
}

/** The same request with DynamoDB's own question in it. Nobody checks the signature here, which does not cover it. */
function asking(request: Request, sent: Sent): Request {
  const body = Buffer.from(JSON.stringify({ ...sent, ReturnConsumedCapacity: "TOTAL" }));
  return Object.assign(request, {
    body,
    headers: { ...request.headers, "content-length": String(body.length) },
  });
}

function keyOf({ TableName, Item }: Sent): string {
  const { pk, sk, id } = Item ?? {};
  return JSON.stringify([TableName, pk, sk, id]);
}

/** An item's size as DynamoDB counts it: names, and values by their kind; a little too large for numbers. */
function sizeOf(item: Item): number {
  return Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + sizeOfValue(value),
    0,
  );
}

function sizeOfValue(attribute: Attribute): number {
  const [[kind, value] = ["NULL", true]] = Object.entries(attribute);
  if (kind === "S" || kind === "N") return Buffer.byteLength(String(value));
  if (kind === "B") return Buffer.byteLength(String(value), "base64");
  if (kind === "M") return 3 + Object.keys(value as Item).length + sizeOf(value as Item);
  if (kind === "L") {
    const values = value as readonly Attribute[];
    return 3 + values.reduce((sum, one) => sum + 1 + sizeOfValue(one), 0);
  }
  return 1;
}
