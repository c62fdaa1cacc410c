import { createHash } from "node:crypto";
import type { IndexLine } from "../../lambdas/domain/bank-file.ts";
import type { Exclusion } from "../../lambdas/domain/exclusion.ts";
import type { Claim, FileItem, SegmentItem, StreamItem } from "../../lambdas/domain/records.ts";
import type { Area } from "../../lambdas/ports.ts";
import { type DueRow, dueList } from "./due-list.ts";
import { KeptStores } from "./kept-stores.ts";
import type { BatchReport } from "../../lambdas/domain/report.ts";
import type { BatchRun, BilledStream, Ended, Slot } from "./local-batch.ts";
import type { StoredItem } from "./local-stores.ts";

type Changed<T> = { -readonly [Key in keyof T]: T[Key] };
type Entry = string;

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const digits = (value: bigint | number, width: number) => String(value).padStart(width, "0");
const jsonLines = (lines: readonly object[]) =>
  Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));

/** A record with some columns (counted from 1) written over. */
export function over(record: string, column: number, text: string): string {
  return record.slice(0, column - 1) + text + record.slice(column - 1 + text.length);
}

export const centsOf = (entry: Entry) => BigInt(entry.slice(20, 30));
export const withCents = (entry: Entry, cents: bigint) => over(entry, 21, digits(cents, 10));

/** What the gate made of a case. */
export interface Judgement {
  readonly run: Ended;
  /** The report that the gate wrote, and all of its objects. */
  readonly report: BatchReport | undefined;
  readonly keys: readonly string[];
  /** Files that the bank got meanwhile. */
  readonly sent: number;
}

/**
 * A batch that waits before its gate, and somebody who can write everything that the gate reads: each change is as
 * consistent as it can be made (hashes, totals and sums are written anew), so that only what the gate itself
 * compares can give it away.
 */
export class TamperedBatch {
  readonly stream: BilledStream;
  readonly rows: readonly DueRow[];
  readonly id: string;
  readonly kept: KeptStores;
  readonly #slot: Slot;

  private constructor(stream: BilledStream, rows: readonly DueRow[], slot: Slot) {
    this.stream = stream;
    this.rows = rows;
    this.id = stream.id(slot);
    this.kept = new KeptStores(stream.stores);
    this.#slot = slot;
  }

  /** Runs a batch of these rows up to its gate. */
  static async of(stream: BilledStream, rows: readonly DueRow[], slot: Slot = {}): Promise<TamperedBatch> {
    stream.around = async (name, _, call) => {
      if (name === "Reconcile") throw new Error("before the gate");
      return call();
    };
    await stream.run(dueList(rows), slot);
    return new TamperedBatch(stream, rows, slot);
  }

  /** Tampers, lets the gate judge, and puts everything back as it was. */
  async judged(tamper: (batch: TamperedBatch) => Promise<void>): Promise<Judgement> {
    const { stores } = this.stream;
    const outbound = () => stores.keys("outbound", `${this.stream.stream.bankProfile.userId}/`);
    const before = await outbound();
    this.stream.around = async (name, _, call) => {
      const result = await call();
      // A gate that has passed throws nothing, and the next redrive would not come back to it.
      if (name === "Reconcile") throw new Error("the gate has passed");
      return result;
    };
    try {
      // A gate that passes writes its verdict there.
      await this.kept.keepItem(`STREAM#${this.stream.stream.name}`, "STATE");
      await tamper(this);
      const run = await this.stream.redrive(this.#slot);
      const keys = await stores.keys("reports", `${this.id}/`);
      const json = await stores.object("reports", keys.at(-1) ?? "");
      const report = json && (JSON.parse(json.toString()) as BatchReport);
      // The next judgement starts without reports, as this one did.
      for (const key of keys) await stores.dropObject("reports", key);
      return { run, report, keys, sent: (await outbound()).length - before.length };
    } finally {
      this.stream.change({});
      await this.kept.restore();
    }
  }

  /** The folder of the due list. */
  get prefix(): string {
    return this.id.replace(/-(\d{4}-\d\d-\d\d)-(\d\d)$/, "/$1/$2/");
  }

  /** Lets the batch go on as it was before anybody tampered with it. */
  async released(): Promise<BatchRun> {
    this.stream.around = undefined;
    return this.stream.redriven(this.#slot);
  }

  /** Changes the due list where it lies; with its manifest and the batch's own record, or without. */
  async editDueList(edit: (csv: string) => string, also: { readonly manifest: boolean }): Promise<void> {
    const prefix = this.prefix;
    const csv = Buffer.from(edit(String(await this.stream.stores.object("due", `${prefix}due.csv`))));
    await this.kept.putObject("due", `${prefix}due.csv`, csv);
    if (!also.manifest) return;
    const rows = csv.toString().trimEnd().split("\n").slice(1);
    const total = rows.reduce((sum, row) => sum + Number(row.slice(row.lastIndexOf(",") + 1)), 0);
    const figures = { count: rows.length, totalCents: total, sha256: sha256(csv) };
    const manifest = { ...figures, producedAt: "2026-03-02T00:00:00Z" };
    await this.kept.putObject("due", `${prefix}manifest.json`, Buffer.from(JSON.stringify(manifest)));
    await this.editItem(`BATCH#${this.id}`, "META", (item) => {
      Object.assign(item["dueList"] as object, figures);
    });
  }

  /** Writes the debits of a file anew, with every sum, hash and range that follows from them. */
  async editEntries(number: number, edit: (entries: Entry[]) => Entry[]): Promise<void> {
    await this.editRecords(number, (records) => {
      const [header = "", balancing = "", totals = ""] = [records[0], records.at(-2), records.at(-1)];
      const entries = edit(records.slice(1, -2));
      const sum = entries.map(centsOf).reduce((total, cents) => total + cents, 0n);
      const count = digits(entries.length + 1, 6);
      const added = over(over(totals, 31, digits(sum, 10) + digits(sum, 10)), 75, count);
      return [header, ...entries, withCents(balancing, sum), added];
    });
  }

  /** Writes any records of a file anew, and lets the ledger freeze these bytes instead. */
  async editRecords(number: number, edit: (records: string[]) => string[]): Promise<void> {
    await this.editBytes(number, (bytes) => {
      const records = edit(bytes.toString("latin1").split("\r\n").slice(0, -1));
      return Buffer.from(records.map((record) => `${record}\r\n`).join(""), "latin1");
    });
  }

  async editBytes(number: number, edit: (bytes: Buffer) => Buffer): Promise<void> {
    await this.#editFile(number, async (file) => {
      const bytes = edit((await this.stream.stores.object("bankFiles", file.key)) ?? Buffer.alloc(0));
      file.sha256 = sha256(bytes);
      file.key = `${this.id}/0${number}-${file.sha256}.aba`;
      const debits = bytes
        .toString("latin1")
        .split("\r\n")
        .filter((record) => /^1.{17}13/.test(record));
      file.debits = debits.length;
      file.cents = Number(debits.map(centsOf).reduce((total, cents) => total + cents, 0n));
      await this.kept.putObject("bankFiles", file.key, bytes);
    });
  }

