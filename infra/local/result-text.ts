import { dollars } from "../../lambdas/domain/cents.ts";
import type { BatchResult } from "./batch-result.ts";
import { visible } from "../../lambdas/domain/visible-text.ts";
import type { Check } from "../../lambdas/domain/report.ts";
import type { NextSteps } from "../ops/next-steps.ts";

/** A result as a person wants to read it: the three totals side by side, then what differs from the usual. */
export function resultText(result: BatchResult): string {
  const blocks = [
    headline(result),
    totals(result),
    exclusions(result),
    gate(result),
    places(result),
    failure(result),
    owed(result),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

const HEADLINES: Record<BatchResult["status"], string> = {
  CLOSED: "CLOSED: every due row is accounted for.",
  ALREADY_CLOSED:
    "ALREADY_CLOSED: this batch ran before. Nothing was debited again; this is its stored result.",
  FAILED: "FAILED.",
  REFUSED: "REFUSED: this may not run now.",
  UNKNOWN: "UNKNOWN: it cannot be told whether the bank has a file. Nothing more is sent.",
};

/** The note tells of an ending that nobody should take for an ordinary run. */
function headline({ batchId, status, failedState, note }: BatchResult): string {
  const stopped = failedState === undefined ? "" : ` It stopped at ${failedState}.`;
  return `${batchId}  ${HEADLINES[status]}${stopped}${note === undefined ? "" : ` ${note}`}`;
}

function totals({ due, staged, bankFiles }: BatchResult): string {
  const sent = bankFiles.reduce(
    (sum, file) => ({ count: sum.count + file.debits, cents: sum.cents + file.cents }),
    {
      count: 0,
      cents: 0,
    },
  );
  const figures = table([
    ["", "due list", "ledger", "bank file"],
    ["debits", whole(due.count), whole(staged.count), whole(sent.count)],
    [
      "amount",
      due.cents === undefined ? "not read" : dollars(due.cents),
      dollars(staged.cents),
      dollars(sent.cents),
    ],
  ]);
  if (due.untold === undefined) return figures;
  const rows = due.untold === 1 ? "1 row" : `${whole(due.untold)} rows`;
  return `${figures}\nThe due list's amount leaves out ${rows} whose amount may be a bank account.`;
}

function exclusions({ excluded }: BatchResult): string {
  if (excluded.count === 0) return "";
  const reasons = Object.entries(excluded.byReason)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => [`  ${reason}`, whole(count)]);
  return `excluded: ${whole(excluded.count)}\n${table(reasons)}`;
}

function gate({ gate: judged }: BatchResult): string {
  if (judged === undefined) return "";
  return `gate: ${judged.verdict}\n${judged.checks.map((check) => `  ${checkLine(check)}`).join("\n")}`;
}

/** One check; a reason is text of people, and could hold what steers a terminal. */
function checkLine({ name, kind, passed, judged, accepted, expected, found, note }: Check): string {
  const noted = note === undefined ? "" : ` (${note})`;
  if (passed) return `${judged === false ? "--  " : "ok  "}  ${name}${noted && ` ${noted}`}`;
  const figures = `${name} (${kind}): expected ${expected}, found ${found}${noted}`;
  if (accepted === undefined) return `FAIL  ${figures}`;
  const { proposedBy, approvedBy, reason } = accepted;
  return `acc.  ${figures}; ${visible(`proposed by ${proposedBy}, approved by ${approvedBy}: ${reason}`)}`;
}

function places({ bankFiles, report }: BatchResult): string {
  return [
    ...bankFiles.map(({ path, debits, cents, sha256, state, from }) => {
      const figures = `${whole(debits)} debits, ${dollars(cents)}, SHA-256 ${sha256.slice(0, 16)}…`;
      const frozen = `, ${state} by the bank's own statement; these are the frozen bytes`;
      return `bank file  ${path}  ${figures}${from === "outbound" ? "" : frozen}`;
    }),
    ...(report === undefined ? [] : [`report     ${report}`]),
  ].join("\n");
}

function failure({ error }: BatchResult): string {
  if (error === undefined) return "";
  const { name, message, advice, next } = error;
  return [`${name}: ${message}`, ...stepLines({ text: advice, commands: next })].join("\n");
}

/** What a batch that is closed leaves to be billed. */
function owed({ next }: BatchResult): string {
  return next === undefined ? "" : stepLines(next).join("\n");
}

function stepLines({ text, commands }: NextSteps): string[] {
  return [`next: ${text}`, ...commands.map((command) => `  ${command}`)];
}

/** Columns as wide as their widest cell: the first to the left, numbers to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function whole(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}
