import type { Exclusion } from "./exclusion.ts";
import { visible } from "./visible-text.ts";

/** What makes a spreadsheet take a value for a formula: also behind spaces, and in the full width of East Asian signs. */
const FORMULA = /^\s*[=+\-@＝＋－＠]/;

/**
 * The exclusions as `exclusions.csv` (RFC 4180, CRLF after every record): of a row only its line, the reason,
 * the field that failed, and mandate and due date where the exclusion carries them; empty where it does not.
 * A value that a spreadsheet would run as a formula gets an apostrophe in front, and what is invisible is named: a
 * tab or a line break could shift a value into another cell, a bidirectional control make it read as another one.
 */
export function exclusionsCsv(exclusions: readonly Exclusion[]): string {
  const rows = exclusions.map(({ line, reason, field, mandateId, dueDate }) =>
    [String(line), reason, field ?? "", mandateId ?? "", dueDate ?? ""].map(csvField).join(","),
  );
  return ["line,reason,field,mandate_id,due_date", ...rows].map((row) => `${row}\r\n`).join("");
}

function csvField(value: string): string {
  const shown = visible(value);
  const inert = FORMULA.test(shown) ? `'${shown}` : shown;
  return /[",]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
