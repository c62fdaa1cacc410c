import { fileName } from "../../domain/batch.ts";
import { changeBatch, readBatch } from "../../batch-change.ts";
import { storeReport } from "../../batch-report.ts";
import { LedgerBroken, NotReconciled, BatchAbandoning, SubmissionStopped } from "../../domain/faults.ts";
import { isSettled, moveBatch } from "../../domain/moves.ts";
import type { Exclusion } from "../../domain/exclusion.ts";
import { calendarDate } from "../../domain/calendar-date.ts";
import type { BatchItem, ClosingItem, Ending, FileItem, Verdict } from "../../domain/records.ts";
import { latestReport, readReport } from "../../latest-report.ts";
import { ConditionRefused, type Ports } from "../../ports.ts";
import { readAhead } from "../../read-ahead.ts";
import { readProven } from "../../stored-bytes.ts";
import { changeStream, type HeldStream, held } from "../../stream-change.ts";
import { proveEnding } from "./ending.ts";

/** How many segments' exclusions are read at once. */
const SEGMENTS_AHEAD = 8;

/**
 * Last state: proves the sum, writes the files' records and where later gates find them, closes the batch, releases
 * the lock, and then reports.
 * In this order (rule 13): a lock that is free, or a report that is out, never speaks of an open batch.
 */
export async function closeBatch(
  event: { readonly batchId: string; readonly fence: number },
  ports: Ports,
): Promise<Ending & { readonly report: string }> {
  const nonce = ports.nonce();
  const batch = await readBatch(ports, event.batchId);
  const closed = batch.state === "CLOSED" ? batch : await close(ports, batch, event.fence);
  const { ending } = closed;
  if (ending === undefined) throw new LedgerBroken(`batch ${batch.id} is closed without an ending`);
  await changeStream(ports, batch.stream, nonce, (seen) => {
    if (seen.batch?.id !== batch.id) return "done";
    const { batch: _released, ...free } = seen;
    return free;
  });
  const report = await finalReport(ports, closed, ending);
  ports.log.decision({
    state: "CloseBatch",
    batchId: batch.id,
    stream: batch.stream,
    fence: event.fence,
    nonce,
    outcome: "CLOSED",
    due: ending.due.count,
    submitted: ending.submitted.count,
    excluded: ending.excluded.count,
  });
  return { ...ending, report };
}

/**
 * Counts an ending just before its report is written: a call that dies in between leaves it to the next one, which
 * counts again. So an alarm on it rings at least once, and where the report is found written it was counted.
 */
function count({ metrics }: Ports, stream: string, { due, staged, submitted }: Ending): void {
  metrics.count("BatchClosed", stream);
  metrics.count("DebitsSubmitted", stream, submitted.count);
  metrics.count("DebitsNotSubmitted", stream, due.count - submitted.count);
  if (staged.count > 0 && submitted.count === 0) metrics.count("NothingSubmitted", stream);
}

async function close(ports: Ports, batch: BatchItem, fence: number): Promise<BatchItem> {
  const item = held(await ports.ledger.readStream(batch.stream), batch.id, fence);
  const { files, verdict } = settledFiles(item);
  if (batch.dueList === undefined) throw new LedgerBroken(`batch ${batch.id} has no due list in its record`);
  const due = { count: batch.dueList.count, cents: batch.plan?.cents ?? batch.dueList.totalCents };
  const at = new Date(ports.clock.now()).toISOString();
  const ending = proveEnding(due, await ports.ledger.readSegments(batch.id), files, at);
  await recordFiles(ports, batch.id, files);
  await recordClosing(ports, batch, ending);
  return changeBatch(ports, batch.id, (seen) =>
    seen.state === "CLOSED"
      ? "done"
      : { ...seen, state: moveBatch(`batch ${batch.id}`, seen.state, "close"), ending, verdict },
  );
}

/** The batch's files, every one of them settled under a verdict of the gate. */
function settledFiles(item: HeldStream): { readonly files: readonly FileItem[]; readonly verdict: Verdict } {
  const { id, files, verdict, abandoning } = item.batch;
  if (abandoning) throw new BatchAbandoning(`batch ${id} is being abandoned`);
  if (files === undefined || verdict === undefined)
    throw new NotReconciled(`batch ${id} has no verdict of the gate`);
  for (const file of files) {
    if (!isSettled(file.state)) throw new SubmissionStopped(`${fileName(id, file.number)} is ${file.state}`);
  }
  return { files, verdict };
}

