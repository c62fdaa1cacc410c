import { inspect } from "node:util";
import { readAssembly } from "../../infra/local/assembly.ts";
import { batchResult } from "../../infra/local/batch-result.ts";
import { resultText } from "../../infra/local/result-text.ts";
import type { Around } from "../../infra/local/local-app.ts";
import { onLocal } from "../../infra/ops/on-local.ts";
import { overridesText, overrideText } from "../../infra/ops/override-text.ts";
import type { Approved } from "../../lambdas/operations/approve/approve.ts";
import type { Proposal } from "../../lambdas/operations/propose/propose.ts";
import type { OverridesView } from "../../lambdas/operations/show-overrides/show-overrides.ts";
import { viewText } from "../../infra/ops/view-text.ts";
import { COLUMNS, type Column } from "../../lambdas/domain/exclusion.ts";
import type { Area } from "../../lambdas/ports.ts";
import { type Canary, canary } from "./canaries.ts";
import { approves, longAgo, proposes } from "./doubt.ts";
import { type DueRow, dueList, HEADER, listOfBytes } from "./due-list.ts";
import { FILE_CASES } from "./gate-file-cases.ts";
import { LEDGER_CASES } from "./gate-ledger-cases.ts";
import { type BilledStream, DATE, LocalBilling, type Slot, synthesis } from "./local-batch.ts";
import { lostAnswer } from "./store-wire.ts";
import { TamperedBatch } from "./tampered-batch.ts";

/** What Lambda's runtime sends of an error to X-Ray. Nothing else of ours is in a trace: no code makes segments of its own. */
function tracedOf(error: unknown): string {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return JSON.stringify({ exceptions: [{ type: name, message, stack }] });
}

/** Something that was told, and where. */
export interface Told {
  readonly place: string;
  readonly where: string;
  readonly text: string;
}

/**
 * Batches of payers that are canaries: good ones, every way to be excluded, gates that fail, doubt, redrive, abandon,
 * refusals, damaged lists and calls by mistake. It keeps what no store keeps: inputs, outputs and errors of every call.
 */
export class LeakRuns {
  readonly billing: LocalBilling;
  readonly told: Told[];
  /** Every payer of every list, and those of them who are debited. */
  readonly payers: Canary[] = [];
  readonly debited: Canary[] = [];
  /** Those whose lists never lay in a bucket of these runs, and those whose files were not delivered. */
  readonly unsent: Canary[] = [];
  readonly undelivered: Canary[] = [];
  readonly #listening: { on: boolean };

  private constructor(billing: LocalBilling, told: Told[], listening: { on: boolean }) {
    this.billing = billing;
    this.told = told;
    this.#listening = listening;
  }

  static async open(): Promise<LeakRuns> {
    const told: Told[] = [];
    const listening = { on: true };
    const watch: Around = async (name, event, call) => {
      if (listening.on) told.push({ place: "inputs of functions", where: name, text: JSON.stringify(event) });
      try {
        const output = await call();
        told.push({ place: "outputs of functions", where: name, text: JSON.stringify(output ?? null) });
        return output;
      } catch (error) {
        told.push({ place: "errors", where: name, text: everyWordOf(error) });
        told.push({ place: "traces", where: name, text: tracedOf(error) });
        throw error;
      }
    };
    const runs = new LeakRuns(await LocalBilling.open(undefined, watch), told, listening);
    runs.#keepReports();
    return runs;
  }

  /** A row of a new payer; one who is debited unless the row is wrong. */
  row(stream: BilledStream, n: number, changes: Partial<DueRow> = {}, good = true): DueRow {
    const payer = canary(this.payers.length + 1);
    this.payers.push(payer);
    if (good) this.debited.push(payer);
    return stream.row(n, { account_number: payer.account, account_title: payer.title, ...changes });
  }

  bad(stream: BilledStream, n: number, change: (row: DueRow) => Partial<DueRow>): DueRow {
    const row = this.row(stream, n, {}, false);
    return { ...row, ...change(row) };
  }

  /** Runs a list, and prints what the command lines print of it. */
  async run(stream: BilledStream, list: ReturnType<typeof dueList>, slot: Slot = {}) {
    await stream.upload(list, slot);
    await stream.start(slot);
    return this.printed(stream, slot);
  }

