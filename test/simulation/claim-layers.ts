import { daysBetween, type CalendarDate } from "../../lambdas/domain/calendar-date.ts";
import type { Exclusion } from "../../lambdas/domain/exclusion.ts";
import type { Claim, SegmentItem } from "../../lambdas/domain/records.ts";
import type { Effect, Observer, SimulationEvent, Violation } from "./events.ts";
import { isStaged } from "./layers.ts";
import { isLanded, type Picture } from "./picture.ts";
import type { BatchList, DueRow, Workload } from "./workload.ts";

/**
 * What claims promise by themselves, before any gate looks at them. `claims-due`: what is claimed is a row of the
 * batch's list, under its own names, that nothing in the list speaks against. `claims-spaced`: no two instalments of a
 * mandate that can both still be debited are too near each other. `claims-staged`: a row is staged if, and only if, it is
 * claimed for its own line. `refusals-true`: a row is kept out by another batch's claim, and by one that concerns it.
 */
export type ClaimInvariant = "claims-due" | "claims-spaced" | "claims-staged" | "refusals-true";

type Wrong = (invariant: ClaimInvariant, what: string) => void;

/** Judges claims and staged segments by what was due. Needs a picture that has not seen the event yet. */
export class ClaimLayers implements Observer {
  readonly #picture: Picture;
  readonly #workload: Pick<Workload, "listOf" | "configuration">;
  readonly #held: (claim: Claim) => string | undefined;
  /** Calls that have read other bytes than lie there: the gate must find what they do. */
  readonly #misread = new Set<string>();
  /** Claims by such calls. */
  readonly #astray = new WeakSet<Claim>();

  /**
   * @param picture must see each event after these layers have
   * @param held why a claim can still become a debit; undefined if it no longer can
   */
  constructor(
    picture: Picture,
    workload: Pick<Workload, "listOf" | "configuration">,
    held: (claim: Claim) => string | undefined,
  ) {
    this.#picture = picture;
    this.#workload = workload;
    this.#held = held;
  }

  see(event: SimulationEvent): readonly Violation[] {
    if (event.type === "fault" && event.kind === "corrupt") this.#misread.add(event.caller.id);
    if (event.type !== "effect" || (event.method !== "writeClaim" && event.method !== "createSegment"))
      return NONE;
    const broken: Violation[] = [];
    const wrong: Wrong = (invariant, what) => broken.push({ invariant, what });
    if (isLanded(event, "writeClaim")) this.#claim(event, wrong);
    if (isLanded(event, "createSegment")) this.#segment(event, wrong);
    return broken;
  }

  #claim({ args, caller }: Effect, wrong: Wrong): void {
    const claim = args[0] as Claim;
    if (this.#misread.has(caller.id)) {
      this.#astray.add(claim);
      return;
    }
    const name = `line ${claim.line} of ${claim.batchId}`;
    const row = this.#workload.listOf(claim.batchId)?.rows[claim.line - 1];
    const difference = row === undefined ? "it is not in the list" : notDue(claim, row);
    if (difference !== undefined) wrong("claims-due", `${name} is claimed, and ${difference}`);
    if (claim.attempt > 1 && this.#attemptBefore(claim) === undefined) {
      wrong("claims-due", `${name} is attempt ${claim.attempt}, and the one before can be no debit`);
    }
    // What a batch that is over still claims becomes no debit.
    if (this.#picture.batches.get(claim.batchId)?.state !== "OPEN") return;
    const near = this.#nearOf(claim.stream);
    for (const other of this.#claimsOf(claim.mandateId)) {
      const days = apart(other.dueDate, claim.dueDate);
      if (days === 0 || days >= near || this.#astray.has(other)) continue;
      const held = this.#held(other);
      if (held !== undefined) {
        const what = `${name} is claimed ${days} days from line ${other.line} of ${other.batchId}, although ${held}`;
        wrong("claims-spaced", what);
      }
    }
  }

  #attemptBefore({ mandateId, dueDate, attempt }: Claim): string | undefined {
    const before = this.#picture.claims.get(mandateId)?.get(`${dueDate}#${attempt - 1}`);
    return before && this.#held(before);
  }

  #segment({ args, caller }: Effect, wrong: Wrong): void {
    const item = args[0] as SegmentItem;
    const { batchId, firstLine, rows } = item;
    // Behind a batch that is over, others may have taken its claims.
    if (this.#picture.batches.get(batchId)?.state !== "OPEN") return;
    const isMisread = this.#misread.has(caller.id);
    const claims = this.#claimsOn(item);
    for (let line = firstLine; line < firstLine + rows; line += 1) {
      const claim = claims.get(line);
      const name = `line ${line} of ${batchId}`;
      if (isStaged(item, line)) {
        if (claim === undefined) wrong("claims-staged", `${name} is staged, and not claimed`);
      } else if (claim !== undefined && !isMisread && !this.#astray.has(claim)) {
        wrong("claims-staged", `${name} is claimed, and not staged`);
      }
    }
    const list = this.#workload.listOf(batchId);
    if (isMisread || list === undefined) return;
    for (const exclusion of this.#picture.exclusionsOf(item)) {
      const why = this.#untrue(list, exclusion);
      if (why !== undefined) {
        wrong("refusals-true", `line ${exclusion.line} of ${batchId} is ${exclusion.reason}, ${why}`);
      }
    }
  }

  /** The batch's claims for lines of that segment, by line. */
  #claimsOn({ batchId, segment }: SegmentItem): Map<number, Claim> {
    const found = new Map<number, Claim>();
    for (const mandate of this.#picture.claims.values()) {
      for (const claim of mandate.values()) {
        if (claim.batchId === batchId && claim.segment === segment) found.set(claim.line, claim);
      }
    }
    return found;
  }

  /** Why the ledger does not bear out a refusal that names a claim; undefined if it does, or names none. */
  #untrue({ batchId, stream, rows }: BatchList, { line, reason, claim }: Exclusion): string | undefined {
    const row = rows[line - 1];
    if (claim === undefined || row?.instalment === undefined) return undefined;
    const { mandateId, dueDate } = row.instalment;
    if (claim.batchId === batchId) return "for a claim of its own batch";
    if (claim.mandateId !== mandateId) return "for a claim of another mandate";
    const days = apart(claim.dueDate, dueDate);
    if (reason === "already-claimed") {
      return days === 0 && claim.attempt === row.attempt ? undefined : "for the claim of another debit";
    }
    if (days === 0) return "for a claim of the same instalment";
    return days < this.#nearOf(stream) ? undefined : `for a claim that is ${days} days away`;
  }

  #claimsOf(mandateId: string): Iterable<Claim> {
    return this.#picture.claims.get(mandateId)?.values() ?? [];
  }

  #nearOf(stream: string): number {
    return this.#workload.configuration.streams[stream]?.minDaysBetweenInstalments ?? 0;
  }
}

/** What speaks against claiming a row under these names; undefined if nothing does. */
function notDue(claim: Claim, { instalment, attempt, cents, reason }: DueRow): string | undefined {
  if (reason !== undefined) return `it is ${reason}`;
  if (instalment?.mandateId !== claim.mandateId) return "for another mandate";
  if (instalment.dueDate !== claim.dueDate) return "for another due date";
  if (attempt !== claim.attempt) return "for another attempt";
  return cents === claim.cents ? undefined : "with another amount";
}

function apart(a: string, b: string): number {
  return Math.abs(daysBetween(a as CalendarDate, b as CalendarDate));
}

const NONE: readonly Violation[] = [];
