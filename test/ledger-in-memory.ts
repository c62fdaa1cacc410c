import type {
  ApprovalItem,
  BatchItem,
  BatchProposal,
  Claim,
  ClosingItem,
  EventItem,
  FileItem,
  OverrideEventItem,
  OverrideProposal,
  ProposalItem,
  ReturnItem,
  SegmentItem,
  StreamEventItem,
  StreamItem,
  SubmissionItem,
} from "../lambdas/domain/records.ts";
import { filedUnder, OVERRIDES } from "../lambdas/domain/proposal.ts";
import { ConditionRefused, type Ledger } from "../lambdas/ports.ts";

/** A ledger for tests, with the hands that the steps do not have. */
export interface LedgerInMemory extends Ledger {
  /** Records a return, as the states that take returns in will. */
  putReturn(item: ReturnItem): void;
  /** Takes a mandate's returns away, which no step ever does. */
  dropReturns(mandateId: string): void;
  /** Puts a claim whatever stands there. */
  putClaim(claim: Claim): void;
  /** Takes a claim away, which no step ever does. */
  dropClaim(name: Pick<Claim, "mandateId" | "dueDate" | "attempt">): void;
  /** Puts a segment record whatever stands there. */
  putSegment(item: SegmentItem): void;
  /** Puts a stream's item whatever stands there. */
  putStream(item: StreamItem): void;
  /** Puts a batch record whatever stands there. */
  putBatch(item: BatchItem): void;
  /** Every claim, in order of their names. */
  allClaims(): Claim[];
}

/**
 * The ledger's port in memory: consistent reads, conditional writes on one item, frozen copies of what was written, so
 * that nobody changes a stored item in hand. It answers as the adapter on DynamoDB does.
 */
export function ledgerInMemory(): LedgerInMemory {
  return ledgerOf(noItems());
}

/** A ledger that begins with what another one holds; what is written to either stays there. */
export function copiedLedger(of: LedgerInMemory): LedgerInMemory {
  const tables = TABLES.get(of) ?? noItems();
  const copies = Object.entries(tables).map(([name, items]) => [name, items.copy()]);
  return ledgerOf(Object.fromEntries(copies) as Tables);
}

type Tables = ReturnType<typeof noItems>;

const TABLES = new WeakMap<LedgerInMemory, Tables>();

function noItems() {
  return {
    streams: new Items<StreamItem>(),
    batches: new Items<BatchItem>(),
    segments: new Items<SegmentItem>(),
    files: new Items<FileItem>(),
    submissions: new Items<SubmissionItem>(),
    claims: new Items<Claim>(),
    returns: new Items<ReturnItem>(),
    events: new Items<EventItem>(),
    streamEvents: new Items<StreamEventItem>(),
    overrideEvents: new Items<OverrideEventItem>(),
    closings: new Items<ClosingItem>(),
    proposals: new Items<ProposalItem>(),
    approvals: new Items<ApprovalItem>(),
  };
}

