import type { BatchItem, Ending, FileItem, StreamItem } from "../../lambdas/domain/records.ts";
import { daysBetween, type CalendarDate } from "../../lambdas/domain/calendar-date.ts";
import type { Exclusion } from "../../lambdas/domain/exclusion.ts";
import type { Bank, Booked, Received } from "./bank.ts";
import type { Effect, Observer, SimulationEvent, Violation } from "./events.ts";
import { hashOf, isLanded, outboundName, type Picture } from "./picture.ts";
import type { BatchList, DueRow, Instalment, Workload } from "./workload.ts";

/** The end-to-end invariants. */
export type TruthInvariant = "debited-once" | "what-was-due" | "bytes-judged" | "nothing-lost" | "sums";

/** Counts after which people have been told that a batch, or a stream, needs them. */
const ALARMS = [
  "StepFailed",
  "SubmissionUnknown",
  "GateFailed",
  "StartRefused",
  "DueListMissing",
  "BatchMissing",
];
const REFERENCE_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/**
 * What holds from end to end, judged by what the bank has booked and what was due. Our ledger is asked about nothing but
 * the gate's verdict, and, when all is over, where it says that a row has gone.
 *
 * It must see an event after the bank has, and the picture before it.
 */
export class Truth implements Observer {
  readonly #workload: Workload;
  readonly #bank: Bank;
  readonly #picture: Picture;
  /** How much of the inbox has been judged. */
  #judged = 0;
  #files = 0;
  /** By instalment and attempt: the first debit. */
  readonly #debits = new Map<string, Booked>();
  /** By batch: every SHA-256 that the stream's item has ever held RECONCILED under a verdict. */
  readonly #verdicts = new Map<string, Set<string>>();
  readonly #frozen = new Map<string, number>();
  readonly #delivered = new Map<string, Set<string>>();
  readonly #rows = new Map<string, Map<string, DueRow[]>>();
  /** Batches and streams of which an alarm was counted. */
  readonly #alarmed = new Set<string>();
  /** The last status of each execution, by its name. */
  readonly #executions = new Map<string, string>();

  constructor(workload: Workload, bank: Bank, picture: Picture) {
    this.#workload = workload;
    this.#bank = bank;
    this.#picture = picture;
  }

  see(event: SimulationEvent): readonly Violation[] {
    const broken: Violation[] = [];
    if (event.type === "effect") this.#effect(event, broken);
    else if (event.type === "execution") this.#executions.set(event.name, event.status);
    else if (event.type === "count" && ALARMS.includes(event.name)) {
      this.#alarmed.add(event.stream);
      const { batchId } = (event.caller.event ?? {}) as { readonly batchId?: unknown };
      if (typeof batchId === "string") this.#alarmed.add(batchId);
    }
    for (; this.#files < this.#bank.files.length; this.#files += 1) {
      this.#header(this.#bank.files[this.#files] as Received, broken);
    }
    for (; this.#judged < this.#bank.inbox.length; this.#judged += 1) {
      this.#debit(this.#bank.inbox[this.#judged] as Booked, broken);
    }
    return broken;
  }

  /** What must hold when nothing moves any more and everybody has done what they could. */
  atRest(): readonly Violation[] {
    const broken: Violation[] = [];
    for (const list of this.#workload.lists) {
      const batch = this.#picture.batches.get(list.batchId);
      if (batch?.state === "CLOSED") this.#closed(list, batch, broken);
      else if (batch?.state === "ABANDONED") this.#abandoned(list, broken);
      else this.#parked(list, broken);
    }
    return broken;
  }

