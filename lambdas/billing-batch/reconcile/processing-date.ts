import { type BusinessCalendar, daysBetween, isBusinessDay } from "../../domain/calendar-date.ts";
import type { Check } from "../../domain/report.ts";
import type { Clock } from "../../ports.ts";
import type { Case } from "./case.ts";
import type { Findings } from "./findings.ts";
import { proof } from "./proof.ts";

/**
 * Whether the files can still be sent for their day. Judged only while one of them is unsent: a batch whose files
 * the bank has may well be reconciled again on a later day.
 */
export function processingDate(
  { files, stream, billingDate, now }: Case,
  clock: Clock,
  calendar: BusinessCalendar,
  findings: Findings,
): Check {
  const { maxAheadDays } = stream.bankProfile;
  const expected = `${billingDate}, a business day, at most ${maxAheadDays} days ahead, before ${stream.cutOff}`;
  const otherwise = findings.count("processing-date") > 0;
  const isUnsent = files.some(({ state }) => state === "COMPOSED" || state === "RECONCILED");
  const today = clock.dateAt(now, stream.timeZone);
  const ahead = daysBetween(today, billingDate);
  const late = isUnsent && [
    !isBusinessDay(billingDate, calendar) && "no business day",
    ahead < 0 && "before today",
    ahead > maxAheadDays && `${ahead} days ahead`,
    now >= clock.instantOf(billingDate, stream.cutOff, stream.timeZone) && "past the cut-off",
  ];
  const reasons = [otherwise && "a file for another day", ...(late || [])].filter(
    (reason) => reason !== false,
  );
  const note = isUnsent ? findings.note("processing-date") : "every file has left, or there is none";
  return proof("processing-date", reasons.length === 0, expected, [billingDate, ...reasons].join(", "), note);
}
