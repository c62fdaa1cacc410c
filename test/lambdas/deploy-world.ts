import { clockFrom } from "../../lambdas/adapters/clock.ts";
import type { DeployPorts } from "../../lambdas/deploy-facts.ts";
import { batchId } from "../../lambdas/domain/batch.ts";
import type { BatchStateName, StreamItem } from "../../lambdas/domain/records.ts";
import type { Stream } from "../../lambdas/domain/stream.ts";
import type { ChangeCalendar, Execution, Instant } from "../../lambdas/ports.ts";
import {
  AT,
  batchItem,
  BILLING_DATE,
  configuration,
  heldBy,
  MORNING,
  stream,
  streamItem,
} from "../builders.ts";
import { type LedgerInMemory, ledgerInMemory } from "../ledger-in-memory.ts";

export const DEPLOYMENT = "deploy-20261005-200000-0123abcd";
export const OTHER_DEPLOYMENT = "deploy-20261005-200001-0123abcd";
export const BILLING_STACK = "DebitOnce-prod-Billing";

/** A stage with three streams, of which nothing runs and nothing is due, in an open calendar. */
export interface DeployWorld {
  readonly ledger: LedgerInMemory;
  readonly lines: Parameters<DeployPorts["log"]["decision"]>[0][];
  readonly counts: Parameters<DeployPorts["metrics"]["count"]>[];
  /** What Step Functions knows, by name. */
  readonly executions: Map<string, Execution["status"]>;
  now: Instant;
  /** The billing stack's. */
  status: string | undefined;
  calendar: ChangeCalendar["at"];
  ports(over?: Partial<DeployPorts>): DeployPorts;
  item(name: string): Promise<StreamItem | undefined>;
  /** Who holds the streams, in order of their names. */
  holders(): Promise<(string | undefined)[]>;
}

export const STREAMS = ["au-anz", "au-cba", "au-nab"];

export function deployWorld(over: Partial<Stream> = {}, names: readonly string[] = STREAMS): DeployWorld {
  const ledger = ledgerInMemory();
  // In another order than that of their names.
  const settings = configuration(...[...names].reverse().map((name) => stream({ name, ...over })));
  let nonces = 0;
  const world: DeployWorld = {
    ledger,
    lines: [],
    counts: [],
    executions: new Map(),
    now: MORNING,
    status: "UPDATE_COMPLETE",
    calendar: async () => ({ state: "OPEN" }),
    item: (name) => ledger.readStream(name),
    holders: () => Promise.all(names.map(async (name) => (await ledger.readStream(name))?.deploying?.id)),
    ports: (changed = {}) => ({
      configuration: settings,
      ledger,
      executions: {
        describe: async (name) => {
          const status = world.executions.get(name);
          return status && { name, status };
        },
      },
      changeCalendar: { at: (instant) => world.calendar(instant) },
      stacks: { status: async (name) => (name === BILLING_STACK ? world.status : "another stack") },
      billingStack: BILLING_STACK,
      schedules: false,
      clock: clockFrom(() => world.now),
      nonce: () => `nonce-${(nonces += 1)}`,
      log: { decision: (line) => world.lines.push(line) },
      metrics: { count: (...counted) => world.counts.push(counted) },
      ...changed,
    }),
  };
  return world;
}

/** Gives the stream's lock to its first batch, whose record is in that state; without one it has no record. */
export function lockedBy(
  world: DeployWorld,
  name: string,
  state: BatchStateName | "without a record" = "OPEN",
): string {
  const id = batchId(name, BILLING_DATE, 1);
  world.ledger.putStream(heldBy(id, {}, { stream: name }));
  if (state !== "without a record") world.ledger.putBatch(batchItem({ stream: name, state }));
  return id;
}

/** Puts a deployment's hold on one stream. */
export function holdOn(
  world: DeployWorld,
  name: string,
  id: string,
  streams: readonly string[] = STREAMS,
): void {
  const deploying = { id, at: AT, by: "ci", streams };
  world.ledger.putStream(streamItem({ stream: name, deploying }));
}
