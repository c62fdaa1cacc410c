import { RequestMalformed } from "./faults.ts";
import { isVisible } from "./visible-text.ts";

/** Most characters of a reason. */
export const MOST_REASON = 500;

export const REASON_RULE = `a reason is 1 to ${MOST_REASON} characters on one line, without control or invisible characters`;

/**
 * Whether a text can stand as a person's reason: in the audit trail, in a report, and on a second person's screen.
 * Nothing invisible, so that it reads as what it is; that includes halves of characters, which a store would replace,
 * so that the hash would not be the same.
 */
export function isReason(text: string): boolean {
  return text.length <= MOST_REASON && text.trim() !== "" && isVisible(text);
}

/** The text, if it can stand as a person's reason. Throws RequestMalformed, which does not repeat it, otherwise. */
export function reasonOf(text: string): string {
  if (!isReason(text)) throw new RequestMalformed(`the request does not fit: reason: ${REASON_RULE}`);
  return text;
}
