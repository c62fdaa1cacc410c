import type { Fault } from "./bank-file.ts";

/** What the reader accepts although the layout says otherwise: the rules of its warnings, word for word. */
export const TOLERATED = {
  /** Columns 2–18 of the header: the gate compares it with the bank profile's `headerAccount`. */
  headerAccount: "the header carries the user's bank account, an extension of the layout",
  headerTime: "the header carries a time of day, an extension of the layout",
  lineFeed: "lines end with LF instead of CRLF",
  carriageReturn: "lines end with CR instead of CRLF",
  /** The gate compares it with the bank profile's `lastLineEnd`. */
  noLastLineEnd: "the last line has no line end",
  rightTrimmed: "the blanks at the end of the record are missing",
  withholding: "withholding tax without the indicator W, X or Y",
  leadingBlank: "the returned text begins with a blank",
} as const;

/** More would say nothing new, and a million of them would fill the memory. */
const MOST_LISTED = 1000;

/** A list of faults or warnings that stops growing: the last one then says that there are more. */
export class FaultList {
  readonly listed: Fault[] = [];

  add(line: number, column: number, field: string, rule: string): void {
    if (this.listed.length < MOST_LISTED) this.listed.push({ line, column, field, rule });
    else if (this.listed.length === MOST_LISTED)
      this.listed.push({ line, column: 0, field: "file", rule: "has more of these than are listed" });
  }
}
