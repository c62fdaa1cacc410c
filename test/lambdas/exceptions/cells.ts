import { isDeepStrictEqual } from "node:util";
import { SubmissionUnknown } from "../../../lambdas/domain/faults.ts";
import { decisionLog } from "../../../lambdas/adapters/ports.ts";
import { powertoolsMetrics } from "../../../lambdas/adapters/metrics.ts";
import { type Area, type Instant, ObjectExists } from "../../../lambdas/ports.ts";
import { sha256 } from "../../builders.ts";
import { type Call, EVERY_ERROR, intercepted, SOME_ERRORS } from "../../port-faults.ts";
import { type Watch, watched } from "../../watch.ts";
import { brokenIn, OTHER_BYTES, type View, viewOf } from "./oracle.ts";
import { type Decision, type End, endOf, type Ends } from "./decisions.ts";
import {
  type Change,
  copyOf,
  type EveryPort,
  isWrite,
  type Life,
  type Stores,
  storesAfter,
  STREAM,
  UNCHANGED,
  worldIn,
} from "./life.ts";

/** A function at one moment of a batch's life, and what it must decide at each of its calls. */
export interface Scene {
  readonly when: string;
  readonly before: (life: Life) => readonly Change[];
  readonly run: (ports: EveryPort, life: Life, again: boolean) => Promise<unknown>;
  readonly now?: Instant;
  /** Writes of others that are under way when a call fails, and may still end. */
  readonly inFlight?: readonly string[];
  /** By call: `port.method`, of buckets with the area, and `#n` for the n-th of that name alone. */
  readonly decisions: Readonly<Record<string, Decision>>;
}

/** A call's name in the table, without its number. */
function nameOf(port: string, { method, args }: Call): string {
  if (port === "once") return port;
  return port === "objects" ? `${port}.${method} ${String(args[0])}` : `${port}.${method}`;
}

/** The decision about the n-th call of that name. */
export function decisionOn(scene: Scene, name: string, nth: number): Decision | undefined {
  return scene.decisions[`${name}#${nth}`] ?? scene.decisions[name];
}

export type Outcome = { readonly value: unknown } | { readonly thrown: unknown };

/** A stage on which a scene is played: its stores, and all that has landed in them since the scene began. */
interface Stage {
  readonly stores: Stores;
  readonly watch: Watch;
  readonly landed: { readonly name: string; readonly text: string }[];
}

export type Through = (call: Call & { readonly name: string; readonly nth: number }) => Promise<unknown>;

/** The stores as each scene finds them; every stage has a copy. */
const BEGINNINGS = new WeakMap<Scene, Promise<Stores>>();

export async function stageOf(scene: Scene, life: Life): Promise<Stage> {
  const beginning = BEGINNINGS.get(scene) ?? storesAfter(scene.before(life));
  BEGINNINGS.set(scene, beginning);
  const stores = copyOf(await beginning);
  const { ledger, objects } = stores;
  const watch = watched({
    ledger,
    objects,
    overwrite: async (area, key, bytes) => void objects.put(area, key, bytes),
  });
  return { stores, watch, landed: [] };
}

/** Plays the scene once, every port call going through `through`. */
export async function play(
  scene: Scene,
  life: Life,
  { stores, watch, landed }: Stage,
  through: Through,
  again = false,
  over: Partial<EveryPort> = {},
): Promise<Outcome> {
  const counts = new Map<string, number>();
  const seen =
    (port: string) =>
    (call: Call): Promise<unknown> => {
      const name = nameOf(port, call);
      const nth = (counts.get(name) ?? 0) + 1;
      counts.set(name, nth);
      const reach = async () => {
        const answer = await call.reach();
        if (isWrite(call.method)) landed.push({ name, text: textOf(call.args) });
        return answer;
      };
      return through({ ...call, reach, name, nth });
    };
  const world = worldIn(stores, watch.backing);
  if (scene.now !== undefined) world.now = scene.now;
  const ports = world.ports();
  let nonces = 0;
  const once = intercepted({ once: stores.once }, seen("once"));
  const given: EveryPort = {
    ...ports,
    nonce: () => `${again ? "second" : "first"}-${(nonces += 1)}`,
    ledger: intercepted(ports.ledger, seen("ledger")),
    objects: intercepted(ports.objects, seen("objects")),
    executions: intercepted({ ...stores.executions }, seen("executions")),
    once: once.once,
    changeCalendar: intercepted(UNCHANGED.changeCalendar, seen("changeCalendar")),
    stacks: intercepted(UNCHANGED.stacks, seen("stacks")),
    ...over,
  };
  const outcome = await scene.run(given, life, again).then(
    (value): Outcome => ({ value }),
    (thrown: unknown): Outcome => ({ thrown }),
  );
  // What was under way beside a call that failed has ended when it is judged.
  await new Promise((resolve) => setImmediate(resolve));
  return outcome;
}

