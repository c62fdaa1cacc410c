import type { Ending } from "./records.ts";
import {
  add,
  type Figures,
  figuresOf,
  grouped,
  inWords,
  isNothing,
  less,
  money,
  signedCount,
  signedMoney,
} from "./report-figures.ts";
import { instant, section, table, type TableColumn, type TableRow, text, verdict } from "./report-markup.ts";
import type { BatchReport, MerchantTotal } from "./report.ts";

/** The sections of the report page that compare sums: totals, ending, merchants. */

const pair = (group: string): readonly TableColumn[] => [
  { head: "Count", group, figures: true },
  { head: "Dollars", group, figures: true },
];

const cellsOf = (sum: Figures): readonly string[] => [grouped(sum.count), money(sum.cents)];

/** Whether due − excluded is what the ledger claims and what the bank files hold, in count and in cents. */
export function addsUp(report: BatchReport): boolean {
  const rest = less(figuresOf(report.dueList), figuresOf(report.excluded));
  return [report.ledger, report.bankFiles].every((sum) => isNothing(less(figuresOf(sum), rest)));
}

/** Due list, ledger, and what is for the bank or went to it, side by side; and the sum that ties them together. */
export function totals(report: BatchReport): string {
  const [due, excluded] = [figuresOf(report.dueList), figuresOf(report.excluded)];
  const [ledger, files] = [figuresOf(report.ledger), figuresOf(report.bankFiles)];
  const rest = less(due, excluded);
  const forTheBank = report.ending
    ? (["Submitted", figuresOf(report.ending.submitted), "what the bank has been asked for"] as const)
    : (["Bank files", files, "as composed; sent only after the gate"] as const);
  return section(
    "totals",
    "Totals",
    `<div class="trio">`,
    ...(
      [
        [
          "Due list",
          due,
          report.excluded.untold
            ? `without ${report.excluded.untold} untold amounts`
            : "what the manifest says",
        ],
        ["Ledger", ledger, "what this batch has claimed"],
        forTheBank,
      ] as const
    ).map(
      ([name, sum, what]) =>
        `<dl><dt>${name}<small>${what}</small></dt><dd>${grouped(sum.count)}</dd><dd>${money(sum.cents)}</dd></dl>`,
    ),
    `</div>`,
    sumTable("From the due list to the bank files", [
      ["Due list", due],
      ["− Excluded", excluded],
      ["= Left to debit", rest],
      ["In bank files", files],
      ["Claimed in the ledger", ledger],
    ]),
    equation("Due − excluded = in bank files", less(files, rest), "debit"),
    equation("Due − excluded = claimed in the ledger", less(ledger, rest), "debit"),
  );
}

function sumTable(caption: string, rows: readonly (readonly [string, Figures])[]): string {
  const body = rows.map(
    ([name, sum]) =>
      `<tr${name.startsWith("=") ? ' class="sum"' : ""}><th scope="row">${text(name)}</th>` +
      `<td class="figures">${grouped(sum.count)}</td><td class="figures">${money(sum.cents)}</td></tr>`,
  );
  return [
    `<div class="wide"><table class="sums"><caption>${text(caption)}</caption>`,
    `<thead><tr><td></td><th scope="col" class="figures">Count</th><th scope="col" class="figures">Dollars</th></tr></thead>`,
    `<tbody>${body.join("\n")}</tbody></table></div>`,
  ].join("\n");
}

/** A tick, or by how much the right side differs from the left one. */
function equation(words: string, difference: Figures, noun: string): string {
  if (isNothing(difference)) return `<p>${verdict("good", words)}</p>`;
  return `<p>${verdict("bad", `${words} does not hold: the difference is ${inWords(difference, noun)}.`)}</p>`;
}

/** How the batch ended: what became of every due row. */
export function ending(end: Ending, timeZone: string): string {
  const parts = {
    excluded: end.excluded,
    submitted: end.submitted,
    withdrawn: end.withdrawn,
    rejected: end.rejected,
  };
  const accounted = add(...Object.values(parts).map(figuresOf));
  return section(
    "ending",
    "How the batch ended",
    `<p>Closed ${instant(end.at, timeZone)}.</p>`,
    sumTable("What became of every due row", [
      ["Due", figuresOf(end.due)],
      ["− Excluded", figuresOf(end.excluded)],
      ["= Staged", figuresOf(end.staged)],
      ["Submitted", figuresOf(end.submitted)],
      ["Withdrawn", figuresOf(end.withdrawn)],
      ["Rejected", figuresOf(end.rejected)],
    ]),
    equation("Due = excluded + submitted + withdrawn + rejected", less(accounted, figuresOf(end.due)), "row"),
  );
}

/** Every merchant's due, excluded and debited amounts; the merchants that do not add up come first. */
export function merchants(totals: readonly MerchantTotal[]): string {
  if (totals.length === 0)
    return section("merchants", "Merchants", "<p>No merchant had an instalment due.</p>");
  const judged = totals.map((total) => {
    const rest = less(figuresOf(total.due), figuresOf(total.excluded));
    return { total, difference: less(figuresOf(total.inFiles), rest) };
  });
  const [off, even] = [
    judged.filter((one) => !isNothing(one.difference)),
    judged.filter((one) => isNothing(one.difference)),
  ];
  const rows = [...off, ...even].map(({ total, difference }): TableRow => {
    const fine = isNothing(difference);
    const apart = fine
      ? ["none", ""]
      : [verdict("bad", signedCount(difference.count)), signedMoney(difference.cents)];
    const sums = [total.due, total.excluded, total.inFiles].flatMap((sum) => cellsOf(figuresOf(sum)));
    const cells = [text(total.merchantId) || "(none)", ...sums, ...apart];
    return fine ? { cells } : { cells, tone: "bad" };
  });
  const heads = [{ head: "Merchant" }, ...["Due", "Excluded", "In files", "Difference"].flatMap(pair)];
  return section(
    "merchants",
    "Merchants",
    off.length === 0
      ? `<p>${verdict("good", "Due − excluded = in files for every merchant")}</p>`
      : `<p>${verdict("bad", `Due − excluded = in files does not hold for ${off.length} of ${totals.length} merchants.`)}</p>`,
    table("Per merchant; the difference is in files less (due − excluded)", heads, rows),
  );
}
