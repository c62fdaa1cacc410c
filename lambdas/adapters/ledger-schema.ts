import { z } from "zod";
import { EXCLUSION_REASONS } from "../domain/exclusion.ts";
import {
  type Acceptance,
  type ApprovalItem,
  type BankStatement,
  type BatchItem,
  type BatchProposal,
  CHANNELS,
  type Claim,
  type ClosingItem,
  type Decision,
  type EventItem,
  type FileItem,
  type OverrideEventItem,
  type OverrideProposal,
  type Resolution,
  type ReturnItem,
  type SegmentItem,
  type StreamEventItem,
  type StreamItem,
  type SubmissionItem,
  type Verdict,
} from "../domain/records.ts";

/** What the ledger's items must look like when they are read back: strict, so that a stray attribute is noticed. */
const whole = z.int().min(0);
const sum = z.strictObject({ count: whole, cents: whole });
const byReason = z.partialRecord(z.enum(EXCLUSION_REASONS), whole);
const decision: z.ZodType<Decision> = z.strictObject({ by: z.string(), reason: z.string(), at: z.string() });

const acceptance: z.ZodType<Acceptance> = z.strictObject({
  check: z.string(),
  proposal: z.string(),
  proposedBy: z.string(),
  approvedBy: z.string(),
  reason: z.string(),
  at: z.string(),
});

const verdict: z.ZodType<Verdict> = z.strictObject({
  sha256s: z.array(z.string()),
  at: z.string(),
  report: z.string(),
  accepted: z.array(acceptance).optional(),
});

const outcome = z.enum(["submitted", "rejected"]);
const bankStatement: z.ZodType<BankStatement> = z.strictObject({
  key: z.string(),
  version: z.string().optional(),
  sha256: z.string(),
  reference: z.string(),
  channel: z.enum(CHANNELS),
  statedAt: z.string(),
});
const resolution: z.ZodType<Resolution> = z.strictObject({
  outcome,
  proposal: z.string(),
  proposedBy: z.string(),
  approvedBy: z.string(),
  reason: z.string(),
  evidence: bankStatement,
  at: z.string(),
});

const file = {
  number: whole,
  key: z.string(),
  version: z.string().optional(),
  sha256: z.string(),
  indexKey: z.string(),
  indexVersion: z.string().optional(),
  indexSha256: z.string(),
  debits: whole,
  cents: whole,
  firstLine: whole,
  lastLine: whole,
  description: z.string(),
  processingDate: z.string(),
  state: z.enum([
    "COMPOSED",
    "RECONCILED",
    "SUBMITTING",
    "SUBMITTED",
    "UNKNOWN",
    "WITHDRAWN",
    "ACKNOWLEDGED",
    "REJECTED",
  ]),
  submitting: z.strictObject({ nonce: z.string(), at: z.string(), key: z.string() }).optional(),
  delivered: z.strictObject({ key: z.string(), version: z.string().optional(), at: z.string() }).optional(),
  resolved: resolution.optional(),
};
export const fileItem: z.ZodType<FileItem> = z.strictObject(file);

export const streamItem: z.ZodType<StreamItem> = z.strictObject({
  stream: z.string(),
  version: whole,
  fence: whole,
  epoch: whole,
  nonce: z.string(),
  batch: z
    .strictObject({
      id: z.string(),
      nonce: z.string(),
      since: z.string(),
      turn: z.strictObject({ entered: z.string(), retry: whole }).optional(),
      abandoning: decision.optional(),
      files: z.array(fileItem).optional(),
      verdict: verdict.optional(),
    })
    .optional(),
  paused: decision.optional(),
  deploying: z
    .strictObject({
      id: z.string(),
      at: z.string(),
      by: z.string(),
      override: z.string().optional(),
      streams: z.array(z.string()),
    })
    .optional(),
});

