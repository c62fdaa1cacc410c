import { describe, expect, test } from "vitest";
import { z } from "zod";
import { functionUrl, type FunctionUrlAnswer } from "../../lambdas/adapters/function-url.ts";
import type { Runtime } from "../../lambdas/adapters/lambda.ts";
import { decisionLog } from "../../lambdas/adapters/ports.ts";
import { powertoolsMetrics } from "../../lambdas/adapters/metrics.ts";
import { BatchUnknown, ProposalUnknown, StreamUnknown, StaleFence } from "../../lambdas/domain/faults.ts";
import { handler as approveHandler } from "../../lambdas/operations/approve/handler.ts";
import { handler as proposeHandler } from "../../lambdas/operations/propose/handler.ts";
import { configuration, MORNING, stream } from "../builders.ts";
import { clockFrom } from "../../lambdas/adapters/clock.ts";

const ROLE_ARN = "arn:aws:iam::123456789012:role/Decider";
const ANN = "arn:aws:sts::123456789012:assumed-role/Decider/Ann.Lee";
const CONTEXT = { functionName: "x", awsRequestId: "x", getRemainingTimeInMillis: () => 1000 };
const BATCH = "au-cba-2026-10-06-01";

interface Url {
  readonly userArn?: unknown;
  readonly body?: unknown;
  readonly isBase64Encoded?: boolean;
}

/** A request as a function URL hands it to its function, with more in it than is read. */
const request = ({ userArn = ANN, body, isBase64Encoded = false }: Url) => ({
  version: "2.0",
  rawPath: "/",
  headers: { "x-forwarded-for": "203.0.113.1", "x-user": "bob" },
  requestContext: {
    accountId: "1",
    authorizer: { iam: { userArn, userId: "bob" } },
    http: { method: "POST" },
  },
  ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  isBase64Encoded,
});

/** Surroundings with a role, in which every line that is written is kept. */
function surroundings(env: Record<string, string> = { DECIDER_ROLE_ARN: ROLE_ARN }) {
  const lines: string[] = [];
  const runtime: Runtime = {
    env,
    configuration: configuration(stream()),
    clock: clockFrom(() => MORNING),
    nonce: () => "n",
    write: (line) => lines.push(line),
    dynamodb: {},
    s3: {},
    sfn: {},
  };
  return { lines, runtime };
}

/** A function behind a URL that answers with what it was given, or ends as it is told. */
function decider(step: (event: object) => Promise<object> = async (event) => ({ heard: event })) {
  const { lines, runtime } = surroundings();
  const handler = functionUrl({
    name: "Decide",
    role: "DECIDER_ROLE_ARN",
    body: z.strictObject({ batchId: z.string(), reason: z.string().optional() }),
    ports: (on) => ({ log: decisionLog(on), metrics: powertoolsMetrics(on) }),
    step,
  }).on(runtime);
  return { lines, ask: (event: unknown) => handler(event, CONTEXT) };
}

const content = (answer: FunctionUrlAnswer) => JSON.parse(answer.body) as Record<string, unknown>;
const failing = (error: Error) =>
  decider(async () => {
    throw error;
  });

