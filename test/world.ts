import { clockFrom } from "../lambdas/adapters/clock.ts";
import { acquireLock } from "../lambdas/billing-batch/acquire-lock/acquire-lock.ts";
import { composeBankFile } from "../lambdas/billing-batch/compose-bank-file/compose-bank-file.ts";
import { planBatch } from "../lambdas/billing-batch/plan-segments/plan-segments.ts";
import { stageSegment } from "../lambdas/billing-batch/stage-segment/stage-segment.ts";
import { type BatchId, batchId, dueListPrefix } from "../lambdas/domain/batch.ts";
import type { FileItem, FileStateName, StreamItem } from "../lambdas/domain/records.ts";
import type { Configuration, Stream } from "../lambdas/domain/stream.ts";
import { CSV, MANIFEST } from "../lambdas/due-list-identity.ts";
import type { Area, Clock, Instant, Ledger, Log, Metrics, Objects, Ports } from "../lambdas/ports.ts";
import {
  batchItem,
  begun,
  BILLING_DATE,
  configuration,
  type DueList,
  fileItem,
  gateReport,
  heldBy,
  MORNING,
  segmentItem,
  sha256,
  stream,
} from "./builders.ts";
import { ledgerInMemory } from "./ledger-in-memory.ts";
import { objectsInMemory } from "./objects-in-memory.ts";

/** Where a world keeps its things. */
export interface Backing {
  readonly ledger: Ledger;
  readonly objects: Objects;
  /** What somebody outside puts into a bucket, whatever lies there. */
  overwrite(area: Area, key: string, bytes: Buffer): Promise<void>;
}

export type WorldPorts = Ports & { readonly configuration: Configuration };
type LogLine = Parameters<Log["decision"]>[0];

/** One stream with all that its steps touch; several worlds may share a backing. */
export interface World extends Backing {
  readonly stream: Stream;
  readonly configuration: Configuration;
  readonly clock: Clock;
  /** What the clock shows; a test may set it. */
  now: Instant;
  readonly lines: LogLine[];
  /** What was counted, in order: name, stream, how many. */
  readonly counts: Parameters<Metrics["count"]>[];
  /** The id of the stream's batch of that number, 1 by default. */
  id(number?: number): BatchId;
  /** The ports of one handler call; nonces are counted over the world. */
  ports(over?: Partial<WorldPorts>): WorldPorts;
}

let streams = 0;

/** A world with a stream that no other world has. */
export function worldOn(backing: Backing, over: Partial<Stream> = {}): World {
  streams += 1;
  const own = stream({ name: `stream-${streams}`, ...over });
  const settings = configuration(own);
  let nonces = 0;
  const world: World = {
    ...backing,
    stream: own,
    configuration: settings,
    clock: clockFrom(() => world.now),
    now: MORNING,
    lines: [],
    counts: [],
    id: (number = 1) => batchId(own.name, BILLING_DATE, number),
    ports: (changed = {}) => ({
      ledger: backing.ledger,
      objects: backing.objects,
      clock: world.clock,
      nonce: () => {
        nonces += 1;
        return `nonce-${nonces}`;
      },
      log: { decision: (line) => world.lines.push(line) },
      metrics: { count: (...counted) => world.counts.push(counted) },
      configuration: settings,
      ...changed,
    }),
  };
  return world;
}

/** A backing that keeps everything in memory, for tests that need many worlds. */
export function memory(): Backing & { readonly outboundVersions: (key: string) => Promise<number> } {
  const objects = objectsInMemory();
  return {
    ledger: ledgerInMemory(),
    objects,
    overwrite: async (area, key, bytes) => {
      objects.put(area, key, bytes);
    },
    outboundVersions: async (key) => (await objects.versions("outbound", key)).length,
  };
}

