import type { Mutant } from "./mutant.ts";

const FILE = "lambdas/stream-change.ts";
const COMPARED = 'if (fence !== "any" && item.fence !== fence) {';
const NOT_COMPARED = 'if (fence !== "any" && item.fence !== fence && !ran()) {';

/** A slip as it should be, to measure the bad ones by: the fence that a call carries is not compared. */
const FENCE: Mutant = {
  id: "good-fence",
  slip: "the fence that a call carries is not compared",
  edits: [{ file: FILE, find: COMPARED, replace: NOT_COMPARED }],
  predicted: ["fence-carried"],
  because: "a zombie of an earlier acquire goes on writing",
};

const replaced = (id: string, replace: string): Mutant => ({
  ...FENCE,
  id,
  edits: [{ file: FILE, find: COMPARED, replace }],
});

/** Mutants that prove nothing, but one: tests show that each is found out. They are no part of the measure. */
export const BAD_MUTANTS = [
  FENCE,
  replaced("bad-changes-nothing", 'if (fence !== "any" && item.fence !== fence && ran()) {'),
  replaced("bad-never-runs", `if (item.fence < 0) ran();\n  ${COMPARED}`),
  replaced("bad-breaks-unmarked", "if (item.fence < 0 && ran()) {"),
  { ...FENCE, id: "bad-prediction", predicted: ["sums"] },
  replaced("bad-ends-thread", "if (ran()) process.exit(3);\n  if (item.fence < 0) {"),
] as const satisfies readonly Mutant[];
