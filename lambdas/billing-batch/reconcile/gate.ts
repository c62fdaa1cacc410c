import type { Case } from "./case.ts";
import type { DueTable } from "./due-table.ts";
import type { Findings } from "./findings.ts";

/** What every part of the gate works with: the case, the due list as the gate judges it, and what it has found. */
export interface Gate {
  readonly case: Case;
  readonly table: DueTable;
  readonly findings: Findings;
}
