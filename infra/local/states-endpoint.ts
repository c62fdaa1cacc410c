import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { z } from "zod";
import type { ExecutionRecord } from "./execution-records.ts";
import { type Executions, StatesRefusal } from "./executions.ts";

export interface StatesEndpoint {
  readonly port: number;
  close(): Promise<void>;
}

const TARGET = "AWSStepFunctions.";
const startInput = z.object({
  stateMachineArn: z.string(),
  name: z.string().default(() => randomUUID()),
  input: z.string().default("{}"),
});
const oneExecution = z.object({ executionArn: z.string() });

/**
 * Speaks the Step Functions service's protocol (AWS JSON 1.0) on a free port of the loopback address, so that
 * the SDK's client starts, describes and redrives the local executions as it would on AWS.
 */
export async function serveStates(stateMachineArn: string, executions: Executions): Promise<StatesEndpoint> {
  const nameOf = (arn: string) => {
    const name = arn.split(":").at(-1) ?? "";
    if (executions.arn(name) !== arn) {
      throw new StatesRefusal("ExecutionDoesNotExist", `Execution Does Not Exist: '${arn}'`);
    }
    return name;
  };
  const operations: Readonly<Record<string, (body: unknown) => Promise<object>>> = {
    StartExecution: async (body) => {
      const { stateMachineArn: machine, name, input } = startInput.parse(body);
      // A version or alias of the machine is the same machine here.
      if (machine !== stateMachineArn && !machine.startsWith(`${stateMachineArn}:`)) {
        throw new StatesRefusal("StateMachineDoesNotExist", `State Machine Does Not Exist: '${machine}'`);
      }
      const { startedAt } = await executions.start(name, input);
      return { executionArn: executions.arn(name), startDate: startedAt / 1000 };
    },
    DescribeExecution: async (body) => {
      const name = nameOf(oneExecution.parse(body).executionArn);
      return description(executions.describe(name), executions.arn(name), stateMachineArn);
    },
    RedriveExecution: async (body) => {
      const { redrivenAt = 0 } = await executions.redrive(nameOf(oneExecution.parse(body).executionArn));
      return { redriveDate: redrivenAt / 1000 };
    },
  };

  const server = createServer((request, response) => {
    void answer(request, operations).then(({ status, body }) => send(response, status, body));
  });
  server.keepAliveTimeout = 0; // As for the tables: see table-server.ts.
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  operations: Readonly<Record<string, (body: unknown) => Promise<object>>>,
): Promise<{ status: number; body: object }> {
  try {
    const target = String(request.headers["x-amz-target"] ?? "");
    const operation = target.startsWith(TARGET) ? operations[target.slice(TARGET.length)] : undefined;
    if (!operation)
      throw new StatesRefusal("UnknownOperationException", `The local run does not know ${target}.`);
    return { status: 200, body: await operation(JSON.parse(await text(request))) };
  } catch (error) {
    const refusal =
      error instanceof z.ZodError ? new StatesRefusal("ValidationException", error.message) : error;
    const { name, message } = refusal instanceof Error ? refusal : new Error(String(refusal));
    return { status: refusal instanceof StatesRefusal ? 400 : 500, body: { __type: name, message } };
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, {
    "content-type": "application/x-amz-json-1.0",
    "x-amzn-requestid": randomUUID(),
  });
  response.end(JSON.stringify(body));
}

function description(record: ExecutionRecord, executionArn: string, stateMachineArn: string): object {
  const { status, redriveCount, startedAt, endedAt, redrivenAt, failure, output } = record;
  const redrivable = status !== "RUNNING" && status !== "SUCCEEDED";
  return {
    executionArn,
    stateMachineArn,
    name: record.name,
    status,
    input: record.input,
    startDate: startedAt / 1000,
    ...(endedAt !== undefined && { stopDate: endedAt / 1000 }),
    ...(status === "SUCCEEDED" && { output: JSON.stringify(output) }),
    ...(failure && { error: failure.error, cause: failure.cause }),
    redriveCount,
    ...(redrivenAt !== undefined && { redriveDate: redrivenAt / 1000 }),
    redriveStatus: redrivable ? "REDRIVABLE" : "NOT_REDRIVABLE",
    ...(!redrivable && { redriveStatusReason: `Execution is ${status} and cannot be redriven` }),
  };
}
