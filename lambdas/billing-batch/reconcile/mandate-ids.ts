import { cell } from "./cell.ts";
import type { Companions } from "./due-table.ts";
import { PackedTexts } from "./packed-texts.ts";

/**
 * The mandate id of every row, and which mandates have several. A map from a million strings would take more
 * memory than all the rest of the gate, so rows are chained by a hash of their id in plain arrays.
 */
export class MandateIds {
  readonly #ids: PackedTexts;
  /** By hash: the last line that began a mandate, 0 for none. */
  readonly #heads: Uint32Array;
  /** By line: the line before it in the chain of its hash. */
  readonly #before: Uint32Array;
  readonly #several = new Map<number, number[]>();

  constructor(capacity: number) {
    this.#ids = new PackedTexts(capacity);
    this.#heads = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(capacity, 2))));
    this.#before = new Uint32Array(capacity);
  }

  /** Keeps the id of a row. It is one to 64 ASCII characters. */
  set(line: number, id: string): void {
    this.#ids.set(line, id);
  }

  /** Empty where none was kept. */
  get(line: number): string {
    return this.#ids.get(line);
  }

  /** Whether that id was kept for the row. */
  is(line: number, id: string): boolean {
    return this.#ids.is(line, id);
  }

  /** Puts a row, whose id was just kept, with the others of its mandate. Lines come rising. */
  group(line: number, id: string): void {
    const slot = hash(id) & (this.#heads.length - 1);
    const head = cell(this.#heads, slot);
    for (let first = head; first !== 0; first = cell(this.#before, first)) {
      if (!this.#ids.is(first, id)) continue;
      const lines = this.#several.get(first);
      if (lines) lines.push(line);
      else this.#several.set(first, [first, line]);
      return;
    }
    this.#before[line] = head;
    this.#heads[slot] = line;
  }

  get several(): Companions {
    return this.#several;
  }
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value ^ (value >>> 15);
}
