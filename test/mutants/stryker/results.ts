import type { Group } from "./groups.ts";
import type { Survivor, Tally } from "./report.ts";

/** What is stored of one group's run. */
export interface Figures {
  readonly commit: string;
  /** The day of the run, YYYY-MM-DD. */
  readonly date: string;
  readonly total: Tally;
  readonly files: Readonly<Record<string, Tally>>;
}

/** The last stored run of each group that was measured. */
export type Results = Readonly<Partial<Record<Group, Figures>>>;

/** A survivor with the sentence that says why no test can or need notice it. */
export interface Listed extends Survivor {
  readonly why: string;
}
