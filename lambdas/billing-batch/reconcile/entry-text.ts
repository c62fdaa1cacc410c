import type { OwnDebit } from "./own-judgement.ts";

/** What the row's text decides of an entry. */
export type EntryFields = Pick<OwnDebit, "bsb" | "accountNumber" | "title" | "remitter">;

/** The fields of an entry that come from the row's text, one per line; none of them can hold a line end. */
export function entryText(entry: EntryFields): string {
  return `${entry.bsb}\n${entry.accountNumber}\n${entry.title}\n${entry.remitter}`;
}

/** The names of {@link entryText}'s lines. */
export const ENTRY_FIELDS = ["BSB", "bank account number", "title", "remitter"] as const;
