import type { BankMode, Violation } from "./events.ts";
import { type CallName, FAULT_KINDS, type FaultKind, type Injected, isPossible, nameOf } from "./faults.ts";
import { STREAM } from "./matrix-batch.ts";
import type { MatrixEnd } from "./matrix-person.ts";
import { type MatrixRun, runScenario } from "./matrix-run.ts";
import {
  type Beside,
  isDecisive,
  isRead,
  FIRST,
  type Scenario,
  slow,
  SCENARIOS,
  scenarioOf,
  type Variant,
  VARIANTS,
  variantOf,
} from "./matrix-scenarios.ts";
import type { SimulatedApp } from "./simulated-app.ts";
import { onThreads } from "./threads.ts";

/**
 * All single faults at all operations; all pairs of faults at operations that are near each other; or no fault, but
 * people who start, abandon, or stop and redrive a batch at any moment.
 */
export type MatrixKind = "singles" | "pairs" | "overlaps";

/** How far the second fault of a pair may be from the first (operations). */
export const NEAR = 8;

/**
 * Of a pair both faults are those that differ in what reaches the store, in what is read, or in what lives on; under
 * which name a refusal comes is the business of the singles. Who dies at a read has died after the call before it.
 */
const PAIRED = {
  read: ["drop", "pause", "corrupt", "stale"],
  write: ["drop", "lose", "late-15s", "late-end", "twice", "pause", "crash-before", "crash-after"],
} as const;

/** A read that arrives changes nothing, so that these are `drop`, `error`, `unknown` and `crash-before` once more. */
const SAME_FOR_READS = [
  "lose",
  "late-6s",
  "late-15s",
  "late-end",
  "error-landed",
  "unknown-landed",
  "crash-after",
  "twice",
];

/** One operation of one scenario, `b.131`, or one overlap, `stop@4200`. */
export type OperationId = string;

/** What one cell has come to. */
export interface CellResult {
  /** `b.131.lose`, or of a pair `b.131.lose+3.drop`: the second fault is at the third operation after the first one. */
  readonly id: string;
  readonly scenario: string;
  readonly mode: BankMode;
  /** `SubmitBankFile ledger.writeStream` and its kind of fault, one or two. */
  readonly at: readonly { readonly row: string; readonly kind: FaultKind }[];
  /** Whether each fault was injected and its caller has seen something else than without it. */
  readonly counts: boolean;
  readonly ends: MatrixRun["ends"];
  readonly violations: readonly Violation[];
  readonly last: string;
  /** All that was injected, the scenario's own included: enough to do it again. */
  readonly injected: readonly Injected[];
  readonly marks: MatrixRun["marks"];
  readonly trace: readonly string[];
}

/** A batch of the matrix is over, or waits in doubt for a person. */
export type Tally = Readonly<Record<MatrixEnd, number>>;

export interface MatrixSummary {
  readonly kind: MatrixKind;
  readonly cells: number;
  /** Operations whose cells have all been run. */
  readonly operations: readonly OperationId[];
  /** By row and kind: how many cells counted, and how their batches ended. */
  readonly table: Readonly<Record<string, Readonly<Partial<Record<FaultKind, Tally>>>>>;
  /** Cells whose fault nobody noticed, although it is of a kind that is always noticed. */
  readonly unnoticed: readonly string[];
  readonly failures: readonly MatrixFailure[];
}

export type MatrixFailure = Pick<CellResult, "id" | "scenario" | "mode" | "violations" | "last" | "injected">;

/** Kinds that a caller may not notice: the second answer may be the first one, and there may be nothing to damage. */
const MAY_PASS: readonly FaultKind[] = ["twice", "corrupt", "stale"];

const bases = new Map<string, Promise<readonly CallName[]>>();

/** The scenario's operations when nothing but its own faults happens. */
function operationsOf(scenario: Scenario, app: SimulatedApp): Promise<readonly CallName[]> {
  const known = bases.get(scenario.key);
  if (known) return known;
  const found = runScenario(scenario, { app, mode: "books-everything", faults: [] }).then(
    ({ operations, violations }) => {
      if (violations.length === 0) return operations;
      throw new Error(`scenario ${scenario.key} breaks ${violations[0]?.invariant}: ${violations[0]?.what}`);
    },
  );
  bases.set(scenario.key, found);
  return found;
}

