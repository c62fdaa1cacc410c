import { DEPLOY_MARKS } from "./deploy-layers.ts";
import type { End } from "./operator.ts";
import { MARKS } from "./marks.ts";
import type { RunResult } from "./run-seed.ts";

/** What many runs have come to together. */
export interface Summary {
  readonly runs: number;
  readonly faults: number;
  readonly marks: Readonly<Record<string, number>>;
  readonly ends: Readonly<Record<End, number>>;
  readonly reached: { readonly submission: number; readonly unknown: number };
  /** Virtual time that has passed in all of them (milliseconds). */
  readonly lasted: number;
  readonly failures: readonly Failure[];
}

/** A run that broke something: enough to see it again. */
export type Failure = Pick<RunResult, "seed" | "mode" | "violations" | "last" | "injected">;

export const NOTHING: Summary = {
  runs: 0,
  faults: 0,
  marks: Object.fromEntries(MARKS.map((mark) => [mark, 0])),
  ends: { closed: 0, abandoned: 0, parked: 0, stuck: 0 },
  reached: { submission: 0, unknown: 0 },
  lasted: 0,
  failures: [],
};

export function summaryOf(result: RunResult): Summary {
  const { seed, mode, violations, last, injected, faults, marks, ends, reached, lasted } = result;
  return {
    runs: 1,
    faults,
    marks: summed(NOTHING.marks, marks),
    ends: { ...NOTHING.ends, ...ends },
    reached,
    lasted,
    failures: violations.length > 0 ? [{ seed, mode, violations, last, injected }] : [],
  };
}

export function together(a: Summary, b: Summary): Summary {
  return {
    runs: a.runs + b.runs,
    faults: a.faults + b.faults,
    marks: summed(a.marks, b.marks),
    ends: summed(a.ends, b.ends),
    reached: summed(a.reached, b.reached),
    lasted: a.lasted + b.lasted,
    failures: [...a.failures, ...b.failures],
  };
}

function summed<Counts extends Readonly<Record<string, number>>>(a: Counts, b: Counts): Counts {
  const all = Object.keys({ ...a, ...b });
  return Object.fromEntries(all.map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)])) as Counts;
}

const LEAST_SHARE = 0.1;
const LEAST_SUBMITTING = 0.6;

/** Why these runs do not show what they are to show, even if none of them broke anything. */
export function shortfalls({ marks, ends, reached, failures }: Summary): string[] {
  const batches = ends.closed + ends.abandoned + ends.parked;
  const shortfall = failures.flatMap((failure) => failureText(failure));
  for (const end of ["closed", "abandoned", "parked"] as const) {
    if (ends[end] < LEAST_SHARE * batches)
      shortfall.push(`only ${ends[end]} of ${batches} batches ended ${end}`);
  }
  if (reached.submission < LEAST_SUBMITTING * batches) {
    shortfall.push(`only ${reached.submission} of ${batches} batches reached submission`);
  }
  if (reached.unknown === 0) shortfall.push("no batch went through UNKNOWN");
  for (const [mark, times] of Object.entries(marks))
    if (times === 0) shortfall.push(`nothing reached ${mark}`);
  return shortfall;
}

/** The same of runs with CI jobs beside the batches, as far as it is about those. */
export function deployShortfalls({ marks, failures }: Summary): string[] {
  const unmet = DEPLOY_MARKS.filter((mark) => (marks[mark] ?? 0) === 0);
  return [
    ...failures.flatMap((failure) => failureText(failure, " --only deployments")),
    ...unmet.map((mark) => `nothing reached ${mark}`),
  ];
}

/** What is printed at the end, for people. */
export function summaryText({ runs, faults, marks, ends, reached, lasted, failures }: Summary): string {
  const batches = ends.closed + ends.abandoned + ends.parked + ends.stuck;
  const share = (count: number) => `${count} (${((100 * count) / Math.max(1, batches)).toFixed(1)} %)`;
  const lines = [
    `runs       ${runs}, of ${(lasted / 86_400_000).toFixed(0)} days of virtual time`,
    `broken     ${failures.length}`,
    `faults     ${faults} that their callers saw`,
    `batches    ${batches}: closed ${share(ends.closed)}, abandoned ${share(ends.abandoned)}, parked ${share(ends.parked)}`,
    `           reached submission ${share(reached.submission)}, went through UNKNOWN ${share(reached.unknown)}`,
    ...Object.entries(marks).map(([mark, times]) => `mark       ${mark.padEnd(30)} ${times}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** What broke, after which operation, and the one command that shows it again. */
function failureText({ seed, mode, violations, last }: Failure, only = ""): string[] {
  return [
    ...violations.slice(0, 1).map(({ invariant, what }) => `seed ${seed}, ${mode}: ${invariant}: ${what}`),
    `  after ${last}`,
    `  npm run simulate --${only} --replay ${seed} --mode ${mode}`,
  ];
}
