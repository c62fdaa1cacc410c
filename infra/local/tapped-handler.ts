import type { S3Client } from "@aws-sdk/client-s3";

/** What sends a client's requests, below the SDK's own retries; the same for all of the SDK's clients. */
export type RequestHandler = S3Client["config"]["requestHandler"];

/** A handler that sends by `handle` and is the given one in everything else. */
export function tappedHandler(inner: RequestHandler, handle: RequestHandler["handle"]): RequestHandler {
  return new Proxy(inner, {
    get: (target, property) => {
      if (property === "handle") return handle;
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
