import { MOST_FILE_CENTS } from "../../lambdas/domain/cents.ts";
import type { Stream } from "../../lambdas/domain/stream.ts";

/** What every stream has to say for itself. The rest has a default that a stream may replace. */
type Own = "name" | "code" | "bankProfile" | "timeZone" | "schedule" | "cutOff";

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
} as const satisfies Omit<Stream, Own>;

/** A stream with the defaults filled in. What it says is judged later, by `checkStreams`, for all of them at once. */
export function defineStream(own: Pick<Stream, Own> & Partial<Omit<Stream, Own>>): Stream {
  return { ...DEFAULTS, ...own };
}
