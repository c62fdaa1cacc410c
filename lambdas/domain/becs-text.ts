/**
 * Text as BECS files carry it. Staging uses this module to prepare names; the gate judges them again with an
 * implementation of its own, so that one mistake here cannot pass both.
 */
const LETTERS_AND_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const SIGNS = " ^_[]',?;:=#/.*()&%!$@+-";

const ALLOWED = new Uint8Array(256);
for (const character of LETTERS_AND_DIGITS + SIGNS) ALLOWED[character.charCodeAt(0)] = 1;

/** Whether a byte (or UTF-16 unit) stands for a character of the BECS set; false for any other number. */
export function isBecsByte(byte: number): boolean {
  return ALLOWED[byte] === 1;
}

/** Whether text consists of BECS characters only, so that each is one byte in the file. True for the empty text. */
export function isBecsText(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (!isBecsByte(text.charCodeAt(i))) return false;
  return true;
}

/** Signs without a canonical decomposition that have an obvious Latin or ASCII form. */
const FORMS: ReadonlyMap<string, string> = new Map([
  ["ß", "ss"],
  ["ẞ", "SS"],
  ["æ", "ae"],
  ["Æ", "AE"],
  ["œ", "oe"],
  ["Œ", "OE"],
  ["ø", "o"],
  ["Ø", "O"],
  ["đ", "d"],
  ["Đ", "D"],
  ["ð", "d"],
  ["Ð", "D"],
  ["ł", "l"],
  ["Ł", "L"],
  ["þ", "th"],
  ["Þ", "Th"],
  ["ı", "i"],
  ["ħ", "h"],
  ["Ħ", "H"],
  ["ŧ", "t"],
  ["Ŧ", "T"],
  ["ŋ", "n"],
  ["Ŋ", "N"],
  ["ſ", "s"],
  ["\u2018", "'"],
  ["\u2019", "'"],
  ["\u02bc", "'"],
  ["\u2032", "'"],
  ["\u2010", "-"],
  ["\u2011", "-"],
  ["\u2012", "-"],
  ["\u2013", "-"],
  ["\u2014", "-"],
  ["\u2212", "-"],
  ["\u00a0", " "],
  ["\u2026", "..."],
]);

const ASCII_ONLY = /^[ -~]*$/;
const COMBINING_MARKS = /[\u0300-\u036f]/g;
const NOT_ASCII = /[^ -~]/g;

/**
 * Text with its accents dropped and the letters and signs of {@link FORMS} replaced: "Zoë" becomes "Zoe".
 * Everything else stays as it is (decomposed), and is refused later if it lies outside the BECS set.
 */
export function transliterate(text: string): string {
  if (ASCII_ONLY.test(text)) return text;
  const bare = text.normalize("NFD").replace(COMBINING_MARKS, "");
  return bare.replace(NOT_ASCII, (character) => FORMS.get(character) ?? character);
}
