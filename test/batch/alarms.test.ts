import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { configuration } from "../../infra/config/configuration.ts";
import { onLocal } from "../../infra/ops/on-local.ts";
import { synthesize } from "../../infra/local/synthesis.ts";
import { METRICS } from "../../lambdas/domain/metrics.ts";
import { type FoundAlarm, alarmsOf } from "../infra/alarms-of.ts";
import type { Template } from "../infra/synthesized.ts";
import { dueList } from "./due-list.ts";
import type { StoredItem } from "./local-stores.ts";
import { type BilledStream, DATE, expectClosed, LocalBilling, TEMPLATES } from "./local-batch.ts";

/**
 * An alarm on a metric that nobody emits never rings, and nobody notices. So every kind of trouble is made here by the
 * real functions, all that they write to their log is gathered, and each alarm of the template has to find its metric.
 */

const STREAMS = Object.keys(configuration("dev").streams);

/** What the functions wrote: counts as CloudWatch would read them, and decisions. */
interface Emitted {
  readonly counts: readonly {
    readonly namespace: string;
    readonly metric: string;
    readonly dimensions: Readonly<Record<string, unknown>>;
    readonly value: number;
  }[];
  readonly decisions: readonly Readonly<Record<string, unknown>>[];
}

interface EmbeddedLine {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
  readonly [field: string]: unknown;
}

/** What CloudFormation asks the hook before it makes a stack. */
const CREATION = {
  stackId: "arn:aws:cloudformation:ap-southeast-2:000000000000:stack/DebitOnce-prod-Billing/1a2b",
  actionInvocationPoint: "CREATE_PRE_PROVISION",
  requestData: { targetName: "STACK", targetType: "STACK" },
};

let billing: LocalBilling;
let billingTemplate: Template;
let emitted: Emitted;
const called = new Set<string>();

beforeAll(async () => {
  billing = await LocalBilling.open();
  // Prod has every alarm; dev, whose functions are the same, has none for what only a schedule does.
  const folder = await synthesize({ stage: "prod", outdir: TEMPLATES });
  const template = join(folder, "DebitOnce-prod-Billing.template.json");
  billingTemplate = JSON.parse(await readFile(template, "utf8")) as Template;
  const streams = STREAMS.map((name) => billing.example(name));
  for (const stream of streams) {
    stream.around = (name, _event, call) => {
      called.add(name);
      return call();
    };
    await missedDay(stream);
  }
  await forgottenDeployment(streams);
  await overridden();
  // The quarter of an hour in which nothing has begun, and everything is late already.
  await look();
  for (const stream of streams) await troubledDay(stream);
  // Refused: batches in doubt are in its way.
  await deploys("begin", "2");
  await brokenHook();
  emitted = await readLog();
}, 120_000);
afterAll(() => billing.close());

const look = () => billing.app.invoke("Watch", {});

/** Nothing is there: no list when the batch is to start, and a start of last week that comes now. */
async function missedDay(stream: BilledStream): Promise<void> {
  stream.change({ expectedBy: stream.stream.schedule.time });
  const { timeZone, schedule, name } = stream.stream;
  const due = stream.clock.instantOf(DATE as never, schedule.time, timeZone);
  const event = { stream: name, scheduledTime: new Date(due).toISOString() };
  await expect(billing.app.invoke("StartBatch", event)).rejects.toThrow("there is no due list");
  expect(await stream.start({ date: "2026-02-27" })).toMatchObject({
    outcome: "REFUSED",
    reason: "past-cut-off",
  });
}

const deploys = (action: "begin" | "end", n: string) =>
  billing.app.invoke("DeployGate", {
    action,
    deployment: `deploy-20260302-070000-0000000${n}`,
    by: "ci",
    ...(action === "end" && { reason: "its job was killed" }),
  });

