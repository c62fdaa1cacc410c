import type { DeployPorts } from "../../../lambdas/deploy-facts.ts";
import { type DeployGateEvent, deployGate } from "../../../lambdas/deploy-gate/deploy-gate.ts";
import { deployHook } from "../../../lambdas/deploy-hook/deploy-hook.ts";
import { DEPLOYMENT } from "../deploy-world.ts";
import { changeSetId, DOCUMENTED } from "../hook-events.ts";
import type { Scene } from "./cells.ts";
import { AS_IT_IS, BLOCKED, MINE, PROVEN_BY_READING } from "./decisions.ts";
import { BATCH, type Change, type EveryPort, UNCHANGED, worldIn } from "./life.ts";

/** Of the functions that judge deployments: whatever cannot be read blocks. */

const deployPorts = (ports: EveryPort): DeployPorts => ({
  ...ports,
  billingStack: "Billing",
  schedules: true,
});
const gate = (event: DeployGateEvent) => (ports: EveryPort) => deployGate(event, deployPorts(ports));

const NAMED = { deployment: DEPLOYMENT, by: "ci" };
const begin = gate({ action: "begin", ...NAMED });

const begun: Change = async (stores) => {
  await begin({ ...worldIn(stores).ports(), ...stores, ...UNCHANGED });
};
const failed: Change = ({ executions }) => executions.end(BATCH, "FAILED");

export const DEPLOYMENTS: Readonly<Record<string, readonly Scene[]>> = {
  DeployGate: [
    {
      when: "it is asked, and no batch is open or due",
      before: (life) => life.until("closed"),
      run: gate({ action: "check" }),
      decisions: {
        "ledger.readStream": BLOCKED,
        // A start whose batch may be over, or not.
        "ledger.readBatch": BLOCKED,
        "changeCalendar.at": BLOCKED,
        // Only a first deployment, which is positively known as one, is excepted from anything.
        "stacks.status": { lost: "goes on" },
      },
    },
    {
      when: "it is asked under an override, and a batch has failed",
      before: (life) => [...life.until("reconciled"), failed],
      run: gate({ action: "check", override: "override.0123456789abcdef0123456789abcdef" }),
      decisions: {
        "ledger.readStream": BLOCKED,
        "ledger.readBatch": BLOCKED,
        "ledger.readEvents": BLOCKED,
        "ledger.readOverrides": BLOCKED,
        "executions.describe": BLOCKED,
        "changeCalendar.at": BLOCKED,
        "stacks.status": { lost: "goes on" },
      },
    },
    {
      when: "a deployment begins",
      before: (life) => life.until("closed"),
      run: begin,
      decisions: {
        "ledger.readStream#1": BLOCKED,
        // Before the write that takes the stream, and when all are held.
        "ledger.readStream": { lost: "given back" },
        "ledger.readBatch": BLOCKED,
        "changeCalendar.at": BLOCKED,
        "stacks.status": { lost: "goes on" },
        // The trail tells of it first, or it is not done.
        "ledger.createStreamEvent": {
          lost: { condition: "believed", others: "given back" },
          landed: { condition: "goes on", others: "given back" },
        },
        "ledger.writeStream": PROVEN_BY_READING,
      },
    },
    {
      when: "a deployment ends",
      before: (life) => [...life.until("closed"), begun],
      run: gate({ action: "end", ...NAMED, reason: "cdk deploy is over" }),
      decisions: {
        // Which streams it has taken cannot be read: those that are configured are freed all the same.
        "ledger.readStream#1": { lost: "given back" },
        "ledger.readStream": AS_IT_IS,
        "ledger.createStreamEvent": MINE,
        "ledger.writeStream": PROVEN_BY_READING,
      },
    },
  ],
  DeployHook: [
    {
      when: "the change set is its deployment's",
      before: (life) => [...life.until("closed"), begun],
      run: (ports) => deployHook({ ...DOCUMENTED, changeSetId: changeSetId(DEPLOYMENT) }, deployPorts(ports)),
      decisions: { "ledger.readStream": BLOCKED },
    },
    {
      when: "there is no change set",
      before: (life) => life.until("closed"),
      run: (ports) => deployHook(DOCUMENTED, deployPorts(ports)),
      decisions: {
        "ledger.readStream": BLOCKED,
        "ledger.readBatch": BLOCKED,
        "changeCalendar.at": BLOCKED,
        "stacks.status": BLOCKED,
      },
    },
  ],
};
