/** Crockford's base 32: digits and capitals without I, L, O and U, so that no two look alike on a statement. */
export const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** More characters than ten would leave the safe integers. */
const MOST_CHARACTERS = 10;

/** @throws RangeError unless the value is a whole number from 0 that fits the width (1 to 10 characters) */
export function encodeCrockford(value: number, width: number): string {
  if (!Number.isInteger(width) || width < 1 || width > MOST_CHARACTERS)
    throw new RangeError("the width is 1 to 10");
  if (!Number.isSafeInteger(value) || value < 0 || value >= 32 ** width)
    throw new RangeError("the number does not fit its width in base 32");
  let text = "";
  for (let rest = value; text.length < width; rest = Math.floor(rest / 32))
    text = CROCKFORD[rest % 32] + text;
  return text;
}

/**
 * The number that the text stands for; undefined if it is empty, longer than ten characters or holds any other
 * character. Lower case and look-alikes are refused: a reference must come back exactly as it was sent.
 */
export function decodeCrockford(text: string): number | undefined {
  if (text.length === 0 || text.length > MOST_CHARACTERS) return undefined;
  let value = 0;
  for (const character of text) {
    const digit = CROCKFORD.indexOf(character);
    if (digit < 0) return undefined;
    value = value * 32 + digit;
  }
  return value;
}

/**
 * Luhn's check character modulo 32. It finds every exchange of one character for another, and every swap of two
 * neighbours but 0 and Z.
 * @throws RangeError if the text holds a character outside the alphabet
 */
export function checkCharacter(text: string): string {
  let sum = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = CROCKFORD.indexOf(text.charAt(i));
    if (digit < 0) throw new RangeError("not a text of Crockford's alphabet");
    // Counted from the right, the first, third, … character is doubled, and a carry past 31 comes back as one.
    const doubled = (text.length - i) % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 31 ? doubled - 31 : doubled;
  }
  return CROCKFORD.charAt((32 - (sum % 32)) % 32);
}