/**
 * The operations at which faults are injected, in order. Of a scenario that begins as the first one does only those
 * from where it is another run.
 * @param reach `all`: all of them. `test`: all of the first batch in the first scenario, of the others and of the
 *   successors those of a row that was in none before, and what is decisive where people abandon at once
 */
export async function matrixCells(
  kind: MatrixKind,
  app: SimulatedApp,
  reach: "test" | "all" = "all",
): Promise<OperationId[]> {
  if (kind === "overlaps") return overlapCells(app, reach);
  const [plain] = SCENARIOS as [Scenario];
  const base = (await operationsOf(plain, app)).map(nameOf);
  const known = new Set<string>();
  const found: OperationId[] = [];
  for (const scenario of SCENARIOS) {
    if (kind === "pairs" && scenario.paired === "nowhere") continue;
    const operations = await operationsOf(scenario, app);
    const isFirst = scenario === plain || scenario.isFirstOneToo;
    const from = isFirst ? 0 : operations.findIndex((op, index) => nameOf(op) !== base[index]);
    const overAt = operations.findIndex(({ process }) => process === SUCCESSOR_STARTS);
    const rows = new Set<string>();
    for (const [index, op] of operations.entries()) {
      const isLater = index >= overAt;
      // Until a fault comes it is the first scenario, whose successor has none to meet.
      if (index < from || (scenario.isFirstOneToo && isLater)) continue;
      if (kind === "pairs" && isLater && scenario.paired !== "whole") continue;
      const row = rowOf(op);
      const isNew = !known.has(row) && !(isLater && rows.has(row));
      rows.add(row);
      const isTested =
        isNew ||
        (scenario === plain && !isLater) ||
        (scenario.inclination === "abandon" && scenario.isFirstOneToo && isDecisive(row));
      if (reach === "all" || isTested) found.push(`${scenario.key}.${index}`);
    }
    for (const row of rows) known.add(row);
  }
  return found;
}

/** How long the first batch is at work when nothing goes wrong, and somewhat more (milliseconds). */
const LASTS_MS = 9_500;

/** What people do beside a batch, without a fault of the machine. */
const BESIDE: readonly Beside[] = ["start", "abandon", "stop"];

/**
 * What people do beside a batch: at any moment of its life, `stop@4200`, and while any one of its operations is slow,
 * `stop!117`.
 * @param reach `all`: a moment every 20 ms, and every operation. `test`: a moment every 250 ms, and what is decisive
 */
async function overlapCells(app: SimulatedApp, reach: "test" | "all"): Promise<OperationId[]> {
  const stepMs = reach === "all" ? 20 : 250;
  const moments = Array.from({ length: Math.ceil(LASTS_MS / stepMs) }, (_, index) => index * stepMs);
  const operations = await operationsOf(scenarioOf("a"), app);
  const slowOnes = operations.flatMap((op, index) =>
    op.process.includes(`:${FIRST}`) && (reach === "all" || isDecisive(rowOf(op))) ? [index] : [],
  );
  return BESIDE.flatMap((what) => [
    ...moments.map((ms) => `${what}@${ms}`),
    ...slowOnes.map((index) => `${what}!${index}`),
  ]);
}

/** The scenario of such a cell; undefined for another one. */
async function overlapOf(id: string, app: SimulatedApp): Promise<Scenario | undefined> {
  const [, name, sign, number] = /^(\w+)([@!])(\d+)$/.exec(id) ?? [];
  const what = BESIDE.find((one) => one === name);
  if (what === undefined) return undefined;
  const plain = scenarioOf("a");
  if (sign === "@") {
    return { ...plain, title: `to ${what} it after ${number} ms`, beside: { what, at: Number(number) } };
  }
  const op = (await operationsOf(plain, app))[Number(number)];
  if (op === undefined) throw new Error(`scenario a has no operation ${number}`);
  const title = `to ${what} it while ${rowOf(op)} is slow`;
  return { ...plain, title, beside: { what, at: op }, faults: [slow(op)] };
}

