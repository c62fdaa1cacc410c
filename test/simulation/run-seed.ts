import { MORNING } from "../builders.ts";
import type { SimulatedApp } from "./simulated-app.ts";
import type { BankMode, Violation } from "./events.ts";
import { deployers } from "./deployers.ts";
import { DrawnFaults, type FaultSource, type Injected, ListedFaults } from "./faults.ts";
import { type End, successors, tend } from "./operator.ts";
import type { JudgedBy } from "./judges.ts";
import { mistakes } from "./mistakes.ts";
import { random } from "./random.ts";
import { MINUTE, type Scene, startOf } from "./scene.ts";
import { Simulation } from "./simulation.ts";
import {
  damage,
  deployments,
  hurry,
  impatience,
  meddler,
  pickUps,
  restore,
  rush,
  sleeper,
  starts,
  strangers,
} from "./trouble.ts";
import { type BatchList, release, workload } from "./workload.ts";

/** What one seed has come to. */
export interface RunResult {
  readonly seed: number;
  readonly mode: BankMode;
  readonly violations: readonly Violation[];
  /** The last thing that happened before something was broken. */
  readonly last: string;
  readonly hash: string;
  readonly faults: number;
  readonly marks: Readonly<Record<string, number>>;
  /** Batches by their end. */
  readonly ends: Readonly<Partial<Record<End, number>>>;
  /** Batches of which a file reached the bank's keys or was begun, and those that went through UNKNOWN. */
  readonly reached: { readonly submission: number; readonly unknown: number };
  /** Virtual time that has passed (milliseconds). */
  readonly lasted: number;
  readonly injected: readonly Injected[];
  readonly trace: readonly string[];
}

export interface RunOptions {
  readonly app: SimulatedApp;
  /** Faults that are listed instead of drawn, as those of a stored run are. */
  readonly faults?: readonly Injected[];
  readonly traced?: "kept" | "hashed" | "none";
  /** Whether every layer is judged, or only what came of it end to end; all of it unless told. */
  readonly judges?: JudgedBy;
  /** With CI jobs that deploy through the gate, instead of deployments that merely happen. */
  readonly deployers?: boolean;
}

/**
 * Runs one seed in one bank mode: trouble first, then recovery with faults still on, then calm, then what was not
 * debited is billed once more; at the very end everything that was late or asleep has come in.
 */
