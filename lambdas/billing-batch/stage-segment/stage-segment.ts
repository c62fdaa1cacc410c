import { readBatch } from "../../batch-change.ts";
import { calendarDate } from "../../domain/calendar-date.ts";
import { type DueRow, readRows } from "../../domain/due-list.ts";
import { exclusion, judgeContent, judgeShape } from "../../domain/due-row.ts";
import { DUPLICATE_REASONS, type Exclusion, type ExclusionReason } from "../../domain/exclusion.ts";
import { DueListMissing, LedgerBroken } from "../../domain/faults.ts";
import { encodeLines } from "../../domain/line-set.ts";
import { decodeSegment, type PlannedSegment } from "../../domain/plan.ts";
import type { ClaimFacts } from "../../domain/release.ts";
import type { BatchItem, Claim, SegmentItem, StagedRow } from "../../domain/records.ts";
import type { Configuration, Stream } from "../../domain/stream.ts";
import { CSV } from "../../due-list-identity.ts";
import { ConditionRefused, type Objects, type Ports } from "../../ports.ts";
import { readProven, sha256, storeOnce } from "../../stored-bytes.ts";
import { held } from "../../stream-change.ts";
import { streamOf } from "../../stream-of.ts";
import { claimFacts } from "./claim-facts.ts";
import { claimRow } from "./claim-row.ts";

/** Claims of one segment that are under way at once. */
const CLAIMS_IN_FLIGHT = 32;

/**
 * One child of the map: every row of its segment ends staged, with its debit claimed for this batch, or excluded
 * for one named reason; both are stored once. Found stored, it has nothing left to do.
 */
export async function stageSegment(
  event: { readonly batchId: string; readonly fence: number; readonly segment: number },
  ports: Ports & { readonly configuration: Configuration },
): Promise<{ readonly segment: number }> {
  const { batchId, segment } = event;
  const nonce = ports.nonce();
  const batch = await readBatch(ports, batchId);
  const stream = streamOf(ports.configuration, batch.stream);
  held(await ports.ledger.readStream(batch.stream), batchId, event.fence);
  const done = await ports.ledger.readSegment(batchId, segment);
  const item = done ?? (await staged(ports, batch, stream, segment));
  ports.log.decision({
    state: "StageSegment",
    batchId,
    stream: stream.name,
    fence: event.fence,
    nonce,
    outcome: done ? "found staged" : "staged",
    segment,
    staged: item.staged.count,
    excluded: item.excluded.count,
  });
  return { segment };
}

async function staged(ports: Ports, batch: BatchItem, stream: Stream, segment: number): Promise<SegmentItem> {
  const planned = await plannedSegment(ports.objects, batch, segment);
  const rows = await segmentRows(ports.objects, batch, planned);
  const outcomes = await judged(ports, batch, stream, planned, rows);
  const item = await stored(ports.objects, batch.id, planned, outcomes);
  // Counted before the record is put: after a crash in between a duplicate is counted twice and never not at all.
  count(ports, stream, item);
  try {
    await ports.ledger.createSegment(item);
    return item;
  } catch (error) {
    // The first record stands, whoever wrote it. What it leaves out of our claims the gate will find.
    const now = await ports.ledger.readSegment(batch.id, segment);
    if (now !== undefined) return now;
    throw error instanceof ConditionRefused
      ? new LedgerBroken(`segment ${segment} of batch ${batch.id} is there and is not`, { cause: error })
      : error;
  }
}

function count({ metrics }: Ports, { name }: Stream, { staged, excluded, byReason }: SegmentItem): void {
  metrics.count("RowsStaged", name, staged.count);
  metrics.count("RowsExcluded", name, excluded.count);
  const duplicates = DUPLICATE_REASONS.reduce((sum, reason) => sum + (byReason[reason] ?? 0), 0);
  if (duplicates > 0) metrics.count("DuplicateExcluded", name, duplicates);
}

async function plannedSegment(objects: Objects, batch: BatchItem, segment: number): Promise<PlannedSegment> {
  if (batch.plan === undefined) throw new LedgerBroken(`batch ${batch.id} has no plan`);
  const { bytes } = await readProven(objects, "work", batch.plan.key, batch.plan.sha256);
  const line = bytes.toString("utf8").split("\n")[segment - 1];
  const planned = line === undefined || line === "" ? undefined : decodeSegment(line);
  if (planned?.segment !== segment)
    throw new LedgerBroken(`the plan of batch ${batch.id} has no segment ${segment}`);
  return planned;
}

async function segmentRows(objects: Objects, batch: BatchItem, planned: PlannedSegment): Promise<DueRow[]> {
  if (batch.dueList === undefined) throw new LedgerBroken(`batch ${batch.id} has no due list in its record`);
  const { prefix, csvVersion } = batch.dueList;
  const stored = await objects.read("due", prefix + CSV, {
    from: planned.from,
    to: planned.to,
    ...(csvVersion !== undefined && { version: csvVersion }),
  });
  if (stored === undefined) throw new DueListMissing(`${prefix}${CSV} is not in the due bucket`);
  const rows = [...readRows(stored.bytes, { firstLine: planned.firstLine })];
  if (rows.length !== planned.rows) {
    throw new LedgerBroken(
      `segment ${planned.segment} has ${rows.length} rows, its plan says ${planned.rows}`,
    );
  }
  return rows;
}

