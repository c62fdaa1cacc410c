import { calendarDate } from "../../lambdas/domain/calendar-date.ts";
import type { Exclusion } from "../../lambdas/domain/exclusion.ts";
import { lodgementReference } from "../../lambdas/domain/lodgement-reference.ts";
import type { Stream } from "../../lambdas/domain/stream.ts";
import type { DueRow } from "./due-list.ts";
import { DATE } from "./local-batch.ts";
import type { StreamItem } from "../../lambdas/domain/records.ts";
import type { StoredItem } from "./local-stores.ts";
import { centsOf, over, type TamperedBatch, withCents } from "./tampered-batch.ts";

/**
 * The case that all of them tamper with: nine due rows in segments of five. Lines 1 to 4 are in the first file; 5, 6
 * and 9, a second attempt, in the second; 7 is excluded for its title, 8 is claimed by an earlier batch.
 */
export type Tamper = (batch: TamperedBatch) => Promise<void>;

/** What is tampered with, the checks of the gate that must fail for it, and how it is done. */
export type Case = readonly [what: string, failed: readonly string[], tamper: Tamper];

type Change = (text: string) => string;
const changed = (texts: readonly string[], index: number, change: Change) => {
  const at = index < 0 ? texts.length + index : index;
  return texts.with(at, change(texts[at] ?? ""));
};
/** Cents more in one record. */
export const more = (cents: bigint) => (text: string) => withCents(text, centsOf(text) + cents);
/** One change after the other. */
export const inOrder =
  (...tampers: Tamper[]): Tamper =>
  async (b) => {
    for (const tamper of tampers) await tamper(b);
  };

/** One entry of the first file, with every sum and hash that follows from it. */
export const entry =
  (index: number, change: Change): Tamper =>
  (b) =>
    b.editEntries(1, (entries) => changed(entries, index, change));
/** One record of the first file as it stands, with its hash. */
export const record =
  (index: number, change: Change): Tamper =>
  (b) =>
    b.editRecords(1, (records) => changed(records, index, change));
/** The first and the third entry of the first file exchange the columns from one to another. */
export const exchange =
  (from: number, to: number): Tamper =>
  (b) =>
    b.editEntries(1, (entries) => {
      const [one = "", , other = ""] = entries;
      const [mine, theirs] = [one.slice(from - 1, to), other.slice(from - 1, to)];
      return entries.with(0, over(one, from, theirs)).with(2, over(other, from, mine));
    });
/** Cents more of one debit, in its entry, its index line and its claim. */
export const raised = (index: number, cents: bigint): Tamper =>
  inOrder(
    entry(index, more(cents)),
    (b) =>
      b.editIndex(1, (lines) =>
        lines.map((line, at) => (at === index ? { ...line, cents: line.cents + Number(cents) } : line)),
      ),
    (b) => b.editClaim(index + 1, (claim) => void (claim.cents += Number(cents))),
  );
/** An entry of the second file more, with the reference of a due-list line, and its index line. */
export const added = (line: number, at: number): Tamper =>
  inOrder(
    (b) =>
      b.editEntries(2, (entries) => {
        const origin = { code: b.stream.stream.code, billingDate: calendarDate(DATE), number: 2, line };
        return entries.toSpliced(at, 0, over(entries[0] ?? "", 63, lodgementReference(origin).padEnd(18)));
      }),
    (b) =>
      b.editIndex(2, (lines) => {
        const mandateId = b.rows[line - 1]?.mandate_id ?? "M-77";
        return lines.flatMap((own, index) =>
          index === at ? [{ ...lines[0], line, mandateId }, own] : [own],
        );
      }),
  );
/** The last entry of the second file is gone, and its index line. */
export const lost: Tamper = inOrder(
  (b) => b.editEntries(2, (entries) => entries.slice(0, -1)),
  (b) => b.editIndex(2, (lines) => lines.slice(0, -1)),
);
/** Line 1 is gone from file, index and claims, and staging says that it was excluded so. */
export const invented = (exclusion: Omit<Exclusion, "line" | "cents">): Tamper =>
  inOrder(
    (b) => b.editEntries(1, (entries) => entries.slice(1)),
    (b) => b.editIndex(1, (lines) => lines.slice(1)),
    (b) => b.editClaim(1, undefined),
    (b) =>
      b.editSegment(1, (segment, exclusions) => {
        const cents = Number(b.rows[0]?.amount_cents);
        segment.staged = { count: segment.staged.count - 1, cents: segment.staged.cents - cents };
        segment.excluded = { count: 1, cents };
        segment.byReason = { [exclusion.reason]: 1 };
        segment.stagedLines = Buffer.from([0b1_1110]).toString("base64");
        const names = { mandateId: b.rows[0]?.mandate_id ?? "", dueDate: DATE };
        return [{ line: 1, cents, ...names, ...exclusion }, ...exclusions];
      }),
  );
/** One column of a due row, in the list as it lies there. */
export const dueRow =
  (n: number, column: keyof DueRow, value: string, also: { readonly manifest: boolean }): Tamper =>
  (b) =>
    b.editDueList((csv) => {
      const row = b.rows[n - 1] as DueRow;
      return csv.replace(Object.values(row).join(","), Object.values({ ...row, [column]: value }).join(","));
    }, also);
/** Limits that are lower when the gate judges than they were when the files were composed. */
export const under =
  (limits: Partial<Stream>): Tamper =>
  async (b) =>
    b.stream.change(limits);
/** The id of the batch that was closed before this one. */
export const earlier = (b: TamperedBatch) => b.stream.id();

/** A stored item of the batch that was closed before, which is there. */
async function earlierItem(b: TamperedBatch, sk: string): Promise<StoredItem> {
  const item = await b.stream.stores.item(`BATCH#${earlier(b)}`, sk);
  if (item === undefined) throw new Error(`the earlier batch has no ${sk}`);
  return item;
}
/** One more batch that has closed, on that day, with one debit. */
export const closedOn =
  (billingDate: string): Tamper =>
  async (b) => {
    const batchId = b.stream.id({ date: billingDate });
    const [stream, submitted] = [b.stream.stream.name, { count: 1, cents: 1017 }];
    const record = await earlierItem(b, "META");
    const ending = { ...(record["ending"] as object), submitted };
    await b.kept.putItem({ ...record, pk: `BATCH#${batchId}`, id: batchId, billingDate, ending });
    const closing = { schema: 1, stream, billingDate, number: 1, batchId, closedAt: "", submitted };
    await b.kept.putItem({ ...closing, pk: `STREAM#${stream}`, sk: `CLOSED#${billingDate}#01` });
  };
/** The record of the file that was sent before says the sums of this batch's first one. */
export const sentWithSameTotals: Tamper = async (b) => {
  const item = await b.stream.stores.item(`STREAM#${b.stream.stream.name}`, "STATE");
  const { batch } = item as unknown as Pick<StreamItem, "batch">;
  const { debits, cents } = batch?.files?.[0] ?? {};
  await b.kept.putItem({ ...(await earlierItem(b, "FILE#01")), debits, cents });
};
/** The bytes of the file that was sent before are gone. */
export const sentFileGone: Tamper = async (b) =>
  b.kept.putObject("bankFiles", String((await earlierItem(b, "FILE#01"))["key"]), undefined);
