import { addDays } from "../../lambdas/domain/calendar-date.ts";
import type { FileItem } from "../../lambdas/domain/records.ts";
import type { Proposal } from "../../lambdas/operations/propose/propose.ts";
import type { Instant } from "../../lambdas/ports.ts";
import { hashOf } from "./picture.ts";
import type { Random } from "./random.ts";
import { DAY, HOUR, MINUTE, refusal, type Scene, startOf } from "./scene.ts";
import { successorOf } from "./successor.ts";
import { inputOf, newestExecution } from "./trouble.ts";
import type { BatchList } from "./workload.ts";

/** What the person on call makes of a batch in trouble: it is finished, its rest is abandoned, or it waits for somebody. */
export type Policy = "finish" | "abandon" | "park";

/** Where a batch has come to in the end; stuck is what no batch may be. */
export type End = "closed" | "abandoned" | "parked" | "stuck";

/** How long after an intent a bank's word that it has no file counts: the Lambda time-out, a quarter of an hour, and more. */
const LATE_ENOUGH_MS = 25 * MINUTE;
const MOST_LOOKS = 200;

/**
 * The person on call: looks at one batch again and again, and does what its error asks for, until it is over or left
 * parked on purpose. In calm weather they get everything to an end; before it, everything that they do may fail.
 */
export async function tend(scene: Scene, list: BatchList): Promise<End> {
  const { scheduler, ledger, machine } = scene;
  const random = scene.random.fork(`operator ${list.batchId}`);
  const draw = random.next();
  const policy: Policy = draw < 0.73 ? "finish" : draw < 0.79 ? "abandon" : "park";
  const who = { by: "olga", reason: "on call", batchId: list.batchId };
  let stopped = 0;
  let crowded = 0;
  // Now and then nobody looks until the bank has closed, or for longer than an execution can be redriven.
  let away = random.chance(0.15) ? random.pick([10 * HOUR, 10 * HOUR, 15 * DAY]) : 0;
  const park = (): End => {
    scene.parked.add(list.batchId);
    return "parked";
  };
  await scheduler.sleep(startOf(scene, list) - scheduler.now + random.int(1, 30) * MINUTE, "on call");
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    await scheduler.sleep(random.int(2, random.pick([5, 20, 45])) * MINUTE, `a look at ${list.batchId}`);
    const calm = scheduler.now >= scene.calmFrom;
    const record = await ledger.readBatch(list.batchId);
    if (record?.state === "CLOSED" || record?.state === "ABANDONED") {
      // The lock may still be held by an end that was half written; one more run of the batch frees it.
      if (await isFree(scene, list)) return record.state === "CLOSED" ? "closed" : "abandoned";
    }
    const names = executionsOf(scene, list);
    if (names.some((name) => machine.describe(name)?.status === "RUNNING")) continue;
    if (newestExecution(scene, list) === undefined) {
      // Whatever somebody has started by hand, the batch's own execution never was: it is started late, by hand too.
      if (calm || random.chance(0.5)) machine.start(list.batchId, inputOf(list), scene.release());
      continue;
    }
    if (away > 0) {
      await scheduler.sleep(away, "nobody looks");
      away = 0;
      continue;
    }
    const error = errorOf(scene, list);
    if (error === "GateFailed" || error === "LedgerBroken") stopped += 1;
    // As long as something else lies where the file belongs nobody can say that the bank has nothing.
    if (error === "SubmissionUnknown" && (await isCrowdedOut(scene, list))) crowded += 1;
    if (crowded > 3) return park();
    // What two people could not accept is wrong, and stays wrong; so is a ledger that contradicts itself.
    const bent = stopped > 3 ? "abandon" : policy;
    const next = decided(error, bent, random, record?.state);
    if (next === "park") {
      return park();
    }
    if (next === "wait") {
      const holder = await holderOf(scene, list);
      // Behind a batch that somebody has left, nothing of this one moves.
      if (holder !== undefined && scene.parked.has(holder)) return park();
      if (holder === undefined || random.chance(0.1)) await again(scene, who, random);
      // Nothing happens until the other one is over, and that may take weeks.
      else if (calm) await scheduler.sleep(6 * HOUR, "the other batch");
      // Somebody looks after that one too, and comes to an end.
      if (holder !== undefined) looks -= 1;
      continue;
    }
    const refused = await done(scene, next, list, who, random);
    const holder = refused === "LockHeld" ? await holderOf(scene, list) : undefined;
    if (holder !== undefined && scene.parked.has(holder)) return park();
    if (holder !== undefined) looks -= 1;
  }
  return "stuck";
}

