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
