import type {
  BatchItem,
  BatchStateName,
  Claim,
  FileItem,
  FileStateName,
  SegmentItem,
  StreamItem,
  SubmissionItem,
  Turn,
} from "../../lambdas/domain/records.ts";
import type { Effect, Observer, SimulationEvent, Violation } from "./events.ts";
import { hashOf, outboundName, type Picture, submissionKey } from "./picture.ts";

/** What each layer promises by itself, whatever the others would make good. */
export type LayerInvariant =
  | "lock-taken"
  | "lock-proven"
  | "said-is-so"
  | "ledger-sound"
  | "over-stays-over"
  | "stop-respected"
  | "epoch-agreed"
  | "turn-kept"
  | "fence-rises"
  | "fence-carried"
  | "version-rises"
  | "frozen-set"
  | "legal-moves"
  | "claims-kept"
  | "verdict-first"
  | "one-winner"
  | "not-both"
  | "submission-permanent"
  | "closed-before-release"
  | "void-means-never"
  | "resolved-late";

/** Where a file may go from each state, and a batch. Written down here again, so that one table judges the other. */
const FILE_MOVES: Readonly<Record<FileStateName, readonly FileStateName[]>> = {
  COMPOSED: ["RECONCILED", "WITHDRAWN"],
  RECONCILED: ["SUBMITTING", "WITHDRAWN"],
  SUBMITTING: ["SUBMITTED", "UNKNOWN", "WITHDRAWN"],
  UNKNOWN: ["SUBMITTED", "WITHDRAWN", "REJECTED"],
  SUBMITTED: ["ACKNOWLEDGED", "REJECTED"],
  ACKNOWLEDGED: [],
  WITHDRAWN: [],
  REJECTED: [],
};
const BATCH_MOVES: Readonly<Record<BatchStateName, readonly BatchStateName[]>> = {
  OPEN: ["CLOSED", "ABANDONED"],
  CLOSED: [],
  ABANDONED: [],
};
const SETTLED: readonly FileStateName[] = ["SUBMITTED", "ACKNOWLEDGED", "WITHDRAWN", "REJECTED"];
const FROZEN = [
  "number",
  "key",
  "version",
  "sha256",
  "indexKey",
  "indexSha256",
  "debits",
  "cents",
  "firstLine",
  "lastLine",
  "description",
  "processingDate",
] as const satisfies readonly (keyof FileItem)[];
/** The longest that a sender can still be at work after its intent (its Lambda's time-out), and the margin. */
const LATE_MS = (5 + 15) * 60_000;

type Wrong = (invariant: LayerInvariant, what: string) => void;

/**
 * Judges every write by what stood there before it. Needs a picture that has not seen the event yet: what it knows is
 * the ledger at the instant before.
 */
export class Layers implements Observer {
  readonly #picture: Picture;
  /** Who put a submission's INTENT, by submission. */
  readonly #intents = new Map<string, string>();
  /** Who has tried to put an outbound object, by key. */
  readonly #deliverers = new Map<string, string>();
  /** Batches of which something lies, or has lain, where the bank picks up. */
  readonly #sent = new Set<string>();
  readonly #landed = new Set<string>();
  /** Calls whose own write has acquired a lock: for which batch and with which fence, as the ledger took it down. */
  readonly #acquired = new Map<string, string>();

  /** @param picture must see each event after these layers have */
  constructor(picture: Picture) {
    this.#picture = picture;
  }

  see(event: SimulationEvent): readonly Violation[] {
    if (event.type === "ended") return this.#ended(event);
    if (event.type !== "effect") return NONE;
    const judge = JUDGES[event.method];
    if (judge === undefined) return NONE;
    const broken: Violation[] = [];
    this[judge](event, (invariant, what) => broken.push({ invariant, what }));
    return broken;
  }