type Next = "redrive" | "continue" | "abandon" | "resume" | "resolve" | "accept" | "park" | "wait";

/** By the name of the error, as the runbook says, and by what this person is inclined to. */
function decided(error: string, policy: Policy, random: Random, state: string | undefined): Next {
  // Its close died half way: the execution that was at it goes on, or a new one does.
  if (state === "CLOSED") return random.chance(0.5) ? "redrive" : "continue";
  if (state === "ABANDONED") return "abandon";
  switch (error) {
    case "LockHeld":
      return "wait";
    case "StreamPaused":
      return "resume";
    case "BatchAbandoned":
    case "BatchAbandoning":
      return "abandon";
    case "SubmissionUnknown":
      if (policy === "park") return "park";
      return random.chance(policy === "abandon" ? 0.5 : 0.15) ? "abandon" : "resolve";
    case "GateFailed":
      if (policy === "park") return "park";
      return policy === "finish" && random.chance(0.7) ? "accept" : "abandon";
    case "CutOffPassed":
      return policy === "park" && random.chance(0.7) ? "park" : "abandon";
    case "SubmissionStopped":
    case "BankFileDamaged":
    case "DueListMismatch":
    case "DueListMissing":
      return policy === "park" ? "park" : "abandon";
    default:
      if (policy === "abandon" && random.chance(0.5)) return "abandon";
      if (policy === "park" && random.chance(0.15)) return "park";
      return random.chance(0.7) ? "redrive" : "continue";
  }
}

/** Does it; returns the name of what refused an abandon. */
async function done(
  scene: Scene,
  next: Exclude<Next, "park" | "wait">,
  list: BatchList,
  who: { readonly by: string; readonly reason: string; readonly batchId: string },
  random: Random,
): Promise<string | undefined> {
  const { act } = scene;
  act("olga", next, list.batchId);
  switch (next) {
    case "redrive":
      await again(scene, who, random);
      return undefined;
    case "continue":
      if ((await refusal(scene.call("ContinueBatch", who))) !== undefined) await again(scene, who, random);
      return undefined;
    case "abandon": {
      const refused = await refusal(scene.call("AbandonBatch", who));
      // What was sent of it, or is in doubt, goes on.
      if (refused === undefined) await again(scene, who, random);
      return refused;
    }
    case "resume":
      await refusal(scene.call("ResumeStream", { stream: list.stream, by: who.by, reason: who.reason }));
      await again(scene, who, random);
      return undefined;
    case "resolve":
      await resolve(scene, list, random);
      await again(scene, who, random);
      return undefined;
    case "accept":
      await accept(scene, list, random);
      await again(scene, who, random);
      return undefined;
  }
}

/** Redrives the newest execution, or continues the batch where that is no longer possible. */
async function again(scene: Scene, who: { readonly batchId: string }, random: Random): Promise<void> {
  const refused = await refusal(scene.call("RedriveBatch", who));
  if (refused === undefined || refused === "ExecutionNotEnded") return;
  if (random.chance(0.8)) await refusal(scene.call("ContinueBatch", who));
}

/** Asks the bank about each file in doubt, and has its answer approved by a second person. */
async function resolve(scene: Scene, list: BatchList, random: Random): Promise<void> {
  const { scheduler, ledger, bank } = scene;
  const files = (await ledger.readStream(list.stream))?.batch?.files ?? [];
  for (const file of files.filter(({ state }) => state === "UNKNOWN" || state === "SUBMITTING")) {
    // Who asks too early is refused, and asks again.
    const patience = random.chance(0.75) ? random.int(1, 3) * LATE_ENOUGH_MS : random.int(0, 3) * MINUTE;
    await scheduler.sleep(patience, "the bank is asked");
    const nn = String(file.number).padStart(2, "0");
    const has = bank.hasFile(file.submitting?.key ?? "");
    const proposal = await proposed(scene, list, file, has ? "submitted" : "rejected");
    if (proposal === undefined) continue;
    await scheduler.sleep(random.int(1, 40) * MINUTE, "a second person");
    scene.act("bob", "approve", `${list.batchId}-${nn}`);
    await refusal(scene.call("Approve", { proposal, by: random.chance(0.9) ? "bob" : "olga" }));
  }
}

