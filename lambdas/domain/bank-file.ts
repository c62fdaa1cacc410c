import type { CalendarDate } from "./calendar-date.ts";
import type { Cents } from "./cents.ts";

/**
 * What a BECS Direct Entry file says, without its bytes: the record layout that writer, reader and gate share.
 * Source of the layout: the banks' guides as collected in AusPayNet's BECS Procedures terms.
 */
export const RECORD_LENGTH = 120;
export const CODE_DEBIT = "13";
export const CODE_CREDIT = "50";

/** Type 0, the descriptive record. */
export interface Header {
  readonly mnemonic: string;
  readonly userName: string;
  readonly userId: string;
  /** Twelve columns that no other file of this user id repeats. */
  readonly description: string;
  readonly processingDate: CalendarDate;
  /** The header extension: the user's own bank account in columns 2–17. */
  readonly account?: { readonly bsb: string; readonly accountNumber: string };
}

/** Type 1, one debit (code 13) or the balancing credit (code 50). */
export interface Entry {
  /** `nnn-nnn` */
  readonly bsb: string;
  /** One to nine digits or hyphens, leading zeros kept, without padding. */
  readonly accountNumber: string;
  /** Blank for debits. */
  readonly indicator: string;
  readonly code: string;
  readonly cents: Cents;
  readonly title: string;
  /** The lodgement reference, at most 18 columns. */
  readonly reference: string;
  readonly traceBsb: string;
  readonly traceAccountNumber: string;
  readonly remitter: string;
  readonly withholdingCents: Cents;
}

/** Type 7, the file total record. */
export interface Totals {
  readonly netCents: Cents;
  readonly creditCents: Cents;
  readonly debitCents: Cents;
  /** Type 1 records, the balancing record included. */
  readonly count: number;
}

/** Type 2: one debit that came back. The account pairs are swapped against type 1 and put right here. */
export interface Return {
  readonly code: string;
  readonly transactionCode: string;
  readonly cents: Cents;
  readonly title: string;
  readonly reference: string;
  /** The customer's bank account (columns 81–96). */
  readonly bsb: string;
  readonly accountNumber: string;
  /** The user's own bank account, to which the return is posted (columns 2–17). */
  readonly traceBsb: string;
  readonly traceAccountNumber: string;
  readonly remitter: string;
  /** Day of the month of the original processing; the record carries no month. */
  readonly originalDay: number;
  readonly originalUserId: string;
}

/** One place in a file where it departs from the rules. It never repeats what stands there. */
export interface Fault {
  /** From 1. */
  readonly line: number;
  /** First column of the field, from 1; 0 where the whole record is meant. */
  readonly column: number;
  readonly field: string;
  readonly rule: string;
}

/** The bank file's kept twin in the ledger's hands: line by line what rebuilds the claims. No bank account, no name. */
export interface IndexLine {
  readonly line: number;
  readonly mandateId: string;
  readonly dueDate: string;
  readonly attempt: number;
  readonly merchantId: string;
  readonly cents: number;
}
