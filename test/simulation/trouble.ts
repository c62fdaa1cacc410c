import type { SimulationEvent } from "./events.ts";
import type { DrawnFaults } from "./faults.ts";
import { outboundName } from "./picture.ts";
import { HOUR, MINUTE, refusal, type Scene, startOf } from "./scene.ts";
import type { BatchList } from "./workload.ts";

/** The actors who make trouble: schedules that fire twice, people at the worst time, deployments, a bank of its own mind. */

/** Starts each list's batch, more than once: events are delivered twice, and people start by hand beside them. */
export function starts(scene: Scene, list: BatchList): void {
  const { scheduler, machine, act } = scene;
  const random = scene.random.fork(`starts ${list.batchId}`);
  const at = startOf(scene, list) - scheduler.now;
  const spread = random.chance(0.3) ? 30 : random.pick([2_000, 60_000, 10 * MINUTE]);
  const scheduledTime = new Date(scheduler.now + at).toISOString();
  const event = { stream: list.stream, scheduledTime, number: list.number };
  const times = random.int(2, 3);
  for (let n = 0; n < times; n += 1) {
    scheduler.after(at + random.int(0, spread), `start ${list.batchId}`, () => {
      act("schedule", "start", list.batchId);
      void refusal(scene.call("StartBatch", event));
    });
  }
  // Somebody starts the machine itself, past the rule for names: two instances of one batch.
  const byHand = random.chance(0.4) ? random.int(1, 2) : 0;
  for (let n = 1; n <= byHand; n += 1) {
    scheduler.after(at + random.int(0, spread), `start ${list.batchId} by hand`, () => {
      act("somebody", "start by hand", list.batchId);
      machine.start(`${list.batchId}-x${n}`, inputOf(list), scene.release());
    });
  }
}

export function inputOf({ batchId, stream, billingDate, number }: BatchList): string {
  return JSON.stringify({ batchId, stream, billingDate, number });
}

/** A person who does everything at the worst time. */
export function meddler(scene: Scene): void {
  const { scheduler, machine, act, lists } = scene;
  const random = scene.random.fork("meddler");
  const times = random.chance(0.8) ? random.int(1, 9) : 0;
  const begin = Math.min(...lists.map((list) => startOf(scene, list)));
  const by = { by: "mallory", reason: "it looked stuck" };
  const open = [...lists];
  for (let n = 0; n < times; n += 1) {
    const list = random.pick(open);
    const from = random.chance(0.6) ? startOf(scene, list) : begin;
    const within = random.pick([100, 1_000, 5_000, MINUTE, 20 * MINUTE, 2 * HOUR]);
    const deed = random.int(0, 99);
    const own = random.fork(`deed ${n}`);
    scheduler.after(from - scheduler.now + own.int(0, within), "a meddler", () => {
      const { batchId, stream } = list;
      const newest = newestExecution(scene, list);
      const call = (what: string, name: string, event: object) => {
        act("mallory", what, batchId);
        void refusal(scene.call(name, event));
      };
      const quietly = (what: string, deedOf: () => void) => {
        act("mallory", what, batchId);
        try {
          deedOf();
        } catch {
          // Refused by the service, and said so to whoever asked.
        }
      };
      if (deed < 20) call("redrive", "RedriveBatch", { batchId, ...by });
      else if (deed < 32) quietly("redrive", () => newest !== undefined && machine.redrive(newest));
      else if (deed < 46) call("continue", "ContinueBatch", { batchId, ...by });
      else if (deed < 55) call("abandon", "AbandonBatch", { batchId, ...by });
      else if (deed < 74) {
        call("pause", "PauseStream", { stream, ...by });
        if (own.chance(0.7))
          scheduler.after(own.int(1, 60) * MINUTE, "resume", () =>
            call("resume", "ResumeStream", { stream, ...by }),
          );
      } else if (deed < 82) quietly("stop", () => newest !== undefined && machine.stop(newest));
      else if (deed < 86) quietly("forget", () => machine.forget(batchId));
      else if (deed < 93)
        quietly("start by hand", () => machine.start(`${batchId}-y${n}`, inputOf(list), scene.release()));
      else call("redrive", "RedriveBatch", { batchId, ...by });
    });
  }
}

/** The newest of a batch's executions under the app's own names that the state machine still knows. */
export function newestExecution(
  { machine }: Pick<Scene, "machine">,
  { batchId }: BatchList,
): string | undefined {
  let newest = machine.describe(batchId) && batchId;
  for (let k = 1; k <= 99; k += 1) {
    const name = `${batchId}-c${k}`;
    if (machine.describe(name)) newest = name;
    else if (k > 3) break;
  }
  return newest;
}