const undisturbed: Through = (call) => call.reach();

function textOf(args: readonly unknown[]): string {
  return JSON.stringify(args.map((arg) => (Buffer.isBuffer(arg) ? `bytes ${sha256(arg)}` : arg)));
}

/** A port call of a scene to which nothing happens. */
export interface SeenCall {
  readonly name: string;
  readonly nth: number;
  readonly writes: boolean;
}

/** A scene as it goes when nothing is thrown, and as it goes twice. */
export interface Usual {
  readonly calls: readonly SeenCall[];
  readonly outcome: Outcome;
  readonly view: View;
  readonly twice: View;
}

export async function usual(scene: Scene, life: Life): Promise<Usual> {
  const stage = await stageOf(scene, life);
  const calls: SeenCall[] = [];
  const outcome = await play(scene, life, stage, (call) => {
    calls.push({ name: call.name, nth: call.nth, writes: isWrite(call.method) || call.name === "once" });
    return call.reach();
  });
  const view = await viewOf(stage.stores);
  await play(scene, life, stage, undisturbed, true);
  return { calls, outcome, view, twice: await viewOf(stage.stores) };
}

/** One way in which a call is befallen. */
interface Cell {
  readonly what: string;
  readonly error: unknown;
  readonly end: End;
  readonly variant: "lost" | "landed" | "other bytes";
  readonly always: boolean;
}

function* cellsOf(decision: Decision, writes: boolean): Generator<Cell> {
  const variants: [Ends | undefined, Cell["variant"], boolean][] = [
    [decision.lost, "lost", false],
    [decision.landed, "landed", false],
    [decision.always?.lost, "lost", true],
    [decision.always?.landed, "landed", true],
  ];
  if (writes !== (decision.landed !== undefined)) throw new Error("a write, and no read, may have landed");
  for (const [what, error, kind] of EVERY_ERROR) {
    for (const [ends, variant, always] of variants) {
      if (ends !== undefined) yield { what, error, end: endOf(ends, kind), variant, always };
    }
  }
  if (decision.otherBytes !== undefined) {
    const error = new ObjectExists("exists");
    yield { what: "ObjectExists", error, end: decision.otherBytes, variant: "other bytes", always: false };
  }
}

export interface Judged {
  readonly cells: number;
  readonly wrong: readonly string[];
}

/** What is so of a stage does not depend on how it came to be so: what was judged once is not judged again. */
export type Known = Map<
  string,
  Promise<{ readonly view: View; readonly twice: View; readonly wrong: string[] }>
>;

/** Lets every error befall one call, and holds what the function does against the decision. */
export async function judge(
  scene: Scene,
  life: Life,
  usually: Usual,
  at: SeenCall,
  decision: Decision,
  known: Known,
): Promise<Judged> {
  const wrong: string[] = [];
  let cells = 0;
  let stage: Stage | undefined;
  for (const cell of cellsOf(decision, at.writes)) {
    stage ??= await stageOf(scene, life);
    cells += 1;
    const found = await faultsOf(scene, life, usually, at, decision, cell, stage, known);
    const how = `${cell.what}, ${cell.variant}${cell.always ? " every time" : ""}`;
    wrong.push(...found.map((what) => `${at.name}#${at.nth}, ${how}: ${what}`));
    // A stage on which nothing has landed is as good as new.
    if (stage.landed.length > 0 || cell.variant === "other bytes") stage = undefined;
  }
  return { cells, wrong };
}

