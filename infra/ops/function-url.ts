import { type SignatureV4Init, SignatureV4 } from "@smithy/signature-v4";
import type { ChecksumConstructor, HashConstructor } from "@smithy/types";
import { RemoteError } from "./remote-error.ts";

/** By what a request is signed: the caller's own region and credentials. */
export interface Signing {
  readonly region: SignatureV4Init["region"];
  readonly credentials: SignatureV4Init["credentials"];
  readonly sha256: ChecksumConstructor | HashConstructor;
}

/** Longer than the functions may take. */
const TIMEOUT_MS = 60_000;

/**
 * Posts a body as JSON to a function URL, once, signed with the caller's own credentials: whoever AWS finds behind the
 * signature is who decides.
 * @throws RemoteError under the name that the function answers with, or `NotAllowed` where AWS did not let it through
 */
export async function postSigned(url: string, body: object, signing: Signing): Promise<unknown> {
  const { hostname, host, port, protocol, pathname } = new URL(url);
  const signed = await new SignatureV4({ service: "lambda", ...signing }).sign({
    method: "POST",
    protocol,
    hostname,
    ...(port !== "" && { port: Number(port) }),
    path: pathname,
    query: {},
    headers: { host, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const { host: _host, ...headers } = signed.headers;
  const answer = await fetch(url, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
    redirect: "error",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  return contentOf({ statusCode: answer.status, body: await answer.text() });
}

/** What an answer says. Throws the fault that it names. */
export function contentOf({
  statusCode,
  body,
}: {
  readonly statusCode: number;
  readonly body: string;
}): unknown {
  const content = jsonOf(body);
  if (statusCode === 200 && content !== undefined) return content;
  const { errorType, errorMessage } = (content ?? {}) as Record<string, unknown>;
  if (typeof errorType === "string" && typeof errorMessage === "string") {
    throw new RemoteError(errorType, errorMessage);
  }
  if (statusCode === 403) {
    throw new RemoteError("NotAllowed", "AWS did not let the request through to the function (403)");
  }
  throw new RemoteError("FunctionFailed", `the function URL answered ${statusCode}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