export async function runSeed(seed: number, mode: BankMode, options: RunOptions): Promise<RunResult> {
  const chance = random(seed);
  const billed = workload(chance.fork("workload"));
  // Successor lists are added while the run goes on.
  const lists = [...billed.lists];
  const load = { ...billed, lists, listOf: (id: string) => lists.find(({ batchId }) => batchId === id) };
  const drawn = new DrawnFaults(chance.fork("faults"));
  const faults: FaultSource = options.faults ? new ListedFaults(options.faults) : drawn;
  const simulation = new Simulation({
    random: chance,
    faults,
    mode,
    workload: load,
    app: options.app,
    start: MORNING - 10 * MINUTE,
    traced: options.traced ?? "none",
    judges: options.judges ?? "all",
  });
  const { scheduler, machine, ledger, buckets, bank, clock } = simulation;
  const times = lists.map((list) => startOf({ workload: load, clock }, list));
  const phases = chance.fork("phases");
  const chaosUntil = Math.max(...times) + phases.int(10, phases.pick([60, 150, 500])) * MINUTE;
  const calmFrom = chaosUntil + phases.int(20, phases.pick([60, 200, 600])) * MINUTE;
  let deployed = 0;
  let { epoch } = load.configuration;
  const deploy = () => {
    deployed += 1;
    simulation.deploy({ ...release(load.configuration, chance.fork(`release ${deployed}`)), epoch });
  };
  const watch = (writing: Promise<void>) => {
    writing.catch((error: unknown) => simulation.fail(error));
  };
  const scene: Scene = {
    scheduler,
    random: chance,
    workload: load,
    machine,
    ledger,
    buckets,
    bank,
    lists,
    clock,
    parked: new Set(),
    calmFrom,
    call: (name, event) => simulation.call(name, event),
    release: () => simulation.release,
    deploy,
    nextEpoch: () => {
      epoch += 1;
      deploy();
    },
    hold: (stream, deployment) => watch(simulation.hold(stream, deployment)),
    raise: (stream) => watch(simulation.raise(stream, epoch)),
    act: (who, what, target) => simulation.act(who, what, target),
  };
  const [pickUp, hurried] = [pickUps(scene), hurry(scene)];
  simulation.delivered = (key, version, bytes) => {
    pickUp(key, version, bytes);
    hurried(key);
  };
  dishonours(scene);
  scheduler.after(calmFrom - scheduler.now, "calm", () => drawn.stop());
  for (const list of lists) {
    deliver(scene, list);
    starts(scene, list);
  }
  meddler(scene);
  if (!options.deployers) deployments(scene);
  damage(scene);
  rush(scene);
  restore(scene);
  strangers(scene);
  impatience(scene);
  // What these keep from the bank somebody bills again.
  let isLeft = false;
  const mistake = mistakes(scene);
  const abandoned = sleeper(scene, drawn);
  const waited = options.deployers ? deployers(scene) : undefined;
  simulation.misread = mistake.misread ?? simulation.misread;
  simulation.happened = (event) => {
    mistake.happened?.(event);
    abandoned(event);
    waited?.(event);
    isLeft ||= event.type === "action" && (event.who === "mistaken code" || event.what === "abandon early");
  };
  const ends: Partial<Record<End, number>> = {};
  const tended = (end: End, batchId: string) => {
    ends[end] = (ends[end] ?? 0) + 1;
    if (end === "stuck")
      simulation.violations.push({ invariant: "liveness", what: `nothing ends ${batchId}` });
  };
  const looked = async (list: BatchList) => {
    tended(await tend(scene, list), list.batchId);
  };
  const people = async () => {
    await Promise.all(lists.map(looked));
    // What nobody debited is billed once more in every other run: it takes as long as all that came before.
    const left = phases.chance(0.5) || isLeft ? successors(scene) : [];
    for (const list of left) {
      deliver(scene, list);
      starts(scene, list);
    }
    await Promise.all(left.map(looked));
  };
  let isOver = false;
  const watched = async () => {
    try {
      await people();
      isOver = true;
    } catch (error) {
      simulation.fail(error);
    }
  };
  void watched();
  const began = scheduler.now;
  await simulation.run();
  // When nothing is left to happen, everybody must have come to an end with every list.
  if (simulation.violations.length === 0 && !isOver) {
    simulation.violations.push({ invariant: "liveness", what: "somebody waits for what never comes" });
  }
  const violations = simulation.violations.length > 0 ? simulation.violations : simulation.atRest();
  return {
    seed,
    mode,
    violations,
    last: simulation.trace.last,
    hash: simulation.trace.digest(),
    faults: simulation.countedFaults,
    marks: options.deployers ? { ...simulation.marks, ...simulation.deployMarks } : simulation.marks,
    ends,
    reached: simulation.reached,
    lasted: scheduler.now - began,
    injected: simulation.injected,
    trace: simulation.trace.lines,
  };
}

/** The bank sends back what a later list will try again; without its return that attempt is never due. */
function dishonours(scene: Scene): void {
  const { scheduler, workload: load, lists, ledger, bank } = scene;
  for (const { mandateId, dueDate, attempt, retriedBy } of load.dishonours) {
    const list = lists.find(({ batchId }) => batchId === retriedBy);
    if (list === undefined) continue;
    scheduler.after(startOf(scene, list) - MINUTE - scheduler.now, "a return", () => {
      const isBooked = bank.inbox.some(({ bsb, account, cents }) => {
        const found = load.instalmentOf(bsb, account, cents);
        return found?.mandateId === mandateId && found.dueDate === dueDate;
      });
      if (isBooked) ledger.putReturn({ mandateId, dueDate, attempt });
    });
  }
}

/** Lays a list where its batch looks for it, as the billing system does. */
function deliver({ buckets }: Scene, list: Scene["lists"][number]): void {
  buckets.put("due", `${list.prefix}due.csv`, list.csv);
  buckets.put("due", `${list.prefix}manifest.json`, list.manifest);
}
