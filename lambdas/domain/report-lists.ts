import { EXCLUSION_REASONS, type Exclusion, type ExclusionReason } from "./exclusion.ts";
import { grouped, money, share } from "./report-figures.ts";
import {
  codeOrText,
  instant,
  section,
  table,
  type TableRow,
  text,
  type Tone,
  verdict,
} from "./report-markup.ts";
import { type BatchReport, type Check, isStopping } from "./report.ts";

/** The sections of the report page that list things: exclusions, bank files, checks, timeline. */

/** How many exclusions the page lists; the CSV holds all of them. */
export const LISTED_EXCLUSIONS = 200;

const MEANINGS: Readonly<Record<ExclusionReason, string>> = {
  "malformed-row": "not ten fields, or an id of another form",
  "bad-bsb": "the BSB is not six digits",
  "bad-account": "the bank account number does not fit",
  "bad-title": "the bank account's title cannot be written in a bank file",
  "bad-amount": "the amount is not a whole number of cents above zero",
  "amount-over-limit": "the amount is above the stream's limit",
  "bad-due-date": "the due date is no date",
  "outside-window": "the due date is too far from the billing date",
  "bad-attempt": "the attempt is not 1 to 99",
  "bad-remitter": "the merchant's name cannot be written in a bank file",
  "remitter-too-long": "the merchant's name is too long and has no short form",
  "duplicate-in-list": "the list holds the same row before",
  "conflicting-in-list": "the list holds the same instalment with other details",
  "already-claimed": "this debit was claimed before",
  "too-near": "another instalment of the mandate is too near",
  "no-proven-dishonour": "the attempt before is not known to be dishonoured",
};

/** Exclusions by reason, then line by line, as far as the page lists them. */
export function exclusions(report: BatchReport, list: readonly Exclusion[]): string {
  const { count, content, byReason, untold = 0 } = report.excluded;
  if (count === 0 && list.length === 0)
    return section("exclusions", "Exclusions", "<p>No row was excluded.</p>");
  const portion = share(content, report.dueList.count);
  return section(
    "exclusions",
    "Exclusions",
    `<p>${grouped(content)} of ${grouped(report.dueList.count)} due rows${portion && ` (${portion})`} were excluded for their content. Only these count against the tolerated share.</p>`,
    list.length === count
      ? ""
      : `<p>${verdict("bad", `The report counts ${grouped(count)} excluded rows, the list holds ${grouped(list.length)}.`)}</p>`,
    untold === 0
      ? ""
      : `<p>Of ${grouped(untold)} of them the amount is in no sum of this report: columns that are not in their places, or an amount above the limit, could be a bank account. The gate has proven the manifest's total with them.</p>`,
    reasonTable(byReason, list),
    exclusionList(list),
  );
}

function reasonTable(byReason: Readonly<Record<string, number>>, list: readonly Exclusion[]): string {
  const known: readonly string[] = EXCLUSION_REASONS;
  const order = [...known, ...Object.keys(byReason).filter((reason) => !known.includes(reason))];
  const counts = new Map(Object.entries(byReason));
  const rows = order
    .filter((reason) => counts.get(reason))
    .map((reason): TableRow => {
      const sum = list
        .filter((one) => one.reason === reason)
        .reduce((cents, one) => cents + BigInt(one.cents), 0n);
      const meaning = known.includes(reason) ? MEANINGS[reason as ExclusionReason] : "";
      return { cells: [text(reason), text(meaning), grouped(counts.get(reason) as number), money(sum)] };
    });
  const heads = [
    { head: "Reason" },
    { head: "Meaning", bare: true },
    { head: "Count", group: "Excluded", figures: true },
    { head: "Dollars", group: "Excluded", figures: true },
  ];
  return table("By reason", heads, rows);
}

function exclusionList(list: readonly Exclusion[]): string {
  const heads = [
    { head: "Line", figures: true },
    { head: "Reason", bare: true },
    { head: "Field", bare: true },
    { head: "Mandate", bare: true },
    { head: "Due date", bare: true },
  ];
  const rows = list.slice(0, LISTED_EXCLUSIONS).map(({ line, reason, field, mandateId, dueDate }) => ({
    cells: [grouped(line), text(reason), text(field ?? ""), text(mandateId ?? ""), text(dueDate ?? "")],
  }));
  const rest =
    list.length > LISTED_EXCLUSIONS
      ? `The first ${LISTED_EXCLUSIONS} are listed here; exclusions.csv holds all ${grouped(list.length)}.`
      : "exclusions.csv holds the same list.";
  return `${table("Line by line; line 1 is the first row after the header", heads, rows)}\n<p>${rest}</p>`;
}

