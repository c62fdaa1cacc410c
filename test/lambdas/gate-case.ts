import { createHash } from "node:crypto";
import { clockFrom } from "../../lambdas/adapters/clock.ts";
import { acquireLock } from "../../lambdas/billing-batch/acquire-lock/acquire-lock.ts";
import { composeBankFile } from "../../lambdas/billing-batch/compose-bank-file/compose-bank-file.ts";
import { planBatch } from "../../lambdas/billing-batch/plan-segments/plan-segments.ts";
import { reconcile } from "../../lambdas/billing-batch/reconcile/reconcile.ts";
import { stageSegment } from "../../lambdas/billing-batch/stage-segment/stage-segment.ts";
import { BankFileWriter, type FileDebit } from "../../lambdas/domain/bank-file-writer.ts";
import { readBankFile } from "../../lambdas/domain/bank-file-reader.ts";
import { batchId } from "../../lambdas/domain/batch.ts";
import { calendarDate } from "../../lambdas/domain/calendar-date.ts";
import { COLUMNS } from "../../lambdas/domain/exclusion.ts";
import { GateFailed } from "../../lambdas/domain/faults.ts";
import type { FileItem, SegmentItem, StreamItem } from "../../lambdas/domain/records.ts";
import type { BatchReport, Check } from "../../lambdas/domain/report.ts";
import type { Stream } from "../../lambdas/domain/stream.ts";
import type { Instant, Metrics } from "../../lambdas/ports.ts";
import { type LedgerInMemory, ledgerInMemory } from "../ledger-in-memory.ts";
import { type ObjectsInMemory, objectsInMemory } from "../objects-in-memory.ts";

/** Batches that the real steps have staged and composed, for the gate to judge and for tests to tamper with. */

export const BILLING_DATE = calendarDate("2026-03-02");
export const MORNING = "2026-03-02T07:00";
export const BATCH = batchId("au-test", BILLING_DATE, 1);
const FOLDER = "au-test/2026-03-02/01/";

export function stream(over: Partial<Stream> = {}, profile: Partial<Stream["bankProfile"]> = {}): Stream {
  return {
    name: "au-test",
    code: "TS",
    bankProfile: {
      name: "test",
      mnemonic: "CBA",
      userId: "301500",
      userName: "ACME BILLING",
      selfBalancing: true,
      headerAccount: false,
      lastLineEnd: true,
      traceBsb: "062-692",
      traceAccount: "00-432781",
      maxAheadDays: 5,
      ...profile,
    },
    timeZone: "Australia/Sydney",
    schedule: { time: "07:00", weekdays: [1, 2, 3, 4, 5] },
    cutOff: "16:00",
    expectedBy: "15:00",
    maxStartDelayMinutes: 120,
    dueWindowDays: { past: 31, ahead: 0 },
    maxDebitCents: 2_000_000,
    maxFileDebits: 4,
    maxFileCents: 9_999_999_999,
    maxBatchCents: 10_000_000_000,
    toleratedExcludedShare: 0.5,
    minDaysBetweenInstalments: 5,
    growthFactor: 3,
    segmentRows: 4,
    concurrency: 2,
    remitterNames: { "m-long": "SHORT NAME" },
    ...over,
  };
}

/** A row of the due list by its columns; what is not given is sound. */
export function row(over: Partial<Record<(typeof COLUMNS)[number], string>> = {}): string[] {
  const sound = {
    mandate_id: "mandate-1",
    due_date: "2026-03-02",
    attempt: "1",
    merchant_id: "m-gym",
    merchant_name: "Bondi Gym",
    customer_id: "customer-1",
    bsb: "083-170",
    account_number: "12345678",
    account_title: "Zoë NGUYEN",
    amount_cents: "4995",
    ...over,
  };
  return COLUMNS.map((column) => sound[column]);
}