  /** What a call says that it has done stands in the ledger by then, and nothing ever takes it back. */
  #ended({ caller, value, error }: Extract<SimulationEvent, { type: "ended" }>): readonly Violation[] {
    const { batchId } = (caller.event ?? {}) as { readonly batchId?: string };
    if (error === "LedgerBroken" && caller.name === "AcquireLock") return this.#sound(caller.id, batchId);
    if (error !== undefined || batchId === undefined) return NONE;
    const { outcome, fence } = (value ?? {}) as { readonly outcome?: unknown; readonly fence?: unknown };
    const why =
      outcome === "ACQUIRED"
        ? this.#unproven(caller.id, `${batchId} ${String(fence)}`)
        : this.#unsaid(caller.name, batchId, outcome);
    if (why === undefined) return NONE;
    const invariant: LayerInvariant = outcome === "ACQUIRED" ? "lock-proven" : "said-is-so";
    return [
      { invariant, what: `${caller.id} ${caller.name} of batch ${batchId} has ended well, and ${why}` },
    ];
  }

  /** An acquire finds the ledger broken only where its batch is closed under its hands. */
  #sound(caller: string, batchId = ""): readonly Violation[] {
    const state = this.#picture.batches.get(batchId)?.state ?? "without a record";
    if (state === "CLOSED") return NONE;
    const what = `${caller} says that the ledger is broken, and batch ${batchId} is ${state}`;
    return [{ invariant: "ledger-sound", what }];
  }

  /** A call that says that it has the lock has had it in the ledger, with that fence, by a write of its own. */
  #unproven(caller: string, acquired: string): string | undefined {
    const proof = this.#acquired.get(caller);
    return proof === acquired ? undefined : `says ${acquired}, while it has acquired ${proof ?? "nothing"}`;
  }

  /** What is missing in the ledger of that which a state or a decision says by ending well. */
  #unsaid(name: string, batchId: string, outcome: unknown): string | undefined {
    const states = () => this.#picture.filesOf(batchId).map(({ state }) => state);
    const end = this.#picture.batches.get(batchId)?.state ?? "without a record";
    const isHeld = () => [...this.#picture.streams.values()].some(({ batch }) => batch?.id === batchId);
    switch (name) {
      case "ComposeBankFile":
        return this.#picture.frozen.has(batchId) ? undefined : "no set of files is frozen";
      case "Reconcile":
        return states().includes("COMPOSED") ? "a file is COMPOSED" : undefined;
      case "SubmitBankFile":
        return states().every((state) => SETTLED.includes(state))
          ? undefined
          : `its files are ${states().join()}`;
      case "CloseBatch":
        if (end !== "CLOSED") return `the batch is ${end}`;
        return isHeld() ? "it still has the lock" : undefined;
      case "AbandonBatch":
        if (outcome !== "ABANDONED") return undefined;
        if (end !== "ABANDONED") return `the batch is ${end}`;
        return isHeld() ? "it still has the lock" : undefined;
      default:
        return undefined;
    }
  }

  stream(event: Effect, wrong: Wrong): void {
    if ("error" in event) return;
    const next = event.args[0] as StreamItem;
    const before = event.before as StreamItem | undefined;
    const name = `stream ${next.stream}`;
    if (next.version !== (before?.version ?? 0) + 1) {
      wrong("version-rises", `${name} went from version ${before?.version ?? 0} to ${next.version}`);
    }
    this.#lock(name, before, next, wrong);
    if (isAcquire(before, next)) this.#acquire(event, name, before, next, wrong);
    this.#carried(event, name, before, wrong);
    this.#frozenSet(before, next, wrong);
    const was = before?.batch?.id === next.batch?.id ? before?.batch?.files : undefined;
    if (next.batch?.files !== was) this.#moves(next, was, wrong);
  }

  #lock(name: string, before: StreamItem | undefined, next: StreamItem, wrong: Wrong): void {
    const [old, now] = [before?.batch, next.batch];
    const isAcquired = isAcquire(before, next);
    const fence = before?.fence ?? 0;
    if (next.fence !== (isAcquired ? fence + 1 : fence)) {
      const act = isAcquired ? "an acquire" : "a write that acquires nothing";
      wrong("fence-rises", `${name} went from fence ${fence} to ${next.fence} by ${act}`);
    }
    if (old === undefined || old.id === now?.id) return;
    const state = this.#picture.batches.get(old.id)?.state;
    if (state === "CLOSED" || state === "ABANDONED") return;
    const what = `${name}: batch ${old.id} is ${state ?? "without a record"}`;
    if (now) wrong("lock-taken", `${what}, and ${now.id} took its lock`);
    else wrong("closed-before-release", `${what}, and its lock was released`);
  }

  /** Nobody acquires what is over, stopped, of another epoch, or a later try's. */
  #acquire(
    { caller }: Effect,
    name: string,
    before: StreamItem | undefined,
    next: StreamItem & { readonly batch: NonNullable<StreamItem["batch"]> },
    wrong: Wrong,
  ): void {
    const { batch: now, fence, epoch } = next;
    const old = before?.batch?.id === now.id ? before.batch : undefined;
    this.#acquired.set(caller.id, `${now.id} ${fence}`);
    const state = this.#picture.batches.get(now.id)?.state;
    // One whose lock was never released may be acquired once more, so that its end is finished.
    if (old === undefined && (state === "CLOSED" || state === "ABANDONED")) {
      wrong("over-stays-over", `${name}: batch ${now.id} is ${state}, and acquired the lock once more`);
    }
    const stop = stopOf(before, old);
    // Whoever abandons a batch takes a free lock in its name, and stops it by that.
    const isStopping = old === undefined && now.abandoning !== undefined;
    if (stop !== undefined && !isStopping) {
      wrong("stop-respected", `${name} is ${stop}, and batch ${now.id} acquired its lock`);
    }
    if (caller.epoch !== undefined && caller.epoch !== epoch) {
      const what = `${name} is of epoch ${epoch}, and ${caller.id} of epoch ${caller.epoch} acquired its lock`;
      wrong("epoch-agreed", what);
    }
    if (old?.turn && now.turn && isEarlier(now.turn, old.turn)) {
      wrong("turn-kept", `${name}: an earlier try acquired the lock of batch ${now.id} over a later one`);
    }
  }

  /** A call that carries a fence writes under no other one; only the lock of a batch that is closed may anybody free. */
  #carried({ caller }: Effect, name: string, before: StreamItem | undefined, wrong: Wrong): void {
    const { fence, batchId } = (caller.event ?? {}) as { readonly fence?: number; readonly batchId?: string };
    if (fence === undefined || fence === before?.fence) return;
    if (this.#picture.batches.get(batchId ?? "")?.state === "CLOSED") return;
    wrong("fence-carried", `${name} has fence ${before?.fence ?? 0}, and ${caller.name} wrote with ${fence}`);
  }

  #frozenSet(before: StreamItem | undefined, { batch }: StreamItem, wrong: Wrong): void {
    if (batch === undefined) return;
    const frozen = this.#picture.frozen.get(batch.id);
    if (batch.verdict && batch.verdict !== before?.batch?.verdict) {
      for (const sha256 of batch.verdict.sha256s) {
        if (!frozen?.some((file) => file.sha256 === sha256)) {
          wrong("frozen-set", `the verdict of batch ${batch.id} names bytes that it has not frozen`);
        }
      }
    }
    if (frozen === undefined || batch.files === frozen) return;
    if (frozen.length !== (batch.files?.length ?? 0)) {
      wrong(
        "frozen-set",
        `batch ${batch.id} had ${frozen.length} files and has ${batch.files?.length ?? "none"}`,
      );
      return;
    }
    for (const [index, file] of frozen.entries()) this.#sameFile(batch.id, file, batch.files?.[index], wrong);
  }

  #sameFile(batchId: string, frozen: FileItem, file: FileItem | undefined, wrong: Wrong): void {
    if (frozen === file) return;
    for (const field of FROZEN) {
      if (frozen[field] !== file?.[field]) {
        wrong(
          "frozen-set",
          `file ${frozen.number} of batch ${batchId} has another ${field} than it was frozen with`,
        );
      }
    }
  }

  #moves({ batch }: StreamItem, before: readonly FileItem[] | undefined, wrong: Wrong): void {
    if (batch === undefined) return;
    for (const [index, file] of (batch.files ?? []).entries()) {
      const name = `file ${file.number} of batch ${batch.id}`;
      const was = before?.[index];
      if (was === file) continue;
      const isLegal = was
        ? was.state === file.state || FILE_MOVES[was.state].includes(file.state)
        : file.state === "COMPOSED";
      if (!isLegal) wrong("legal-moves", `${name} went from ${was?.state ?? "nothing"} to ${file.state}`);
      if (was?.submitting && was.submitting.nonce !== file.submitting?.nonce) {
        wrong("one-winner", `${name} was begun by one call, and then by another`);
      }
      if (was?.state === file.state) continue;
      this.#arrived(batch, file, name, wrong);
    }
  }

  /** What must be true of a file that has just come into its state. */
  #arrived(batch: NonNullable<StreamItem["batch"]>, file: FileItem, name: string, wrong: Wrong): void {
    const submission = this.#picture.submissions.get(
      submissionKey({ batchId: batch.id, number: file.number }),
    );
    const key = this.#landedKey(batch.id, file.number);
    switch (file.state) {
      case "RECONCILED":
      case "SUBMITTING":
        if (!batch.verdict?.sha256s.includes(file.sha256)) {
          wrong("verdict-first", `${name} is ${file.state}, and the verdict does not name its bytes`);
        }
        return;
      case "WITHDRAWN":
        if (submission?.kind !== "VOID") wrong("void-means-never", `${name} is WITHDRAWN without a VOID`);
        if (key) wrong("void-means-never", `${name} is WITHDRAWN, and ${key} lies with the bank`);
        return;
      case "SUBMITTED":
        if (!key) wrong("one-winner", `${name} is SUBMITTED, and nothing was ever put for it`);
        return;
      case "REJECTED":
        this.#resolved(batch.id, file, submission, name, wrong);
        return;
      case "COMPOSED":
      case "UNKNOWN":
      case "ACKNOWLEDGED":
    }
  }

  /**
   * The bank's statement is proof only of this file and this intent, when nobody can be on the way any more, and when
   * two people have said so: judged from proposal, approval and intent as they stand, not by what the file says of it.
   */
  #resolved(
    batchId: string,
    file: FileItem,
    intent: SubmissionItem | undefined,
    name: string,
    wrong: Wrong,
  ): void {
    const approvals = this.#picture.approvals.get(batchId) ?? [];
    const stated = (this.#picture.proposals.get(batchId) ?? []).filter(
      (one) =>
        one.action === "resolve-submission" &&
        one.outcome === "rejected" &&
        one.number === file.number &&
        one.sha256 === file.sha256 &&
        one.nonce === intent?.nonce &&
        approvals.some(({ proposal, by }) => proposal === one.id && by !== one.by),
    );
    if (stated.length === 0) wrong("resolved-late", `${name} is REJECTED, and no two people have said so`);
    const isProof = stated.some(
      (one) =>
        one.action === "resolve-submission" &&
        Date.parse(one.evidence.statedAt) > Date.parse(intent?.at ?? "") + LATE_MS,
    );
    if (stated.length > 0 && !isProof) {
      wrong(
        "resolved-late",
        `${name} is REJECTED by what was said while its delivery could still be on the way`,
      );
    }
  }

  batch(event: Effect, wrong: Wrong): void {
    if ("error" in event) return;
    const next = event.args[0] as BatchItem;
    const before = event.before as BatchItem | undefined;
    if (next.version !== (before?.version ?? 0) + 1) {
      wrong("version-rises", `batch ${next.id} went from version ${before?.version ?? 0} to ${next.version}`);
    }
    const isLegal = before
      ? before.state === next.state || BATCH_MOVES[before.state].includes(next.state)
      : next.state !== "CLOSED";
    if (!isLegal)
      wrong("legal-moves", `batch ${next.id} went from ${before?.state ?? "nothing"} to ${next.state}`);
    const list = before?.dueList;
    if (list && (list.sha256 !== next.dueList?.sha256 || list.csvVersion !== next.dueList.csvVersion)) {
      wrong("frozen-set", `batch ${next.id} bills another due list than it was opened for`);
    }
    if (before?.plan && before.plan.sha256 !== next.plan?.sha256) {
      wrong("frozen-set", `batch ${next.id} has another plan than it was opened with`);
    }
    if (next.state === "OPEN" || before?.state === next.state) return;
    this.#over(next, wrong);
  }

  /** A batch is over only when every file of it is settled and has its record. */
  #over({ id, stream, state }: BatchItem, wrong: Wrong): void {
    if (state === "ABANDONED" && this.#sent.has(id))
      wrong("not-both", `batch ${id} is ABANDONED, and was sent`);
    const batch = this.#picture.streams.get(stream)?.batch;
    const records = this.#picture.files.get(id);
    for (const file of this.#picture.frozen.get(id) ?? []) {
      const record = records?.get(file.number);
      const now = batch?.id === id ? batch.files?.find(({ number }) => number === file.number) : undefined;
      const isSettled = record !== undefined && SETTLED.includes(record.state) && record.state === now?.state;
      if (!isSettled) {
        const what = `batch ${id} is ${state}, its file ${file.number} ${now?.state ?? "gone"}, its record ${record?.state ?? "missing"}`;
        wrong("closed-before-release", what);
      }
      if (state === "ABANDONED" && now?.state !== "WITHDRAWN") {
        wrong("not-both", `batch ${id} is ABANDONED with its file ${file.number} ${now?.state ?? "gone"}`);
      }
    }
  }

  segment(event: Effect, wrong: Wrong): void {
    if ("error" in event || event.before === undefined) return;
    const { batchId, segment } = event.args[0] as SegmentItem;
    wrong("claims-kept", `segment ${segment} of batch ${batchId} was stored twice`);
  }

  file(event: Effect, wrong: Wrong): void {
    if ("error" in event) return;
    const [batchId, file] = event.args as [string, FileItem];
    if (event.before !== undefined)
      wrong("frozen-set", `file ${file.number} of ${batchId} was recorded twice`);
    const frozen = this.#picture.frozen.get(batchId)?.find(({ number }) => number === file.number);
    if (frozen) this.#sameFile(batchId, frozen, file, wrong);
    else wrong("frozen-set", `file ${file.number} of ${batchId} is recorded, and was never frozen`);
  }

  claim(event: Effect, wrong: Wrong): void {
    if ("error" in event) return;
    const next = event.args[0] as Claim;
    const before = event.before as Claim | undefined;
    if (before === undefined) return;
    const name = `the claim of batch ${before.batchId}, line ${before.line}`;
    if (before.batchId === next.batchId && before.line === next.line) return;
    const held = this.held(before);
    if (held !== undefined) {
      wrong("claims-kept", `${name} went to ${next.batchId}, line ${next.line}, although ${held}`);
    }
  }

  /** Why a claim can still become a debit (rule 8); undefined if it no longer can. */
  held({ batchId, line, segment }: Claim): string | undefined {
    const state = this.#picture.batches.get(batchId)?.state;
    if (state === "ABANDONED") return undefined;
    if (state !== "CLOSED") return `its batch is ${state ?? "without a record"}`;
    const file = [...(this.#picture.files.get(batchId)?.values() ?? [])].find(
      ({ firstLine, lastLine }) => firstLine <= line && line <= lastLine,
    );
    const record = this.#picture.segments.get(batchId)?.get(segment)?.item;
    if (record === undefined) return "its segment is not stored";
    if (line < record.firstLine || line >= record.firstLine + record.rows) return "it is not of its segment";
    if (!isStaged(record, line)) return undefined;
    if (file?.state === "WITHDRAWN" || file?.state === "REJECTED") return undefined;
    return `its file is ${file?.state ?? "without a record"}`;
  }

  submission(event: Effect, wrong: Wrong): void {
    if ("error" in event) return;
    const next = event.args[0] as SubmissionItem;
    const name = `file ${next.number} of batch ${next.batchId}`;
    const before = this.#picture.submissions.get(submissionKey(next));
    if (before) {
      wrong("submission-permanent", `${name} was ${before.kind}, and ${next.kind} was written over it`);
    }
    if (next.kind === "VOID") return;
    if (before === undefined) this.#intents.set(submissionKey(next), event.caller.id);
    const { batch, file } = this.#fileOf(next.batchId, next.number);
    if (file === undefined || !batch?.verdict?.sha256s.includes(next.sha256) || file.sha256 !== next.sha256) {
      wrong("verdict-first", `${name} has an intent for bytes that no verdict names`);
    }
    if (file?.state !== "SUBMITTING" || file.submitting?.nonce !== next.nonce) {
      wrong(
        "one-winner",
        `${name} has an intent of a call that did not begin it: it is ${file?.state ?? "gone"}`,
      );
    }
  }

  object(event: Effect, wrong: Wrong): void {
    const [area, key, bytes] = event.args as [string, string, Buffer];
    if (area === "reports") this.#report(event, key, bytes, wrong);
    if (area === "outbound") this.#delivery(event, key, bytes, wrong);
  }

  /** Closed, released, reported: in this order. */
  #report(event: Effect, key: string, bytes: Buffer, wrong: Wrong): void {
    if ("error" in event || !key.endsWith(".json") || !bytes.includes('"status": "CLOSED"')) return;
    const batchId = key.slice(0, key.indexOf("/"));
    if (this.#picture.batches.get(batchId)?.state !== "CLOSED") {
      wrong("closed-before-release", `${key} says that its batch is closed, and its record does not`);
    }
    for (const { stream, batch } of this.#picture.streams.values()) {
      if (batch?.id === batchId)
        wrong("closed-before-release", `${key} is out, and stream ${stream} is held`);
    }
  }

  /** Every try to put a file before the bank, whether it lands or not. */
  #delivery(event: Effect, key: string, bytes: Buffer, wrong: Wrong): void {
    const name = outboundName(key);
    if (name === undefined) {
      wrong("verdict-first", `${key} is no batch's`);
      return;
    }
    const { batchId, number } = name;
    const submission = this.#picture.submissions.get(submissionKey(name));
    const { batch, file } = this.#fileOf(batchId, number);
    this.#once(event, key, wrong);
    if (submission?.kind === "VOID") wrong("void-means-never", `${key} was put although it is void`);
    const isWinner =
      submission?.kind === "INTENT" &&
      file?.submitting?.nonce === submission.nonce &&
      this.#intents.get(submissionKey(name)) === event.caller.id;
    if (!isWinner) wrong("one-winner", `${key} was put by ${event.caller.id}, which has not won both writes`);
    const hash = hashOf(bytes);
    if (hash !== file?.sha256 || hash !== submission?.sha256 || !batch?.verdict?.sha256s.includes(hash)) {
      wrong("verdict-first", `${key} was put with bytes that no verdict names`);
    }
    const state = file?.state ?? "gone";
    if (state === "WITHDRAWN" || state === "REJECTED")
      wrong("void-means-never", `${key} was put, and is ${state}`);
    if (this.#picture.batches.get(batchId)?.state === "ABANDONED") {
      wrong("not-both", `${key} was put, and its batch is ABANDONED`);
    }
    if ("error" in event) return;
    this.#sent.add(batchId);
    this.#landed.add(submissionKey(name));
  }

  #once(event: Effect, key: string, wrong: Wrong): void {
    const first = this.#deliverers.get(key);
    if (first === undefined) this.#deliverers.set(key, event.caller.id);
    // The network may double a request; nobody may send a second one.
    else if (first !== event.caller.id || !event.unheard) {
      wrong("one-winner", `${key} was put by ${first}, and again by ${event.caller.id}`);
    }
  }

  #landedKey(batchId: string, number: number): string | undefined {
    const name = submissionKey({ batchId, number });
    return this.#landed.has(name) ? name : undefined;
  }

  #fileOf(batchId: string, number: number) {
    const stream = batchId.slice(0, -14);
    const batch = this.#picture.streams.get(stream)?.batch;
    if (batch?.id !== batchId)
      return { batch: undefined, file: this.#picture.files.get(batchId)?.get(number) };
    return { batch, file: batch.files?.find((one) => one.number === number) };
  }
}

