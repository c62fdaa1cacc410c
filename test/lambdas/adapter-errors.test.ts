import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { ssmChangeCalendar } from "../../lambdas/adapters/change-calendar.ts";
import { stepFunctionsExecutions } from "../../lambdas/adapters/executions.ts";
import { ledgerOn } from "../../lambdas/adapters/ledger.ts";
import { s3Objects } from "../../lambdas/adapters/objects.ts";
import { cloudFormationStacks } from "../../lambdas/adapters/stacks.ts";
import { dynamodbTable } from "../../lambdas/adapters/table.ts";
import { ConditionRefused, ObjectExists } from "../../lambdas/ports.ts";
import { AT, BILLING_DATE, claim, MORNING, streamItem } from "../builders.ts";
import { EVERY_ERROR } from "../port-faults.ts";

/** What AWS answers is turned into a port's answer in few places, and in no other: all else stays the error that it is. */

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Client settings under which every request gets that answer, or throws what it throws; and what was asked. */
function answering(answer: (asked: Record<string, unknown>) => Answer) {
  const asked: Record<string, unknown>[] = [];
  const handle = async ({ body }: { readonly body?: unknown }) => {
    const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : "";
    // The SDK's own kind of bytes; a put into a bucket has others.
    asked.push(text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {});
    const { status, body: told } = answer(asked.at(-1) ?? {});
    return { response: { statusCode: status, headers: {}, body: Readable.from([Buffer.from(told)]) } };
  };
  const settings = {
    region: "ap-southeast-2",
    credentials: { accessKeyId: "x", secretAccessKey: "x" },
    maxAttempts: 1,
    requestHandler: { handle },
  };
  return { asked, settings: settings as never };
}

