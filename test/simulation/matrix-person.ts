import { addDays, type CalendarDate, isBusinessDay } from "../../lambdas/domain/calendar-date.ts";
import type { Proposal } from "../../lambdas/operations/propose/propose.ts";
import type { Instant } from "../../lambdas/ports.ts";
import { STREAM, successorList, type MatrixWorkload } from "./matrix-batch.ts";
import { MINUTE, refusal } from "./scene.ts";
import type { Simulation } from "./simulation.ts";
import { newestExecution } from "./trouble.ts";
import type { BatchList } from "./workload.ts";

/** Where a batch of the matrix has come to. */
export type MatrixEnd = "closed" | "abandoned" | "in doubt" | "never over";

/** What the person on call does first when an execution fails. */
export type Inclination = "redrive" | "continue" | "abandon";

const LOOK_MS = 10_000;
const MOST_LOOKS = 2_000;
/** How often something without a rule of its own is redriven before the batch is continued. */
const MOST_REDRIVES = 3;
/** The Lambda's time-out, a quarter of an hour, and more. */
const LATE_ENOUGH_MS = 25 * MINUTE;
const PERSON = { by: "olga", reason: "on call" };

/**
 * The person on call, who has no moods: redrives what failed until that no longer helps, continues it, asks the bank
 * about what is in doubt, abandons what has stopped for good, and at the end does again what is not needed.
 */
export async function tended(
  simulation: Simulation,
  load: MatrixWorkload,
  list: BatchList,
  inclination: Inclination,
): Promise<MatrixEnd> {
  const { scheduler, ledger, machine } = simulation;
  const { batchId } = list;
  const seen = new Map<string, number>();
  let failures = 0;
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    await scheduler.sleep(LOOK_MS, `a look at ${batchId}`);
    const names = machine.names().filter((name) => name.startsWith(batchId));
    if (names.some((name) => machine.describe(name)?.status === "RUNNING")) continue;
    const state = (await ledger.readBatch(batchId))?.state;
    const isFree = (await ledger.readStream(STREAM))?.batch?.id !== batchId;
    // Where the one execution that could still give the lock back is not the app's own, the next batch takes it as free.
    const isOver = state === "CLOSED" || state === "ABANDONED";
    if (isOver && (isFree || failures > 3 * MOST_REDRIVES)) return over(simulation, batchId, state);
    if (names.length === 0) {
      await start(simulation, list);
      continue;
    }
    const error = errorOf(simulation, list);
    const times = (seen.get(error) ?? 0) + 1;
    seen.set(error, times);
    failures += 1;
    if (failures > 30) break;
    await react({ simulation, load, list, inclination }, error, times, failures, state);
  }
  const files = (await ledger.readStream(STREAM))?.batch?.files ?? [];
  return files.some((file) => file.state === "UNKNOWN") ? "in doubt" : "never over";
}

/** The schedule's event, which is delivered again where its first delivery came to nothing. */
export async function start(simulation: Simulation, list: BatchList): Promise<void> {
  const scheduled = simulation.clock.instantOf(list.billingDate, "07:00", "Australia/Sydney");
  const scheduledTime = new Date(scheduled).toISOString();
  simulation.act("schedule", "start", list.batchId);
  await refusal(simulation.call("StartBatch", { stream: list.stream, scheduledTime, number: list.number }));
}

interface Hands {
  readonly simulation: Simulation;
  readonly load: MatrixWorkload;
  readonly list: BatchList;
  readonly inclination: Inclination;
}

async function react(
  hands: Hands,
  error: string,
  times: number,
  failures: number,
  state: string | undefined,
): Promise<void> {
  if (state === "ABANDONED") return abandon(hands);
  switch (error) {
    case "SubmissionUnknown":
      // Evidence may have turned up since: then no person is needed.
      if (times > 1) await resolve(hands);
      return again(hands);
    case "SubmissionStopped":
    case "BatchAbandoned":
    case "BatchAbandoning":
      return abandon(hands);
    case "GateFailed":
      if (times === 2) await accept(hands);
      return times > 2 ? abandon(hands) : again(hands);
    case "BankFileDamaged":
    case "DueListMismatch":
    case "DueListMissing":
      return times > MOST_REDRIVES ? abandon(hands) : again(hands);
    default:
      if (failures === 1 && hands.inclination === "abandon") return abandon(hands);
      if (failures === 1 && hands.inclination === "continue") return goOn(hands);
      if (failures > 3 * MOST_REDRIVES) return abandon(hands);
      return failures % (MOST_REDRIVES + 1) === 0 ? goOn(hands) : again(hands);
  }
}

