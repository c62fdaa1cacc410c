/** A payer whose bank account and name nobody else has, so that one find is one leak. */
export interface Canary {
  /** As digits; up to nine. */
  readonly account: string;
  /** One word that no text but a payer's name has. */
  readonly word: string;
  readonly title: string;
}

const LETTERS = "ABCDEFGHJKLMNPRSTUVWY";

/** The `n`th payer. Every seventh bank account number begins with a zero. */
export function canary(n: number): Canary {
  const tail = String((n * 99_991 + 1_234_567) % 10_000_000).padStart(7, "0");
  const serial = n * 4321 + 777;
  const letters = [0, 1, 2, 3, 4].map(
    (at) => LETTERS[Math.floor(serial / LETTERS.length ** at) % LETTERS.length],
  );
  const word = `ZQX${letters.join("")}`;
  return { account: n % 7 === 0 ? `0${tail}1` : `77${tail}`, word, title: `${word} O'HARA & CO` };
}

const significant = (account: string) => account.replace(/^0+/, "");

/** Finds bank accounts and names in any text, however they are spelled there. */
export class CanarySearch {
  readonly #accounts: ReadonlyMap<string, Canary>;
  readonly #words: ReadonlyMap<string, Canary>;
  readonly #widths: readonly number[];

  constructor(canaries: readonly Canary[]) {
    this.#accounts = new Map(canaries.map((one) => [significant(one.account), one]));
    this.#words = new Map(canaries.map((one) => [one.word, one]));
    this.#widths = [...new Set([...this.#accounts.keys()].map(({ length }) => length))];
    if (this.#accounts.size !== canaries.length || this.#words.size !== canaries.length) {
      throw new Error("two canaries are one");
    }
  }

  /** The bank account numbers and the words of names that the text holds. */
  found(text: string): Set<string> {
    const found = new Set<string>();
    for (const spelling of spellings(text)) {
      for (const [digits] of spelling.matchAll(/\d{5,}/g)) {
        for (const width of this.#widths) {
          for (let at = 0; at + width <= digits.length; at += 1) {
            const known = this.#accounts.get(digits.slice(at, at + width));
            if (known) found.add(known.account);
          }
        }
      }
      for (const [, word = ""] of spelling.toUpperCase().matchAll(/(?=(ZQX[A-Z]{5}))/g)) {
        if (this.#words.has(word)) found.add(word);
      }
    }
    return found;
  }
}

/**
 * The text without hyphens and spaces, the same as amounts are written, and both of what its escapes stand for and of
 * what stands in base64. Hashes and nonces are no place for a number, and by chance hold one in a thousand runs.
 */
function* spellings(text: string): Generator<string> {
  const plain = text.replaceAll(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{64}\b/g, "#");
  const encoded = plain.match(/[A-Za-z0-9+/_-]{10,}/g) ?? [];
  const inBase64 = encoded.map((one) => Buffer.from(one, "base64").toString("latin1")).join("\n");
  for (const one of [plain, unescaped(plain), inBase64]) {
    yield one.replaceAll(/[-\s]/g, "");
    yield one.replaceAll(/[-\s,.$'’_]/g, "");
  }
}

/** JSON's, JavaScript's, a URL's and HTML's escapes as the characters that they stand for. */
function unescaped(text: string): string {
  const character = (code: string, base: number) =>
    String.fromCodePoint(Math.min(Number.parseInt(code, base), 0x10ffff));
  return text
    .replaceAll(
      /\\u([0-9a-f]{4})|\\x([0-9a-f]{2})|%([0-9a-f]{2})|&#x([0-9a-f]{1,6});/gi,
      (_, ...codes: string[]) => character(codes.slice(0, 4).find((code) => code !== undefined) ?? "0", 16),
    )
    .replaceAll(/&#(\d{1,7});/g, (_, code: string) => character(code, 10));
}
