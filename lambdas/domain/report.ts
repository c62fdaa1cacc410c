import type { Exclusion } from "./exclusion.ts";
import type { Acceptance, Ending, FileStateName, Resolution, Sum } from "./records.ts";

/** One check of the gate with both of its numbers. */
export interface Check {
  readonly name: string;
  readonly kind: "proof" | "suspicion";
  readonly passed: boolean;
  readonly expected: string;
  readonly found: string;
  readonly note?: string;
  /** Only of a suspicion, where there was nothing to judge it by; `passed` says whether that stops the batch. */
  readonly judged?: false;
  /** Only of a failed suspicion: the two people who have accepted it for exactly these files. */
  readonly accepted?: Acceptance;
}

/** Whether a check stops its batch. A failed proof always does, whatever else is said of it. */
export function isStopping({ kind, passed, accepted }: Check): boolean {
  return !passed && (kind === "proof" || accepted === undefined);
}

/** Whether two people may accept a check: a failed suspicion that was judged, so that they can see what it found. */
export function isAcceptable({ kind, passed, judged }: Check): boolean {
  return kind === "suspicion" && !passed && judged !== false;
}

export interface MerchantTotal {
  readonly merchantId: string;
  readonly due: Sum;
  readonly excluded: Sum;
  readonly inFiles: Sum;
}

/** Everything that a batch report says, as JSON and as a page. No bank account and no payer's name. */
export interface BatchReport {
  readonly schema: 1;
  readonly batchId: string;
  readonly stream: string;
  readonly billingDate: string;
  /** The stream's zone, in which the page shows instants; the JSON keeps them in UTC. */
  readonly timeZone: string;
  /** 1, 2, …: each gate run and the close write the next. */
  readonly number: number;
  readonly writtenBy: "Reconcile" | "CloseBatch";
  readonly at: string;
  readonly status: "GATE_PASSED" | "GATE_FAILED" | "CLOSED";
  /** What the manifest says, what the ledger claims for this batch, what the bank files hold. */
  readonly dueList: Sum;
  readonly ledger: Sum;
  readonly bankFiles: Sum;
  readonly excluded: Sum & {
    readonly content: number;
    readonly byReason: Readonly<Record<string, number>>;
    /** How many rows have an amount that no sum of the report holds, because it may be a bank account; absent if none. */
    readonly untold?: number;
  };
  readonly merchants: readonly MerchantTotal[];
  readonly checks: readonly Check[];
  readonly files: readonly {
    readonly number: number;
    readonly sha256: string;
    readonly debits: number;
    readonly cents: number;
    readonly firstLine: number;
    readonly lastLine: number;
    readonly state: FileStateName;
    /** Who has resolved it, and on what; absent of a file that never was in doubt, or whose bytes were found. */
    readonly resolved?: Resolution;
  }[];
  readonly timeline: readonly { readonly at: string; readonly what: string }[];
  readonly ending?: Ending;
}

/** A report with the exclusions that its CSV lists. */
export interface ReportWithExclusions {
  readonly report: BatchReport;
  readonly exclusions: readonly Exclusion[];
}