/** Sound rows of as many mandates, each with an amount and a bank account of its own. */
export function rows(count: number): string[][] {
  return Array.from({ length: count }, (_, index) =>
    row({
      mandate_id: `mandate-${index + 1}`,
      merchant_id: index % 2 === 0 ? "m-gym" : "m-pool",
      merchant_name: index % 2 === 0 ? "Bondi Gym" : "Pool & Spa",
      account_number: `${10_000_000 + index}`,
      amount_cents: `${1000 + index * 7}`,
    }),
  );
}

export function csv(list: readonly (readonly string[])[]): Buffer {
  const field = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return Buffer.from([COLUMNS, ...list].map((fields) => `${fields.map(field).join(",")}\n`).join(""));
}

export function manifestOf(bytes: Buffer, list: readonly (readonly string[])[]): Buffer {
  const amounts = list.map((fields) => (fields.length === 10 ? (fields[9] ?? "") : ""));
  const totalCents = amounts.filter((text) => /^[0-9]{1,15}$/.test(text)).map(Number);
  return Buffer.from(
    JSON.stringify({
      count: list.length,
      totalCents: totalCents.reduce((sum, cents) => sum + cents, 0),
      sha256: sha256(bytes),
      producedAt: "2026-03-01T20:00:00+11:00",
    }),
  );
}

export function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A clock of Sydney that stands still. */
function clockAt(local: string) {
  const [date, time] = local.split("T") as [string, string];
  const { instantOf } = clockFrom(() => 0 as Instant);
  const now = instantOf(calendarDate(date), time, "Australia/Sydney");
  return clockFrom(() => now);
}

export class GateCase {
  readonly ledger: LedgerInMemory = ledgerInMemory();
  readonly objects: ObjectsInMemory;
  readonly stream: Stream;
  /** Local date and time at which the gate judges. */
  now = MORNING;
  holidays: string[] = [];
  decisions: object[] = [];
  counts: Parameters<Metrics["count"]>[] = [];
  fence = 0;
  #nonces = 0;

  constructor(configured: Stream, options: { readonly versions?: boolean } = {}) {
    this.stream = configured;
    this.objects = objectsInMemory(options);
  }

  get ports() {
    return {
      ledger: this.ledger,
      objects: this.objects,
      clock: clockAt(this.now),
      nonce: () => `nonce-${(this.#nonces += 1)}`,
      log: { decision: (line: object) => void this.decisions.push(line) },
      metrics: { count: (...counted: Parameters<Metrics["count"]>) => void this.counts.push(counted) },
      configuration: {
        streams: { [this.stream.name]: this.stream },
        calendar: { holidays: this.holidays, knownUntil: "2026-12-31" },
        epoch: 1,
      },
    };
  }

  get event() {
    return { batchId: BATCH, fence: this.fence };
  }

  /** Puts the due list and runs the real steps up to the gate. */
  async prepare(list: readonly (readonly string[])[], bytes = csv(list)): Promise<this> {
    this.objects.put("due", `${FOLDER}due.csv`, bytes);
    this.objects.put("due", `${FOLDER}manifest.json`, manifestOf(bytes, list));
    const { fence } = await acquireLock(
      { batchId: BATCH, execution: BATCH, entered: "2026-10-05T20:00:00.000Z", retry: 0 },
      this.ports,
    );
    this.fence = fence;
    const { segments } = await planBatch(this.event, this.ports);
    for (const segment of segments) await stageSegment({ ...this.event, segment }, this.ports);
    await composeBankFile(this.event, this.ports);
    return this;
  }

  /** Runs the gate and tells what came of it, from the stored report. Any fault but GateFailed goes on. */
  async judge(): Promise<{
    readonly failed: string[];
    readonly report: BatchReport;
    readonly message?: string;
  }> {
    let message: string | undefined;
    try {
      await reconcile(this.event, this.ports);
    } catch (error) {
      if (!(error instanceof GateFailed)) throw error;
      message = error.message;
    }
    const report = await this.report();
    const failed = report.checks.filter((check) => !check.passed).map((check) => check.name);
    return { failed, report, ...(message !== undefined && { message }) };
  }