async function faultsOf(
  scene: Scene,
  life: Life,
  usually: Usual,
  at: SeenCall,
  decision: Decision,
  cell: Cell,
  stage: Stage,
  known: Known,
): Promise<string[]> {
  let struck: number | undefined;
  const outcome = await play(scene, life, stage, async (call) => {
    const isIt = call.name === at.name && (call.nth === at.nth || (cell.always && call.nth > at.nth));
    if (!isIt) return call.reach();
    if (cell.variant === "landed") await call.reach().catch(() => "refused: an earlier one has landed");
    if (cell.variant === "other bytes") {
      const [area, key] = call.args as [Area, string];
      stage.stores.objects.put(area, key, OTHER_BYTES);
    }
    struck ??= stage.landed.length;
    throw cell.error;
  });
  if (struck === undefined) return ["it was never thrown"];
  const later = stage.landed.slice(struck).filter(({ name }) => !scene.inFlight?.includes(name));
  // What has landed is all that tells this stage from another one of the scene.
  const key = stage.landed.map(({ name, text }) => `${name} ${text}`).join("\n");
  const state = cell.variant === "other bytes" ? await judgedState(scene, life, stage) : known.get(key);
  const { view, twice, wrong } = await (state ?? remembered(known, key, judgedState(scene, life, stage)));
  const files = (of: View) => of.files.join();
  const ended = endFaults(at, cell, outcome, later, usually.outcome);
  const expected = decision.files?.join();
  if (cell.end === "goes on" && !same(view, usually.view)) ended.push("it has left something else");
  if ((cell.end === "doubt" || cell.end === "left in doubt") && files(view) !== expected) {
    ended.push(`the files are ${files(view)}`);
  }
  if (cell.end === "doubt") {
    if (!view.files.some((name) => name === "UNKNOWN" || name === "SUBMITTING"))
      ended.push("no file is in doubt");
  }
  if (cell.end === "given back") {
    if (holderIn(view) !== undefined) ended.push(`${holderIn(view)} still holds the stream`);
    // The trail tells of the one more that was given back.
    if (holderIn(twice) !== holderIn(usually.twice)) ended.push("called again, it comes to another end");
  } else if (cell.variant !== "other bytes" && cell.end !== "goes on" && cell.end !== "believed") {
    if (decision.afterwards !== undefined) {
      if (files(twice) !== decision.afterwards.join())
        ended.push(`called again, it leaves the files ${files(twice)}`);
    } else if (!same(twice, usually.twice)) ended.push("called again, it comes to another end");
  }
  return [...ended, ...wrong];
}

/** The deployment that holds the stream. */
function holderIn({ all }: View): string | undefined {
  return (all as { stream?: { deploying?: { id: string } } }).stream?.deploying?.id;
}

/** What two views were found to be: the errors of one call leave the same few views, and are many. */
const COMPARED = new WeakMap<View, WeakMap<View, boolean>>();

function same(a: View, b: View): boolean {
  const known = COMPARED.get(a) ?? new WeakMap<View, boolean>();
  COMPARED.set(a, known);
  const is = known.get(b) ?? isDeepStrictEqual(a, b);
  known.set(b, is);
  return is;
}

function remembered<T>(known: Map<string, Promise<T>>, key: string, value: Promise<T>): Promise<T> {
  known.set(key, value);
  return value;
}