const NONE: readonly Violation[] = [];

const JUDGES: Readonly<
  Record<string, "stream" | "batch" | "segment" | "file" | "claim" | "submission" | "object">
> = {
  writeStream: "stream",
  writeBatch: "batch",
  createSegment: "segment",
  createFile: "file",
  writeClaim: "claim",
  createSubmission: "submission",
  create: "object",
};

/** Whether a write gives the lock to a batch, or once more to the one that has it. */
function isAcquire(
  before: StreamItem | undefined,
  next: StreamItem,
): next is StreamItem & { readonly batch: NonNullable<StreamItem["batch"]> } {
  const [old, now] = [before?.batch, next.batch];
  return now !== undefined && (old?.id !== now.id || old.nonce !== now.nonce);
}

/** What stands against an acquire, in a word. */
function stopOf(before: StreamItem | undefined, old: StreamItem["batch"]): string | undefined {
  if (before?.paused) return "paused";
  if (before?.deploying) return "being deployed";
  return old?.abandoning ? "being abandoned" : undefined;
}

/** By when its state was entered, then by how often it was retried since. */
function isEarlier(one: Turn, other: Turn): boolean {
  const [mine, theirs] = [Date.parse(one.entered), Date.parse(other.entered)];
  return mine === theirs ? one.retry < other.retry : mine < theirs;
}

/** One bit per row, first row first, from the lowest bit of each byte. */
export function isStaged({ stagedLines, firstLine }: SegmentItem, line: number): boolean {
  const at = line - firstLine;
  const byte = Buffer.from(stagedLines, "base64")[Math.floor(at / 8)] ?? 0;
  return Math.floor(byte / 2 ** (at % 8)) % 2 === 1;
}