  async printed(stream: BilledStream, slot: Slot = {}, ended = stream.viewed(slot)) {
    const { view, ...run } = await ended;
    const execution = this.billing.app.execution(run.id);
    const name = stream.stream.name;
    const texts = [viewText(view, name), JSON.stringify(view)];
    if (execution) {
      const result = batchResult(view, name, execution, false, { files: [] });
      texts.push(resultText(result), JSON.stringify(result));
    }
    this.told.push({ place: "texts of the command lines", where: run.id, text: texts.join("\n") });
    return { ...run, view };
  }

  async goodBatch(): Promise<string> {
    const stream = this.billing.stream({ segmentRows: 4, maxFileDebits: 5 });
    const spelled = (spell: (digits: string) => string): DueRow => {
      const row = this.row(stream, 1);
      return {
        ...row,
        mandate_id: `M-good-${this.payers.length}`,
        account_number: spell(row.account_number),
      };
    };
    const rows = [
      ...[1, 2, 3, 4, 5, 6, 7].map((n) => this.row(stream, n)),
      spelled((digits) => `${digits.slice(0, 3)}-${digits.slice(3, 6)}-${digits.slice(6)}`),
      this.row(stream, 8, { bsb: "083214" }),
    ];
    return (await this.run(stream, dueList(rows))).status;
  }

  /** Two mandates of one payer, which the gate suspects and two people accept; the watch looks at it too. */
  async acceptedSuspicion(): Promise<string> {
    const stream = this.billing.stream();
    const row = this.row(stream, 1);
    const twin = { ...row, mandate_id: `${row.mandate_id}-TWIN` };
    const stopped = await this.run(stream, dueList([row, twin]));
    const body = { action: "accept-suspicion", batchId: stopped.id, check: "same-debit", reason: "a test" };
    const { id } = (await onLocal(this.billing.app, "anna").decide("Propose", body)) as Proposal;
    await onLocal(this.billing.app, "ben").decide("Approve", { proposal: id });
    await this.billing.app.invoke("Watch", {});
    await stream.redrive();
    return `${stopped.failure?.error} ${(await this.printed(stream)).status}`;
  }

  /** An override of the deploy blackout, by people who would rather have told of a payer. */
  async overriddenBlackout(): Promise<string[]> {
    const { bsb, account_number: account } = this.row(this.billing.stream(), 1, {}, false);
    this.unsent.push(...this.payers.slice(-1));
    const { app } = this.billing;
    const asked = { action: "override-blackout", ticket: "OPS-7", minutes: 30, reason: "a test" };
    const refused = [];
    this.#listening.on = false;
    for (const mistake of [{ ticket: `${bsb}-${account}` }, { reason: `for ${bsb} ${account}` }]) {
      const refusal = onLocal(app, "anna").decide("Propose", { ...asked, ...mistake });
      refused.push(
        await refusal.catch((error: Error) => {
          this.told.push({ place: "errors", where: "Propose", text: everyWordOf(error) });
          return error.name;
        }),
      );
    }
    this.#listening.on = true;
    const { id } = (await onLocal(app, "anna").decide("Propose", asked)) as Proposal;
    const { proposedBy, approvedBy } = (await onLocal(app, "ben").decide("Approve", {
      proposal: id,
    })) as Approved;
    const view = (await app.invoke("ShowOverrides", {})) as OverridesView;
    const [override] = view.overrides;
    const texts = [overridesText(view), ...view.overrides.map(overrideText)].join("");
    this.told.push({ place: "texts of the command lines", where: id, text: texts });
    return [...refused.map(String), `${proposedBy} ${approvedBy}`, String(override?.standing)];
  }

