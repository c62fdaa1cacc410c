import { createHash, createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { contentOf, postSigned } from "../../infra/ops/function-url.ts";
import { onLocal } from "../../infra/ops/on-local.ts";

const KEY = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "a secret", sessionToken: "a token" };
const BODY = { proposal: "au-cba-2026-03-02-01.0" };

interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let server: Server;
let url: string;
let received: Received[];
let answer: { status: number; body: string; headers?: Record<string, string> };
beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url: path = "", headers } = request;
      received.push({ method, url: path, headers, body: Buffer.concat(chunks).toString("utf8") });
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
beforeEach(() => {
  received = [];
  answer = { status: 200, body: '{"approvedBy":"bob"}' };
});
afterAll(async () => {
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

const client = new LambdaClient({ region: "ap-southeast-2", credentials: KEY });
const post = () => postSigned(url, BODY, client.config);

/** Signature Version 4 as AWS documents it, worked out without the SDK from what has arrived. */
function signatureOf({ method, url: path, headers, body }: Received): string {
  const sha256 = (text: string) => createHash("sha256").update(text, "utf8").digest("hex");
  const hmac = (key: string | Buffer, text: string) =>
    createHmac("sha256", key).update(text, "utf8").digest();
  const [, scope = "", names = ""] =
    /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+)/.exec(headers.authorization ?? "") ?? [];
  const [date = "", region = "", service = "", last = ""] = scope.split("/");
  const lines = names.split(";").map((name) => `${name}:${String(headers[name])}\n`);
  const canonical = [method, path, "", lines.join(""), names, sha256(body)].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, sha256(canonical)].join("\n");
  const key = [date, region, service, last].reduce<string | Buffer>(hmac, `AWS4${KEY.secretAccessKey}`);
  return hmac(key, toSign).toString("hex");
}

describe("a request to a function URL", () => {
  test("is signed for Lambda with the caller's own credentials, body and host included, and sent once", async () => {
    expect(await post()).toEqual({ approvedBy: "bob" });
    expect(received).toHaveLength(1);
    const [request] = received as [Received];
    expect(request).toMatchObject({ method: "POST", url: "/", body: JSON.stringify(BODY) });
    const { authorization = "" } = request.headers;
    expect(authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/ap-southeast-2\/lambda\/aws4_request, SignedHeaders=[^,]+, Signature=[0-9a-f]{64}$/,
    );
    const names = /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(";");
    expect(names).toEqual(
      expect.arrayContaining([
        "content-type",
        "host",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-security-token",
      ]),
    );
    expect(request.headers).toMatchObject({
      "x-amz-security-token": "a token",
      "content-type": "application/json",
    });
    expect(authorization).toContain(`Signature=${signatureOf(request)}`);
    expect(JSON.stringify(request)).not.toContain(KEY.secretAccessKey);
  });

  test("throws what the function answers, under its name", async () => {
    answer = {
      status: 409,
      body: '{"errorType":"ApprovalRefused","errorMessage":"nobody approves their own"}',
    };
    await expect(post()).rejects.toMatchObject({
      name: "ApprovalRefused",
      message: "nobody approves their own",
    });
    expect(received).toHaveLength(1);
  });

  test("tells where AWS did not let it through, and where the function failed; it is never made again", async () => {
    answer = { status: 403, body: '{"Message":"Forbidden"}' };
    await expect(post()).rejects.toMatchObject({ name: "NotAllowed" });
    for (const [status, body] of [
      [502, "Internal Server Error"],
      [500, "{}"],
      [200, "<html>"],
      [404, '{"errorType":7}'],
    ] as const) {
      answer = { status, body };
      await expect(post()).rejects.toMatchObject({
        name: "FunctionFailed",
        message: expect.stringContaining(`${status}`),
      });
    }
    expect(received).toHaveLength(5);
  });

  test("follows nobody elsewhere", async () => {
    answer = { status: 307, body: "", headers: { location: `${url}elsewhere` } };
    await expect(post()).rejects.toThrow("fetch failed");
    expect(received).toHaveLength(1);
  });
});

describe("the same function on this machine", () => {
  test("is given the event that its URL would make, with the name that plays the person in the role it hears", async () => {
    const calls: unknown[] = [];
    const functions = onLocal(
      {
        names: {
          PROPOSER_ROLE_ARN: "arn:aws:iam::000000000000:role/proposer",
          APPROVER_ROLE_ARN: "arn:aws:iam::000000000000:role/approver",
        },
        invoke: async (...call) => {
          calls.push(call);
          return { statusCode: 200, headers: {}, body: '{"id":"x"}' };
        },
      },
      "ann",
    );
    expect(await functions.decide("Propose", { a: 1 })).toEqual({ id: "x" });
    await functions.decide("Approve", BODY);
    const event = (role: string, body: object) => ({
      version: "2.0",
      requestContext: {
        authorizer: { iam: { userArn: `arn:aws:sts::000000000000:assumed-role/${role}/ann` } },
      },
      body: JSON.stringify(body),
      isBase64Encoded: false,
    });
    expect(calls).toEqual([
      ["Propose", event("proposer", { a: 1 })],
      ["Approve", event("approver", BODY)],
    ]);
    expect(() => contentOf({ statusCode: 409, body: '{"errorType":"X","errorMessage":"y"}' })).toThrow("y");
  });
});
