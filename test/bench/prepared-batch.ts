import { ledgerOn } from "../../lambdas/adapters/ledger.ts";
import type { StepPorts } from "../../lambdas/adapters/ports.ts";
import { acquireLock } from "../../lambdas/billing-batch/acquire-lock/acquire-lock.ts";
import { composeBankFile } from "../../lambdas/billing-batch/compose-bank-file/compose-bank-file.ts";
import { planBatch } from "../../lambdas/billing-batch/plan-segments/plan-segments.ts";
import { stageSegment } from "../../lambdas/billing-batch/stage-segment/stage-segment.ts";
import type { ComputedTable } from "./computed-table.ts";
import { BATCH, dueListOf, PREFIX } from "./made-batch.ts";

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