/** Deployments: what starts after one runs another release; what runs goes on with its own. */
export function deployments(scene: Scene): void {
  const { scheduler, act, lists } = scene;
  const random = scene.random.fork("deployments");
  const times = random.pick([0, 1, 1, 2]);
  for (let n = 1; n <= times; n += 1) {
    const list = random.pick(lists);
    const at = startOf(scene, list) - scheduler.now + random.int(0, random.pick([1_000, 10_000, HOUR]));
    const holds = random.chance(0.5);
    const lasts = random.int(10_000, 20 * MINUTE);
    scheduler.after(at, "a deployment", () => {
      scene.deploy();
      act("ci", "deploy", scene.release());
      if (!holds) return;
      scene.hold(list.stream, `d${n}`);
      scheduler.after(lasts, "the end of a deployment", () => scene.hold(list.stream, undefined));
    });
  }
}

/** Two batches of one stream at the same moment: somebody who starts by hand what is late starts what is due with it. */
export function rush(scene: Scene): void {
  const { scheduler, machine, act, lists } = scene;
  const random = scene.random.fork("rush");
  if (!random.chance(0.5)) return;
  const first = random.pick(lists);
  const second = lists.find(
    ({ stream, billingDate, number }) =>
      stream === first.stream && billingDate === first.billingDate && number !== first.number,
  );
  if (second === undefined) return;
  const begin = Math.min(startOf(scene, first), startOf(scene, second)) - scheduler.now;
  const at = begin + random.int(0, random.pick([100, 10_000, 40 * MINUTE]));
  for (const list of [first, second]) {
    scheduler.after(at + random.int(0, 50), `start ${list.batchId} in a rush`, () => {
      act("somebody", "start in a rush", list.batchId);
      machine.start(`${list.batchId}-z1`, inputOf(list), scene.release());
    });
  }
}

/** A ledger is restored: a release of the next epoch comes first, and each stream follows when it has been looked through. */
export function restore(scene: Scene): void {
  const { scheduler, act, lists, workload } = scene;
  const random = scene.random.fork("epoch");
  if (!random.chance(0.1)) return;
  const list = random.pick(lists);
  const at = startOf(scene, list) - scheduler.now + random.int(0, random.pick([1_000, 10_000, HOUR]));
  scheduler.after(at, "a restore", () => {
    scene.nextEpoch();
    act("ci", "deploy", scene.release());
    for (const stream of Object.keys(workload.configuration.streams)) {
      scheduler.after(random.int(0, random.pick([5_000, 30 * MINUTE])), "a stream is looked through", () => {
        act("ann", "raise the epoch", stream);
        scene.raise(stream);
      });
    }
  });
}

/** The bank picks up what lies under its keys, now soon and now late, and may take it away or reject it. */
export function pickUps(scene: Scene): (key: string, version: string | undefined, bytes: Buffer) => void {
  const { scheduler, bank, act, buckets } = scene;
  const random = scene.random.fork("bank");
  const removes = random.chance(0.5);
  const rejects = random.chance(0.25);
  let landed = 0;
  return (key, version, bytes) => {
    landed += 1;
    const own = random.fork(`${key} ${landed}`);
    scheduler.after(
      own.int(1_000, own.pick([5_000, 10 * MINUTE, 2 * HOUR])),
      `the bank picks up ${key}`,
      () => {
        const rejected = rejects && own.chance(0.3);
        if (rejected) bank.reject(key);
        // Whoever watches is told when the bank has it.
        bank.received(key, version, bytes, scheduler.now);
        act("bank", rejected ? "reject" : "pick-up", key);
        // What carries files to the bank may carry one twice; a bank that books whatever comes forbids it to.
        if (bank.mode === "deduplicates" && own.chance(0.1)) {
          bank.received(key, version, bytes, scheduler.now);
          act("bank", "pick-up", key);
        }
        if (!removes) return;
        scheduler.after(own.int(100, HOUR), `the bank takes ${key} away`, () => {
          act("bank", "delete", key);
          buckets.remove("outbound", key);
        });
      },
    );
  };
}

/** Somebody who sees a file go, and takes the batch for stuck, starts it by hand while it comes to its end. */
export function hurry(scene: Scene): (key: string) => void {
  const { scheduler, machine, act, lists } = scene;
  const random = scene.random.fork("hurry");
  const hurries = random.chance(0.2);
  let started = 0;
  return (key) => {
    const list = lists.find(({ batchId }) => batchId === outboundName(key)?.batchId);
    if (!hurries || list === undefined || random.chance(0.4)) return;
    started += 1;
    const name = `${list.batchId}-w${started}`;
    scheduler.after(random.int(0, 400), `start ${name} by hand`, () => {
      act("somebody", "start in a hurry", list.batchId);
      machine.start(name, inputOf(list), scene.release());
    });
  };
}

