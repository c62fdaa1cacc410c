import type { ExclusionReason } from "./exclusion.ts";

/** The ledger's items, as the steps see them. Keys and storage: adapters/ledger.ts. */
export const SCHEMA = 1;

/** The epoch of a stream that the ledger has never heard of (rule 14). */
export const FIRST_EPOCH = 1;

export type BatchStateName = "OPEN" | "CLOSED" | "ABANDONED";
export type FileStateName =
  | "COMPOSED"
  | "RECONCILED"
  | "SUBMITTING"
  | "SUBMITTED"
  | "UNKNOWN"
  | "WITHDRAWN"
  | "ACKNOWLEDGED"
  | "REJECTED";

/** A number of debits and their sum. */
export interface Sum {
  readonly count: number;
  readonly cents: number;
}

/** One file of the frozen set. Everything but `state` and what follows it is frozen by the first compose. */
export interface FileItem {
  /** From 1, in due-list order. */
  readonly number: number;
  readonly key: string;
  readonly version?: string;
  readonly sha256: string;
  readonly indexKey: string;
  readonly indexVersion?: string;
  readonly indexSha256: string;
  readonly debits: number;
  readonly cents: number;
  readonly firstLine: number;
  readonly lastLine: number;
  readonly description: string;
  readonly processingDate: string;
  readonly state: FileStateName;
  /** Set by the move to SUBMITTING and kept for ever: a file that has it was once past RECONCILED. */
  readonly submitting?: {
    readonly nonce: string;
    readonly at: string;
    /** Where the bank picks it up: looked for there ever after, under whatever user id a later release delivers. */
    readonly key: string;
  };
  /** The object that the bank picks up: key and, where the store has them, version. */
  readonly delivered?: { readonly key: string; readonly version?: string; readonly at: string };
  /** Set by the move that ended a doubt by what two people have said on the bank's evidence. */
  readonly resolved?: Resolution;
}

/** What the bank has said of a file in doubt. */
export type Outcome = "submitted" | "rejected";

/** The bank's recorded statement about one file: where its bytes lie, and what people need to find it at the bank. */
export interface BankStatement {
  /** The object in the reports' bucket. */
  readonly key: string;
  readonly version?: string;
  readonly sha256: string;
  /** The bank's own. */
  readonly reference: string;
  readonly channel: Channel;
  /** When the bank made it. */
  readonly statedAt: string;
}

/** How a bank's statement has reached us. */
export const CHANNELS = ["email", "phone", "portal", "letter", "in-person"] as const;
export type Channel = (typeof CHANNELS)[number];

/** The end of a doubt that two people have decided on the bank's statement. */
export interface Resolution {
  readonly outcome: Outcome;
  readonly proposal: string;
  readonly proposedBy: string;
  readonly approvedBy: string;
  readonly reason: string;
  readonly evidence: BankStatement;
  /** When it took effect. */
  readonly at: string;
}

/** What the gate found and which bytes it found it for. */
export interface Verdict {
  readonly sha256s: readonly string[];
  readonly at: string;
  readonly report: string;
  /** The suspicions that two people have accepted for these bytes; absent if there was none. */
  readonly accepted?: readonly Acceptance[];
}

/** One suspicion that two people have accepted for one set of files. */
export interface Acceptance {
  readonly check: string;
  readonly proposal: string;
  readonly proposedBy: string;
  readonly approvedBy: string;
  readonly reason: string;
  /** When it was approved. */
  readonly at: string;
}

/** The one item per stream on which everything is decided. */
export interface StreamItem {
  readonly stream: string;
  /** Rises by one with every write. */
  readonly version: number;
  /** Rises by one with every acquire, and never falls. */
  readonly fence: number;
  readonly epoch: number;
  /** The nonce of the handler call that wrote this version. */
  readonly nonce: string;
  readonly batch?: {
    readonly id: string;
    /** The nonce of the call that acquired the lock with this fence. */
    readonly nonce: string;
    readonly since: string;
    /** When the acquiring call's state was entered; absent where a person took the lock to abandon the batch. */
    readonly turn?: Turn;
    readonly abandoning?: Decision;
    /** The frozen set of files; absent until the first compose, empty if nothing was staged. */
    readonly files?: readonly FileItem[];
    readonly verdict?: Verdict;
  };
  readonly paused?: Decision;
  readonly deploying?: Deploying;
}

