import { acquireLock } from "../../../lambdas/billing-batch/acquire-lock/acquire-lock.ts";
import { closeBatch } from "../../../lambdas/billing-batch/close-batch/close-batch.ts";
import { composeBankFile } from "../../../lambdas/billing-batch/compose-bank-file/compose-bank-file.ts";
import { planBatch } from "../../../lambdas/billing-batch/plan-segments/plan-segments.ts";
import { reconcile } from "../../../lambdas/billing-batch/reconcile/reconcile.ts";
import { stageSegment } from "../../../lambdas/billing-batch/stage-segment/stage-segment.ts";
import { submitBankFile } from "../../../lambdas/billing-batch/submit-bank-file/submit-bank-file.ts";
import { batchId } from "../../../lambdas/domain/batch.ts";
import { approve } from "../../../lambdas/operations/approve/approve.ts";
import { propose } from "../../../lambdas/operations/propose/propose.ts";
import type { ChangeCalendar, Execution, Executions, Once, Stacks } from "../../../lambdas/ports.ts";
import { startBatch } from "../../../lambdas/start-batch/start-batch.ts";
import { BILLING_DATE, dueList, MORNING, row } from "../../builders.ts";
import { copiedLedger, type LedgerInMemory, ledgerInMemory } from "../../ledger-in-memory.ts";
import { copiedObjects, type ObjectsInMemory, objectsInMemory } from "../../objects-in-memory.ts";
import { type Call, intercepted } from "../../port-faults.ts";
import { type Backing, layList, type World, worldOn, type WorldPorts } from "../../world.ts";

/** One stream's life, from an earlier batch to the end of the next one, of which every moment can be had again. */

export const STREAM = "au-cba";
export const EARLIER = batchId(STREAM, BILLING_DATE, 1);
export const BATCH = batchId(STREAM, BILLING_DATE, 2);
/** The earlier batch has had the first fence. */
export const FENCE = 2;
export const WHY = { by: "ann", reason: "why" };

/** Executions in memory. */
export interface ExecutionsInMemory extends Executions {
  /** Lets one end, as Step Functions would. */
  end(name: string, status: Execution["status"]): void;
  /** Forgets one, as it does 90 days after its end. */
  forget(name: string): void;
  readonly all: ReadonlyMap<string, Execution>;
}

export interface Stores {
  readonly ledger: LedgerInMemory;
  readonly objects: ObjectsInMemory;
  readonly executions: ExecutionsInMemory;
  readonly once: Once;
}

/** What the starter's functions, and those that judge deployments, get beside a step's ports. */
export type EveryPort = WorldPorts & {
  readonly executions: Executions;
  readonly once: Once;
  readonly changeCalendar: ChangeCalendar;
  readonly stacks: Stacks;
};

/** A calendar that is always open, and stacks that are all there. */
export const UNCHANGED: Pick<EveryPort, "changeCalendar" | "stacks"> = {
  changeCalendar: { at: async () => ({ state: "OPEN" }) },
  stacks: { status: async () => "UPDATE_COMPLETE" },
};

export const isWrite = (method: string) => /^(?:write|create|start|redrive)/.test(method);

/** What brings one change about in any stores. */
export type Change = (stores: Stores) => unknown;

function stores(known: ReadonlyMap<string, Execution> = new Map()): Stores {
  const executions = new Map(known);
  const ran = new Map<string, string>();
  return {
    ledger: ledgerInMemory(),
    objects: objectsInMemory(),
    executions: {
      all: executions,
      start: async (name, input) => {
        if (executions.has(name)) return "exists";
        executions.set(name, { name, status: "RUNNING", input: JSON.stringify(input) });
        return "started";
      },
      describe: async (name) => executions.get(name),
      redrive: async (name) => {
        const execution = executions.get(name);
        if (execution === undefined || execution.status === "RUNNING") throw new Error("not redrivable");
        executions.set(name, { ...execution, status: "RUNNING" });
      },
      end: (name, status) => {
        executions.set(name, { name, ...executions.get(name), status });
      },
      forget: (name) => {
        executions.delete(name);
      },
    },
    once: async (key, fingerprint, _remaining, run) => {
      if (ran.get(key) === fingerprint) return "repeated";
      await run();
      ran.set(key, fingerprint);
      return "ran";
    },
  };
}

/** Stores in which these changes have been made, in order. */
export async function storesAfter(changes: readonly Change[]): Promise<Stores> {
  const made = stores();
  for (const change of changes) await change(made);
  return made;
}

/** The same stores once more: what happens to the ones does not happen to the others. */
export function copyOf(of: Stores): Stores {
  return {
    ...stores(of.executions.all),
    ledger: copiedLedger(of.ledger),
    objects: copiedObjects(of.objects),
  };
}

/** The stores as a world has them. */
export function worldIn(given: Stores, backing?: Backing): World {
  const own = backing ?? {
    ledger: given.ledger,
    objects: given.objects,
    overwrite: async (area, key, bytes) => void given.objects.put(area, key, bytes),
  };
  return worldOn(own, { name: STREAM, maxFileDebits: 2, segmentRows: 2 });
}