/** Now and then somebody lays something else under a key of the bank's, before a file comes there or above it. */
export function strangers(scene: Scene): void {
  const { scheduler, act, buckets, lists, workload } = scene;
  const random = scene.random.fork("strangers");
  if (!random.chance(0.05)) return;
  const list = random.pick(lists);
  const { userId } = workload.configuration.streams[list.stream]?.bankProfile ?? {};
  const key = `${userId}/${list.batchId}-0${random.int(1, 2)}.aba`;
  const at = startOf(scene, list) - scheduler.now + random.int(0, random.pick([8_000, 20 * MINUTE]));
  scheduler.after(at, "a stranger", () => {
    act("somebody", "lay", key);
    buckets.put("outbound", key, Buffer.from("what is this doing here"));
  });
}

/** Somebody who stops a batch that is being sent, and has it go on at once: two calls of one execution are at work. */
export function impatience(scene: Scene): void {
  const { scheduler, machine, act, lists, ledger } = scene;
  const random = scene.random.fork("impatience");
  if (!random.chance(0.15)) return;
  const list = random.pick(lists);
  const { batchId, stream } = list;
  const begin = startOf(scene, list) - scheduler.now;
  let left = random.int(2, 12);
  const looks = async () => {
    if (left === 0 || machine.describe(batchId)?.status !== "RUNNING") return;
    const { batch } = (await ledger.readStream(stream)) ?? {};
    const isSending =
      batch?.id === batchId && batch.verdict && batch.files?.some(({ state }) => state === "RECONCILED");
    if (!isSending || machine.describe(batchId)?.status !== "RUNNING") return;
    left -= 1;
    act("ida", "stop and redrive", batchId);
    machine.stop(batchId);
    machine.redrive(batchId);
  };
  const every = random.int(40, 150);
  for (let n = 1; n <= 250; n += 1) scheduler.after(begin + n * every, "impatience", () => void looks());
}

/**
 * Now and then somebody abandons a batch, and every one before it, while one call of its staging sleeps over the claims
 * that it has read. It wakes when a later batch may have claimed what it was about to claim, or to take over.
 * @returns told of every event
 */
export function sleeper(scene: Scene, faults: DrawnFaults): (event: SimulationEvent) => void {
  const { scheduler, act, lists } = scene;
  const random = scene.random.fork("sleeper");
  const list = random.pick(lists);
  if (!random.chance(0.04)) return () => {};
  const call = {
    process: `StageSegment:${list.batchId}/1:1`,
    label: "ledger.readClaims",
    nth: random.int(1, 3),
  };
  faults.sleepsOver(call, random.pick([3, 30, 120, 400]) * HOUR);
  const all = lists.slice(0, lists.indexOf(list) + 1).filter(({ stream }) => stream === list.stream);
  const left = new Set(all.map(({ batchId }) => batchId));
  return (event) => {
    if (left.size === 0 || event.type !== "began" || event.caller.name !== "StageSegment") return;
    const { batchId } = event.caller.event as { readonly batchId: string };
    if (!left.delete(batchId)) return;
    // A batch in which nothing sleeps is sent a few seconds later.
    const within = batchId === list.batchId ? MINUTE : 2_000;
    for (let times = 0; times < 2; times += 1) {
      scheduler.after(random.int(0, within), "somebody abandons what is being staged", () => {
        act("mallory", "abandon early", batchId);
        void refusal(scene.call("AbandonBatch", { batchId, by: "mallory", reason: "it is the wrong list" }));
      });
    }
  };
}

/** Now and then bytes change where they lie. */
export function damage(scene: Scene): void {
  const { scheduler, act, buckets, lists } = scene;
  const random = scene.random.fork("damage");
  if (!random.chance(0.08)) return;
  const list = random.pick(lists);
  const at = startOf(scene, list) - scheduler.now + random.int(1_000, 60_000);
  const happens = async () => {
    const keys = await buckets.list("bankFiles", list.batchId);
    if (keys.length === 0) return;
    const key = random.pick(keys);
    act("nature", "damage", key);
    buckets.tamper("bankFiles", key, (bytes) => {
      const changed = Buffer.from(bytes);
      if (changed.length > 0) changed[random.int(0, changed.length - 1)] = 0x30 + random.int(0, 9);
      return changed;
    });
  };
  scheduler.after(at, "damage", () => {
    void happens();
  });
}
