import { ledgerOn } from "../../lambdas/adapters/ledger.ts";
import type { StepPorts } from "../../lambdas/adapters/ports.ts";
import { acquireLock } from "../../lambdas/billing-batch/acquire-lock/acquire-lock.ts";
import { composeBankFile } from "../../lambdas/billing-batch/compose-bank-file/compose-bank-file.ts";
import { planBatch } from "../../lambdas/billing-batch/plan-segments/plan-segments.ts";
import { stageSegment } from "../../lambdas/billing-batch/stage-segment/stage-segment.ts";
import type { ComputedTable } from "./computed-table.ts";
import { batchId } from "../../lambdas/domain/batch.ts";
import { addDays } from "../../lambdas/domain/calendar-date.ts";
import { BATCH, BILLING_DATE, dueListOf, PREFIX, STREAM } from "./made-batch.ts";

/** Lays the due list of that many rows where AcquireLock looks for it. */
export async function layList(rows: number, { objects }: Pick<StepPorts, "objects">): Promise<void> {
  const { csv, manifest } = dueListOf(rows);
  await objects.create("due", `${PREFIX}due.csv`, csv, "text/csv");
  await objects.create("due", `${PREFIX}manifest.json`, manifest, "application/json");
}

/** Takes the lock. Returns the fence. */
export async function acquired(ports: StepPorts): Promise<number> {
  const entered = "2026-03-01T20:00:00.000Z";
  return (await acquireLock({ batchId: BATCH, execution: BATCH, entered, retry: 0 }, ports)).fence;
}

/** Stages the segments from `first` on, past the SDK: a million rows are to be there in seconds. */
export async function stagedFrom(
  first: number,
  segments: number,
  fence: number,
  ports: StepPorts,
  table: ComputedTable,
): Promise<void> {
  const direct = { ...ports, ledger: ledgerOn(table) };
  for (let segment = first; segment <= segments; segment += 1) {
    await stageSegment({ batchId: BATCH, fence, segment }, direct);
  }
}

/** A batch that the gate can judge. Returns the fence. */
export async function composedBatch(rows: number, ports: StepPorts, table: ComputedTable): Promise<number> {
  await layList(rows, ports);
  const fence = await acquired(ports);
  const { segments } = await planBatch({ batchId: BATCH, fence }, ports);
  await stagedFrom(1, segments.length, fence, ports, table);
  await composeBankFile({ batchId: BATCH, fence }, ports);
  return fence;
}

/**
 * Lets the stream have sent the very files of the batch the day before, under the same mandates: the gate must read
 * them whole, and every debit of them is one to look up. Their sum is told otherwise, or it would be suspicious.
 */
export async function sentTheDayBefore({ ledger }: Pick<StepPorts, "ledger">): Promise<void> {
  const billingDate = addDays(BILLING_DATE, -1);
  const id = batchId(STREAM.name, billingDate, 1);
  const files = (await ledger.readStream(STREAM.name))?.batch?.files ?? [];
  if (files.length === 0) throw new Error("there is no frozen set of files that could have been sent before");
  const submitted = { count: 1, cents: 1 };
  const { stream, number } = { stream: STREAM.name, number: 1 };
  for (const file of files) {
    await ledger.createFile(id, { ...file, cents: file.cents + 1, state: "SUBMITTED" });
  }
  await ledger.writeBatch({ id, version: 1, stream, billingDate, number, state: "CLOSED" }, undefined);
  const closedAt = `${billingDate}T08:00:00.000Z`;
  await ledger.createClosing({ stream, billingDate, number, batchId: id, closedAt, submitted });
}