/**
 * Two rows of one bank account with the same amount, which the gate suspects; a second attempt; and one that an earlier
 * batch has. They make two segments and two files.
 */
const ROWS = [
  row({ mandate_id: "m-1" }),
  row({ mandate_id: "m-2", customer_id: "c-2" }),
  row({ mandate_id: "m-again", attempt: "2", amount_cents: "7200", customer_id: "c-3" }),
  row({ mandate_id: "m-taken", amount_cents: "8300", customer_id: "c-4" }),
];
const EARLIER_ROWS = [
  row({ mandate_id: "m-again", amount_cents: "7200", customer_id: "c-3" }),
  row({ mandate_id: "m-taken", amount_cents: "8300", customer_id: "c-4" }),
];

/** The moments of the life, each named by what has just happened. */
export type Moment =
  | "listed"
  | "started"
  | "acquired"
  | "planned"
  | "half staged"
  | "staged"
  | "composed"
  | "suspected"
  | "proposed"
  | "approved"
  | "reconciled"
  | "submitted"
  | "closed";

export interface Life {
  /** All changes up to that moment. */
  until(moment: Moment): readonly Change[];
  /** The id of what was proposed, and the suspicion that it is about. */
  readonly proposal: string;
  readonly check: string;
}

export const acquired = (ports: WorldPorts, id: string, entered = "2026-10-05T20:00:00.000Z") =>
  acquireLock({ batchId: id, execution: id, entered, retry: 0 }, ports);

export const submitted = (ports: WorldPorts, id = BATCH, fence = FENCE) =>
  submitBankFile({ batchId: id, fence, timeLimitMs: 1000 }, ports);

/** Lives once, and keeps every change that has landed. */
export async function lived(): Promise<Life> {
  const changes: Change[] = [];
  const moments = new Map<Moment, number>();
  const given = stores();
  const noted = <Port extends object>(port: Port, of: (stores: Stores) => object): Port =>
    intercepted(port, async (call: Call) => {
      const answer = await call.reach();
      if (isWrite(call.method)) {
        // The stores copy what goes in.
        const { method, args } = call;
        changes.push((into) => (of(into) as Record<string, (...a: unknown[]) => unknown>)[method]?.(...args));
      }
      return answer;
    });
  const byHand = (change: Change) => {
    changes.push(change);
    return change(given);
  };
  const world = worldIn(given, {
    ledger: noted(given.ledger, (into) => into.ledger),
    objects: noted(given.objects, (into) => into.objects),
    overwrite: async (area, key, bytes) => void byHand(({ objects }) => objects.put(area, key, bytes)),
  });
  const ports: EveryPort = {
    ...world.ports(),
    executions: noted(given.executions, (into) => into.executions),
    once: given.once,
    ...UNCHANGED,
  };
  const now = (moment: Moment) => moments.set(moment, changes.length);

  await layList(world, dueList(EARLIER_ROWS), 1);
  await throughStaging(ports, EARLIER, 1, 1);
  await composeBankFile({ batchId: EARLIER, fence: 1 }, ports);
  await reconcile({ batchId: EARLIER, fence: 1 }, ports);
  await submitted(ports, EARLIER, 1);
  await closeBatch({ batchId: EARLIER, fence: 1 }, ports);
  byHand(({ ledger }) => ledger.putReturn({ mandateId: "m-again", dueDate: BILLING_DATE, attempt: 1 }));

  await layList(world, dueList(ROWS), 2);
  now("listed");
  const scheduledTime = new Date(MORNING).toISOString();
  await startBatch({ stream: STREAM, scheduledTime, number: 2, remainingMs: 1000 }, ports);
  now("started");
  await acquired(ports, BATCH);
  now("acquired");
  await planBatch({ batchId: BATCH, fence: FENCE }, ports);
  now("planned");
  await stageSegment({ batchId: BATCH, fence: FENCE, segment: 1 }, ports);
  now("half staged");
  await stageSegment({ batchId: BATCH, fence: FENCE, segment: 2 }, ports);
  now("staged");
  await composeBankFile({ batchId: BATCH, fence: FENCE }, ports);
  now("composed");
  const stopped = await reconcile({ batchId: BATCH, fence: FENCE }, ports).catch((error: unknown) => error);
  now("suspected");
  const check = /suspicion ([a-z-]+)/.exec((stopped as Error).message)?.[1] ?? "none";
  const { id } = await propose({ action: "accept-suspicion", batchId: BATCH, check, ...WHY }, ports);
  now("proposed");
  await approve({ proposal: id, by: "ben" }, ports);
  now("approved");
  await reconcile({ batchId: BATCH, fence: FENCE }, ports);
  now("reconciled");
  await submitted(ports);
  now("submitted");
  await closeBatch({ batchId: BATCH, fence: FENCE }, ports);
  now("closed");
  return { until: (moment) => changes.slice(0, moments.get(moment)), proposal: id, check };
}

async function throughStaging(ports: WorldPorts, id: string, fence: number, segments: number): Promise<void> {
  await acquired(ports, id);
  await planBatch({ batchId: id, fence }, ports);
  for (let segment = 1; segment <= segments; segment += 1) {
    await stageSegment({ batchId: id, fence, segment }, ports);
  }
}