async function again({ simulation, list: { batchId } }: Hands): Promise<void> {
  simulation.act("olga", "redrive", batchId);
  await refusal(simulation.call("RedriveBatch", { batchId, ...PERSON }));
}

async function goOn(hands: Hands): Promise<void> {
  const { simulation, list } = hands;
  simulation.act("olga", "continue", list.batchId);
  await refusal(simulation.call("ContinueBatch", { batchId: list.batchId, ...PERSON }));
}

/** What was sent of it, or is in doubt, goes on. */
async function abandon(hands: Hands): Promise<void> {
  const { simulation, list } = hands;
  simulation.act("olga", "abandon", list.batchId);
  const refused = await refusal(simulation.call("AbandonBatch", { batchId: list.batchId, ...PERSON }));
  if (refused === undefined) await again(hands);
}

/** Asks the bank about each file in doubt, and has its answer approved by a second person. */
async function resolve(hands: Hands): Promise<void> {
  const { simulation, load, list } = hands;
  const { scheduler, ledger, bank } = simulation;
  await scheduler.sleep(LATE_ENOUGH_MS, "the bank is asked");
  const userId = load.configuration.streams[STREAM]?.bankProfile.userId ?? "";
  const files = (await ledger.readStream(STREAM))?.batch?.files ?? [];
  for (const { number, state } of files) {
    if (state !== "UNKNOWN" && state !== "SUBMITTING") continue;
    const nn = String(number).padStart(2, "0");
    const outcome = bank.hasFile(`${userId}/${list.batchId}-${nn}.aba`) ? "submitted" : "rejected";
    await decided(hands, "resolve", `${list.batchId}-${nn} ${outcome}`, {
      action: "resolve-submission",
      batchId: list.batchId,
      number,
      outcome,
      evidence: Buffer.from(`the bank's letter about file ${number}: ${outcome}`),
      reference: `REF ${number}`,
      channel: "email",
      statedAt: new Date(scheduler.now - 2 * MINUTE).toISOString(),
    });
  }
}

/** Accepts whatever the gate suspects. */
async function accept(hands: Hands): Promise<void> {
  const { batchId } = hands.list;
  for (const check of ["growth", "same-totals", "same-debit"]) {
    await decided(hands, "accept", batchId, { action: "accept-suspicion", batchId, check });
  }
}

/** One person proposes and another approves; both try again what came to nothing. */
async function decided({ simulation }: Hands, what: string, target: string, event: object): Promise<void> {
  let proposal: string | undefined;
  for (let tries = 0; tries < 3 && proposal === undefined; tries += 1) {
    try {
      proposal = ((await simulation.call("Propose", { ...event, ...PERSON })) as Proposal).id;
    } catch (error) {
      if (error instanceof Error && error.name === "ProposalRefused") return;
    }
  }
  if (proposal === undefined) return;
  for (let tries = 0; tries < 3; tries += 1) {
    await simulation.scheduler.sleep(MINUTE, "a second person");
    simulation.act("bob", what, target);
    if ((await refusal(simulation.call("Approve", { proposal, by: "bob" }))) === undefined) return;
  }
}

/** What is over is not begun again, whoever asks. */
async function over(simulation: Simulation, batchId: string, state: string): Promise<MatrixEnd> {
  for (const [name, what] of [
    ["RedriveBatch", "redrive"],
    ["ContinueBatch", "continue"],
    ["AbandonBatch", "abandon"],
  ] as const) {
    simulation.act("olga", what, batchId);
    await refusal(simulation.call(name, { batchId, ...PERSON }));
  }
  const { machine, scheduler } = simulation;
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    await scheduler.sleep(LOOK_MS, `a look at ${batchId}`);
    const names = machine.names().filter((name) => name.startsWith(batchId));
    if (!names.some((name) => machine.describe(name)?.status === "RUNNING")) break;
  }
  return state === "CLOSED" ? "closed" : "abandoned";
}

/** The first business day after today on which nothing was billed. */
export function nextDay(
  { clock, scheduler }: Simulation,
  { configuration: { calendar } }: MatrixWorkload,
): CalendarDate {
  let day = addDays(clock.dateAt(scheduler.now as Instant, "Australia/Sydney"), 1);
  while (!isBusinessDay(day, calendar)) day = addDays(day, 1);
  return day;
}

export { successorList };

function errorOf(simulation: Simulation, list: BatchList): string {
  const { machine } = simulation;
  const name = newestExecution(simulation, list) ?? list.batchId;
  const { error = "none", cause = "" } = machine.describe(name) ?? {};
  // A map's failure names its child's error in the cause.
  if (error === "States.ExceedToleratedFailureThreshold")
    return /failed with (\w+)/.exec(cause)?.[1] ?? error;
  return error;
}