export const batchItem: z.ZodType<BatchItem> = z.strictObject({
  id: z.string(),
  version: whole,
  stream: z.string(),
  billingDate: z.string(),
  number: whole,
  state: z.enum(["OPEN", "CLOSED", "ABANDONED"]),
  openedAt: z.string().optional(),
  dueList: z
    .strictObject({
      prefix: z.string(),
      csvVersion: z.string().optional(),
      sha256: z.string(),
      count: whole,
      totalCents: whole,
    })
    .optional(),
  plan: z
    .strictObject({
      key: z.string(),
      sha256: z.string(),
      segments: whole,
      rows: whole,
      cents: whole.optional(),
    })
    .optional(),
  ending: z
    .strictObject({
      at: z.string(),
      due: sum,
      staged: sum,
      excluded: z.strictObject({ count: whole, cents: whole, byReason }),
      submitted: sum,
      withdrawn: sum,
      rejected: sum,
      note: z.string().optional(),
    })
    .optional(),
  verdict: verdict.optional(),
  abandoned: decision.optional(),
});

export const segmentItem: z.ZodType<SegmentItem> = z.strictObject({
  batchId: z.string(),
  segment: whole,
  firstLine: whole,
  rows: whole,
  staged: sum,
  excluded: sum,
  byReason,
  stagedLines: z.string(),
  key: z.string(),
  sha256: z.string(),
  exclusionsKey: z.string(),
  exclusionsSha256: z.string(),
});

export const submissionItem: z.ZodType<SubmissionItem> = z.strictObject({
  batchId: z.string(),
  number: whole,
  kind: z.enum(["INTENT", "VOID"]),
  nonce: z.string(),
  sha256: z.string(),
  at: z.string(),
});

export const claim: z.ZodType<Claim> = z.strictObject({
  mandateId: z.string(),
  dueDate: z.string(),
  attempt: whole,
  batchId: z.string(),
  line: whole,
  segment: whole,
  cents: whole,
  stream: z.string(),
  takenFrom: z.array(z.strictObject({ batchId: z.string(), line: whole, segment: whole })).optional(),
});

/** A return carries more than staging needs; the rest belongs to the states that take returns in. */
export const returnItem: z.ZodType<ReturnItem> = z.object({
  mandateId: z.string(),
  dueDate: z.string(),
  attempt: whole,
});

const event = {
  at: z.string(),
  action: z.string(),
  by: z.string(),
  reason: z.string().optional(),
  nonce: z.string(),
};
export const eventItem: z.ZodType<EventItem> = z.strictObject({ batchId: z.string(), ...event });
export const overrideEventItem: z.ZodType<OverrideEventItem> = z.strictObject(event);

export const streamEventItem: z.ZodType<StreamEventItem> = z.strictObject({
  stream: z.string(),
  at: z.string(),
  action: z.enum(["pause", "resume", "deploy begin", "deploy end"]),
  by: z.string(),
  reason: z.string(),
  nonce: z.string(),
});

export const closingItem: z.ZodType<ClosingItem> = z.strictObject({
  stream: z.string(),
  billingDate: z.string(),
  number: whole,
  batchId: z.string(),
  closedAt: z.string(),
  submitted: sum,
});

const anyProposal = {
  id: z.string(),
  reason: z.string(),
  by: z.string(),
  at: z.string(),
};

export const batchProposal: z.ZodType<BatchProposal> = z.discriminatedUnion("action", [
  z.strictObject({
    ...anyProposal,
    batchId: z.string(),
    action: z.literal("accept-suspicion"),
    check: z.string(),
    sha256s: z.array(z.string()),
    report: z.string(),
  }),
  z.strictObject({
    ...anyProposal,
    batchId: z.string(),
    action: z.literal("resolve-submission"),
    number: whole,
    sha256: z.string(),
    nonce: z.string(),
    outcome,
    evidence: bankStatement,
  }),
]);

export const overrideProposal: z.ZodType<OverrideProposal> = z.strictObject({
  ...anyProposal,
  action: z.literal("override-blackout"),
  ticket: z.string(),
  minutes: whole,
});

export const approvalItem: z.ZodType<ApprovalItem> = z.strictObject({
  batchId: z.string().optional(),
  proposal: z.string(),
  proposalSha256: z.string(),
  by: z.string(),
  at: z.string(),
});
