import { describe, expect, it } from "vitest";
import { closeBatch } from "../../lambdas/billing-batch/close-batch/close-batch.ts";
import { submitBankFile } from "../../lambdas/billing-batch/submit-bank-file/submit-bank-file.ts";
import type { FileStateName } from "../../lambdas/domain/records.ts";
import { abandonBatch } from "../../lambdas/operations/abandon-batch/abandon-batch.ts";
import { AT, BILLING_DATE } from "../builders.ts";
import { answerLost, befallen, callsOf, dying, LateCalls, lost, sdkError } from "../port-faults.ts";
import { type Watch, watched } from "../watch.ts";
import {
  bytesOf,
  filesOf,
  itemOf,
  memory,
  pickUp,
  reconciled,
  type World,
  worldOn,
  type WorldPorts,
} from "../world.ts";

/**
 * The crash matrix: a handler call meets a mishap at every one of its port calls in turn, and then others come to
 * finish the work, some of which meet a mishap too. Whatever happens, no file is put twice, none is put that was
 * voided, every move is legal, no open batch loses its lock, and the batch ends closed, abandoned, or parked in
 * a doubt that only the bank can end.
 */
const WHY = { by: "ann", reason: "why" };
const TIMEOUT = sdkError("TimeoutError");

type Run = (world: World, ports: WorldPorts) => Promise<unknown>;
const submit: Run = (world, ports) =>
  submitBankFile({ batchId: world.id(), fence: 1, timeLimitMs: 1000 }, ports);
const close: Run = (world, ports) => closeBatch({ batchId: world.id(), fence: 1 }, ports);
const abandon: Run = (world, ports) => abandonBatch({ batchId: world.id(), ...WHY }, ports);

/** How a run may be troubled at its n-th call. */
const MISHAPS = ["dies", "call lost", "answer lost", "call late"] as const;
type MishapName = (typeof MISHAPS)[number];

/** Makes the run with its mishap; false if it ended long before it could meet it, so that there is nothing to see. */
async function isTroubled(
  run: Run,
  world: World,
  name: MishapName,
  at: number,
  late: LateCalls,
): Promise<boolean> {
  const ports = world.ports();
  const mishaps = {
    "call lost": lost(TIMEOUT),
    "answer lost": answerLost(TIMEOUT),
    "call late": late.late(TIMEOUT),
  };
  const troubled = name === "dies" ? dying(ports, at) : befallen(ports, at, mishaps[name]);
  const calls = await callsOf(troubled, (counted) => run(world, counted).catch(() => "troubled"));
  return at <= calls.length + (name === "dies" ? 1 : 0);
}

interface Scene {
  readonly world: World;
  readonly watch: Watch;
}

type Setting = readonly FileStateName[];

/** A watched batch whose files are in these states; one that is begun has an intent, one that is sent its bytes. */
async function scene(states: Setting): Promise<Scene> {
  const backing = memory();
  const watch = watched(backing);
  const world = worldOn(watch.backing);
  // What the scene begins with is put there unwatched.
  await reconciled({ ...world, ...backing }, states);
  for (const [index, state] of states.entries()) {
    if (state === "SUBMITTED")
      await backing.overwrite("outbound", pickUp(world, index + 1), bytesOf(index + 1));
    if (state === "UNKNOWN" || state === "SUBMITTED") {
      const own = { batchId: world.id(), number: index + 1, nonce: "before", sha256: "x", at: AT };
      await backing.ledger.createSubmission({ ...own, kind: "INTENT" });
    }
  }
  return { world, watch };
}

/** What people and redrives do until the batch is over, or nothing that they do changes anything. */
async function finished({ world }: Scene): Promise<string> {
  const quietly = (run: Run) =>
    run(world, world.ports()).then(
      () => true,
      () => false,
    );
  for (let times = 0; times < 3; times += 1) {
    await quietly(submit);
    if (!(await quietly(close))) await quietly(abandon);
    const record = await world.ledger.readBatch(world.id());
    if (record?.state !== "OPEN") return `${record?.state}`;
  }
  return (await filesOf(world)).some(({ state }) => state === "UNKNOWN") ? "IN DOUBT" : "STUCK";
}

/** Everything that is wrong at the end. */
async function wrongs(acts: Scene, end: string): Promise<string[]> {
  const { world, watch } = acts;
  const wrong = [...watch.broken];
  const item = await itemOf(world);
  if (end === "STUCK") wrong.push("nothing ends the batch");
  if (end !== "IN DOUBT" && item.batch) wrong.push("the lock is not free");
  const files = end === "IN DOUBT" ? (item.batch?.files ?? []) : await world.ledger.readFiles(world.id());
  for (const { number, state, sha256 } of files) {
    const lies = (await world.objects.versions("outbound", pickUp(world, number))).length;
    const submission = await world.ledger.readSubmission(world.id(), number);
    const name = `file ${number}, ${state}`;
    if (lies !== (state === "SUBMITTED" ? 1 : 0)) wrong.push(`${name}: ${lies} objects`);
    const kind = { SUBMITTED: "INTENT", UNKNOWN: "INTENT", WITHDRAWN: "VOID" }[state as "SUBMITTED"];
    if (submission?.kind !== kind) wrong.push(`${name}: its submission is ${submission?.kind}`);
    if (end === "ABANDONED" && state !== "WITHDRAWN") wrong.push(`${name} in an abandoned batch`);
    if (sha256 === "") wrong.push(`${name}: no hash`);
  }
  if (end === "CLOSED") {
    const { due, submitted, withdrawn } = (await world.ledger.readBatch(world.id()))?.ending ?? {};
    if (due?.count !== (submitted?.count ?? 0) + (withdrawn?.count ?? 0)) wrong.push("the sum is not proven");
    const closings = await world.ledger.readClosings(world.stream.name, BILLING_DATE, BILLING_DATE);
    if (closings.map(({ batchId }) => batchId).join() !== world.id()) wrong.push("it has not one closing");
  }
  return wrong;
}

