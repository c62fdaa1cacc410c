import type { BusinessCalendar } from "./calendar-date.ts";

/** How one bank wants its files from one user. Checked at synth (infra/config). */
export interface BankProfile {
  readonly name: string;
  /** The mnemonic of the user's bank in columns 21–23 of the header, such as `CBA`. */
  readonly mnemonic: string;
  /** The user identification number (APCA id), six digits. */
  readonly userId: string;
  /** The user's preferred name, at most 26 BECS characters. */
  readonly userName: string;
  /** Whether the file ends with one credit over the sum of its debits. */
  readonly selfBalancing: boolean;
  /** Whether the header carries the trace account in columns 2–17. */
  readonly headerAccount: boolean;
  /** Whether the last line ends with CRLF too. */
  readonly lastLineEnd: boolean;
  /** The user's own bank account, to which returns are posted; `nnn-nnn`. */
  readonly traceBsb: string;
  readonly traceAccount: string;
  /** How many days ahead of today a file may be dated. */
  readonly maxAheadDays: number;
}

/** One bank facility: what is debited through it, when, and within which limits. */
export interface Stream {
  readonly name: string;
  /** 1–4 Crockford characters that open every lodgement reference; never used again for another stream. */
  readonly code: string;
  readonly bankProfile: BankProfile;
  /** IANA name, such as `Australia/Sydney`. */
  readonly timeZone: string;
  /** Local time `hh:mm` and days of the week (1 = Monday) of the start. */
  readonly schedule: { readonly time: string; readonly weekdays: readonly number[] };
  /** Local time `hh:mm` after which no file is sent for that day. */
  readonly cutOff: string;
  /** Local time `hh:mm` by which a batch of the day is closed, or the watch says that it is missing. */
  readonly expectedBy: string;
  readonly maxStartDelayMinutes: number;
  /** How many days before and after the billing date a due date may lie. */
  readonly dueWindowDays: { readonly past: number; readonly ahead: number };
  readonly maxDebitCents: number;
  readonly maxFileDebits: number;
  readonly maxFileCents: number;
  readonly maxBatchCents: number;
  /** Share of the rows, 0 to 1, that may be excluded for their content before the gate fails. */
  readonly toleratedExcludedShare: number;
  readonly minDaysBetweenInstalments: number;
  readonly growthFactor: number;
  /** Rows that one map child stages. */
  readonly segmentRows: number;
  /** Map children at work at once. */
  readonly concurrency: number;
  /** Merchant id → the name (at most 16 BECS characters) that a customer's statement shows. */
  readonly remitterNames: Readonly<Record<string, string>>;
}

/** All that a Lambda needs to know of the configuration; part of its code, so pinned with its version. */
export interface Configuration {
  readonly streams: Readonly<Record<string, Stream>>;
  readonly calendar: BusinessCalendar;
  /** Raised by people after a restore of the ledger; compared by AcquireLock and SubmitBankFile. */
  readonly epoch: number;
}