const SUCCESSOR_STARTS = `StartBatch:${STREAM}:2`;

/** The function, and what it calls: a row of the table. */
export function rowOf({ process, label }: CallName): string {
  return `${process.slice(0, process.indexOf(":"))} ${label}`;
}

/** The ways in which a call can fail as a single fault. */
export function variantsAt({ label }: CallName): Variant[] {
  return VARIANTS.filter(
    ({ name, kind }) => isPossible(kind, label) && !(isRead(label) && SAME_FOR_READS.includes(name)),
  );
}

function pairedAt({ label }: CallName): Variant[] {
  const names: readonly string[] = isRead(label) ? PAIRED.read : PAIRED.write;
  return VARIANTS.filter(({ name, kind }) => names.includes(name) && isPossible(kind, label));
}

/** What a cell is: its scenario, the faults on top of it, and the bank's mode. */
export interface Cell {
  readonly scenario: Scenario;
  readonly faults: readonly Injected[];
  readonly mode: BankMode;
}

/** The cell of that id. */
export async function cellOf(id: string, app: SimulatedApp): Promise<Cell> {
  const mode = modeOf(id);
  const overlap = await overlapOf(id, app);
  if (overlap) return { scenario: overlap, faults: [], mode };
  const [first = "", second] = id.split("+");
  const [key = "", index = "", name = ""] = first.split(".");
  const scenario = scenarioOf(key);
  const op = (await operationsOf(scenario, app))[Number(index)];
  if (op === undefined) throw new Error(`scenario ${key} has no operation ${index}`);
  const fault = injectedAt(op, Number(index), variantOf(name), app);
  if (second === undefined) return { scenario, faults: [fault], mode };
  const [offset = "", other = ""] = second.split(".");
  const { operations } = await run(id, scenario, [fault], app);
  const near = nearOf(operations, op)[Number(offset) - 1];
  if (near === undefined) throw new Error(`after ${first} there is no operation ${offset}`);
  return { scenario, faults: [fault, injectedAt(near, Number(index), variantOf(other), app)], mode };
}

/** One cell once more, by its id. */
export async function runCell(id: string, app: SimulatedApp, traced = false): Promise<CellResult> {
  const { scenario, faults } = await cellOf(id, app);
  return cell(id, scenario, faults, app, traced);
}

/** All cells of one operation, one after the other. */
export async function runOperation(
  kind: MatrixKind,
  id: OperationId,
  app: SimulatedApp,
): Promise<MatrixSummary> {
  if (/[@!]/.test(id)) {
    return { ...matrixTogether(empty(kind), summaryOf(kind, await runCell(id, app))), operations: [id] };
  }
  const [key = "", index = ""] = id.split(".");
  const scenario = scenarioOf(key);
  const op = (await operationsOf(scenario, app))[Number(index)];
  if (op === undefined) throw new Error(`scenario ${key} has no operation ${index}`);
  let all: MatrixSummary = empty(kind);
  const take = (result: CellResult) => {
    all = matrixTogether(all, summaryOf(kind, result));
  };
  for (const variant of kind === "singles" ? variantsAt(op) : pairedAt(op)) {
    const name = `${id}.${variant.name}`;
    const fault = injectedAt(op, Number(index), variant, app);
    if (kind === "singles") {
      take(await cell(name, scenario, [fault], app, false));
      continue;
    }
    const { operations } = await run(name, scenario, [fault], app);
    for (const [offset, near] of nearOf(operations, op).entries()) {
      for (const other of pairedAt(near)) {
        const pair = `${name}+${offset + 1}.${other.name}`;
        take(await cell(pair, scenario, [fault, injectedAt(near, Number(index), other, app)], app, false));
      }
    }
  }
  // An operation of which no cell has counted is not covered, however many were run.
  return all.cells > 0 || kind !== "singles" ? { ...all, operations: [id] } : all;
}

/** The operations that come next after one, in the run in which it has failed. */
function nearOf(operations: readonly CallName[], op: CallName): readonly CallName[] {
  const at = operations.findIndex((one) => nameOf(one) === nameOf(op));
  return operations.slice(at + 1, at + 1 + NEAR);
}

