import { z } from "zod";
import { isBecsText } from "../../lambdas/domain/becs-text.ts";
import { isStreamName, STREAM_NAME_RULE } from "../../lambdas/domain/stream-name.ts";
import { MOST_FILE_CENTS } from "../../lambdas/domain/cents.ts";

const whole = (least: number, most: number = Number.MAX_SAFE_INTEGER) =>
  z.int("must be a whole number").min(least, `must be ${least} or more`).max(most, `must be ${most} or less`);

const matching = (form: RegExp, rule: string) => z.string().regex(form, rule);

const becs = (most: number) =>
  z
    .string()
    .refine(
      (text) => text.length <= most && text.trim() !== "",
      `must be 1 to ${most} characters, not all blank`,
    )
    .refine(isBecsText, "must hold BECS characters only");

const time = matching(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a local time hh:mm");

const bankProfile = z.strictObject({
  name: z.string().min(1, "must not be empty"),
  mnemonic: matching(/^[A-Z&]{3}$/, "must be the three characters that stand for the bank, such as CBA"),
  userId: matching(/^\d{6}$/, "must be six digits"),
  userName: becs(26),
  selfBalancing: z.boolean(),
  headerAccount: z.boolean(),
  lastLineEnd: z.boolean(),
  traceBsb: matching(/^\d{3}-\d{3}$/, "must be a BSB of the form nnn-nnn"),
  traceAccount: matching(/^(?=.*[1-9])[\d-]{1,9}$/, "must be 1 to 9 digits or hyphens, not all zero"),
  maxAheadDays: whole(0),
});

/** One stream's fields, each with its rule, and the rules between them. Amounts in cents. */
export const streamShape = z
  .strictObject({
    name: z.string().refine(isStreamName, STREAM_NAME_RULE),
    code: matching(
      /^[0-9A-HJKMNP-TV-Z]{1,4}$/,
      "must be 1 to 4 Crockford characters (0-9, A-Z without I, L, O, U)",
    ),
    bankProfile,
    timeZone: z.string().refine(isTimeZone, "must be an IANA time zone such as Australia/Sydney"),
    schedule: z.strictObject({
      // In the hour that spring skips the scheduler would skip the start; in autumn's it would come twice or once.
      time: time.refine(
        (text) => !text.startsWith("02:"),
        "must not lie in 02:00 to 02:59, which the change of clocks skips",
      ),
      weekdays: z
        .array(whole(1, 7))
        .min(1, "must name at least one day")
        .refine((days) => new Set(days).size === days.length, "must name each day once"),
    }),
    cutOff: time,
    expectedBy: time,
    maxStartDelayMinutes: whole(1, 1440),
    dueWindowDays: z.strictObject({ past: whole(0), ahead: whole(0) }),
    maxDebitCents: whole(1),
    maxFileDebits: whole(1, 999_998),
    maxFileCents: whole(1, MOST_FILE_CENTS),
    maxBatchCents: whole(1),
    toleratedExcludedShare: z.number().min(0, "must be 0 to 1").max(1, "must be 0 to 1"),
    minDaysBetweenInstalments: whole(0),
    growthFactor: z.number().min(1, "must be 1 or more"),
    segmentRows: whole(1),
    concurrency: whole(1, 1000),
    remitterNames: z.record(
      matching(/^[A-Za-z0-9._-]{1,64}$/, "must be a merchant id of 1 to 64 of A-Z, a-z, 0-9 and . _ -"),
      becs(16),
    ),
  })
  .refine(({ schedule, cutOff }) => cutOff > schedule.time, {
    path: ["cutOff"],
    message: "must be later than the schedule's time",
  })
  .refine(({ schedule, expectedBy, cutOff }) => schedule.time < expectedBy && expectedBy <= cutOff, {
    path: ["expectedBy"],
    message: "must be later than the schedule's time and not later than the cut-off",
  })
  .refine(({ maxDebitCents, maxFileCents }) => maxDebitCents <= maxFileCents, {
    path: ["maxDebitCents"],
    message: "must not be above maxFileCents, or a debit would fit no file",
  });

function isTimeZone(name: string): boolean {
  try {
    // Intl also takes offsets such as +10:00 and names in the wrong case; the scheduler does not.
    const written = /^[A-Z]\w*(\/[A-Z][\w+-]*)*$/.test(name);
    return written && new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
