import type { Claim, FileItem, SegmentItem } from "../../domain/records.ts";
import type { Ledger } from "../../ports.ts";

/**
 * Whether a claim can no longer become a debit (rule 8), derived by the gate itself from the ledger's records.
 * Whatever is missing, open or unclear holds the claim. Records are read once.
 */
export class Releases {
  readonly #ledger: Pick<Ledger, "readBatch" | "readFiles" | "readSegment">;
  readonly #read = new Map<string, Promise<unknown>>();

  constructor(ledger: Pick<Ledger, "readBatch" | "readFiles" | "readSegment">) {
    this.#ledger = ledger;
  }

  async isReleased(claim: Claim): Promise<boolean> {
    const { batchId, segment, line } = claim;
    const batch = await this.#once(batchId, () => this.#ledger.readBatch(batchId));
    if (batch?.state === "ABANDONED") return true;
    if (batch?.state !== "CLOSED") return false;
    const record = await this.#once(`${batchId} ${segment}`, () =>
      this.#ledger.readSegment(batchId, segment),
    );
    if (record === undefined) return false;
    const files = await this.#once(`${batchId} files`, () => this.#ledger.readFiles(batchId));
    const carriers = files.filter(({ firstLine, lastLine }) => firstLine <= line && line <= lastLine);
    return isExcluded(record, line) || (carriers.length > 0 && carriers.every(isHarmless));
  }

  #once<Value>(key: string, read: () => Promise<Value>): Promise<Value> {
    const known = this.#read.get(key) as Promise<Value> | undefined;
    if (known) return known;
    const reading = read();
    this.#read.set(key, reading);
    return reading;
  }
}

/** A file that the bank never had, or has refused as a whole. */
function isHarmless({ state }: FileItem): boolean {
  return state === "WITHDRAWN" || state === "REJECTED";
}

/** Whether the segment's record says that the line, which is one of its own, was not staged. */
function isExcluded({ firstLine, rows, stagedLines }: SegmentItem, line: number): boolean {
  const at = line - firstLine;
  const bits = Buffer.from(stagedLines, "base64");
  if (at < 0 || at >= rows || bits.length !== Math.ceil(rows / 8)) return false;
  return (bits.readUInt8(at >> 3) & (1 << (at & 7))) === 0;
}