function injectedAt(op: CallName, index: number, variant: Variant, app: SimulatedApp): Injected {
  const name = op.process.slice(0, op.process.indexOf(":"));
  return { ...op, ...variant.fault(op, index, app.timeoutSeconds[name] ?? 0) };
}

/** The bank's mode changes from cell to cell. */
function modeOf(id: string): BankMode {
  const sum = Array.from(Buffer.from(id)).reduce((all, byte) => all + byte, 0);
  return sum % 2 === 0 ? "books-everything" : "deduplicates";
}

function run(id: string, scenario: Scenario, faults: readonly Injected[], app: SimulatedApp, traced = false) {
  return runScenario(scenario, { app, mode: modeOf(id), faults, traced });
}

async function cell(
  id: string,
  scenario: Scenario,
  faults: readonly Injected[],
  app: SimulatedApp,
  traced: boolean,
): Promise<CellResult> {
  const { injected, counted, ends, violations, last, marks, trace } = await run(
    id,
    scenario,
    faults,
    app,
    traced,
  );
  const all = scenario.faults.length + faults.length;
  return {
    id,
    scenario: scenario.title,
    mode: modeOf(id),
    at: faults.map((fault) => ({ row: rowOf(fault), kind: fault.kind })),
    // Who is only slow notices nothing.
    counts: injected.length === all && (counted === all || faults.length === 0),
    ends,
    violations,
    last,
    injected,
    marks,
    trace,
  };
}

const NO_END: Tally = { closed: 0, abandoned: 0, "in doubt": 0, "never over": 0 };

export function empty(kind: MatrixKind): MatrixSummary {
  return { kind, cells: 0, operations: [], table: {}, unnoticed: [], failures: [] };
}

function summaryOf(kind: MatrixKind, result: CellResult): MatrixSummary {
  const { id, at, counts, ends, violations, scenario, mode, last, injected } = result;
  const table: Record<string, Partial<Record<FaultKind, Tally>>> = {};
  if (counts) {
    for (const { row, kind: fault } of at) {
      table[row] = { ...table[row], [fault]: { ...NO_END, [ends.first]: 1 } };
    }
  }
  const broken = violations.length > 0;
  // Of a run that has stopped where something broke, a late fault may not have come to pass.
  const mustCount = !broken && !at.every(({ kind: fault }) => MAY_PASS.includes(fault)) && kind === "singles";
  return {
    kind,
    cells: counts ? 1 : 0,
    operations: [],
    table,
    unnoticed: mustCount && !counts ? [id] : [],
    failures: broken ? [{ id, scenario, mode, violations, last, injected }] : [],
  };
}

export function matrixTogether(a: MatrixSummary, b: MatrixSummary): MatrixSummary {
  const table: Record<string, Partial<Record<FaultKind, Tally>>> = { ...a.table };
  for (const [row, kinds] of Object.entries(b.table)) {
    const known: Partial<Record<FaultKind, Tally>> = { ...table[row] };
    for (const [kind, tally] of Object.entries(kinds) as [FaultKind, Tally][]) {
      const before = known[kind] ?? NO_END;
      known[kind] = Object.fromEntries(
        Object.entries(tally).map(([end, count]) => [end, count + before[end as MatrixEnd]]),
      ) as Record<MatrixEnd, number>;
    }
    table[row] = known;
  }
  return {
    kind: a.kind,
    cells: a.cells + b.cells,
    operations: [...a.operations, ...b.operations],
    table,
    unnoticed: [...a.unnoticed, ...b.unnoticed],
    failures: [...a.failures, ...b.failures],
  };
}

/** Why these cells do not show what they are to show; empty if they do. */
export function matrixShortfalls(summary: MatrixSummary, operations: readonly OperationId[]): string[] {
  const done = new Set(summary.operations);
  const short = summary.failures.map(
    ({ id, violations }) => `${id}: ${violations[0]?.invariant}, ${violations[0]?.what}`,
  );
  for (const id of operations) if (!done.has(id)) short.push(`operation ${id} is not covered`);
  for (const id of summary.unnoticed) short.push(`the fault of ${id} was not noticed by its caller`);
  const kinds = new Set(Object.values(summary.table).flatMap((row) => Object.keys(row)));
  for (const kind of new Set(WANTED[summary.kind]))
    if (!kinds.has(kind)) short.push(`no cell has the fault ${kind}`);
  return short;
}