async function proposed(
  scene: Scene,
  list: BatchList,
  file: FileItem,
  outcome: "submitted" | "rejected",
): Promise<string | undefined> {
  const event = {
    action: "resolve-submission",
    batchId: list.batchId,
    number: file.number,
    outcome,
    evidence: Buffer.from(`the bank's letter about file ${file.number}: ${outcome}`),
    reference: `REF ${list.number}`,
    channel: "email",
    statedAt: new Date(scene.scheduler.now - MINUTE).toISOString(),
    reason: "the bank has answered",
    by: "olga",
  };
  try {
    return ((await scene.call("Propose", event)) as Proposal).id;
  } catch {
    return undefined;
  }
}

/** Accepts whatever the gate suspects of a batch, by two people. */
async function accept(scene: Scene, list: BatchList, random: Random): Promise<void> {
  for (const check of ["growth", "same-totals", "same-debit"]) {
    const event = {
      action: "accept-suspicion",
      batchId: list.batchId,
      check,
      reason: "looked at",
      by: "olga",
    };
    let proposal: string;
    try {
      proposal = ((await scene.call("Propose", event)) as Proposal).id;
    } catch {
      continue;
    }
    await scene.scheduler.sleep(random.int(1, 40) * MINUTE, "a second person");
    scene.act("bob", "approve", list.batchId);
    await refusal(scene.call("Approve", { proposal, by: "bob" }));
  }
}

/** All executions that were ever started for a batch, by whatever name. */
function executionsOf({ machine }: Scene, { batchId }: BatchList): string[] {
  return machine.names().filter((name) => name === batchId || name.startsWith(`${batchId}-`));
}

/** The error that the person sees: of the newest execution, or of any that there is. */
function errorOf(scene: Scene, list: BatchList): string {
  const name = newestExecution(scene, list) ?? executionsOf(scene, list).at(-1);
  const { error = "none", cause = "" } = (name !== undefined && scene.machine.describe(name)) || {};
  // A map's failure names its child's error in the cause.
  if (error === "States.ExceedToleratedFailureThreshold")
    return /failed with (\w+)/.exec(cause)?.[1] ?? error;
  return error;
}

/** The other batch that holds the stream's lock, unless it is over and its lock counts as free. */
async function holderOf({ ledger }: Scene, list: BatchList): Promise<string | undefined> {
  const holder = (await ledger.readStream(list.stream))?.batch?.id;
  if (holder === undefined || holder === list.batchId) return undefined;
  const state = (await ledger.readBatch(holder))?.state;
  return state === "CLOSED" || state === "ABANDONED" ? undefined : holder;
}

async function isFree({ ledger }: Scene, list: BatchList): Promise<boolean> {
  return (await ledger.readStream(list.stream))?.batch?.id !== list.batchId;
}

/** Whether under the key of a file in doubt something lies, and not the file. */
async function isCrowdedOut({ ledger, buckets }: Scene, list: BatchList): Promise<boolean> {
  const files = (await ledger.readStream(list.stream))?.batch?.files ?? [];
  for (const { state, sha256, submitting } of files) {
    if (submitting === undefined || (state !== "UNKNOWN" && state !== "SUBMITTING")) continue;
    const lie = await Promise.all(
      (await buckets.versions("outbound", submitting.key)).map(({ version = "" }) =>
        buckets.read("outbound", submitting.key, { version }),
      ),
    );
    if (lie.length > 0 && !lie.some((one) => one && hashOf(one.bytes) === sha256)) return true;
  }
  return false;
}

/** When everything has come to an end, what no file has carried is billed once more, under a list of its own. */
export function successors({ scheduler, workload, lists, bank, clock }: Scene): BatchList[] {
  const today = clock.dateAt(scheduler.now as Instant, "Australia/Sydney");
  const left = Object.keys(workload.configuration.streams).flatMap(
    (stream) => successorOf(stream, lists, workload, bank, addDays(today, 1)) ?? [],
  );
  lists.push(...left);
  return left;
}
