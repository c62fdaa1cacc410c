import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import type { LocalApp } from "../../infra/local/local-app.ts";
import { type RequestHandler, tappedHandler } from "../../infra/local/tapped-handler.ts";

/** One request of a function to a store, as far as a test wants to tell it from others. */
export interface WireRequest {
  /** `PutItem`, `Query` … of the tables; `PUT`, `GET` … of the buckets. */
  readonly operation: string;
  /** Bucket and key; of a table the partition key that is put. */
  readonly target: string;
  readonly writes: boolean;
}

/** Stands between the functions and their stores: may refuse a request, or lose its answer. */
export type WireHook = <Answer>(request: WireRequest, send: () => Promise<Answer>) => Promise<Answer>;

type Handler = RequestHandler;
type Request = Parameters<Handler["handle"]>[0];

/**
 * Puts itself between the SDK's clients and the loopback servers, below the SDK's own retries. It must be made
 * before the first call of a function, because the functions make their clients then, from these very settings.
 */
export class StoreWire {
  hook: WireHook | undefined;

  constructor({ clients }: LocalApp) {
    for (const [settings, client] of [
      [clients.dynamodb, new DynamoDBClient(clients.dynamodb)],
      [clients.s3, new S3Client(clients.s3)],
    ] as const) {
      Object.assign(settings, { requestHandler: this.#tapped(client.config.requestHandler) });
    }
  }

  #tapped(inner: Handler): Handler {
    const handle: Handler["handle"] = (request, options) => {
      const send = () => inner.handle(request, options);
      return this.hook ? this.hook(described(request), send) : send();
    };
    return tappedHandler(inner, handle);
  }
}

function described({ method, path, headers, body }: Request): WireRequest {
  const table = headers["x-amz-target"]?.split(".").at(-1);
  if (table === undefined) return { operation: method, target: path.slice(1), writes: method === "PUT" };
  const { Item } = JSON.parse(new TextDecoder().decode(body as Uint8Array)) as {
    readonly Item?: { readonly pk?: { readonly S: string }; readonly sk?: { readonly S: string } };
  };
  return {
    operation: table,
    target: `${Item?.pk?.S ?? ""} ${Item?.sk?.S ?? ""}`,
    writes: table === "PutItem",
  };
}

/** An error by which the SDK knows that a request may or may not have been answered, and may be sent again. */
export function lostAnswer(): Error {
  return Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
}
