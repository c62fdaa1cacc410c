import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Exclusion } from "../../lambdas/domain/exclusion.ts";
import type { Ending } from "../../lambdas/domain/records.ts";
import { reportPage } from "../../lambdas/domain/report-page.ts";
import { type BatchReport, type Check, isStopping } from "../../lambdas/domain/report.ts";

const SHA = "0123456789abcdef".repeat(4);

const PASSED: Check[] = [
  { name: "count of debits", kind: "proof", passed: true, expected: "8", found: "8" },
  { name: "growth of the batch", kind: "suspicion", passed: true, expected: "at most 3", found: "1.2" },
];

const EXCLUSIONS: Exclusion[] = [
  { line: 4, reason: "bad-bsb", field: "bsb", cents: 1000 },
  { line: 9, reason: "already-claimed", cents: 2050, mandateId: "MND-9", dueDate: "2026-02-27" },
];

const REPORT: BatchReport = {
  schema: 1,
  batchId: "au-cba-2026-03-02-01",
  stream: "au-cba",
  billingDate: "2026-03-02",
  timeZone: "Australia/Sydney",
  number: 2,
  writtenBy: "Reconcile",
  at: "2026-03-01T20:00:14.123Z",
  status: "GATE_PASSED",
  dueList: { count: 10, cents: 1_234_567 },
  ledger: { count: 8, cents: 1_231_517 },
  bankFiles: { count: 8, cents: 1_231_517 },
  excluded: { count: 2, cents: 3050, content: 1, byReason: { "bad-bsb": 1, "already-claimed": 1 } },
  merchants: [
    {
      merchantId: "harbour-gym",
      due: { count: 6, cents: 1_000_000 },
      excluded: { count: 1, cents: 1000 },
      inFiles: { count: 5, cents: 999_000 },
    },
    {
      merchantId: "wattle-cover",
      due: { count: 4, cents: 234_567 },
      excluded: { count: 1, cents: 2050 },
      inFiles: { count: 3, cents: 232_517 },
    },
  ],
  checks: PASSED,
  files: [
    {
      number: 1,
      sha256: SHA,
      debits: 8,
      cents: 1_231_517,
      firstLine: 1,
      lastLine: 10,
      state: "RECONCILED",
    },
  ],
  timeline: [{ at: "2026-03-01T20:00:01Z", what: "lock acquired, fence 7" }],
};

const ENDING: Ending = {
  at: "2026-03-01T20:03:10Z",
  due: REPORT.dueList,
  staged: REPORT.ledger,
  excluded: REPORT.excluded,
  submitted: { count: 5, cents: 1_000_017 },
  withdrawn: { count: 2, cents: 200_000 },
  rejected: { count: 1, cents: 31_500 },
  note: "Bank file 2 was withdrawn after the cut-off.",
};

const failedCheck = (expected: string, found: string, more: Partial<Check> = {}): BatchReport => ({
  ...REPORT,
  status: "GATE_FAILED",
  checks: [...PASSED, { name: "sum of debits", kind: "proof", passed: false, expected, found, ...more }],
});

/** What a reader sees, in order, one piece of text per line. */
function words(page: string): string {
  return page
    .replace(/<style>[\s\S]*?<\/style>/, "")
    .replace(/<\/(span|small|time)>|<(span|small|time)[^>]*>/g, "")
    .replace(/<[^>]+>/g, "\n")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&")
    .replace(/\n\s*/g, "\n");
}

const after = (page: string, heading: string) => words(page).split(`\n${heading}\n`).slice(1).join("\n");

