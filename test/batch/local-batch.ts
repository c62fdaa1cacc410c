import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { checkStreams } from "../../infra/config/check-streams.ts";
import { configuration } from "../../infra/config/configuration.ts";
import { type LocalAccount, OPEN_ACCOUNT } from "../../infra/local/account-endpoint.ts";
import { readAssembly } from "../../infra/local/assembly.ts";
import type { ExecutionRecord } from "../../infra/local/execution-records.ts";
import { type Around, type LocalApp, openLocalApp } from "../../infra/local/local-app.ts";
import { synthesize } from "../../infra/local/synthesis.ts";
import { batchId, dueListPrefix, parseBatchId } from "../../lambdas/domain/batch.ts";
import { calendarDate } from "../../lambdas/domain/calendar-date.ts";
import type { Claim } from "../../lambdas/domain/records.ts";
import type { Stream } from "../../lambdas/domain/stream.ts";
import type { Abandoned } from "../../lambdas/operations/abandon-batch/abandon-batch.ts";
import type { Continued } from "../../lambdas/operations/continue-batch/continue-batch.ts";
import type { BatchView } from "../../lambdas/operations/show-batch/show-batch.ts";
import type { Clock, Instant } from "../../lambdas/ports.ts";
import type { Started } from "../../lambdas/start-batch/start-batch.ts";
import { CallRecorder } from "../parity/call-record.ts";
import { type ReceivedFile, receivedFile } from "./bank-inbox.ts";
import type { DueList, DueRow } from "./due-list.ts";
import { LocalStores, type StoredItem } from "./local-stores.ts";
import { StoreWire } from "./store-wire.ts";

/** A Monday without a holiday near it. */
export const DATE = "2026-03-02";
export const TEMPLATES = fileURLToPath(
  new URL("../../node_modules/.cache/debit-once/cdk.out", import.meta.url),
);
let synthesized: Promise<string> | undefined;

/** The folder of the templates, named by a hash of their sources: the test file that comes first makes it. */
export function synthesis(): Promise<string> {
  return (synthesized ??= synthesize({ stage: "dev", outdir: TEMPLATES }));
}

/** Which of a stream's batches is meant: the first of {@link DATE} unless told. */
export interface Slot {
  readonly date?: string;
  readonly number?: number;
}

/** How an execution has ended. */
export interface Ended {
  readonly id: string;
  readonly status: ExecutionRecord["status"];
  readonly failure: NonNullable<ExecutionRecord["failure"]> | undefined;
}

/** How an execution has ended, and what `show` says then. */
export interface BatchRun extends Ended {
  readonly view: BatchView;
}

/** Changes of a stream; those of its bank profile are laid over the profile. */
export type StreamChanges = Partial<Omit<Stream, "bankProfile">> & {
  readonly bankProfile?: Partial<Stream["bankProfile"]>;
};

/** The synthesized app, open on stores of its own, with as many streams as the tests want. */
export class LocalBilling {
  readonly app: LocalApp;
  readonly stores: LocalStores;
  readonly wire: StoreWire;
  readonly folder: string;
  readonly #streams: Record<string, Stream>;
  readonly #billed: Map<string, BilledStream>;
  readonly #recorder: CallRecorder;
  #made = 0;

  private constructor(
    app: LocalApp,
    recorder: CallRecorder,
    folder: string,
    streams: Record<string, Stream>,
    billed: Map<string, BilledStream>,
  ) {
    this.app = app;
    this.#recorder = recorder;
    this.folder = folder;
    this.stores = new LocalStores(app);
    this.wire = new StoreWire(app);
    this.#streams = streams;
    this.#billed = billed;
  }

  /**
   * @param now what the local clock shows when the app is open
   * @param watch stands around every call of a function, outside of what its stream has put there
   * @param account what change calendar and stacks say; unless told, nothing speaks against a deployment
   */
  static async open(
    now = `${DATE}T07:00:00+11:00`,
    watch: Around = (_name, _event, call) => call(),
    account: LocalAccount = OPEN_ACCOUNT,
  ): Promise<LocalBilling> {
    const assembly = await readAssembly(await synthesis());
    const folder = await mkdtemp(join(tmpdir(), "debit-once-batches-"));
    const known = configuration("dev");
    const streams = { ...known.streams };
    const billed = new Map<string, BilledStream>();
    const recorder = new CallRecorder(assembly.names);
    const app = await openLocalApp({
      folder,
      assembly,
      configuration: { ...known, streams },
      startAt: Date.parse(now) as Instant,
      storage: "memory",
      account,
      retryDelayMs: 0,
      onCall: (call) => recorder.sent(call),
      around: (name, event, call) => {
        recorder.invoked(name);
        const around = billed.get(streamOf(event))?.around;
        return watch(name, event, () => (around ? around(name, event, call) : call()));
      },
    });
    return new LocalBilling(app, recorder, folder, streams, billed);
  }

