/** What the model asserts: at-most-once.pml has each under this name. */
export const PROPERTIES = {
  debited_twice: "no instalment is debited twice at the bank",
  abandoned_and_sent: "no batch is ABANDONED of which anything is, or may yet be, with the bank",
  taken_from_sender: "no claim is taken over whose file the bank has, or may yet get",
  debited_unclaimed: "what reaches the bank is claimed by the batch that sends it",
  lost: "at any moment people can bring every instalment to be debited, released or parked in a named doubt",
  lock_taken: "the lock is never taken from a batch that is not over (mine is the same batch)",
  fence_fell: "the fence rises by one with every acquire and never else, and nobody writes under another",
  version_stood: "the version of the stream's item rises by one with every write",
  set_changed: "the frozen set of files never changes",
  verdict_missing: "a file is begun only under a verdict for its very hash",
  second_winner: "a submission is begun by one call only",
  released_open: "the lock is not released before its batch is over",
} as const;

export type Property = keyof typeof PROPERTIES;

/** What customers, bank and ledger see in the end; the others are what one layer promises by itself. */
export const END_TO_END = [
  "debited_twice",
  "abandoned_and_sent",
  "taken_from_sender",
  "debited_unclaimed",
  "lost",
] as const satisfies readonly Property[];

/** Who is there in a search: the flags that at-most-once.pml is made with. */
export const CONFIGURATIONS = {
  zombies: {
    who: "two runs of A at its submission, two files, each of which may stop anywhere; people who put A and then B in order, at any moment",
    flags: ["FROM_SUBMIT=2", "RUNS_A=2", "RUNS_B=0", "ABANDONS=0", "RECOVERY"],
  },
  people: {
    who: "as zombies, with one file: the bank removes what it has picked up, and two people resolve doubts by its statement",
    flags: ["FROM_SUBMIT=1", "RUNS_A=2", "RUNS_B=0", "ABANDONS=0", "RECOVERY", "RESOLVE", "BANK_REMOVES"],
  },
  abandoner: {
    who: "a run of A at its submission, two files, an abandoner, and people who put A and then B in order",
    flags: ["FROM_SUBMIT=2", "RUNS_A=1", "RUNS_B=0", "ABANDONS=1", "ONE_SLOT", "RECOVERY"],
  },
  early: {
    who: "a run of A from its start, two files, an abandoner, and people who put A and then B in order",
    flags: ["RUNS_A=1", "RUNS_B=0", "ABANDONS=1", "ONE_SLOT", "RECOVERY"],
  },
  starts: {
    who: "two runs of A from its start: start, retry, redrive and continue beside zombies, two files",
    flags: ["RUNS_A=2", "RUNS_B=0", "ABANDONS=0"],
  },
  next: {
    who: "a run of A and one of B from their starts: the lock and every claim contended",
    flags: ["RUNS_A=1", "RUNS_B=1", "ABANDONS=0", "ONE_SLOT"],
  },
  answers: {
    who: "two runs of A at its submission, one file: a write of the stream's item lands late or never, an answer is lost",
    flags: ["FROM_SUBMIT=1", "RUNS_A=2", "RUNS_B=0", "ABANDONS=0", "LATE=1", "LOST=1"],
  },
  everybody: {
    who: "a run of A, an abandoner of A and a run of B, all from their starts, two files",
    flags: ["RUNS_A=1", "RUNS_B=1", "ABANDONS=1", "ONE_SLOT"],
  },
} as const satisfies Record<string, { readonly who: string; readonly flags: readonly string[] }>;

export type ConfigurationName = keyof typeof CONFIGURATIONS;

