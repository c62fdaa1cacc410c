import { COLUMNS } from "./exclusion.ts";

/** One data row of a due list and where its bytes lie. */
export interface DueRow {
  /** Data rows count from 1; the header is not counted. */
  readonly line: number;
  readonly fields: readonly string[];
  /** Byte offset of the row's first byte. */
  readonly start: number;
  /** Byte offset after the row's last byte, its line end included. */
  readonly end: number;
}

/** A due list that cannot be read, so that no row of it may be billed. It never repeats what stands there. */
export class DueListFault extends Error {
  override readonly name = "DueListFault";
  /** The data row, from 1; 0 for the header. */
  readonly line: number;
  readonly rule: string;

  constructor(line: number, rule: string) {
    super(`due list, ${line === 0 ? "header" : `line ${line}`}: ${rule}`);
    this.line = line;
    this.rule = rule;
  }
}

const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;
const COMMA = 0x2c;
const BOM = [0xef, 0xbb, 0xbf];

// A byte-order mark is skipped once, at the start of the list; anywhere else it is a character like any other.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads the rows of a due list one by one: RFC 4180, UTF-8, records ended by LF or CRLF, mixed or not.
 *
 * This reader is our own although a well-kept package exists, because the gate reads the same list with that
 * package: two parsers that share no code must agree on every row before a file is sent. It works on bytes,
 * so that each row has an exact range and a segment can be read by itself.
 *
 * @param options.from byte offset of a row's first byte (of the list's, with `header`)
 * @param options.to byte offset after a row's end; the end of the bytes by default
 * @param options.firstLine the line of the first row, 1 by default
 * @param options.header skip a byte-order mark, and require the record of exactly the ten columns first
 * @throws DueListFault for another header, invalid UTF-8, an unclosed quote, or text after a closing quote
 */
export function* readRows(
  bytes: Uint8Array,
  options: { from?: number; to?: number; firstLine?: number; header?: boolean },
): Generator<DueRow, void, undefined> {
  const { from = 0, to = bytes.length, firstLine = 1, header = false } = options;
  let start = header ? afterHeader(bytes, from, to) : from;
  for (let line = firstLine; start < to; line++) {
    const row = readRow(bytes, start, to, line);
    yield row;
    start = row.end;
  }
}

function afterHeader(bytes: Uint8Array, from: number, to: number): number {
  const start = BOM.every((byte, index) => bytes[from + index] === byte) ? from + BOM.length : from;
  const { fields, end } = readRow(bytes, start, to, 0);
  if (fields.length !== COLUMNS.length || COLUMNS.some((column, index) => fields[index] !== column)) {
    throw new DueListFault(0, "not exactly the ten columns of a due list");
  }
  return end;
}

function readRow(bytes: Uint8Array, start: number, to: number, line: number): DueRow {
  let at = start;
  while (at < to && bytes[at] !== LF && bytes[at] !== QUOTE) at++;
  if (bytes[at] === QUOTE) return readRowWithQuotes(bytes, start, to, line);
  // Without a quote every comma separates, and no byte of a longer UTF-8 sequence looks like a comma.
  const fields = decode(bytes, start, withoutCr(bytes, start, at, to), line).split(",");
  return { line, fields, start, end: Math.min(at + 1, to) };
}

function readRowWithQuotes(bytes: Uint8Array, start: number, to: number, line: number): DueRow {
  const fields: string[] = [];
  for (let at = start; ; at++) {
    const quoted = at < to && bytes[at] === QUOTE;
    const stop = quoted ? quotedEnd(bytes, at, to, line) : plainEnd(bytes, at, to);
    const text = quoted ? decode(bytes, at + 1, stop - 1, line) : decode(bytes, at, stop, line);
    fields.push(quoted ? text.replaceAll('""', '"') : text);
    at = stop;
    if (at >= to) return { line, fields, start, end: to };
    if (bytes[at] !== COMMA) return { line, fields, start, end: bytes[at] === CR ? at + 2 : at + 1 };
  }
}

/** The offset after the closing quote of the field that opens at `at`. */
function quotedEnd(bytes: Uint8Array, at: number, to: number, line: number): number {
  let close = at + 1;
  for (;;) {
    while (close < to && bytes[close] !== QUOTE) close++;
    if (close >= to) throw new DueListFault(line, "a quoted field is not closed");
    if (close + 1 < to && bytes[close + 1] === QUOTE) close += 2;
    else break;
  }
  const after = close + 1;
  const ends = after >= to || bytes[after] === COMMA || bytes[after] === LF;
  if (!ends && !(bytes[after] === CR && after + 1 < to && bytes[after + 1] === LF)) {
    throw new DueListFault(line, "text after a closing quote");
  }
  return after;
}

/** The offset of the comma or line end that ends the unquoted field at `at`; quotes inside are literal. */
function plainEnd(bytes: Uint8Array, at: number, to: number): number {
  let stop = at;
  while (stop < to && bytes[stop] !== COMMA && bytes[stop] !== LF) stop++;
  return stop < to && bytes[stop] === LF ? withoutCr(bytes, at, stop, to) : stop;
}

/** The CR before a line feed belongs to the line end; any other CR is an ordinary character. */
function withoutCr(bytes: Uint8Array, start: number, stop: number, to: number): number {
  return stop < to && stop > start && bytes[stop - 1] === CR ? stop - 1 : stop;
}

function decode(bytes: Uint8Array, start: number, stop: number, line: number): string {
  try {
    return decoder.decode(bytes.subarray(start, stop));
  } catch {
    throw new DueListFault(line, "not valid UTF-8");
  }
}