/** Whether it has ended as the decision says. */
function endFaults(
  at: SeenCall,
  cell: Cell,
  outcome: Outcome,
  later: Stage["landed"],
  usually: Outcome,
): string[] {
  const written = later.map(({ name }) => name).join();
  switch (cell.end) {
    case "goes on":
    case "believed":
      return isSameOutcome(outcome, usually) ? [] : [`it ended with ${shown(outcome)}`];
    case "that error":
      if (!("thrown" in outcome) || !Object.is(outcome.thrown, cell.error)) {
        return [`it ended with ${shown(outcome)}`];
      }
      return later.length > 0 ? [`it has still written ${written}`] : [];
    case "refused":
      if (!isRefusal(outcome)) return [`it ended with ${shown(outcome)}`];
      return later.length > 0 ? [`it has still written ${written}`] : [];
    case "given back": {
      const isTold = "thrown" in outcome && Object.is(outcome.thrown, cell.error);
      return isTold || isRefusal(outcome) ? [] : [`it ended with ${shown(outcome)}`];
    }
    case "left in doubt": {
      const { inDoubt } = ("value" in outcome ? outcome.value : {}) as { inDoubt?: readonly number[] };
      return inDoubt?.length === 1 ? [] : [`it ended with ${shown(outcome)}`];
    }
    case "doubt": {
      const { thrown } = { thrown: undefined, ...outcome };
      if (!(thrown instanceof SubmissionUnknown)) return [`it ended with ${shown(outcome)}`];
      if (!Object.is(thrown.cause, cell.error)) return ["the doubt does not tell its cause"];
      return later.some(({ name }) => name === "objects.create outbound") ? ["it has still sent"] : [];
    }
    case "LedgerBusy":
    case "LedgerBroken":
    case "BankFileDamaged":
    case "BatchUnknown":
    case "SubmissionUnknown": {
      const { thrown } = { thrown: undefined, ...outcome };
      if (!(thrown instanceof Error) || thrown.name !== cell.end) return [`it ended with ${shown(outcome)}`];
      // Of several records that are put before they are proven, the others may still be put.
      const others = later.filter(({ name }) => name !== at.name);
      return others.length > 0 ? [`it has still written ${written}`] : [];
    }
  }
}

/** Whether a deployment was refused by an answer. */
function isRefusal(outcome: Outcome): boolean {
  const answer = ("value" in outcome ? outcome.value : {}) as { allowed?: boolean; hookStatus?: string };
  return answer.allowed === false || answer.hookStatus === "FAILED";
}

function isSameOutcome(a: Outcome, b: Outcome): boolean {
  if ("value" in a && "value" in b) return told(a.value) === told(b.value);
  if (!("thrown" in a && "thrown" in b)) return false;
  return a.thrown instanceof Error && b.thrown instanceof Error && a.thrown.name === b.thrown.name;
}

/** A result as text; which number its report has had does not matter. */
function told(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").replaceAll(/report-\d{3}/g, "report-n");
}

function shown(outcome: Outcome): string {
  return "value" in outcome
    ? `success: ${JSON.stringify(outcome.value)}`
    : `a throw: ${String(outcome.thrown)}`;
}

/** What a disturbed call has left, what a second one makes of it, and all that is wrong with either. */
async function judgedState(
  scene: Scene,
  life: Life,
  stage: Stage,
): Promise<{ readonly view: View; readonly twice: View; readonly wrong: string[] }> {
  const begun = await (await stageOf(scene, life)).stores.ledger.readStream(STREAM);
  const view = await viewOf(stage.stores);
  const wrong = await brokenIn(stage, begun?.fence ?? 0, 1, begun?.batch?.id);
  await play(scene, life, stage, undisturbed, true);
  wrong.push(...(await brokenIn(stage, begun?.fence ?? 0, 2, begun?.batch?.id)));
  return { view, twice: await viewOf(stage.stores), wrong };
}

/** Lets every line of the log and every count be lost, with every error. Returns what that has changed. */
export async function lostLines(scene: Scene, life: Life, usually: Usual): Promise<Judged> {
  const wrong: string[] = [];
  let cells = 0;
  const lines = async (write: (line: string) => void) => {
    const stage = await stageOf(scene, life);
    const runtime = { clock: worldIn(stage.stores).clock, write };
    const over = { log: decisionLog(runtime), metrics: powertoolsMetrics(runtime) };
    return play(scene, life, stage, undisturbed, false, over);
  };
  let written = 0;
  await lines(() => void (written += 1));
  for (const [what, error] of SOME_ERRORS) {
    let at = 0;
    const outcome = await lines(() => {
      at += 1;
      throw error;
    });
    cells += at;
    if (at !== written) wrong.push(`${what}: ${at} of ${written} lines were tried`);
    if (!isSameOutcome(outcome, usually.outcome)) wrong.push(`${what}: it ended with ${shown(outcome)}`);
  }
  return { cells, wrong };
}
