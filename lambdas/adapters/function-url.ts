import { z } from "zod";
import { announced } from "../announced.ts";
import { Fault, RequestMalformed } from "../domain/faults.ts";
import { personOf } from "../domain/person.ts";
import type { Ports } from "../ports.ts";
import { fitting, type Handler, handlerOn, type Runtime } from "./lambda.ts";
import { required } from "./ports.ts";

/** What a function URL makes an HTTP answer of. */
export interface FunctionUrlAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON: the step's result, or `errorType` and `errorMessage`. */
  readonly body: string;
}

/** The parts of a function URL's request (payload 2.0) that are read. The first is AWS's own, the others the caller's. */
const request = z.object({
  requestContext: z.object({
    authorizer: z.object({ iam: z.object({ userArn: z.string() }) }),
  }),
  body: z.string().optional(),
  isBase64Encoded: z.boolean().optional(),
});

/** Faults that are answered by another status than 409: as things are, it cannot be done. */
const STATUS: Readonly<Record<string, number>> = {
  RequestMalformed: 400,
  CallerRefused: 403,
  BatchUnknown: 404,
  StreamUnknown: 404,
  ProposalUnknown: 404,
};

/**
 * Makes a handler behind a function URL with IAM authentication: a person's decision. Who the person is, is in what
 * AWS has verified and never in what the caller sent. A fault is logged and counted as everywhere, and answered under
 * its name; any other error is thrown on, so that the answer is the platform's own and the call counts as failed.
 *
 * Only the URL proves the caller: whoever may invoke the function itself could write any name into the event. So
 * nobody is granted that (infra/two-persons.ts).
 */
export function functionUrl<
  Schema extends z.ZodType<object>,
  PortsOfStep extends Pick<Ports, "log" | "metrics">,
>(wiring: {
  /** The function's name in the app, such as `Approve`. */
  readonly name: string;
  /** The variable that holds the ARN of the one role whose sessions are heard. */
  readonly role: string;
  /** The form of the body. */
  readonly body: Schema;
  readonly ports: (runtime: Runtime) => PortsOfStep;
  readonly step: (event: z.output<Schema> & { readonly by: string }, ports: PortsOfStep) => Promise<object>;
}): Handler<FunctionUrlAnswer> {
  return handlerOn((runtime) => {
    const ports = wiring.ports(runtime);
    const role = required(runtime, wiring.role);
    const decided = async (event: unknown) => {
      const { userArn, body } = received(event);
      const subject = { ...subjectIn(body), by: userArn?.split("/").at(-1)?.toLowerCase() };
      return announced(wiring.name, subject, ports, async (noted) => {
        const by = personOf(userArn, role);
        return wiring.step({ ...requested(wiring.body, body), by }, noted);
      });
    };
    return async (event) => {
      try {
        return answer(200, await decided(event));
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        const { name, message } = error;
        return answer(STATUS[name] ?? 409, { errorType: name, errorMessage: message });
      }
    };
  });
}

/** The verified caller, if there is one, and what the body holds as JSON; undefined if it holds none. */
function received(event: unknown): { readonly userArn?: string; readonly body?: unknown } {
  const parsed = request.safeParse(event);
  if (!parsed.success) return {};
  const { requestContext, body = "", isBase64Encoded = false } = parsed.data;
  const { userArn } = requestContext.authorizer.iam;
  try {
    const text = isBase64Encoded ? Buffer.from(body, "base64").toString("utf8") : body;
    return { userArn, body: JSON.parse(text) };
  } catch (error) {
    if (error instanceof SyntaxError) return { userArn };
    throw error;
  }
}

/** The batch that a request is about: a proposal's id begins with it. */
function subjectIn(body: unknown): { readonly batchId?: unknown } {
  const { batchId, proposal } = (body ?? {}) as Record<string, unknown>;
  return { batchId: typeof proposal === "string" ? proposal.split(".")[0] : batchId };
}

/** The body, or what does not fit of it in the person's own terms. */
function requested<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  try {
    return fitting(schema, body);
  } catch (error) {
    if (!(error instanceof z.ZodRealError)) throw error;
    const places = error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`);
    throw new RequestMalformed(`the request does not fit: ${places.join("; ")}`);
  }
}

function answer(statusCode: number, content: object): FunctionUrlAnswer {
  const headers = { "content-type": "application/json", "cache-control": "no-store" };
  return { statusCode, headers, body: JSON.stringify(content) };
}
