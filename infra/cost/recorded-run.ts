import { mkdtemp, rm, stat } from "node:fs/promises";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { addDays, type CalendarDate, calendarDate } from "../../lambdas/domain/calendar-date.ts";
import { batchId, dueListPrefix } from "../../lambdas/domain/batch.ts";
import type { Stream } from "../../lambdas/domain/stream.ts";
import { systemClock } from "../../lambdas/adapters/clock.ts";
import { CSV, MANIFEST } from "../../lambdas/due-list-identity.ts";
import { configuration } from "../config/configuration.ts";
import type { Assembly } from "../local/assembly.ts";
import { type LocalApp, openLocalApp } from "../local/local-app.ts";
import type { RecordedCall } from "../local/recorded-calls.ts";
import { dueListSample } from "../local/samples/due-list-sample.ts";
import { ASSUMED } from "./assumptions.ts";
import { CapacityMeter } from "./capacity.ts";
import { type Usage, usageOf } from "./usage.ts";

/** The geometry of one batch. */
export interface Shape {
  readonly segments: number;
  /** Rows in each segment. */
  readonly segmentRows: number;
}

export interface Recording extends Shape, Usage {
  /** Of all functions together, on this machine: to hold beside what is assumed of AWS. */
  readonly wallSeconds: number;
  /** Of the same calls on AWS, as {@link ASSUMED}. */
  readonly assumedSeconds: number;
}

/** A Monday without a holiday near it. */
const DATE = calendarDate("2026-03-02");
/** Rows of the batch that is closed before the recorded one, so that there is something to look back on. */
const EARLIER_ROWS = 20;

/** Runs that tell apart what a batch, a segment and a row cost: one thing more in each, the rest the same. */
export interface Runs {
  readonly small: Recording;
  /** More segments of the same size. */
  readonly moreSegments: Recording;
  /** As many segments as the small one, of more rows. */
  readonly moreRows: Recording;
}

/** Of {@link Runs}: multiples of the hundred keys that a request for claims names at most. */
const SHAPES: Readonly<Record<keyof Runs, Shape>> = {
  small: { segments: 1, segmentRows: 100 },
  moreSegments: { segments: 3, segmentRows: 100 },
  moreRows: { segments: 1, segmentRows: 300 },
};

/** The three runs, one after the other on stores of their own, with functions of so much memory. */
export async function recordRuns(assembly: Assembly, memoryMb: ReadonlyMap<string, number>): Promise<Runs> {
  const run = (shape: Shape) => recordRun(assembly, memoryMb, shape);
  return {
    small: await run(SHAPES.small),
    moreSegments: await run(SHAPES.moreSegments),
    moreRows: await run(SHAPES.moreRows),
  };
}

/** Bills a generated list of this shape through the synthesized app in memory, and counts all that it used. */
export async function recordRun(
  assembly: Assembly,
  memoryMb: ReadonlyMap<string, number>,
  { segments, segmentRows }: Shape,
): Promise<Recording> {
  const known = configuration("dev");
  const model = known.streams["au-cba"] as Stream;
  // One segment after the other: the wall time of children side by side would count one processor several times.
  const stream: Stream = { ...model, segmentRows, concurrency: 1 };
  const folder = await mkdtemp(join(tmpdir(), "debit-once-cost-"));
  const scheduled = systemClock.instantOf(DATE, stream.schedule.time, stream.timeZone);
  const calls: RecordedCall[] = [];
  const made = new Map<string, number>();
  let wallMs = 0;
  const app = await openLocalApp({
    folder,
    assembly,
    configuration: { ...known, streams: { ...known.streams, [stream.name]: stream } },
    startAt: scheduled,
    storage: "memory",
    onCall: (call) => void calls.push(call),
    around: async (name, _event, call) => {
      const from = performance.now();
      made.set(name, (made.get(name) ?? 0) + 1);
      try {
        return await call();
      } finally {
        wallMs += performance.now() - from;
      }
    },
  });
  try {
    const meter = new CapacityMeter(app.clients);
    const log = () => stat(join(folder, "logs", "lambda.jsonl")).then(({ size }) => size);
    await bill(app, stream, addDays(DATE, -10), EARLIER_ROWS, 1);
    calls.length = 0;
    made.clear();
    wallMs = 0;
    meter.reset();
    const logged = await log();
    const list = await bill(app, stream, DATE, segments * segmentRows, 2);
    const states = await statesOf(app, batchId(stream.name, DATE, 2));
    const usage = usageOf({
      calls,
      made,
      meter,
      memoryMb,
      list,
      // The map's children are executions of their own, with the one state that they run.
      transitions:
        states + ASSUMED.transitionsPerExecution + segments * (1 + ASSUMED.transitionsPerExecution),
      logged: (await log()) - logged,
    });
    return { segments, segmentRows, ...usage, wallSeconds: wallMs / 1000 };
  } finally {
    await app.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Uploads a list of rows that are all good, starts its batch as the schedule does, and waits for its end. */
async function bill(
  app: LocalApp,
  stream: Stream,
  signed: CalendarDate,
  rows: number,
  number: number,
): Promise<number> {
  const sample = dueListSample({
    rows,
    seed: 1,
    stream: stream.name,
    date: signed,
    badShare: 0,
    merchants: 5,
  });
  const csv = Buffer.from(sample.records.join(""));
  const manifest = {
    count: sample.count,
    totalCents: sample.totalCents,
    sha256: createHash("sha256").update(csv).digest("hex"),
    producedAt: `${addDays(DATE, -1)}T18:00:00.000Z`,
  };
  const prefix = dueListPrefix(stream.name, DATE, number);
  const s3 = new S3Client(app.clients.s3);
  const put = (key: string, Body: Buffer) =>
    s3.send(new PutObjectCommand({ Bucket: app.names["DUE_BUCKET"], Key: prefix + key, Body }));
  await put(CSV, csv);
  await put(MANIFEST, Buffer.from(JSON.stringify(manifest)));
  s3.destroy();
  const scheduledTime = new Date(
    systemClock.instantOf(DATE, stream.schedule.time, stream.timeZone),
  ).toISOString();
  await app.invoke("StartBatch", { stream: stream.name, scheduledTime, number });
  const { status, failure } = await app.waitFor(batchId(stream.name, DATE, number));
  // A batch that stopped half-way used less than a batch does.
  if (status !== "SUCCEEDED") throw new Error(`the batch to be counted ended ${status}: ${failure?.error}`);
  return csv.length;
}

async function statesOf(app: LocalApp, name: string): Promise<number> {
  const { history } = await app.waitFor(name);
  return history.filter(({ event }) => event === "entered").length;
}
