import type {
  BatchItem,
  BatchStateName,
  Claim,
  FileItem,
  FileStateName,
  SegmentItem,
  StreamItem,
  SubmissionItem,
} from "../../lambdas/domain/records.ts";
import type { Effect, Observer, SimulationEvent, Violation } from "./events.ts";
import { hashOf, outboundName, type Picture, submissionKey } from "./picture.ts";

/** What each layer promises by itself, whatever the others would make good. */
export type LayerInvariant =
  | "lock-taken"
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

  /** @param picture must see each event after these layers have */
  constructor(picture: Picture) {
    this.#picture = picture;
  }

  see(event: SimulationEvent): readonly Violation[] {
    if (event.type !== "effect") return NONE;
    const judge = JUDGES[event.method];
    if (judge === undefined) return NONE;
    const broken: Violation[] = [];
    this[judge](event, (invariant, what) => broken.push({ invariant, what }));
    return broken;
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
    this.#carried(event, name, before, wrong);
    this.#frozenSet(before, next, wrong);
    const was = before?.batch?.id === next.batch?.id ? before?.batch?.files : undefined;
    if (next.batch?.files !== was) this.#moves(next, was, wrong);
  }

  #lock(name: string, before: StreamItem | undefined, next: StreamItem, wrong: Wrong): void {
    const [old, now] = [before?.batch, next.batch];
    const isAcquired = now !== undefined && (old?.id !== now.id || old.nonce !== now.nonce);
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

/** One bit per row, first row first, from the lowest bit of each byte. */
export function isStaged({ stagedLines, firstLine }: SegmentItem, line: number): boolean {
  const at = line - firstLine;
  const byte = Buffer.from(stagedLines, "base64")[Math.floor(at / 8)] ?? 0;
  return Math.floor(byte / 2 ** (at % 8)) % 2 === 1;
}