/** A deployment that holds a stream: until it ends, no batch acquires the lock and no file begins to be submitted. */
export interface Deploying {
  /** `deploy-<yyyymmdd>-<hhmmss>-<8 hex digits>` */
  readonly id: string;
  readonly at: string;
  readonly by: string;
  /** The override under which it began. */
  readonly override?: string;
  /** Every stream that it takes, in order of their names: a deployment may itself add a stream, or take one away. */
  readonly streams: readonly string[];
}

/**
 * Which try of an execution a call belongs to, as Step Functions counts them: when the state was entered (ISO
 * 8601; later with every redrive) and how often it has been retried since.
 */
export interface Turn {
  readonly entered: string;
  readonly retry: number;
}

/** A person's decision. */
export interface Decision {
  readonly by: string;
  readonly reason: string;
  readonly at: string;
}

/** Which bytes a batch bills: pinned by AcquireLock, the same for ever. */
export interface DueListIdentity {
  /** The folder in the due bucket, `<stream>/<billing date>/<nn>/`. */
  readonly prefix: string;
  readonly csvVersion?: string;
  readonly sha256: string;
  readonly count: number;
  readonly totalCents: number;
}

export interface Plan {
  readonly key: string;
  readonly sha256: string;
  readonly segments: number;
  readonly rows: number;
  /** The cents of the rows without what may not be told; absent in plans that were made before it was told apart. */
  readonly cents?: number;
}

/** How a batch ended, for its record, its report and its result. */
export interface Ending {
  readonly at: string;
  readonly due: Sum;
  readonly staged: Sum;
  readonly excluded: Sum & { readonly byReason: Readonly<Partial<Record<ExclusionReason, number>>> };
  readonly submitted: Sum;
  readonly withdrawn: Sum;
  readonly rejected: Sum;
  /** A sentence where the ending is not the usual one. */
  readonly note?: string;
}

export interface BatchItem {
  readonly id: string;
  readonly version: number;
  readonly stream: string;
  readonly billingDate: string;
  readonly number: number;
  readonly state: BatchStateName;
  readonly openedAt?: string;
  /** Absent only in the record of a batch that was abandoned before it began. */
  readonly dueList?: DueListIdentity;
  readonly plan?: Plan;
  readonly ending?: Ending;
  /** The gate's verdict under which the batch was closed. */
  readonly verdict?: Verdict;
  readonly abandoned?: Decision;
}

export interface SegmentItem {
  readonly batchId: string;
  readonly segment: number;
  readonly firstLine: number;
  readonly rows: number;
  readonly staged: Sum;
  readonly excluded: Sum;
  readonly byReason: Readonly<Partial<Record<ExclusionReason, number>>>;
  /** One bit per row of the segment, first row first, base64: 1 = staged. */
  readonly stagedLines: string;
  readonly key: string;
  readonly sha256: string;
  readonly exclusionsKey: string;
  readonly exclusionsSha256: string;
}

export interface SubmissionItem {
  readonly batchId: string;
  readonly number: number;
  /** INTENT: from here on the file may have been sent. VOID: it never was and never will be. */
  readonly kind: "INTENT" | "VOID";
  readonly nonce: string;
  readonly sha256: string;
  readonly at: string;
}

/** One debit's claim: who may collect this attempt of this instalment. */
export interface Claim {
  readonly mandateId: string;
  readonly dueDate: string;
  readonly attempt: number;
  readonly batchId: string;
  readonly line: number;
  readonly segment: number;
  readonly cents: number;
  readonly stream: string;
  /**
   * Whose claim it was before, where it was taken over, all of them in order: what staging took for released, the gate
   * judges again.
   */
  readonly takenFrom?: readonly ClaimOwner[];
}