const json = (type: string, status = 400): Answer => ({ status, body: JSON.stringify({ __type: type }) });
const xml = (code: string, status: number): Answer => ({
  status,
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>m</Message></Error>`,
});
/** Every name that a service may give its error, and some more that look like an answer. */
const NAMES = [
  ...EVERY_ERROR.filter(([, , kind]) => kind === "transient" || kind === "permanent").map(([name]) => name),
  "DuplicateItemException",
  "ReplicatedWriteConflictException",
  "ConditionalRequestConflict",
  "NotModified",
  "MethodNotAllowed",
  "StateMachineDoesNotExist",
  "StateMachineDeleting",
];
const THROWN = EVERY_ERROR.filter(([, , kind]) => kind === "unknown" || kind === "transient");

/** What a promise has ended in, with a value told from an error. */
const ended = (promise: Promise<unknown>) =>
  promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );

describe("the ledger on DynamoDB", () => {
  let now = () => json("none");
  const ledger = ledgerOn(dynamodbTable("t", answering(() => now()).settings));
  const put = (answer: () => Answer) => {
    now = answer;
    return ended(ledger.writeStream(streamItem(), undefined));
  };

  it("calls a write refused where its own condition was false, and for no other error", async () => {
    const refused = await put(() => json("ConditionalCheckFailedException"));
    expect(refused).toMatchObject({ error: expect.any(ConditionRefused) });
    for (const name of NAMES.filter((one) => one !== "ConditionalCheckFailedException")) {
      const told = await put(() => json(name));
      expect(told, name).toMatchObject({ error: { name } });
      expect(told, name).not.toMatchObject({ error: expect.any(ConditionRefused) });
    }
    for (const [what, error] of THROWN) {
      const told = await put(() => {
        throw error;
      });
      expect("error" in told, what).toBe(true);
      expect(told, what).not.toMatchObject({ error: expect.any(ConditionRefused) });
    }
  });

  it("calls nothing absent that it could not read", async () => {
    for (const name of NAMES) {
      now = () => json(name);
      const reads = [
        ledger.readStream("s"),
        ledger.readSegments("b"),
        ledger.readClaimsNamed([claim()]),
        ledger.readClaims("m", BILLING_DATE, BILLING_DATE),
      ];
      for (const read of reads) expect(await ended(read), name).toMatchObject({ error: { name } });
    }
  });

  it("reads consistently, also the further pages of a partition and the claims that are asked for again", async () => {
    let pages = 0;
    const { asked, settings } = answering((request) => {
      if ("RequestItems" in request) {
        const { Keys } = (request.RequestItems as { t: { Keys: object[] } }).t;
        // DynamoDB says again how it was asked, but nothing holds it to that.
        const left = Keys.length > 1 ? { t: { Keys: Keys.slice(1) } } : {};
        return { status: 200, body: JSON.stringify({ Responses: {}, UnprocessedKeys: left }) };
      }
      pages += 1;
      const more = pages === 2 && { LastEvaluatedKey: { pk: { S: "p" }, sk: { S: "s" } } };
      return { status: 200, body: JSON.stringify({ Items: [], ...more }) };
    });
    const paged = ledgerOn(dynamodbTable("t", settings));
    await paged.readStream("s");
    await paged.readSegments("b");
    await paged.readClaimsNamed([claim(), claim({ attempt: 2 }), claim({ attempt: 3 })]);
    const consistent = asked.map(
      (one) => ((one.RequestItems as { t: object } | undefined)?.t ?? one) as { ConsistentRead?: boolean },
    );
    expect(consistent.map(({ ConsistentRead }) => ConsistentRead)).toEqual(Array(6).fill(true));
    expect(asked[2]).toMatchObject({ ExclusiveStartKey: { pk: { S: "p" } } });
  });
});

describe("the buckets on S3", () => {
  const STATUSES = [400, 403, 404, 405, 409, 416, 429, 500, 503];
  const bucket = () => "bucket";
  let now = () => xml("none", 400);
  const objects = s3Objects(bucket, answering(() => now()).settings);

  it("calls an object existing for 412 alone, whatever else a put is told", async () => {
    const create = (answer: () => Answer) => {
      now = answer;
      return ended(objects.create("outbound", "k", Buffer.from("x"), "text/plain"));
    };
    expect(await create(() => xml("PreconditionFailed", 412))).toMatchObject({
      error: expect.any(ObjectExists),
    });
    for (const [index, name] of NAMES.entries()) {
      const told = await create(() => xml(name, STATUSES[index % STATUSES.length] as number));
      expect("error" in told, name).toBe(true);
      expect(told, name).not.toMatchObject({ error: expect.any(ObjectExists) });
    }
    for (const [what, error] of THROWN) {
      const told = await create(() => {
        throw error;
      });
      expect("error" in told, what).toBe(true);
      expect(told, what).not.toMatchObject({ error: expect.any(ObjectExists) });
    }
  });

  it("calls an object absent where S3 says so of the key or of the version, and for no other error", async () => {
    const read = (answer: () => Answer) => {
      now = answer;
      return ended(objects.read("due", "k", { version: "v" }));
    };
    for (const code of ["NoSuchKey", "NoSuchVersion"]) {
      expect(await read(() => xml(code, 404)), code).toEqual({ value: undefined });
    }
    for (const [index, name] of NAMES.entries()) {
      const told = await read(() => xml(name, STATUSES[index % STATUSES.length] as number));
      expect("error" in told, name).toBe(true);
    }
  });

  it("sends what it puts once, whatever it is told or whatever was thrown", async () => {
    for (const [what, error] of THROWN) {
      const { asked, settings } = answering(() => {
        throw error;
      });
      const patient = s3Objects(bucket, { ...(settings as object), maxAttempts: 3 });
      await ended(patient.create("outbound", "k", Buffer.from("x"), "text/plain"));
      expect(asked, what).toHaveLength(1);
    }
  });
});

describe("the executions on Step Functions", () => {
  it("are started through the alias, and are described and redriven by an ARN that names the machine alone", async () => {
    const machine = "arn:aws:states:ap-southeast-2:000000000000:stateMachine:billing";
    const { settings, asked } = answering(() => json("none"));
    const client = stepFunctionsExecutions(machine, () => `${machine}:live`, settings);
    await ended(client.start("n", {}));
    await ended(client.describe("n"));
    await ended(client.redrive("n"));
    const execution = "arn:aws:states:ap-southeast-2:000000000000:execution:billing:n";
    // The SDK gives a redrive a token of its own.
    expect(asked).toMatchObject([
      { stateMachineArn: `${machine}:live`, name: "n", input: "{}" },
      { executionArn: execution },
      { executionArn: execution },
    ]);
  });

  let now = "none";
  const client = stepFunctionsExecutions("arn:a", () => "arn:a:live", answering(() => json(now)).settings);
  const executions = (type: string) => {
    now = type;
    return client;
  };

  it("call a name taken, and an execution absent, where Step Functions says so, and for no other error", async () => {
    expect(await executions("ExecutionAlreadyExists").start("n", {})).toBe("exists");
    expect(await executions("ExecutionDoesNotExist").describe("n")).toBeUndefined();
    for (const name of [...NAMES, "ExecutionDoesNotExist"]) {
      expect(await ended(executions(name).start("n", {})), name).toMatchObject({ error: { name } });
      expect(await ended(executions(name).redrive("n")), name).toMatchObject({ error: { name } });
    }
    for (const name of [...NAMES, "ExecutionAlreadyExists"]) {
      expect(await ended(executions(name).describe("n")), name).toMatchObject({ error: { name } });
    }
  });
});

describe("the calendar of SSM", () => {
  let now = (): Answer => json("none");
  const { asked, settings } = answering(() => now());
  const calendar = ssmChangeCalendar("arn:calendar", settings);
  const at = (answer: () => Answer) => {
    now = answer;
    return ended(calendar.at(MORNING));
  };
  const says = (content: object) => at(() => ({ status: 200, body: JSON.stringify(content) }));

  it("says what it says for the instant that it is asked for", async () => {
    const until = Date.parse("2026-10-06T02:00:00Z");
    for (const NextTransitionTime of ["2026-10-06T02:00:00Z", "2026-10-06T13:00:00+11:00"]) {
      expect(await says({ State: "CLOSED", NextTransitionTime })).toEqual({
        value: { state: "CLOSED", until },
      });
    }
    expect(await says({ State: "OPEN" })).toEqual({ value: { state: "OPEN" } });
    expect(asked.at(-1)).toEqual({ CalendarNames: ["arn:calendar"], AtTime: AT });
  });

  it("is neither open nor closed where the answer does not say so, nor where there is none", async () => {
    for (const content of [
      {},
      { State: "" },
      { State: "open" },
      { State: "OPEN", NextTransitionTime: "soon" },
    ]) {
      expect(await says(content), JSON.stringify(content)).toMatchObject({ error: expect.any(Error) });
    }
    for (const name of [...NAMES, "InvalidDocument", "InvalidDocumentType", "UnsupportedCalendarException"]) {
      expect(await at(() => json(name)), name).toMatchObject({ error: { name } });
    }
    for (const [what, error] of THROWN) {
      const told = await at(() => {
        throw error;
      });
      expect("error" in told, what).toBe(true);
    }
  });
});

describe("the stacks of CloudFormation", () => {
  const failed = (code: string, message: string, status = 400): Answer => ({
    status,
    body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
  });
  const described = (stack: string): Answer => ({
    status: 200,
    body: `<DescribeStacksResponse><DescribeStacksResult><Stacks>${stack}</Stacks></DescribeStacksResult></DescribeStacksResponse>`,
  });
  const status = (answer: () => Answer) =>
    ended(cloudFormationStacks(answering(answer).settings).status("Billing"));
  const ABSENT = "Stack with id Billing does not exist";

  it("have the status that is told, and are absent where that is said of the very stack", async () => {
    const stack =
      "<member><StackName>Billing</StackName><StackStatus>ROLLBACK_COMPLETE</StackStatus></member>";
    expect(await status(() => described(stack))).toEqual({ value: "ROLLBACK_COMPLETE" });
    expect(await status(() => failed("ValidationError", ABSENT))).toEqual({ value: undefined });
  });

  it("are not absent for any other answer or error", async () => {
    const others: [string, Answer][] = [
      ["no stack", described("")],
      ["no status", described("<member><StackName>Billing</StackName></member>")],
      ["another stack", failed("ValidationError", "Stack with id Bill does not exist")],
      ["something else that is not valid", failed("ValidationError", "1 validation error detected")],
      ["another error of the same words", failed("AccessDenied", ABSENT, 403)],
      ...NAMES.map((name): [string, Answer] => [name, failed(name, ABSENT)]),
    ];
    for (const [what, answer] of others) expect("error" in (await status(() => answer)), what).toBe(true);
    for (const [what, error] of THROWN) {
      const told = await status(() => {
        throw error;
      });
      expect("error" in told, what).toBe(true);
    }
  });
});
