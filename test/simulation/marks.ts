import { ConditionRefused } from "../../lambdas/ports.ts";
import type { Claim, SegmentItem, StreamItem, SubmissionItem } from "../../lambdas/domain/records.ts";
import type { Effect, Observer, SimulationEvent, Violation } from "./events.ts";
import type { Bank } from "./bank.ts";
import { isLanded, outboundName, type Picture, submissionKey } from "./picture.ts";

/** What a run of many seeds must have come through: one that stays at zero has tested less than it says. */
export const MARKS = [
  "lock.contended",
  "lock.raced",
  "lock.ambiguous",
  "late-own-write-refused",
  "stale-fence",
  "submit.in-doubt",
  "void.won",
  "void.lost",
  "evidence.found",
  "claim.takeover",
  "claim.already",
  "abandon.partial",
  "abandon.whole",
  "abandon.repeated",
  "continue",
  "continue.after-redrive-limit",
  "redrive.after-failure",
  "redrive.after-success",
  "resolve.rejected",
  "resolve.refused",
  "approval.refused",
  "accept.suspicion",
  "gate.failed",
  "paused",
  "epoch.refused",
  "deployed.mid-batch",
  "old-release.redriven",
  "zombie.woke",
  "zombie.refused",
  "bank.deduplicated",
  "bank.rejected",
  "bank.deleted",
  "three-files",
  "successor.debits-released",
  "object.damaged",
  "retry.used",
  "cut-off.passed",
  "code.mistaken",
] as const;

export type Mark = (typeof MARKS)[number];

/** Redrives are open for so long after an execution was started. */
const REDRIVE_LIMIT_MS = 14 * 24 * 3_600_000;

/**
 * Counts the marks that a run has come through. Actors tell it what they do by `action` events, of which `what` is one
 * of: deploy (its target is the release), delete (the key), wake (who wakes is the caller's id).
 */
export class Marks implements Observer {
  readonly counts = new Map<Mark, number>(MARKS.map((mark) => [mark, 0]));
  readonly #picture: Picture;
  readonly #bank: Bank;
  /** How many of the bank's files have been looked at. */
  #files = 0;
  /** Calls of AcquireLock whose write of the lock came back as something else than it was. */
  readonly #ambiguous = new Set<string>();
  readonly #awake = new Set<string>();
  /** Who delivered which file. */
  readonly #deliverers = new Map<string, string>();
  /** Batches that have taken over claims that others had released. */
  readonly #successors = new Set<string>();
  readonly #abandoned = new Set<string>();
  readonly #executions = new Map<
    string,
    { status: string; release: string; redrives: number; startedAt: number }
  >();
  readonly #tries = new Set<string>();
  #newestRelease: string | undefined;

  /** @param picture must see each event after these marks have */
  constructor(picture: Picture, bank: Bank) {
    this.#picture = picture;
    this.#bank = bank;
  }

  /** The marks that nothing has come through. */
  missing(): readonly Mark[] {
    return MARKS.filter((mark) => this.counts.get(mark) === 0);
  }

  see(event: SimulationEvent): readonly Violation[] {
    switch (event.type) {
      case "effect":
        this.#effect(event);
        break;
      case "ended":
        this.#ended(event);
        break;
      case "fault":
        if (event.kind === "corrupt") this.#mark("object.damaged");
        if (event.caller.name === "AcquireLock" && isAmbiguous(event.kind, event.label)) {
          this.#ambiguous.add(event.caller.id);
        }
        break;
      case "execution":
        this.#execution(event);
        break;
      case "action":
        this.#action(event);
        break;
      case "began":
        this.#began(event);
        break;
      case "log":
      case "count":
        break;
    }
    for (; this.#files < this.#bank.files.length; this.#files += 1) {
      const outcome = this.#bank.files[this.#files]?.outcome;
      if (outcome === "refused") this.#mark("bank.deduplicated");
      if (outcome === "rejected") this.#mark("bank.rejected");
    }
    return NONE;
  }