/** A deployment that began yesterday, that nobody has ended, and that then is. */
async function forgottenDeployment(streams: readonly BilledStream[]): Promise<void> {
  expect(await deploys("begin", "1")).toMatchObject({ allowed: true });
  for (const { stores, stream } of streams) {
    const item = (await stores.item(`STREAM#${stream.name}`, "STATE")) as StoredItem & { deploying: object };
    item.deploying = { ...item.deploying, at: "2026-03-01T00:00:00.000Z" };
    await stores.putItem(item);
  }
  await look();
  expect(await deploys("end", "1")).toMatchObject({ freed: STREAMS });
}

/** The hook fails over something that nobody has foreseen. */
async function brokenHook(): Promise<void> {
  vi.spyOn(billing.app.clock, "now").mockImplementationOnce(() => {
    throw new RangeError("no time");
  });
  expect(await billing.app.invoke("DeployHook", CREATION)).toMatchObject({ errorCode: "InternalFailure" });
}

/** Two people let the stage deploy through its blackout. */
async function overridden(): Promise<void> {
  const event = {
    action: "override-blackout",
    ticket: "INC-1",
    minutes: 5,
    reason: "mended code must get there",
  };
  const { id } = (await onLocal(billing.app, "ann").decide("Propose", event)) as { readonly id: string };
  await onLocal(billing.app, "bob").decide("Approve", { proposal: id });
}

/** One batch after the other: good with a duplicate, stopped by the gate, withdrawn, and in doubt. */
async function troubledDay(stream: BilledStream): Promise<void> {
  stream.change({});
  const [one, two] = [stream.row(1), stream.row(2)];
  expectClosed(await stream.run(dueList([one, two, two])), 2);

  const bad = dueList([stream.row(3), stream.row(4, { bsb: "?" })]);
  const stopped = await stream.run(bad, { number: 2 });
  expect(stopped.failure?.error).toBe("GateFailed");
  await stream.pause();
  await stream.resume();
  await stream.redrive({ number: 2 });
  await stream.continued({ number: 2 });
  expect(await stream.abandon({ number: 2 })).toMatchObject({ outcome: "ABANDONED", withdrawn: [1] });

  await withSubmission(stream, 3, "VOID");
  expect(await stream.run(dueList([stream.row(5)]), { number: 3 })).toMatchObject({
    status: "SUCCEEDED",
    view: { files: [{ state: "WITHDRAWN" }] },
  });
  await withSubmission(stream, 4, "INTENT");
  const doubtful = await stream.run(dueList([stream.row(6)]), { number: 4 });
  expect(doubtful.failure?.error).toBe("SubmissionUnknown");
}

/** Lets another call's submission stand already when the batch's own comes. */
async function withSubmission(stream: BilledStream, number: number, kind: "INTENT" | "VOID"): Promise<void> {
  const batchId = stream.id({ number });
  const item = {
    batchId,
    number: 1,
    kind,
    nonce: "another's",
    sha256: "0".repeat(64),
    at: `${DATE}T00:00:00Z`,
  };
  await stream.stores.putItem({ pk: `SUBMISSION#${batchId}#01`, sk: "INTENT", schema: 1, ...item });
}

async function readLog(): Promise<Emitted> {
  const text = await readFile(join(billing.folder, "logs", "lambda.jsonl"), "utf8");
  const lines = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const counts = lines.flatMap((line) => ("_aws" in line ? countsOf(line as EmbeddedLine) : []));
  return { counts, decisions: lines.filter((line) => "outcome" in line) };
}

/** What CloudWatch makes of one line: each metric under each set of dimensions. */
function countsOf(line: EmbeddedLine): Emitted["counts"] {
  return line._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) =>
      Metrics.map(({ Name }) => ({
        namespace: Namespace,
        metric: Name,
        dimensions: Object.fromEntries(names.map((name) => [name, line[name]])),
        value: Number(line[Name]),
      })),
    ),
  );
}

/** The alarm as one line, and a count as the line that it would make. */
const named = ({ namespace, metric, dimensions }: Emitted["counts"][number] | FoundAlarm) =>
  `${namespace} ${metric} ${JSON.stringify(dimensions)}`;

/** The alarms that wait for a metric that is not among these. */
function deaf(alarms: readonly FoundAlarm[], counts: Emitted["counts"]): string[] {
  const heard = new Set(counts.filter(({ value }) => value > 0).map(named));
  return alarms.filter((alarm) => !heard.has(named(alarm))).map(named);
}

