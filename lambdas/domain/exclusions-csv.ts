import type { Exclusion } from "./exclusion.ts";

/** What makes a spreadsheet take a value for a formula, or shift it into another cell. */
const FORMULA = /^[=+\-@\t\r\n]/;

/**
 * The exclusions as `exclusions.csv` (RFC 4180, CRLF after every record): of a row only its line, the reason,
 * the field that failed, and mandate and due date where the exclusion carries them; empty where it does not.
 * A value that a spreadsheet would run as a formula gets an apostrophe in front.
 */
export function exclusionsCsv(exclusions: readonly Exclusion[]): string {
  const rows = exclusions.map(({ line, reason, field, mandateId, dueDate }) =>
    [String(line), reason, field ?? "", mandateId ?? "", dueDate ?? ""].map(csvField).join(","),
  );
  return ["line,reason,field,mandate_id,due_date", ...rows].map((row) => `${row}\r\n`).join("");
}

function csvField(value: string): string {
  const inert = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
