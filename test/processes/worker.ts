import { randomUUID } from "node:crypto";
import { flushCompileCache } from "node:module";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { readAssembly } from "../../infra/local/assembly.ts";
import { openExecutionRecords } from "../../infra/local/execution-records.ts";
import { Executions } from "../../infra/local/executions.ts";
import { localFunctions } from "../../infra/local/local-functions.ts";
import { type ClientSettings, LOCAL_REGION, loopback } from "../../infra/local/loopback.ts";
import { type RequestHandler, tappedHandler } from "../../infra/local/tapped-handler.ts";
import { tasksOf } from "../../infra/local/task-calls.ts";
import { clockFrom } from "../../lambdas/adapters/clock.ts";
import type { Runtime } from "../../lambdas/adapters/lambda.ts";
import type { Instant } from "../../lambdas/ports.ts";
import { type Ended, MARK, type News, now, type Order, type Surroundings } from "./messages.ts";

/**
 * One instance of the batch service as a process of its own: the synthesized definition, the real handlers and the
 * real SDK, on stores that it shares with the others. It is killed at any moment, so it tidies nothing up.
 */

/** Seven in the morning of a business day in Sydney; every round begins then. */
const BEGIN = Date.parse("2026-03-02T07:00:00+11:00");

const { worker, ports, templates, configuration } = JSON.parse(process.argv[2] ?? "{}") as Surroundings;
// A race that is gone leaves no process behind.
process.on("disconnect", () => process.exit());

let current: Order | undefined;
const clock = clockFrom(() => {
  const began = current?.roundBegan;
  return (BEGIN + (began === undefined ? 0 : Math.floor(now() - began))) as Instant;
});
const tell = (news: News) => process.send?.(news);

const assembly = await readAssembly(templates);
const settings = loopback({ ...ports, sfn: () => 0 });
const streams = { ...configuration.streams };
const functions = localFunctions(
  assembly,
  (name, { env }): Runtime => ({
    env: { ...env, AWS_REGION: LOCAL_REGION, AWS_LAMBDA_FUNCTION_NAME: name },
    configuration: { ...configuration, streams },
    clock,
    nonce: randomUUID,
    write: () => {},
    ...marked(settings, name),
  }),
  (_name, _event, call) => call(),
);
// All that a run needs is loaded before the first, so that a restart costs a race no more than it must.
await Promise.all(
  tasksOf(assembly.definition).map(({ task }) => import(`../../${assembly.functions.get(task)?.handler}`)),
);
flushCompileCache();

process.on("message", (order: Order) => {
  void obey(order);
});
tell({ type: "ready" });

async function obey(order: Order): Promise<void> {
  current = order;
  streams[order.stream.name] = order.stream;
  const ended = await run(order).catch(
    (error: unknown): Ended => ({
      status: "ABORTED",
      error: "ProcessFault",
      cause: error instanceof Error ? (error.stack ?? error.message) : String(error),
    }),
  );
  tell({ type: "ended", run: order.run, ...ended });
}

/** Starts the execution, or redrives it if it is on record; then waits for its end. */
async function run({ run, folder, execution, input, abandon }: Order): Promise<Ended> {
  if (abandon) {
    const { batchId } = JSON.parse(input) as { readonly batchId: string };
    await functions("AbandonBatch", { batchId, by: "anna", reason: "an earlier file was withdrawn" });
  }
  const executions = new Executions({
    definition: assembly.definition,
    stateMachineArn: assembly.stateMachineArn,
    records: await openExecutionRecords(folder, clock.now),
    clock,
    call: functions,
    onEvent: (event) => {
      if (event.type !== "progress")
        tell({ type: "state", run, state: event.state, event: event.type, at: now() });
    },
    retryDelayMs: 0,
  });
  const before = executions.find(execution);
  if (before === undefined) await executions.start(execution, input);
  else if (before.status !== "SUCCEEDED") await executions.redrive(execution);
  const { status, failure } = await executions.wait(execution);
  return { status, ...(failure && { error: failure.error, cause: failure.cause }) };
}

/** The same settings, with each request marked by whose it is. */
function marked({ dynamodb, s3, ...others }: ClientSettings, name: string): ClientSettings {
  const tapped = (inner: RequestHandler): RequestHandler =>
    tappedHandler(inner, (request, options) => {
      request.headers[MARK] = `${worker} ${current?.run} ${name}`;
      return inner.handle(request, options);
    });
  return {
    dynamodb: { ...dynamodb, requestHandler: tapped(new DynamoDBClient(dynamodb).config.requestHandler) },
    s3: { ...s3, requestHandler: tapped(new S3Client(s3).config.requestHandler) },
    ...others,
  };
}
