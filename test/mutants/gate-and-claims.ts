import type { Edit, Mutant } from "./mutant.ts";

const GATE = "lambdas/billing-batch/reconcile";
const RECONCILE = `${GATE}/reconcile.ts`;
const VERDICT = `${GATE}/verdict.ts`;
const SUBMIT = "lambdas/billing-batch/submit-bank-file/submit-bank-file.ts";
const COMPOSE = "lambdas/billing-batch/compose-bank-file/compose-bank-file.ts";
const PLAN = "lambdas/billing-batch/plan-segments/plan-segments.ts";
const STAGE = "lambdas/billing-batch/stage-segment/stage-segment.ts";
const CLAIM = "lambdas/billing-batch/stage-segment/claim-row.ts";
const WRITE_CLAIM =
  "      await ledger.writeClaim(stored ? { ...mine, takenFrom: ownersOf(stored) } : mine, stored);";
const REFUSALS = "lambdas/domain/list-refusals.ts";
const RELEASE = "lambdas/domain/release.ts";

/** The failed checks that stop the batch, seen by a gate that lets some of them pass. */
function lettingPass(passing: string): Edit {
  return {
    file: RECONCILE,
    find: "= [checks.filter(isStopping), acceptancesIn(checks)];",
    replace: `= [checks.filter(isStopping).filter((check) => !(${passing} && ran())), acceptancesIn(checks)];`,
  };
}

const WRONG_DEBITS = ["what-was-due", "debited-once", "nothing-lost", "sums"];

