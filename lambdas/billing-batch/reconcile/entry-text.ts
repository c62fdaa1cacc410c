import type { OwnDebit } from "./own-judgement.ts";

/** The fields of an entry that come from the row's text, one per line; none of them can hold a line end. */
export function entryText(entry: Pick<OwnDebit, "bsb" | "accountNumber" | "title" | "remitter">): string {
  return `${entry.bsb}\n${entry.accountNumber}\n${entry.title}\n${entry.remitter}`;
}

/** The names of {@link entryText}'s lines. */
export const ENTRY_FIELDS = ["BSB", "bank account number", "title", "remitter"] as const;
