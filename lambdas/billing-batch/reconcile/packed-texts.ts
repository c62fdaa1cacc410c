/** Many short ASCII texts by number, in one block outside the heap: a million of them as strings would fill it. */
export class PackedTexts {
  #bytes = Buffer.allocUnsafe(1 << 16);
  #end = 0;
  readonly #starts: Uint32Array;
  readonly #lengths: Uint8Array;

  /** @param capacity numbers run from 0 to capacity - 1 */
  constructor(capacity: number) {
    this.#starts = new Uint32Array(capacity);
    this.#lengths = new Uint8Array(capacity);
  }

  /** Keeps a text of at most 255 ASCII characters under a number. */
  set(number: number, text: string): void {
    if (this.#end + text.length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(this.#bytes.length * 2);
      this.#bytes.copy(larger, 0, 0, this.#end);
      this.#bytes = larger;
    }
    this.#starts[number] = this.#end;
    this.#lengths[number] = text.length;
    this.#end += this.#bytes.write(text, this.#end, "latin1");
  }

  /** The text under that number; empty if there is none. */
  get(number: number): string {
    const start = this.#starts[number] ?? 0;
    return this.#bytes.toString("latin1", start, start + (this.#lengths[number] ?? 0));
  }
}
