/**
 * Control, format and separator characters, fillers and lone surrogates: they are invisible, and the bidirectional
 * ones among them make a line read as something other than what it says.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Most texts have nothing else, and are told apart from the others much faster than they are searched. */
const PRINTABLE_ASCII = /^[ -~]*$/;

/** Text in which every invisible character is named: U+202E becomes `[U+202E]`. */
export function visible(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text;
  return text.replace(
    INVISIBLE,
    (sign) => `[U+${(sign.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, "0")}]`,
  );
}

/** Whether a text has nothing invisible in it. */
export function isVisible(text: string): boolean {
  return visible(text) === text;
}
