import { batchId, dueListPrefix } from "../../lambdas/domain/batch.ts";
import type { CalendarDate } from "../../lambdas/domain/calendar-date.ts";
import type { Stream } from "../../lambdas/domain/stream.ts";
import { systemClock } from "../../lambdas/adapters/clock.ts";
import type { BatchView } from "../../lambdas/operations/show-batch/show-batch.ts";
import type { Instant } from "../../lambdas/ports.ts";
import type { Started } from "../../lambdas/start-batch/start-batch.ts";
import { EXIT, exitCode } from "../ops/exit-code.ts";
import { endWith } from "../ops/end-with.ts";
import { WrongInput } from "../wrong-input.ts";
import { type BatchResult, batchResult, refusedResult } from "./batch-result.ts";
import {
  type DueFolder,
  freeNumber,
  otherList,
  manifestFigures,
  producedAt,
  readDueFolder,
  uploadDueFolder,
} from "./due-folder.ts";
import { exportBatch } from "./export.ts";
import {
  type Local,
  localConfiguration,
  localFolder,
  type LocalStart,
  SAMPLE,
  startOn,
  withLocal,
} from "./open-local.ts";
import { freshAdvice, LocalFault } from "./local-fault.ts";
import { progressPrinter } from "./progress.ts";
import { resultText } from "./result-text.ts";
import { START_HELP, type StartOptions, startOptions } from "./start-options.ts";

/** `npm start`: one billing batch on this machine. */
async function main(): Promise<number> {
  const options = startOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(START_HELP);
    return EXIT.done;
  }
  const say = (text: string) => void (options.json || process.stdout.write(text));
  const { streams } = localConfiguration();
  const stream = Object.hasOwn(streams, options.stream) ? streams[options.stream] : undefined;
  if (!stream)
    throw new WrongInput(
      `there is no stream "${options.stream}"; there are ${Object.keys(streams).join(", ")}`,
    );
  const folder = await readDueFolder(options.due ?? SAMPLE);
  const date = options.date ?? dateOf(folder, stream);
  const end = (result: BatchResult) => {
    if (options.json) process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
    else say(`\n${resultText(result)}`);
    return exitCode(result.status, result.error?.name);
  };
  if (date === undefined) {
    const message = "manifest.json is unreadable, or does not say when it was produced; --date names the day";
    return end(refusedResult("", stream.name, { name: "DueListMismatch", message }, manifestFigures(folder)));
  }
  const scheduled = systemClock.instantOf(date, stream.schedule.time, stream.timeZone);
  const clock = clockOf(options, stream.name, date, scheduled);
  say(
    `debit-once  stream ${stream.name}, billing date ${date}; the local clock starts at ${shown(clock.startAt, stream)}\n`,
  );

  try {
    const onEvent = options.json ? () => {} : progressPrinter(process.stdout);
    return end(
      await withLocal({ ...clock, fresh: options.fresh, onEvent }, (local) =>
        billed(local, stream, date, scheduled, folder, options),
      ),
    );
  } catch (error) {
    // Without a terminal to read the sentence, a script gets it in the object.
    if (!options.json || !(error instanceof LocalFault)) throw error;
    const { name, message, next } = error;
    return end(
      refusedResult("", stream.name, { name, message: `${message} ${next}` }, manifestFigures(folder)),
    );
  }
}

/** The day of the manifest, in the stream's zone; undefined where the manifest does not say. */
function dateOf(folder: DueFolder, stream: Stream): CalendarDate | undefined {
  const at = producedAt(folder);
  if (at === undefined) return undefined;
  return systemClock.dateAt(Date.parse(at) as Instant, stream.timeZone);
}

/** A run that forgets the batches before it forgets what time it was then. */
function clockOf(
  { now, fresh }: StartOptions,
  stream: string,
  date: CalendarDate,
  scheduled: Instant,
): LocalStart {
  if (now !== undefined) return { startAt: now };
  const { day, startAt } = startOn(stream, date, scheduled);
  return { ...(day !== undefined && { day }), startAt: fresh ? scheduled : startAt };
}

/** Uploads the list as a billing system does, starts the batch as the schedule does, and waits for its end. */
async function billed(
  local: Local,
  stream: Stream,
  date: CalendarDate,
  scheduled: Instant,
  folder: DueFolder,
  options: StartOptions,
): Promise<BatchResult> {
  const number = options.number ?? (await freeNumber(local.objects, stream.name, date, folder));
  const id = batchId(stream.name, date, number);
  const due = manifestFigures(folder);
  const other = await otherList(local.objects, stream.name, date, number, folder);
  if (other) {
    const message = `${id} was started for another due list: ${figures(other)}; this one has ${figures(due)}`;
    return refusedResult(id, stream.name, { name: "DueListMismatch", message }, due);
  }
  const before = (await local.app.invoke("ShowBatch", { batchId: id })) as BatchView;
  await uploadDueFolder(local.upload, dueListPrefix(stream.name, date, number), folder);
  const event = { stream: stream.name, scheduledTime: iso(scheduled), number };
  let started: Started;
  try {
    started = (await local.app.invoke("StartBatch", event)) as Started;
  } catch (error) {
    const { name, message } = error as Error;
    return refusedResult(id, stream.name, { name, message }, due);
  }
  // The clock refuses starts: of a batch that has begun it is told where it stands, at any time.
  if (started.outcome === "REFUSED" && !before.record && !before.execution) {
    const { reason, message } = started;
    return refusedResult(id, stream.name, { name: reason, message }, due);
  }
  return standing(local, stream, before, due);
}

/** Where a batch stands that was started now or before, once its newest execution has ended. */
async function standing(
  local: Local,
  stream: Stream,
  before: BatchView,
  due: BatchResult["due"],
): Promise<BatchResult> {
  const { batchId: id, record } = before;
  const name = before.execution?.name ?? id;
  if (!local.app.execution(name)) {
    // Abandoned before it began, it has none.
    if (record?.state === "ABANDONED") {
      return batchResult(before, stream.name, { status: "FAILED" }, false, { files: [] }, due);
    }
    throw new LocalFault(`The record of the execution ${name} is missing.`, freshAdvice(localFolder()));
  }
  const execution = await local.app.waitFor(name);
  const view = (await local.app.invoke("ShowBatch", { batchId: id })) as BatchView;
  const exported = await exportBatch(local.objects, view, localFolder());
  return batchResult(view, stream.name, execution, record?.state === "CLOSED", exported, due);
}

function figures({ count, cents }: BatchResult["due"]): string {
  return `${count} rows, ${cents} cents`;
}

/** An instant as clocks of the stream's zone show it. */
function shown(instant: Instant, { timeZone }: Stream): string {
  // Swedish dates are written yyyy-mm-dd hh:mm:ss.
  return `${new Date(instant).toLocaleString("sv-SE", { timeZone })} ${timeZone}`;
}

function iso(instant: number): string {
  return new Date(instant).toISOString();
}

await endWith(main);
