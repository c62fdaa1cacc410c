import { createHash } from "node:crypto";
import { configuration } from "../../infra/config/configuration.ts";
import { dueListSample, type DueListSample } from "../../infra/local/samples/due-list-sample.ts";
import { systemClock } from "../../lambdas/adapters/clock.ts";
import { readBankFile } from "../../lambdas/domain/bank-file-reader.ts";
import type { Entry } from "../../lambdas/domain/bank-file.ts";
import { batchId, dueListPrefix } from "../../lambdas/domain/batch.ts";
import type { CalendarDate } from "../../lambdas/domain/calendar-date.ts";
import { readRows } from "../../lambdas/domain/due-list.ts";
import { tellableCents } from "../../lambdas/domain/due-row.ts";
import type { Stream } from "../../lambdas/domain/stream.ts";
import { freeBillingDay } from "./billing-day.ts";
import { compare, type Compared, totalsText } from "./comparison.ts";
import { STAGE } from "./deployment.ts";
import type { DeployedStage, StartEvent } from "./deployed-stage.ts";

/** A list that lies in the due bucket, and the event that starts its batch. */
export interface LeftList {
  readonly id: string;
  readonly stream: Stream;
  readonly billingDate: CalendarDate;
  readonly sample: DueListSample;
  readonly event: StartEvent;
}

/** What a batch has left at the bank and in the ledger, so that a later look can tell that nothing was added. */
interface Left {
  readonly objects: readonly string[];
  readonly compared: Compared;
}

export type Say = (text: string) => void;

/** Leaves a list of the sample generator for a day that the starter accepts at whatever hour this runs. */
export async function leaveList(stage: DeployedStage, streamName: string, rows: number): Promise<LeftList> {
  const { streams, calendar } = configuration(STAGE);
  const stream = streams[streamName] as Stream;
  const used = new Set((await stage.dueKeys(`${streamName}/`)).map((key) => String(key.split("/")[1])));
  const today = systemClock.dateAt(systemClock.now(), stream.timeZone);
  const billingDate = freeBillingDay(today, calendar, stream.bankProfile.maxAheadDays, used);
  const sample = dueListSample({
    rows,
    seed: 1,
    stream: streamName,
    date: billingDate,
    badShare: 0.02,
    merchants: 5,
  });
  await stage.putDueList(dueListPrefix(streamName, billingDate, 1), sample);
  const scheduled = systemClock.instantOf(billingDate, stream.schedule.time, stream.timeZone);
  const event = { stream: streamName, scheduledTime: new Date(scheduled).toISOString() };
  return { id: batchId(streamName, billingDate, 1), stream, billingDate, sample, event };
}

/** @throws Error where it is not so, with what it is */
export function expect(what: string, found: unknown, wanted: unknown): void {
  if (JSON.stringify(found) === JSON.stringify(wanted)) return;
  throw new Error(`${what}: found ${JSON.stringify(found)}, wanted ${JSON.stringify(wanted)}`);
}

/**
 * Asks the blackout check while the batch is open, again and again to its end. An answer counts only where the ledger
 * showed the batch open, and its execution running, before the question and after the answer.
 */
export async function askWhileOpen(
  stage: DeployedStage,
  list: LeftList,
  ask: () => Promise<() => void>,
): Promise<number> {
  let counted = 0;
  for (;;) {
    const before = await isOpen(stage, list);
    if (!before && (await stage.execution(list.id)).status !== "RUNNING") break;
    if (!before) continue;
    const judge = await ask();
    if (!(await isOpen(stage, list))) continue;
    judge();
    counted += 1;
  }
  if (counted === 0) throw new Error(`no answer of the blackout check came while ${list.id} was open`);
  return counted;
}

async function isOpen(stage: DeployedStage, { id, stream }: LeftList): Promise<boolean> {
  const item = await stage.ledger.readStream(stream.name);
  const record = await stage.ledger.readBatch(id);
  const { status } = await stage.execution(id);
  return item?.batch?.id === id && record?.state === "OPEN" && status === "RUNNING";
}

/** Waits for the batch's execution, and looks at what it has left. */
export async function closed(stage: DeployedStage, list: LeftList, say: Say): Promise<Left> {
  const { status } = await stage.ended(list.id);
  expect(`execution ${list.id}`, status, "SUCCEEDED");
  const left = await whatIsLeft(stage, list);
  say(`${list.id} is CLOSED\n${totalsText(left.compared)}`);
  return left;
}