  async close(): Promise<void> {
    this.stores.close();
    await this.app.close();
    this.#recorder.keep(basename(expect.getState().testPath ?? ""));
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A stream that no other test has: a lock, a user id and mandates of its own. */
  stream(changes: StreamChanges = {}): BilledStream {
    const number = (this.#made += 1);
    const code = `T${String(number).padStart(3, "0")}`;
    const model = this.#streams["au-cba"] as Stream;
    const bankProfile = { ...model.bankProfile, userId: String(700_000 + number), ...changes.bankProfile };
    // A test that moves the cut-off says nothing about the watch.
    const { cutOff: expectedBy = model.expectedBy } = changes;
    return this.#register({ ...model, expectedBy, ...changes, name: `test-${number}`, code, bankProfile });
  }

  /** One of the configured streams as it is. */
  example(name: string): BilledStream {
    return this.#register(this.#streams[name] as Stream);
  }

  /** Puts another configuration of a stream in the place of its own, as a deployment between two states would. */
  configure(stream: Stream): void {
    this.#streams[stream.name] = stream;
  }

  #register(stream: Stream): BilledStream {
    checkStreams([stream], []);
    this.#streams[stream.name] = stream;
    const billed = new BilledStream(this, stream);
    this.#billed.set(stream.name, billed);
    return billed;
  }
}

/** One stream as its billing system, its scheduler, its people and its bank see it. */
export class BilledStream {
  readonly stream: Stream;
  /** Stands around every call of a function for this stream: watches it, lets it fail, tampers before or after. */
  around: Around | undefined;
  readonly #billing: LocalBilling;

  constructor(billing: LocalBilling, stream: Stream) {
    this.#billing = billing;
    this.stream = stream;
  }

  /** Changes limits of the stream; without any it is as it was made. */
  change(limits: Partial<Stream>): void {
    this.#billing.configure({ ...this.stream, ...limits });
  }

  get stores(): LocalStores {
    return this.#billing.stores;
  }

  get clock(): Clock {
    return this.#billing.app.clock;
  }

  id({ date = DATE, number = 1 }: Slot = {}): string {
    return batchId(this.stream.name, calendarDate(date), number);
  }

  /** The `n`th instalment: a mandate, a bank account and an amount that no other one has. */
  row(n: number, changes: Partial<DueRow> = {}): DueRow {
    const serial = String(n).padStart(3, "0");
    return {
      mandate_id: `M-${this.stream.code}-${serial}`,
      due_date: DATE,
      attempt: "1",
      merchant_id: n % 2 === 0 ? "m-pools" : "m-gym",
      merchant_name: n % 2 === 0 ? "Bondi Pools" : "Bondi Gym",
      customer_id: `C-${serial}`,
      bsb: n % 2 === 0 ? "062-000" : "083-214",
      account_number: `${this.stream.bankProfile.userId.slice(-5)}${serial}0`,
      account_title: `PAYER ${serial}`,
      amount_cents: String(1000 + 17 * n),
      ...changes,
    };
  }

  rows(count: number, changes: Partial<DueRow> = {}): DueRow[] {
    return Array.from({ length: count }, (_, index) => this.row(index + 1, changes));
  }

  async upload(list: DueList, { date = DATE, number = 1 }: Slot = {}): Promise<void> {
    const prefix = dueListPrefix(this.stream.name, calendarDate(date), number);
    await this.stores.putObject("due", `${prefix}due.csv`, list.csv);
    await this.stores.putObject("due", `${prefix}manifest.json`, list.manifest);
  }

