import type { Begun } from "../../lambdas/deploy-gate/begin.ts";
import { parseBatchId } from "../../lambdas/domain/batch.ts";
import type { SimulationEvent } from "./events.ts";
import type { Random } from "./random.ts";
import { HOUR, MINUTE, refusal, type Scene, startOf } from "./scene.ts";

/** How often a job asks for its beginning or its end before it gives up. */
const TRIES = 3;

/**
 * CI jobs that deploy beside batches, most of them at the very instant of a start: each asks, holds every stream,
 * deploys a release and ends, or is killed on the way. Whom a hold keeps waiting finds out whose it is, and ends it by
 * hand where its job is no more.
 * @returns what must be told of every event
 */
export function deployers(scene: Scene): (event: SimulationEvent) => void {
  const { scheduler, lists } = scene;
  const random = scene.random.fork("deployers");
  /** Deployments whose job is at work. */
  const living = new Set<string>();
  const times = random.int(1, 4);
  let begun = 0;
  for (let n = 0; n < times; n += 1) {
    const at = startOf(scene, random.pick(lists)) - scheduler.now + awayFromStart(random);
    // Two jobs at once, as when two changes are merged one after the other.
    const jobs = random.chance(0.3) ? 2 : 1;
    for (let job = 0; job < jobs; job += 1) {
      const own = random.fork(`job ${n} ${job}`);
      scheduler.after(at + own.int(0, 100), "a CI job", () => {
        const deployment = () => {
          begun += 1;
          const number = String(begun).padStart(8, "0");
          return `deploy-20261005-000000-${number}`;
        };
        void work(scene, own, deployment, living);
      });
    }
  }
  return (event) => {
    if (event.type !== "ended" || event.error !== "DeployInProgress") return;
    const { batchId = "" } = event.caller.event as { readonly batchId?: string };
    const stream = parseBatchId(batchId)?.stream;
    if (stream === undefined) return;
    scheduler.after(random.int(5, 60) * MINUTE, "a look at a deployment", () => {
      void endByHand(scene, stream, living);
    });
  };
}

/** From a list's start (milliseconds): the same instant, within the batch, or with the deployment under way by then. */
function awayFromStart(random: Random): number {
  const kind = random.next();
  if (kind < 0.6) return random.int(-300, 900);
  if (kind < 0.85) return random.int(0, random.pick([10_000, 20 * MINUTE, 3 * HOUR]));
  return -random.int(0, 15 * MINUTE);
}

/** One job, and once more a while later if it was refused. */
async function work(
  scene: Scene,
  random: Random,
  deployment: () => string,
  living: Set<string>,
): Promise<void> {
  for (let attempts = 0; attempts < 3; attempts += 1) {
    const id = deployment();
    living.add(id);
    const isRefused = await deploy(scene, random, id);
    living.delete(id);
    if (!isRefused || random.chance(0.4)) return;
    await scene.scheduler.sleep(random.int(1, 90) * MINUTE, "CI tries again");
  }
}

/** Whether the deployment was refused. What nobody could tell counts as begun, and is ended. */
async function deploy(scene: Scene, random: Random, id: string): Promise<boolean> {
  const { scheduler, act } = scene;
  const override = random.chance(0.35) ? await overridden(scene, random) : undefined;
  act("ci", "deploy begin", id);
  const answer = await beginning(scene, id, override);
  if (answer !== undefined && !answer.allowed) return true;
  if (answer !== undefined) {
    await scheduler.sleep(random.int(1_000, 20 * MINUTE), "cdk deploy");
    if (random.chance(0.8)) {
      scene.deploy();
      act("ci", "deploy", scene.release());
    }
    await scheduler.sleep(random.int(1_000, 10 * MINUTE), "cdk deploy");
  }
  if (random.chance(0.25)) {
    act("ci", "is killed", id);
    return false;
  }
  for (let tries = 0; tries < TRIES; tries += 1) {
    if ((await refusal(ending(scene, id, "ci"))) === undefined) return false;
    await scheduler.sleep(random.int(1_000, MINUTE), "CI ends again");
  }
  return false;
}

/**
 * The id of an override that two people have decided, so that mended code reaches a batch that has failed; now and then
 * the second one is the first one, comes too late, or does not come. Undefined where none could be proposed.
 */
async function overridden(scene: Scene, random: Random): Promise<string | undefined> {
  const { scheduler, act } = scene;
  const event = {
    action: "override-blackout",
    ticket: "INC-1",
    minutes: random.pick([5, 60]),
    reason: "mended code must reach a batch that has failed",
    by: "olga",
  };
  try {
    const { id } = (await scene.call("Propose", event)) as { readonly id: string };
    await scheduler.sleep(random.int(1_000, random.pick([MINUTE, 70 * MINUTE])), "a second person");
    act("bob", "approve", id);
    await refusal(scene.call("Approve", { proposal: id, by: random.chance(0.85) ? "bob" : "olga" }));
    await scheduler.sleep(random.int(0, 10 * MINUTE), "CI is started");
    return id;
  } catch {
    return undefined;
  }
}

/** The answer, or undefined when none came: it is not asked for again, since the call may still be at work. */
async function beginning(
  scene: Scene,
  deployment: string,
  override: string | undefined,
): Promise<Begun | undefined> {
  const event = { action: "begin", deployment, by: "ci", ...(override !== undefined && { override }) };
  try {
    return (await scene.call("DeployGate", event)) as Begun;
  } catch {
    return undefined;
  }
}

function ending(scene: Scene, deployment: string, by: string): Promise<unknown> {
  return scene.call("DeployGate", { action: "end", deployment, by, reason: "its job is over" });
}

/** Somebody whose batch is kept waiting ends a deployment of which no job is left. */
async function endByHand(scene: Scene, stream: string, living: ReadonlySet<string>): Promise<void> {
  const id = (await scene.ledger.readStream(stream))?.deploying?.id;
  if (id === undefined || living.has(id)) return;
  scene.act("ann", "deploy end", id);
  await refusal(ending(scene, id, "ann"));
}
