/** Most characters of a reason. */
export const MOST_REASON = 500;

export const REASON_RULE = `a reason is 1 to ${MOST_REASON} characters on one line, without control characters`;

/**
 * Control characters, line separators, and those that turn the direction of what follows, so that one text would
 * read as another; and halves of characters, which a store would replace, so that the hash would not be the same.
 */
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

/** Whether a text can stand as a person's reason: in the audit trail, in a report, and on a second person's screen. */
export function isReason(text: string): boolean {
  return text.length <= MOST_REASON && text.trim() !== "" && !FORBIDDEN.test(text);
}