  /** Every reason to be excluded, and rows whose columns are shifted, lost, doubled, exchanged or copied. */
  async excludedRows(): Promise<Record<string, number>> {
    const stream = this.billing.stream({ toleratedExcludedShare: 1, segmentRows: 16 });
    const earlier = [this.row(stream, 900), this.row(stream, 901)];
    await this.run(stream, dueList(earlier));
    const first = this.payers.length;
    let n = 0;
    const bad = (change: (row: DueRow) => Partial<DueRow>) => this.bad(stream, (n += 1), change);
    const text = (change: (fields: string[]) => string[]) => change(Object.values(bad(() => ({})))).join(",");
    const copied = (from: Column, to: Column) => bad((row) => ({ [to]: row[from] }));
    const exchanged = (one: Column, other: Column) =>
      bad((row) => ({ [one]: row[other], [other]: row[one] }));
    const [same, other] = [bad(() => ({})), bad(() => ({}))];
    const ids = ["mandate_id", "merchant_id", "amount_cents"] as const;
    const rows: (DueRow | string)[] = [
      bad((row) => ({ bsb: row.account_number })),
      bad((row) => ({ account_number: `${row.account_number}0` })),
      bad((row) => ({ account_title: `{${row.account_title}}` })),
      bad(() => ({ amount_cents: "1.00" })),
      bad(() => ({ amount_cents: "2000001" })),
      bad(() => ({ due_date: "2026-02-30" })),
      bad(() => ({ due_date: "2025-03-02" })),
      bad(() => ({ attempt: "x" })),
      bad(() => ({ attempt: "2" })),
      bad(() => ({ merchant_name: "体育館" })),
      bad(() => ({ merchant_name: "Seventeen letters" })),
      other,
      { ...other, amount_cents: "4" },
      same,
      same,
      { ...this.bad(stream, 900, () => ({})) },
      { ...this.bad(stream, 901, () => ({ due_date: "2026-02-27" })) },
      // Shifted by each number of columns; one lost, one too many, and both, at each place.
      ...COLUMNS.map((_, by) =>
        text((fields) => [...fields.slice(by + 1), ...fields.slice(0, by + 1)]),
      ).slice(0, -1),
      ...COLUMNS.map((_, at) => text((fields) => fields.toSpliced(at, 1))),
      ...COLUMNS.map((_, at) => text((fields) => fields.toSpliced(at, 0, ""))),
      ...COLUMNS.slice(0, 7).map((_, at) => text((fields) => [...fields.toSpliced(at, 1), ""])),
      ...COLUMNS.map((_, at) => text((fields) => ["", ...fields.toSpliced(at, 1)])),
      text((fields) => fields.toReversed()),
      // The bank account and the name in the place of each other column, exchanged and copied.
      ...COLUMNS.filter((column) => !["account_number", "account_title"].includes(column)).flatMap(
        (column) => [exchanged("account_number", column), exchanged("account_title", column)],
      ),
      ...ids.map((column) => copied("account_number", column)),
      ...ids.map((column) => bad((row) => ({ [column]: row.bsb.replace("-", "") + row.account_number }))),
      ...ids
        .map((column) =>
          bad((row) => {
            const [word = ""] = row.account_title.split(" ");
            return { [column]: word, account_title: word };
          }),
        )
        .slice(0, 1),
    ];
    // The first of two equal rows is debited, and a row that has lost a column has lost its payer.
    this.debited.push(...this.payers.filter(({ account }) => account === same.account_number));
    const csv = String(dueList(rows).csv);
    const isLost = ({ account, word }: Canary) => !csv.includes(account) || !csv.includes(word);
    this.unsent.push(...this.payers.slice(first).filter(isLost));
    const run = await this.run(stream, dueList(rows), { number: 2 });
    return { ...run.view.record?.ending?.excluded.byReason };
  }

  /** One excluded row among good ones: its amount is the whole sum of what was excluded. */
  async loneAmounts(): Promise<string[]> {
    const statuses: string[] = [];
    const ways: ((row: DueRow) => DueRow | string)[] = [
      (row) => ({ ...row, amount_cents: row.account_number }),
      (row) => ({ ...row, amount_cents: row.account_number, account_number: row.amount_cents }),
      (row) => [...Object.values(row).slice(8), ...Object.values(row).slice(0, 8)].join(","),
      (row) => ({ ...row, amount_cents: row.account_number, bsb: "x" }),
      (row) => ({ ...row, amount_cents: `062000${row.account_number}` }),
    ];
    for (const way of ways) {
      const stream = this.billing.stream({ toleratedExcludedShare: 1 });
      const good = [this.row(stream, 1), this.row(stream, 2)];
      const list = dueList([...good, way(this.bad(stream, 3, () => ({})))]);
      statuses.push((await this.run(stream, list)).status);
    }
    // The same twice over, and in the gate's own report when it fails.
    const stream = this.billing.stream({ toleratedExcludedShare: 0 });
    const lone = this.bad(stream, 3, (row) => ({ amount_cents: row.account_number }));
    statuses.push((await this.run(stream, dueList([this.row(stream, 1), lone]))).status);
    this.undelivered.push(...this.payers.slice(-1));
    return statuses;
  }