/** The switches of at-most-once.pml: what each takes out. */
export const SWITCHES = {
  NOLOCK: "the lock is taken whoever holds it",
  FAIL_OPEN: "a lock that another batch holds is taken for acquired, with the fence that stands there",
  NOFENCE: "no call compares the fence that it carries",
  NOVERSION: "the stream's item is written whatever version stands there",
  NOFREEZE: "every compose makes the set of files anew",
  OTHER_LIMITS: "newer limits may make another set of files (a change of the world, not a layer)",
  NOGATE: "the gate passes everything",
  NOVERDICT: "a submission begins without the gate's verdict for its hash",
  NOSUBMITTING:
    "the first of the two writes is out: whoever finds a file begun goes on as if it were his own",
  NOINTENT: "the second of the two writes is out: INTENT is put over whatever stands there",
  NOVOID: "what has no INTENT is withdrawn, and nothing is put that keeps one out",
  NOVOID_TRIED: "a file in doubt is never voided",
  NOLOOK: "nobody looks under the key before the put",
  NOLASTLOOK: "nobody looks at the ledger again before the put",
  NOCREATE: "the put overwrites what lies under its key",
  NOCLOCK: "the sender does not look at the clock before the put",
  NOTIMERULE: "the bank's 'not found' counts at once",
  NOSECONDLOOK: "a rejection is taken without another look under the key",
  RESEND: "a redrive sends again what it finds begun",
  DOUBT_IS_FAILED: "a file in doubt is taken for failed and withdrawn",
  MARK_FIRST: "a file is marked SUBMITTED before it is sent",
  NOFLAG: "a submission begins while its batch is being abandoned",
  NOCLAIM: "a claim is written without condition",
  SKIP_OWN: "a row whose claim is the batch's own is excluded when it is met again",
  TAKE_ANYTHING: "any claim of another batch is taken for released",
  TAKE_BY_BATCH: "a claim is released as soon as its batch is over, whatever became of its file",
  CLOSE_ORDER: "the lock is released before the batch is CLOSED",
  LOOK_AND_PUT:
    "the last look, the put and the arrival are one step (no layer: what no code can do, to see what it would be worth)",
  SPLIT: "reading and writing the stream's item are two steps (no layer: the base model, told more finely)",
} as const;

export type Switch = keyof typeof SWITCHES;

/** What a check judges: all properties, those end to end, the latter without the last one, or a single one. */
export type Judged = "all" | "end to end" | "at most once" | Property;

export interface Check {
  readonly name: string;
  readonly configuration: ConfigurationName;
  readonly out: readonly Switch[];
  readonly judged: Judged;
  /** "holds", or the property whose assertion must fail. */
  readonly expected: "holds" | Property;
  /** The states that it must come to, by their names in {@link WITNESSES}. */
  readonly reaches: readonly string[];
}

/** The model as it stands. Everything must hold in every configuration. */
const BASE: readonly ConfigurationName[] = [
  "zombies",
  "people",
  "abandoner",
  "early",
  "starts",
  "next",
  "answers",
  "everybody",
];

type Row = readonly [ConfigurationName, Judged, "holds" | "violated"];

/**
 * What each removal must come to, and where: its own layer's promise broken, and end to end broken or covered by the
 * others. A row that names one property and says "violated" wants exactly this one's assertion to fail.
 */
export const OUT: Readonly<Record<string, readonly Row[]>> = {
  NOLOCK: [
    ["next", "lock_taken", "violated"],
    ["next", "at most once", "holds"],
    ["zombies", "end to end", "holds"],
  ],
  FAIL_OPEN: [["next", "all", "holds"]],
  "FAIL_OPEN+NOFENCE": [["next", "end to end", "holds"]],
  NOFENCE: [
    ["starts", "fence_fell", "violated"],
    ["zombies", "end to end", "holds"],
  ],
  NOVERSION: [
    ["answers", "version_stood", "violated"],
    ["answers", "end to end", "holds"],
  ],
  "NOFREEZE+OTHER_LIMITS": [
    ["starts", "set_changed", "violated"],
    ["starts", "end to end", "holds"],
  ],
  NOGATE: [["starts", "all", "holds"]],
  NOVERDICT: [["starts", "all", "holds"]],
  SKIP_OWN: [["starts", "all", "holds"]],
  NOSUBMITTING: [
    ["zombies", "second_winner", "violated"],
    ["zombies", "end to end", "holds"],
  ],
  NOINTENT: [
    ["zombies", "second_winner", "violated"],
    ["zombies", "debited_twice", "violated"],
  ],
  /*
   * Whoever finds a file begun sends it, and the put that finds something under the key refuses: as long as the bank leaves
   * its files there, and nobody settles a doubt who does not send, the store's own rule stands in for both writes.
   */
  "NOSUBMITTING+NOINTENT": [
    ["zombies", "at most once", "holds"],
    ["people", "debited_twice", "violated"],
    ["abandoner", "debited_twice", "violated"],
  ],
  NOVOID: [["zombies", "debited_twice", "violated"]],
  "NOINTENT+LOOK_AND_PUT": [["zombies", "debited_twice", "violated"]],
  "NOVOID+LOOK_AND_PUT": [["zombies", "debited_twice", "violated"]],
  NOVOID_TRIED: [
    ["zombies", "at most once", "holds"],
    ["zombies", "lost", "violated"],
  ],
  NOLOOK: [["zombies", "end to end", "holds"]],
  NOLASTLOOK: [
    ["zombies", "end to end", "holds"],
    ["people", "end to end", "holds"],
  ],
  "NOLOOK+NOCREATE": [["zombies", "end to end", "holds"]],
  RESEND: [["people", "debited_twice", "violated"]],
  "RESEND+NOCREATE": [["zombies", "debited_twice", "violated"]],
  NOCLOCK: [["people", "debited_twice", "violated"]],
  NOTIMERULE: [["people", "debited_twice", "violated"]],
  NOSECONDLOOK: [["people", "end to end", "holds"]],
  DOUBT_IS_FAILED: [["zombies", "debited_twice", "violated"]],
  MARK_FIRST: [
    ["zombies", "at most once", "holds"],
    ["zombies", "lost", "violated"],
  ],
  NOFLAG: [["abandoner", "end to end", "holds"]],
  NOCLAIM: [["next", "all", "holds"]],
  TAKE_ANYTHING: [["next", "debited_twice", "violated"]],
  TAKE_BY_BATCH: [["next", "taken_from_sender", "violated"]],
  CLOSE_ORDER: [
    ["starts", "released_open", "violated"],
    ["next", "at most once", "holds"],
  ],
  SPLIT: [["answers", "all", "holds"]],
};

