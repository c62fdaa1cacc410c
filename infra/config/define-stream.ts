import { MOST_FILE_CENTS } from "../../lambdas/domain/cents.ts";
import type { Stream } from "../../lambdas/domain/stream.ts";

/** What every stream has to say for itself. The rest has a default that a stream may replace. */
type Own = "name" | "code" | "bankProfile" | "timeZone" | "schedule" | "cutOff";

/** How long before the cut-off a batch that is not closed is missing: an hour in which a person may still mend it. */
const MINUTES_TO_MEND = 60;

/** Money in cents, times in minutes or days, sizes in rows. */
const DEFAULTS = {
  maxStartDelayMinutes: 120,
  dueWindowDays: { past: 31, ahead: 0 },
  maxDebitCents: 2_000_000,
  // Six digits count the entries of a file, and a self-balancing file has one more than its debits.
  maxFileDebits: 999_998,
  maxFileCents: MOST_FILE_CENTS,
  maxBatchCents: 10_000_000_000,
  toleratedExcludedShare: 0.05,
  minDaysBetweenInstalments: 5,
  growthFactor: 3,
  segmentRows: 1000,
  concurrency: 10,
  remitterNames: {},
} as const satisfies Omit<Stream, Own | "expectedBy">;

/** A stream with the defaults filled in. What it says is judged later, by `checkStreams`, for all of them at once. */
export function defineStream(own: Pick<Stream, Own> & Partial<Omit<Stream, Own>>): Stream {
  return { ...DEFAULTS, expectedBy: defaultExpectedBy(own), ...own };
}

/** An hour before the cut-off, or the cut-off itself where the schedule leaves less than that hour. */
function defaultExpectedBy({ schedule, cutOff }: Pick<Stream, Own>): string {
  const [hours, minutes] = cutOff.split(":").map(Number);
  const early = (hours ?? Number.NaN) * 60 + (minutes ?? Number.NaN) - MINUTES_TO_MEND;
  // A cut-off that is no time at all is told later, and by its own name.
  if (!(early > 0)) return cutOff;
  const time = [Math.floor(early / 60), early % 60].map((part) => String(part).padStart(2, "0")).join(":");
  return time > schedule.time ? time : cutOff;
}
