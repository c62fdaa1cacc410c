import type { Sum } from "./records.ts";

/**
 * Counts and amounts as the report page shows them. All of it is bigint arithmetic: a refused row may claim
 * up to fifteen digits of cents, and a few such rows leave the safe integers behind.
 */
export interface Figures {
  readonly count: bigint;
  readonly cents: bigint;
}

/** @throws RangeError if a count or an amount is not whole */
export function figuresOf(sum: Sum): Figures {
  return { count: BigInt(sum.count), cents: BigInt(sum.cents) };
}

export function add(...sums: readonly Figures[]): Figures {
  return sums.reduce((a, b) => ({ count: a.count + b.count, cents: a.cents + b.cents }), {
    count: 0n,
    cents: 0n,
  });
}

/** `found` less `expected`: negative where something is missing. */
export function less(found: Figures, expected: Figures): Figures {
  return { count: found.count - expected.count, cents: found.cents - expected.cents };
}

export function isNothing(difference: Figures): boolean {
  return difference.count === 0n && difference.cents === 0n;
}

/** 1234567 becomes "1,234,567", -1 becomes "−1". */
export function grouped(value: number | bigint): string {
  return String(value)
    .replace("-", "−")
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Cents of any size: -123456 becomes "−$1,234.56". */
export function money(cents: number | bigint): string {
  const value = BigInt(cents);
  const digits = String(value < 0n ? -value : value).padStart(3, "0");
  return `${value < 0n ? "−" : ""}$${grouped(BigInt(digits.slice(0, -2)))}.${digits.slice(-2)}`;
}

/** A difference in count, with its sign. */
export function signedCount(value: bigint): string {
  return (value > 0n ? "+" : "") + grouped(value);
}

/** A difference in cents, with its sign. */
export function signedMoney(cents: bigint): string {
  return (cents > 0n ? "+" : "") + money(cents);
}

/** "−1 debit and −$20.00" */
export function inWords(difference: Figures, noun: string): string {
  const many = difference.count === 1n || difference.count === -1n ? noun : `${noun}s`;
  return `${signedCount(difference.count)} ${many} and ${signedMoney(difference.cents)}`;
}

/** 12 of 1000 becomes "1.20%", cut after two places; empty where there is no whole. */
export function share(part: number, whole: number): string {
  if (whole === 0) return "";
  const hundredths = (BigInt(part) * 10_000n) / BigInt(whole);
  return `${grouped(hundredths / 100n)}.${String(hundredths % 100n).padStart(2, "0")}%`;
}

const NUMBER = /^([-−+]?)(\$?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?$/;

/** Found less expected where both texts are numbers, or both are dollar amounts; otherwise undefined. */
export function differenceBetween(expected: string, found: string): string | undefined {
  const [from, to] = [NUMBER.exec(expected.trim()), NUMBER.exec(found.trim())];
  if (!from || !to || from[2] !== to[2]) return undefined;
  const places = Math.max(from[4]?.length ?? 0, to[4]?.length ?? 0);
  if (from[2] === "$") return places <= 2 ? signedMoney(scaled(to, 2) - scaled(from, 2)) : undefined;
  const value = scaled(to, places) - scaled(from, places);
  if (places === 0) return signedCount(value);
  const digits = String(value < 0n ? -value : value).padStart(places + 1, "0");
  const sign = value < 0n ? "−" : value > 0n ? "+" : "";
  return `${sign}${grouped(BigInt(digits.slice(0, -places)))}.${digits.slice(-places)}`;
}

/** The number that matched, times ten to the power of `places`. */
function scaled(match: RegExpExecArray, places: number): bigint {
  const value = BigInt((match[3] as string).replaceAll(",", "") + (match[4] ?? "").padEnd(places, "0"));
  return match[1] === "" || match[1] === "+" ? value : -value;
}
