import type { CalendarDate } from "./calendar-date.ts";
import { DueListFault, type DueRow, readRows } from "./due-list.ts";
import { judgeShape, manifestCents, tellableCents } from "./due-row.ts";
import { LIST_REASONS, type ListRefusal, refusalsAmong } from "./list-refusals.ts";
import type { Stream } from "./stream.ts";

/** A slice of the due list, and all that its map child cannot see in the slice itself. */
export interface PlannedSegment {
  /** From 1. */
  readonly segment: number;
  /** Byte offsets in the due list: first byte, and the byte after the last. */
  readonly from: number;
  readonly to: number;
  /** The line of the first row; data rows count from 1. */
  readonly firstLine: number;
  readonly rows: number;
  /** In order of their lines. */
  readonly refusals: readonly ListRefusal[];
}

export interface PlanResult {
  /** Data rows, and the cents of those rows that the manifest counts. */
  readonly count: number;
  readonly totalCents: number;
  /** The same without what may not be told: what staged and excluded rows must add up to. */
  readonly tellableCents: number;
  readonly segments: readonly PlannedSegment[];
}

/**
 * Cuts a due list into segments of the stream's size, and finds the rows that repeat or crowd a mandate
 * anywhere in the list: here alone the whole list is read.
 *
 * A million rows must not fill the memory, so the first pass keeps two numbers per row, and the second reads
 * again only the rows whose mandate (by hash) occurs more than once.
 *
 * @throws DueListFault if the list cannot be read, or its total is not a safe whole number of cents
 */
export function planSegments(bytes: Uint8Array, stream: Stream, billingDate: CalendarDate): PlanResult {
  const list = measure(bytes, stream);
  // Rows are read again rather than kept: a list in which everything repeats must fit into memory too.
  const fieldsAt = (line: number): readonly string[] => {
    const [from, to] = [list.starts[line - 1] as number, list.starts[line] ?? bytes.length];
    // It was read before, from these very bytes.
    const [row] = readRows(bytes, { from, to, firstLine: line });
    return (row as DueRow).fields;
  };
  const refusals = new Map<number, ListRefusal[]>();
  for (const lines of linesWithOneHash(list.keys)) {
    for (const refusal of refusalsAmong(lines, fieldsAt, stream, billingDate)) {
      const segment = Math.ceil(refusal.line / stream.segmentRows);
      const others = refusals.get(segment);
      if (others) others.push(refusal);
      else refusals.set(segment, [refusal]);
    }
  }
  const count = list.starts.length;
  const segments = Array.from({ length: Math.ceil(count / stream.segmentRows) }, (_, index) => {
    const first = index * stream.segmentRows;
    const rows = Math.min(stream.segmentRows, count - first);
    return {
      segment: index + 1,
      from: list.starts[first] as number,
      to: list.starts[first + rows] ?? bytes.length,
      firstLine: first + 1,
      rows,
      refusals: (refusals.get(index + 1) ?? []).sort((a, b) => a.line - b.line),
    };
  });
  return { count, totalCents: list.totalCents, tellableCents: list.tellableCents, segments };
}

/** The stored form of a plan: one JSON line per segment. */
export function encodePlan(segments: readonly PlannedSegment[]): string {
  return segments.map((segment) => `${JSON.stringify(segment)}\n`).join("");
}

/** Reads one line of {@link encodePlan}. @throws RangeError if it is not a segment; the message holds no value */
export function decodeSegment(line: string): PlannedSegment {
  let read: Partial<PlannedSegment> | null;
  try {
    read = JSON.parse(line);
  } catch {
    read = null;
  }
  if (!read || !isSegment(read)) throw new RangeError("not a segment of a plan");
  return read;
}

function isSegment(read: Partial<PlannedSegment>): read is PlannedSegment {
  const { segment, from, to, firstLine, rows, refusals } = read;
  if (!isWhole(segment, 1) || !isWhole(from, 0) || !isWhole(to, from + 1)) return false;
  if (!isWhole(firstLine, 1) || !isWhole(rows, 1) || !Array.isArray(refusals)) return false;
  return refusals.every(
    (refusal: Partial<ListRefusal> | null) =>
      isWhole(refusal?.line, firstLine) &&
      refusal.line < firstLine + rows &&
      isWhole(refusal.otherLine, 1) &&
      LIST_REASONS.some((reason) => reason === refusal.reason),
  );
}

function isWhole(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

interface Measured {
  /** Where each row starts. */
  readonly starts: readonly number[];
  /** One number per well-shaped row: a hash of its mandate above its index. */
  readonly keys: readonly number[];
  readonly totalCents: number;
  readonly tellableCents: number;
}

// 23 bits of hash and 30 bits of index fill a double's 53; a list of 2^30 rows would not fit into an array.
const HASHES = 2 ** 23;
const INDEXES = 2 ** 30;

function measure(bytes: Uint8Array, stream: Stream): Measured {
  const starts: number[] = [];
  const keys: number[] = [];
  let totalCents = 0;
  let tellable = 0;
  for (const { line, fields, start } of readRows(bytes, { header: true })) {
    starts.push(start);
    totalCents += manifestCents(fields);
    tellable += tellableCents(fields, stream);
    if (!Number.isSafeInteger(totalCents)) throw new DueListFault(line, "the total exceeds 2^53 - 1 cents");
    if (!judgeShape(fields)) keys.push(hash(fields[0] as string) * INDEXES + line - 1);
  }
  return { starts, keys, totalCents, tellableCents: tellable };
}

/** FNV-1a, cut to 23 bits. Two mandates with one hash cost a second look and nothing else. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return (value >>> 0) % HASHES;
}

function* linesWithOneHash(keys: readonly number[]): Generator<number[]> {
  const sorted = Float64Array.from(keys).sort();
  for (let first = 0, next = 0; first < sorted.length; first = next) {
    const value = Math.floor((sorted[first] as number) / INDEXES);
    while (next < sorted.length && Math.floor((sorted[next] as number) / INDEXES) === value) next++;
    if (next - first > 1) yield Array.from(sorted.subarray(first, next), (key) => (key % INDEXES) + 1);
  }
}
