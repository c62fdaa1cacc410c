import { dollars } from "../../domain/cents.ts";
import type { Sum } from "../../domain/records.ts";
import type { Check } from "../../domain/report.ts";
import { sum } from "./sum-checks.ts";
import { notJudged, suspicion } from "./suspicion.ts";

/** How many batches growth is measured against, at most, and with how few it is not measured at all. */
export const MOST_COMPARED = 8;
export const LEAST_COMPARED = 3;

/**
 * Whether a set of files is much larger than the stream's batches have been: its debits, in number and in cents, each
 * against `factor` times the median of what those batches submitted. Either one above its limit fails; exactly
 * the limit passes.
 *
 * It is reckoned in whole numbers. The median of an even number of batches is the mean of the middle two; factor
 * times median, the factor taken as it is written, is cut after the point, which changes no comparison with whole
 * debits and whole cents. Equal values are values like any others.
 *
 * @param before what the batches submitted, at most {@link MOST_COMPARED} of them, none of them nothing; with fewer
 * than {@link LEAST_COMPARED} the check passes, and says that it was not judged
 * @param factor 1 or more
 */
export function growth(set: Sum, before: readonly Sum[], factor: number): Check {
  const expected = `at most ${factor} × the median of the last ${MOST_COMPARED} closed batches`;
  if (before.length < LEAST_COMPARED) {
    const batches = `${before.length} closed ${before.length === 1 ? "batch" : "batches"}`;
    const why = `${batches} with debits to compare with, and it takes ${LEAST_COMPARED}`;
    return notJudged("growth", true, expected, sum(set), why);
  }
  const count = timesMedian(
    factor,
    before.map((one) => one.count),
  );
  const cents = timesMedian(
    factor,
    before.map((one) => one.cents),
  );
  const over = [
    ...(BigInt(set.count) > count ? [`more than ${count} debits`] : []),
    ...(BigInt(set.cents) > cents ? [`more than ${dollars(Number(cents))}`] : []),
  ];
  const limits = `${expected}: ${sum({ count: Number(count), cents: Number(cents) })}`;
  const compared = `compared with ${before.length} closed batches`;
  return suspicion("growth", over.length === 0, limits, sum(set), [...over, compared].join("; "));
}

/** The largest whole number that is not above factor × median. */
function timesMedian(factor: number, values: readonly number[]): bigint {
  const rising = [...values].sort((a, b) => a - b);
  const low = rising[(rising.length - 1) >> 1] as number;
  const high = rising[rising.length >> 1] as number;
  const [digits, scale] = asWritten(factor);
  return (digits * (BigInt(low) + BigInt(high))) / (2n * scale);
}

/** A factor of 1 or more as a fraction of whole numbers: 2.5 is 25 over 10. Only whole ones can be so large as to have an exponent. */
function asWritten(factor: number): readonly [bigint, bigint] {
  if (Number.isInteger(factor)) return [BigInt(factor), 1n];
  const written = String(factor);
  const point = written.indexOf(".");
  const [whole, places] = [written.slice(0, point), written.slice(point + 1)];
  return [BigInt(whole + places), 10n ** BigInt(places.length)];
}