  #mark(mark: Mark): void {
    this.counts.set(mark, (this.counts.get(mark) ?? 0) + 1);
  }

  #effect(event: Effect): void {
    const refused = event.error instanceof ConditionRefused;
    if (refused && this.#awake.has(event.caller.id)) this.#mark("zombie.refused");
    switch (event.method) {
      case "writeStream":
        if (refused) {
          const next = event.args[0] as StreamItem;
          const stored = this.#picture.streams.get(next.stream);
          if (stored?.nonce === next.nonce) this.#mark("late-own-write-refused");
          const isAcquire = next.batch?.nonce === next.nonce;
          if (isAcquire && stored?.batch && stored.batch.id !== next.batch?.id) this.#mark("lock.raced");
        } else if (!("error" in event)) this.#stream(event);
        return;
      case "createSubmission":
        this.#submission(event.args[0] as SubmissionItem, refused);
        return;
      case "writeClaim":
        if (!("error" in event) && event.before !== undefined) this.#takeover(event);
        return;
      case "createSegment":
        if ((event.args[0] as SegmentItem).byReason["already-claimed"]) this.#mark("claim.already");
        return;
      case "create":
        if (event.args[0] === "outbound" && isLanded(event, "create")) this.#delivered(event);
        return;
      default:
    }
  }

  #stream(event: Effect): void {
    const next = event.args[0] as StreamItem;
    const before = event.before as StreamItem | undefined;
    const files = next.batch?.files ?? [];
    if (before?.batch?.id !== next.batch?.id) return;
    if (before?.batch?.files === undefined && files.length >= 3) this.#mark("three-files");
    if (next.batch?.verdict?.accepted && !before?.batch?.verdict?.accepted) this.#mark("accept.suspicion");
    for (const [index, file] of files.entries()) {
      const resolved = before?.batch?.files?.[index]?.resolved ? undefined : file.resolved;
      // What the bank has lies under its key, so that a file said to be submitted is found so without that word.
      if (resolved?.outcome === "rejected") this.#mark("resolve.rejected");
      if (file.state !== "SUBMITTED" || before?.batch?.files?.[index]?.state === "SUBMITTED") continue;
      const by = this.#deliverers.get(submissionKey({ batchId: next.batch?.id ?? "", number: file.number }));
      if (by !== undefined && by !== event.caller.id) this.#mark("evidence.found");
    }
  }

  #submission(item: SubmissionItem, refused: boolean): void {
    if (item.kind !== "VOID") return;
    const held = [...this.#picture.streams.values()].find(({ batch }) => batch?.id === item.batchId);
    const file = held?.batch?.files?.[item.number - 1];
    const isDoubted = file?.state === "SUBMITTING" || file?.state === "UNKNOWN";
    if (!refused && isDoubted) this.#mark("void.won");
    else if (this.#picture.submissions.get(submissionKey(item))?.kind === "INTENT") this.#mark("void.lost");
  }

  #delivered(event: Effect): void {
    const name = outboundName(event.args[1] as string);
    if (name === undefined) return;
    this.#deliverers.set(submissionKey(name), event.caller.id);
    if (this.#successors.has(name.batchId)) this.#mark("successor.debits-released");
  }

  #takeover(event: Effect): void {
    const [next, before] = [event.args[0] as Claim, event.before as Claim];
    if (next.batchId === before.batchId) return;
    this.#mark("claim.takeover");
    this.#successors.add(next.batchId);
  }

  #began({ caller }: Extract<SimulationEvent, { type: "began" }>): void {
    if (caller.execution === undefined) return;
    const { retry } = (caller.event ?? {}) as { readonly retry?: unknown };
    const redrives = this.#executions.get(caller.execution)?.redrives ?? 0;
    const name = `${caller.execution} ${redrives} ${caller.name} ${JSON.stringify(caller.event)}`;
    if (typeof retry === "number" ? retry > 0 : this.#tries.has(name)) this.#mark("retry.used");
    this.#tries.add(name);
  }

  #ended({ caller, value, error }: Extract<SimulationEvent, { type: "ended" }>): void {
    const result = (value ?? {}) as { readonly outcome?: unknown; readonly kept?: unknown };
    if (error === "LockHeld") this.#mark("lock.contended");
    if (error === "StaleFence") this.#mark("stale-fence");
    if (error === "SubmissionUnknown") this.#mark("submit.in-doubt");
    if (error === "ProposalRefused") this.#mark("resolve.refused");
    if (error === "ApprovalRefused") this.#mark("approval.refused");
    if (error === "GateFailed") this.#mark("gate.failed");
    if (error === "StreamPaused") this.#mark("paused");
    if (error === "EpochMismatch") this.#mark("epoch.refused");
    if (error === "CutOffPassed") this.#mark("cut-off.passed");
    if (error === "BankFileDamaged") this.#mark("object.damaged");
    if (error === "BatchClosed" && caller.name.startsWith("Redrive")) this.#mark("redrive.after-success");
    if (error === undefined && caller.name === "AcquireLock" && this.#ambiguous.has(caller.id)) {
      if (result.outcome === "ACQUIRED") this.#mark("lock.ambiguous");
    }
    if (error === undefined && caller.name === "AbandonBatch") {
      const { batchId } = (caller.event ?? {}) as { readonly batchId?: string };
      if (batchId !== undefined && this.#abandoned.has(batchId)) this.#mark("abandon.repeated");
      if (batchId !== undefined) this.#abandoned.add(batchId);
      this.#mark(result.outcome === "OPEN" ? "abandon.partial" : "abandon.whole");
    }
  }

  #execution(event: Extract<SimulationEvent, { type: "execution" }>): void {
    const before = this.#executions.get(event.name);
    if (before && event.redrives > before.redrives) {
      if (before.status !== "SUCCEEDED") this.#mark("redrive.after-failure");
      if (this.#newestRelease !== undefined && event.release !== this.#newestRelease) {
        this.#mark("old-release.redriven");
      }
    }
    if (before === undefined && /-c\d+$/.test(event.name)) {
      this.#mark("continue");
      const first = this.#executions.get(event.name.replace(/-c\d+$/, ""));
      if (first && event.at - first.startedAt > REDRIVE_LIMIT_MS) this.#mark("continue.after-redrive-limit");
    }
    const { status, release, redrives, at } = event;
    this.#executions.set(event.name, { status, release, redrives, startedAt: before?.startedAt ?? at });
  }

  #action({ who, what, target }: Extract<SimulationEvent, { type: "action" }>): void {
    if (who === "mistaken code") this.#mark("code.mistaken");
    switch (what) {
      case "deploy":
        this.#newestRelease = target;
        if (
          [...this.#executions.values()].some(({ status }) => status === "RUNNING" || status === "FAILED")
        ) {
          this.#mark("deployed.mid-batch");
        }
        return;
      case "delete":
        this.#mark("bank.deleted");
        return;
      case "wake":
        this.#awake.add(who);
        this.#mark("zombie.woke");
        return;
      default:
    }
  }
}

const NONE: readonly Violation[] = [];

/** Whether a write of the lock has come back as an error, or not at all. */
function isAmbiguous(kind: string, label: string): boolean {
  return label.includes("writeStream") && kind !== "pause" && kind !== "stale" && !kind.startsWith("crash");
}