/** The kinds of which there must be cells. */
const WANTED: Readonly<Record<MatrixKind, readonly FaultKind[]>> = {
  singles: FAULT_KINDS,
  pairs: [...PAIRED.read, ...PAIRED.write].map((name) => variantOf(name).kind),
  overlaps: [],
};

/** Operation × fault: how many cells counted; `=` where it is `drop` or a crash by another name, `-` where it cannot be. */
export function matrixTable({ kind: which, table }: MatrixSummary): string {
  const rows = Object.keys(table).toSorted();
  const wide = Math.max(9, ...rows.map((row) => row.length));
  const heads = FAULT_KINDS.map((kind) => HEADS[kind].padStart(6)).join("");
  const lines = rows.map((row) => {
    const label = row.slice(row.indexOf(" ") + 1);
    const tallies = table[row] ?? {};
    const cells = FAULT_KINDS.map((kind) => {
      const count = total(tallies[kind]);
      if (count > 0) return String(count);
      if (!isPossible(kind, label)) return "-";
      return which === "singles" &&
        isRead(label) &&
        SAME_FOR_READS.includes(kind === "late" ? "late-6s" : kind)
        ? "="
        : ".";
    });
    const ends = Object.values(tallies).reduce(
      (sum, tally) => {
        const next = { ...sum };
        for (const end of Object.keys(NO_END) as MatrixEnd[]) next[end] += tally[end];
        return next;
      },
      { ...NO_END } as Record<MatrixEnd, number>,
    );
    const told = (Object.entries(ends) as [MatrixEnd, number][])
      .filter(([, count]) => count > 0)
      .map(([end, count]) => `${count} ${end}`);
    return `${row.padEnd(wide)}${cells.map((text) => text.padStart(6)).join("")}  ${told.join(", ")}`;
  });
  return [`${"operation".padEnd(wide)}${heads}  ended`, ...lines].join("\n");
}

const HEADS: Readonly<Record<FaultKind, string>> = {
  drop: "drop",
  lose: "lose",
  late: "late",
  twice: "twice",
  throttle: "throt",
  error: "error",
  unknown: "unkn",
  "crash-before": "cr<",
  "crash-after": "cr>",
  pause: "pause",
  corrupt: "corr",
  stale: "stale",
};

function total(tally: Tally | undefined): number {
  return tally === undefined ? 0 : Object.values(tally).reduce((sum, count) => sum + count, 0);
}

/** What a failing cell's reader needs. */
export function matrixFailureText({ id, scenario, mode, violations, last, injected }: MatrixFailure): string {
  return [
    `cell ${id} (${mode}): ${scenario}`,
    ...violations.map(({ invariant, what }) => `  ${invariant}: ${what}`),
    `  last: ${last}`,
    `  faults: ${JSON.stringify(injected)}`,
    `  replay: npm run simulate -- --only matrix --cell ${id}`,
  ].join("\n");
}

export interface MatrixChunk {
  readonly kind: MatrixKind;
  readonly id: OperationId;
}

/**
 * Runs operations on several threads.
 * @param onDone told after each operation, so that it can be kept and an interrupted run gone on with
 */
export async function runMatrix(
  app: SimulatedApp,
  kind: MatrixKind,
  operations: readonly OperationId[],
  threads: number,
  onDone: (done: MatrixSummary, left: number) => void = () => {},
): Promise<MatrixSummary> {
  const pieces = operations.map((id): MatrixChunk => ({ kind, id }));
  const worker = new URL("./matrix-worker.ts", import.meta.url);
  let left = operations.length;
  let all = empty(kind);
  await onThreads(worker, { workerData: app }, pieces, threads, (answer) => {
    const done = answer as MatrixSummary;
    all = matrixTogether(all, done);
    left -= 1;
    onDone(done, left);
  });
  return all;
}
