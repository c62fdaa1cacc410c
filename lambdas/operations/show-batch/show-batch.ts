import { parseBatchId } from "../../domain/batch.ts";
import { TrailOfExecutions } from "../../domain/execution-name.ts";
import { BatchUnknown } from "../../domain/faults.ts";
import { isInDoubt } from "../../domain/moves.ts";
import { isAbout, refusedApproval } from "../../domain/proposal.ts";
import type {
  ApprovalItem,
  BatchItem,
  BatchProposal,
  DueListIdentity,
  EventItem,
  FileItem,
  StreamEventItem,
  StreamItem,
  Sum,
} from "../../domain/records.ts";
import type { BatchReport } from "../../domain/report.ts";
import { arrivedBy } from "../../domain/resolution.ts";
import type { Configuration } from "../../domain/stream.ts";
import { latestReport } from "../../latest-report.ts";
import { newestExecution } from "../../newest-execution.ts";
import type { Execution, Executions, Ports } from "../../ports.ts";
import { approvableUntil, sha256OfText } from "../../proposal-hash.ts";

/** What became of a proposal. */
export type ProposalView = BatchProposal & {
  /** The last instant at which it may be approved. */
  readonly until: string;
  readonly approval?: Pick<ApprovalItem, "by" | "at">;
  /** Accepted: two people have accepted it for the files that the batch has now. Open: a second person still may. */
  readonly standing: "open" | "accepted" | "other-files" | NonNullable<ReturnType<typeof refusedApproval>>;
};

/** A batch's record without the manifest's total: less what the sums hold, it would tell what they leave out. */
export type ShownRecord = Omit<BatchItem, "dueList"> & {
  readonly dueList?: Omit<DueListIdentity, "totalCents"> & {
    /** What may be told of it in cents; absent until the list is planned. */
    readonly cents?: number;
  };
};

/** A file of which nobody can tell whether the bank has it, and what people need to ask the bank about it. */
export interface DoubtView {
  readonly number: number;
  /** The key under which it lies if it lies anywhere; absent if its record does not say so. */
  readonly outboundKey?: string;
  /** Of the delivery that may have arrived. */
  readonly nonce: string;
  readonly intentAt: string;
  /** That the bank has no such file counts only if it says so after this instant. */
  readonly arrivedBy: string;
}

/** Everything that an on-call engineer asks about a batch first. Ids, counts and states; no rows. */
export interface BatchView {
  readonly batchId: string;
  /** The newest execution of the batch. */
  readonly execution?: Execution;
  readonly record?: ShownRecord;
  readonly stream?: Pick<StreamItem, "fence" | "epoch" | "paused" | "deploying"> & {
    readonly lock?: { readonly batchId: string; readonly since: string; readonly abandoning: boolean };
  };
  readonly files: readonly FileItem[];
  readonly inDoubt: readonly DoubtView[];
  /** The stream's zone; absent if the configuration no longer has the stream. */
  readonly timeZone?: string;
  readonly staged: Sum;
  readonly excluded: Sum;
  readonly events: readonly EventItem[];
  /** The last of what people did to the stream. */
  readonly streamEvents: readonly StreamEventItem[];
  readonly proposals: readonly ProposalView[];
  readonly report?: { readonly key: string; readonly content: BatchReport };
}

/** How many lines of the stream's trail are shown beside the batch's own. */
const SHOWN_OF_STREAM = 6;