  /** Changes stored bytes where they lie, and nothing else. */
  async damage(area: Area, key: (file: FileItem) => string, number = 1): Promise<void> {
    const file = (await this.#stream()).batch?.files?.[number - 1] as FileItem;
    const bytes = (await this.stream.stores.object(area, key(file))) ?? Buffer.alloc(0);
    // The title of the first debit, or as far into anything else.
    bytes.writeUInt8(bytes.readUInt8(122 + 34) ^ 1, 122 + 34);
    await this.kept.putObject(area, key(file), bytes);
  }

  async editIndex(number: number, edit: (lines: Changed<IndexLine>[]) => object[]): Promise<void> {
    await this.#editFile(number, async (file) => {
      const text = String(await this.stream.stores.object("bankFiles", file.indexKey));
      const lines = text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Changed<IndexLine>);
      const bytes = jsonLines(edit(lines));
      file.indexSha256 = sha256(bytes);
      file.indexKey = `${this.id}/${file.indexSha256}.index.jsonl`;
      await this.kept.putObject("bankFiles", file.indexKey, bytes);
    });
  }

  /** Changes the record of a file, or of all of them. */
  async editFiles(edit: (files: Changed<FileItem>[]) => Changed<FileItem>[]): Promise<void> {
    await this.editItem(`STREAM#${this.stream.stream.name}`, "STATE", (item) => {
      const { batch } = item as unknown as { batch: { files: Changed<FileItem>[] } };
      batch.files = edit(batch.files);
    });
  }

  /** Changes what staging has recorded of a segment, with the exclusions that it lists. */
  async editSegment(
    number: number,
    edit: (record: Changed<SegmentItem>, exclusions: Exclusion[]) => Exclusion[],
  ): Promise<void> {
    const sk = `SEGMENT#${digits(number, 6)}`;
    const record = (await this.stream.stores.item(
      `BATCH#${this.id}`,
      sk,
    )) as unknown as Changed<SegmentItem> & StoredItem;
    const text = String(await this.stream.stores.object("work", record.exclusionsKey)).trimEnd();
    const exclusions = text === "" ? [] : text.split("\n").map((line) => JSON.parse(line) as Exclusion);
    const bytes = jsonLines(edit(record, exclusions));
    record.exclusionsSha256 = sha256(bytes);
    record.exclusionsKey = `${this.id}/exclusions/${number}-${record.exclusionsSha256}.jsonl`;
    await this.kept.putObject("work", record.exclusionsKey, bytes);
    await this.kept.putItem(record);
  }

  async editItem(pk: string, sk: string, edit: (item: Record<string, unknown>) => void): Promise<void> {
    const item = (await this.stream.stores.item(pk, sk)) as StoredItem;
    edit(item);
    await this.kept.putItem(item);
  }

  /** Changes the claim of a line; undefined takes it away. */
  async editClaim(line: number, edit: ((claim: Changed<Claim>) => void) | undefined): Promise<void> {
    const found = (await this.stream.claims()).find((claim) => claim.line === line) as unknown as StoredItem;
    if (edit === undefined) return this.kept.dropItem(found.pk, found.sk);
    await this.editItem(found.pk, found.sk, edit as unknown as (item: Record<string, unknown>) => void);
  }

  /** Puts a claim of this batch for a row that has none. */
  async addClaim(claim: Omit<Claim, "batchId" | "stream" | "segment">): Promise<void> {
    const { mandateId, dueDate, attempt } = claim;
    const key = { pk: `MANDATE#${mandateId}`, sk: `DEBIT#${dueDate}#${digits(attempt, 2)}`, schema: 1 };
    const names = { batchId: this.id, stream: this.stream.stream.name, segment: 1 };
    await this.kept.putItem({ ...key, ...names, ...claim });
  }

  async #editFile(number: number, edit: (file: Changed<FileItem>) => Promise<void>): Promise<void> {
    const { batch } = await this.#stream();
    const file = { ...(batch?.files?.[number - 1] as FileItem) };
    await edit(file);
    await this.editFiles((files) => files.with(number - 1, file));
  }

  async #stream(): Promise<StreamItem> {
    return (await this.stream.stores.item(
      `STREAM#${this.stream.stream.name}`,
      "STATE",
    )) as unknown as StreamItem;
  }
}
