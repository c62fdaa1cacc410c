import { RequestMalformed } from "./faults.ts";
import { isVisible } from "./visible-text.ts";

/** Most characters of a reason. */
export const MOST_REASON = 500;

export const REASON_RULE =
  `a reason is 1 to ${MOST_REASON} characters on one line, without control or invisible characters, and without` +
  " what may be a bank account: a BSB with an account number, or nine digits in a row";

/** Digits that people write in reasons and that are no account: dates, the days of batch ids, and whole hashes. */
const HARMLESS =
  /(?<!\d)\d{4}-\d{2}-\d{2}(?:-\d{2})?(?!\d)|(?<![0-9a-z])(?:[0-9a-f]{64}|[0-9a-f]{32})(?![0-9a-z])/g;

/** Each looks for one form in which accounts are written, with the dashes and digits that NFKC makes of others. */
const ACCOUNTS: readonly RegExp[] = [
  /\p{Nd}{9}/u,
  // A BSB as it is printed, and an account number near it on either side, itself perhaps in groups.
  /(?<!\p{Nd})\p{Nd}{3}-\p{Nd}{3}(?!\p{Nd})\P{Nd}{0,24}\p{Nd}(?:[ -]?\p{Nd}){4}/u,
  /\p{Nd}(?:[ -]?\p{Nd}){4}\P{Nd}{1,24}(?<!\p{Nd})\p{Nd}{3}-\p{Nd}{3}(?!\p{Nd})/u,
  // Without its dash it is any number; only an account number that follows at once makes a BSB of it.
  /(?<!\p{Nd})\p{Nd}{3} ?\p{Nd}{3}(?:[ -]{1,3}|[,/:])\p{Nd}(?:[ -]?\p{Nd}){5}/u,
];

/**
 * Whether a text can stand as a person's reason: in the audit trail, in a report, and on a second person's screen.
 * Nothing invisible, so that it reads as what it is; that includes halves of characters, which a store would replace,
 * so that the hash would not be the same. And no bank account, since a reason is kept for ever and shown to everybody.
 */
export function isReason(text: string): boolean {
  return text.length <= MOST_REASON && text.trim() !== "" && isVisible(text) && !mayHoldAccount(text);
}

/** Rather too strict than not: a person can say the same in other words, but nobody can take a reason back. */
function mayHoldAccount(text: string): boolean {
  const plain = text
    .normalize("NFKC")
    .replace(/\p{Pd}|\u2212/gu, "-")
    .replace(HARMLESS, "…");
  return ACCOUNTS.some((account) => account.test(plain));
}

/** The text, if it can stand as a person's reason. Throws RequestMalformed, which does not repeat it, otherwise. */
export function reasonOf(text: string): string {
  if (!isReason(text)) throw new RequestMalformed(`the request does not fit: reason: ${REASON_RULE}`);
  return text;
}
