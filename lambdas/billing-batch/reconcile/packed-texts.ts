/** Many short ASCII texts by number, in one block outside the heap: a million of them as strings would fill it. */
export class PackedTexts {
  #bytes = Buffer.allocUnsafeSlow(1 << 16);
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
    const { length } = text;
    if (this.#end + length > this.#bytes.length) this.#grow();
    const [bytes, start] = [this.#bytes, this.#end];
    // For texts as short as these a loop is several times as fast as a call of Buffer's.
    for (let at = 0; at < length; at += 1) bytes[start + at] = text.charCodeAt(at);
    this.#starts[number] = start;
    this.#lengths[number] = length;
    this.#end = start + length;
  }

  /** The text under that number; empty if there is none. */
  get(number: number): string {
    const start = this.#starts[number] ?? 0;
    return this.#bytes.toString("latin1", start, start + (this.#lengths[number] ?? 0));
  }

  /** Whether the text under that number is this one, without making a string of it. */
  is(number: number, text: string): boolean {
    const { length } = text;
    if ((this.#lengths[number] ?? 0) !== length) return false;
    const [bytes, start] = [this.#bytes, this.#starts[number] ?? 0];
    for (let at = 0; at < length; at += 1) if (bytes[start + at] !== text.charCodeAt(at)) return false;
    return true;
  }

  #grow(): void {
    const larger = Buffer.allocUnsafeSlow(this.#bytes.length * 2);
    this.#bytes.copy(larger, 0, 0, this.#end);
    this.#bytes = larger;
  }
}
