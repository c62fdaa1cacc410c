import { parseCalendarDate, weekday } from "./calendar-date.ts";
import type { Exclusion } from "./exclusion.ts";
import { differenceBetween, grouped, money } from "./report-figures.ts";
import { codeOrText, instant, text, type Tone, verdict } from "./report-markup.ts";
import { acceptance, checks, exclusions, files, outcome, timeline } from "./report-lists.ts";
import { REPORT_STYLE } from "./report-style.ts";
import { addsUp, ending, merchants, totals } from "./report-sums.ts";
import { type BatchReport, type Check, isStopping } from "./report.ts";

const STATUS: Readonly<Record<BatchReport["status"], string>> = {
  GATE_PASSED: "Gate passed",
  GATE_FAILED: "Gate failed",
  CLOSED: "Closed",
};

/** A report is never written anew: what comes of the batch after its gate, this page cannot know. */
const GATE_ONLY =
  "This page tells of the gate alone, before which nothing is sent. Where the batch stands now is told by" +
  " the command “show”.";

const MONTHS = "January February March April May June July August September October November December".split(
  " ",
);
const WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(" ");

/**
 * The batch report as one HTML page that needs nothing else and runs nothing. What failed comes before anything
 * else, because a reconciliation that busy people overlook is none.
 * @param exclusions all of them, in due-list order; the page lists the first 200
 * @throws RangeError if a count or an amount of the report is not whole
 */
