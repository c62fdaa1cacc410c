import type { Definition } from "../../infra/local/definition.ts";

/**
 * A change of one place of the app's source. `find` stands exactly once in the file, as written there; `replace` says
 * `ran()` where the bad line runs, which is how a run proves that it has met the slip at all.
 */
export interface Edit {
  /** From the repository's root, such as `lambdas/submission.ts`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** What is taken out of, or put wrongly into, the app's own source, in a run and never in what ships. */
export interface Change {
  readonly edits: readonly Edit[];
  /** A change of the synthesized state machine, where the slip is one of the definition. */
  readonly definition?: (definition: Definition) => Definition;
}

/** A realistic slip that a suite must find. */
export interface Mutant extends Change {
  /** `lock-any-error-is-success`: the place, then the slip. */
  readonly id: string;
  /** The slip in one sentence, as a reviewer would have to find it. */
  readonly slip: string;
  /** The invariants whose breaking is the predicted consequence, and nothing else counts as a kill. */
  readonly predicted: readonly string[];
  /** Why it is just those. */
  readonly because: string;
}

/** One guard of the promise, taken out. */
export interface Layer extends Change {
  readonly id: string;
  /** What is out, in words for the README's table. */
  readonly what: string;
}
