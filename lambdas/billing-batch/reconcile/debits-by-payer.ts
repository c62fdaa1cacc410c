import type { DueTable } from "./due-table.ts";

/**
 * The debits of the judged set by bank account, merchant and amount. A million of them must fit beside the rest of
 * the gate, so a debit is a few numbers in plain arrays, by its due-list line. They are compared in full: a hash only
 * says where to begin.
 *
 * A bank account is its BSB and the digits of its number: hyphens and zeros in front do not make another one.
 */
export class DebitsByPayer {
  readonly #table: DueTable;
  /** By due-list line, as numbers. */
  readonly #bsbs: Uint32Array;
  readonly #accounts: Uint32Array;
  /** By hash: the last line that began a group, 0 for none. */
  readonly #heads: Uint32Array;
  /** By a group's first line: the first line of the group before it in the chain of its hash. */
  readonly #before: Uint32Array;
  /** By a group's first line: the first line of it that is under another mandate. */
  readonly #others = new Map<number, number>();

  /**
   * @param table the due list, once the bank files have been walked; its amounts are read from there
   * @param slots of the hash, a power of two; by default about one for each row
   */
  constructor(table: DueTable, slots = 2 ** Math.ceil(Math.log2(Math.max(table.rows, 2)))) {
    this.#table = table;
    this.#bsbs = new Uint32Array(table.rows + 1);
    this.#accounts = new Uint32Array(table.rows + 1);
    this.#before = new Uint32Array(table.rows + 1);
    this.#heads = new Uint32Array(slots);
  }

  /**
   * Puts the debit of a due row with those of its bank account, merchant and amount.
   * @returns the first line of them if it is under another mandate, or 0
   */
  add(line: number, bsb: string, accountNumber: string): number {
    const [branch, account] = [numberIn(bsb), numberIn(accountNumber)];
    const cents = this.#table.cents[line] as number;
    const merchantId = this.#table.merchantId(line);
    this.#bsbs[line] = branch;
    this.#accounts[line] = account;
    const slot = this.#slot(branch, account, cents);
    const head = this.#heads[slot] as number;
    let first = this.#alike(head, branch, account, cents);
    for (; first !== 0; first = this.#alike(this.#before[first] as number, branch, account, cents)) {
      if (this.#table.merchantId(first) !== merchantId) continue;
      if (this.#table.mandateId(first) === this.#table.mandateId(line)) return 0;
      if (!this.#others.has(first)) this.#others.set(first, line);
      return first;
    }
    this.#before[line] = head;
    this.#heads[slot] = line;
    return 0;
  }

  /** For each merchant the first line of the debits of a bank account and an amount. */
  linesOf(bsb: string, accountNumber: string, cents: number): readonly number[] {
    const [branch, account] = [numberIn(bsb), numberIn(accountNumber)];
    const head = this.#heads[this.#slot(branch, account, cents)] as number;
    let first = this.#alike(head, branch, account, cents);
    if (first === 0) return NONE;
    const lines: number[] = [];
    for (; first !== 0; first = this.#alike(this.#before[first] as number, branch, account, cents)) {
      lines.push(first);
    }
    return lines;
  }

  /** The amount of a debit. */
  centsOf(line: number): number {
    return this.#table.cents[line] as number;
  }

  /** Of the debits that begin with line `first`: the first one that is not under that mandate, or 0. */
  lineOfOther(first: number, mandateId: string): number {
    if (this.#table.mandateId(first) !== mandateId) return first;
    return this.#others.get(first) ?? 0;
  }

  /** From `line` on along its chain: the first line of that bank account and amount, or 0. */
  #alike(line: number, branch: number, account: number, cents: number): number {
    let at = line;
    while (
      at !== 0 &&
      (this.#accounts[at] !== account || this.#bsbs[at] !== branch || this.#table.cents[at] !== cents)
    ) {
      at = this.#before[at] as number;
    }
    return at;
  }

  #slot(branch: number, account: number, cents: number): number {
    let value = Math.imul(account ^ (branch << 11), 0x9e3779b1) ^ Math.imul(cents, 0x85ebca6b);
    value = Math.imul(value ^ (value >>> 15), 0xc2b2ae35);
    return (value ^ (value >>> 13)) & (this.#heads.length - 1);
  }
}

const NONE: readonly number[] = [];
const [ZERO, NINE] = [0x30, 0x39];

/** The digits of a text as one number, whatever stands between them. At most nine digits come. */
function numberIn(text: string): number {
  let value = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= ZERO && code <= NINE) value = value * 10 + code - ZERO;
  }
  return value;
}
