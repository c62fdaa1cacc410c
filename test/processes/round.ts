import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Random, randomFrom } from "../../infra/local/samples/random.ts";
import { batchId, dueListPrefix } from "../../lambdas/domain/batch.ts";
import { calendarDate } from "../../lambdas/domain/calendar-date.ts";
import type { BatchItem, FileItem, StreamItem } from "../../lambdas/domain/records.ts";
import type { Stream } from "../../lambdas/domain/stream.ts";
import { dueList } from "../batch/due-list.ts";
import type { Crew, Worker } from "./crew.ts";
import { DATE, dueRows, EXCLUDED_LINE, streamOf } from "./due-rows.ts";
import { statementOf } from "./inbox.ts";
import { Layers } from "./layers.ts";
import { type Ended, type News, now } from "./messages.ts";
import { type Fault, type Plan, planOf } from "./plan.ts";
import type { Request, SharedStores } from "./shared-stores.ts";
import { STATES } from "./tally.ts";
import { Timeline } from "./timeline.ts";

/** What one round has shown. */
export interface RoundResult {
  readonly round: number;
  readonly end: "closed" | "parked" | "failed";
  /** What the bank's inbox or the batch's record says against the promise. */
  readonly faults: readonly string[];
  /** What a layer has let pass that another has made good, or not. */
  readonly layerFaults: readonly string[];
  /** The states in which two processes were at the same time. */
  readonly shared: readonly string[];
  /** The state in which each killed process was; `between` for one that was in none. */
  readonly kills: readonly string[];
  readonly stops: readonly string[];
  readonly redrives: number;
  readonly continues: number;
  /** Batches of which a person had to withdraw the files behind one that was not sent. */
  readonly abandons: number;
  readonly requests: number;
  readonly withdrawn: number;
  readonly marks: Marks;
  readonly timeline: string;
}

/** How often what the race is for came about. */
export interface Marks {
  readonly lockTakenOver: number;
  readonly lockRefused: number;
  readonly staleFence: number;
  readonly killInDelivery: number;
  readonly stopInDelivery: number;
  readonly evidenceAfterKill: number;
}

/** More restarts, redrives and continues of one process than any round needs. */
const MOST_RUNS = 12;
/** How often one process goes on after a refusal before it leaves the batch to the other. */
const PATIENCE = 3;
/** Against a hang only. */
const CEILING_MS = 120_000;

/** One instance of the batch service: its memory, and the process that is at work for it. */
interface Instance {
  readonly name: string;
  readonly random: Random;
  folder: string;
  execution: string;
  readonly batch: string;
  isClosed: boolean;
}

/** One process at work on one execution. */
interface Run {
  readonly number: number;
  readonly instance: string;
  readonly execution: string;
  readonly worker: Worker;
  readonly intervals: { readonly state: string; readonly from: number; to?: number }[];
  /** The files whose intent this run has put and whose end it has not yet written. */
  readonly delivering: Set<number>;
  /** What became of it, for the instance: its own end, or that its process was killed or stopped. */
  readonly left: PromiseWithResolvers<Ended | "killed" | "stopped">;
  /** When it can do nothing any more. */
  readonly over: PromiseWithResolvers<void>;
  wakeAt?: number | undefined;
  killedAt?: number;
  isStopped: boolean;
  isOver: boolean;
}

/**
 * One batch, two instances of the service, each with execution records of its own, and whatever the round's plan
 * does to their processes. Ends when the batch is closed or rests in doubt, and is judged by what the bank has got.
 */
