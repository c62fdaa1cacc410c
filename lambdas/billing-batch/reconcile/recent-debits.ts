import { CODE_DEBIT, type IndexLine } from "../../domain/bank-file.ts";
import { readBankFile } from "../../domain/bank-file-reader.ts";
import type { FileItem } from "../../domain/records.ts";
import type { Objects } from "../../ports.ts";
import type { DebitsByPayer } from "./debits-by-payer.ts";
import { jsonLines, readFrozen } from "./stored-bytes.ts";

/** A debit of a file that was sent, of the same bank account and amount as debits of the judged set. */
export interface Match {
  /** Due-list line, mandate and merchant of the debit that was sent. */
  readonly sent: Pick<IndexLine, "line" | "mandateId" | "merchantId">;
  /** A due-list line of the judged set, as {@link DebitsByPayer.linesOf} names it. */
  readonly first: number;
}

/**
 * Debits that may match: which debits of the file, from 0 and rising, and beside each the line of the judged set. A
 * list that comes again makes every debit one, so they are two rows of plain numbers.
 */
class Candidates {
  length = 0;
  #debits: Uint32Array;
  #firsts: Uint32Array;

  /** @param room for so many without growing */
  constructor(room: number) {
    this.#debits = new Uint32Array(room);
    this.#firsts = new Uint32Array(room);
  }

  add(debit: number, first: number): void {
    if (this.length === this.#debits.length) this.#grow();
    this.#debits[this.length] = debit;
    this.#firsts[this.length] = first;
    this.length += 1;
  }

  /** Undefined past the last one. */
  debit(index: number): number | undefined {
    return index < this.length ? this.#debits[index] : undefined;
  }

  first(index: number): number {
    return this.#firsts[index] as number;
  }

  #grow(): void {
    const grown = (from: Uint32Array) => {
      const to = new Uint32Array(Math.max(2 * from.length, 16));
      to.set(from);
      return to;
    };
    [this.#debits, this.#firsts] = [grown(this.#debits), grown(this.#firsts)];
  }
}

/**
 * Reads a file that was sent, proven by its SHA-256, and shows its debits that are of the same bank account and amount
 * as debits of the judged set. The file is gone from memory before its index is read, and the index, which names
 * mandate and merchant, is read only where there is anything to name.
 * @returns what is wrong with file or index, in words; undefined if both could be read. Matches shown before do
 * count.
 */
export async function walkRecent(
  objects: Objects,
  item: FileItem,
  payers: DebitsByPayer,
  onMatch: (match: Match) => void,
): Promise<string | undefined> {
  const found = await candidatesIn(objects, item, payers);
  if (typeof found === "string") return found;
  return found.length === 0 ? undefined : nameThem(objects, item, found, payers, onMatch);
}

async function candidatesIn(
  objects: Objects,
  item: FileItem,
  payers: DebitsByPayer,
): Promise<string | Candidates> {
  const { bytes, fault } = await readFrozen(objects, "bankFiles", item);
  if (fault !== undefined) return fault;
  const candidates = new Candidates(item.debits);
  let debits = 0;
  const { faults } = readBankFile(bytes, ({ code, bsb, accountNumber, cents }) => {
    if (code !== CODE_DEBIT) return;
    for (const first of payers.linesOf(bsb, accountNumber, cents)) {
      candidates.add(debits, first);
    }
    debits += 1;
  });
  if (faults.length > 0) return "is no bank file";
  return debits === item.debits ? candidates : "has not the debits that the ledger counts";
}

async function nameThem(
  objects: Objects,
  item: FileItem,
  candidates: Candidates,
  payers: DebitsByPayer,
  onMatch: (match: Match) => void,
): Promise<string | undefined> {
  const { bytes, fault } = await readFrozen(objects, "bankFiles", {
    key: item.indexKey,
    version: item.indexVersion,
    sha256: item.indexSha256,
  });
  if (fault !== undefined) return `has an index that ${fault}`;
  let [debit, next] = [0, 0];
  for (const value of jsonLines(bytes)) {
    for (; candidates.debit(next) === debit; next += 1) {
      const first = candidates.first(next);
      if (!isIndexLine(value) || value.cents !== payers.centsOf(first))
        return "has an index that is not its own";
      onMatch({ sent: value, first });
    }
    debit += 1;
  }
  return debit === item.debits ? undefined : "has an index that is not its own";
}

function isIndexLine(value: unknown): value is IndexLine {
  if (typeof value !== "object" || value === null) return false;
  const { line, mandateId, merchantId } = value as Partial<Record<keyof IndexLine, unknown>>;
  return Number.isInteger(line) && typeof mandateId === "string" && typeof merchantId === "string";
}
