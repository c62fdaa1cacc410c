import { dollars } from "../../domain/cents.ts";
import type { Sum } from "../../domain/records.ts";
import type { Check } from "../../domain/report.ts";
import type { Case, GatePorts } from "./case.ts";
import type { RowSums } from "./every-row.ts";
import type { WalkedFiles } from "./file-walk.ts";
import type { CountedCheck, Findings } from "./findings.ts";
import type { ListEvidence } from "./list-evidence.ts";
import { processingDate } from "./processing-date.ts";
import { proof } from "./proof.ts";
import { merchants, sum, totals } from "./sum-checks.ts";

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
  const { findings, list, files } = evidence;
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
    atMost("debit-limit", judged.stream.maxDebitCents, files.largestDebitCents, findings.note("debit-limit")),
    atMost("batch-limit", judged.stream.maxBatchCents, files.debits.cents),
    counted("entries"),
    counted("index"),
    counted("no-row-missing"),
    counted("no-row-surplus"),
    counted("exclusions"),
    counted("ledger-refusals"),
    counted("dishonours"),
    counted("claims"),
    merchants(evidence.rows),
    totals(judged.files, evidence.rows, files, evidence.ledger),
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

function manifestCents({ batch: { dueList } }: Case, { list: { manifest, table } }: Evidence): Check {
  const cents = table.manifestCents;
  const passed = manifest?.totalCents === cents && dueList.totalCents === cents;
  // Beside the sums of this report, the total would tell what they leave out.
  if (table.untold > 0) {
    const found = `${passed ? "the same" : "another one"}, with ${table.untold} untold`;
    return proof("manifest-cents", passed, "the manifest's total", found);
  }
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

function atMost(name: string, limit: number, found: number, note?: string): Check {
  return proof(name, found <= limit, `at most ${dollars(limit)}`, dollars(found), note);
}

function excludedShare({ stream }: Case, { rows: { due, content } }: Evidence): Check {
  const limit = stream.toleratedExcludedShare;
  // A quotient is the nearest number to the true share, as the limit is to what is written in the configuration.
  const passed = due.count === 0 || content / due.count <= limit;
  const expected = `at most ${limit} of the rows for their content`;
  return proof("excluded-share", passed, expected, `${content} of ${due.count}`);
}
