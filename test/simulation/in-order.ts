import { clockFrom } from "../../lambdas/adapters/clock.ts";
import { acquireLock } from "../../lambdas/billing-batch/acquire-lock/acquire-lock.ts";
import { closeBatch } from "../../lambdas/billing-batch/close-batch/close-batch.ts";
import { composeBankFile } from "../../lambdas/billing-batch/compose-bank-file/compose-bank-file.ts";
import { planBatch } from "../../lambdas/billing-batch/plan-segments/plan-segments.ts";
import { reconcile } from "../../lambdas/billing-batch/reconcile/reconcile.ts";
import { stageSegment } from "../../lambdas/billing-batch/stage-segment/stage-segment.ts";
import { submitBankFile } from "../../lambdas/billing-batch/submit-bank-file/submit-bank-file.ts";
import type { Ports } from "../../lambdas/ports.ts";
import { abandonBatch } from "../../lambdas/operations/abandon-batch/abandon-batch.ts";
import { CSV, MANIFEST } from "../../lambdas/due-list-identity.ts";
import { MORNING } from "../builders.ts";
import { ledgerInMemory } from "../ledger-in-memory.ts";
import { objectsInMemory } from "../objects-in-memory.ts";
import type { SimulationEvent } from "./events.ts";
import { told } from "./told.ts";
import type { BatchList, Dishonour, Workload } from "./workload.ts";

/** How a batch ended that ran alone and without faults, and how many files it froze. */
export interface Ended {
  readonly batchId: string;
  readonly end: string;
  readonly files: number;
}

/**
 * Runs a workload's batches one after the other, without any fault. What cannot end by itself is abandoned, so that
 * the next one may begin.
 * @param tell everything that happens, as a simulation would tell it
 * @param isDishonoured whether the bank has sent that return before the next attempt's batch begins
 */
export async function runInOrder(
  { lists, configuration, dishonours }: Workload,
  tell: (event: SimulationEvent) => void,
  isDishonoured: (one: Dishonour) => boolean = () => true,
): Promise<Ended[]> {
  const ledger = ledgerInMemory();
  const objects = objectsInMemory();
  for (const { prefix, csv, manifest } of lists) {
    objects.put("due", prefix + CSV, csv);
    objects.put("due", prefix + MANIFEST, manifest);
  }
  let now: number = MORNING;
  let calls = 0;
  /** One call of a function, told from its beginning to its end. */
  const call = async <Output>(
    name: string,
    event: object,
    run: (ports: Ports & { configuration: Workload["configuration"] }) => Promise<Output>,
  ): Promise<Output> => {
    calls += 1;
    now += 1;
    const caller = { id: `p${calls}`, name, event };
    const ports = {
      ...told({ ledger, objects }, caller, () => now, tell),
      clock: clockFrom(() => now as never),
      nonce: () => `nonce ${caller.id}`,
      log: { decision: () => {} },
      metrics: {
        count: (metric: string, stream: string, value = 1) =>
          tell({ type: "count", at: now, caller, name: metric, stream, value }),
      },
      configuration,
    };
    tell({ type: "began", at: now, caller });
    try {
      const value = await run(ports);
      tell({ type: "ended", at: now, caller, value });
      return value;
    } catch (error) {
      tell({ type: "ended", at: now, caller, error: error instanceof Error ? error.name : "?" });
      throw error;
    }
  };
  const batch = async ({ batchId }: BatchList): Promise<Ended> => {
    let files = 0;
    try {
      const turn = { execution: batchId, entered: new Date(now).toISOString(), retry: 0 };
      const { fence } = await call("AcquireLock", { batchId, ...turn }, (ports) =>
        acquireLock({ batchId, ...turn }, ports),
      );
      const event = { batchId, fence };
      const { segments } = await call("PlanSegments", event, (ports) => planBatch(event, ports));
      for (const segment of segments) {
        const one = { ...event, segment };
        await call("StageSegment", one, (ports) => stageSegment(one, ports));
      }
      files = (await call("ComposeBankFile", event, (ports) => composeBankFile(event, ports))).files;
      await call("Reconcile", event, (ports) => reconcile(event, ports));
      const limited = { ...event, timeLimitMs: 1_000 };
      await call("SubmitBankFile", limited, (ports) => submitBankFile(limited, ports));
      await call("CloseBatch", event, (ports) => closeBatch(event, ports));
      return { batchId, end: "CLOSED", files };
    } catch (error) {
      const why = { batchId, by: "ann", reason: "it failed" };
      await call("AbandonBatch", why, (ports) => abandonBatch(why, ports));
      return { batchId, end: error instanceof Error ? error.name : "?", files };
    }
  };
  const ended: Ended[] = [];
  for (const list of lists) {
    for (const one of dishonours) {
      if (one.retriedBy !== list.batchId || !isDishonoured(one)) continue;
      const { mandateId, dueDate, attempt } = one;
      ledger.putReturn({ mandateId, dueDate, attempt });
    }
    ended.push(await batch(list));
  }
  return ended;
}
