import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export const ACCOUNT = "111122223333";
export const REGION = "ap-southeast-2";

/** What the function answers: a payload, an error that it threw, or a broken connection. */
export type Answer =
  | { readonly payload: string }
  | { readonly thrown: string }
  | { readonly status: number; readonly code: string }
  | "lost";

type Event = Readonly<Record<string, unknown>> & { readonly action: string };

/** DeployGate as it may be played: by what it answers to each event; undefined where there is no such function. */
export type Gate = ((event: Event) => Answer | Promise<Answer>) | undefined;

/**
 * A real HTTP endpoint on this machine that speaks as much of AWS's protocols as a deployment asks for: Lambda's Invoke,
 * STS's GetCallerIdentity and AssumeRole, CloudFormation's DescribeStacks; and to which the program that plays `cdk`
 * tells what it was called with. What arrives stands in one list, so that its order can be judged.
 */
export class AwsEndpoint {
  readonly arrived: string[] = [];
  readonly events: Event[] = [];
  /** Headers by which the functions and CloudFormation were asked: with whose credentials. */
  readonly keys: Record<string, string> = {};
  gate: Gate;
  /** Who AWS says that the caller is, behind the account's number. */
  caller = "assumed-role/deploy/github-7";
  /** The status of the billing stack; undefined where there is none, an error's name where it cannot be read. */
  billing: { readonly status?: string; readonly error?: string } = {};
  /** Whether the CDK's deploy role can be assumed. */
  bootstrapped = true;
  /** What the program that plays cdk is to do: an exit code, or to wait for its end. */
  cdk: (args: string) => Promise<string> = async () => "0";
  readonly #server: Server;
  readonly #waiting: { readonly line: string; readonly resolve: () => void }[] = [];

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      });
    });
  }

  static async open(): Promise<AwsEndpoint> {
    const endpoint = new AwsEndpoint();
    await new Promise<void>((resolve) => {
      endpoint.#server.listen(0, "127.0.0.1", resolve);
    });
    return endpoint;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Waits until a line that begins so has arrived. */
  async seen(line: string): Promise<void> {
    if (this.arrived.some((one) => one.startsWith(line))) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push({ line, resolve });
    });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  #note(line: string): void {
    this.arrived.push(line);
    for (const waiting of this.#waiting) if (line.startsWith(waiting.line)) waiting.resolve();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const url = request.url ?? "";
    const key = /Credential=([^/]+)/.exec(request.headers.authorization ?? "")?.[1] ?? "nobody";
    if (url.startsWith("/cdk")) {
      this.#note(body);
      response.end(await this.cdk(body));
      return;
    }
    const invoked = /^\/2015-03-31\/functions\/([^/]+)\/invocations/.exec(url)?.[1];
    if (invoked !== undefined) {
      await this.#invoke(decodeURIComponent(invoked), JSON.parse(body) as Event, key, response);
      return;
    }
    this.#query(new URLSearchParams(body), key, response);
  }

  async #invoke(name: string, event: Event, key: string, response: ServerResponse): Promise<void> {
    this.keys["lambda"] = key;
    if (this.gate === undefined) {
      this.#note(`${event.action}: no function`);
      const message = `Function not found: ${name}`;
      sendJson(response, 404, { Type: "User", Message: message }, "ResourceNotFoundException");
      return;
    }
    this.events.push(event);
    this.#note(`${event.action} ${name}`);
    const answer = await this.gate(event);
    if (answer === "lost") {
      response.destroy();
    } else if ("status" in answer) {
      sendJson(response, answer.status, { Message: answer.code }, answer.code);
    } else if ("thrown" in answer) {
      response.setHeader("X-Amz-Function-Error", "Unhandled");
      sendJson(response, 200, { errorType: answer.thrown, errorMessage: "it has thrown" });
    } else {
      response.writeHead(200, { "content-type": "application/json" }).end(answer.payload);
    }
  }

  #query(form: URLSearchParams, key: string, response: ServerResponse): void {
    const action = form.get("Action") ?? "";
    const xml = (status: number, text: string) => {
      response.writeHead(status, { "content-type": "text/xml" }).end(text);
    };
    if (action === "GetCallerIdentity") {
      const arn = this.caller === "" ? "" : `arn:aws:sts::${ACCOUNT}:${this.caller}`;
      const result = `<Arn>${arn}</Arn><UserId>A:github-7</UserId><Account>${ACCOUNT}</Account>`;
      xml(200, resultOf(action, result));
    } else if (action === "AssumeRole") {
      this.#note(`assume ${form.get("RoleArn")}`);
      const inner =
        "<Credentials><AccessKeyId>CDKROLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>" +
        "<SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>";
      if (this.bootstrapped) xml(200, resultOf(action, inner));
      else xml(403, errorOf("AccessDenied", "not authorized to perform sts:AssumeRole"));
    } else if (action === "DescribeStacks") {
      const name = form.get("StackName");
      this.#note(`describe ${name}`);
      this.keys["cloudformation"] = key;
      const { status, error } = this.billing;
      if (error !== undefined) xml(400, errorOf(error, `Stack with id another does not exist`));
      else if (status === undefined)
        xml(400, errorOf("ValidationError", `Stack with id ${name} does not exist`));
      else {
        const stack = `<StackName>${name}</StackName><StackStatus>${status}</StackStatus>`;
        xml(200, resultOf(action, `<Stacks><member>${stack}</member></Stacks>`));
      }
    } else {
      xml(400, errorOf("InvalidAction", action));
    }
  }
}

function sendJson(response: ServerResponse, status: number, body: object, error?: string): void {
  if (error !== undefined) response.setHeader("x-amzn-errortype", error);
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

const resultOf = (action: string, inner: string) =>
  `<${action}Response><${action}Result>${inner}</${action}Result></${action}Response>`;

const errorOf = (code: string, message: string) =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
