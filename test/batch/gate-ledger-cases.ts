import type { Exclusion } from "../../lambdas/domain/exclusion.ts";
import { dueList } from "./due-list.ts";
import { DATE } from "./local-batch.ts";
import {
  type Case,
  closedOn,
  dueRow,
  earlier,
  inOrder,
  invented,
  raised,
  sentFileGone,
  sentWithSameTotals,
  under,
} from "./tamperings.ts";

const bytesAlone = { manifest: false };
const withManifest = { manifest: true };
const LIST_IS_GONE = (
  "due-list-bytes manifest-count manifest-cents segments-complete entries index no-row-missing no-row-surplus " +
  "exclusions ledger-refusals dishonours claims merchants totals excluded-share growth same-totals same-debit"
).split(" ");

/** Due list, exclusions, claims, segments and limits: what the gate must find, by what was done to them. */
export const LEDGER_CASES: Readonly<Record<string, readonly Case[]>> = {
  "a due list that was edited after staging:": [
    [
      "an amount, in the list alone",
      ["due-list-bytes", "manifest-cents", "segments-complete", "entries", "claims", "merchants", "totals"],
      dueRow(1, "amount_cents", "1018", bytesAlone),
    ],
    [
      "an amount, with manifest and pinned hash",
      ["segments-complete", "entries", "claims", "merchants", "totals"],
      dueRow(1, "amount_cents", "1018", withManifest),
    ],
    [
      "an amount, with everything but the segment's sums",
      ["segments-complete"],
      inOrder(dueRow(1, "amount_cents", "1018", withManifest), raised(0, 1n)),
    ],
    [
      "a bank account, in the list alone",
      ["due-list-bytes", "entries"],
      dueRow(1, "account_number", "1", bytesAlone),
    ],
    [
      "a bank account, with manifest and pinned hash",
      ["entries"],
      dueRow(1, "account_number", "1", withManifest),
    ],
    [
      "a row more, with manifest and pinned hash",
      ["segments-complete", "no-row-missing", "merchants", "totals"],
      (b) => b.editDueList((csv) => `${csv}${Object.values(b.stream.row(30)).join(",")}\n`, withManifest),
    ],
    [
      "a row less, with manifest and pinned hash",
      ["segments-complete", "entries", "index", "no-row-surplus", "merchants", "totals"],
      (b) => b.editDueList((csv) => `${csv.trimEnd().split("\n").slice(0, -1).join("\n")}\n`, withManifest),
    ],
    [
      "the count in the manifest",
      ["manifest-count"],
      (b) => b.kept.putObject("due", `${b.prefix}manifest.json`, dueList(b.rows, { count: 10 }).manifest),
    ],
    [
      "the total in the manifest",
      ["manifest-cents"],
      (b) => b.kept.putObject("due", `${b.prefix}manifest.json`, dueList(b.rows, { totalCents: 1 }).manifest),
    ],
    [
      "a manifest that is gone",
      ["manifest-count", "manifest-cents"],
      (b) => b.kept.putObject("due", `${b.prefix}manifest.json`, undefined),
    ],
  ],

  "a due list that cannot be read any more:": [
    ["it is gone", LIST_IS_GONE, (b) => b.kept.putObject("due", `${b.prefix}due.csv`, undefined)],
    [
      "it has another header",
      LIST_IS_GONE,
      (b) => b.editDueList((csv) => csv.replace("bsb", "BSB"), bytesAlone),
    ],
    ["a quote is never closed", LIST_IS_GONE, (b) => b.editDueList((csv) => `${csv}"PAYER`, bytesAlone)],
  ],

  "an exclusion that is not borne out:": [
    ["a good row for its content", ["exclusions"], invented({ reason: "bad-title", field: "account_title" })],
    ["a good row as a duplicate", ["exclusions"], invented({ reason: "duplicate-in-list", otherLine: 2 })],
    [
      "a good row as claimed, by a claim that is another row's",
      ["ledger-refusals"],
      (b) => {
        const claim = {
          mandateId: b.rows[7]?.mandate_id ?? "",
          dueDate: DATE,
          attempt: 1,
          batchId: earlier(b),
          line: 1,
        };
        return invented({ reason: "already-claimed", claim })(b);
      },
    ],
    [
      "a good row as claimed, by a claim that does not exist",
      ["ledger-refusals"],
      (b) => {
        const claim = {
          mandateId: b.rows[0]?.mandate_id ?? "",
          dueDate: DATE,
          attempt: 1,
          batchId: earlier(b),
          line: 9,
        };
        return invented({ reason: "already-claimed", claim })(b);
      },
    ],
    [
      "a good row as too near a claim that does not exist",
      ["ledger-refusals"],
      (b) => {
        const mandateId = b.rows[0]?.mandate_id ?? "";
        const claim = { mandateId, dueDate: "2026-03-01", attempt: 1, batchId: earlier(b), line: 9 };
        return invented({ reason: "too-near", claim })(b);
      },
    ],
    ["a good row for want of a dishonour", ["ledger-refusals"], invented({ reason: "no-proven-dishonour" })],
    [
      "another reason than the row's own",
      ["exclusions"],
      (b) =>
        b.editSegment(2, (segment, [bad, claimed]) => {
          segment.byReason = { "bad-account": 1, "already-claimed": 1 };
          return [{ ...bad, reason: "bad-account", field: "account_number" }, claimed] as Exclusion[];
        }),
    ],
    [
      "a bank account in the place of the mandate",
      ["exclusions"],
      (b) =>
        b.editSegment(2, (_, [bad, claimed]) => [{ ...bad, mandateId: "000010070" }, claimed] as Exclusion[]),
    ],
    [
      "something that is no exclusion",
      ["segments-complete", "no-row-missing", "exclusions", "merchants", "totals"],
      (b) => b.editSegment(2, (_, [bad, claimed]) => [{ ...bad, title: "PAYER" }, claimed] as Exclusion[]),
    ],
    [
      "a row that a bank file carries",
      ["segments-complete", "no-row-surplus", "exclusions", "merchants", "totals"],
      (b) => b.editSegment(1, () => [{ line: 2, reason: "bad-title", cents: 1034 }]),
    ],
    [
      "a line that the list has not",
      ["no-row-surplus"],
      (b) => b.editSegment(2, (_, all) => [...all, { line: 10, reason: "bad-title", cents: 0 }]),
    ],
    [
      "an exclusion that is lost",
      ["segments-complete", "no-row-missing", "merchants", "totals"],
      (b) => b.editSegment(2, (_, all) => all.slice(1)),
    ],
  ],

  "claims that are not the batch's debits:": [
    ["one taken away", ["claims", "totals"], (b) => b.editClaim(1, undefined)],
    [
      "one of another batch",
      ["claims", "totals"],
      (b) => b.editClaim(1, (claim) => void (claim.batchId = earlier(b))),
    ],
    ["one of another line", ["claims"], (b) => b.editClaim(1, (claim) => void (claim.line = 3))],
    [
      "one of another amount",
      ["claims", "totals"],
      (b) => b.editClaim(1, (claim) => void (claim.cents += 1)),
    ],
    ["one of another segment", ["claims"], (b) => b.editClaim(1, (claim) => void (claim.segment = 2))],
    ["one of another stream", ["claims"], (b) => b.editClaim(1, (claim) => void (claim.stream = "au-wbc"))],
    [
      "one added for a row that no file carries",
      ["claims", "totals"],
      (b) =>
        b.addClaim({
          mandateId: b.rows[6]?.mandate_id ?? "",
          dueDate: DATE,
          attempt: 1,
          line: 7,
          cents: 1119,
        }),
    ],
    [
      "one taken over although the row was refused for it",
      ["ledger-refusals", "claims", "totals"],
      (b) =>
        b.addClaim({
          mandateId: b.rows[7]?.mandate_id ?? "",
          dueDate: DATE,
          attempt: 1,
          line: 8,
          cents: 1340,
        }),
    ],
    [
      "a refusal whose claim is gone",
      ["ledger-refusals"],
      (b) => b.kept.dropItem(`MANDATE#${b.rows[7]?.mandate_id}`, `DEBIT#${DATE}#01`),
    ],
    [
      "a refusal whose claim is released",
      ["ledger-refusals"],
      (b) => b.editItem(`BATCH#${earlier(b)}`, "META", (item) => void (item["state"] = "ABANDONED")),
    ],
    [
      "a second attempt whose dishonour is gone",
      ["dishonours"],
      (b) => b.kept.dropItem(`MANDATE#${b.rows[8]?.mandate_id}`, `RETURN#${DATE}#01#first`),
    ],
  ],

  "staging's own record that does not add up:": [
    [
      "a sum",
      ["segments-complete"],
      (b) => b.editSegment(1, (segment, all) => ((segment.staged = { count: 5, cents: 1 }), all)),
    ],
    [
      "a row's bit",
      ["segments-complete"],
      (b) => b.editSegment(1, (segment, all) => ((segment.stagedLines = "Hg=="), all)),
    ],
    [
      "the rows of a segment",
      ["segments-complete"],
      (b) => b.editSegment(2, (segment, all) => ((segment.rows = 5), all)),
    ],
    [
      "a segment that is gone",
      ["segments-complete", "no-row-missing", "claims", "merchants", "totals"],
      (b) => b.kept.dropItem(`BATCH#${b.id}`, "SEGMENT#000002"),
    ],
  ],

  "limits that were lowered after composing:": [
    ["debits of a file", ["file-limits"], under({ maxFileDebits: 3 })],
    ["cents of a file", ["file-limits"], under({ maxFileCents: 3_000 })],
    ["cents of a batch", ["batch-limit"], under({ maxBatchCents: 5_000 })],
    [
      "cents of a debit",
      [
        "segments-complete",
        "debit-limit",
        "entries",
        "exclusions",
        "claims",
        "merchants",
        "totals",
        "excluded-share",
      ],
      under({ maxDebitCents: 1_300 }),
    ],
    ["share of excluded rows", ["excluded-share"], under({ toleratedExcludedShare: 0.11 })],
    ["cut-off", ["processing-date"], under({ cutOff: "06:59" })],
  ],

  "what it suspects and nobody has accepted:": [
    ["a batch that has grown", ["growth"], inOrder(closedOn("2026-02-20"), closedOn("2026-02-19"))],
    ["a file that was sent and is gone", ["same-debit"], sentFileGone],
    ["a file with the sums of one that was sent", ["same-totals", "same-debit"], sentWithSameTotals],
  ],
};
