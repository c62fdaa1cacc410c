import { batchId, dueListPrefix } from "../domain/batch.ts";
import type { CalendarDate } from "../domain/calendar-date.ts";
import { DueListMismatch, DueListMissing } from "../domain/faults.ts";
import type { DueListIdentity } from "../domain/records.ts";
import type { Configuration } from "../domain/stream.ts";
import {
  dueListIdentity,
  listInWords,
  MANIFEST,
  type StartedList,
  startedList,
} from "../due-list-identity.ts";
import type { Executions, Instant, Objects, Once, Ports } from "../ports.ts";
import { streamOf } from "../stream-of.ts";
import { type Refusal, refusedStart } from "./may-start.ts";

export type Started =
  | { readonly outcome: "STARTED" | "ALREADY_STARTED"; readonly batchId: string }
  | { readonly outcome: "REFUSED"; readonly reason: Refusal; readonly message: string };

/**
 * Starts the batch that a schedule's event means: the billing date is the date of the scheduled time in the
 * stream's zone, the due list is the lowest-numbered one of that date (or the one that the event names), and the
 * batch id, derived from both, is the execution's name. The same event delivered twice starts nothing twice.
 * @param event.scheduledTime ISO 8601 instant at which the start was due
 * @throws DueListMissing, DueListMismatch, StreamUnknown
 */
export async function startBatch(
  event: {
    readonly stream: string;
    readonly scheduledTime: string;
    readonly number?: number | undefined;
    readonly remainingMs: number;
  },
  ports: Pick<Ports, "objects" | "clock" | "nonce" | "log" | "metrics"> & {
    readonly configuration: Configuration;
    readonly executions: Pick<Executions, "start" | "describe">;
    readonly once: Once;
  },
): Promise<Started> {
  const stream = streamOf(ports.configuration, event.stream);
  const nonce = ports.nonce();
  const scheduled = Date.parse(event.scheduledTime) as Instant;
  const billingDate = ports.clock.dateAt(scheduled, stream.timeZone);
  const refusal = refusedStart(stream, ports.configuration.calendar, billingDate, {
    now: ports.clock.now(),
    scheduled,
    cutOff: ports.clock.instantOf(billingDate, stream.cutOff, stream.timeZone),
  });
  if (refusal) {
    ports.log.decision({
      state: "StartBatch",
      // Without a number it was never asked which list there is.
      ...(event.number !== undefined && { batchId: batchId(stream.name, billingDate, event.number) }),
      stream: stream.name,
      nonce,
      outcome: "REFUSED",
      reason: refusal.reason,
      billingDate,
    });
    // A holiday is no refusal that anybody must know of; that the holiday list has come to its end is one.
    const known = billingDate <= ports.configuration.calendar.knownUntil;
    if (refusal.reason !== "not-a-business-day" || !known) ports.metrics.count("StartRefused", stream.name);
    return { outcome: "REFUSED", ...refusal };
  }
  const number = event.number ?? (await lowestNumber(ports.objects, stream.name, billingDate));
  const id = batchId(stream.name, billingDate, number);
  const list = await dueListIdentity(ports.objects, dueListPrefix(stream.name, billingDate, number));
  let exists = false;
  const once = await ports.once(
    id,
    `${list.sha256} ${list.count} ${list.totalCents}`,
    event.remainingMs,
    async () => {
      const input = {
        batchId: id,
        stream: stream.name,
        billingDate,
        number,
        list: startedList(list),
      };
      exists = (await ports.executions.start(id, input)) === "exists";
    },
  );
  const outcome = once === "ran" && !exists ? "STARTED" : "ALREADY_STARTED";
  if (outcome === "ALREADY_STARTED") await sameStart(ports.executions, id, list);
  ports.log.decision({ state: "StartBatch", batchId: id, stream: stream.name, nonce, outcome });
  if (outcome === "STARTED") ports.metrics.count("BatchStarted", stream.name);
  return { outcome, batchId: id };
}

/**
 * The execution that has the name must have been started for this very list: the starter's record forgets, and a
 * list that is called already started although it never was is a list that nobody bills.
 * @throws DueListMismatch with both figures
 */
async function sameStart(
  executions: Pick<Executions, "describe">,
  id: string,
  list: DueListIdentity,
): Promise<void> {
  const { input } = (await executions.describe(id)) ?? {};
  const started = (JSON.parse(input ?? "{}") as { list?: StartedList }).list;
  const now = startedList(list);
  // An input without a mark is of another version of this code, and tells nothing that could be compared.
  if (started?.mark === undefined || started.mark === now.mark) return;
  throw new DueListMismatch(
    `${id} was started for another due list: ${listInWords(started)}; now there is ${listInWords(now)}`,
  );
}

/** The lowest number under which the date has a manifest. Higher ones are started by name. */
async function lowestNumber(objects: Objects, stream: string, billingDate: CalendarDate): Promise<number> {
  const prefix = `${stream}/${billingDate}/`;
  const numbers = (await objects.list("due", prefix))
    .filter((key) => key.endsWith(`/${MANIFEST}`))
    .map((key) => Number(key.slice(prefix.length, prefix.length + 2)))
    .filter((number) => Number.isInteger(number) && number > 0);
  if (numbers.length === 0)
    throw new DueListMissing(`there is no due list under ${prefix} in the due bucket`);
  return Math.min(...numbers);
}
