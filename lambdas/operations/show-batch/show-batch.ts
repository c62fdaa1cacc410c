import { parseBatchId } from "../../domain/batch.ts";
import { BatchUnknown } from "../../domain/faults.ts";
import type { BatchItem, EventItem, FileItem, StreamItem, Sum } from "../../domain/records.ts";
import type { BatchReport } from "../../domain/report.ts";
import { latestReport } from "../../latest-report.ts";
import type { Execution, Executions, Ports } from "../../ports.ts";

/** Everything that an on-call engineer asks about a batch first. Ids, counts and states; no rows. */
export interface BatchView {
  readonly batchId: string;
  /** The newest execution of the batch. */
  readonly execution?: Execution;
  readonly record?: BatchItem;
  readonly stream?: Pick<StreamItem, "fence" | "epoch" | "paused" | "deploying"> & {
    readonly lock?: { readonly batchId: string; readonly since: string; readonly abandoning: boolean };
  };
  readonly files: readonly FileItem[];
  readonly staged: Sum;
  readonly excluded: Sum;
  readonly events: readonly EventItem[];
  readonly report?: { readonly key: string; readonly content: BatchReport };
}

/** Most continuations that are looked for: a batch that was continued more often than that is past showing. */
const MOST_CONTINUATIONS = 99;

/** Reads a batch's state from the ledger, its executions and its newest report. */
export async function showBatch(
  event: { readonly batchId: string },
  ports: Ports & { readonly executions: Pick<Executions, "describe"> },
): Promise<BatchView> {
  const batch = parseBatchId(event.batchId);
  if (!batch) throw new BatchUnknown("the batch id is not <stream>-<yyyy-mm-dd>-<nn>");
  const [stream, record, segments, recorded, events, report, execution] = await Promise.all([
    ports.ledger.readStream(batch.stream),
    ports.ledger.readBatch(batch.id),
    ports.ledger.readSegments(batch.id),
    ports.ledger.readFiles(batch.id),
    ports.ledger.readEvents(batch.id),
    latestReport(ports.objects, batch.id),
    newestExecution(ports.executions, batch.id),
  ]);
  const held = stream?.batch?.id === batch.id && record?.state !== "CLOSED" && record?.state !== "ABANDONED";
  const total = (of: "staged" | "excluded") =>
    segments
      .map((s) => s[of])
      .reduce((a, b) => ({ count: a.count + b.count, cents: a.cents + b.cents }), {
        count: 0,
        cents: 0,
      });
  return {
    batchId: batch.id,
    ...(execution && { execution }),
    ...(record && { record }),
    ...(stream && { stream: streamView(stream) }),
    files: held ? (stream?.batch?.files ?? []) : recorded,
    staged: total("staged"),
    excluded: total("excluded"),
    events,
    ...(report && { report: { key: report.key, content: report.report } }),
  };
}

function streamView({
  fence,
  epoch,
  paused,
  deploying,
  batch,
}: StreamItem): NonNullable<BatchView["stream"]> {
  return {
    fence,
    epoch,
    ...(paused && { paused }),
    ...(deploying && { deploying }),
    ...(batch && {
      lock: { batchId: batch.id, since: batch.since, abandoning: batch.abandoning !== undefined },
    }),
  };
}

/** The last of `<batch>`, `<batch>-c1`, `<batch>-c2`, … that exists. */
export async function newestExecution(
  executions: Pick<Executions, "describe">,
  batchId: string,
): Promise<Execution | undefined> {
  let newest = await executions.describe(batchId);
  for (let k = 1; newest && k <= MOST_CONTINUATIONS; k += 1) {
    const next = await executions.describe(`${batchId}-c${k}`);
    if (next === undefined) break;
    newest = next;
  }
  return newest;
}