/** Slips of the gate. */
const OF_THE_GATE: readonly Mutant[] = [
  {
    id: "gate-verdict-by-batch",
    slip: "the verdict names the batch that was judged, and not the SHA-256s of its files",
    edits: [
      {
        file: VERDICT,
        find: "  const verdict: Verdict = { sha256s, at,",
        replace: "  ran();\n  const verdict: Verdict = { sha256s: sha256s.map(() => judged.batch.id), at,",
      },
      {
        file: VERDICT,
        find: "isPassed(files, batch.verdict, sha256s)",
        replace: "isPassed(files, batch.verdict, batch.verdict?.sha256s ?? [])",
      },
      {
        file: SUBMIT,
        find: "!item.batch.verdict?.sha256s.includes(file.sha256)",
        replace: "!item.batch.verdict?.sha256s.includes(item.batch.id)",
      },
    ],
    predicted: ["verdict-first", "frozen-set"],
    because: "no file is RECONCILED by a verdict that does not name its bytes",
  },
  {
    id: "gate-counts-only",
    slip: "the gate passes what has as many debits as rows are due and not excluded, whatever else its checks say",
    edits: [lettingPass("rows.due.count - rows.excluded.count === files.debits.count")],
    predicted: ["what-was-due", "nothing-lost"],
    because:
      "as many debits as are due can be of other amounts or from other bank accounts, and then some that are due are not there",
  },
  {
    id: "gate-fails-open",
    slip: "an error while the gate reads the claims is logged, and what was not read is taken for sound",
    edits: [
      {
        file: RECONCILE,
        find: "  const ledger = await walkLedger(gate, staging, ports.ledger);\n",
        replace:
          "  const ledger = await walkLedger(gate, staging, ports.ledger).catch(() => ran() && files.debits);\n",
      },
    ],
    predicted: ["verdict-read"],
    because: "a gate whose read has failed has judged less than it lets pass",
  },
  {
    id: "gate-file-error-passes",
    slip: "an error while a bank file is read back is taken for a file that was found in order",
    edits: [
      {
        file: RECONCILE,
        find: "  const files = await walkFiles(gate, ports.objects);\n",
        replace: `  let isRead = true;
  const files = await walkFiles(gate, ports.objects).catch(() => {
    isRead = !ran();
    const debits = { count: 0, cents: 0 };
    return { debits, statedCents: 0, largestDebitCents: 0, largestFile: debits, byMerchant: new Map() };
  });
`,
      },
      {
        file: RECONCILE,
        find: "= [checks.filter(isStopping), acceptancesIn(checks)];",
        replace: "= [isRead ? checks.filter(isStopping) : [], acceptancesIn(checks)];",
      },
    ],
    predicted: ["verdict-read"],
    because: "nobody has seen the bytes that are let pass",
  },
  {
    id: "gate-trusts-staged-totals",
    slip: "what the files' records say in sum is held against what staging says in sum, and then nothing else counts",
    edits: [
      lettingPass(
        "staging.segments.reduce((sum, { staged }) => sum + staged.cents, 0) === judged.files.reduce((sum, { cents }) => sum + cents, 0)",
      ),
    ],
    predicted: ["what-was-due", "nothing-lost", "verdict-read"],
    because:
      "staging and composing agree with each other where both are wrong, and what they agree on is sent",
  },
  {
    id: "gate-skipped-on-redrive",
    slip: "a report of the gate that is there already is taken for a gate that has been passed",
    edits: [
      {
        file: RECONCILE,
        find: "  const findings = new Findings();\n",
        replace: `  const [earlier] = await ports.objects.list("reports", \`\${judged.batch.id}/report-\`);
  if (earlier !== undefined && ran()) {
    await passFiles(judged, event.fence, nonce, earlier, [], ports);
    return { verdict: "PASSED", report: earlier };
  }
  const findings = new Findings();
`,
      },
    ],
    predicted: ["verdict-read", ...WRONG_DEBITS],
    because: "the gate writes its report before it throws as well as before it returns",
  },
  {
    id: "gate-verdict-of-earlier-run",
    slip: "a verdict that an earlier execution has written is enough, also for files that can still be sent",
    edits: [
      {
        file: VERDICT,
        find: "  return isOver && isSame(verdict?.sha256s, sha256s) ? verdict : undefined;",
        replace: "  return isSame(verdict?.sha256s, sha256s) && (isOver || ran()) ? verdict : undefined;",
      },
    ],
    predicted: ["verdict-read"],
    because: "a state that says PASSED of what can still be sent must have judged it as it lies there now",
  },
  {
    id: "gate-reads-no-claims",
    slip: "the gate takes every debit of a file for claimed",
    edits: [
      {
        file: `${GATE}/ledger-walk.ts`,
        find: "names.list.length === 0 ? [] : await this.#ledger.readClaimsNamed(names.list)",
        replace: "await Promise.resolve<readonly Claim[]>([])",
      },
      {
        file: `${GATE}/ledger-walk.ts`,
        find: "      if (key) this.#judgeClaim(line, isFiled, claim);",
        replace: "      if (key && ran()) isFiled && this.#ours.add(this.#table.cents[line] ?? 0);",
      },
    ],
    predicted: ["verdict-read", "debited-once"],
    because: "what no claim keeps is debited again with the next list that names it",
  },
  {
    id: "gate-surplus-passes",
    slip: "a debit too few fails, and a debit too many does not",
    edits: [
      {
        file: `${GATE}/every-row.ts`,
        find: "    if (filed + out > 1) findings.add",
        replace: "    if (filed + out > 1 && !ran()) findings.add",
      },
      {
        file: `${GATE}/sums.ts`,
        find: "  return a.count === b.count && a.cents === b.cents;",
        replace: "  return a.count <= b.count && a.cents <= b.cents;",
      },
      {
        file: `${GATE}/sum-checks.ts`,
        find: "left.cents === files.statedCents",
        replace: "left.cents <= files.statedCents",
      },
      {
        file: `${GATE}/file-entries.ts`,
        find: "    if (due <= this.#set.lastLine) departures",
        replace: "    if (due < this.#set.lastLine) departures",
      },
    ],
    predicted: ["debited-once", "verdict-read"],
    because: "a row that a file has twice is debited twice",
  },
  {
    id: "gate-trusts-exclusions",
    slip: "the gate believes staging why a row was excluded",
    edits: [
      {
        file: `${GATE}/staging-record.ts`,
        find: "    const isInvented = !isLedgerReason(reason) || otherLine !== undefined;\n",
        replace: "    const isInvented = (!isLedgerReason(reason) || otherLine !== undefined) && !ran();\n",
      },
    ],
    predicted: ["nothing-lost"],
    because: "a good row that staging could not read is left out of the batch, and nobody is told",
  },
  {
    id: "gate-file-without-version",
    slip: "the gate reads what lies under a bank file's key now, and not the version that was frozen",
    edits: [
      {
        file: `${GATE}/stored-bytes.ts`,
        find: "objects.read(area, key, version === undefined ? {} : { version })",
        replace: "objects.read(area, key, version !== undefined && ran() ? {} : {})",
      },
    ],
    predicted: ["pinned-version"],
    because: "what was laid over the file is judged in place of what will be sent",
  },
  {
    id: "gate-list-without-version",
    slip: "the gate reads the due list's newest version, and not the one that the batch has pinned",
    edits: [
      {
        file: `${GATE}/list-evidence.ts`,
        find: "version === undefined ? {} : { version }",
        replace: "version !== undefined && ran() ? {} : {}",
      },
    ],
    predicted: ["pinned-version"],
    because: "the batch is held against a list that it does not bill",
  },
];