describe("every alarm of the synthesized app", () => {
  const own = () => alarmsOf(billingTemplate).filter(({ namespace }) => !namespace.startsWith("AWS/"));

  test("on a count of ours finds that count, under its very dimensions, in what the runs emitted", () => {
    expect(own().length).toBe(12 * STREAMS.length);
    expect(deaf(own(), emitted.counts)).toEqual([]);
  });

  test("is missed where its metric is not emitted, or under another stream, dimension or namespace", () => {
    const without = (metric: string) => emitted.counts.filter((count) => count.metric !== metric);
    for (const { metric } of own()) expect(deaf(own(), without(metric)), metric).toHaveLength(STREAMS.length);
    const changed = (change: Partial<Emitted["counts"][number]>) =>
      emitted.counts.map((count) => ({ ...count, ...change }));
    for (const change of [
      { namespace: "debit-once" },
      { dimensions: { stream: "au-cba" } },
      { dimensions: { Stream: "au-cba", service: "x" } },
      { value: 0 },
    ]) {
      expect(deaf(own(), changed(change))).toHaveLength(own().length);
    }
  });

  test("names a configured stream, and every configured stream has each of them", () => {
    const byName = Map.groupBy(own(), ({ name }) => name);
    for (const [name, alarms] of byName) {
      expect(
        alarms.map(({ dimensions }) => dimensions["Stream"]),
        name,
      ).toEqual(STREAMS);
    }
  });

  test("on a count of AWS's refers to the machine, a function that the runs called, or a queue, of this template", () => {
    const types: Record<string, [dimension: string, type: string]> = {
      "AWS/States": ["StateMachineArn", "AWS::StepFunctions::StateMachine"],
      "AWS/Lambda": ["FunctionName", "AWS::Lambda::Function"],
      "AWS/SQS": ["QueueName", "AWS::SQS::Queue"],
    };
    const alarms = alarmsOf(billingTemplate).filter(({ namespace }) => namespace.startsWith("AWS/"));
    expect(alarms.length).toBe(9);
    for (const { id, namespace, dimensions } of alarms) {
      const [[dimension, value] = ["", ""], ...more] = Object.entries(dimensions);
      if (value.startsWith("<DebitOnce-prod-Blackout:")) {
        // Of the stack that is deployed before this one; test/infra/alarms.test.ts tells of which function.
        expect([id, more, dimension]).toEqual([id, [], types[namespace]?.[0]]);
        continue;
      }
      const resource = billingTemplate.Resources[value.slice(1, -1).replace(/\.QueueName$/, "")];
      expect([id, more, dimension, resource?.Type]).toEqual([id, [], ...(types[namespace] ?? [])]);
      const name = resource?.Metadata?.["debit-once:function"];
      if (name !== undefined) expect([...called, "Watch"]).toContain(name);
    }
  });
});

