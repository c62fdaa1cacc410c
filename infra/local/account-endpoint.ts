import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { z } from "zod";
import type { Instant } from "../../lambdas/ports.ts";

/** What the account says beside stores and executions, to the functions that judge deployments. */
export interface LocalAccount {
  /** What the change calendar says of that instant; what it throws is an answer by the error's name. */
  calendar(at: Instant): { readonly state: "OPEN" | "CLOSED"; readonly until?: Instant };
  /** A stack's status; undefined where there is none of that name. */
  stackStatus(name: string): string | undefined;
}

/** An account in which everything is deployed and nothing is closed. */
export const OPEN_ACCOUNT: LocalAccount = {
  calendar: () => ({ state: "OPEN" }),
  stackStatus: () => "UPDATE_COMPLETE",
};

export interface AccountEndpoint {
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const calendarState = z.object({ CalendarNames: z.array(z.string()).length(1), AtTime: z.iso.datetime() });

/**
 * Speaks as much of Systems Manager (AWS JSON 1.1) and CloudFormation (AWS query) on a free port of the loopback
 * address as the SDK's clients need to be told a calendar's state and a stack's status.
 */
export async function serveAccount(account: LocalAccount): Promise<AccountEndpoint> {
  const server = createServer((request, response) => {
    void answer(request, account).then((made) => send(response, made));
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

async function answer(request: IncomingMessage, account: LocalAccount): Promise<Answer> {
  const target = request.headers["x-amz-target"];
  const body = await text(request);
  if (target === "AmazonSSM.GetCalendarState") return calendarAnswer(body, account);
  const asked = new URLSearchParams(body);
  if (target === undefined && asked.get("Action") === "DescribeStacks") {
    return stackAnswer(asked.get("StackName") ?? "", account);
  }
  const what = JSON.stringify({
    __type: "UnknownOperationException",
    message: `The local run does not know ${String(target ?? asked.get("Action"))}.`,
  });
  return { status: 400, type: JSON_1_1, body: what };
}

const JSON_1_1 = "application/x-amz-json-1.1";

function calendarAnswer(body: string, { calendar }: LocalAccount): Answer {
  try {
    const { AtTime } = calendarState.parse(JSON.parse(body));
    const { state, until } = calendar(Date.parse(AtTime) as Instant);
    const said = {
      State: state,
      AtTime,
      ...(until !== undefined && { NextTransitionTime: new Date(until).toISOString() }),
    };
    return { status: 200, type: JSON_1_1, body: JSON.stringify(said) };
  } catch (error) {
    const { name, message } = error as Error;
    return { status: 400, type: JSON_1_1, body: JSON.stringify({ __type: name, message }) };
  }
}

function stackAnswer(name: string, { stackStatus }: LocalAccount): Answer {
  const status = stackStatus(name);
  const type = "text/xml";
  if (status === undefined) {
    const said = `<Code>ValidationError</Code><Message>Stack with id ${name} does not exist</Message>`;
    const body = `<ErrorResponse><Error><Type>Sender</Type>${said}</Error></ErrorResponse>`;
    return { status: 400, type, body };
  }
  const stack =
    `<member><StackName>${name}</StackName><StackStatus>${status}</StackStatus>` +
    "<CreationTime>2026-03-02T00:00:00Z</CreationTime></member>";
  const result = `<DescribeStacksResult><Stacks>${stack}</Stacks></DescribeStacksResult>`;
  return { status: 200, type, body: `<DescribeStacksResponse>${result}</DescribeStacksResponse>` };
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, { "content-type": type });
  response.end(body);
}