/**
 * The states that must be reachable, so that a model which does nothing fails: the model's number of each, and the search
 * that must come to it.
 */
export const WITNESSES: Readonly<Record<string, readonly [number, string]>> = {
  "lock contended": [1, "base next"],
  "late own write refused": [2, "base answers"],
  "file unknown": [3, "base zombies"],
  "VOID won": [4, "base zombies"],
  "VOID lost to an INTENT": [5, "base zombies"],
  "claim taken over": [6, "base zombies"],
  "partial abandon": [7, "base abandoner"],
  "continued in doubt": [8, "base zombies"],
  "closed, all submitted": [9, "base starts"],
  "closed, one submitted and one withdrawn": [10, "base abandoner"],
  "doubt ended by evidence": [11, "base zombies"],
  "abandoned with claims": [12, "base abandoner"],
  "doubt ended by the bank's rejection": [13, "base people"],
  "fenced off": [14, "base starts"],
  "late delivery into a doubt": [15, "base zombies"],
  "sender out of time": [16, "base people"],
  "all debited by the next batch": [17, "base abandoner"],
  "doubt while the bank has the file": [18, "base people"],
  "doubt ended by the bank's word that it has the file": [19, "base people"],
  "one file sent by each batch": [20, "base abandoner"],
  "lost answer met by its own write": [21, "base answers"],
  "gate stopped": [22, "SKIP_OWN starts all"],
  "redriven in mid-submission": [23, "base zombies"],
  "lock of a batch that is over taken": [24, "base next"],
  "delivery stopped by the last look": [25, "base people"],
};

/** Every search that `npm run model` makes, each with what it must find. */
export const CHECKS: readonly Check[] = [
  ...BASE.map((configuration) => checkOf(`base ${configuration}`, [], configuration, "all", "holds")),
  ...Object.entries(OUT).flatMap(([switches, rows]) =>
    rows.map(([configuration, judged, outcome]) =>
      checkOf(
        `${switches} ${configuration} ${judged}`,
        switches.split("+") as Switch[],
        configuration,
        judged,
        outcome === "holds" ? "holds" : (judged as Property),
      ),
    ),
  ),
];

function checkOf(
  name: string,
  out: readonly Switch[],
  configuration: ConfigurationName,
  judged: Judged,
  expected: Check["expected"],
): Check {
  const reaches = Object.keys(WITNESSES).filter((state) => WITNESSES[state]?.[1] === name);
  return { name, configuration, out, judged, expected, reaches };
}

/** The bits by which the model knows its properties, in this order. */
function bitsOf(judged: Judged): number {
  const names = Object.keys(PROPERTIES) as Property[];
  const bits = (wanted: readonly Property[]) =>
    wanted.reduce((sum, name) => sum + 2 ** names.indexOf(name), 0);
  if (judged === "all") return bits(names);
  if (judged === "end to end") return bits(END_TO_END);
  if (judged === "at most once") return bits(END_TO_END.filter((name) => name !== "lost"));
  return bits([judged]);
}

/** The flags that the model is made with for a check. */
export function flagsOf({ configuration, out, judged }: Check): string[] {
  return [...CONFIGURATIONS[configuration].flags, ...out, `CHECK=${bitsOf(judged)}`].map(
    (flag) => `-D${flag}`,
  );
}
