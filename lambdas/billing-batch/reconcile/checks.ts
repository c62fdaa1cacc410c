import { dollars } from "../../domain/cents.ts";
import type { Sum } from "../../domain/records.ts";
import type { Check } from "../../domain/report.ts";
import type { Case, GatePorts } from "./case.ts";
import { type RowSums, unbalanced } from "./every-row.ts";
import type { WalkedFiles } from "./file-walk.ts";
import type { CountedCheck, Findings } from "./findings.ts";
import type { ListEvidence } from "./list-evidence.ts";
import { processingDate } from "./processing-date.ts";
import { isEqual, minus } from "./sums.ts";

/** Everything that the gate has read and added up. */
export interface Evidence {
  readonly list: ListEvidence;
  readonly rows: RowSums;
  readonly files: WalkedFiles;
  /** The sum of this batch's claims. */
  readonly ledger: Sum;
  readonly findings: Findings;
}

/** Every check of the gate, passed or not, always all of them and in this order. */
export function checksOf(judged: Case, evidence: Evidence, ports: GatePorts): Check[] {
  const { findings, list } = evidence;
  const counted = (name: CountedCheck) => countedCheck(name, findings);
  const checks = [
    dueListBytes(judged, list),
    manifestCount(judged, evidence),
    manifestCents(judged, evidence),
    counted("segments-complete"),
    counted("file-bytes"),
    counted("file-structure"),
    counted("file-header"),
    processingDate(judged, ports.clock, ports.configuration.calendar, findings),
    fileLimits(judged, evidence),
    atMost("debit-limit", judged.stream.maxDebitCents, evidence.files.largestDebitCents, findings),
    atMost("batch-limit", judged.stream.maxBatchCents, evidence.files.debits.cents, findings),
    counted("entries"),
    counted("index"),
    counted("no-row-missing"),
    counted("no-row-surplus"),
    counted("exclusions"),
    counted("ledger-refusals"),
    counted("dishonours"),
    counted("claims"),
    merchants(evidence.rows),
    totals(judged, evidence),
    excludedShare(judged, evidence),
  ];
  return list.unreadable === undefined
    ? checks
    : checks.map((check) => unproven(check, list.unreadable as string));
}

const NEEDS_NO_LIST = [
  "due-list-bytes",
  "file-bytes",
  "file-structure",
  "file-header",
  "processing-date",
  "file-limits",
  "debit-limit",
  "batch-limit",
];

/** Without the list, what holds trivially proves nothing. */
function unproven(check: Check, why: string): Check {
  return NEEDS_NO_LIST.includes(check.name) ? check : { ...check, passed: false, note: why };
}

function proof(name: string, passed: boolean, expected: string, found: string, note?: string): Check {
  return { name, kind: "proof", passed, expected, found, ...(note !== undefined && { note }) };
}

/** A check that expects no departure at all. */
function countedCheck(name: CountedCheck, findings: Findings): Check {
  const count = findings.count(name);
  return proof(name, count === 0, "0", String(count), findings.note(name));
}

function dueListBytes({ batch: { dueList } }: Case, list: ListEvidence): Check {
  const found = list.sha256 ?? "no due list";
  const passed = found === dueList.sha256 && list.unreadable === undefined;
  return proof("due-list-bytes", passed, dueList.sha256, found, list.unreadable);
}

/** The manifest must still be the one that was pinned, and count what the list holds. */
function manifestCount({ batch: { dueList } }: Case, { list: { manifest }, rows }: Evidence): Check {
  const passed =
    manifest?.count === rows.due.count &&
    dueList.count === rows.due.count &&
    manifest.sha256 === dueList.sha256;
  const stated = String(manifest?.count ?? "a manifest");
  return proof("manifest-count", passed, stated, String(rows.due.count), pinned(passed, dueList.count));
}

function manifestCents({ batch: { dueList } }: Case, { list: { manifest }, rows }: Evidence): Check {
  const { cents } = rows.due;
  const passed = manifest?.totalCents === cents && dueList.totalCents === cents;
  const stated = manifest ? dollars(manifest.totalCents) : "a manifest";
  return proof("manifest-cents", passed, stated, dollars(cents), pinned(passed, dollars(dueList.totalCents)));
}

function pinned(passed: boolean, value: number | string): string | undefined {
  return passed ? undefined : `the batch was opened for ${value}`;
}

function fileLimits({ stream }: Case, { files: { largestFile }, findings }: Evidence): Check {
  const limit = { count: stream.maxFileDebits, cents: stream.maxFileCents };
  const passed = findings.count("file-limits") === 0;
  return proof(
    "file-limits",
    passed,
    `at most ${sum(limit)}`,
    sum(largestFile),
    findings.note("file-limits"),
  );
}

function atMost(
  name: "debit-limit" | "batch-limit",
  limit: number,
  found: number,
  findings: Findings,
): Check {
  return proof(name, found <= limit, `at most ${dollars(limit)}`, dollars(found), findings.note(name));
}

function merchants({ merchants: all }: RowSums): Check {
  const wrong = unbalanced(all);
  const named = wrong.slice(0, 5).map(({ merchantId, due, excluded, inFiles }) => {
    return `${merchantId}: ${sum(minus(due, excluded))} due and not excluded, ${sum(inFiles)} in the files`;
  });
  return proof("merchants", wrong.length === 0, "0", String(wrong.length), named.join("; ") || undefined);
}

/** Due less excluded, what the files hold, what their total records state, what the ledger froze and claims. */
function totals({ files: frozen }: Case, { rows, files, ledger }: Evidence): Check {
  const left = minus(rows.due, rows.excluded);
  const record = {
    count: frozen.reduce((count, file) => count + file.debits, 0),
    cents: frozen.reduce((cents, file) => cents + file.cents, 0),
  };
  const passed =
    isEqual(left, files.debits) &&
    isEqual(left, ledger) &&
    isEqual(left, record) &&
    left.cents === files.statedCents;
  const found = isEqual(files.debits, ledger)
    ? sum(files.debits)
    : `${sum(files.debits)} in the files, ${sum(ledger)} claimed`;
  const note = passed
    ? undefined
    : `the total records state ${dollars(files.statedCents)}, the ledger's file records ${sum(record)}`;
  return proof("totals", passed, sum(left), found, note);
}

function excludedShare({ stream }: Case, { rows: { due, content } }: Evidence): Check {
  const limit = stream.toleratedExcludedShare;
  // A quotient is the nearest number to the true share, as the limit is to what is written in the configuration.
  const passed = due.count === 0 || content / due.count <= limit;
  const expected = `at most ${limit} of the rows for their content`;
  return proof("excluded-share", passed, expected, `${content} of ${due.count}`);
}

function sum({ count, cents }: Sum): string {
  return `${count} ${count === 1 ? "debit" : "debits"}, ${dollars(cents)}`;
}