type Outcome =
  | { readonly line: number; readonly row: StagedRow }
  | { readonly line: number; readonly exclusion: Exclusion };

/** Each row's fate, in the list's order. */
async function judged(
  ports: Ports,
  batch: BatchItem,
  stream: Stream,
  planned: PlannedSegment,
  rows: readonly DueRow[],
): Promise<Outcome[]> {
  const refusals = new Map(planned.refusals.map((refusal) => [refusal.line, refusal]));
  const facts = claimFacts(ports.ledger);
  const outcomes: Outcome[] = [];
  const work = rows.values();
  let failing = false;
  const worker = async () => {
    for (const row of work) {
      if (failing) return;
      const refusal = refusals.get(row.line);
      const outcome = refusal
        ? excluded(stream, row, refusal.reason, { otherLine: refusal.otherLine })
        : await judgedRow(ports, facts, batch, stream, planned.segment, row);
      outcomes.push(outcome);
    }
  };
  // When one call fails the others end theirs before the step does: nothing claims behind its back.
  const guarded = () =>
    worker().catch((error: unknown) => {
      failing = true;
      throw error;
    });
  const ends = await Promise.allSettled(Array.from({ length: CLAIMS_IN_FLIGHT }, guarded));
  const failed = ends.find((end) => end.status === "rejected");
  if (failed) throw failed.reason;
  return outcomes.sort((a, b) => a.line - b.line);
}

async function judgedRow(
  ports: Ports,
  facts: (claim: Claim) => Promise<ClaimFacts>,
  batch: BatchItem,
  stream: Stream,
  segment: number,
  { line, fields }: DueRow,
): Promise<Outcome> {
  const shape = judgeShape(fields);
  if (shape) return excluded(stream, { line, fields }, "malformed-row", shape);
  const content = judgeContent(fields, stream, calendarDate(batch.billingDate));
  if ("reason" in content) {
    return excluded(stream, { line, fields }, content.reason, { field: content.field });
  }
  const row: StagedRow = { line, ...content.row };
  const { mandateId, dueDate, attempt, cents } = row;
  const mine = { mandateId, dueDate, attempt, batchId: batch.id, line, segment, cents, stream: stream.name };
  const outcome = await claimRow(ports.ledger, facts, mine, stream.minDaysBetweenInstalments);
  if (outcome.claimed) return { line, row };
  const details = "by" in outcome ? { claim: claimName(outcome.by) } : {};
  return excluded(stream, { line, fields }, outcome.reason, details);
}

function excluded(
  stream: Stream,
  row: { readonly line: number; readonly fields: readonly string[] },
  reason: ExclusionReason,
  details: Partial<Pick<Exclusion, "field" | "otherLine" | "claim">>,
): Outcome {
  return { line: row.line, exclusion: exclusion(row.line, row.fields, reason, stream, details) };
}

function claimName({ mandateId, dueDate, attempt, batchId, line }: Claim) {
  return { mandateId, dueDate, attempt, batchId, line };
}

/**
 * Stores staged rows and exclusions in two objects, so that what writes reports never reads a bank account, and
 * makes the segment's record.
 */
async function stored(
  objects: Objects,
  batchId: string,
  planned: PlannedSegment,
  outcomes: readonly Outcome[],
): Promise<SegmentItem> {
  const rows = outcomes.flatMap((outcome) => ("row" in outcome ? [outcome.row] : []));
  const exclusions = outcomes.flatMap((outcome) => ("row" in outcome ? [] : [outcome.exclusion]));
  const put = async (kind: string, lines: readonly object[]) => {
    const bytes = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""), "utf8");
    const hash = sha256(bytes);
    const key = `${batchId}/${kind}/${planned.segment}-${hash}.jsonl`;
    await storeOnce(objects, "work", key, bytes, "application/jsonl");
    return { key, hash };
  };
  const [stagedObject, exclusionsObject] = await Promise.all([
    put("staged", rows),
    put("exclusions", exclusions),
  ]);
  const byReason: Partial<Record<ExclusionReason, number>> = {};
  for (const { reason } of exclusions) byReason[reason] = (byReason[reason] ?? 0) + 1;
  const cents = (items: readonly { readonly cents: number }[]) =>
    items.reduce((sum, item) => sum + item.cents, 0);
  return {
    batchId,
    segment: planned.segment,
    firstLine: planned.firstLine,
    rows: planned.rows,
    staged: { count: rows.length, cents: cents(rows) },
    excluded: { count: exclusions.length, cents: cents(exclusions) },
    byReason,
    stagedLines: encodeLines(
      planned.firstLine,
      planned.rows,
      rows.map(({ line }) => line),
    ),
    key: stagedObject.key,
    sha256: stagedObject.hash,
    exclusionsKey: exclusionsObject.key,
    exclusionsSha256: exclusionsObject.hash,
  };
}
