import type { Companions, DueTable } from "./due-table.ts";
import { readFields } from "./list-reading.ts";

/**
 * Rows that repeat a mandate and a due date as written, whatever else is wrong with them. All of them equal in
 * every column: the first stays as it was judged, the others are duplicates. Otherwise all of them conflict.
 * @param bytesOf a row's bytes with its line end
 */
export function findRepeats(
  table: DueTable,
  companions: Companions,
  bytesOf: (line: number) => Buffer,
): void {
  for (const lines of companions.values()) {
    for (const repeats of Map.groupBy(lines, (line) => table.dueDate(line)).values()) {
      const [first, second] = repeats;
      if (first === undefined || second === undefined) continue;
      const row = new Row(bytesOf(first));
      const others = repeats.slice(1);
      const same = others.every((line) => row.equals(new Row(bytesOf(line))));
      const reason = same ? "duplicate-in-list" : "conflicting-in-list";
      for (const line of others) table.exclude(line, { reason, otherLine: first });
      if (!same) table.exclude(first, { reason, otherLine: second });
    }
  }
}

const QUOTE = 0x22;

/** A row to be compared with others: by its bytes if they are equal or free of quotes, otherwise by its fields. */
class Row {
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = withoutLineEnd(bytes);
  }

  equals(other: Row): boolean {
    if (this.#bytes.equals(other.#bytes)) return true;
    if (!this.#bytes.includes(QUOTE) && !other.#bytes.includes(QUOTE)) return false;
    const [fields, others] = [readFields(this.#bytes), readFields(other.#bytes)];
    return fields.length === others.length && fields.every((field, index) => field === others[index]);
  }
}

function withoutLineEnd(bytes: Buffer): Buffer {
  if (bytes.at(-1) !== 10) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 13 ? -2 : -1);
}