/** The bank's files against the ledger, entry by entry. Throws for every difference. */
async function whatIsLeft(
  stage: DeployedStage,
  { id, stream, billingDate, sample }: LeftList,
): Promise<Left> {
  const record = await stage.ledger.readBatch(id);
  expect(`the ledger's record of ${id}`, record?.state, "CLOSED");
  const files = await stage.ledger.readFiles(id);
  const objects = await stage.outbound(`${stream.bankProfile.userId}/${id}-`);
  expect(
    `the objects that the bank picks up of ${id}`,
    objects.map(({ key, bytes }) => [key, createHash("sha256").update(bytes).digest("hex")]),
    files.map(({ delivered, sha256 }) => [delivered?.key, sha256]),
  );
  expect(
    `the files of ${id}`,
    files.map(({ state }) => state),
    files.map(() => "SUBMITTED"),
  );
  const entries: Entry[] = [];
  for (const { key, bytes } of objects) {
    const reading = readBankFile(bytes);
    expect(`the strict reading of ${key}`, [...reading.faults, ...reading.warnings], []);
    expect(`the day of ${key}`, reading.header?.processingDate, billingDate);
    entries.push(...reading.entries);
  }
  const compared = compare({
    batch: { id, code: stream.code, billingDate, number: 1 },
    due: dueAmounts(sample, stream),
    claims: await stage.claimsOf(id),
    entries,
  });
  expect(`what ledger and bank file of ${id} do not agree on`, compared.differences, []);
  // A comparison of nothing with nothing would agree too.
  const excluded = sample.bad.reduce((sum, { excluded }) => sum + excluded, 0);
  expect(`the debits of ${id}`, compared.bankFile.count, sample.count - excluded);
  expect(`what ${id} says it has submitted`, record?.ending?.submitted, compared.bankFile);
  expect(`what ${id} says it has excluded`, record?.ending?.excluded.count, excluded);
  return { objects: objects.map(({ key, version }) => `${key} ${version}`), compared };
}

/** Line → cents of the rows that say an amount. */
function dueAmounts({ records }: DueListSample, stream: Stream): Map<number, number> {
  const amounts = new Map<number, number>();
  for (const { line, fields } of readRows(Buffer.from(records.join("")), { header: true })) {
    const cents = tellableCents(fields, stream);
    if (cents > 0) amounts.set(line, cents);
  }
  return amounts;
}

/** The same event again, and another execution for the same list: neither adds anything anywhere. */
export async function again(stage: DeployedStage, list: LeftList, left: Left, say: Say): Promise<void> {
  const answer = await stage.start(list.event);
  expect("the same event, delivered again", answer, { outcome: "ALREADY_STARTED", batchId: list.id });
  const { input } = await stage.execution(list.id);
  const name = `${list.id}-c1`;
  await stage.startAgain(name, input);
  const { status, output } = await stage.ended(name);
  expect(`execution ${name}`, status, "SUCCEEDED");
  const { lock } = JSON.parse(output ?? "{}") as { lock?: { outcome?: string } };
  expect(`the lock of execution ${name}`, lock?.outcome, "ALREADY_CLOSED");
  await nothingAdded(stage, list, left);
  say(
    `${list.id} again: the starter says ${answer.outcome}, a second execution ${lock?.outcome}; nothing twice`,
  );
}

/** One list, and the same event twice in the same instant: one execution, each debit once. */
export async function twoAtOnce(stage: DeployedStage, list: LeftList, say: Say): Promise<void> {
  const answers = await Promise.all([stage.start(list.event), stage.start(list.event)]);
  const outcomes = answers.map(({ outcome }) => outcome).sort();
  expect("two starts at once", outcomes, ["ALREADY_STARTED", "STARTED"]);
  const left = await closed(stage, list, say);
  expect("the executions of two starts at once", await stage.executionsOf(list.id), [list.id]);
  await nothingAdded(stage, list, left);
  say(`${list.id}: two starts at once were ${outcomes.join(" and ")}; one execution`);
}

async function nothingAdded(stage: DeployedStage, list: LeftList, left: Left): Promise<void> {
  const now = await whatIsLeft(stage, list);
  expect(`what ${list.id} has left`, now, left);
}
