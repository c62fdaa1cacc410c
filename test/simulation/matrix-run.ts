import { MORNING } from "../builders.ts";
import type { BankMode, Violation } from "./events.ts";
import { type CallName, type FaultSource, type Injected, ListedFaults, nameOf } from "./faults.ts";
import type { JudgedBy } from "./judges.ts";
import { DUE, matrixWorkload, STREAM, successorList } from "./matrix-batch.ts";
import { type MatrixEnd, nextDay, start, tended } from "./matrix-person.ts";
import type { Beside, Scenario } from "./matrix-scenarios.ts";
import { type Random, random } from "./random.ts";
import { MINUTE, refusal } from "./scene.ts";
import type { SimulatedApp } from "./simulated-app.ts";
import { Simulation } from "./simulation.ts";
import { inputOf } from "./trouble.ts";
import type { BatchList, Instalment } from "./workload.ts";

/** What one run of a scenario with some faults has come to. */
export interface MatrixRun {
  readonly violations: readonly Violation[];
  readonly last: string;
  readonly hash: string;
  readonly ends: { readonly first: MatrixEnd; readonly successor: MatrixEnd | "never begun" };
  /** The faults that were injected, and how many of them their caller has noticed. */
  readonly injected: readonly Injected[];
  readonly counted: number;
  /** Every port call in the order in which the processes have made them. */
  readonly operations: readonly CallName[];
  readonly marks: Readonly<Record<string, number>>;
  readonly trace: readonly string[];
}

export interface MatrixRunOptions {
  readonly app: SimulatedApp;
  readonly mode: BankMode;
  readonly faults: readonly Injected[];
  readonly traced?: boolean;
  /** Whether every layer is judged, or only what came of it end to end; all of it unless told. */
  readonly judges?: JudgedBy;
}

/** How long a file lies before the bank has it. */
const PICK_UP_MS = 3_000;
const MOST_SUCCESSORS = 3;
/** When a call has landed whose answer is slow. */
const SOON_MS = 100;

/** Runs a scenario with faults on top of its own: the batch, its person, its successor, and then whatever was late. */
export async function runScenario(scenario: Scenario, options: MatrixRunOptions): Promise<MatrixRun> {
  const load = matrixWorkload(scenario.tolerated);
  const operations: CallName[] = [];
  const simulation = new Simulation({
    random: steady(random("matrix")),
    faults: listening(new ListedFaults([...scenario.faults, ...options.faults]), (call) => {
      operations.push(call);
      const { beside } = scenario;
      if (typeof beside?.at !== "object" || nameOf(call) !== nameOf(beside.at)) return;
      const [first] = load.lists as [BatchList];
      simulation.scheduler.after(SOON_MS, `somebody would ${beside.what} it`, () =>
        interfere(simulation, first, beside.what),
      );
    }),
    mode: options.mode,
    workload: load,
    app: options.app,
    start: MORNING - MINUTE,
    traced: options.traced ? "kept" : "hashed",
    judges: options.judges ?? "all",
  });
  const { scheduler, bank } = simulation;
  simulation.delivered = (key, version, bytes) => {
    scheduler.after(PICK_UP_MS, `the bank picks up ${key}`, () => {
      bank.received(key, version, bytes, scheduler.now);
      simulation.act("bank", "pick-up", key);
    });
  };
  const ends: { first: MatrixEnd; successor: MatrixEnd | "never begun" } = {
    first: "never over",
    successor: "never begun",
  };
  void (async () => {
    const [first] = load.lists as [BatchList];
    ends.first = await billed(simulation, load, first, scenario);
    if (ends.first === "in doubt" || ends.first === "never over") return;
    // What a successor has not debited either, since its gate has stopped it or a file of it was withdrawn, is billed again.
    for (let more = 0; more < MOST_SUCCESSORS; more += 1) {
      if (ends.successor === "closed" && DUE.every((one) => debitsOf(simulation, one) > 0)) return;
      const successor = successorList(nextDay(simulation, load));
      load.lists.push(successor);
      ends.successor = await billed(simulation, load, successor, {
        ...scenario,
        inclination: "redrive",
        beside: undefined,
      });
    }
  })();
  await simulation.run();
  const broken = simulation.violations.length > 0;
  return {
    violations: broken ? simulation.violations : [...simulation.atRest(), ...stranded(simulation, ends)],
    last: simulation.trace.last,
    hash: simulation.trace.digest(),
    ends,
    injected: simulation.injected,
    counted: simulation.countedFaults,
    operations,
    marks: simulation.marks,
    trace: simulation.trace.lines,
  };
}

/** Delivers a list, starts its batch at the schedule's time, and has it tended until it is over. */
async function billed(
  simulation: Simulation,
  load: Parameters<typeof tended>[1],
  list: BatchList,
  { inclination, beside }: Scenario,
): Promise<MatrixEnd> {
  const { scheduler, buckets, clock } = simulation;
  buckets.put("due", `${list.prefix}due.csv`, list.csv);
  buckets.put("due", `${list.prefix}manifest.json`, list.manifest);
  const at = clock.instantOf(list.billingDate, "07:00", "Australia/Sydney");
  await scheduler.sleep(at - scheduler.now, "the schedule");
  if (typeof beside?.at === "number") {
    const { what } = beside;
    scheduler.after(beside.at, `somebody would ${what} it`, () => interfere(simulation, list, what));
  }
  await start(simulation, list);
  return tended(simulation, load, list, inclination);
}

/** What people do at the worst time. */
function interfere(simulation: Simulation, list: BatchList, what: Beside): void {
  const { machine, release } = simulation;
  const { batchId } = list;
  simulation.act("mallory", what, batchId);
  if (what === "start") machine.start(`${batchId}-x1`, inputOf(list), release);
  else if (what === "abandon") {
    void refusal(simulation.call("AbandonBatch", { batchId, by: "mallory", reason: "it looked stuck" }));
  } else if (machine.describe(batchId)?.status === "RUNNING") {
    machine.stop(batchId);
    machine.redrive(batchId);
  }
}

/** What is wrong although nothing unlawful was done: somebody waits for ever, or somebody's debit was never made. */
function stranded(simulation: Simulation, { first, successor }: MatrixRun["ends"]): Violation[] {
  const found: Violation[] = [];
  const stuck = (what: string) => found.push({ invariant: "comes-to-an-end", what });
  if (first === "in doubt") stuck("nobody could end its doubt");
  else if (first === "never over") stuck("the batch is neither over nor in doubt");
  else if (successor !== "closed") stuck(`its successor is ${successor}`);
  if (found.length > 0) return found;
  for (const one of DUE) {
    const times = debitsOf(simulation, one);
    if (times === 1) continue;
    found.push({
      invariant: "nothing-lost",
      what: `${one.mandateId} was debited ${times} times in ${STREAM}`,
    });
  }
  return found;
}

function debitsOf({ bank }: Simulation, { bsb, account }: Instalment): number {
  return bank.inbox.filter((debit) => debit.bsb === bsb && debit.account === account).length;
}

/** Tells of every call that is made. */
function listening(faults: FaultSource, told: (call: CallName) => void): FaultSource {
  return {
    next: (call, chance) => {
      told(call);
      return faults.next(call, chance);
    },
  };
}

/** Latencies by one seed; what would be left to chance beyond them goes the likelier way, so that who is frozen wakes. */
function steady(inner: Random): Random {
  return {
    ...inner,
    chance: (probability) => probability >= 0.5,
    fork: (label) => steady(inner.fork(label)),
  };
}