/** Every tag with the names of its attributes and the values that steer a browser; no text. */
function skeleton(page: string): string[] {
  const tags = page.replace(/<style>[\s\S]*?<\/style>/, "").match(/<[^>]*>/g) ?? [];
  return tags.map((tag) => tag.replace(/(datetime|data-label|content)="[^"]*"/g, "$1"));
}

const RESOLVED: NonNullable<BatchReport["files"][number]["resolved"]> = {
  outcome: "rejected",
  proposal: `au-cba-2026-03-02-01.${SHA.slice(0, 32)}`,
  proposedBy: "anna",
  approvedBy: "ben",
  reason: "the bank <never> had it",
  evidence: {
    key: "evidence/x",
    sha256: SHA,
    reference: "CAS-7",
    channel: "phone",
    statedAt: "2026-03-01T21:00:00.000Z",
  },
  at: "2026-03-01T22:00:00.000Z",
};

describe("what the page promises", () => {
  const SHOW = "Where the batch stands now is told by the command “show”.";

  it("is of the gate alone where the gate has passed, since a page is never written anew", () => {
    const text = words(reportPage(REPORT, EXCLUSIONS));
    expect(text).toContain(`\nThis page tells of the gate alone, before which nothing is sent. ${SHOW}\n`);
    expect(text).toContain("\nBank filesas composed; sent only after the gate\n8\n$12,315.17\n");
    expect(text).not.toContain("asked for");
    for (const other of [failedCheck("1", "2"), { ...REPORT, status: "CLOSED", ending: ENDING } as const]) {
      expect(words(reportPage(other, EXCLUSIONS))).not.toContain(SHOW);
    }
  });

  it("is what was submitted, not what was composed, where the batch is closed", () => {
    const submitted = { count: 0, cents: 0 };
    const rejected = REPORT.ledger;
    const end: Ending = { ...ENDING, submitted, withdrawn: submitted, rejected };
    const totals = after(reportPage({ ...REPORT, status: "CLOSED", ending: end }, EXCLUSIONS), "Totals");
    expect(totals).toContain("\nSubmittedwhat the bank has been asked for\n0\n$0.00\n");
    expect(totals).not.toMatch(/^Bank files[^\n]/m);
    expect(totals).toMatch(/^In bank files\n8\n\$12,315\.17$/m);
  });
});

describe("a file that two people have resolved", () => {
  it("stands under the bank files with both people, the bank's statement and the reason, and no other file does", () => {
    const [file] = REPORT.files;
    if (!file) throw new Error("the report has no file");
    const files = [file, { ...file, number: 2, state: "REJECTED" as const, resolved: RESOLVED }];
    const page = reportPage({ ...REPORT, files }, EXCLUSIONS);
    expect(page.match(/was in doubt/g)).toHaveLength(1);
    for (const part of [
      "File 2 was in doubt, and is resolved as rejected",
      "proposed by anna, approved by ben",
      "2026-03-02 08:00:00 GMT+11:00</time> by phone under CAS-7",
      "Reason: the bank &lt;never&gt; had it",
      RESOLVED.proposal,
    ]) {
      expect(page).toContain(part);
    }
    expect(reportPage(REPORT, EXCLUSIONS)).not.toContain("was in doubt");
  });
});

describe("the head of the report page", () => {
  it("names batch, status, stream, billing date, report and writer", () => {
    const text = words(reportPage(REPORT, EXCLUSIONS));
    for (const piece of [
      "\nau-cba-2026-03-02-01\n",
      "\n✓ Gate passed\n",
      "\nAll 2 checks passed.\n",
      "\nStream\nau-cba\n",
      "\nBilling date\nMonday, 2 March 2026\n",
      "\nReport\nnumber 2, by Reconcile\n",
      "\nWritten\n2026-03-02 07:00:14 GMT+11:00\n",
    ]) {
      expect(text).toContain(piece);
    }
  });

  it("is Australian English, runs no script and loads nothing", () => {
    const page = reportPage(REPORT, EXCLUSIONS);
    expect(page).toContain('<html lang="en-AU">');
    expect(page).toContain(
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    );
    expect(page.indexOf("Content-Security-Policy")).toBeLessThan(page.indexOf("<style>"));
    expect(page).not.toMatch(/<(script|link|img|iframe|object|form|a)\b|url\(|@import|https?:| on\w+=/);
  });

  it.each([
    ["green with every check passed", REPORT, "good"],
    ["red when the gate failed", failedCheck("1", "2"), "bad"],
    [
      "amber when a check failed and the gate passed",
      { ...failedCheck("1", "2"), status: "GATE_PASSED" },
      "warn",
    ],
    ["amber when the batch ended with a note", { ...REPORT, status: "CLOSED", ending: ENDING }, "warn"],
    ["amber when the totals do not add up", { ...REPORT, ledger: { count: 7, cents: 1_231_517 } }, "warn"],
  ] as [string, BatchReport, string][])("is %s", (_, report, tone) => {
    expect(reportPage(report, EXCLUSIONS)).toContain(`<header class="head-${tone}">`);
  });

  it("says in words that the totals do not add up, whatever the gate says", () => {
    const report = { ...REPORT, bankFiles: { count: 8, cents: 1_231_516 } };
    expect(words(reportPage(report, EXCLUSIONS))).toContain("\nThe totals do not add up.\n");
    expect(words(reportPage(REPORT, EXCLUSIONS))).not.toContain("do not add up");
  });
});

describe("a failed check", () => {
  it("comes before every fact and total, with expected, found and difference", () => {
    const page = reportPage(
      failedCheck("$12,315.17", "$12,335.17", { note: "one entry too many" }),
      EXCLUSIONS,
    );
    const text = words(page);
    expect(text).toContain(
      "\nFailed check\n✗ sum of debits\nProof: nobody can pass it.\nExpected\n$12,315.17\nFound\n$12,335.17\nDifference\n+$20.00\none entry too many\n",
    );
    expect(text).toContain("\n1 of 3 checks failed.\n");
    expect(text.indexOf("\nDifference\n+$20.00")).toBeLessThan(text.indexOf("\nStream\n"));
    expect(text.indexOf("\nStream\n")).toBeLessThan(text.indexOf("\nTotals\n"));
  });

  it("comes before a failed suspicion when it is a proof, and says who may pass which", () => {
    const suspicion: Check = { ...(PASSED[1] as Check), passed: false };
    const report = failedCheck("1", "2");
    const text = words(reportPage({ ...report, checks: [suspicion, ...report.checks] }, EXCLUSIONS));
    expect(text).toMatch(
      /Failed checks\n✗ sum of debits\nProof: nobody can pass it\.[^✗]*✗ growth of the batch\nSuspicion: two people may accept it\./,
    );
  });

  it.each([
    ["8", "7", "−1"],
    ["8", "8", "0"],
    ["1,000", "2500", "+1,500"],
    ["$0.05", "-$1.00", "−$1.05"],
    ["$1,000.00", "$0.01", "−$999.99"],
    ["-5", "5", "+10"],
    ["0.05", "0.1", "+0.05"],
    ["1.5", "1.25", "−0.25"],
    ["99999999999999999999", "100000000000000000000", "+1"],
  ])("with %s expected and %s found differs by %s", (expected, found, difference) => {
    const text = words(reportPage(failedCheck(expected, found), EXCLUSIONS));
    const shown = /\nFound\n[^\n]*\nDifference\n([^\n]*)\n/.exec(text)?.[1];
    expect(shown).toBe(difference);
  });

  it.each([
    ["$1.00", "1"],
    ["$1.005", "$1.00"],
    ["none", "1"],
    ["2026-03-02", "2026-03-03"],
    ["at most 3", "4"],
    ["1,00", "100"],
  ])("with %s expected and %s found shows both and no difference", (expected, found) => {
    expect(words(reportPage(failedCheck(expected, found), EXCLUSIONS))).toContain(
      `\nExpected\n${expected}\nFound\n${found}\nStream\n`,
    );
  });

  it("stands in red in the table of all checks too, proofs before suspicions", () => {
    const table = after(reportPage(failedCheck("a", "b"), EXCLUSIONS), "All checks");
    expect(table).toMatch(
      /^Proofs: [^\n]*\nCheck\nResult\nExpected\nFound\nNote\ncount of debits\n✓ passed\n8\n8\nsum of debits\n✗ failed\na\nb\nSuspicions: /,
    );
    expect(table).toContain("\ngrowth of the batch\n✓ passed\nat most 3\n1.2\n");
  });

  it("is not needed for a failed gate, which then waits for a person to mend its cause", () => {
    expect(words(reportPage({ ...REPORT, status: "GATE_FAILED" }, EXCLUSIONS))).toContain(
      "\nThe batch keeps its lock until a person mends the cause and redrives it, or abandons what was not sent.\n",
    );
  });

  it("has no section of its own when every check passed", () => {
    expect(words(reportPage(REPORT, EXCLUSIONS))).not.toContain("Failed check");
  });
});

const ACCEPTANCE = {
  check: "growth of the batch",
  proposal: "au-cba-2026-03-02-01.0123",
  proposedBy: "anna",
  approvedBy: "ben",
  reason: "a merchant has joined",
  at: "2026-03-01T20:30:00.000Z",
};
const SUSPECTED: Check = {
  name: "growth of the batch",
  kind: "suspicion",
  passed: false,
  expected: "at most 3",
  found: "4",
  note: "more than 3",
};

describe("a suspicion", () => {
  const proofs = PASSED.slice(0, 1);
  const accepted: Check = { ...SUSPECTED, accepted: ACCEPTANCE };
  const unjudged: Check = { ...SUSPECTED, passed: true, judged: false, note: "not judged: too few batches" };

  it("that two people have accepted is amber, says who, when and why, and is no failed check", () => {
    const page = reportPage({ ...REPORT, checks: [...proofs, accepted] }, EXCLUSIONS);
    const text = words(page);
    expect(page).toContain('<header class="head-warn">');
    expect(text).toContain("\n1 of 2 checks passed.\nAccepted by two people: growth of the batch.\n");
    expect(text).toContain(
      "\nFailed check\n! growth of the batch\nSuspicion: two people have accepted it for these files.\n",
    );
    const told =
      "more than 3\nAccepted: proposed by anna, approved by ben 2026-03-02 07:30:00 GMT+11:00. Reason: a merchant has joined\n";
    // Once before everything else, and once in the table.
    expect(text.split(told)).toHaveLength(3);
    expect(after(page, "All checks")).toContain("\ngrowth of the batch\n! accepted\nat most 3\n4\n");
    expect(page).not.toContain('class="row-bad"');
  });

  it("that nobody has accepted is red, beside one that is accepted", () => {
    const other: Check = { ...SUSPECTED, name: "same totals", expected: "0", found: "1" };
    const page = reportPage(
      { ...REPORT, status: "GATE_FAILED", checks: [accepted, ...proofs, other] },
      EXCLUSIONS,
    );
    const text = words(page);
    expect(text).toContain("\n1 of 3 checks failed.\nAccepted by two people: growth of the batch.\n");
    expect(text).toContain(
      "\nThe batch keeps its lock until two people accept each failed suspicion and it is redriven, or a person abandons what was not sent.\n",
    );
    expect(
      words(reportPage({ ...failedCheck("1", "2"), checks: [other, ...failedCheck("1", "2").checks] }, [])),
    ).toContain(
      "\nThe batch keeps its lock until a person mends the cause and redrives it, or abandons what was not sent.\n",
    );
    expect(text).toMatch(/✗ same totals\nSuspicion: two people may accept it\.[^]*! growth of the batch\n/);
    expect(page.match(/class="row-bad"/g)).toHaveLength(1);
  });

  it("that was not judged says so, whether that lets it pass or not", () => {
    const passed = reportPage({ ...REPORT, checks: [...proofs, unjudged] }, EXCLUSIONS);
    expect(passed).toContain('<header class="head-good">');
    expect(words(passed)).toContain("\n1 of 2 checks passed.\nNot judged: growth of the batch.\n");
    expect(after(passed, "All checks")).toContain(
      "\n! not judged\nat most 3\n4\nnot judged: too few batches\n",
    );
    const failed = reportPage(
      { ...REPORT, status: "GATE_FAILED", checks: [...proofs, { ...unjudged, passed: false }] },
      EXCLUSIONS,
    );
    expect(words(failed)).toContain("\n✗ growth of the batch\nSuspicion: it was not judged.\n");
    expect(after(failed, "All checks")).toContain("\n✗ not judged\n");
  });

  it("is named beside the others that were not judged, and has no table where the report has none", () => {
    const second: Check = { ...unjudged, name: "same totals" };
    const both = words(reportPage({ ...REPORT, checks: [...proofs, unjudged, second] }, EXCLUSIONS));
    expect(both).toContain("\nNot judged: growth of the batch, same totals.\n");
    const page = reportPage({ ...REPORT, checks: proofs }, EXCLUSIONS);
    expect(after(page, "All checks")).toMatch(
      /^Proofs: [^\n]*\nCheck\nResult\nExpected\nFound\nNote\ncount of debits\n✓ passed\n8\n8\nTimeline\n/,
    );
  });

  it("that is accepted lets no proof pass, even one that bears an acceptance", () => {
    const proof: Check = { ...accepted, kind: "proof" };
    expect(isStopping(proof)).toBe(true);
    expect(isStopping(accepted)).toBe(false);
    expect(isStopping(SUSPECTED)).toBe(true);
    expect(isStopping({ ...unjudged, passed: false })).toBe(true);
    expect(isStopping(unjudged)).toBe(false);
  });
});

describe("the sums of the report page", () => {
  it("show due list, ledger and bank files side by side and prove the arithmetic", () => {
    const text = after(reportPage(REPORT, EXCLUSIONS), "Totals");
    expect(text).toMatch(
      /^Due list[^\n]*\n10\n\$12,345\.67\nLedger[^\n]*\n8\n\$12,315\.17\nBank files[^\n]*\n8\n\$12,315\.17\n/,
    );
    expect(text).toContain("\n− Excluded\n2\n$30.50\n= Left to debit\n8\n$12,315.17\n");
    expect(text).toContain("\n✓ Due − excluded = in bank files\n");
    expect(text).toContain("\n✓ Due − excluded = claimed in the ledger\n");
  });

  it.each([
    [{ count: 9, cents: 1_231_617 }, "+1 debit and +$1.00"],
    [{ count: 6, cents: 1_231_516 }, "−2 debits and −$0.01"],
    [{ count: 8, cents: 1_231_516 }, "0 debits and −$0.01"],
  ])("name the difference of a surplus as of a deficit", (bankFiles, difference) => {
    expect(words(reportPage({ ...REPORT, bankFiles }, EXCLUSIONS))).toContain(
      `\n✗ Due − excluded = in bank files does not hold: the difference is ${difference}.\n`,
    );
  });

  it("list every merchant, those that differ first", () => {
    const [gym, cover] = REPORT.merchants as [BatchReport["merchants"][0], BatchReport["merchants"][0]];
    const merchants = [gym, { ...cover, inFiles: { count: 3, cents: 232_516 } }];
    const text = after(reportPage({ ...REPORT, merchants }, EXCLUSIONS), "Merchants");
    expect(text).toContain("✗ Due − excluded = in files does not hold for 1 of 2 merchants.\n");
    expect(text).toMatch(
      /\nwattle-cover\n4\n\$2,345\.67\n1\n\$20\.50\n3\n\$2,325\.16\n✗ 0\n−\$0\.01\nharbour-gym\n6\n\$10,000\.00\n1\n\$10\.00\n5\n\$9,990\.00\nnone\n/,
    );
  });

  it("agree for every merchant in one sentence when they do", () => {
    expect(after(reportPage(REPORT, EXCLUSIONS), "Merchants")).toMatch(
      /^✓ Due − excluded = in files for every merchant\n/,
    );
  });

  it("keep every cent above the safe integers", () => {
    const list = Array.from(
      { length: 11 },
      (_, at): Exclusion => ({ line: at + 1, reason: "bad-bsb", cents: 999_999_999_999_999 }),
    );
    const excluded = { count: 11, cents: 0, content: 11, byReason: { "bad-bsb": 11 } };
    expect(words(reportPage({ ...REPORT, excluded }, list))).toContain("\n11\n$109,999,999,999,999.89\n");
  });

  it("refuse an amount that is not whole cents", () => {
    expect(() => reportPage({ ...REPORT, ledger: { count: 8, cents: 0.5 } }, EXCLUSIONS)).toThrow(RangeError);
  });

  it("say what became of every due row once the batch has ended, and what the note says", () => {
    const page = reportPage(
      { ...REPORT, status: "CLOSED", writtenBy: "CloseBatch", ending: ENDING },
      EXCLUSIONS,
    );
    expect(words(page)).toContain(
      "\n! Closed\n5 debits, $10,000.17 submitted.\nBank file 2 was withdrawn after the cut-off.\n",
    );
    const text = after(page, "How the batch ended");
    expect(text).toContain("\nSubmitted\n5\n$10,000.17\nWithdrawn\n2\n$2,000.00\nRejected\n1\n$315.00\n");
    expect(text).toContain("\n✓ Due = excluded + submitted + withdrawn + rejected\n");
  });

  it("show a due row that an ending has lost", () => {
    const ending = { ...ENDING, rejected: { count: 0, cents: 0 } };
    expect(words(reportPage({ ...REPORT, status: "CLOSED", ending }, EXCLUSIONS))).toContain(
      "\n✗ Due = excluded + submitted + withdrawn + rejected does not hold: the difference is −1 row and −$315.00.\n",
    );
  });
});

describe("the lists of the report page", () => {
  it("count exclusions by reason with their dollars and the share of content", () => {
    const text = after(reportPage(REPORT, EXCLUSIONS), "Exclusions");
    expect(text).toMatch(/^1 of 10 due rows \(10\.00%\) were excluded for their content\./);
    expect(text).toContain("\nbad-bsb\nthe BSB is not six digits\n1\n$10.00\n");
    expect(text).toContain("\nalready-claimed\nthis debit was claimed before\n1\n$20.50\n");
  });

  it("list each exclusion with line, reason, field, mandate and due date", () => {
    const text = after(reportPage(REPORT, EXCLUSIONS), "Exclusions");
    expect(text).toContain("\n4\nbad-bsb\nbsb\n9\nalready-claimed\nMND-9\n2026-02-27\n");
    expect(text).toContain("\nexclusions.csv holds the same list.\n");
  });

  it.each([
    [200, "exclusions.csv holds the same list."],
    [1201, "The first 200 are listed here; exclusions.csv holds all 1,201."],
  ])("list the first 200 of %d exclusions and say where all are", (count, sentence) => {
    const list = Array.from(
      { length: count },
      (_, at): Exclusion => ({ line: at + 1, reason: "too-near", cents: 1, mandateId: `MND-${at + 1}` }),
    );
    const excluded = { count, cents: count, content: 0, byReason: { "too-near": count } };
    const text = words(reportPage({ ...REPORT, excluded }, list));
    expect(text.match(/\nMND-\d+/g)).toHaveLength(200);
    expect(text).toContain("\nMND-200\n");
    expect(text).toContain(`\n${sentence}\n`);
  });

  it("say that the list of exclusions is not the one that the report counts", () => {
    expect(words(reportPage(REPORT, EXCLUSIONS.slice(1)))).toContain(
      "\n✗ The report counts 2 excluded rows, the list holds 1.\n",
    );
    const excluded = { count: 0, cents: 0, content: 0, byReason: {} };
    expect(words(reportPage({ ...REPORT, excluded }, EXCLUSIONS.slice(1)))).toContain(
      "\n✗ The report counts 0 excluded rows, the list holds 1.\n",
    );
  });

  it("name each bank file with its whole SHA-256 and its state", () => {
    const text = after(reportPage(REPORT, EXCLUSIONS), "Bank files");
    expect(text).toContain(`\n1\nRECONCILED\n8\n$12,315.17\n1–10\n${SHA}\n`);
  });

  it("end with the timeline", () => {
    expect(after(reportPage(REPORT, EXCLUSIONS), "Timeline")).toContain(
      "2026-03-02 07:00:01 GMT+11:00 lock acquired, fence 7\n",
    );
  });

  it("say so where a batch has nothing to list", () => {
    const none = { count: 0, cents: 0 };
    const excluded = { ...none, content: 0, byReason: {} };
    const sums = { dueList: none, ledger: none, bankFiles: none, excluded };
    const empty = { ...REPORT, ...sums, merchants: [], checks: [], files: [], timeline: [] };
    const text = words(reportPage(empty, []));
    for (const sentence of [
      "No merchant had an instalment due.",
      "No row was excluded.",
      "This batch has no bank file.",
      "This report holds no checks.",
    ]) {
      expect(text).toContain(`\n${sentence}\n`);
    }
  });
});

describe("the markup of the report page", () => {
  const failed = failedCheck("a", "b", { note: "n" });
  const everything: BatchReport = {
    ...failed,
    checks: [...failed.checks, { ...SUSPECTED, accepted: ACCEPTANCE }],
    ending: ENDING,
  };

  it("closes every element that it opens, in order", () => {
    const open: string[] = [];
    for (const [, end, name] of reportPage(everything, EXCLUSIONS).matchAll(
      /<(\/?)([a-z][a-z0-9]*)\b[^>]*>/g,
    )) {
      if (name === "meta") continue;
      if (end) expect(open.pop()).toBe(name);
      else open.push(name as string);
    }
    expect(open).toEqual([]);
  });

  it("gives every table a caption and every header cell a scope", () => {
    const page = reportPage(everything, EXCLUSIONS);
    expect(page.match(/<caption>/g)).toHaveLength(page.match(/<table/g)?.length as number);
    expect(page.match(/<th\b[^>]*>/g)?.filter((cell) => !cell.includes("scope="))).toEqual([]);
  });

  it("names each id once", () => {
    const ids = [...reportPage(everything, EXCLUSIONS).matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("shows hostile text instead of running it, and names what is invisible", () => {
    const hostile = `"'><img src=x onerror=alert(1)>\u202Egnp\u2066\u200F\u0000\u061C\uD800&lt;`;
    const page = reportPage(failedCheck(hostile, "b"), EXCLUSIONS);
    expect(page).toContain(
      "&quot;&#39;&gt;&lt;img src=x onerror=alert(1)&gt;[U+202E]gnp[U+2066][U+200F][U+0000][U+061C][U+D800]&amp;lt;",
    );
  });

  it("is the same whatever hostile text stands in any field, and holds no invisible character", () => {
    const piece = fc.oneof(
      fc.constantFrom("<!--", "-->", "</style>", "<script>", "<img onerror=x>", "&lt;", "${"),
      fc.constantFrom("<", ">", '"', "'", "&", "=", "/", "`", " ", "a"),
      fc.constantFrom("\u202A", "\u202B", "\u202C", "\u202D", "\u202E", "\u200E", "\u200F", "\u061C"),
      fc.constantFrom("\u2066", "\u2067", "\u2068", "\u2069", "\u200B", "\u2028", "\uFEFF", "\uDFFF"),
      fc.constantFrom("\n", "\t", "\r", "\0", "\u001B", "\u007F", "\u0085"),
    );
    // It opens with a letter, so that it is no number: a pair of those would be shown with its difference.
    const hostile = fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => `x${pieces.join("")}`);
    const filled = (value: string): [BatchReport, Exclusion[]] => {
      const check: Check = {
        name: value,
        kind: "proof",
        passed: false,
        expected: value,
        found: value,
        note: value,
      };
      const people = { proposal: value, proposedBy: value, approvedBy: value, reason: value, at: value };
      const suspicion: Check = { ...check, kind: "suspicion", accepted: { check: value, ...people } };
      const report = {
        ...everything,
        batchId: value,
        stream: value,
        billingDate: value,
        at: value,
        writtenBy: value,
        checks: [check, suspicion],
        merchants: REPORT.merchants.map((merchant) => ({ ...merchant, merchantId: value })),
        files: REPORT.files.map((file) => ({ ...file, sha256: value, state: value })),
        excluded: { ...REPORT.excluded, byReason: { [value]: 2 } },
        timeline: [{ at: value, what: value }],
        ending: { ...ENDING, at: value, note: value },
      };
      const excluded = { line: 1, reason: value, field: value, cents: 1, mandateId: value, dueDate: value };
      return [report as BatchReport, [excluded as Exclusion]];
    };
    const harmless = skeleton(reportPage(...filled("x")));
    fc.assert(
      fc.property(hostile, (value) => {
        const page = reportPage(...filled(value));
        expect(skeleton(page)).toEqual(harmless);
        expect(page.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      }),
      { numRuns: 150, seed: 20260302 },
    );
  });
});

describe("whole pages", () => {
  const [file] = REPORT.files as [BatchReport["files"][number]];
  const resolvedFile = { ...file, number: 2, state: "REJECTED", resolved: RESOLVED } as const;
  const failed = failedCheck("8", "7", { note: "a debit <is> missing" });
  const suspicion = {
    name: "growth of the batch",
    kind: "suspicion",
    expected: "at most 3",
    found: "4",
  } as const;
  const acceptedBy = {
    check: "growth of the batch",
    proposal: "p",
    proposedBy: "anna",
    approvedBy: "ben",
    reason: "a merchant has joined",
    at: "2026-03-01T21:00:00Z",
  } as unknown as NonNullable<Check["accepted"]>;
  const none = { count: 0, cents: 0 };
  const [first, second] = REPORT.merchants as [
    BatchReport["merchants"][number],
    BatchReport["merchants"][number],
  ];
  const pages: readonly (readonly [string, BatchReport, readonly Exclusion[]])[] = [
    ["a gate that has passed", REPORT, EXCLUSIONS],
    [
      "a batch that has ended, one file of which two people have resolved",
      {
        ...REPORT,
        status: "CLOSED",
        writtenBy: "CloseBatch",
        ending: ENDING,
        files: [...REPORT.files, resolvedFile],
        timeline: [...REPORT.timeline, { at: "2026-03-01T20:03:10Z", what: "closed" }],
      },
      EXCLUSIONS,
    ],
    [
      "an ending that does not add up, without a note",
      { ...REPORT, status: "CLOSED", ending: { ...ENDING, note: "", submitted: { count: 4, cents: 1 } } },
      EXCLUSIONS,
    ],
    ["a failed proof", failed, EXCLUSIONS],
    [
      "suspicions: failed, accepted, and not judged",
      {
        ...REPORT,
        status: "GATE_FAILED",
        checks: [
          ...PASSED,
          { ...suspicion, passed: false },
          { ...suspicion, passed: false, accepted: acceptedBy },
          { ...suspicion, passed: true, judged: false },
          { ...suspicion, passed: false, judged: false, note: "the batches before are unreadable" },
          { name: "hash", kind: "proof", passed: false, expected: SHA, found: SHA.replace("0", "f") },
        ],
      },
      [],
    ],
    [
      "totals that differ, merchants that differ, untold amounts, and a reason that is none",
      {
        ...REPORT,
        bankFiles: { count: 7, cents: 1_231_516 },
        merchants: [first, { ...second, inFiles: { count: 2, cents: 232_516 } }],
        excluded: {
          count: 3,
          cents: 3050,
          content: 1,
          untold: 2,
          byReason: { "bad-bsb": 1, strange: 1, "too-near": 0 },
        },
      },
      EXCLUSIONS,
    ],
    [
      "a batch of nothing",
      {
        ...REPORT,
        dueList: none,
        ledger: none,
        bankFiles: none,
        excluded: { ...none, content: 0, byReason: {} },
        merchants: [],
        checks: [],
        files: [],
        timeline: [],
      },
      [],
    ],
  ];

  /** The stored pages, each behind its name. Where one is meant to be another, this file says what changed for readers. */
  const stored = readFileSync(new URL("report-pages.txt", import.meta.url), "utf8");
  const body = (page: string) => page.replace(/<style>[\s\S]*?<\/style>/, "<style></style>").trimEnd();

  it.each(pages)("are told tag by tag and word by word as they are stored: %s", (name, report, excluded) => {
    expect(stored.split(`=== ${name}\n`)[1]?.split("\n=== ")[0]?.trimEnd()).toBe(
      body(reportPage(report, excluded)),
    );
  });

  it("are stored of these reports alone", () => {
    expect(stored.match(/^=== .*$/gm)).toEqual(pages.map(([name]) => `=== ${name}`));
  });
});