  /** Every tampering that the gate has a check for. */
  async failedGates(): Promise<Set<string>> {
    const stream = this.billing.stream({ segmentRows: 5, maxFileDebits: 4, toleratedExcludedShare: 0.2 });
    const [claimed, dishonoured] = [this.row(stream, 20), this.row(stream, 21)];
    await this.run(stream, dueList([claimed, dishonoured]));
    const { mandate_id: mandateId } = dishonoured;
    const fact = { mandateId, dueDate: DATE, attempt: 1, schema: 1 };
    await stream.stores.putItem({ pk: `MANDATE#${mandateId}`, sk: `RETURN#${DATE}#01#first`, ...fact });
    const good = [1, 2, 3, 4, 5, 6].map((n) => this.row(stream, n));
    this.undelivered.push(...this.payers.slice(-6));
    const untitled = this.bad(stream, 7, (row) => ({ account_title: `{${row.account_title}}` }));
    const rows = [...good, untitled, claimed, { ...dishonoured, attempt: "2" }];
    const batch = await TamperedBatch.of(stream, rows, { number: 2 });
    const failed = new Set<string>();
    // The cases whose checks no case before has made fail: the others go the same ways.
    for (const [, checks, tamper] of [...Object.values(FILE_CASES), ...Object.values(LEDGER_CASES)].flat()) {
      if (checks.every((check) => failed.has(check))) continue;
      const { report } = await batch.judged(tamper);
      for (const check of report?.checks ?? []) if (!check.passed) failed.add(check.name);
      await this.printed(stream, { number: 2 });
    }
    return failed;
  }

  /** Doubt, redrive, pause, abandon, resolve and continue, with files of which some were sent. */
  async interrupted(): Promise<string[]> {
    const { wire } = this.billing;
    const ends: string[] = [];
    const stream = this.billing.stream({ maxFileDebits: 1 });
    wire.hook = async (request, send) => {
      if (request.operation === "PUT" && request.target.startsWith("outbound")) throw lostAnswer();
      return send();
    };
    const rows = [1, 2].map((n) => this.row(stream, n));
    this.undelivered.push(...this.payers.slice(-2));
    ends.push((await this.run(stream, dueList(rows))).failure?.error ?? "");
    wire.hook = undefined;
    ends.push((await stream.redrive()).failure?.error ?? "");
    await stream.abandon().catch(() => {});
    await longAgo(stream);
    const { id } = await proposes(this.billing, stream.id(), "anna", "rejected");
    await approves(this.billing, id, "ben");
    const continued = await this.printed(stream, {}, stream.continued());
    ends.push(`${continued.id.slice(-2)} ${continued.status} ${continued.view.files[0]?.state}`);

    const paused = this.billing.stream();
    await paused.pause();
    ends.push((await this.run(paused, dueList([this.row(paused, 1, {}, false)]))).failure?.error ?? "");
    await paused.resume();
    await paused.abandon();
    ends.push((await this.printed(paused)).view.record?.state ?? "");

    // Stores whose errors repeat what they were asked for.
    for (const operation of ["PutItem", "Query", "PUT", "GET"]) {
      const echoed = this.billing.stream();
      wire.hook = async (request, send) => {
        if (request.operation !== operation) return send();
        const message = `The parameter cannot be converted: ${request.target}`;
        throw Object.assign(new Error(message), { name: "ValidationException" });
      };
      await echoed.upload(dueList([this.row(echoed, 1, {}, false)]));
      await echoed.start().catch((error: unknown) => ends.push((error as Error).name));
      await this.printed(echoed).catch(() => {});
      wire.hook = undefined;
    }
    return ends;
  }