  #effect(event: Effect, broken: Violation[]): void {
    if (isLanded(event, "writeStream")) {
      const { batch } = event.args[0] as StreamItem;
      if (!batch?.files) return;
      this.#frozen.set(batch.id, batch.files.length);
      if (!batch.verdict) return;
      const verdicts = this.#verdicts.get(batch.id) ?? new Set<string>();
      this.#verdicts.set(batch.id, verdicts);
      for (const { state, sha256 } of batch.files) {
        if (state === "RECONCILED" && batch.verdict.sha256s.includes(sha256)) verdicts.add(sha256);
      }
      return;
    }
    if (event.port !== "objects" || !isLanded(event, "create")) return;
    const [area, key, bytes] = event.args as [string, string, Buffer];
    if (area === "outbound") this.#delivery(key, bytes, broken);
  }

  #delivery(key: string, bytes: Buffer, broken: Violation[]): void {
    const name = outboundName(key);
    const batchId = name?.batchId ?? "";
    if (!this.#verdicts.get(batchId)?.has(hashOf(bytes))) {
      broken.push({ invariant: "bytes-judged", what: `${key} has bytes for which no verdict stood` });
    }
    const delivered = this.#delivered.get(batchId) ?? new Set<string>();
    this.#delivered.set(batchId, delivered.add(key));
    const frozen = this.#frozen.get(batchId) ?? 0;
    if (delivered.size > frozen) {
      const what = `${key} is file ${delivered.size} of a batch that has frozen ${frozen}`;
      broken.push({ invariant: "bytes-judged", what });
    }
  }

  /** What a file says of itself as a whole. */
  #header({ key, outcome, why, file }: Received, broken: Violation[]): void {
    const wrong = (what: string) => broken.push({ invariant: "what-was-due", what: `${key}: ${what}` });
    if (outcome === "rejected" && why !== undefined && file === undefined)
      wrong(`the bank cannot read it: ${why}`);
    const name = outboundName(key);
    const list = this.#workload.listOf(name?.batchId ?? "");
    if (name === undefined || list === undefined) {
      wrong("it is no batch's");
      return;
    }
    if (!file) return;
    // A later release may have another one; what counts is that a file goes where it says that it belongs.
    if (file.userId !== name.userId) wrong("another user id");
    const [year, month, day] = list.billingDate.split("-") as [string, string, string];
    if (file.processed !== `${day}${month}${year.slice(2)}`) wrong("another day than the billing date");
  }

  #debit(debit: Booked, broken: Violation[]): void {
    const { key, line, bsb, account, cents } = debit;
    const where = `line ${line} of ${key}`;
    const instalment = this.#workload.instalmentOf(bsb, account, cents);
    const batchId = outboundName(key)?.batchId ?? "";
    const row = instalment && this.#dueRow(batchId, instalment, cents);
    if (instalment === undefined || row === undefined) {
      const what = instalment ? `${nameOf(instalment)} was not due in that batch` : "nobody owes that";
      broken.push({ invariant: "what-was-due", what: `${where}: ${what}` });
    } else {
      for (const what of this.#differences(debit, batchId, instalment, row)) {
        broken.push({ invariant: "what-was-due", what: `${where}: ${what}` });
      }
    }
    if (instalment === undefined) return;
    const attempt = row?.attempt ?? 1;
    const name = `${nameOf(instalment)} attempt ${attempt}`;
    const first = this.#debits.get(name);
    if (first) {
      const what = `${name} was debited by line ${first.line} of ${first.key} and by ${where}`;
      broken.push({ invariant: "debited-once", what });
    } else this.#debits.set(name, debit);
  }

  /** What the debit does not share with the row, which is of the same bank account and amount. */
  #differences(debit: Booked, batchId: string, instalment: Instalment, row: DueRow): string[] {
    const wrong: string[] = [];
    if (row.reason !== undefined) wrong.push(`it was not to be debited: ${row.reason}`);
    if (debit.title !== row.title) wrong.push("another title");
    if (!row.remitters.includes(debit.remitter)) wrong.push("another remitter");
    if (lineOf(debit.reference) !== row.line) wrong.push("its reference names another line");
    const list = this.#workload.listOf(batchId);
    if (instalment.stream !== list?.stream) wrong.push("it is of another stream");
    if (row.attempt > 1 && !this.#debits.has(`${nameOf(instalment)} attempt ${row.attempt - 1}`)) {
      wrong.push(`attempt ${row.attempt} of what was never tried before`);
    }
    return wrong;
  }

  /** The row of the batch's list that owes exactly this: a due one if there is one. */
  #dueRow(batchId: string, { mandateId, dueDate }: Instalment, cents: number): DueRow | undefined {
    let rows = this.#rows.get(batchId);
    if (!rows) {
      rows = new Map<string, DueRow[]>();
      for (const row of this.#workload.listOf(batchId)?.rows ?? []) {
        if (!row.instalment) continue;
        const name = `${nameOf(row.instalment)} ${row.cents}`;
        const known = rows.get(name);
        if (known) known.push(row);
        else rows.set(name, [row]);
      }
      this.#rows.set(batchId, rows);
    }
    const found = rows.get(`${mandateId} ${dueDate} ${cents}`) ?? [];
    return found.find(({ reason }) => reason === undefined) ?? found[0];
  }

  #closed(list: BatchList, batch: BatchItem, broken: Violation[]): void {
    const { batchId } = list;
    const lost = (line: number, what: string) =>
      broken.push({ invariant: "nothing-lost", what: `line ${line} of ${batchId}: ${what}` });
    const exclusions = this.#picture.exclusions(batchId);
    const excluded = new Map(exclusions?.map((one) => [one.line, one]));
    const files = this.#picture.filesOf(batchId);
    for (const row of list.rows) {
      const exclusion = excluded.get(row.line);
      const file = files.find(({ firstLine, lastLine }) => firstLine <= row.line && row.line <= lastLine);
      if (exclusion) {
        const why = this.#wrongExclusion(list, row, exclusion);
        if (why !== undefined) lost(row.line, `excluded as ${exclusion.reason}, ${why}`);
      } else if (file === undefined) lost(row.line, "it is in no file, and nobody says why");
      else if (file.state !== "WITHDRAWN" && file.state !== "REJECTED") {
        const why = this.#missing(list, row, file);
        if (why !== undefined) lost(row.line, why);
      }
    }
    this.#sums(list, batch.ending, files, exclusions ?? [], broken);
  }

  /** Why a row of a file that was sent is not with the bank; undefined if it is, or the bank has said no. */
  #missing(list: BatchList, row: DueRow, file: FileItem): string | undefined {
    const key = this.#keyOf(list, file);
    const answer = this.#bank.answer(key);
    if (answer === "rejected") return undefined;
    if (answer !== "booked") return `the bank has no file ${key}`;
    const name = row.instalment && `${nameOf(row.instalment)} attempt ${row.attempt}`;
    return name !== undefined && this.#debits.get(name)?.key === key
      ? undefined
      : `${key} has no debit for it`;
  }

  /** Why an exclusion's reason does not hold; undefined if it does. */
  #wrongExclusion(list: BatchList, row: DueRow, exclusion: Exclusion): string | undefined {
    if (row.reason !== undefined) {
      return exclusion.reason === row.reason ? undefined : `but it is ${row.reason}`;
    }
    const { instalment, attempt } = row;
    if (!instalment) return "but it can be read";
    if (exclusion.reason === "no-proven-dishonour") {
      return attempt > 1 ? undefined : "but it is a first attempt";
    }
    if (exclusion.reason !== "already-claimed" && exclusion.reason !== "too-near")
      return "but its row is good";
    const { claim } = exclusion;
    if (!claim || claim.batchId === list.batchId) return "and no other batch is named";
    if (claim.mandateId !== instalment.mandateId) return "for another mandate";
    const days = Math.abs(daysBetween(claim.dueDate as CalendarDate, instalment.dueDate));
    const near = this.#workload.configuration.streams[list.stream]?.minDaysBetweenInstalments ?? 0;
    const isSame = days === 0 && claim.attempt === attempt;
    if (exclusion.reason === "already-claimed" && !isSame) return "for another debit";
    if (exclusion.reason === "too-near" && (days === 0 || days >= near))
      return `for one that is ${days} days away`;
    return this.#wasReleased(list.batchId, row, claim.batchId, claim.line);
  }

  /** Whether the claim that kept a row out could no longer become a debit when the row was judged. */
  #wasReleased(batchId: string, row: DueRow, other: string, line: number): string | undefined {
    const owner = this.#workload.listOf(other)?.rows[line - 1];
    if (!owner?.instalment) return "for a row that claims nothing";
    const overAt = this.#picture.overAt.get(other);
    if (overAt === undefined) return undefined;
    const segments = [...(this.#picture.segments.get(batchId)?.values() ?? [])];
    const judged = segments.find(
      ({ item }) => item.firstLine <= row.line && row.line < item.firstLine + item.rows,
    );
    if (judged === undefined || overAt >= judged.began) return undefined;
    const abandoned = this.#picture.batches.get(other)?.state === "ABANDONED";
    const file = this.#picture
      .filesOf(other)
      .find(({ firstLine, lastLine }) => firstLine <= line && line <= lastLine);
    const isHeld =
      !abandoned && file !== undefined && file.state !== "WITHDRAWN" && file.state !== "REJECTED";
    return isHeld ? undefined : `although batch ${other} had released it`;
  }

  #sums(
    list: BatchList,
    ending: Ending | undefined,
    files: readonly FileItem[],
    exclusions: readonly Exclusion[],
    broken: Violation[],
  ): void {
    const unequal = (name: string, said: number | undefined, found: number) => {
      if (said === found) return;
      const what = `${list.batchId} closed with ${name} ${said}, and there are ${found}`;
      broken.push({ invariant: "sums", what });
    };
    const had = files
      .filter(({ state }) => state === "SUBMITTED" || state === "ACKNOWLEDGED")
      .flatMap((file) => this.#bank.files.filter(({ key }) => key === this.#keyOf(list, file)).slice(0, 1));
    const booked = this.#bank.inbox.filter(({ key }) => outboundName(key)?.batchId === list.batchId);
    const unbooked = had.filter(({ key }) => this.#bank.answer(key) !== "booked");
    const all = (items: readonly { readonly cents: number }[]) =>
      items.reduce((sum, { cents }) => sum + cents, 0);
    const count = booked.length + unbooked.reduce((sum, { debits }) => sum + debits, 0);
    unequal("due", ending?.due.count, list.rows.length);
    unequal("excluded", ending?.excluded.count, exclusions.length);
    unequal("debits submitted", ending?.submitted.count, count);
    unequal("cents submitted", ending?.submitted.cents, all(booked) + all(unbooked));
    const { due, excluded, submitted, withdrawn, rejected } = ending ?? {};
    const told = [excluded, submitted, withdrawn, rejected].map((sum) => sum?.count ?? 0);
    unequal(
      "rows in all",
      due?.count,
      told.reduce((sum, one) => sum + one, 0),
    );
  }

  #abandoned(list: BatchList, broken: Violation[]): void {
    const sent = this.#bank.files.find(({ key }) => outboundName(key)?.batchId === list.batchId);
    if (sent)
      broken.push({ invariant: "sums", what: `${list.batchId} is ABANDONED, and the bank has ${sent.key}` });
  }

  /** A batch that is not over must have told somebody, and nothing may be at work on it. */
  #parked({ batchId, stream, rows }: BatchList, broken: Violation[]): void {
    const lost = (what: string) =>
      broken.push({ invariant: "nothing-lost", what: `${batchId} with ${rows.length} rows ${what}` });
    const statuses = [...this.#executions].filter(
      ([name]) => name === batchId || name.startsWith(`${batchId}-c`),
    );
    if (statuses.some(([, status]) => status === "RUNNING")) lost("is still at work");
    const isAlarmed =
      this.#alarmed.has(batchId) ||
      (statuses.length === 0 && this.#alarmed.has(stream)) ||
      statuses.some(([, status]) => status === "FAILED" || status === "TIMED_OUT" || status === "ABORTED");
    if (!isAlarmed) lost("is not over, and no alarm was counted");
  }

  #keyOf({ batchId }: BatchList, { number }: FileItem): string {
    const end = `/${batchId}-${String(number).padStart(2, "0")}.aba`;
    return this.#bank.files.find(({ key }) => key.endsWith(end))?.key ?? `nowhere${end}`;
  }
}

function nameOf({ mandateId, dueDate }: Pick<Instalment, "mandateId" | "dueDate">): string {
  return `${mandateId} ${dueDate}`;
}

/** The due-list line that a lodgement reference names: the six characters before the last one. */
function lineOf(reference: string): number {
  return reference
    .slice(-7, -1)
    .split("")
    .reduce((sum, digit) => sum * 32 + REFERENCE_DIGITS.indexOf(digit), 0);
}