describe("what the functions emit", () => {
  test("are names of the list, each in our namespace under a configured stream and nothing else", () => {
    expect(emitted.counts.length).toBeGreaterThan(50);
    for (const { namespace, metric, dimensions } of emitted.counts) {
      expect([namespace, Object.keys(METRICS)]).toEqual(["DebitOnce", expect.arrayContaining([metric])]);
      expect(STREAMS.map((Stream) => ({ Stream }))).toContainEqual(dimensions);
    }
  });

  test("is everything on the list, but for what other tests make the gate, two people and deployments do", () => {
    const heard = new Set(emitted.counts.map(({ metric }) => metric));
    const deployments = ["DeployBegan", "DeployEnded", "DeployRefused"];
    const elsewhere = ["SuspicionRaised", "Proposed", "Approved", ...deployments];
    expect(Object.keys(METRICS).filter((name) => !heard.has(name) && !elsewhere.includes(name))).toEqual([]);
  });

  test("adds up: what is due is submitted or not, and each trouble is counted as often as it was made", () => {
    for (const name of STREAMS) {
      const sum = (metric: string) =>
        emitted.counts
          .filter((count) => count.metric === metric && count.dimensions["Stream"] === name)
          .reduce((total, { value }) => total + value, 0);
      expect({
        started: sum("BatchStarted"),
        due: sum("RowsDue"),
        staged: sum("RowsStaged"),
        excluded: sum("RowsExcluded"),
        duplicates: sum("DuplicateExcluded"),
        passed: sum("GatePassed"),
        failed: sum("GateFailed"),
        sent: sum("FilesSubmitted"),
        withdrawn: sum("FilesWithdrawn"),
        unknown: sum("SubmissionUnknown"),
        closed: sum("BatchClosed"),
        submitted: sum("DebitsSubmitted"),
        not: sum("DebitsNotSubmitted"),
        nothing: sum("NothingSubmitted"),
        listMissing: sum("DueListMissing"),
      }).toEqual({
        started: 4,
        due: 7,
        staged: 5,
        excluded: 2,
        duplicates: 1,
        passed: 3,
        failed: 3, // the redrive and the new execution too
        sent: 1,
        withdrawn: 2,
        unknown: 1,
        closed: 2,
        submitted: 2,
        not: 2,
        nothing: 1,
        listMissing: 3, // the starter's and two looks of the watch
      });
    }
  });

  test("is one line for each decision, which names batch, stream, fence and nonce", () => {
    const steps = new Set(
      Object.values(billingTemplate.Resources).flatMap(({ Metadata }) =>
        Metadata?.["debit-once:handler"]?.startsWith("lambdas/billing-batch/")
          ? [Metadata["debit-once:function"]]
          : [],
      ),
    );
    const decisions = emitted.decisions.filter(({ state }) => steps.has(String(state)));
    expect(new Set(decisions.map(({ state }) => state))).toEqual(steps);
    for (const line of decisions) {
      expect(line).toMatchObject({
        at: expect.stringMatching(/^2026-03-0[12]T/),
        level: "INFO",
        batchId: expect.stringMatching(/^au-(cba|wbc)-2026-03-02-0[1-4]$/),
        stream: expect.stringMatching(/^au-(cba|wbc)$/),
        fence: expect.any(Number),
        nonce: expect.stringMatching(/^[0-9a-f-]{36}$/),
        outcome: expect.any(String),
      });
    }
    const others = emitted.decisions.filter(({ state }) => !steps.has(String(state)));
    // What people look at decides nothing.
    expect([...new Set(others.map(({ state }) => String(state)))].sort()).toEqual(
      [
        "AbandonBatch",
        "Approve",
        "ContinueBatch",
        "DeployGate",
        "DeployHook",
        "PauseStream",
        "Propose",
        "RedriveBatch",
        "ResumeStream",
        "StartBatch",
        "Watch",
      ].sort(),
    );
    for (const line of others) {
      // The hook only reads, so no write of it is ever looked for.
      if (line["state"] !== "DeployHook") expect(line).toMatchObject({ nonce: expect.any(String) });
      // A deployment and an override are about every stream.
      const isOfAll = ["DeployGate", "DeployHook", "Propose", "Approve"].includes(String(line["state"]));
      if (!isOfAll) expect(line["stream"]).toEqual(expect.any(String));
    }
  });
});

test("a batch that is closed in time is not missed", async () => {
  const [stream] = STREAMS.map((name) => billing.example(name)) as [BilledStream];
  const closing = { stream: stream.stream.name, billingDate: DATE, number: 1, batchId: stream.id() };
  const rest = { schema: 1, closedAt: `${DATE}T00:00:00Z`, submitted: { count: 2, cents: 2051 } };
  const key = { pk: `STREAM#${stream.stream.name}`, sk: `CLOSED#${DATE}#01` };
  await stream.stores.putItem({ ...key, ...closing, ...rest });
  stream.change({ expectedBy: stream.stream.schedule.time });
  const { looks } = (await look()) as { looks: { stream: string; missing: string[] }[] };
  expect(looks.find((one) => one.stream === stream.stream.name)?.missing).toEqual([]);
});
