import { type Entry, type Fault, type Header, RECORD_LENGTH, type Return, type Totals } from "./bank-file.ts";
import { Columns } from "./bank-file-reader-columns.ts";
import { FaultList, TOLERATED } from "./bank-file-reader-faults.ts";
import { eachLine, type LineEnd } from "./bank-file-reader-lines.ts";
import { readEntry, readHeader, readReturn, readTotals } from "./bank-file-reader-records.ts";
import { Sums } from "./bank-file-reader-sums.ts";

/** What stands in a bank file. A file with a fault must not be used, whatever else could be read of it. */
export interface BankFileReading {
  /** Header and totals as the file states them; absent where a field of theirs has a fault. */
  readonly header?: Header;
  /** Records without a fault of their own, in file order; empty when they were handed to a callback. */
  readonly entries: Entry[];
  readonly returns: Return[];
  readonly totals?: Totals;
  /** Departures from the layout that banks and other readers accept, by the rules of `TOLERATED`. */
  readonly warnings: Fault[];
  /** Everything else, at most 1,000 and one that says that there are more. */
  readonly faults: Fault[];
}

/**
 * Reads a BECS Direct Entry file as a strict bank would. Shares no code with the writer but the nouns of the
 * layout. Never throws for what the bytes say, and no fault repeats a value.
 * @param onEntry gets each type 1 record with its line, so that a million of them need not lie in memory
 */
export function readBankFile(
  bytes: Uint8Array,
  onEntry?: (entry: Entry, line: number) => void,
): BankFileReading {
  return new Reader(bytes, onEntry).read();
}

const BLANK = 0x20;
/** The last column of header and total record that is never blank; what a trimmed record must reach. */
const TRIMMED_LENGTH = 80;
const [TYPE_0, TYPE_1, TYPE_2, TYPE_3, TYPE_7] = [0x30, 0x31, 0x32, 0x33, 0x37];

class Reader {
  readonly #bytes: Buffer;
  readonly #onEntry: (entry: Entry, line: number) => void;
  readonly #entries: Entry[] = [];
  readonly #returns: Return[] = [];
  readonly #faults = new FaultList();
  readonly #warnings = new FaultList();
  readonly #columns = new Columns(this.#faults, this.#warnings);
  readonly #padded = Buffer.alloc(RECORD_LENGTH);
  readonly #lineEndsSeen = new Set<LineEnd>(["CRLF"]);
  readonly #sums = new Sums();
  #line = 0;
  #place: "start" | "details" | "end" = "start";
  #header: Header | undefined;
  #totals: Totals | undefined;

  constructor(bytes: Uint8Array, onEntry: ((entry: Entry, line: number) => void) | undefined) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#onEntry = onEntry ?? ((entry) => this.#entries.push(entry));
  }

  read(): BankFileReading {
    eachLine(this.#bytes, (start, end, lineEnd) => this.#readLine(start, end, lineEnd));
    if (this.#line === 0) this.#faults.add(1, 0, "file", "must not be empty");
    if (this.#place !== "end")
      this.#faults.add(this.#line + 1, 1, "record type", "a type 7 record is missing");
    const [header, totals] = [this.#header, this.#totals];
    return {
      ...(header && { header }),
      entries: this.#entries,
      returns: this.#returns,
      ...(totals && { totals }),
      warnings: this.#warnings.listed,
      faults: this.#faults.listed,
    };
  }

  /** False after the total record: what follows makes the file unusable, whatever it says. */
  #readLine(start: number, end: number, lineEnd: LineEnd): boolean {
    this.#line++;
    if (this.#place === "end") return this.#refuseLineAfterTotals(start);
    this.#judgeLineEnd(lineEnd);
    const type = end > start ? this.#bytes[start] : undefined;
    this.#judgeOrder(type);
    const whole = this.#turnToRecord(start, end, type);
    if (type === TYPE_1 || type === TYPE_2) this.#readDetail(type, whole);
    else if (type === TYPE_0 && whole) this.#header ??= readHeader(this.#columns);
    else if (type === TYPE_7) this.#readTotals(whole);
    return true;
  }

  #refuseLineAfterTotals(start: number): boolean {
    const another = this.#bytes[start] === TYPE_0;
    const rule = another ? "more than one set in the file" : "data after the type 7 record";
    this.#faults.add(this.#line, 1, "record type", rule);
    return false;
  }

  /** One warning for each kind of line end, at the first line that has it. */
  #judgeLineEnd(lineEnd: LineEnd): void {
    if (this.#lineEndsSeen.has(lineEnd)) return;
    this.#lineEndsSeen.add(lineEnd);
    const { lineFeed, carriageReturn, noLastLineEnd } = TOLERATED;
    const rule = lineEnd === "LF" ? lineFeed : lineEnd === "CR" ? carriageReturn : noLastLineEnd;
    this.#warnings.add(this.#line, 0, "line end", rule);
  }

  #judgeOrder(type: number | undefined): void {
    const fault = (rule: string): void => this.#faults.add(this.#line, 1, "record type", rule);
    if (type === TYPE_0 && this.#place !== "start") fault("a second type 0 record: one set per file");
    if (type !== TYPE_0 && this.#place === "start") fault("the first record must be of type 0");
    if (type === TYPE_3) fault("type 3 (refusal) is for people to judge, never to post");
    else if (type !== TYPE_0 && type !== TYPE_1 && type !== TYPE_2 && type !== TYPE_7)
      fault("must be 0, 1, 2 or 7");
    this.#place = type === TYPE_7 ? "end" : "details";
  }

  /** Points the columns at the record. False where its length in bytes is wrong. */
  #turnToRecord(start: number, end: number, type: number | undefined): boolean {
    const length = end - start;
    this.#columns.turnTo(this.#bytes, start, this.#line);
    if (length === RECORD_LENGTH) return true;
    if ((type !== TYPE_0 && type !== TYPE_7) || length < TRIMMED_LENGTH || length > RECORD_LENGTH) {
      this.#faults.add(this.#line, 0, "record", "must be 120 bytes long");
      return false;
    }
    this.#padded.fill(BLANK).set(this.#bytes.subarray(start, end));
    this.#columns.turnTo(this.#padded, 0, this.#line);
    this.#columns.warn(0, "record", TOLERATED.rightTrimmed);
    return true;
  }

  #readDetail(type: number, whole: boolean): void {
    const columns = this.#columns;
    if (!whole) return this.#sums.add("", undefined);
    this.#sums.add(columns.transactionCode(), columns.peekDigits(21, 10));
    if (type === TYPE_1) {
      const entry = readEntry(columns);
      if (entry) this.#onEntry(entry, this.#line);
    } else {
      const returned = readReturn(columns);
      if (returned) this.#returns.push(returned);
    }
  }

  #readTotals(whole: boolean): void {
    this.#sums.judgeRecords(this.#columns);
    this.#totals = whole ? readTotals(this.#columns) : undefined;
    if (this.#totals) this.#sums.judge(this.#totals, this.#columns);
  }
}