/** The bank files of the frozen set. */
export function files(list: BatchReport["files"], timeZone: string): string {
  if (list.length === 0) return section("files", "Bank files", "<p>This batch has no bank file.</p>");
  const heads = [
    { head: "File", figures: true },
    { head: "State" },
    { head: "Debits", figures: true },
    { head: "Dollars", figures: true },
    { head: "Lines", figures: true },
    { head: "SHA-256", bare: true },
  ];
  const rows = list.map((file) => ({
    cells: [
      grouped(file.number),
      text(file.state),
      grouped(file.debits),
      money(file.cents),
      `${grouped(file.firstLine)}–${grouped(file.lastLine)}`,
      codeOrText(file.sha256),
    ],
  }));
  return section(
    "files",
    "Bank files",
    table("In the order in which they are sent", heads, rows),
    ...list.map((file) => resolution(file, timeZone)),
  );
}

/** Who has resolved a file in doubt, and on which statement of the bank: text of people. Empty where nobody has. */
function resolution({ number, resolved }: BatchReport["files"][number], timeZone: string): string {
  if (resolved === undefined) return "";
  const { outcome: said, proposal, proposedBy, approvedBy, reason, evidence } = resolved;
  const { reference, channel, statedAt } = evidence;
  return [
    `<p class="note">File ${grouped(number)} was in doubt, and is resolved as ${text(said)}:`,
    `proposed by ${text(proposedBy)}, approved by ${text(approvedBy)} (${codeOrText(proposal)}),`,
    `on what the bank has stated ${instant(statedAt, timeZone)} by ${text(channel)} under ${text(reference)},`,
    `evidence ${codeOrText(evidence.sha256)}. Reason: ${text(reason)}</p>`,
  ].join(" ");
}

/** What a check came to, in words and with the tone they are said in. */
export function outcome({ passed, judged, accepted }: Check): readonly [Tone, string] {
  if (accepted) return ["warn", "accepted"];
  if (judged === false) return [passed ? "warn" : "bad", "not judged"];
  return passed ? ["good", "passed"] : ["bad", "failed"];
}

/** Who has accepted a suspicion, and why: text of people. Empty where nobody has. */
export function acceptance({ accepted }: Check, timeZone: string): string {
  if (accepted === undefined) return "";
  const { proposedBy, approvedBy, at, reason } = accepted;
  const people = `Accepted: proposed by ${text(proposedBy)}, approved by ${text(approvedBy)}`;
  return `<p class="note">${people} ${instant(at, timeZone)}. Reason: ${text(reason)}</p>`;
}

/** All checks of the gate, those that nobody can pass first. */
export function checks(all: readonly Check[], timeZone: string): string {
  const kinds = [
    ["proof", "Proofs: nobody can pass a failed one"],
    ["suspicion", "Suspicions: two people may accept a failed one"],
  ] as const;
  const heads = [
    { head: "Check" },
    { head: "Result" },
    { head: "Expected" },
    { head: "Found" },
    { head: "Note" },
  ];
  const tables = kinds.map(([kind, caption]) => {
    const rows = all
      .filter((check) => check.kind === kind)
      .map((check): TableRow => {
        const [tone, result] = outcome(check);
        const cells = [
          text(check.name),
          verdict(tone, result),
          codeOrText(check.expected),
          codeOrText(check.found),
          text(check.note ?? "") + acceptance(check, timeZone),
        ];
        return isStopping(check) ? { cells, tone: "bad" } : { cells };
      });
    return rows.length === 0 ? "" : table(caption, heads, rows);
  });
  return section(
    "checks",
    "All checks",
    ...(all.length === 0 ? ["<p>This report holds no checks.</p>"] : tables),
  );
}

export function timeline(events: BatchReport["timeline"], timeZone: string): string {
  const items = events.map(({ at, what }) => `<li>${instant(at, timeZone)} <span>${text(what)}</span></li>`);
  return section(
    "timeline",
    "Timeline",
    items.length === 0 ? "<p>No event.</p>" : `<ol>${items.join("\n")}</ol>`,
  );
}
