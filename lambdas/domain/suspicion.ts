/**
 * What the gate suspects without being able to prove it. Two people may accept each of these, one by one, for one
 * set of files; a proof nobody can.
 */
export const SUSPICIONS = ["growth", "same-totals", "same-debit"] as const;

export type SuspicionName = (typeof SUSPICIONS)[number];
