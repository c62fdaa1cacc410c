import type { Exclusion } from "../../domain/exclusion.ts";
import type { SegmentItem } from "../../domain/records.ts";
import type { GatePorts } from "./case.ts";
import { cell } from "./cell.ts";
import type { DueTable } from "./due-table.ts";
import { asExclusion, isLedgerReason } from "./exclusion-reading.ts";
import type { Findings } from "./findings.ts";
import type { Gate } from "./gate.ts";
import { inFlight } from "./in-flight.ts";
import { judgeSegment, judgeTiling } from "./segment-sums.ts";
import { jsonLines, readFrozen } from "./stored-bytes.ts";

/** What staging has recorded: its segments, and every row that it excluded. */
export interface StagingRecord {
  readonly segments: readonly SegmentItem[];
  /** In due-list order; they name only what the gate itself would name. */
  readonly exclusions: readonly Exclusion[];
  /** By line, those for a reason that only the ledger can give. */
  readonly refusals: ReadonlyMap<number, Exclusion>;
}

const SEGMENTS_AT_ONCE = 8;

/** Reads the segment records and their exclusions, and holds every exclusion against the gate's own judgement. */
export async function readStagingRecord(gate: Gate, ports: GatePorts): Promise<StagingRecord> {
  const segments = await ports.ledger.readSegments(gate.case.batch.id);
  judgeTiling(segments, gate.case.batch, gate.table, gate.findings);
  const lists = new Array<Exclusion[]>(segments.length);
  await inFlight(segments.entries(), SEGMENTS_AT_ONCE, async ([index, segment]) => {
    const list = await readExclusions(gate, ports, segment);
    judgeSegment(segment, list, gate.table, gate.findings);
    lists[index] = list;
  });
  const exclusions = lists.flat().sort((a, b) => a.line - b.line);
  const refusals = new Map<number, Exclusion>();
  for (const exclusion of exclusions) {
    const isOwn = gate.table.ownReason(exclusion.line) !== undefined;
    if (!isOwn && isLedgerReason(exclusion.reason)) refusals.set(exclusion.line, exclusion);
  }
  return { segments, exclusions, refusals };
}

async function readExclusions(
  { table, findings }: Gate,
  { objects }: GatePorts,
  segment: SegmentItem,
): Promise<Exclusion[]> {
  const place = { segment: segment.segment };
  const frozen = { key: segment.exclusionsKey, sha256: segment.exclusionsSha256 };
  const { bytes, fault } = await readFrozen(objects, "work", frozen);
  if (fault) findings.add("exclusions", place, `its list of exclusions ${fault}`);
  const list: Exclusion[] = [];
  for (const value of bytes ? jsonLines(bytes) : []) {
    const exclusion = asExclusion(value);
    if (!exclusion) findings.add("exclusions", place, "a line is no exclusion");
    else if (!table.has(exclusion.line))
      findings.add("no-row-surplus", place, "excludes a line that the list has not");
    else list.push(judgeExclusion(exclusion, table, findings));
  }
  return list;
}

/** Holds one exclusion against the gate's judgement of its row, and gives it back without any word too many. */
function judgeExclusion(exclusion: Exclusion, table: DueTable, findings: Findings): Exclusion {
  const { line, mandateId, dueDate, claim } = exclusion;
  table.excluded[line] = Math.min(255, cell(table.excluded, line) + 1);
  const isNamed = table.nameable[line] === 1;
  const names = isNamed ? { mandateId: table.mandateId(line), dueDate: table.dueDate(line) } : {};
  const departures = differences(exclusion, table);
  if (mandateId !== names.mandateId || dueDate !== names.dueDate) departures.push("the names of the row");
  if (departures.length > 0) {
    findings.add("exclusions", { line }, `not as the gate judges the row: ${departures.join(", ")}`);
  }
  const { reason, field, otherLine } = exclusion;
  return {
    line,
    reason,
    cents: cell(table.cents, line),
    ...names,
    ...(field && { field }),
    ...(otherLine !== undefined && { otherLine }),
    // A claim of another mandate is none of this row's, and might name what must not be named.
    ...(claim && isNamed && claim.mandateId === names.mandateId && { claim }),
  };
}

/** In what an exclusion differs from the one that the gate would have written. */
function differences(exclusion: Exclusion, table: DueTable): string[] {
  const { line, reason, field, cents, otherLine, claim } = exclusion;
  const own = table.ownExclusion(line);
  const isAmount = cents === table.cents[line];
  if (own === undefined) {
    const isInvented = !isLedgerReason(reason) || otherLine !== undefined;
    return [...(isInvented ? ["reason"] : []), ...(isAmount ? [] : ["amount"])];
  }
  return [
    ...(reason === own.reason ? [] : ["reason"]),
    ...(field === own.field ? [] : ["field"]),
    ...(otherLine === own.otherLine ? [] : ["the other line"]),
    ...(claim === undefined ? [] : ["a claim"]),
    ...(isAmount ? [] : ["amount"]),
  ];
}
