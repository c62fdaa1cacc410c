import { addDays, calendarDate } from "../../domain/calendar-date.ts";
import { isSent } from "../../domain/moves.ts";
import type { BatchItem, ClosingItem, FileItem, Sum } from "../../domain/records.ts";
import type { Ledger } from "../../ports.ts";
import type { Case } from "./case.ts";

/** A file that the bank has, of another batch of the stream. */
export interface RecentFile {
  readonly batchId: string;
  readonly item: FileItem;
}

/** The first day that a calendar date can name. */
const EVER = calendarDate("1900-01-01");

type Reads = Pick<Ledger, "readClosings" | "readBatch" | "readFiles">;

/**
 * The stream's closed batches, from its first one to those whose billing date lies ahead of the judged batch's by no
 * more than the days that are looked at. A closing only says where to look:
 * it is put before the batch's record says CLOSED, so the record decides, and its ending has the figures.
 */
export class RecentBatches {
  readonly #case: Case;
  readonly #days: number;
  readonly #ledger: Reads;
  /** Newest first; never the judged batch itself. */
  readonly #closings: readonly ClosingItem[];
  readonly #records = new Map<string, BatchItem | undefined>();

  private constructor(judged: Case, days: number, ledger: Reads, closings: readonly ClosingItem[]) {
    this.#case = judged;
    this.#days = days;
    this.#ledger = ledger;
    this.#closings = closings;
  }

  /** @param days how far ahead and back {@link sentFiles} looks */
  static async read(judged: Case, days: number, ledger: Reads): Promise<RecentBatches> {
    const last = addDays(judged.billingDate, days);
    const closings = await ledger.readClosings(judged.stream.name, EVER, last);
    const others = closings.filter(({ batchId }) => batchId !== judged.batch.id);
    return new RecentBatches(judged, days, ledger, others.reverse());
  }

  /**
   * What the last closed batches have submitted, newest first: those with an earlier billing date, or with the same
   * one and a lower number. Batches that submitted nothing are passed over.
   */
  async lastSubmitted(most: number): Promise<Sum[]> {
    const { batch, billingDate } = this.#case;
    const sums: Sum[] = [];
    for (const closing of this.#closings) {
      if (sums.length === most) break;
      if (closing.billingDate > billingDate) continue;
      if (closing.billingDate === billingDate && closing.number > batch.number) continue;
      const submitted = (await this.#closed(closing))?.ending?.submitted;
      if (submitted !== undefined && submitted.count > 0) sums.push(submitted);
    }
    return sums;
  }

  /**
   * The files that the bank has of every closed batch whose billing date lies at most that many days from the judged
   * one's, oldest first. Also ahead of it: a list can be billed a day early, and come again on its own day.
   */
  async sentFiles(): Promise<RecentFile[]> {
    const first = addDays(this.#case.billingDate, -this.#days);
    const files: RecentFile[] = [];
    for (const closing of this.#closings.filter(({ billingDate }) => billingDate >= first).reverse()) {
      const record = await this.#closed(closing);
      if (record === undefined) continue;
      const items = await this.#ledger.readFiles(record.id);
      for (const item of items.filter(({ state }) => isSent(state))) files.push({ batchId: record.id, item });
    }
    return files;
  }

  /** The record behind a closing; undefined unless it says CLOSED. */
  async #closed({ batchId }: ClosingItem): Promise<BatchItem | undefined> {
    if (!this.#records.has(batchId)) this.#records.set(batchId, await this.#ledger.readBatch(batchId));
    const record = this.#records.get(batchId);
    return record?.state === "CLOSED" ? record : undefined;
  }
}
