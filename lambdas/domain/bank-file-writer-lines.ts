import { RECORD_LENGTH } from "./bank-file.ts";

/** Bytes of one line as written: the record with CR and LF. */
export const LINE_BYTES = RECORD_LENGTH + 2;

/** Lines are laid out from the template by the block, which costs one copy instead of one per line. */
const BLOCK_BYTES = 256 * LINE_BYTES;
/**
 * Up to here the buffer doubles. The next step is the largest file at once: its memory is only taken as it is
 * written, while one more doubling would hold two large buffers side by side.
 */
const MOST_DOUBLED_BYTES = 4 << 20;

/** The bytes of one file while it grows line by line. */
export class GrowingLines {
  readonly #block: Buffer;
  readonly #mostBytes: number;
  #bytes: Buffer;
  #end = 0;
  /** Up to here the buffer holds template lines. */
  #laid = 0;
  /** Whether the line at #end was handed out, so that it may have been begun and given up. */
  #handedOut = false;

  /**
   * @param template one line with what most lines have in common
   * @param mostLines as many lines as a file can have
   * @param expectedLines how many will come, as far as the caller knows: saves growing, and may be wrong
   */
  constructor(template: Uint8Array, mostLines: number, expectedLines: number) {
    this.#block = Buffer.alloc(BLOCK_BYTES);
    for (let at = 0; at < BLOCK_BYTES; at += LINE_BYTES) this.#block.set(template, at);
    this.#mostBytes = mostLines * LINE_BYTES + BLOCK_BYTES;
    const expectedBytes = expectedLines * LINE_BYTES + BLOCK_BYTES;
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(expectedBytes, this.#mostBytes));
  }

  /** The buffer. It may be another one after the next {@link begin}. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** How many lines are kept. */
  get count(): number {
    return this.#end / LINE_BYTES;
  }

  /** Lays a clean template line after the kept ones and returns the offset of its first byte. */
  begin(): number {
    if (this.#end === this.#laid) this.#lay();
    else if (this.#handedOut) this.#bytes.set(this.#block.subarray(0, LINE_BYTES), this.#end);
    this.#handedOut = true;
    return this.#end;
  }

  /** Keeps the line that was begun. */
  keep(): void {
    this.#handedOut = false;
    this.#end += LINE_BYTES;
  }

  /** The kept lines, without the end of the last one if so asked. They share the buffer's memory. */
  kept(lastLineEnd: boolean): Buffer {
    return this.#bytes.subarray(0, lastLineEnd ? this.#end : this.#end - LINE_BYTES + RECORD_LENGTH);
  }

  #lay(): void {
    const next = this.#laid + BLOCK_BYTES;
    if (next > this.#bytes.length) {
      const doubled = this.#bytes.length * 2;
      const larger = Buffer.allocUnsafeSlow(doubled <= MOST_DOUBLED_BYTES ? doubled : this.#mostBytes);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(this.#block, this.#laid);
    this.#laid = next;
  }
}
