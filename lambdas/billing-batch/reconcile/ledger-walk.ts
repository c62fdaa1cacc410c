import type { Exclusion } from "../../domain/exclusion.ts";
import type { Claim, ClaimOwner, SegmentItem, Sum } from "../../domain/records.ts";
import type { Ledger } from "../../ports.ts";
import type { Case } from "./case.ts";
import { cell } from "./cell.ts";
import { DistinctDebits, type DebitKey } from "./debit-key.ts";
import type { DueTable } from "./due-table.ts";
import type { Findings } from "./findings.ts";
import type { Gate } from "./gate.ts";
import { inFlight } from "./in-flight.ts";
import { ReadClaims } from "./read-claims.ts";
import { type Claims, judgeRefusal } from "./refusals.ts";
import { Releases } from "./released.ts";
import type { StagingRecord } from "./staging-record.ts";
import { RunningSum } from "./sums.ts";

const LINES_PER_READ = 500;
const READS_AT_ONCE = 4;

/**
 * Reads the claim of every due row that can have one, and the claims that refusals name: what a file carries must
 * be claimed by this batch, and nothing else may be.
 * @returns the sum of this batch's claims
 */
export async function walkLedger(gate: Gate, staging: StagingRecord, ledger: Ledger): Promise<Sum> {
  const ours = new RunningSum();
  const judge = new LedgerJudge(gate, staging, ledger, ours);
  await inFlight(firstLines(gate.table.rows), READS_AT_ONCE, (first) =>
    judge.lines(first, Math.min(first + LINES_PER_READ - 1, gate.table.rows)),
  );
  return ours;
}

function* firstLines(rows: number): Generator<number> {
  for (let first = 1; first <= rows; first += LINES_PER_READ) yield first;
}

class LedgerJudge {
  readonly #case: Case;
  readonly #table: DueTable;
  readonly #findings: Findings;
  readonly #refusals: ReadonlyMap<number, Exclusion>;
  readonly #segments: ReadonlyMap<number, SegmentItem>;
  readonly #ledger: Ledger;
  readonly #releases: Releases;
  readonly #ours: RunningSum;

  constructor(gate: Gate, staging: StagingRecord, ledger: Ledger, ours: RunningSum) {
    this.#case = gate.case;
    this.#table = gate.table;
    this.#findings = gate.findings;
    this.#refusals = staging.refusals;
    this.#segments = new Map(staging.segments.map((segment) => [segment.segment, segment]));
    this.#ledger = ledger;
    this.#releases = new Releases(ledger);
    this.#ours = ours;
  }

  async lines(first: number, last: number): Promise<void> {
    const keys = Array.from({ length: last - first + 1 }, (_, index) => this.#table.key(first + index));
    const names = this.#names(keys, first, last);
    const read = names.list.length === 0 ? [] : await this.#ledger.readClaimsNamed(names.list);
    const claims = new ReadClaims(read, keys, first, names.repeats);
    for (const [index, key] of keys.entries()) {
      const line = first + index;
      const isFiled = cell(this.#table.inFiles, line) > 0;
      const claim = key && claims.of(index, key);
      if (key) this.#judgeClaim(line, isFiled, claim);
      else if (isFiled) this.#wrong(line, "is in a bank file, but can have no claim");
      if (isFiled && claim?.takenFrom) await this.#judgeTakeover(line, claim, claim.takenFrom);
      if (isFiled && key && key.attempt > 1) await this.#judgeDishonour(line, key);
      const refusal = this.#refusals.get(line);
      if (refusal) await this.#judgeRefusal(refusal, key, claims.byName);
    }
  }

  /** What to ask the ledger for: the claims of these lines, and those that their refusals name. */
  #names(keys: readonly (DebitKey | undefined)[], first: number, last: number): DistinctDebits {
    const names = new DistinctDebits();
    for (const key of keys) if (key) names.add(key);
    for (let line = first; line <= last && this.#refusals.size > 0; line += 1) {
      const named = this.#refusals.get(line)?.claim;
      if (named) names.add(named);
    }
    return names;
  }

  #judgeClaim(line: number, isFiled: boolean, claim: Claim | undefined): void {
    const isOurs = claim?.batchId === this.#case.batch.id;
    if (isOurs && claim.line !== line && this.#isRepeat(claim)) {
      // Rows that repeat each other have one claim between them; it is judged at the line that it names.
      if (isFiled) this.#wrong(line, "is in a bank file, but claimed for another line");
      return;
    }
    if (isOurs) this.#ours.add(claim.cents);
    if (isFiled) {
      const departure = this.#departure(line, claim);
      if (departure !== undefined) this.#wrong(line, departure);
    } else if (isOurs) {
      this.#wrong(line, "is claimed by this batch, but no bank file carries it");
    }
  }

  #departure(line: number, claim: Claim | undefined): string | undefined {
    if (claim === undefined) return "is in a bank file, but not claimed";
    if (claim.batchId !== this.#case.batch.id) return "is in a bank file, but claimed by another batch";
    const segment = this.#segments.get(claim.segment);
    const isInSegment =
      segment !== undefined && segment.firstLine <= line && line < segment.firstLine + segment.rows;
    if (claim.line !== line) return "its claim has another line";
    if (claim.cents !== this.#table.cents[line]) return "its claim has another amount";
    if (claim.stream !== this.#case.stream.name) return "its claim has another stream";
    return isInSegment ? undefined : "its claim has another segment";
  }

  /** Whether the claim names a line of the list that has the very same key. */
  #isRepeat(claim: Claim): boolean {
    return this.#table.has(claim.line) && this.#table.isKeyOf(claim.line, claim);
  }

  /** A claim that was other batches' before must have been released by each: what one of them debits, this may not. */
  async #judgeTakeover(line: number, claim: Claim, owners: readonly ClaimOwner[]): Promise<void> {
    for (const owner of owners) {
      if (await this.#releases.isReleased({ ...claim, ...owner })) continue;
      this.#wrong(line, `its claim was taken from batch ${owner.batchId}, which holds it`);
    }
  }

  /** An attempt above the first needs the proven dishonour of the one before, or it collects twice. */
  async #judgeDishonour(line: number, key: DebitKey): Promise<void> {
    if (await this.#isDishonoured(key)) return;
    this.#findings.add("dishonours", { line }, "no return of the attempt before is recorded");
  }

  async #isDishonoured({ mandateId, dueDate, attempt }: DebitKey): Promise<boolean> {
    return (await this.#ledger.readReturns(mandateId, dueDate, attempt - 1)).length > 0;
  }

  async #judgeRefusal(refusal: Exclusion, key: DebitKey | undefined, claims: Claims): Promise<void> {
    const departure = await judgeRefusal(refusal, claims, {
      batchId: this.#case.batch.id,
      key,
      minDays: this.#case.stream.minDaysBetweenInstalments,
      isReleased: (claim) => this.#releases.isReleased(claim),
      isDishonoured: (key) => this.#isDishonoured(key),
    });
    if (departure !== undefined) {
      this.#findings.add("ledger-refusals", { line: refusal.line }, `${refusal.reason}: ${departure}`);
    }
  }

  #wrong(line: number, rule: string): void {
    this.#findings.add("claims", { line }, rule);
  }
}