/** Reads a batch's state from the ledger, its executions and its newest report. */
export async function showBatch(
  event: { readonly batchId: string },
  ports: Ports & {
    readonly configuration: Configuration;
    readonly executions: Pick<Executions, "describe">;
  },
): Promise<BatchView> {
  const batch = parseBatchId(event.batchId);
  if (!batch) throw new BatchUnknown("the batch id is not <stream>-<yyyy-mm-dd>-<nn>");
  const { ledger } = ports;
  const [stream, record, segments, recorded, events, all, proposals, approvals, report] = await Promise.all([
    ledger.readStream(batch.stream),
    ledger.readBatch(batch.id),
    ledger.readSegments(batch.id),
    ledger.readFiles(batch.id),
    ledger.readEvents(batch.id),
    ledger.readStreamEvents(batch.stream),
    ledger.readProposals(batch.id),
    ledger.readApprovals(batch.id),
    latestReport(ports.objects, batch.id),
  ]);
  const trail = new TrailOfExecutions(batch.id, events);
  const execution = await newestExecution(ports.executions, batch.id, trail);
  const held = stream?.batch?.id === batch.id && record?.state !== "CLOSED" && record?.state !== "ABANDONED";
  const total = (of: "staged" | "excluded") =>
    segments
      .map((s) => s[of])
      .reduce((a, b) => ({ count: a.count + b.count, cents: a.cents + b.cents }), {
        count: 0,
        cents: 0,
      });
  const files = held ? (stream?.batch?.files ?? []) : recorded;
  const now = new Date(ports.clock.now()).toISOString();
  // What is shown must not depend on today's configuration, which may have forgotten the stream.
  const configured = Object.hasOwn(ports.configuration.streams, batch.stream)
    ? ports.configuration.streams[batch.stream]
    : undefined;
  return {
    batchId: batch.id,
    ...(execution && { execution }),
    ...(record && { record: shown(record) }),
    ...(stream && { stream: streamView(stream) }),
    files,
    inDoubt: await doubtViews(ports, batch.id, held ? files : []),
    ...(configured && { timeZone: configured.timeZone }),
    staged: total("staged"),
    excluded: total("excluded"),
    events,
    streamEvents: all.slice(-SHOWN_OF_STREAM),
    proposals: proposals.map((proposal) => {
      const approval = approvals.find((one) => one.proposal === proposal.id);
      return proposalView(proposal, approval, files, now);
    }),
    ...(report && { report: { key: report.key, content: report.report } }),
  };
}

async function doubtViews(
  { ledger }: Pick<Ports, "ledger">,
  batchId: string,
  files: readonly FileItem[],
): Promise<DoubtView[]> {
  const doubted = files.filter(({ state }) => isInDoubt(state));
  const views = await Promise.all(
    doubted.map(async (file): Promise<DoubtView[]> => {
      const { number, submitting } = file;
      const intent = await ledger.readSubmission(batchId, number);
      if (intent?.kind !== "INTENT") return [];
      const { nonce, at: intentAt } = intent;
      const key = submitting && { outboundKey: submitting.key };
      return [{ number, ...key, nonce, intentAt, arrivedBy: arrivedBy(intentAt) }];
    }),
  );
  return views.flat();
}

function shown({ dueList, ...record }: BatchItem): ShownRecord {
  if (dueList === undefined) return record;
  const { totalCents: _total, ...told } = dueList;
  const cents = record.plan?.cents;
  return { ...record, dueList: { ...told, ...(cents !== undefined && { cents }) } };
}

function streamView({
  fence,
  epoch,
  paused,
  deploying,
  batch,
}: StreamItem): NonNullable<BatchView["stream"]> {
  return {
    fence,
    epoch,
    ...(paused && { paused }),
    ...(deploying && { deploying }),
    ...(batch && {
      lock: { batchId: batch.id, since: batch.since, abandoning: batch.abandoning !== undefined },
    }),
  };
}

function proposalView(
  proposal: BatchProposal,
  approval: ApprovalItem | undefined,
  files: readonly FileItem[],
  now: string,
): ProposalView {
  const until = approvableUntil(proposal.at);
  const unapproved = now > until ? "expired" : "open";
  const judged = approval ? (refusedApproval(proposal, approval, sha256OfText) ?? "accepted") : unapproved;
  const standing = isAbout(proposal, files) ? judged : "other-files";
  return {
    ...proposal,
    until,
    ...(approval && { approval: { by: approval.by, at: approval.at } }),
    standing,
  };
}
