import { type DeployPorts, deployFacts, streamFacts, streamNames } from "../deploy-facts.ts";
import {
  DEPLOY_GATE_SECONDS,
  type DeployDecision,
  type DeployFacts,
  type DeployReason,
  isHeldWhole,
  isUnreadable,
  mayDeploy,
  type StreamFacts,
} from "../domain/may-deploy.ts";
import type { Deploying } from "../domain/records.ts";
import type { Checked } from "./deploy-gate.ts";
import { freeStreams, takeStream } from "./hold.ts";

export interface BeginEvent {
  readonly action: "begin";
  readonly deployment: string;
  readonly by: string;
  readonly override?: string | undefined;
}

/** The decision, and the streams that the deployment holds: all of them when it is allowed, none when it is not. */
export interface Begun extends Checked {
  readonly deployment: string;
  readonly held: readonly string[];
}

/**
 * Begins a deployment: it is judged, and then takes every stream in order of their names, each by one conditional write
 * on the item that was judged. Where one refuses, what was taken is given back, in reverse. A second call of the same
 * deployment is judged like the first one, and finds what that has taken: nobody makes one on purpose, since the first
 * may still be at work, and would give back what both hold.
 *
 * While it holds a stream, no batch acquires its lock there: so whatever it finds when it holds all stays as it is.
 */
export async function begin(event: BeginEvent, ports: DeployPorts): Promise<Begun> {
  const { deployment, by, override } = event;
  const nonce = ports.nonce();
  const facts = await deployFacts(ports, { deployment, override });
  const decision = mayDeploy(facts);
  const { streams } = facts;
  const answer = { deployment, checkedAt: new Date(facts.now).toISOString() };
  const names = streamNames(ports.configuration);
  const giveBack = async (doubted?: string) => {
    const release = { deployment, by, reason: `deployment ${deployment} was refused` };
    return (await freeStreams(ports, [...names].reverse(), release, nonce, doubted)).faults;
  };
  const refuse = async (reasons: readonly DeployReason[], nextOpening: string | null): Promise<Begun> => {
    const faults = await giveBack();
    told(ports, event, nonce, "refused", { ...decision, reasons });
    for (const name of names) ports.metrics.count("DeployRefused", name);
    if (faults.length > 0) throw faults[0];
    return { ...decision, ...answer, allowed: false, reasons, nextOpening, held: [] };
  };
  if (isUnreadable(streams) || !decision.allowed) return refuse(decision.reasons, decision.nextOpening);
  const hold: Deploying = {
    id: deployment,
    at: answer.checkedAt,
    by,
    ...(decision.overrideId !== undefined && { override: decision.overrideId }),
    streams: names,
  };
  const reasons = await takeAll(ports, facts, streams, hold, nonce, giveBack);
  if (reasons.length > 0) return refuse(reasons, null);
  told(ports, event, nonce, "begun", decision);
  for (const name of names) ports.metrics.count("DeployBegan", name);
  return { ...decision, ...answer, held: names };
}

/** Takes the streams in order of their names, and looks at all of them again. Returns why not. */
async function takeAll(
  ports: DeployPorts,
  facts: DeployFacts,
  streams: readonly StreamFacts[],
  hold: Deploying,
  nonce: string,
  giveBack: (doubted: string) => Promise<unknown>,
): Promise<readonly DeployReason[]> {
  for (const judged of streams) {
    try {
      const refused = await takeStream(ports, judged, hold, {
        nonce,
        until: facts.now + DEPLOY_GATE_SECONDS * 1000,
      });
      if (refused) return [refused];
    } catch (error) {
      // What the give-back meets is of no use to anybody who is told this.
      await giveBack(judged.stream);
      throw error;
    }
  }
  const now = await streamFacts(ports);
  const { reasons } = mayDeploy({ ...facts, streams: now });
  if (isUnreadable(now) || reasons.length > 0 || isHeldWhole(now, hold.id)) return reasons;
  const text = `another call of deployment ${hold.id} has given back what this one took`;
  return [{ code: "DeployInProgress", text }];
}

function told(
  { log }: DeployPorts,
  { deployment, by }: BeginEvent,
  nonce: string,
  outcome: string,
  { reasons, firstDeployment, overrideId }: DeployDecision,
): void {
  log.decision({
    state: "DeployGate",
    outcome,
    deployment,
    by,
    nonce,
    reasons: reasons.map(({ code }) => code).join(","),
    firstDeployment,
    override: overrideId,
  });
}