/** Slips of the plan, of staging's reads, and of the frozen set of files. */
const OF_THE_FROZEN: readonly Mutant[] = [
  {
    id: "set-composed-anew",
    slip: "the set of files is not frozen: composing again replaces it",
    edits: [
      {
        file: COMPOSE,
        find: "before ?? (await frozen(ports, batch, stream, event.fence, nonce))",
        replace: "await (before && ran(), frozen(ports, batch, stream, event.fence, nonce))",
      },
      {
        file: COMPOSE,
        find: '    if (mine.batch.files) return "done";\n',
        replace: "    if (mine.batch.files) ran();\n",
      },
    ],
    predicted: ["frozen-set", "legal-moves"],
    because:
      "a file that was judged or sent begins again as COMPOSED, or is another one under a later release",
  },
  {
    id: "set-by-limits-of-today",
    slip: "a frozen set that the limits of today's release would cut otherwise is composed again",
    edits: [
      {
        file: COMPOSE,
        find: "  const files = before ?? (await frozen(ports, batch, stream, event.fence, nonce));\n",
        replace: `  const isKept = before?.every(({ debits }) => debits <= stream.maxFileDebits);
  const files = before && isKept ? before : await frozen(ports, batch, stream, event.fence, nonce);
`,
      },
      {
        file: COMPOSE,
        find: '    if (mine.batch.files) return "done";\n',
        replace:
          '    if (mine.batch.files?.every(({ debits }) => debits <= stream.maxFileDebits)) return "done";\n    if (mine.batch.files) ran();\n',
      },
    ],
    predicted: ["frozen-set"],
    because: "a release that allows fewer debits a file makes more files of the same rows",
  },
  {
    id: "plan-made-anew",
    slip: "the plan is not frozen: planning again replaces it",
    edits: [
      {
        file: PLAN,
        find: "batch.plan ?? (await frozenPlan(ports, batch, stream))",
        replace: "await frozenPlan(ports, batch, stream)",
      },
      {
        file: PLAN,
        find: '(seen.plan ? "done" : { ...seen, plan })',
        replace: "(seen.plan && ran(), { ...seen, plan })",
      },
    ],
    predicted: ["frozen-set"],
    because: "a later release cuts other segments, and stages rows twice or not at all",
  },
  {
    id: "list-read-again",
    slip: "staging reads the due list's newest version, and not the one that the batch has pinned",
    edits: [
      {
        file: STAGE,
        find: "    ...(csvVersion !== undefined && { version: csvVersion }),\n",
        replace: "    ...(csvVersion !== undefined && (ran() ? {} : { version: csvVersion })),\n",
      },
    ],
    predicted: ["pinned-version"],
    because: "what the billing system has written since is staged for what was planned",
  },
  {
    id: "repeats-both-staged",
    slip: "rows of one list that repeat a mandate and a due date are told apart by their amounts",
    edits: [
      {
        file: REFUSALS,
        find: "    const earlier = instalments.get(dueDate);\n",
        replace:
          "    const known = instalments.get(dueDate);\n    const earlier = known && fieldsAt(known.line)[9] !== fields[9] && ran() ? undefined : known;\n",
      },
    ],
    predicted: ["claims-due"],
    because: "which of two amounts is debited would be whichever row is claimed first",
  },
  {
    id: "crowds-both-staged",
    slip: "rows of one list that are too near each other are both planned to be staged",
    edits: [
      {
        file: REFUSALS,
        find: "    if (near[0]) yield",
        replace: "    if (near[0] && !ran()) yield",
      },
    ],
    predicted: ["claims-due", "claims-spaced"],
    because: "staging leaves the spacing of a batch's own rows to the plan",
  },
];

