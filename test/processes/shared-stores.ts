import { readFile } from "node:fs/promises";
import diagnostics from "node:diagnostics_channel";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type S3rver from "@20minutes/s3rver";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { Assembly } from "../../infra/local/assembly.ts";
import { loopback } from "../../infra/local/loopback.ts";
import { serveObjects } from "../../infra/local/object-server.ts";
import { createTables } from "../../infra/local/stores.ts";
import { serveTables } from "../../infra/local/table-server.ts";
import { LocalStores, type StoredItem } from "../batch/local-stores.ts";
import { MARK, now } from "./messages.ts";

/** One request of a worker to a store, whole, before the store does anything about it. */
export interface Request {
  readonly at: number;
  readonly worker: number;
  readonly run: number;
  /** The function that asks, such as `StageSegment`. */
  readonly by: string;
  /** `PutItem`, `Query` … of the tables; `PUT`, `GET` … of the buckets. */
  readonly operation: string;
  /** Table keys, or bucket and key. */
  readonly target: string;
  /** The item that is put. */
  readonly item?: StoredItem;
  /** The store's answer, once it has one; nobody may be there any more to hear it. */
  answer?: { readonly at: number; readonly status: number };
}

/** An object that has come to lie in the bank's bucket, whatever lay there before and whoever hears of it. */
export interface Delivery {
  readonly at: number;
  readonly key: string;
  readonly bytes: Buffer;
}

/** What looks on at the wire. Both are called before anything else happens, so a kill in them is a kill then. */
export interface Watcher {
  asked(request: Request): void;
  answered(request: Request): void;
}

/** The stores that all workers share, as the local run embeds them, in this process. */
export class SharedStores {
  watcher: Watcher | undefined;
  readonly stores: LocalStores;
  readonly ports: { readonly dynamodb: number; readonly s3: number };
  readonly deliveries: Delivery[] = [];
  /** Deletions in the bank's bucket, which no step may ever ask for. */
  readonly deletions: string[] = [];
  readonly #close: () => Promise<void>;
  readonly #bank: string;

  private constructor(
    assembly: Assembly,
    ports: SharedStores["ports"],
    deliveries: Delivery[],
    close: () => Promise<void>,
  ) {
    this.ports = ports;
    this.deliveries = deliveries;
    this.#bank = bankOf(assembly);
    const clients = loopback({ ...ports, sfn: () => 0 });
    this.stores = new LocalStores({ names: assembly.names, clients });
    this.#close = async () => {
      diagnostics.unsubscribe("http.server.request.start", this.#started);
      this.stores.close();
      clients.close();
      await close();
    };
    diagnostics.subscribe("http.server.request.start", this.#started);
  }

  static async open(folder: string, assembly: Assembly): Promise<SharedStores> {
    const deliveries: Delivery[] = [];
    const objects = join(folder, "objects");
    const tables = await serveTables(undefined);
    const s3 = await serveObjects(objects, assembly.buckets, (server) => {
      noteDeliveries(server, join(objects, bankOf(assembly)), deliveries);
    });
    const ports = { dynamodb: tables.port, s3: s3.port };
    const clients = loopback({ ...ports, sfn: () => 0 });
    await createTables(clients.dynamodb, assembly.tables, folder);
    clients.close();
    return new SharedStores(assembly, ports, deliveries, async () => {
      await Promise.all([tables.close(), s3.close()]);
    });
  }

  async close(): Promise<void> {
    await this.#close();
  }

  readonly #started = (message: unknown) => {
    const { request, response, server } = message as {
      readonly request: IncomingMessage;
      readonly response: ServerResponse;
      readonly server: Server;
    };
    const port = (server.address() as AddressInfo | null)?.port;
    if (port !== this.ports.dynamodb && port !== this.ports.s3) return;
    if (request.method === "DELETE" && request.url?.startsWith(`/${this.#bank}`)) {
      this.deletions.push(request.url);
    }
    const mark = request.headers[MARK];
    if (typeof mark === "string") this.#watch(request, response, mark);
  };

  #watch(request: IncomingMessage, response: ServerResponse, mark: string): void {
    const [worker = "", run = "", by = ""] = mark.split(" ");
    const pieces: Buffer[] = [];
    let seen: Request | undefined;
    const push = request.push.bind(request);
    request.push = (piece: Buffer | null) => {
      if (piece !== null) pieces.push(piece);
      else {
        const who = { at: now(), worker: Number(worker), run: Number(run), by };
        seen = { ...who, ...described(request, Buffer.concat(pieces)) };
        this.watcher?.asked(seen);
      }
      return push(piece);
    };
    const end = response.end.bind(response) as (...given: unknown[]) => ServerResponse;
    response.end = (...given: unknown[]) => {
      if (seen) {
        seen.answer = { at: now(), status: response.statusCode };
        this.watcher?.answered(seen);
      }
      return end(...given);
    };
  }
}

function bankOf({ names }: Assembly): string {
  return names["OUTBOUND_BUCKET"] ?? "";
}

/** Notes every object that the store has made whole in the bank's bucket, also one that takes another's place. */
function noteDeliveries({ store }: S3rver, bank: string, deliveries: Delivery[]): void {
  const write = store.putContent.bind(store);
  store.putContent = async (path, content) => {
    const written = await write(path, content);
    if (path.startsWith(bank)) {
      const key = decodeURIComponent(path.slice(bank.length + 1).replace(/\._S3rver_object$/, ""));
      // Writes to one key come one after the other, so these are the bytes of this one.
      deliveries.push({ at: now(), key, bytes: await readFile(path) });
    }
    return written;
  };
}

function described(
  request: IncomingMessage,
  body: Buffer,
): Pick<Request, "operation" | "target"> & { item?: StoredItem } {
  const operation = String(request.headers["x-amz-target"] ?? "").split(".")[1];
  if (operation === undefined) return { operation: request.method ?? "", target: request.url ?? "" };
  const { Item, Key, ExpressionAttributeValues } = JSON.parse(body.toString("utf8")) as Record<
    "Item" | "Key" | "ExpressionAttributeValues",
    Parameters<typeof unmarshall>[0] | undefined
  >;
  const named = Item ?? Key;
  if (named === undefined) {
    return { operation, target: ExpressionAttributeValues ? String(values(ExpressionAttributeValues)) : "" };
  }
  const item = unmarshall(named) as StoredItem;
  return { operation, target: `${item.pk} ${item.sk}`, ...(Item && { item }) };
}

function values(given: Parameters<typeof unmarshall>[0]): unknown {
  return unmarshall(given)[":pk"];
}
