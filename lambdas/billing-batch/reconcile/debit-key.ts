/** Names one debit in the ledger. */
export interface DebitKey {
  readonly mandateId: string;
  readonly dueDate: string;
  readonly attempt: number;
}

/** One text for one debit: no mandate id holds a space. */
export function claimKey({ mandateId, dueDate, attempt }: DebitKey): string {
  return `${mandateId} ${dueDate} ${attempt}`;
}

/** Debits to ask the ledger for, each of them once: it refuses to be asked for one twice in a call. */
export class DistinctDebits {
  readonly list: DebitKey[] = [];
  /** Whether a debit was added more than once. */
  repeats = false;
  /** The first debit of each mandate: most mandates have no other. */
  readonly #first = new Map<string, DebitKey>();
  /** By {@link claimKey}, those of mandates that have several. */
  readonly #texts = new Set<string>();

  add(key: DebitKey): void {
    const first = this.#first.get(key.mandateId);
    if (first) {
      this.#texts.add(claimKey(first));
      const text = claimKey(key);
      if (this.#texts.has(text)) {
        this.repeats = true;
        return;
      }
      this.#texts.add(text);
    } else {
      this.#first.set(key.mandateId, key);
    }
    this.list.push(key);
  }
}