  /** Lists and manifests that are refused. */
  async refusedLists(): Promise<string[]> {
    const errors: string[] = [];
    const lists: ((csv: string, payer: DueRow) => string)[] = [
      (csv, { account_title: title }) => csv.replace(HEADER, `${HEADER},${title}`),
      (csv, { account_number: number }) => csv.replace("mandate_id", number),
      (csv, { account_title: title, account_number: number }) => `${csv}"${title},${number}`,
      (csv, { account_title: title, account_number: number }) => `${csv}"${title}"${number}`,
      (csv, { account_number: number }) => `${csv}\xff${number}`,
    ];
    for (const wrong of lists) {
      const stream = this.billing.stream();
      const rows = [this.row(stream, 1, {}, false), this.row(stream, 2, {}, false)];
      const good = dueList(rows);
      const bytes = Buffer.from(wrong(good.csv.toString("latin1"), rows[0] as DueRow), "latin1");
      errors.push((await this.run(stream, listOfBytes(bytes, 2, good.cents))).failure?.error ?? "");
    }
    const manifests: ((good: Record<string, unknown>, payer: DueRow) => unknown)[] = [
      (good, { account_number: number }) => ({ ...good, count: number }),
      (good, { account_number: number }) => ({ ...good, sha256: number }),
      (good, { account_title: title }) => ({ ...good, producedAt: title }),
      (good, { account_title: title, account_number: number }) => ({ ...good, count: -1, [title]: number }),
      (_, { account_title: title, account_number: number }) => [title, Number(number)],
      (_, payer) => payer,
      (good) => ({ ...good, totalCents: 1 }),
      (good) => ({ ...good, count: 7 }),
      (good) => ({ ...good, sha256: "0".repeat(64) }),
    ];
    for (const wrong of manifests) {
      const stream = this.billing.stream();
      const row = this.row(stream, 1, {}, false);
      const good = dueList([row]);
      const figures = JSON.parse(good.manifest.toString()) as Record<string, unknown>;
      await stream.upload({ ...good, manifest: Buffer.from(JSON.stringify(wrong(figures, row))) });
      const refused = await stream.start().then(
        async () => (await this.printed(stream)).failure?.error,
        (error: unknown) => (error as Error).name,
      );
      errors.push(refused ?? "");
    }
    const stream = this.billing.stream();
    const list = dueList([this.row(stream, 1, {}, false)]);
    await stream.upload({ ...list, manifest: list.csv });
    await stream.start().catch((error: unknown) => errors.push((error as Error).name));
    return errors;
  }

  /** Every function called with a row in the place of its event, and with one in each place of a good event. */
  async mistakenCalls(): Promise<number> {
    // All that the app has, so that a new one is called too.
    const functions = [...(await readAssembly(await synthesis())).functions.keys()];
    const stream = this.billing.stream();
    const row = this.row(stream, 1, {}, false);
    const { account_number: number, account_title: title } = row;
    this.unsent.push(...this.payers.slice(-1));
    const event = { batchId: stream.id(), stream: stream.stream.name, fence: 1, by: "anna", reason: "x" };
    const mistakes: unknown[] = [
      row,
      Object.values(row),
      Object.values(row).join(","),
      { [number]: title, [title]: number },
      { ...event, [number]: 1, [title]: 1 },
      { ...event, fence: number, segment: title },
      { ...event, batchId: title, stream: number },
      { batchId: number },
      { stream: title },
      { batchId: Number(number), by: "anna", reason: "x" },
      { stream: title, by: "anna", reason: "x" },
      { stream: stream.stream.name, scheduledTime: title },
      { batchId: stream.id(), fence: 1, [title]: {} },
    ];
    let refused = 0;
    this.#listening.on = false;
    for (const name of functions) {
      for (const mistake of mistakes) {
        await this.billing.app.invoke(name, mistake).catch(() => (refused += 1));
      }
    }
    for (const name of ["Propose", "Approve"]) {
      for (const mistake of mistakes) {
        await onLocal(this.billing.app, "anna")
          .decide(name, mistake as object)
          .catch((error: unknown) => {
            this.told.push({ place: "errors", where: name, text: everyWordOf(error) });
            refused += 1;
          });
      }
    }
    this.#listening.on = true;
    return refused;
  }

  /** Reports that a test takes away were there all the same. */
  #keepReports(): void {
    const { stores } = this.billing;
    const drop = stores.dropObject.bind(stores);
    stores.dropObject = async (area: Area, key: string) => {
      const bytes = area === "reports" ? await stores.object(area, key) : undefined;
      if (bytes) this.told.push({ place: placeOfReport(key), where: key, text: bytes.toString("utf8") });
      await drop(area, key);
    };
  }
}

export function placeOfReport(key: string): string {
  if (key.startsWith("evidence/")) return "evidence";
  return `reports, ${key.slice(key.lastIndexOf(".") + 1)}`;
}

/** Message, stack, causes and every other property of an error, as a log could hold them. */
function everyWordOf(error: unknown): string {
  const { message = "", stack = "", cause } = error as Partial<Error>;
  const own = JSON.stringify(error, Object.getOwnPropertyNames(error ?? {}));
  return [message, stack, own, inspect(error, { depth: 6 }), ...(cause ? [everyWordOf(cause)] : [])].join(
    "\n",
  );
}