  /** What the scheduler does. */
  async start({ date = DATE, number = 1 }: Slot = {}): Promise<Started> {
    const { schedule, timeZone, name } = this.stream;
    const due = this.clock.instantOf(calendarDate(date), schedule.time, timeZone);
    const event = { stream: name, scheduledTime: new Date(due).toISOString(), number };
    return (await this.#billing.app.invoke("StartBatch", event)) as Started;
  }

  /** Uploads, starts, and waits for the end of the execution. */
  async run(list: DueList, slot: Slot = {}): Promise<BatchRun> {
    await this.upload(list, slot);
    await this.start(slot);
    return this.viewed(slot);
  }

  async ended(slot: Slot = {}): Promise<Ended> {
    const { status, failure } = await this.#billing.app.waitFor(this.id(slot));
    return { id: this.id(slot), status, failure };
  }

  async redrive(slot: Slot = {}): Promise<Ended> {
    await this.#billing.app.invoke("RedriveBatch", { batchId: this.id(slot), by: "anna", reason: "mended" });
    return this.ended(slot);
  }

  async redriven(slot: Slot = {}): Promise<BatchRun> {
    await this.redrive(slot);
    return this.viewed(slot);
  }

  async viewed(slot: Slot = {}): Promise<BatchRun> {
    return { ...(await this.ended(slot)), view: await this.show(slot) };
  }

  /** Continues the batch, waits for its new execution, and answers under its name. */
  async continued(slot: Slot = {}): Promise<BatchRun> {
    const event = { batchId: this.id(slot), by: "anna", reason: "mended" };
    const { execution } = (await this.#billing.app.invoke("ContinueBatch", event)) as Continued;
    const { status, failure } = await this.#billing.app.waitFor(execution);
    return { id: execution, status, failure, view: await this.show(slot) };
  }

  /** Redrives a batch that has failed until it does not fail any more, or `most` times. */
  async redrivenToItsEnd(run: Ended, most: number): Promise<{ run: BatchRun; times: number }> {
    let [{ status }, times] = [run, 0];
    for (; status === "FAILED" && times < most; times += 1) ({ status } = await this.redrive());
    return { run: await this.viewed(), times };
  }

  async abandon(slot: Slot = {}): Promise<Abandoned> {
    const event = { batchId: this.id(slot), by: "anna", reason: "not today" };
    return (await this.#billing.app.invoke("AbandonBatch", event)) as Abandoned;
  }

  async pause(): Promise<void> {
    await this.#billing.app.invoke("PauseStream", { stream: this.stream.name, by: "ben", reason: "storm" });
  }

  async resume(): Promise<void> {
    await this.#billing.app.invoke("ResumeStream", { stream: this.stream.name, by: "ben", reason: "calm" });
  }

  async show(slot: Slot = {}): Promise<BatchView> {
    return (await this.#billing.app.invoke("ShowBatch", { batchId: this.id(slot) })) as BatchView;
  }

  /** Every file of this user id in the outbound bucket, read as its bank would. */
  async inbox(): Promise<ReceivedFile[]> {
    const keys = await this.stores.keys("outbound", `${this.stream.bankProfile.userId}/`);
    const read = async (key: string) =>
      receivedFile(key, (await this.stores.object("outbound", key)) ?? Buffer.alloc(0));
    return Promise.all(keys.map(read));
  }

  /** The ledger's claims on this stream's mandates, in order of their lines. */
  async claims(): Promise<Claim[]> {
    const items = (await this.stores.items()) as unknown as readonly (Claim & StoredItem)[];
    return items
      .filter(({ sk, stream }) => sk.startsWith("DEBIT#") && stream === this.stream.name)
      .sort((a, b) => a.line - b.line);
  }
}

/** The batch is over as if nothing had happened: closed, lock free, nothing in doubt, every staged row submitted. */
export function expectClosed(run: BatchRun, submitted: number): void {
  expect(run.failure).toBeUndefined();
  expect(run).toMatchObject({
    status: "SUCCEEDED",
    view: {
      record: { state: "CLOSED", ending: { submitted: { count: submitted }, withdrawn: { count: 0 } } },
      report: { content: { status: "CLOSED" } },
    },
  });
  expect(run.view.stream?.lock).toBeUndefined();
  expect(run.view.files.filter(({ state }) => state !== "SUBMITTED")).toEqual([]);
}

/** The stream that an event is about, by whichever of its names the event has. */
function streamOf(event: unknown): string {
  const { stream, batchId: id } = event as { readonly stream?: string; readonly batchId?: string };
  return stream ?? parseBatchId(id ?? "")?.stream ?? "";
}