/** Which line of which batch a claim was of. */
export type ClaimOwner = Pick<Claim, "batchId" | "line" | "segment">;

/** The bank's later "no" for one debit, as far as staging and gate need it: that it exists. */
export interface ReturnItem {
  readonly mandateId: string;
  readonly dueDate: string;
  readonly attempt: number;
}

/**
 * That a batch has closed, under its stream and billing date, so that later gates find the stream's recent files. It
 * is put just before the batch's record says so: the record decides.
 */
export interface ClosingItem {
  readonly stream: string;
  readonly billingDate: string;
  readonly number: number;
  readonly batchId: string;
  readonly closedAt: string;
  readonly submitted: Sum;
}

/** What one person proposes and a second one may approve. Never changed; its id is a hash of all the rest. */
export type ProposalItem = BatchProposal | OverrideProposal;

/** What is proposed about one batch, and filed with it. */
export type BatchProposal = SuspicionProposal | ResolutionProposal;

interface AnyProposal {
  /** `<batch>.<32 hex digits>`, or `override.<32 hex digits>` where it is about no batch. */
  readonly id: string;
  readonly reason: string;
  /** The person: the session name that AWS has verified, in lower case. */
  readonly by: string;
  readonly at: string;
}

/** That one suspicion of the gate be accepted for one set of files. */
export interface SuspicionProposal extends AnyProposal {
  readonly batchId: string;
  readonly action: "accept-suspicion";
  /** The suspicion's name. */
  readonly check: string;
  /** The set of files that it is for. */
  readonly sha256s: readonly string[];
  /** The report in which the proposer saw it. */
  readonly report: string;
}

/** That one file in doubt be taken for what the bank says of it. */
export interface ResolutionProposal extends AnyProposal {
  readonly batchId: string;
  readonly action: "resolve-submission";
  /** The file's, and its SHA-256. */
  readonly number: number;
  readonly sha256: string;
  /** Of the intent that stands: of which call's delivery the bank speaks. */
  readonly nonce: string;
  readonly outcome: Outcome;
  readonly evidence: BankStatement;
}

/** That the stage whose ledger this is may deploy through its blackout for a while. */
export interface OverrideProposal extends AnyProposal {
  readonly action: "override-blackout";
  /** Where the reason is written up, in the house's own books. */
  readonly ticket: string;
  /** For how long after its approval: 1 to 60. */
  readonly minutes: number;
}

/** A second person's yes to one proposal. */
export interface ApprovalItem {
  /** The proposal's; absent where that is about no batch. */
  readonly batchId?: string;
  /** The proposal's id. */
  readonly proposal: string;
  /** SHA-256 over the whole proposal as it was approved. */
  readonly proposalSha256: string;
  readonly by: string;
  readonly at: string;
}

/** One line of a batch's audit trail. */
export interface EventItem {
  readonly batchId: string;
  readonly at: string;
  readonly action: string;
  readonly by: string;
  readonly reason?: string;
  readonly nonce: string;
}

/** One line of a stream's audit trail: what people did to the stream, and not to one of its batches. */
export interface StreamEventItem extends Required<Omit<EventItem, "batchId">> {
  readonly stream: string;
  readonly action: "pause" | "resume" | "deploy begin" | "deploy end";
}

/** One line of the audit trail of a stage's overrides. */
export type OverrideEventItem = Omit<EventItem, "batchId">;

/** What StageSegment leaves of one staged row in its segment object: one JSON line. */
export interface StagedRow {
  readonly line: number;
  readonly mandateId: string;
  readonly dueDate: string;
  readonly attempt: number;
  readonly merchantId: string;
  readonly remitter: string;
  /** `nnn-nnn` */
  readonly bsb: string;
  readonly accountNumber: string;
  readonly title: string;
  readonly cents: number;
}