export function reportPage(report: BatchReport, excluded: readonly Exclusion[]): string {
  return [
    `<!doctype html>`,
    `<html lang="en-AU">`,
    `<head>`,
    `<meta charset="utf-8">`,
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<meta name="viewport" content="width=device-width, initial-scale=1">`,
    `<meta name="color-scheme" content="light dark">`,
    `<title>${text(`${report.batchId}: ${STATUS[report.status]}, report ${report.number}`)}</title>`,
    `<style>${REPORT_STYLE}</style>`,
    `</head>`,
    `<body>`,
    head(report),
    `<main>`,
    failures(
      report.checks.filter((check) => !check.passed),
      report.timeZone,
    ),
    facts(report),
    report.ending ? ending(report.ending, report.timeZone) : "",
    totals(report),
    merchants(report.merchants),
    exclusions(report, excluded),
    files(report.files, report.timeZone),
    checks(report.checks, report.timeZone),
    timeline(report.timeline, report.timeZone),
    `</main>`,
    `</body>`,
    `</html>`,
    ``,
  ].join("\n");
}

/** The batch and how it stands, in words first. */
function head(report: BatchReport): string {
  const tone = toneOf(report);
  return [
    `<header class="head-${tone}">`,
    `<p>Batch report</p>`,
    `<h1>${text(report.batchId)}</h1>`,
    `<p class="status">${verdict(tone, STATUS[report.status])}</p>`,
    ...summary(report).map((sentence) => `<p>${text(sentence)}</p>`),
    `</header>`,
  ].join("\n");
}

/** Green is kept for a batch of which nobody has to read more. */
function toneOf(report: BatchReport): Tone {
  if (report.status === "GATE_FAILED") return "bad";
  const fine =
    report.checks.every((check) => check.passed) && report.ending?.note === undefined && addsUp(report);
  return fine ? "good" : "warn";
}

function summary(report: BatchReport): string[] {
  const { status, checks, ending } = report;
  const sentences: string[] = [];
  if (status === "GATE_PASSED") sentences.push(GATE_ONLY);
  if (ending)
    sentences.push(`${grouped(ending.submitted.count)} debits, ${money(ending.submitted.cents)} submitted.`);
  if (ending?.note !== undefined) sentences.push(ending.note);
  sentences.push(...checksInWords(checks));
  if (!addsUp(report)) sentences.push("The totals do not add up.");
  if (status === "GATE_FAILED") {
    const stopping = checks.filter(isStopping);
    const isSuspected = stopping.length > 0 && stopping.every(({ kind }) => kind === "suspicion");
    const goesOn = isSuspected
      ? "two people accept each failed suspicion and it is redriven, or a person"
      : "a person mends the cause and redrives it, or";
    sentences.push(`The batch keeps its lock until ${goesOn} abandons what was not sent.`);
  }
  return sentences;
}

/** How many checks passed or failed, and which suspicions passed in another way than by being judged. */
function checksInWords(checks: readonly Check[]): string[] {
  const named = (which: (check: Check) => boolean) =>
    checks
      .filter(which)
      .map(({ name }) => name)
      .join(", ");
  const failed = checks.filter(isStopping).length;
  const accepted = named((check) => check.accepted !== undefined && !isStopping(check));
  const unjudged = named((check) => check.passed && check.judged === false);
  const passed = checks.filter((check) => check.passed && check.judged !== false).length;
  const sentences: string[] = [];
  if (failed > 0) sentences.push(`${failed} of ${checks.length} checks failed.`);
  else if (passed < checks.length) sentences.push(`${passed} of ${checks.length} checks passed.`);
  else if (checks.length > 0) sentences.push(`All ${checks.length} checks passed.`);
  if (accepted !== "") sentences.push(`Accepted by two people: ${accepted}.`);
  if (unjudged !== "") sentences.push(`Not judged: ${unjudged}.`);
  return sentences;
}

function failures(failed: readonly Check[], timeZone: string): string {
  if (failed.length === 0) return "";
  // What stops the batch first, and of that what nobody can pass.
  const rank = (check: Check) => (isStopping(check) ? 0 : 2) + (check.kind === "proof" ? 0 : 1);
  const worstFirst = [...failed].sort((a, b) => rank(a) - rank(b));
  return [
    `<section class="failures" aria-labelledby="failures">`,
    `<h2 id="failures">Failed ${failed.length === 1 ? "check" : "checks"}</h2>`,
    ...worstFirst.map((check) => failure(check, timeZone)),
    `</section>`,
  ].join("\n");
}

function failure(check: Check, timeZone: string): string {
  const { name, kind, expected, found, note } = check;
  const difference = differenceBetween(expected, found);
  const [tone, came] = outcome(check);
  const mayBe =
    tone === "warn" ? "two people have accepted it for these files." : "two people may accept it.";
  const rule =
    kind === "proof"
      ? "Proof: nobody can pass it."
      : `Suspicion: ${came === "not judged" ? "it was not judged." : mayBe}`;
  return [
    `<article class="of-${tone}">`,
    `<h3>${verdict(tone, name)}</h3>`,
    `<p>${rule}</p>`,
    `<dl>`,
    `<div><dt>Expected</dt><dd>${codeOrText(expected)}</dd></div>`,
    `<div><dt>Found</dt><dd>${codeOrText(found)}</dd></div>`,
    difference === undefined ? "" : `<div><dt>Difference</dt><dd>${difference}</dd></div>`,
    `</dl>`,
    note === undefined ? "" : `<p class="note">${text(note)}</p>`,
    acceptance(check, timeZone),
    `</article>`,
  ].join("\n");
}

function facts(report: BatchReport): string {
  const list: readonly (readonly [string, string])[] = [
    ["Stream", text(report.stream)],
    ["Billing date", longDate(report.billingDate)],
    ["Report", `number ${grouped(report.number)}, by ${text(report.writtenBy)}`],
    ["Written", instant(report.at, report.timeZone)],
  ];
  const items = list.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`);
  return `<dl class="facts">\n${items.join("\n")}\n</dl>`;
}

/** "Monday, 2 March 2026"; text that is no date stays as it is. */
function longDate(value: string): string {
  const date = parseCalendarDate(value);
  if (date === undefined) return text(value);
  const [year, month, day] = date.split("-").map(Number) as [number, number, number];
  const words = `${WEEKDAYS[weekday(date) - 1]}, ${day} ${MONTHS[month - 1]} ${year}`;
  return `<time datetime="${date}">${words}</time>`;
}