function ledgerOf(tables: Tables): LedgerInMemory {
  const { streams, batches, segments, files, submissions, claims, returns, events, closings } = tables;
  const { proposals, approvals, streamEvents, overrideEvents } = tables;
  const isVersion = (seen: number | undefined) => (stored: { readonly version: number } | undefined) =>
    stored?.version === seen;
  const isAbsent = (stored: unknown) => stored === undefined;

  const ledger: LedgerInMemory = {
    readStream: async (stream) => streams.get(stream, "STATE"),
    writeStream: async (next, seen) => streams.put(next.stream, "STATE", next, isVersion(seen)),
    readBatch: async (id) => batches.get(id, "META"),
    writeBatch: async (next, seen) => batches.put(next.id, "META", next, isVersion(seen)),
    readSegment: async (id, segment) => segments.get(id, wide(segment)),
    readSegments: async (id) => segments.all(id),
    createSegment: async (item) => segments.put(item.batchId, wide(item.segment), item, isAbsent),
    readFiles: async (id) => files.all(id),
    createFile: async (id, item) => files.put(id, wide(item.number), item, isAbsent),
    readSubmission: async (id, file) => submissions.get(id, wide(file)),
    createSubmission: async (item) => submissions.put(item.batchId, wide(item.number), item, isAbsent),
    readClaims: async (mandateId, from, to) =>
      claims.all(mandateId).filter(({ dueDate }) => from <= dueDate && dueDate <= to),
    readClaimsNamed: async (names) => {
      // DynamoDB refuses a batch of keys in which one comes twice.
      const keys = new Set(names.map((name) => `${name.mandateId}#${debit(name)}`));
      if (keys.size !== names.length) throw new Error("the same claim is named twice");
      return names.flatMap((name) => claims.get(name.mandateId, debit(name)) ?? []);
    },
    writeClaim: async (claim, seen) =>
      claims.put(claim.mandateId, debit(claim), claim, (stored) =>
        seen === undefined
          ? stored === undefined
          : stored?.batchId === seen.batchId && stored.line === seen.line,
      ),
    readReturns: async (mandateId, dueDate, attempt) =>
      returns.all(mandateId).filter((item) => item.dueDate === dueDate && item.attempt === attempt),
    readClosings: async (stream, from, to) =>
      closings.all(stream).filter(({ billingDate }) => from <= billingDate && billingDate <= to),
    createClosing: async (item) =>
      closings.put(item.stream, `${item.billingDate}#${wide(item.number)}`, item, isAbsent),
    readProposals: async (id) => proposals.all(id) as BatchProposal[],
    readApprovals: async (id) => approvals.all(id),
    readOverrides: async () => ({
      proposals: proposals.all(OVERRIDES) as OverrideProposal[],
      approvals: approvals.all(OVERRIDES),
    }),
    createProposal: async (item) => proposals.put(filedUnder(item), item.id, item, isAbsent),
    createApproval: async (item) => approvals.put(filedUnder(item), item.proposal, item, isAbsent),
    readEvents: async (id) => events.all(id),
    createEvent: async (item) => events.put(item.batchId, `${item.at}#${item.nonce}`, item, isAbsent),
    readStreamEvents: async (stream) => streamEvents.all(stream),
    createStreamEvent: async (item) =>
      streamEvents.put(item.stream, `${item.at}#${item.nonce}`, item, isAbsent),
    readOverrideEvents: async () => overrideEvents.all(OVERRIDES),
    createOverrideEvent: async (item) =>
      overrideEvents.put(OVERRIDES, `${item.at}#${item.nonce}`, item, isAbsent),

    putReturn: (item) => returns.put(item.mandateId, `${debit(item)}#${wide(returns.puts)}`, item),
    dropReturns: (mandateId) => returns.dropAll(mandateId),
    putClaim: (claim) => claims.put(claim.mandateId, debit(claim), claim),
    dropClaim: (name) => claims.drop(name.mandateId, debit(name)),
    putSegment: (item) => segments.put(item.batchId, wide(item.segment), item),
    putStream: (item) => streams.put(item.stream, "STATE", item),
    putBatch: (item) => batches.put(item.id, "META", item),
    allClaims: () => claims.everything(),
  };
  TABLES.set(ledger, tables);
  return ledger;
}

/** Items by partition and sort key; what goes in is copied and frozen, so that it can come out as it lies there. */
class Items<Item> {
  readonly #partitions = new Map<string, Map<string, Item>>();
  puts = 0;

  /** The same items once more. No item is ever changed where it lies. */
  copy(): Items<Item> {
    const copy = new Items<Item>();
    for (const [partition, items] of this.#partitions) copy.#partitions.set(partition, new Map(items));
    copy.puts = this.puts;
    return copy;
  }

  get(partition: string, key: string): Item | undefined {
    return this.#partitions.get(partition)?.get(key);
  }

  /** @throws ConditionRefused if the condition is false for what is stored */
  put(
    partition: string,
    key: string,
    item: Item,
    condition: (stored: Item | undefined) => boolean = () => true,
  ): void {
    const items = this.#partitions.get(partition) ?? new Map<string, Item>();
    if (!condition(items.get(key))) {
      throw new ConditionRefused(`the condition on ${partition} ${key} was false`);
    }
    this.#partitions.set(partition, items.set(key, frozenCopy(item)));
    this.puts += 1;
  }

  drop(partition: string, key: string): void {
    this.#partitions.get(partition)?.delete(key);
  }

  dropAll(partition: string): void {
    this.#partitions.delete(partition);
  }

  /** The items of one partition, in order of their keys. */
  all(partition: string): Item[] {
    return sorted(this.#partitions.get(partition) ?? new Map<string, Item>());
  }

  everything(): Item[] {
    return sorted(this.#partitions).flatMap((items) => sorted(items));
  }
}

/** A copy of plain data in which nothing can be changed. A structured clone would cost more than all else in here. */
export function frozenCopy<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return Object.freeze(value.map((one: unknown) => frozenCopy(one))) as Value;
  const copy: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(value)) copy[name] = frozenCopy(one);
  return Object.freeze(copy) as Value;
}

function sorted<Value>(values: ReadonlyMap<string, Value>): Value[] {
  return [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

/** Numbers in keys, wide enough to sort. */
function wide(number: number): string {
  return String(number).padStart(8, "0");
}

/** One debit's key within its mandate: sorts by due date, then by attempt. */
function debit({ dueDate, attempt }: Pick<Claim, "dueDate" | "attempt">): string {
  return `${dueDate}#${wide(attempt)}`;
}