describe("a function behind a URL", () => {
  test("hears what was sent, and from AWS who sent it", async () => {
    const { ask, lines } = decider();
    const answer = await ask(request({ body: { batchId: BATCH, reason: "x" } }));
    expect(answer).toMatchObject({
      statusCode: 200,
      headers: { "content-type": "application/json", "cache-control": "no-store" },
    });
    expect(content(answer)).toEqual({ heard: { batchId: BATCH, reason: "x", by: "ann.lee" } });
    expect(lines).toEqual([]);
  });

  test("reads a body that the URL has encoded", async () => {
    const body = Buffer.from(JSON.stringify({ batchId: BATCH, reason: "für März" })).toString("base64");
    const answer = await decider().ask(request({ body, isBase64Encoded: true }));
    expect(content(answer)).toMatchObject({ heard: { reason: "für März", by: "ann.lee" } });
  });

  test.each([
    ["a name of the caller's own choice", { batchId: BATCH, by: "bob" }],
    ["a field that it does not know", { batchId: BATCH, more: 1 }],
    ["a field that is missing", {}],
    ["a field of another kind", { batchId: 1 }],
    ["a list", []],
    ["nothing", undefined],
    ["what is no JSON", "{"],
    ["a number", "7"],
  ])("refuses a body with %s by 400, and does nothing", async (_what, body) => {
    let calls = 0;
    const { ask } = decider(async () => ({ calls: (calls += 1) }));
    const answer = await ask(request({ body }));
    expect(answer.statusCode).toBe(400);
    expect(content(answer)).toEqual({
      errorType: "RequestMalformed",
      errorMessage: expect.stringMatching(/^the request does not fit: \w+/),
    });
    expect(calls).toBe(0);
  });

  test.each([
    ["no request of a URL", { batchId: BATCH }],
    ["nothing", undefined],
    ["a URL without authentication", { ...request({ body: { batchId: BATCH } }), requestContext: {} }],
    ["an ARN that is no text", request({ userArn: 7, body: { batchId: BATCH } })],
    ["a user", request({ userArn: "arn:aws:iam::123456789012:user/ann", body: { batchId: BATCH } })],
    ["another role", request({ userArn: ANN.replace("Decider", "Proposer"), body: { batchId: BATCH } })],
  ])("refuses %s by 403 before it looks at the body", async (_what, event) => {
    let calls = 0;
    const { ask } = decider(async () => ({ calls: (calls += 1) }));
    const answer = await ask(event);
    expect(answer.statusCode).toBe(403);
    expect(content(answer)).toEqual({ errorType: "CallerRefused", errorMessage: expect.any(String) });
    expect(calls).toBe(0);
  });

  test.each([
    [new BatchUnknown("b"), 404],
    [new StreamUnknown("s"), 404],
    [new ProposalUnknown("p"), 404],
    [new StaleFence("f"), 409],
  ])("answers a fault (%s) under its name, with %i and without a trace", async (fault, statusCode) => {
    const answer = await failing(fault).ask(request({ body: { batchId: BATCH } }));
    expect(answer.statusCode).toBe(statusCode);
    expect(content(answer)).toEqual({ errorType: fault.name, errorMessage: fault.message });
    expect(answer.body).not.toMatch(/stack|\.ts|at /);
  });

  test("throws on what is no fault, so that the call counts as failed", async () => {
    const { ask, lines } = failing(new TypeError("a defect"));
    await expect(ask(request({ body: { batchId: BATCH } }))).rejects.toThrow(new TypeError("a defect"));
    expect(lines.join("\n")).toContain('"TypeError"');
  });

  test("logs and counts whatever ended the call, with batch and person and nothing else that was sent", async () => {
    const events: [unknown, string, string | undefined][] = [
      [request({ body: { batchId: BATCH } }), "StaleFence", BATCH],
      [request({ body: { batchId: BATCH, secret: "4242" } }), "RequestMalformed", BATCH],
      [request({ body: { proposal: `${BATCH}.${"0".repeat(32)}` } }), "RequestMalformed", BATCH],
      [
        request({ userArn: ANN.replace("Decider", "Other"), body: { batchId: BATCH } }),
        "CallerRefused",
        BATCH,
      ],
      [request({ body: { batchId: "062-000 12345678" } }), "StaleFence", undefined],
    ];
    for (const [event, outcome, batchId] of events) {
      const { ask, lines } = failing(new StaleFence("f"));
      await ask(event);
      const [line, ...counts] = lines.map((text) => JSON.parse(text) as Record<string, unknown>);
      expect(line).toMatchObject({ state: "Decide", outcome, by: "ann.lee" });
      expect(line?.["batchId"]).toBe(batchId);
      // That a person's request is refused is no failure of ours.
      const failed = batchId !== undefined && outcome === "StaleFence";
      expect(counts).toMatchObject(failed ? [{ StepFailed: 1, Stream: "au-cba" }] : []);
      expect(lines.join("\n")).not.toMatch(/4242|12345678|203\.0\.113/);
    }
  });

  test("logs no name that has not the form of one", async () => {
    const { ask, lines } = decider();
    await ask(
      request({ userArn: "arn:aws:iam::123456789012:user/062-000 12345678", body: { batchId: BATCH } }),
    );
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join("\n")).not.toContain('12345678"');
  });

  test("takes the person from AWS even where a body may hold a name", async () => {
    const { runtime } = surroundings();
    const handler = functionUrl({
      name: "Decide",
      role: "DECIDER_ROLE_ARN",
      body: z.looseObject({}),
      ports: (on) => ({ log: decisionLog(on), metrics: powertoolsMetrics(on) }),
      step: async (event) => event,
    });
    const answer = await handler.on(runtime)(request({ body: { by: "bob" } }), CONTEXT);
    expect(content(answer)).toEqual({ by: "ann.lee" });
  });

  test("does not begin without the role that it hears", () => {
    const { runtime } = surroundings({});
    const handler = functionUrl({
      name: "Decide",
      role: "DECIDER_ROLE_ARN",
      body: z.strictObject({}),
      ports: (on) => ({ log: decisionLog(on), metrics: powertoolsMetrics(on) }),
      step: async () => ({}),
    });
    expect(() => handler.on(runtime)).toThrow("DECIDER_ROLE_ARN is not set");
  });
});

