import { createHash } from "node:crypto";
import { type BankMode, type Observer, type SimulationEvent, type Time, type Violation } from "./events.ts";
import { isLanded } from "./picture.ts";

/** One debit that the bank has booked. */
export interface Booked {
  /** The object that the debit came in. */
  readonly key: string;
  readonly version?: string;
  /** The file's line, the header being the first. */
  readonly line: number;
  /** `nnn-nnn`, and the number without its padding. */
  readonly bsb: string;
  readonly account: string;
  readonly cents: number;
  readonly title: string;
  readonly reference: string;
  readonly remitter: string;
  readonly at: Time;
}

/** What the bank has made of one object that was put into its area. */
export interface Received {
  readonly key: string;
  readonly version?: string;
  readonly sha256: string;
  readonly at: Time;
  /** Refused: it has had this file before. Rejected: nothing of it is booked. */
  readonly outcome: "booked" | "refused" | "rejected";
  readonly why?: string;
  /** The file's debits, whether they were booked or not. */
  readonly debits: number;
  readonly cents: number;
  readonly file?: ReadFile;
}

/** What the bank reads in a file. */
export interface ReadFile {
  readonly userId: string;
  readonly userName: string;
  readonly description: string;
  /** `ddmmyy` */
  readonly processed: string;
  readonly debits: readonly Omit<Booked, "key" | "version" | "at">[];
}

/**
 * The bank: whatever is put where it picks up, it reads and books, at once and with no way back. It knows nothing of
 * our code; of us it has only the bytes.
 */
export class Bank implements Observer {
  readonly mode: BankMode;
  readonly inbox: Booked[] = [];
  readonly files: Received[] = [];
  readonly #rejects: (key: string) => boolean;
  readonly #rejecting = new Set<string>();

  /** @param rejects whether it will reject the file under that key as a whole, whatever stands in it */
  constructor(mode: BankMode, rejects: (key: string) => boolean = () => false) {
    this.mode = mode;
    this.#rejects = rejects;
  }

  /** Takes what has landed in its area; for an engine that does not call {@link Bank.received} itself. */
  see(event: SimulationEvent): readonly Violation[] {
    if (event.type !== "effect" || event.port !== "objects" || !isLanded(event, "create")) return [];
    const [area, key, bytes] = event.args as [string, string, Buffer];
    if (area !== "outbound") return [];
    const { version } = (event.value ?? {}) as { readonly version?: string };
    this.received(key, version, bytes, event.at);
    return [];
  }

  /** Decides before it has a file that it will reject it. */
  reject(key: string): void {
    this.#rejecting.add(key);
  }

  /** Takes one version of an object. */
  received(key: string, version: string | undefined, bytes: Buffer, at: Time): Received {
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const named = { key, ...(version !== undefined && { version }), sha256, at };
    const file = readFile(bytes);
    const debits = typeof file === "string" ? 0 : file.debits.length;
    const cents = typeof file === "string" ? 0 : file.debits.reduce((sum, debit) => sum + debit.cents, 0);
    const ending = this.#ending(key, sha256, file);
    const received: Received = {
      ...named,
      ...ending,
      debits,
      cents,
      ...(typeof file !== "string" && { file }),
    };
    this.files.push(received);
    if (ending.outcome === "booked" && typeof file !== "string") {
      const { sha256: _hash, ...where } = named;
      for (const debit of file.debits) this.inbox.push({ ...where, ...debit });
    }
    return received;
  }

  /** Whether it has booked the file under that key. */
  hasFile(key: string): boolean {
    return this.files.some((one) => one.key === key && one.outcome === "booked");
  }

  /** What a person is told who asks for a file; a file that it never had is "never". */
  answer(key: string): Received["outcome"] | "never" {
    if (this.hasFile(key)) return "booked";
    return this.files.find((one) => one.key === key)?.outcome ?? "never";
  }

  #ending(key: string, sha256: string, file: ReadFile | string): Pick<Received, "outcome" | "why"> {
    const known =
      this.mode === "deduplicates" && this.files.find((one) => one.key === key || one.sha256 === sha256);
    if (known) return { outcome: "refused", why: known.key === key ? "name" : "bytes" };
    if (typeof file === "string") return { outcome: "rejected", why: file };
    if (this.#rejecting.has(key) || this.#rejects(key)) return { outcome: "rejected", why: "the bank's own" };
    return { outcome: "booked" };
  }
}

const COLUMNS = 120;
const DEBIT = "13";
const BSB = /^\d{3}-\d{3}$/;

/**
 * A file of fixed columns as a bank reads it, or why it cannot be read. Written from the layout of the banks' guides,
 * with nothing of the code that writes and judges our files.
 */
export function readFile(bytes: Buffer): ReadFile | string {
  const records = bytes.toString("latin1").split("\r\n");
  if (records.at(-1) === "") records.pop();
  if (records.some((record) => record.length !== COLUMNS)) return "a record is not of 120 columns";
  const [header, total] = [records[0] ?? "", records.at(-1) ?? ""];
  if (header[0] !== "0" || header.slice(18, 20) !== "01") return "no descriptive record";
  if (total[0] !== "7" || total.slice(1, 8) !== "999-999") return "no total record";
  const debits: ReadFile["debits"][number][] = [];
  let credits = 0;
  for (let index = 1; index < records.length - 1; index += 1) {
    const record = records[index] as string;
    if (record[0] !== "1") return "not a detail record";
    const cents = number(record.slice(20, 30));
    const bsb = record.slice(1, 8);
    if (cents === undefined || cents === 0 || !BSB.test(bsb)) return "a damaged detail record";
    if (record.slice(18, 20) !== DEBIT) {
      credits += cents;
      continue;
    }
    debits.push({
      line: index + 1,
      bsb,
      account: record.slice(8, 17).trimStart(),
      cents,
      title: record.slice(30, 62).trimEnd(),
      reference: record.slice(62, 80).trimEnd(),
      remitter: record.slice(96, 112).trimEnd(),
    });
  }
  const sum = debits.reduce((all, { cents }) => all + cents, 0);
  const totals = [total.slice(20, 30), total.slice(30, 40), total.slice(40, 50), total.slice(74, 80)].map(
    number,
  );
  const found = [Math.abs(credits - sum), credits, sum, records.length - 2];
  if (totals.some((value, index) => value !== found[index]))
    return "totals that are not the sum of its records";
  return {
    userId: header.slice(56, 62),
    userName: header.slice(30, 56).trimEnd(),
    description: header.slice(62, 74).trimEnd(),
    processed: header.slice(74, 80),
    debits,
  };
}

function number(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
