/** Most characters of a bank's reference. */
export const MOST_REFERENCE = 40;

/** Fewer digits than a BSB and the shortest bank account number have together. */
export const MOST_REFERENCE_DIGITS = 10;

export const REFERENCE_RULE =
  `a reference is 1 to ${MOST_REFERENCE} letters, digits, spaces and / . - beginning and ending with a letter or digit,` +
  ` with at most ${MOST_REFERENCE_DIGITS} digits, so that no BSB with a bank account number fits in`;

const FORM = /^[A-Za-z0-9](?:[A-Za-z0-9/ .-]*[A-Za-z0-9])?$/;

/**
 * Whether a text can stand as a bank's reference, which is kept for ever and shown. A longer one is cut by the person
 * to what the bank finds it by; the evidence holds it whole.
 */
export function isReference(text: string): boolean {
  const digits = text.replace(/[^0-9]/g, "").length;
  return text.length <= MOST_REFERENCE && FORM.test(text) && digits <= MOST_REFERENCE_DIGITS;
}
