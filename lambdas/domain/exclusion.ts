/** Why a due row is not debited by this batch. In the order of the README's table. */
export const EXCLUSION_REASONS = [
  "malformed-row",
  "bad-bsb",
  "bad-account",
  "bad-title",
  "bad-amount",
  "amount-over-limit",
  "bad-due-date",
  "outside-window",
  "bad-attempt",
  "bad-remitter",
  "remitter-too-long",
  "duplicate-in-list",
  "conflicting-in-list",
  "already-claimed",
  "too-near",
  "no-proven-dishonour",
] as const;

export type ExclusionReason = (typeof EXCLUSION_REASONS)[number];

/** The reasons that lie in a row's own content; they alone count against the tolerated share. */
export const CONTENT_REASONS = [
  "malformed-row",
  "bad-bsb",
  "bad-account",
  "bad-title",
  "bad-amount",
  "amount-over-limit",
  "bad-due-date",
  "outside-window",
  "bad-attempt",
  "bad-remitter",
  "remitter-too-long",
] as const satisfies readonly ExclusionReason[];

export type ContentReason = (typeof CONTENT_REASONS)[number];

/** The reasons of rows that would debit an instalment a second time; they ring an alarm of their own. */
export const DUPLICATE_REASONS = [
  "duplicate-in-list",
  "conflicting-in-list",
  "already-claimed",
] as const satisfies readonly ExclusionReason[];

/** The columns of the due list, in their order. */
export const COLUMNS = [
  "mandate_id",
  "due_date",
  "attempt",
  "merchant_id",
  "merchant_name",
  "customer_id",
  "bsb",
  "account_number",
  "account_title",
  "amount_cents",
] as const;

export type Column = (typeof COLUMNS)[number];

/**
 * One row that ends excluded. It names line, reason and field, never a value of the row: a shifted
 * column would print a bank account. `line` counts data rows from 1 (the header is not counted).
 */
export interface Exclusion {
  readonly line: number;
  readonly reason: ExclusionReason;
  /** The failing column, where one column fails. */
  readonly field?: Column;
  /** The row's amount in cents where it may be told, else 0: the last column of a shifted row can be a bank account. */
  readonly cents: number;
  /** Only of rows whose columns are in their places: see `isInPlace` in due-row.ts. */
  readonly mandateId?: string;
  readonly dueDate?: string;
  /** The line of the row that this one repeats or crowds, for the reasons found inside the list. */
  readonly otherLine?: number;
  /** The ledger's claim that stands in the way, for `already-claimed` and `too-near` against the ledger. */
  readonly claim?: ClaimName;
}

/** Names a claim in the ledger. */
export interface ClaimName {
  readonly mandateId: string;
  readonly dueDate: string;
  readonly attempt: number;
  readonly batchId: string;
  readonly line: number;
}