  /** The newest report. */
  async report(): Promise<BatchReport> {
    const key = (await this.objects.list("reports", `${BATCH}/report-`)).filter((name) =>
      name.endsWith(".json"),
    );
    const stored = await this.objects.read("reports", key.at(-1) ?? "");
    if (!stored) throw new Error("there is no report");
    return JSON.parse(stored.bytes.toString("utf8")) as BatchReport;
  }

  async item(): Promise<StreamItem> {
    const item = await this.ledger.readStream(this.stream.name);
    if (!item) throw new Error("there is no stream item");
    return item;
  }

  async file(number: number): Promise<FileItem> {
    const file = (await this.item()).batch?.files?.[number - 1];
    if (!file) throw new Error(`there is no file ${number}`);
    return file;
  }

  /** Changes a file's frozen record, as a wrong compose would have written it. */
  async refreeze(number: number, change: (file: FileItem) => FileItem): Promise<void> {
    const item = await this.item();
    const files = (item.batch?.files ?? []).map((file) => (file.number === number ? change(file) : file));
    if (!item.batch) throw new Error("the stream is free");
    this.ledger.putStream({ ...item, batch: { ...item.batch, files } });
  }

  /** Replaces a file's bytes and freezes their hash: what a compose with a bug would have left. */
  async replaceBytes(number: number, change: (bytes: Buffer) => Buffer): Promise<void> {
    const { key, version } = await this.file(number);
    const stored = await this.objects.read("bankFiles", key, version === undefined ? {} : { version });
    if (!stored) throw new Error("the file is not there");
    const bytes = change(stored.bytes);
    const put = this.objects.put("bankFiles", key, bytes);
    await this.refreeze(number, (file) => ({ ...file, ...put, sha256: sha256(bytes) }));
  }

  /** Writes a file anew with other debits, legal in itself, and freezes hash and sums. */
  async recompose(number: number, change: (debits: FileDebit[]) => FileDebit[]): Promise<void> {
    const { description } = await this.file(number);
    let sums = { debits: 0, cents: 0 };
    await this.replaceBytes(number, (bytes) => {
      const entries = readBankFile(bytes).entries.filter(({ code }) => code === "13");
      const file = new BankFileWriter(this.stream.bankProfile, { description, processingDate: BILLING_DATE });
      for (const debit of change(entries)) file.add(debit);
      const finished = file.finish();
      sums = { debits: file.debits, cents: file.cents };
      return Buffer.from(finished);
    });
    await this.refreeze(number, (file) => ({ ...file, ...sums }));
  }

  /** Replaces a segment's list of exclusions and freezes its hash in a changed segment record. */
  async restage(
    number: number,
    change: (exclusions: object[]) => object[],
    record: (segment: SegmentItem) => SegmentItem = (segment) => segment,
  ): Promise<void> {
    const segment = await this.ledger.readSegment(BATCH, number);
    const stored = segment && (await this.objects.read("work", segment.exclusionsKey));
    if (!segment || !stored) throw new Error(`there is no segment ${number}`);
    const lines = stored.bytes.toString("utf8").split("\n").filter(Boolean);
    const exclusions = change(lines.map((line) => JSON.parse(line) as object));
    const bytes = Buffer.from(exclusions.map((exclusion) => `${JSON.stringify(exclusion)}\n`).join(""));
    const exclusionsKey = `${segment.exclusionsKey}.changed`;
    this.objects.put("work", exclusionsKey, bytes);
    this.ledger.putSegment(record({ ...segment, exclusionsKey, exclusionsSha256: sha256(bytes) }));
  }
}

/** A batch of sound rows, staged and composed: 4 debits to a file, 4 rows to a segment. */
export async function soundCase(count = 10, over: Partial<Stream> = {}): Promise<GateCase> {
  return new GateCase(stream(over)).prepare(rows(count));
}

export function check(report: BatchReport, name: string): Check {
  const found = report.checks.find((one) => one.name === name);
  if (!found) throw new Error(`there is no check ${name}`);
  return found;
}
