/** Most characters of a ticket. */
export const MOST_TICKET = 40;

/** Fewer digits than a BSB and the shortest bank account number have together. */
export const MOST_TICKET_DIGITS = 10;

export const TICKET_RULE =
  `a ticket is 1 to ${MOST_TICKET} letters, digits and hyphens, beginning and ending with a letter or digit, with at` +
  ` most ${MOST_TICKET_DIGITS} digits and fewer than nine of them in a row, so that no bank account fits in`;

/** As in a reason, nine digits in a row may be a bank account number by themselves. */
const ACCOUNT = /[0-9]{9}/;
const FORM = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/;

/** Whether a text can stand as the name of a ticket, which is kept for ever, shown, and part of commands. */
export function isTicket(text: string): boolean {
  const digits = text.replace(/[^0-9]/g, "").length;
  return text.length <= MOST_TICKET && FORM.test(text) && !ACCOUNT.test(text) && digits <= MOST_TICKET_DIGITS;
}