/** Lays a due list where the batch of that number looks for it. */
export async function layList(world: World, list: DueList, number = 1): Promise<void> {
  const prefix = dueListPrefix(world.stream.name, BILLING_DATE, number);
  await world.overwrite("due", prefix + CSV, list.csv);
  await world.overwrite("due", prefix + MANIFEST, list.manifest);
}

/** The stream's item; a test that asks for it knows that there is one. */
export async function itemOf(world: World): Promise<StreamItem> {
  const item = await world.ledger.readStream(world.stream.name);
  if (item === undefined) throw new Error("the stream has no item");
  return item;
}

export async function filesOf(world: World): Promise<readonly FileItem[]> {
  return (await itemOf(world)).batch?.files ?? [];
}

/** Runs the steps up to the frozen set of files, and returns the fence. */
export async function composed(world: World, number = 1, ports = world.ports()): Promise<number> {
  const fence = await staged(world, number, ports);
  await composeBankFile({ batchId: world.id(number), fence }, ports);
  return fence;
}

/** Runs the steps up to the last segment's record, and returns the fence. */
export async function staged(world: World, number = 1, ports = world.ports()): Promise<number> {
  const id = world.id(number);
  const { fence } = await acquireLock(
    { batchId: id, execution: id, entered: "2026-10-05T20:00:00.000Z", retry: 0 },
    ports,
  );
  const { segments } = await planBatch({ batchId: id, fence }, ports);
  for (const segment of segments) await stageSegment({ batchId: id, fence, segment }, ports);
  return fence;
}

/**
 * Puts a batch into the ledger as the gate leaves it: one file per state that is named, each with one line of one
 * dollar, their bytes stored, every state that is past COMPOSED under a verdict. Returns the fence.
 */
export async function reconciled(
  world: World,
  states: readonly FileStateName[] = ["RECONCILED"],
  over: Partial<StreamItem["batch"]> & { readonly paused?: StreamItem["paused"] } = {},
): Promise<number> {
  const id = world.id();
  const { paused, ...batch } = over;
  const files = states.map((state, index) => frozenFile(world, index + 1, state));
  for (const file of files) {
    await world.objects.create("bankFiles", file.key, bytesOf(file.number), "text/plain");
  }
  const rows = Math.max(states.length, 1);
  const { prefix } = batchItem({ stream: world.stream.name }).dueList ?? { prefix: "" };
  const due = { prefix, sha256: "0".repeat(64), count: rows, totalCents: rows * 100 };
  await world.ledger.writeBatch(batchItem({ stream: world.stream.name, dueList: due }), undefined);
  const lines = files.map((file) => file.number);
  const segment = segmentItem(id, lines, { rows });
  await world.ledger.createSegment(segment);
  await world.objects.create("work", segment.exclusionsKey, Buffer.alloc(0), "application/jsonl");
  const report = `${id}/report-001.json`;
  const json = Buffer.from(JSON.stringify(gateReport(id)), "utf8");
  await world.objects.create("reports", report, json, "application/json");
  const verdict = { sha256s: files.map((file) => file.sha256), at: "2026-10-05T20:01:00.000Z", report };
  const item = heldBy(
    id,
    { files, verdict, ...batch },
    { stream: world.stream.name, ...(paused && { paused }) },
  );
  await world.ledger.writeStream(item, undefined);
  return item.fence;
}

/** The bytes that stand for a bank file where no test reads them as one. */
export function bytesOf(file: number): Buffer {
  return Buffer.from(`bank file ${file}`, "utf8");
}

function frozenFile(world: World, number: number, state: FileStateName): FileItem {
  const key = `${world.id()}/${number}.aba`;
  const file = fileItem({ number, state, key, sha256: sha256(bytesOf(number)) });
  return file.submitting ? { ...file, submitting: begun(number, pickUp(world, number)) } : file;
}

/** The key under which the bank picks up a file of the world's first batch. */
export function pickUp(world: World, file = 1): string {
  return `${world.stream.bankProfile.userId}/${world.id()}-0${file}.aba`;
}