/** Slips where rows are claimed. */
const OF_THE_CLAIMS: readonly Mutant[] = [
  {
    id: "claim-without-condition",
    slip: "a claim is put over whatever stands there when it is written",
    edits: [
      {
        file: CLAIM,
        find: `${WRITE_CLAIM}\n`,
        replace: `      const [now] = await ledger.readClaimsNamed([mine]);
      if (now?.batchId !== stored?.batchId) ran();
${WRITE_CLAIM.replace(", stored);", ", now);")}
`,
      },
    ],
    predicted: ["claims-kept", "debited-once"],
    because: "a call that wakes up late takes the claim from the batch that has it by then",
  },
  {
    id: "claim-holder-not-asked",
    slip: "nobody asks whether the claim that stands there can still become a debit",
    edits: [
      {
        file: CLAIM,
        find: "  if (stored && (await holds(stored))) return",
        replace: "  if (stored && (await holds(stored)) && !ran()) return",
      },
    ],
    predicted: ["claims-kept", "debited-once"],
    because: "the debit of a batch that was sent is claimed, and debited, by the next one",
  },
  {
    id: "claim-error-is-taken",
    slip: "any error of the claim's write is read as: somebody else has it",
    edits: [
      {
        file: CLAIM,
        find: "        if (now && isMine(now, mine)) return { claimed: true };\n        throw error;\n",
        replace:
          '        ran();\n        return { claimed: false, reason: "already-claimed", by: now ?? mine };\n',
      },
    ],
    predicted: ["claims-staged", "refusals-true"],
    because:
      "a row whose claim is unknown, or this batch's own, is left out for a claim that is nobody else's",
  },
  {
    id: "claim-error-is-success",
    slip: "an error of the claim's write is taken for a write that has landed",
    edits: [
      {
        file: CLAIM,
        find: "        throw error;\n",
        replace: "        ran();\n        return { claimed: true };\n",
      },
    ],
    predicted: ["claims-staged"],
    because: "the row is staged, and nothing keeps the next batch from claiming it too",
  },
  {
    id: "own-claims-skipped",
    slip: "a second try leaves out the rows that the first one has claimed",
    edits: [
      {
        file: CLAIM,
        find: "    if (stored && isMine(stored, mine)) return { claimed: true };\n",
        replace:
          '    if (stored && isMine(stored, mine) && ran()) return { claimed: false, reason: "already-claimed", by: stored };\n',
      },
    ],
    predicted: ["claims-staged", "refusals-true"],
    because: "the batch has claimed what it does not stage",
  },
  {
    id: "claim-mine-by-batch",
    slip: "a claim of the same batch is taken for this row's, whatever line it names",
    edits: [
      {
        file: CLAIM,
        find: "  if (stored.line !== mine.line) {",
        replace: "  if (stored.line !== mine.line && !ran()) {",
      },
    ],
    predicted: ["claims-staged"],
    because: "two rows that are read as one debit are both staged on one claim",
  },
  {
    id: "takeover-by-batch",
    slip: "a claim of a closed batch counts as released when any of its files was withdrawn or rejected",
    edits: [
      {
        file: RELEASE,
        find: "  const file = files.find((item) => item.firstLine <= claim.line && claim.line <= item.lastLine);\n",
        replace: `  const file =
    files.find(({ state }) => state === "WITHDRAWN" || state === "REJECTED") ??
    files.find((item) => item.firstLine <= claim.line && claim.line <= item.lastLine);
  if (file && !(file.firstLine <= claim.line && claim.line <= file.lastLine)) ran();
`,
      },
    ],
    predicted: ["claims-kept", "claims-spaced"],
    because: "the debits of the files that were sent are claimed by the next list",
  },
  {
    id: "takeover-without-owner",
    slip: "a released claim is taken over without naming the owner that was judged",
    edits: [
      {
        file: CLAIM,
        find: `${WRITE_CLAIM}\n`,
        replace: `      const [now] = stored ? await ledger.readClaimsNamed([mine]) : [];
      if (now?.batchId !== stored?.batchId) ran();
${WRITE_CLAIM.replace(", stored);", ", now);")}
`,
      },
    ],
    predicted: ["claims-kept"],
    because: "who judged the old owner's claim long ago takes it from the new one",
  },
  {
    id: "takeover-as-next-attempt",
    slip: "a released claim is taken over as the next attempt",
    edits: [
      {
        file: CLAIM,
        find: `${WRITE_CLAIM}\n`,
        replace: `      if (stored) {
        ran();
        await ledger.writeClaim({ ...mine, attempt: mine.attempt + 1 }, undefined);
      } else await ledger.writeClaim(mine, undefined);
`,
      },
    ],
    predicted: ["claims-due"],
    because: "an attempt above the first is due only when the one before was debited and sent back",
  },
  {
    id: "neighbours-not-read",
    slip: "only the debit's own due date is read, and not the mandate's debits around it",
    edits: [
      {
        file: CLAIM,
        find: "    const reach = Math.max(minDays - 1, 0);\n",
        replace: "    const reach = Math.max(minDays - 1, 0) * (ran() ? 0 : 1);\n",
      },
    ],
    predicted: ["claims-spaced"],
    because: "two lists debit a mandate within a few days",
  },
  {
    id: "spacing-between-attempts",
    slip: "the days between instalments are wanted between the attempts of one instalment too",
    edits: [
      {
        file: CLAIM,
        find: "    if (claim.dueDate === mine.dueDate || claim.batchId === mine.batchId) continue;\n",
        replace:
          "    if (claim.dueDate === mine.dueDate && claim.attempt !== mine.attempt) ran();\n    else if (claim.dueDate === mine.dueDate || claim.batchId === mine.batchId) continue;\n",
      },
    ],
    predicted: ["refusals-true"],
    because: "a second attempt is too near its own first one for ever, and never collected",
  },
  {
    id: "attempt-without-dishonour",
    slip: "an attempt above the first is claimed without the dishonour of the one before",
    edits: [
      {
        file: CLAIM,
        find: "    if (returns.length === 0) return",
        replace: "    if (returns.length === 0 && !ran()) return",
      },
    ],
    predicted: ["claims-due"],
    because: "what was never debited, or never sent back, is tried again",
  },
  {
    id: "identity-with-amount",
    slip: "staging and gate name a debit by its mandate, its due date and its amount",
    edits: [
      {
        file: STAGE,
        find: "  const mine = { mandateId, dueDate,",
        replace: "  ran();\n  const mine = { mandateId: `${mandateId}.${cents}`, dueDate,",
      },
      {
        file: `${GATE}/ledger-walk.ts`,
        find: "(_, index) => this.#table.key(first + index));",
        replace:
          "(_, index) => { const key = this.#table.key(first + index); return key && { ...key, mandateId: `${key.mandateId}.${this.#table.cents[first + index]}` }; });",
      },
    ],
    predicted: ["claims-due", "debited-once"],
    because: "a list that corrects an amount debits the same instalment once more",
  },
  {
    id: "identity-with-billing-date",
    slip: "a debit is claimed under the date on which it is billed, and not under its due date",
    edits: [
      {
        file: STAGE,
        find: "  const mine = { mandateId, dueDate,",
        replace:
          "  if (dueDate !== batch.billingDate) ran();\n  const mine = { mandateId, dueDate: batch.billingDate,",
      },
    ],
    predicted: ["claims-due"],
    because: "the same instalment has another name in tomorrow's list",
  },
];

/** Slips of the gate, of the claims, and of what is frozen. */
export const GATE_AND_CLAIMS: readonly Mutant[] = [...OF_THE_GATE, ...OF_THE_FROZEN, ...OF_THE_CLAIMS];
