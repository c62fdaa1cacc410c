/** Money: whole Australian cents. No amount is ever a float, and nothing is ever rounded. */
export type Cents = number & { readonly __unit: "cents" };

/** The largest amount that ten digits of a bank file hold: $99,999,999.99. */
export const MOST_FILE_CENTS = 9_999_999_999 as Cents;

/**
 * The one door into {@link Cents}.
 * @param value whole cents, zero or more, at most 2^53 - 1
 * @throws RangeError for anything else; the message does not repeat the value
 */
export function cents(value: number): Cents {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError("not a whole, safe number of cents");
  return value as Cents;
}

/** Cents as people read them: 123456 becomes "$1,234.56". */
export function dollars(amount: number): string {
  const sign = amount < 0 ? "-" : "";
  const digits = String(Math.abs(amount)).padStart(3, "0");
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return `${sign}$${whole}.${digits.slice(-2)}`;
}