describe("the forms that propose and approve take", () => {
  const { runtime } = surroundings({
    LEDGER_TABLE: "none",
    PROPOSER_ROLE_ARN: ROLE_ARN,
    APPROVER_ROLE_ARN: ROLE_ARN.replace("Decider", "Approver"),
  });
  const good = { action: "accept-suspicion", batchId: "x", check: "growth", reason: "why not" };

  test.each([
    ["a body that says who proposes", { ...good, by: "bob" }],
    ["another action", { ...good, action: "accept-proof" }],
    ["a check that is no name", { ...good, check: "growth\u001b[2J" }],
    ["no reason", { ...good, reason: " " }],
    ["a reason that turns its direction", { ...good, reason: "ok \u202e" }],
    ["a reason that is too long", { ...good, reason: "x".repeat(501) }],
  ])("are strict: propose refuses %s", async (_what, body) => {
    const answer = await proposeHandler.on(runtime)(request({ body }), CONTEXT);
    expect([answer.statusCode, content(answer)["errorType"]]).toEqual([400, "RequestMalformed"]);
  });

  test("let a whole request through to the step, which knows the batch or not", async () => {
    const answer = await proposeHandler.on(runtime)(request({ body: good }), CONTEXT);
    expect([answer.statusCode, content(answer)["errorType"]]).toEqual([404, "BatchUnknown"]);
  });

  test("are heard from the function's own role alone", async () => {
    const refused = await approveHandler.on(runtime)(request({ body: { proposal: "x" } }), CONTEXT);
    expect([refused.statusCode, content(refused)["errorType"]]).toEqual([403, "CallerRefused"]);
    const bob = ANN.replace("Decider/Ann.Lee", "Approver/bob");
    const heard = await approveHandler.on(runtime)(
      request({ userArn: bob, body: { proposal: "x" } }),
      CONTEXT,
    );
    expect([heard.statusCode, content(heard)["errorType"]]).toEqual([404, "ProposalUnknown"]);
    const named = await approveHandler.on(runtime)(
      request({ userArn: bob, body: { proposal: "x", by: "carl" } }),
      CONTEXT,
    );
    expect(named.statusCode).toBe(400);
  });
});