export class Round {
  readonly #number: number;
  readonly #seed: string;
  readonly #crew: Crew;
  readonly #shared: SharedStores;
  readonly #folder: string;
  readonly #plan: Plan;
  readonly #stream: Stream;
  readonly #timeline = new Timeline();
  readonly #layers = new Layers((number) => {
    const run = this.#runs.find((one) => one.number === number);
    return `${run?.instance} ${run?.execution}`;
  });
  readonly #runs: Run[] = [];
  readonly #pending: Fault[];
  readonly #asked = new Map<string, number>();
  readonly #intents = new Map<number, number>();
  readonly #kills: { readonly run: Run; readonly state: string; readonly delivering: readonly number[] }[] =
    [];
  readonly #stops: string[] = [];
  readonly #unanswered = new Set<Request>();
  #requests = 0;
  #redrives = 0;
  #continues = 0;
  #abandons = 0;
  #staleFences = 0;
  #stopsInDelivery = 0;

  constructor(options: {
    readonly seed: string;
    readonly round: number;
    readonly crew: Crew;
    readonly shared: SharedStores;
    readonly folder: string;
  }) {
    const { seed, round, crew, shared, folder } = options;
    [this.#seed, this.#number, this.#crew, this.#shared, this.#folder] = [seed, round, crew, shared, folder];
    this.#plan = planOf(seed, round);
    this.#pending = [...this.#plan.faults];
    this.#stream = streamOf(round);
  }

  async play(): Promise<RoundResult> {
    const { asked, answered } = this;
    this.#shared.watcher = { asked, answered };
    this.#timeline.note(`plan: ${JSON.stringify(this.#plan)}`);
    const faults: string[] = [];
    const stop = new AbortController();
    let end: RoundResult["end"] = "failed";
    let withdrawn = 0;
    try {
      const hang = pause(CEILING_MS, undefined, { signal: stop.signal }).then(() => {
        throw new Error("the round does not come to its end");
      });
      hang.catch(() => {});
      const played = this.#race();
      end = await Promise.race([played, hang]);
      const judged = await this.#judge(end);
      faults.push(...judged.faults);
      withdrawn = judged.withdrawn;
      if (withdrawn > 0 && end === "closed" && faults.length === 0)
        faults.push(...(await Promise.race([this.#succeed(), hang])));
    } catch (error) {
      end = "failed";
      faults.push(error instanceof Error ? error.message : String(error));
    } finally {
      stop.abort();
      for (const run of this.#runs.filter(({ isOver }) => !isOver)) run.worker.kill();
      this.#shared.watcher = undefined;
    }
    return this.#result(faults.length > 0 ? "failed" : end, faults, withdrawn);
  }

  /** Both instances, then whatever is left to be done, by one that starts with what the first one remembers. */
  async #race(): Promise<"closed" | "parked"> {
    await this.#upload(1);
    const [a, b] = [await this.#instance("A"), await this.#instance("B")];
    const [first, second] = this.#plan.first === "A" ? [a, b] : [b, a];
    const late = pause(this.#plan.headStartMs).then(() => this.#work(second));
    await Promise.all([this.#work(first), late]);
    await this.#wake((run) => run.wakeAt !== undefined);
    // That a batch is closed need not be asked for again, but may be: a late redrive must change nothing.
    const isClosed = a.isClosed || b.isClosed;
    let end = isClosed && first.random.chance(0.7) ? ("closed" as const) : await this.#recover(first);
    await this.#wake(() => true);
    if (end === "parked") end = await this.#recover(first);
    return end;
  }

  async #instance(name: string, number = 1): Promise<Instance> {
    const folder = join(this.#folder, name);
    await mkdir(folder, { recursive: true });
    const batch = batchId(this.#stream.name, calendarDate(DATE), number);
    const random = randomFrom(`${this.#seed} round ${this.#number} instance ${name}`);
    return { name, random, folder, execution: batch, batch, isClosed: false };
  }

  async #upload(number: number): Promise<void> {
    const prefix = dueListPrefix(this.#stream.name, calendarDate(DATE), number);
    const list = dueList(dueRows(this.#number));
    await this.#shared.stores.putObject("due", `${prefix}due.csv`, list.csv);
    await this.#shared.stores.putObject("due", `${prefix}manifest.json`, list.manifest);
  }

  /** Runs an execution until it is over, or until this instance leaves the batch to the other one. */
  async #work(instance: Instance): Promise<void> {
    let patience = PATIENCE;
    for (let runs = 0; runs < MOST_RUNS; runs += 1) {
      const left = await this.#run(instance);
      if (left === "stopped" || left === "killed") {
        await this.#restart(instance, left);
        continue;
      }
      instance.isClosed = left.status === "SUCCEEDED";
      if (instance.isClosed || isInDoubt(left) || isStopped(left)) return;
      patience -= 1;
      if (patience === 0) return;
      if (isStale(left)) {
        // The batch is another's now. Sometimes this one does not believe it.
        if (!instance.random.chance(0.3)) return;
        this.#continue(instance);
      } else this.#redrives += 1;
    }
  }

  /** Redrives and continues until the batch is closed or nobody but the bank can say more. */
  async #recover(instance: Instance): Promise<"closed" | "parked"> {
    let doubts = 0;
    let last = "";
    let abandon = false;
    for (let runs = 0; runs < MOST_RUNS; runs += 1) {
      const left = await this.#run(instance, abandon);
      abandon = false;
      last = JSON.stringify(left);
      if (left === "stopped" || left === "killed") await this.#restart(instance, left);
      else if (left.status === "SUCCEEDED") return "closed";
      else if (isInDoubt(left)) doubts += 1;
      else if (isStale(left)) this.#continue(instance);
      else if (isStopped(left)) {
        this.#abandons += 1;
        abandon = true;
      } else this.#redrives += 1;
      if (doubts === 2) return "parked";
    }
    throw new Error(`the batch does not come to an end: ${last}`);
  }

  /** What an instance does whose process is gone, or has not been heard of for too long. */
  async #restart(instance: Instance, why: "killed" | "stopped"): Promise<void> {
    this.#redrives += 1;
    await pause(instance.random.whole(0, 20));
    if (why === "stopped") {
      // The process still writes into its own memory, if it ever wakes. The service has called it timed out.
      const copy = `${instance.folder}-again`;
      await cp(instance.folder, copy, { recursive: true, filter: (path) => !path.endsWith(".unfinished") });
      instance.folder = copy;
    }
    if (instance.random.chance(0.15)) this.#continue(instance);
  }

  #continue(instance: Instance): void {
    this.#continues += 1;
    instance.execution = `${instance.batch}-c${this.#continues}`;
  }

  async #run(instance: Instance, abandon = false): Promise<Ended | "killed" | "stopped"> {
    const worker = await this.#crew.hand();
    const run: Run = {
      number: (runsOfAll += 1),
      instance: instance.name,
      execution: instance.execution,
      worker,
      intervals: [],
      delivering: new Set(),
      left: Promise.withResolvers(),
      over: Promise.withResolvers(),
      isStopped: false,
      isOver: false,
    };
    this.#runs.push(run);
    worker.onNews = (news) => this.#heard(run, news);
    void worker.gone.then(() => this.#gone(run));
    if (abandon) this.#note(run, "abandons what was not sent");
    this.#note(run, `starts ${instance.execution} from ${instance.folder.slice(this.#folder.length + 1)}`);
    const { folder, execution, batch } = instance;
    const input = JSON.stringify({ batchId: batch });
    const order = {
      folder,
      execution,
      input,
      abandon,
      stream: this.#stream,
      roundBegan: this.#timeline.began,
    };
    worker.give({ run: run.number, ...order });
    return run.left.promise;
  }

  #note(run: Run, text: string, at?: number): void {
    this.#timeline.note(`${run.instance} worker ${run.worker.number} run ${run.number}: ${text}`, at);
  }

  #heard(run: Run, news: News): void {
    if (news.type === "ready" || news.run !== run.number) return;
    if (news.type === "state") {
      this.#note(run, `${news.event} ${news.state}`, news.at);
      if (news.event === "entered") run.intervals.push({ state: news.state, from: news.at });
      else leave(run, news.at);
      return;
    }
    const { type: _, run: __, ...ended } = news;
    this.#note(run, `ended ${JSON.stringify(ended)}`);
    if (isStale(ended)) this.#staleFences += 1;
    this.#over(run);
    run.left.resolve(ended);
    this.#crew.back(run.worker);
  }

  /** Heard after everything that the process said: the state that it never left is the one it died in. */
  #gone(run: Run): void {
    if (run.isOver) return;
    const state = run.intervals.find(({ to }) => to === undefined)?.state ?? "between";
    this.#note(run, `is dead, in ${state}`);
    this.#kills.push({ run, state, delivering: [...run.delivering] });
    leave(run, run.killedAt ?? now());
    this.#over(run);
    run.left.resolve("killed");
  }

  #over(run: Run): void {
    run.isOver = true;
    run.isStopped = false;
    run.over.resolve();
  }

  /** Wakes the stopped processes that are meant, and waits until they can do nothing any more. */
  async #wake(meant: (run: Run) => boolean): Promise<void> {
    const sleepers = this.#runs.filter((run) => !run.isOver && meant(run));
    for (const run of sleepers) this.#rouse(run);
    await Promise.all(sleepers.map(({ over }) => over.promise));
  }

  #rouse(run: Run): void {
    if (!run.isStopped) return;
    run.isStopped = false;
    this.#note(run, "wakes");
    run.worker.wake();
  }

  readonly asked = (request: Request): void => {
    const run = this.#runs.find(({ number }) => number === request.run);
    if (!run) return;
    this.#requests += 1;
    this.#unanswered.add(request);
    this.#layers.asked(request);
    for (const sleeper of this.#runs) {
      if (sleeper.isStopped && this.#requests >= (sleeper.wakeAt ?? Number.POSITIVE_INFINITY))
        this.#rouse(sleeper);
    }
    const count = (this.#asked.get(request.by) ?? 0) + 1;
    this.#asked.set(request.by, count);
    if (request.target.startsWith("SUBMISSION#") && request.item?.["kind"] === "INTENT")
      this.#intents.set(run.number, 0);
    const sinceIntent = this.#intents.get(run.number);
    if (sinceIntent !== undefined) this.#intents.set(run.number, sinceIntent + 1);
    this.#strike(run, request, "asked", count);
  };

  readonly answered = (request: Request): void => {
    const run = this.#runs.find(({ number }) => number === request.run);
    if (!run) return;
    this.#unanswered.delete(request);
    const { at, status } = request.answer ?? { at: now(), status: "?" };
    this.#noteRequest(run, request, `${status} after ${(at - request.at).toFixed(2)} ms`);
    this.#layers.answered(request);
    this.#followDelivery(run, request);
    this.#strike(run, request, "answered", this.#asked.get(request.by) ?? 0);
  };

  #noteRequest(run: Run, { by, operation, target, at }: Request, answer: string): void {
    this.#note(run, `${by} ${operation} ${target} → ${answer}`, at);
  }

  #followDelivery(run: Run, { target, item, answer }: Request): void {
    if (item === undefined || answer?.status !== 200) return;
    if (target.startsWith("SUBMISSION#") && item["kind"] === "INTENT")
      run.delivering.add(Number(item["number"]));
    if (!target.startsWith("STREAM#")) return;
    const files = (item as unknown as StreamItem).batch?.files ?? [];
    for (const { number, state } of files) if (state !== "SUBMITTING") run.delivering.delete(number);
  }

  /** Carries out the faults that are due at this request. */
  #strike(run: Run, request: Request, when: Fault["when"], count: number): void {
    const sinceIntent = this.#intents.get(run.number) ?? 0;
    const isDue = (fault: Fault) => {
      if (fault.when !== when || run.isStopped || run.isOver) return false;
      if (fault.aim.endsWith("delivery"))
        return request.by === "SubmitBankFile" && sinceIntent === fault.request;
      return fault.aim === request.by && count >= fault.request;
    };
    const at = this.#pending.findIndex(isDue);
    const [fault] = at === -1 ? [] : this.#pending.splice(at, 1);
    if (fault === undefined) return;
    const victims = fault.both ? this.#runs.filter((one) => !one.isOver && !one.isStopped) : [run];
    const strike = () => {
      for (const victim of victims) this.#hit(victim, fault);
    };
    if (fault.delayMs === 0) strike();
    else setTimeout(strike, fault.delayMs);
  }

  #hit(run: Run, fault: Fault): void {
    if (run.isOver || run.isStopped) return;
    this.#note(run, `${fault.kind} (aimed at ${fault.aim})`);
    if (fault.kind === "kill" || process.platform === "win32") {
      run.killedAt = now();
      return run.worker.kill();
    }
    run.worker.stop();
    run.isStopped = true;
    run.wakeAt = fault.sleeps === undefined ? undefined : this.#requests + fault.sleeps;
    this.#stops.push(fault.aim);
    if (run.delivering.size > 0) this.#stopsInDelivery += 1;
    run.left.resolve("stopped");
  }

  /** What the bank has got, what the batch's record says, and whether the two are one. */
  async #judge(end: "closed" | "parked"): Promise<{ readonly faults: string[]; readonly withdrawn: number }> {
    const statement = this.#statement();
    const faults = [...statement.faults];
    const { name } = this.#stream;
    const id = batchId(name, calendarDate(DATE), 1);
    const record = (await this.#shared.stores.item(`BATCH#${id}`, "META")) as unknown as
      | BatchItem
      | undefined;
    const item = (await this.#shared.stores.item(`STREAM#${name}`, "STATE")) as unknown as StreamItem;
    const files = end === "closed" ? await this.#fileRecords(id) : (item.batch?.files ?? []);
    for (const { number, state } of files) {
      const lies = statement.keys.has(this.#keyOf(id, number));
      if (state === "SUBMITTED" && !lies)
        faults.push(`file ${number} is SUBMITTED, and the bank has nothing`);
      if (state !== "SUBMITTED" && lies) faults.push(`file ${number} is ${state}, and the bank has it`);
    }
    if (statement.keys.size > files.length) faults.push("the bank has files that the batch does not know");
    const sent = files.filter(({ state }) => state === "SUBMITTED");
    const withdrawn = sumOf(files.filter(({ state }) => state === "WITHDRAWN"));
    if (sumOf(sent) !== statement.debited.size)
      faults.push("the bank's debits are not those of the files sent");
    const due = dueRows(this.#number).length;
    if (end === "closed") {
      if (record?.state !== "CLOSED" || item.batch)
        faults.push(`the batch is ${record?.state}, not closed and free`);
      if (due !== statement.debited.size + 1 + withdrawn) {
        faults.push(`${due} due, but ${statement.debited.size} debited, 1 excluded, ${withdrawn} withdrawn`);
      }
      const { due: all, submitted, excluded } = record?.ending ?? {};
      if (all?.count !== due || excluded?.count !== 1 || submitted?.count !== statement.debited.size)
        faults.push("the batch's own sum is another than the bank's");
    } else if (sumOf(files) + 1 !== due || files.filter(({ state }) => state === "UNKNOWN").length !== 1) {
      faults.push(`a parked batch with files ${files.map(({ state }) => state).join(", ")}`);
    }
    return { faults, withdrawn };
  }

  #keyOf(id: string, number: number): string {
    return `${this.#stream.bankProfile.userId}/${id}-${String(number).padStart(2, "0")}.aba`;
  }

  #statement(): ReturnType<typeof statementOf> {
    const mine = `${this.#stream.bankProfile.userId}/`;
    const deliveries = this.#shared.deliveries.filter(({ key }) => key.startsWith(mine));
    for (const { key, at, bytes } of deliveries)
      this.#timeline.note(`the bank has ${key} (${bytes.length} bytes)`, at);
    const statement = statementOf(deliveries, dueRows(this.#number), EXCLUDED_LINE);
    const gone = this.#shared.deletions.map((key) => `${key} was deleted from the bank's bucket`);
    return { ...statement, faults: [...statement.faults, ...gone] };
  }

  async #fileRecords(id: string): Promise<FileItem[]> {
    const found: FileItem[] = [];
    for (let number = 1; ; number += 1) {
      const nn = String(number).padStart(2, "0");
      const file = await this.#shared.stores.item(`BATCH#${id}`, `FILE#${nn}`);
      if (file === undefined) return found;
      found.push(file as unknown as FileItem);
    }
  }

  /** A batch of which files were withdrawn has lost nothing: the next one debits just those rows. */
  async #succeed(): Promise<string[]> {
    this.#pending.length = 0;
    await this.#upload(2);
    const end = await this.#recover(await this.#instance("successor", 2));
    const { faults, debited } = this.#statement();
    const due = dueRows(this.#number).length;
    if (end !== "closed") return [...faults, "the successor is not closed"];
    return debited.size + 1 === due
      ? [...faults]
      : [...faults, `${debited.size} of ${due - 1} rows are debited`];
  }

  async #result(end: RoundResult["end"], faults: readonly string[], withdrawn: number): Promise<RoundResult> {
    const inDelivery = this.#kills.filter(({ delivering }) => delivering.length > 0);
    const id = batchId(this.#stream.name, calendarDate(DATE), 1);
    const sent = (await this.#fileRecords(id)).filter(({ state }) => state === "SUBMITTED");
    const proven = inDelivery.filter(({ delivering }) =>
      delivering.some((number) => sent.some((file) => file.number === number)),
    );
    for (const request of this.#unanswered) {
      const run = this.#runs.find(({ number }) => number === request.run);
      if (run) this.#noteRequest(run, request, "no answer");
    }
    for (const fault of [...faults, ...this.#layers.faults]) this.#timeline.note(`FAULT: ${fault}`);
    return {
      round: this.#number,
      end,
      faults,
      layerFaults: [...this.#layers.faults],
      shared: sharedStates(this.#runs),
      kills: this.#kills.map(({ state }) => state),
      stops: this.#stops,
      redrives: this.#redrives,
      continues: this.#continues,
      abandons: this.#abandons,
      requests: this.#requests,
      withdrawn,
      marks: {
        lockTakenOver: this.#layers.acquirers.filter((worker, at, all) => at > 0 && worker !== all[at - 1])
          .length,
        lockRefused: this.#layers.refusedLocks,
        staleFence: this.#staleFences,
        killInDelivery: inDelivery.length,
        stopInDelivery: this.#stopsInDelivery,
        evidenceAfterKill: proven.length,
      },
      timeline: this.#timeline.toString(),
    };
  }
}

/** Numbers of runs are unique in a race, so that a late request of an earlier round is nobody's in this one. */
let runsOfAll = 0;

function isStale({ error = "", cause = "" }: Ended): boolean {
  return error === "StaleFence" || cause.includes("StaleFence");
}

function isInDoubt({ error }: Ended): boolean {
  return error === "SubmissionUnknown";
}

/** A file behind one that was withdrawn: only a person ends that. */
function isStopped({ error }: Ended): boolean {
  return error === "SubmissionStopped";
}

function sumOf(files: readonly FileItem[]): number {
  return files.reduce((sum, { debits }) => sum + debits, 0);
}

function leave(run: Run, at: number): void {
  const inside = run.intervals.find(({ to }) => to === undefined);
  if (inside) inside.to = at;
}

/** The states in which two processes were at once; a stopped or dying process is inside until it is gone. */
function sharedStates(runs: readonly Run[]): string[] {
  const all = runs.flatMap(({ worker, intervals }) =>
    intervals.map((one) => ({ worker, to: now(), ...one })),
  );
  const meet = all.filter((one) =>
    all.some(
      (other) =>
        other.worker !== one.worker &&
        other.state === one.state &&
        one.from < other.to &&
        other.from < one.to,
    ),
  );
  const states = new Set(meet.map(({ state }) => state));
  return STATES.filter((state) => states.has(state));
}
