/** The numbers of a bank account as the due list writes them and the bank file wants them. */
const BSB = /^(\d{3})-?(\d{3})$/;
const ACCOUNT_NUMBER = /^[0-9-]+$/;
const NOT_ZERO = /[1-9]/;
const ACCOUNT_COLUMNS = 9;
const DIGITS_HIDDEN = 4;
const DIGITS_SHOWN = 4;

/** Six ASCII digits with or without the hyphen, as `nnn-nnn`; undefined for anything else. */
export function parseBsb(text: string): string | undefined {
  const match = BSB.exec(text);
  return match ? `${match[1]}-${match[2]}` : undefined;
}

/**
 * A bank account number that fits the nine columns of a bank file; undefined if it cannot be sent.
 * Leading zeros belong to the number and stay; hyphens stay unless the number fits only without them.
 */
export function parseAccountNumber(text: string): string | undefined {
  if (!ACCOUNT_NUMBER.test(text) || !NOT_ZERO.test(text)) return undefined;
  const fitting = text.length > ACCOUNT_COLUMNS ? text.replaceAll("-", "") : text;
  return fitting.length > ACCOUNT_COLUMNS ? undefined : fitting;
}

/**
 * A bank account number for people's eyes: at most its last four digits, and only as many as leave four hidden.
 * A number of four digits or fewer is hidden whole, its length too.
 */
export function maskAccountNumber(text: string): string {
  const digits = text.replace(/[^0-9]/g, "");
  const shown = Math.max(0, Math.min(DIGITS_SHOWN, digits.length - DIGITS_HIDDEN));
  const hidden = Math.max(DIGITS_HIDDEN, digits.length - shown);
  return "*".repeat(hidden) + digits.slice(digits.length - shown);
}
