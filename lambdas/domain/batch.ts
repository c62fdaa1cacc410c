import { type CalendarDate, parseCalendarDate } from "./calendar-date.ts";

/** `<stream>-<billing date>-<nn>`: a batch's name in the ledger, in the logs and as an execution. */
export type BatchId = string & { readonly __unit: "batch id" };

const FORM = /^([a-z0-9-]{3,20})-(\d{4}-\d{2}-\d{2})-(\d{2})$/;

/** @throws RangeError unless the number is 1 to 99 */
export function batchId(stream: string, billingDate: CalendarDate, number: number): BatchId {
  if (!Number.isInteger(number) || number < 1 || number > 99)
    throw new RangeError("a batch's number is 1 to 99");
  return `${stream}-${billingDate}-${twoDigits(number)}` as BatchId;
}

/** The parts of a batch id, or undefined if the text is none. */
export function parseBatchId(
  text: string,
): { id: BatchId; stream: string; billingDate: CalendarDate; number: number } | undefined {
  const match = FORM.exec(text);
  const billingDate = match && parseCalendarDate(match[2] as string);
  if (!match || !billingDate || match[3] === "00") return undefined;
  return { id: text as BatchId, stream: match[1] as string, billingDate, number: Number(match[3]) };
}

/** Batch and file numbers in keys and names: 1 becomes "01". */
export function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}

/** The folder of a batch's due list in the due bucket. */
export function dueListPrefix(stream: string, billingDate: CalendarDate, number: number): string {
  return `${stream}/${billingDate}/${twoDigits(number)}/`;
}

/** How a file is named in messages. */
export function fileName(batchId: string, file: number): string {
  return `file ${twoDigits(file)} of batch ${batchId}`;
}