/** Puts the files' permanent records. One that is there was put by an earlier try, and may have moved on since. */
export async function recordFiles(
  ports: Pick<Ports, "ledger">,
  batchId: string,
  files: readonly FileItem[],
): Promise<void> {
  for (const file of files) {
    try {
      await ports.ledger.createFile(batchId, file);
    } catch (error) {
      if (!(error instanceof ConditionRefused)) throw error;
    }
  }
  // These records hold or release claims for ever: that they are there is read, not concluded from a refusal.
  const stored = new Map((await ports.ledger.readFiles(batchId)).map((file) => [file.number, file.sha256]));
  for (const { number, sha256 } of files) {
    if (stored.get(number) !== sha256) {
      throw new LedgerBroken(`the record of ${fileName(batchId, number)} is missing or another file's`);
    }
  }
}

/**
 * Puts what later gates find the batch by. One that is there was put by an earlier try, whose instant may be another;
 * what the batch has submitted they take from its record.
 */
async function recordClosing(
  { ledger }: Pick<Ports, "ledger">,
  { id: batchId, stream, billingDate, number }: BatchItem,
  { at: closedAt, submitted }: Ending,
): Promise<void> {
  const closing: ClosingItem = { stream, billingDate, number, batchId, closedAt, submitted };
  try {
    await ledger.createClosing(closing);
  } catch (error) {
    if (!(error instanceof ConditionRefused)) throw error;
  }
  // A batch without it would be missing from every later comparison: that it is there is read, not concluded.
  const day = calendarDate(billingDate);
  const stored = await ledger.readClosings(stream, day, day);
  if (!stored.some((one) => one.number === number && one.batchId === batchId)) {
    throw new LedgerBroken(`the closing of batch ${batchId} is missing or another batch's`);
  }
}

/** The report of the verdict with the batch's ending, as the next version; found written, it is left alone. */
async function finalReport(ports: Ports, batch: BatchItem, ending: Ending): Promise<string> {
  const written = await latestReport(ports.objects, batch.id);
  if (written?.report.status === "CLOSED") return written.key;
  const judged = batch.verdict && (await readReport(ports.objects, batch.verdict.report));
  if (judged === undefined) throw new NotReconciled(`the report of batch ${batch.id}'s verdict is missing`);
  const [files, events, exclusions] = await Promise.all([
    ports.ledger.readFiles(batch.id),
    ports.ledger.readEvents(batch.id),
    allExclusions(ports, batch.id),
  ]);
  const recorded = new Map(files.map((file) => [file.number, file]));
  count(ports, batch.stream, ending);
  return storeReport(ports.objects, (number) => ({
    report: {
      ...judged.report,
      number,
      writtenBy: "CloseBatch",
      at: ending.at,
      status: "CLOSED",
      files: judged.report.files.map((file) => {
        const { state, resolved } = recorded.get(file.number) ?? file;
        return { ...file, state, ...(resolved && { resolved }) };
      }),
      timeline: [
        ...events.map(({ at, action, by }) => ({ at, what: `${action} (${by})` })),
        ...files.flatMap(({ delivered, number: nn }) =>
          delivered ? [{ at: delivered.at, what: `file ${nn} submitted` }] : [],
        ),
        ...files.flatMap(({ resolved, number: nn }) =>
          resolved
            ? [
                {
                  at: resolved.at,
                  what: `file ${nn} resolved as ${resolved.outcome} by proposal ${resolved.proposal}`,
                },
              ]
            : [],
        ),
        { at: judged.report.at, what: "Reconcile: the gate passed" },
        { at: ending.at, what: "closed" },
      ].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
      ending,
    },
    exclusions,
  }));
}

async function allExclusions(ports: Ports, batchId: string): Promise<Exclusion[]> {
  const exclusions: Exclusion[] = [];
  const segments = await ports.ledger.readSegments(batchId);
  const lists = readAhead(segments, SEGMENTS_AHEAD, ({ exclusionsKey, exclusionsSha256 }) =>
    readProven(ports.objects, "work", exclusionsKey, exclusionsSha256),
  );
  for await (const { bytes } of lists) {
    for (const line of bytes.toString("utf8").split("\n")) {
      // The bytes are proven to be those that staging wrote and hashed.
      if (line !== "") exclusions.push(JSON.parse(line) as Exclusion);
    }
  }
  return exclusions;
}
