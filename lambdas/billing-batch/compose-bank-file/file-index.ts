import type { IndexLine } from "../../domain/bank-file.ts";
import type { StagedRow } from "../../domain/records.ts";

/** About as many as a line takes; a wrong guess costs memory or a copy, nothing else. */
const USUAL_LINE_BYTES = 144;

/** The index of one bank file while it grows: bytes at once, because a million lines as strings would lie there twice. */
export class FileIndex {
  #bytes: Buffer;
  #end = 0;

  /** @param expectedLines how many will come, as far as the caller knows */
  constructor(expectedLines: number) {
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(expectedLines, 64) * USUAL_LINE_BYTES);
  }

  add({ line, mandateId, dueDate, attempt, merchantId, cents }: StagedRow): void {
    const entry: IndexLine = { line, mandateId, dueDate, attempt, merchantId, cents };
    const text = `${JSON.stringify(entry)}\n`;
    // One UTF-16 unit is three bytes of UTF-8 at the most.
    if (this.#end + 3 * text.length > this.#bytes.length) this.#grow();
    this.#end += this.#bytes.write(text, this.#end, "utf8");
  }

  /** What was added. It shares the index's memory. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  #grow(): void {
    const larger = Buffer.allocUnsafeSlow(this.#bytes.length * 2);
    this.#bytes.copy(larger, 0, 0, this.#end);
    this.#bytes = larger;
  }
}