interface Tally {
  readonly wrong: string[];
  readonly ends: Record<string, number>;
  cells: number;
}

/** A run, and the mishaps that it may meet. */
type Trouble = readonly [Run, ...MishapName[]];

/**
 * One mishap in each of the runs, at every call of each: every combination. What is late lands after the run that
 * comes next, or at the very end.
 */
async function matrix(states: Setting, ...troubles: readonly Trouble[]): Promise<Tally> {
  const runs = troubles.map(([run]) => run);
  const tally: Tally = { wrong: [], ends: {}, cells: 0 };
  const lengths = await Promise.all(
    runs.map(async (run) => {
      const { world } = await scene(states);
      return (await callsOf(world.ports(), (ports) => run(world, ports).catch(() => "refused"))).length;
    }),
  );
  let cells: (readonly (readonly [MishapName, number])[])[] = [[]];
  for (const [index, [, ...names]] of troubles.entries()) {
    const calls = Array.from({ length: (lengths[index] ?? 0) + 3 }, (_, at) => at + 1);
    const own = names.flatMap((name) => calls.map((at) => [name, at] as const));
    cells = cells.flatMap((row) => own.map((trouble) => [...row, trouble]));
  }
  for (const cell of cells) {
    for (const landing of ["after the next run", "at the end"] as const) {
      if (landing === "at the end" && !cell.some(([name]) => name === "call late")) continue;
      const acts = await scene(states);
      const lates = cell.map(() => new LateCalls());
      const told: boolean[] = [];
      for (const [index, [name, at]] of cell.entries()) {
        told.push(await isTroubled(runs[index] as Run, acts.world, name, at, lates[index] as LateCalls));
        if (landing === "after the next run") await lates[index - 1]?.land();
      }
      if (told.includes(false)) continue;
      const before = await finished(acts);
      for (const late of lates) await late.land();
      const end = before === "IN DOUBT" || before === "STUCK" ? await finished(acts) : before;
      const found = await wrongs(acts, end);
      tally.cells += 1;
      tally.ends[end] = (tally.ends[end] ?? 0) + 1;
      tally.wrong.push(
        ...found.map((what) => `${JSON.stringify(cell)}, late calls land ${landing}: ${what}`),
      );
    }
  }
  return tally;
}

describe("one mishap, and then others finish the work", () => {
  it.each<[string, Setting, Run]>([
    ["submitting two files", ["RECONCILED", "RECONCILED"], submit],
    ["submitting behind a file that is begun", ["SUBMITTING", "RECONCILED"], submit],
    ["submitting behind a file in doubt", ["UNKNOWN", "RECONCILED"], submit],
    ["abandoning before anything was begun", ["RECONCILED", "COMPOSED"], abandon],
    ["abandoning after a file was sent", ["SUBMITTED", "RECONCILED"], abandon],
    ["abandoning while a file is begun", ["SUBMITTING", "RECONCILED"], abandon],
    ["abandoning while a file is in doubt", ["UNKNOWN", "RECONCILED"], abandon],
    ["closing", ["SUBMITTED", "SUBMITTED"], close],
  ])("breaks nothing: %s", async (_, states, run) => {
    const { wrong, cells } = await matrix(states, [run, ...MISHAPS]);
    expect(wrong).toEqual([]);
    expect(cells).toBeGreaterThan(20);
  });
});

describe("two mishaps, and then others finish the work", () => {
  it("break nothing: submitting twice", async () => {
    const { wrong, cells, ends } = await matrix(
      ["RECONCILED"],
      [submit, "dies", "call late"],
      [submit, "dies", "call lost"],
    );
    expect(wrong).toEqual([]);
    expect(cells).toBeGreaterThan(300);
    // Every end that there can be is reached, or the matrix shows less than it says.
    expect(Object.keys(ends).sort()).toEqual(["CLOSED", "IN DOUBT"]);
  });

  it("break nothing: abandoning what was half submitted", async () => {
    const { wrong, ends } = await matrix(["RECONCILED"], [submit, "dies", "call late"], [abandon, "dies"]);
    expect(wrong).toEqual([]);
    expect(Object.keys(ends).sort()).toEqual(["ABANDONED", "CLOSED", "IN DOUBT"]);
  });

  it("break nothing: abandoning twice", async () => {
    const { wrong } = await matrix(["RECONCILED"], [abandon, "dies", "call late"], [abandon, "dies"]);
    expect(wrong).toEqual([]);
  });

  it("break nothing: closing twice", async () => {
    const { wrong, ends } = await matrix(["SUBMITTED"], [close, "dies"], [close, "dies"]);
    expect(wrong).toEqual([]);
    expect(ends.CLOSED).toBeGreaterThan(50);
  });
});
