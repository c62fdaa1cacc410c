import { type DeployPorts, deployFacts } from "../deploy-facts.ts";
import { type DeployDecision, mayDeploy } from "../domain/may-deploy.ts";
import { type BeginEvent, type Begun, begin } from "./begin.ts";
import { type EndEvent, type Ended, end } from "./end.ts";

export interface CheckEvent {
  readonly action: "check";
  readonly override?: string | undefined;
}

export type DeployGateEvent = CheckEvent | BeginEvent | EndEvent;

/** The decision, and when it was made (ISO 8601). */
export interface Checked extends DeployDecision {
  readonly checkedAt: string;
}

/**
 * Whether the stage may be deployed now, the beginning of a deployment, and its end. A refusal is an answer; what is
 * thrown could not be decided, which is the same as refused.
 */
export function deployGate(event: DeployGateEvent, ports: DeployPorts): Promise<Checked | Begun | Ended> {
  if (event.action === "begin") return begin(event, ports);
  if (event.action === "end") return end(event, ports);
  return check(event, ports);
}

async function check({ override }: CheckEvent, ports: DeployPorts): Promise<Checked> {
  const facts = await deployFacts(ports, { override });
  const decision = mayDeploy(facts);
  ports.log.decision({
    state: "DeployGate",
    outcome: decision.allowed ? "may deploy" : "may not deploy",
    reasons: decision.reasons.map(({ code }) => code).join(","),
    firstDeployment: decision.firstDeployment,
    override: decision.overrideId,
  });
  return { ...decision, checkedAt: new Date(facts.now).toISOString() };
}
