import { cell } from "./cell.ts";

const LINE_FEED = 0x0a;

/** Many short ASCII texts by number, in one block outside the heap: a million of them as strings would fill it. */
export class PackedTexts {
  #bytes: Buffer;
  #end = 0;
  readonly #starts: Uint32Array;
  readonly #lengths: Uint8Array;

  /**
   * @param capacity numbers run from 0 to capacity - 1
   * @param usualLength of the texts under one number. What it sets aside takes memory only as it is used, while a
   *   block that grows lies in memory twice; a wrong guess costs just that
   */
  constructor(capacity: number, usualLength = 32) {
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(capacity * usualLength, 1024));
    this.#starts = new Uint32Array(capacity);
    this.#lengths = new Uint8Array(capacity);
  }

  /** Keeps texts of at most 255 ASCII characters in all under a number, with a line feed between them. */
  set(number: number, ...texts: readonly string[]): void {
    const start = this.#end;
    for (let index = 0; index < texts.length; index += 1) {
      if (index > 0) this.#append("\n");
      this.#append(texts[index] as string);
    }
    this.#starts[number] = start;
    this.#lengths[number] = this.#end - start;
  }

  /** The text under that number; empty if there is none. */
  get(number: number): string {
    const start = cell(this.#starts, number);
    return this.#bytes.toString("latin1", start, start + cell(this.#lengths, number));
  }

  /** Whether these texts were kept under that number, told without making a string of what was kept. */
  is(number: number, ...texts: readonly string[]): boolean {
    const [bytes, start] = [this.#bytes, cell(this.#starts, number)];
    let at = start;
    for (let index = 0; index < texts.length; index += 1) {
      if (index > 0 && bytes[at++] !== LINE_FEED) return false;
      const text = texts[index] as string;
      for (let i = 0; i < text.length; i += 1) if (bytes[at++] !== text.charCodeAt(i)) return false;
    }
    return at - start === this.#lengths[number];
  }

  #append(text: string): void {
    const { length } = text;
    if (this.#end + length > this.#bytes.length) this.#grow();
    const [bytes, end] = [this.#bytes, this.#end];
    // For texts as short as these a loop is several times as fast as a call of Buffer's.
    for (let at = 0; at < length; at += 1) bytes[end + at] = text.charCodeAt(at);
    this.#end = end + length;
  }

  #grow(): void {
    const larger = Buffer.allocUnsafeSlow(this.#bytes.length * 2);
    this.#bytes.copy(larger, 0, 0, this.#end);
    this.#bytes = larger;
  }
}
