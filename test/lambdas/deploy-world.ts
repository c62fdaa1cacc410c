import { clockFrom } from "../../lambdas/adapters/clock.ts";
import type { DeployPorts } from "../../lambdas/deploy-facts.ts";
import { batchId } from "../../lambdas/domain/batch.ts";
import type { BatchStateName, StreamItem } from "../../lambdas/domain/records.ts";
import type { Stream } from "../../lambdas/domain/stream.ts";
import type { OverrideProposal } from "../../lambdas/domain/records.ts";
import type { ChangeCalendar, Execution, Instant, Ledger } from "../../lambdas/ports.ts";
import { sha256OfText } from "../../lambdas/proposal-hash.ts";
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

const HALF_AN_HOUR = 30;
/** The last instant at which {@link overridden} holds. */
export const OVERRIDDEN_UNTIL = (MORNING + HALF_AN_HOUR * 60_000) as Instant;

/**
 * The world's ledger with one override in it: proposed by ann, approved by ben, for half an hour from now.
 * @param changed of the proposal; what is changed here is what was proposed
 */
export function overridden(
  world: DeployWorld,
  changed: Partial<OverrideProposal> = {},
  approver = "ben",
): { readonly id: string; readonly ledger: Ledger } {
  const said = { by: "ann", reason: "mended code for a failed batch", ticket: "OPS-7", at: AT };
  const proposal = { ...said, action: "override-blackout" as const, minutes: HALF_AN_HOUR, ...changed };
  const { action, ticket, minutes, reason, by, at } = proposal;
  const hash = sha256OfText(JSON.stringify(["override", action, ticket, minutes, reason, by, at]));
  const id = `override.${hash.slice(0, 32)}`;
  const overrides = {
    proposals: [{ ...proposal, id }],
    approvals: [{ proposal: id, proposalSha256: hash, by: approver, at: AT }],
  };
  const readOverrides = async () => overrides as unknown as Awaited<ReturnType<Ledger["readOverrides"]>>;
  return { id, ledger: { ...world.ledger, readOverrides } };
}
